"""Plots of a report as SVG: intervals, curves, bullseyes and pictures. Nothing here loads torch.

A plot is made of plain shapes, text and pictures; colours are the ink's, so that one drawing serves
a page that follows the reader's theme, a file of its own, and a printer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.ink import FONT, PRINT, Ink, svg_line, svg_on_paper, svg_text
from lgesynth_gui.evaluation.panel import Curves, Intervals, Pictures, Plot, Segments
from lgesynth_gui.evaluation.picture_plots import pictures_svg

WIDTH, ROW, LEFT, RIGHT = 760, 22, 230, 170
SIDE = 380  # of the area of curves
RING = 250  # of one bullseye
LINES = ("#0077bb", "#ee7733", "#009988", "#cc3311", "#33bbee", "#ee3377", "#888888", "#997700")
DASHES = ("", "6 3", "2 2", "8 3 2 3")


def svg(plot: Plot, ink: Ink = PRINT) -> str:
    """A plot as an `<svg>` element with its title.

    Args:
        plot: What to draw.
        ink: Its colours.
    """
    if isinstance(plot, Intervals):
        width, height, body = _intervals(plot, ink)
    elif isinstance(plot, Curves):
        width, height, body = _curves(plot, ink)
    elif isinstance(plot, Pictures):
        width, height, body = pictures_svg(plot, ink)
    else:
        width, height, body = _segments(plot, ink)
    label = escape(plot.title, quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="img" aria-label="{label}" font-family="sans-serif"'
        f' font-size="{FONT}">{"".join(body)}</svg>'
    )


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two ends."""
    span = high - low
    if not span > 0:
        return [low]
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * k for k in (1, 2, 2.5, 5, 10) if power * k >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    count = math.floor(high / step + 1e-9) - first + 1
    return [round((first + k) * step, 12) for k in range(count)]


def _ends(plot: Intervals) -> tuple[float, float]:
    values = [v for one in plot.bars for v in (one.value, one.low, one.high)]
    values += [value for _, value in plot.marks]
    kept = [one for one in values if math.isfinite(one)] or [0.0, 1.0]
    low = min(kept) if plot.low is None else plot.low
    high = max(kept) if plot.high is None else plot.high
    pad = 0.04 * (high - low) or 0.5
    return (
        low - pad if plot.low is None else low,
        high + pad if plot.high is None else high,
    )


def _intervals(plot: Intervals, ink: Ink) -> tuple[int, int, list[str]]:
    low, high = _ends(plot)
    top, wide = 18 + ROW * (1 + len(plot.marks)), WIDTH - LEFT - RIGHT
    bottom = top + ROW * len(plot.bars)

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return LEFT + wide * share

    body = [svg_text(0, 14, plot.title, ink.text, size=FONT + 1)]
    for value in ticks(low, high):
        body.append(svg_line(at(value), top - 6, at(value), bottom, ink.faint))
        body.append(svg_text(at(value), bottom + 15, f"{value:g}", ink.text, "middle"))
    for k, (words, value) in enumerate(plot.marks):
        y = 18 + ROW * k + 14
        body.append(
            svg_line(at(value), y + 4, at(value), bottom, ink.mark, ' stroke-dasharray="4 3"')
        )
        body.append(svg_text(at(value), y, f"{words} {value:.3g}", ink.mark, "middle"))
    for k, one in enumerate(plot.bars):
        body += _bar(one, plot.digits, top + ROW * k + ROW / 2, at, ink)
    return WIDTH, bottom + 24, body


def _bar(
    one: Figure, digits: int, y: float, place: Callable[[float], float], ink: Ink
) -> list[str]:
    body = [svg_text(LEFT - 10, y + 4, one.name, ink.text, "end")]
    if not one.n or not math.isfinite(one.value):
        return [*body, svg_text(WIDTH - RIGHT + 10, y + 4, "not measured", ink.text)]
    if math.isfinite(one.low) and math.isfinite(one.high):
        thick = ' stroke-width="2.5"'
        body.append(svg_line(place(one.low), y, place(one.high), y, ink.accent, thick))
    body.append(f'<circle cx="{place(one.value):.1f}" cy="{y:.1f}" r="4.5" fill="{ink.accent}"/>')
    words = f"{one.text(digits)}, n {one.n}"
    return [*body, svg_text(WIDTH - RIGHT + 10, y + 4, words, ink.text, size=FONT - 1)]


def _curves(plot: Curves, ink: Ink) -> tuple[int, int, list[str]]:
    left, top, wide, high = 60, 30, SIDE + 60, SIDE - 60
    xs = [x for one in plot.lines for x in one.x if math.isfinite(x)] or [0.0, 1.0]
    ys = [y for one in plot.lines for y in (*one.y, *one.low, *one.high) if math.isfinite(y)]
    x0, x1 = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    y0, y1 = min([*ys, 0.0]), max([*ys, 1e-9])

    def at(x: float, y: float) -> tuple[float, float]:
        return left + wide * (x - x0) / (x1 - x0), top + high * (1 - (y - y0) / (y1 - y0))

    body = [svg_text(0, 14, plot.title, ink.text, size=FONT + 1)]
    for value in ticks(x0, x1):
        x, y = at(value, y0)
        body += [
            svg_line(x, top, x, y, ink.faint),
            svg_text(x, y + 16, f"{value:g}", ink.text, "middle"),
        ]
    for value in ticks(y0, y1):
        x, y = at(x0, value)
        body.append(svg_line(x, y, left + wide, y, ink.faint))
        body.append(svg_text(x - 6, y + 4, f"{value:g}", ink.text, "end"))
    middle = left + wide / 2
    body.append(svg_text(middle, top + high + 34, plot.x_title, ink.text, "middle"))
    body.append(svg_text(left, top - 4, plot.y_title, ink.text))
    for k, (words, value) in enumerate(plot.marks):
        x, _ = at(value, y0)
        dash = ' stroke-dasharray="4 3"'
        body.append(svg_line(x, top, x, top + high, ink.mark, dash))
        side, anchor = (-4, "end") if x > middle else (4, "start")
        y = top + high - 30 - 18 * k
        body += svg_on_paper(x + side, y, f"{words} {value:.2f}", ink.mark, ink, anchor)
    for k, one in enumerate(plot.lines):
        colour, dash = LINES[k % len(LINES)], DASHES[k // len(LINES) % len(DASHES)]
        more = f' stroke-dasharray="{dash}"' if dash else ""
        body += _band(one.x, one.low, one.high, at, colour)
        points = " ".join(_point(at(x, y)) for x, y in zip(one.x, one.y, strict=True)
                          if math.isfinite(y))  # fmt: skip
        body.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.8"{more}/>'
        )
        y = top + 8 + 17 * k
        body.append(svg_line(left + wide + 14, y, left + wide + 40, y, colour,
                          f' stroke-width="2.2"{more}'))  # fmt: skip
        body.append(svg_text(left + wide + 46, y + 4, one.name, ink.text, size=FONT - 1))
    return WIDTH, max(top + high + 44, top + 17 * len(plot.lines) + 12), body


def _point(pair: tuple[float, float]) -> str:
    return f"{pair[0]:.1f},{pair[1]:.1f}"


def _band(
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    at: Callable[[float, float], tuple[float, float]],
    colour: str,
) -> list[str]:
    if not low:
        return []
    edge = [*zip(x, low, strict=True), *reversed(list(zip(x, high, strict=True)))]
    points = " ".join(_point(at(a, b)) for a, b in edge if math.isfinite(b))
    return [f'<polygon points="{points}" fill="{colour}" fill-opacity="0.15"/>']


def _segments(plot: Segments, ink: Ink) -> tuple[int, int, list[str]]:
    values = [v for _, ring in plot.rings for v in ring if math.isfinite(v)]
    most = max(values, default=0.0) or 1.0
    unit = f", {plot.unit}" if plot.unit else ""
    body = [svg_text(0, 14, f"{plot.title}{unit}", ink.text, size=FONT + 1)]
    across = max(len(plot.rings), 1)
    for k, (name, ring) in enumerate(plot.rings):
        x, y = RING * (k % 4) + RING / 2, 40 + RING / 2 + (RING + 20) * (k // 4)
        body.append(svg_text(x, y - RING / 2 + 6, name, ink.text, "middle"))
        for number, value in enumerate(ring, start=1):
            body += _segment(number, value, most, (x, y + 6), ink)
    rows = (across - 1) // 4 + 1
    return RING * min(across, 4), 50 + (RING + 20) * rows, body


def _segment(
    number: int, value: float, most: float, middle: tuple[float, float], ink: Ink
) -> list[str]:
    """A segment with its value; segment 1 is up, numbers run counter-clockwise."""
    reach = RING / 2 - 14
    inner, outer, first, last = _place(number)
    known = math.isfinite(value)
    share = max(value, 0.0) / most if known else 0.0
    opacity = f' fill-opacity="{0.08 + 0.8 * share:.2f}"' if known else ' fill-opacity="0"'
    x, y = middle
    if inner == 0:
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{reach * outer:.1f}"'
        at = middle
    else:
        corners = [(outer, first), (outer, last), (inner, last), (inner, first)]
        (a, b, c, d) = (_polar(middle, reach * r, angle) for r, angle in corners)
        shape = (
            f'<path d="M{_point(a)} A{reach * outer:.1f},{reach * outer:.1f} 0 0 0 {_point(b)} '
            f'L{_point(c)} A{reach * inner:.1f},{reach * inner:.1f} 0 0 1 {_point(d)} Z"'
        )
        at = _polar(middle, reach * (inner + outer) / 2, (first + last) / 2)
    drawn = f'{shape} fill="{ink.accent}"{opacity} stroke="{ink.faint}"/>'
    words = f"{value:.2g}" if known else "–"
    return [drawn, *svg_on_paper(at[0], at[1] + 4, words, ink.text, ink, "middle", FONT - 2)]


def _place(number: int) -> tuple[float, float, float, float]:
    """Inner and outer radius, first and last angle of an AHA segment (degrees, from the right)."""
    if number <= 12:
        k = (number - 1) % 6
        inner, outer = (0.72, 1.0) if number <= 6 else (0.45, 0.72)
        return inner, outer, 60.0 + 60 * k, 120.0 + 60 * k
    if number <= 16:
        k = number - 13
        return 0.2, 0.45, 45.0 + 90 * k, 135.0 + 90 * k
    return 0.0, 0.2, 0.0, 360.0


def _polar(middle: tuple[float, float], radius: float, angle: float) -> tuple[float, float]:
    turn = math.radians(angle)
    return middle[0] + radius * math.cos(turn), middle[1] - radius * math.sin(turn)

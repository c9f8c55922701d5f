"""Words and lines of a plot as SVG, in the colours of a page or of a printer."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

FONT = 12


@dataclass(frozen=True)
class Ink:
    """Colours of a plot.

    Args:
        text, faint, accent, mark, paper: Of words, of axes, of ours, of marks, of the ground.
    """

    text: str
    faint: str
    accent: str
    mark: str
    paper: str


PAGE = Ink("var(--text)", "var(--line)", "var(--accent)", "var(--mark)", "var(--panel)")
PRINT = Ink("#1B1F24", "#B0B7BF", "#1668B8", "#B23C06", "#FFFFFF")


def svg_text(
    x: float, y: float, words: str, ink: str, anchor: str = "start", size: float = FONT
) -> str:
    """Escaped words; y is their base line."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{ink}" text-anchor="{anchor}" font-size="{size:g}">'
        f"{escape(words)}</text>"
    )


def svg_on_paper(
    x: float, y: float, words: str, colour: str, ink: Ink, anchor: str, size: float = FONT
) -> list[str]:
    """Text that can be read on whatever lies below it: the ground shows round its letters."""
    halo = (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="none" stroke="{ink.paper}" stroke-width="3"'
        f' stroke-linejoin="round" text-anchor="{anchor}" font-size="{size:g}">{escape(words)}'
        "</text>"
    )
    return [halo, svg_text(x, y, words, colour, anchor, size)]


def svg_line(x1: float, y1: float, x2: float, y2: float, ink: str, more: str = "") -> str:
    """A line; `more` are further attributes."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{ink}"{more}/>'

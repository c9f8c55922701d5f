"""An evaluation as one page that needs nothing else: plots, tables, alarms, how to repeat it.

Nothing here loads torch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

from lgesynth_gui.evaluation.files import write_csv
from lgesynth_gui.evaluation.ink import PAGE
from lgesynth_gui.evaluation.panel import (
    PICTURE_COLUMNS,
    Curves,
    Evaluation,
    Intervals,
    Panel,
    Pictures,
    Plot,
)
from lgesynth_gui.evaluation.panel_files import TABLES
from lgesynth_gui.evaluation.plots import svg
from lgesynth_gui.evaluation.table import FIGURE_COLUMNS, Table
from lgesynth_gui.io.atomic import atomic_write

PAGE_FILE = "report.html"
PLOTS = "plots"
BADGE = "Research use only: output is synthetic"
UNFINISHED = "The run goes on: what is here is not all."
_STYLE = """
:root{color-scheme:light dark;--ground:#F6F7F9;--panel:#FFFFFF;--line:#D0D5DB;--text:#1B1F24;
--muted:#57606A;--accent:#1668B8;--mark:#B23C06;--amber:#FFF4D6;--amber-line:#C98A00}
@media (prefers-color-scheme:dark){:root{--ground:#15181C;--panel:#1E2227;--line:#4A525C;
--text:#E6E8EB;--muted:#9AA4AF;--accent:#4C9BE8;--mark:#EE9A57;--amber:#3A2F12;
--amber-line:#F0C419}}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:1440px;margin:0 auto;padding:24px}
h1{font-size:26px;margin:.2em 0}h2{font-size:21px;margin:1em 0 .4em}
h3{font-size:15px;margin:1em 0 .3em}
section,.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;
padding:6px 20px 20px;
margin:18px 0}.card{padding:12px 20px}
.muted{color:var(--muted)}.badge{display:inline-block;border:1px solid var(--amber-line);
border-radius:4px;padding:1px 8px;font-size:13px}
.amber{background:var(--amber);border-left:4px solid var(--amber-line);padding:8px 14px;
margin:12px 0}
.amber ul{margin:.2em 0;padding-left:1.2em}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;
font-variant-numeric:tabular-nums}
th,td{padding:3px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
th{font-weight:600;color:var(--muted)}td:first-child,th:first-child{position:sticky;left:0;
background:var(--panel)}tr.ours td{font-weight:600}
svg{max-width:100%;height:auto;display:block;margin:10px 0}
code{font-size:13px;overflow-wrap:anywhere}dl{display:grid;grid-template-columns:max-content 1fr;
gap:2px 16px;margin:0}dt{color:var(--muted)}dd{margin:0;overflow-wrap:anywhere}
figure{margin:0}nav a{margin-right:14px}
a{color:var(--accent)}
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def write_report(folder: Path, evaluation: Evaluation) -> None:
    """Write `report.html`, and every plot as SVG and as CSV under `plots`.

    Args:
        folder: The run's; it must exist.
        evaluation: What was found.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    (folder / PLOTS).mkdir(exist_ok=True)
    for plot in plots_of(evaluation):
        with atomic_write(folder / PLOTS / f"{plot.name}.svg") as file:
            file.write(svg(plot).encode())
        columns, rows = plot_cells(plot)
        write_csv(folder / PLOTS / f"{plot.name}.csv", columns, rows)
    with atomic_write(folder / PAGE_FILE) as file:
        file.write(page(evaluation).encode())


def plots_of(evaluation: Evaluation) -> Iterator[Plot]:
    """Every plot of every panel."""
    for panel in evaluation.panels:
        yield from panel.plots


def plot_cells(plot: Plot) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """A plot's numbers as a table: its columns and rows."""
    if isinstance(plot, Intervals):
        rows: list[tuple[Any, ...]] = [
            (one.name, plot.title, one.value, one.low, one.high, one.n) for one in plot.bars
        ]
        return FIGURE_COLUMNS, [
            *rows,
            *((words, "mark", value, None, None, None) for words, value in plot.marks),
        ]
    if isinstance(plot, Curves):
        cells: list[tuple[Any, ...]] = []
        for line in plot.lines:
            nothing = [math.nan] * len(line.x)
            low, high = line.low or nothing, line.high or nothing
            cells += [(line.name, *four) for four in zip(line.x, line.y, low, high, strict=True)]
        return ("row", plot.x_title, plot.y_title, "low", "high"), cells
    if isinstance(plot, Pictures):
        return PICTURE_COLUMNS, list(plot.told)
    return ("picture", "segment", plot.unit or "value"), [
        (name, k, value) for name, ring in plot.rings for k, value in enumerate(ring, start=1)
    ]


def page(evaluation: Evaluation) -> str:
    """The whole page; every text of the evaluation is escaped."""
    title = escape(evaluation.title)
    body = [
        f'<p class="badge">{BADGE}</p><h1>{title}</h1>',
        f"<p>Measured on {escape(evaluation.data)}. {escape(evaluation.held_out)}</p>",
        _amber([*([] if evaluation.finished else [UNFINISHED]), evaluation.small]),
        _contents(evaluation.panels),
        _how(evaluation),
        *(_panel(panel) for panel in evaluation.panels),
        _models(evaluation.models),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{''.join(body)}</main></body></html>\n"
    )


def _amber(sentences: Sequence[str]) -> str:
    held = [escape(one) for one in sentences if one]
    if not held:
        return ""
    return f'<div class="amber" role="note">{"<br>".join(held)}</div>'


def _contents(panels: Sequence[Panel]) -> str:
    links = (f'<a href="#{escape(one.name, quote=True)}">{escape(one.title)}</a>' for one in panels)
    return f"<nav>{''.join(links)}</nav>"


def _how(evaluation: Evaluation) -> str:
    rows = []
    for name, value in evaluation.settings:
        words = f"<code>{escape(value)}</code>" if name == "command" else escape(value)
        rows.append(f"<dt>{escape(name)}</dt><dd>{words}</dd>")
    return f'<div class="card"><h3>How to repeat it</h3><dl>{"".join(rows)}</dl></div>'


def _panel(panel: Panel) -> str:
    words = "".join(f"<li>{escape(one)}</li>" for one in panel.words)
    alarms = ""
    if panel.alarms:
        items = "".join(f"<li>{escape(one)}</li>" for one in panel.alarms)
        alarms = f'<div class="amber" role="note"><b>Alarms</b><ul>{items}</ul></div>'
    missing = ""
    if panel.missing:
        left = escape("; ".join(panel.missing))
        missing = f'<div class="amber" role="note">Not measured: {left}.</div>'
    plots = "".join(f"<figure>{svg(one, PAGE)}</figure>" for one in panel.plots)
    tables = "".join(_table(one) for one in panel.tables)
    name = escape(panel.name, quote=True)
    return (
        f'<section id="{name}"><h2>{escape(panel.title)}</h2><ul>{words}</ul>{alarms}{missing}'
        f"{plots}{tables}</section>"
    )


def _table(table: Table) -> str:
    link = f'<a href="{TABLES}/{escape(table.name, quote=True)}.csv">CSV</a>'
    if not table.shown:
        return f'<p class="muted">{escape(table.title or table.name)}: {link}</p>'
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in table.head)
    rows = "".join(_row(row) for row in table.shown)
    return (
        f'<h3>{escape(table.title)} <span class="muted">{link}</span></h3><div class="wide">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Sequence[str]) -> str:
    ours = ' class="ours"' if row and row[0].startswith("LGESynthNet") else ""
    return f"<tr{ours}>{''.join(f'<td>{escape(one)}</td>' for one in row)}</tr>"


def _models(models: Sequence[tuple[str, str]]) -> str:
    by_text: dict[str, list[str]] = {}
    for row, text in models:
        by_text.setdefault(text, []).append(row)
    rows = "".join(
        f"<tr><td>{escape(text.partition(' ')[0])}</td><td><code>{escape(text.partition(' ')[2])}"
        f"</code></td><td>{escape(', '.join(names))}</td></tr>"
        for text, names in by_text.items()
    )
    return (
        '<section id="models"><h2>Networks</h2><div class="wide"><table><thead><tr>'
        f"<th>model</th><th>SHA-256</th><th>rows</th></tr></thead><tbody>{rows}</tbody></table>"
        "</div></section>"
    )

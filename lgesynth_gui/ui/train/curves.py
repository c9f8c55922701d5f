"""Live curves of a run: loss raw and smoothed, and the Dice of two readers on watched patients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.theme import data_colour

SMOOTH = 0.9  # share of the running mean that stays at the next point
GAP = 0.10  # growth of the reward's Dice over the judge's that rings the alarm


def smoothed(values: Sequence[float]) -> list[float]:
    """A running mean; early points count whole."""
    out: list[float] = []
    mean, weight = 0.0, 0.0
    for value in values:
        mean, weight = SMOOTH * mean + (1 - SMOOTH) * value, SMOOTH * weight + (1 - SMOOTH)
        out.append(mean / weight)
    return out


def series_of(
    events: Sequence[Mapping[str, Any]], kind: str, name: str
) -> tuple[list[float], list[float]]:
    """(steps, values) of one figure in the events of a kind; a resumed run overwrites its past."""
    found: dict[int, float] = {}
    for one in events:
        step, value = one.get("step"), one.get(name)
        if one.get("event") == "start" and isinstance(step, int):
            found = {k: v for k, v in found.items() if k <= step}
        if one.get("event") == kind and isinstance(step, int) and isinstance(value, int | float):
            found[step] = float(value)
    steps = sorted(k for k, v in found.items() if np.isfinite(v))
    return [float(one) for one in steps], [found[one] for one in steps]


def reward_gap(events: Sequence[Mapping[str, Any]]) -> float:
    """How much more the reward's Dice grew since the first evaluation than the judge's."""
    reward = series_of(events, "evaluate", "reward_dice")[1]
    judge = series_of(events, "evaluate", "judge_dice")[1]
    if len(reward) < 2 or len(judge) < 2:
        return 0.0
    return (reward[-1] - reward[0]) - (judge[-1] - judge[0])


class Curves(QWidget):
    """Two plots side by side."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.loss = _plot("Loss", "step")
        self.dice = _plot("Dice on watched patients", "step")
        self.dice.setYRange(0, 1)
        self.dice.addLegend(offset=(-8, -8), labelTextColor=data_colour("well_text"))
        faint = QColor(data_colour("well_muted"))
        self._raw = self.loss.plot([], [], pen=pg.mkPen(faint, width=1))
        self._mean = self.loss.plot([], [], pen=pg.mkPen(data_colour("endo"), width=2))
        self._judge = self.dice.plot(
            [], [], name="judge J", symbol="o", symbolSize=6,
            pen=pg.mkPen(data_colour("endo"), width=2), symbolBrush=data_colour("endo"),
        )  # fmt: skip
        self._reward = self.dice.plot(
            [], [], name="reward R", symbol="t", symbolSize=6,
            pen=pg.mkPen(data_colour("epi"), width=2, style=Qt.PenStyle.DashLine),
            symbolBrush=data_colour("epi"),
        )  # fmt: skip
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.loss, 1)
        row.addWidget(self.dice, 1)

    def show_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Draw what a run logged."""
        steps, values = series_of(events, "step", "loss")
        self._raw.setData(steps, values)
        self._mean.setData(steps, smoothed(values))
        judge, reward = (series_of(events, "evaluate", f"{n}_dice") for n in ("judge", "reward"))
        self._judge.setData(*judge)
        self._reward.setData(*reward)
        last = f"{values[-1]:.4g} at step {steps[-1]:.0f}" if values else "nothing yet"
        self.loss.setAccessibleDescription(f"Loss: {last}")
        told = f"{judge[1][-1]:.2f}" if judge[1] else "nothing yet"
        self.dice.setAccessibleDescription(f"Dice by the judge on watched patients: {told}")


def _plot(title: str, below: str) -> pg.PlotWidget:
    made = pg.PlotWidget(background=data_colour("canvas"), enableMenu=False)
    made.setAccessibleName(title)
    made.setToolTip(plain_tip(f"{title} over the steps of the training"))
    item = made.getPlotItem()
    item.setTitle(title, color=data_colour("well_text"))
    item.setLabel("bottom", below)
    item.ctrlMenu.setParent(made, item.ctrlMenu.windowFlags())  # else nobody's, and left behind
    item.ctrlMenu.setObjectName("qt_plot_menu")  # never shown: none of its controls is reached
    item.hideButtons()
    item.showGrid(x=True, y=True, alpha=0.15)
    for axis in ("left", "bottom"):
        item.getAxis(axis).setPen(data_colour("well_muted"))
        item.getAxis(axis).setTextPen(data_colour("well_muted"))
    made.setMouseEnabled(x=False, y=False)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setMinimumSize(200, 160)
    return made

"""A figure in words, for whom its picture hides them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.figure_words import plot_words
from lgesynth_gui.evaluation.panel import Plot
from lgesynth_gui.ui.labels import plain_tip


def name_figure(view: QWidget, plot: Plot) -> None:
    """Give the widget of a figure its name, and its numbers for screen readers and as a tip."""
    words = plot_words(plot)
    view.setAccessibleName(plot.title)
    view.setAccessibleDescription(words)
    view.setToolTip(plain_tip(words))

"""A list as a rail: small pictures one above the other, a word under each."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QListView, QListWidget

SIDE = 40
RAIL_PX = 56  # width of the rail at 100 %


def as_rail(made: QListWidget, on: bool, usual: QSize) -> None:
    """Show a list as a rail, or as rows again.

    Args:
        made: The list.
        on: Whether to be a rail.
        usual: Size of its pictures as rows.
    """
    line = made.fontMetrics().height()
    made.setViewMode(QListView.ViewMode.IconMode if on else QListView.ViewMode.ListMode)
    made.setFlow(QListView.Flow.TopToBottom)
    made.setWrapping(False)
    made.setMovement(QListView.Movement.Static)
    made.setIconSize(QSize(SIDE, SIDE) if on else usual)
    made.setGridSize(QSize(SIDE + 4, SIDE + line + 8) if on else QSize())
    made.setVerticalScrollBarPolicy(
        Qt.ScrollBarPolicy.ScrollBarAlwaysOff if on else Qt.ScrollBarPolicy.ScrollBarAsNeeded
    )

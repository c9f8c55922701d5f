"""A list as a rail: small pictures one above the other, a word under each."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QListView, QListWidget, QStyledItemDelegate, QStyleOptionViewItem

SIDE = 40
WORDS = "10 ● ✓"  # as wide as what stands under a picture


class RailDelegate(QStyledItemDelegate):
    """Prints the first line of an item only, when there is no room for more."""

    def __init__(self, parent: QListWidget) -> None:
        super().__init__(parent)
        self.short = False
        self.cell = QSize()

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """As usual, the text cut to its first line in a rail."""
        super().initStyleOption(option, index)
        if self.short:
            option.text = " ".join(option.text.splitlines()[0].split()) if option.text else ""
            option.displayAlignment = Qt.AlignmentFlag.AlignCenter

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """In a rail all alike, so that pictures stand below each other."""
        return self.cell if self.short else super().sizeHint(option, index)


def as_rail(made: QListWidget, on: bool, usual: QSize) -> None:
    """Show a list as a rail, or as rows again.

    Args:
        made: The list.
        on: Whether to be a rail.
        usual: Size of its pictures as rows.
    """
    delegate = made.itemDelegate()
    if not isinstance(delegate, RailDelegate):
        delegate = RailDelegate(made)
        made.setItemDelegate(delegate)
    delegate.short = on
    metrics = made.fontMetrics()
    wide = max(SIDE, metrics.horizontalAdvance(WORDS)) + 4
    delegate.cell = QSize(wide, SIDE + metrics.height() + 8)
    made.setViewMode(QListView.ViewMode.IconMode if on else QListView.ViewMode.ListMode)
    made.setFlow(QListView.Flow.TopToBottom)
    made.setWrapping(False)
    made.setSpacing(0)
    made.setMovement(QListView.Movement.Static)
    made.setIconSize(QSize(SIDE, SIDE) if on else usual)
    made.setGridSize(delegate.cell if on else QSize())
    made.setVerticalScrollBarPolicy(
        Qt.ScrollBarPolicy.ScrollBarAlwaysOff if on else Qt.ScrollBarPolicy.ScrollBarAsNeeded
    )

"""The card that says what was understood of a series: looks right, or fix it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.understood import Fact
from lgesynth_gui.ui.labels import plain_label

LOOK = "look here"
RIGHT_TIP, CLOSE_TIP = "Say that this is right; the card closes", "Close this card (Esc)"
WIDEST_CHARS, STACKED = 62, 0.65  # a narrower share of it has names above the texts
MARGIN_PX, SIDE_PX, TOP_PX, GAP_PX, BORDER_PX = 12, 12, 10, 8, 4


class UnderstoodCard(QFrame):
    """Lies over the images without blocking them; its owner says what it shows and where."""

    confirmed = Signal()
    closed = Signal()

    def __init__(self, menu: QMenu, parent: QWidget) -> None:
        """Args: menu: What *Fix…* offers; the card takes it over."""
        super().__init__(parent)
        self.setObjectName("understoodCard")
        self.setAccessibleName("What we understood")
        self.title = plain_label("What we understood", role="section")
        self.outcome = plain_label(role="muted")
        self.outcome.setObjectName("outcome")
        self._inner = QWidget()
        self._grid = QGridLayout(self._inner)
        self._grid.setContentsMargins(0, 0, 4, 0)
        self._grid.setHorizontalSpacing(10)
        self._grid.setVerticalSpacing(4)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidget(self._inner)
        self.good = QPushButton("Looks right")
        self.good.setObjectName("looksRight")
        self.good.setToolTip(RIGHT_TIP)
        self.good.setProperty("primary", True)
        self.good.clicked.connect(self.confirmed)
        self.fix = QPushButton("Fix…")
        self.fix.setObjectName("fix")
        self.fix.setToolTip("Put right what was misunderstood")
        menu.setParent(self.fix, menu.windowFlags())
        self.fix.setMenu(menu)
        foot = QHBoxLayout()
        foot.addWidget(self.good)
        foot.addWidget(self.fix)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SIDE_PX, TOP_PX, SIDE_PX, TOP_PX)
        column.setSpacing(GAP_PX)
        column.addWidget(self.title)
        column.addWidget(self.outcome)
        column.addWidget(self._scroll, 1)
        column.addLayout(foot)
        self._shown: tuple[object, ...] = ()
        self._rows: list[tuple[QLabel | None, QLabel]] = []  # name and text; a note has no name
        self.hide()

    def say(
        self, outcome: str, facts: Sequence[Fact], notes: Sequence[str], *, confirmed: bool
    ) -> None:
        """Show what was understood.

        Args:
            outcome: "Loaded" or "Loaded with a warning".
            facts: One row each.
            notes: Warnings of the import, one sentence each.
            confirmed: Somebody said already that it looks right.
        """
        shown = (outcome, tuple(facts), tuple(notes), confirmed)
        if shown == self._shown:
            return
        self._shown = shown
        self.outcome.setText(f"✓ {outcome}" if outcome == "Loaded" else f"▲ {outcome}")
        self.good.setText("Close" if confirmed else "Looks right")
        self.good.setToolTip(CLOSE_TIP if confirmed else RIGHT_TIP)
        for row in self._rows:
            for old in row:
                if old is not None:
                    old.hide()
                    old.deleteLater()
        self._rows = [(None, self._text(note, sure=False)) for note in notes]
        for fact in facts:
            text = self._text(fact.text, fact.sure)
            doubt = "" if fact.sure else f", {LOOK}"
            text.setAccessibleName(f"{fact.name}{doubt}: {fact.text}")
            self._rows.append((self._label(fact.name), text))
        words = [f"{one.name}: {one.text}" for one in facts]
        self.setAccessibleDescription(". ".join([outcome, *notes, *words]))

    def _label(self, name: str) -> QLabel:
        made = plain_label(name, self._inner, role="muted")
        made.show()
        return made

    def _text(self, text: str, sure: bool) -> QLabel:
        made = plain_label(text, self._inner, role="" if sure else "warning")
        made.setWordWrap(True)
        made.show()  # now, so that its height counts
        return made

    def _lay(self, *, stacked: bool) -> None:
        """Names beside the texts, or above them where there is little room."""
        for row, (name, text) in enumerate(self._rows):
            if stacked or name is None:
                self._grid.addWidget(text, 2 * row + 1, 0, 1, 2)
            else:
                self._grid.addWidget(text, 2 * row, 1)
            if name is not None:
                self._grid.addWidget(name, 2 * row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(1, 1)

    def place(self, room: QRect) -> None:
        """Lie in the middle of a part of the parent, as large as the words need.

        Args:
            room: The part, in the parent's pixels.
        """
        inner = room.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        widest = self.fontMetrics().horizontalAdvance("0") * WIDEST_CHARS
        wide = min(widest, inner.width())
        self._lay(stacked=wide < widest * STACKED)
        lines = self._inner.heightForWidth(wide - 2 * SIDE_PX - BORDER_PX)
        rest = sum(one.sizeHint().height() for one in (self.title, self.outcome, self.good))
        rest += 3 * GAP_PX + 2 * TOP_PX + BORDER_PX
        high = min(max(lines, 0) + rest, inner.height())
        place = QRect(0, 0, wide, high)
        place.moveCenter(inner.center())
        self.setGeometry(place)
        self.raise_()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it without a word on whether it is right."""
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

"""The verdict, pinned in the footer: glyph, word, number, judges, masses, and the proof."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QFont,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from lgesynth_gui.app.verdicts import EMPTY, Card
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.theme import data_colour, grade_colour

STRIPE_PX = 4
PAD_PX = 7
LEAST_PX = 200
ROWS = 7  # room that is always kept, so that the footer does not jump at every verdict
HEAD_SIZE, BODY_SIZE = 1.15, 0.9
PROOF_TIP = "Show what was changed: full change, feather and untouched zone over the difference"


class _Line(QLabel):
    """Plain text on the dark well that wraps at the card's width and is never cut off."""

    def __init__(self, name: str, size: float, *, bold: bool = False) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)
        self.setWordWrap(True)
        self.setMargin(0)
        self._size, self._bold = size, bold

    def fit(self, base: QFont) -> None:
        """A share of the program's text size."""
        font = QFont(base)
        font.setPointSizeF(base.pointSizeF() * self._size)
        font.setBold(self._bold)
        self.setFont(font)

    def ink(self, colour: QColor) -> None:
        """Colour of the text, the same in both themes."""
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.WindowText, colour)
        self.setPalette(palette)


class VerdictCard(QWidget):
    """Shows a `Card` on a dark well; its words are its accessible description."""

    proof_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdictCard")
        self.setAccessibleName("Verdict")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.card = EMPTY
        self.tag = ""
        self.head = _Line("headline", HEAD_SIZE, bold=True)
        self.state_tag = plain_label()
        self.state_tag.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.scope = _Line("scope", BODY_SIZE)
        self.body = _Line("findings", BODY_SIZE)
        self.proof = QPushButton()
        self.proof.setObjectName("proof")
        self.proof.setProperty("link", True)
        self.proof.setToolTip(PROOF_TIP)
        self.proof.setAccessibleDescription(PROOF_TIP)
        self.proof.clicked.connect(self.proof_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(STRIPE_PX + PAD_PX, PAD_PX, PAD_PX, PAD_PX)
        column.setSpacing(1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.head, 1)
        row.addWidget(self.state_tag)
        column.addLayout(row)
        for widget in (self.scope, self.body, self.proof):
            column.addWidget(widget)
        column.addStretch(1)
        self._fit()
        self._write()

    def show_card(self, card: Card, tag: str = "") -> None:
        """Show another verdict; `tag` is PREVIEW, APPLIED or nothing."""
        if (card, tag) == (self.card, self.tag):
            return
        self.card, self.tag = card, tag
        self._write()
        changed = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(changed)

    def _write(self) -> None:
        card = self.card
        words = [card.headline, card.scope, *card.lines, card.proof]
        self.setAccessibleDescription(". ".join(w for w in words if w))
        self.setToolTip(plain_tip(card.tooltip))
        self.head.setText(card.headline)
        self.state_tag.setText(self.tag)
        self.scope.setText(card.scope)
        self.scope.setVisible(bool(card.scope))
        self.body.setText("\n".join(card.lines))
        self._write_proof()
        self.proof.setAccessibleName(card.proof or "Untouched zone")
        self.proof.setVisible(bool(card.proof))
        self._colour()
        self._stand()
        self.update()

    def _stand(self) -> None:
        """As high as the words need at this width, and never lower than usual."""
        layout = self.layout()
        if layout is None:
            return
        layout.invalidate()
        needed = layout.heightForWidth(max(self.width(), LEAST_PX))
        row = self.scope.fontMetrics().height()
        usual = self.head.fontMetrics().height() + ROWS * row + 2 * PAD_PX
        if max(needed, usual) != self.minimumHeight():
            self.setMinimumHeight(max(needed, usual))

    def _write_proof(self) -> None:
        """In one line where it fits, else in two: a button does not wrap by itself."""
        text = self.card.proof + "  ›"
        room = self.width() - STRIPE_PX - 2 * PAD_PX - 4
        if self.proof.fontMetrics().horizontalAdvance(text) > room:
            text = text.replace(": ", ":\n", 1)
        if text != self.proof.text():
            self.proof.setText(text)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may break the proof's line elsewhere."""
        super().resizeEvent(event)
        self._write_proof()
        self._stand()

    def _colour(self) -> None:
        self.head.ink(grade_colour(self.card.grade))
        self.scope.ink(data_colour("well_muted"))
        self.body.ink(data_colour("well_text"))
        palette = QPalette(self.state_tag.palette())
        palette.setColor(QPalette.ColorRole.WindowText, data_colour("well_muted"))
        self.state_tag.setPalette(palette)

    def changeEvent(self, event: QEvent) -> None:
        """Another text size or theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()
            self._colour()
            QTimer.singleShot(0, self, self._fit)  # a new style sheet gives labels old fonts back

    def _fit(self) -> None:
        for line in (self.head, self.scope, self.body):
            line.fit(self.font())
        small = QFont(self.font())
        small.setPointSizeF(small.pointSizeF() * BODY_SIZE)
        self.state_tag.setFont(small)
        self.proof.setFont(small)
        row = self.scope.fontMetrics().height()
        self._write_proof()
        self.setMinimumHeight(self.head.fontMetrics().height() + ROWS * row + 2 * PAD_PX)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as its words need at its width."""
        return QSize(290, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        """The well and the stripe in the verdict's colour; the words are widgets."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), data_colour("well"))
        stripe = QRectF(0, 0, STRIPE_PX, self.height())
        painter.fillRect(stripe, grade_colour(self.card.grade))
        painter.end()

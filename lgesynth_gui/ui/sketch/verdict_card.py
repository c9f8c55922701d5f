"""The verdict, pinned in the footer: glyph, word, number and the name of the judge."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.app.verdicts import EMPTY, Card
from lgesynth_gui.ui.theme import data_colour, grade_colour

STRIPE_PX = 4
PAD_PX = 8
LINES = 5  # room is kept for this many, so that the footer never jumps


class VerdictCard(QWidget):
    """Draws a `Card` on a dark well; its words are its accessible description."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdictCard")
        self.setAccessibleName("Verdict")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.card = EMPTY
        self.tag = ""

    def show_card(self, card: Card, tag: str = "") -> None:
        """Show another verdict; `tag` is PREVIEW, APPLIED or nothing."""
        if (card, tag) == (self.card, self.tag):
            return
        self.card, self.tag = card, tag
        words = [card.headline, card.scope, *card.lines]
        self.setAccessibleDescription(" ".join(w for w in words if w))
        self.setToolTip(card.tooltip)
        changed = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(changed)
        self.update()

    def _fonts(self) -> tuple[QFont, QFont]:
        head, body = QFont(self.font()), QFont(self.font())
        head.setPointSizeF(self.font().pointSizeF() * 1.15)
        head.setBold(True)
        body.setPointSizeF(self.font().pointSizeF() * 0.9)
        return head, body

    def sizeHint(self) -> QSize:
        """Room for the headline, the scope and the lines."""
        head, body = (QFontMetricsF(f) for f in self._fonts())
        return QSize(290, int(head.height() + (LINES + 1) * body.height() + 2 * PAD_PX))

    def minimumSizeHint(self) -> QSize:
        """Never less than the text."""
        return QSize(200, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Stripe, headline, lines; texts are elided at the card's edge, never drawn beyond."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), data_colour("well"))
        colour = grade_colour(self.card.grade)
        painter.fillRect(QRectF(0, 0, STRIPE_PX, self.height()), colour)
        head, body = self._fonts()
        left = STRIPE_PX + PAD_PX
        room = self.width() - left - PAD_PX
        tall, low = QFontMetricsF(head), QFontMetricsF(body)
        y = PAD_PX + tall.ascent()
        painter.setFont(body)
        tag_wide = low.horizontalAdvance(self.tag)
        painter.setPen(data_colour("well_muted"))
        if self.tag:
            painter.drawText(int(self.width() - PAD_PX - tag_wide), int(y), self.tag)
            room_head = room - tag_wide - 8
        else:
            room_head = room
        painter.setFont(head)
        painter.setPen(colour)
        painter.drawText(
            int(left),
            int(y),
            tall.elidedText(self.card.headline, Qt.TextElideMode.ElideRight, room_head),
        )
        painter.setFont(body)
        y += tall.descent() + low.ascent()
        rows = ([(self.card.scope, "well_muted")] if self.card.scope else []) + [
            (text, "well_text") for text in self.card.lines
        ]
        bottom = self.height() - PAD_PX
        for i, (text, ink) in enumerate(rows[: LINES + 1]):
            painter.setPen(data_colour(ink))
            last = i == len(rows) - 1 and len(rows) > LINES - 1
            top = y - low.ascent()
            box = QRectF(left, top, room, (bottom - top) if last else low.height())
            if last:  # the reason: as many lines as there is room for
                wrap = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop
                painter.drawText(box, int(wrap), text)
            else:
                words = low.elidedText(text, Qt.TextElideMode.ElideRight, room)
                painter.drawText(int(left), int(y), words)
            y += low.height()
        painter.end()

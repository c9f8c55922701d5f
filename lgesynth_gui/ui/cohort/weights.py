"""How often each bin is wanted, as bars that are dragged or keyed, beside what is drawn so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.theme import data_colour

MOST = 10.0  # a weight
NAME_SHARE = 0.5  # of the width
HINT = "Drag a bar or press ← → to ask for more or less of it, Delete: as the patterns are"


class WeightBars(QWidget):
    """One row a bin: its name, what samples of the plan show of it, and the weight that is asked.

    The filled bar is the share of drawn samples, the outlined one the weight. Without weights the
    patterns decide. Up and down choose a row, left and right change its weight.
    """

    changed = Signal(object, bool)  # weights by name, {} = as the patterns are; first of a drag?

    def __init__(
        self, title: str, names: Sequence[str], *, editable: bool = True,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.title, self._editable = title, editable
        self._names = tuple(names)
        self._weights: dict[str, float] = {}
        self._counts: Mapping[str, int] = {}
        self._row, self._dragged = 0, False
        self.setAccessibleName(title)
        self.setToolTip(plain_tip(f"{title}\n{HINT}" if editable else title))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if editable else Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._describe()

    def sizeHint(self) -> QSize:
        """A line of text a bin."""
        return QSize(160, self._high() * max(len(self._names), 1) + 4)

    def minimumSizeHint(self) -> QSize:
        """The same height, narrower."""
        return QSize(120, self.sizeHint().height())

    def _high(self) -> int:
        return self.fontMetrics().height() + 4

    def show_weights(self, weights: Mapping[str, float]) -> None:
        """What is asked; {} = as the patterns are."""
        if dict(weights) != self._weights:
            self._weights = dict(weights)
            self._describe()
            self.update()

    def show_counts(self, counts: Mapping[str, int], names: Sequence[str] | None = None) -> None:
        """What drawn samples show, and other bins where they are given."""
        if names is not None and tuple(names) != self._names:
            self._names, self._row = tuple(names), 0
            self.updateGeometry()
        self._counts = dict(counts)
        self._describe()
        self.update()

    def _describe(self) -> None:
        total = sum(self._counts.values())
        rows = []
        for name in self._names:
            words = f"{name}: {self._counts.get(name, 0)} of {total}" if total else name
            asked = self._weights.get(name, 0.0)
            rows.append(f"{words}, weight {asked:g}" if self._weights else words)
        chosen = self._names[self._row] if self._names and self._editable else ""
        self.setAccessibleDescription(f"{chosen}. {'; '.join(rows)}")
        event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(event)

    # -- editing

    def _ask(self, weights: dict[str, float], first: bool) -> None:
        if not any(weights.values()):
            weights = {}
        self.changed.emit({k: v for k, v in weights.items() if v > 0}, first)

    def _full(self) -> dict[str, float]:
        """Weights to start from: all alike where nothing is asked."""
        if self._weights:
            return {name: self._weights.get(name, 0.0) for name in self._names}
        return dict.fromkeys(self._names, 1.0)

    def set_weight(self, name: str, weight: float, *, first: bool = True) -> None:
        """Ask for a bin more or less often than for the others."""
        now = self._full()
        now[name] = min(max(weight, 0.0), MOST)
        self._ask(now, first)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Rows, weights, and back to the patterns' own."""
        if not self._editable or not self._names:
            event.ignore()
            return
        key, name = event.key(), self._names[self._row]
        steps = {Qt.Key.Key_Left: -1.0, Qt.Key.Key_Right: 1.0}
        rows = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if key in steps:
            self.set_weight(name, self._full()[name] + steps[Qt.Key(key)])
        elif key in rows:
            self._row = (self._row + rows[Qt.Key(key)]) % len(self._names)
            self._describe()
            self.update()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self._ask({}, True)
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A bar is taken hold of."""
        if self._editable and event.button() == Qt.MouseButton.LeftButton and self._names:
            place = int(event.position().y() - 2) // self._high()
            self._row = min(max(place, 0), len(self._names) - 1)
            self._dragged = event.position().x() > self._left()
            if self._dragged:
                self._pull(event, first=True)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It follows the mouse."""
        if self._dragged and event.buttons() & Qt.MouseButton.LeftButton:
            self._pull(event, first=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._dragged = False

    def _pull(self, event: QMouseEvent, *, first: bool) -> None:
        share = (event.position().x() - self._left()) / max(self.width() - self._left() - 4, 1)
        self.set_weight(self._names[self._row], float(round(share * MOST)), first=first)

    # -- drawing

    def _left(self) -> float:
        return self.width() * NAME_SHARE

    def paintEvent(self, event: object) -> None:
        """Names, bars, numbers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total, high, left = sum(self._counts.values()), self._high(), self._left()
        room = self.width() - left - 4
        most = max([*self._counts.values(), 1])
        ink, muted = self.palette().text().color(), self.palette().placeholderText().color()
        accent = self.palette().accent().color()
        fill = data_colour("class_2")
        for place, name in enumerate(self._names):
            top = 2 + place * high
            box = QRectF(left, top + 2, room, high - 4)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.palette().alternateBase())
            painter.drawRect(box)
            count = self._counts.get(name, 0)
            if count:
                painter.setBrush(fill)
                painter.drawRect(QRectF(left, top + 2, room * count / most, high - 4))
            if self._weights:
                asked = room * min(self._weights.get(name, 0.0) / MOST, 1.0)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(accent, 2.0))
                painter.drawRect(QRectF(left + 1, top + 2, max(asked - 1, 0.5), high - 4))
            chosen = self.hasFocus() and place == self._row
            painter.setPen(accent if chosen else ink)
            words = self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(left) - 8)
            painter.drawText(
                QRectF(2, top, left - 6, high), int(Qt.AlignmentFlag.AlignVCenter), words
            )
            if total:
                wide = room * count / most
                text = str(count)
                needs = self.fontMetrics().horizontalAdvance(text) + 8
                inside = wide >= needs
                painter.setPen(data_colour("on_light") if inside else muted)
                x = left + wide - needs + 4 if inside else left + wide + 4
                painter.drawText(
                    QRectF(x, top, needs, high), int(Qt.AlignmentFlag.AlignVCenter), text
                )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent, 2.0))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def focusInEvent(self, event: object) -> None:
        """Its ring."""
        super().focusInEvent(event)  # type: ignore[arg-type]
        self.update()

    def focusOutEvent(self, event: object) -> None:
        """No longer."""
        super().focusOutEvent(event)  # type: ignore[arg-type]
        self.update()

"""One muted remark about the drawing, with its reason, and a way to hear no more of it."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from lgesynth_gui.app.hints import Hint
from lgesynth_gui.app.look import View
from lgesynth_gui.app.preferences import PreferenceStore
from lgesynth_gui.ui.labels import plain_label, plain_tip


def remember_silence(view: View, store: PreferenceStore) -> None:
    """Keep what was silenced beyond this session."""

    def keep(names: frozenset[str]) -> None:
        if "silenced" in names:
            store.set(silenced=tuple(sorted(view.look.silenced)))

    view.set(silenced=frozenset(store.now.silenced))
    view.changed.connect(keep)


class HintLine(QWidget):
    """Shows the first hint that is not silenced; nothing at all when there is none."""

    def __init__(self, view: View, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._hints: tuple[Hint, ...] = ()
        self._open = ""  # id of the hint whose reason is shown
        self.text = plain_label(role="muted")
        self.text.setObjectName("plausibility")
        self.text.setWordWrap(True)
        self.reason = plain_label()
        self.reason.setObjectName("hintReason")
        self.reason.setWordWrap(True)
        self.why = self._button("Why?", "hintWhy", "Say what stands behind this remark")
        self.why.clicked.connect(self._explain)
        self.silence = self._button(
            "Silence", "hintSilence", "Never make this remark again; Show brings it back"
        )
        self.silence.clicked.connect(self._silence)
        self.again = self._button("Show", "hintShow", "Make the silenced remarks again")
        self.again.clicked.connect(lambda: view.set(silenced=frozenset()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.text)
        column.addWidget(self.reason)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.why, self.silence, self.again):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        self.show_hints(())

    def _button(self, words: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setObjectName(name)
        button.setProperty("compact", True)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(f"{words}: {tip}")
        return button

    def fit(self) -> None:
        """Buttons as wide as their words at this text size."""
        for button in (self.why, self.silence, self.again):
            button.setMinimumWidth(button.fontMetrics().horizontalAdvance(button.text()) + 14)

    def show_hints(self, hints: tuple[Hint, ...]) -> None:
        """Show the first of them that nobody silenced."""
        self._hints = hints
        heard = [one for one in hints if one.id not in self._view.look.silenced]
        muted = len(hints) - len(heard)
        first = heard[0] if heard else None
        if first is None or first.id != self._open:
            self._open = ""
        if first is not None:
            more = f" (and {len(heard) - 1} more)" if len(heard) > 1 else ""
            self.text.setText(first.text + more)
            self.reason.setText(first.why)
        elif muted:
            self.text.setText("1 remark is silenced." if muted == 1 else f"{muted} are silenced.")
        self.reason.setVisible(bool(self._open))
        self.why.setVisible(first is not None)
        self.silence.setVisible(first is not None)
        self.again.setVisible(first is None and muted > 0)
        self.setVisible(bool(hints))

    def _first(self) -> Hint | None:
        return next((one for one in self._hints if one.id not in self._view.look.silenced), None)

    def _explain(self) -> None:
        first = self._first()
        self._open = "" if self._open or first is None else first.id
        self.show_hints(self._hints)

    def _silence(self) -> None:
        if (first := self._first()) is not None:
            self._view.set(silenced=self._view.look.silenced | {first.id})
            self.show_hints(self._hints)

"""The status bar: tool hint, phase with time and Cancel, network lamp."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QWidget,
)

from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.labels import plain_label

MESSAGE_MS = 8000


class ElidedLabel(QLabel):
    """One line of plain text that ends in an ellipsis where it does not fit."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        room = self.contentsRect().adjusted(6, 0, -6, 0)
        words = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.setPen(self.palette().windowText().color())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), words)
        painter.end()


class Status(QStatusBar):
    """Hint at the left; what runs, and how to stop it, at the right."""

    cancel_wanted = Signal()
    restart_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        self.setSizeGripEnabled(False)
        self._hint = ""
        self.still = False  # no moving bar while the end is unknown
        self.text = ElidedLabel("Ready")
        self.text.setObjectName("hint")
        self.phase = plain_label()
        self.bar = QProgressBar()
        self.bar.setFixedWidth(120)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel")
        self.cancel.setObjectName("cancel")
        self.cancel.setProperty("compact", True)
        self.cancel.setMinimumWidth(64)
        self.cancel.setToolTip("Stop what is running (Shift+X)")
        self.cancel.clicked.connect(self.cancel_wanted)
        self.restart = QPushButton("Restart engine")
        self.restart.setObjectName("restartEngine")
        self.restart.setProperty("compact", True)
        self.restart.setToolTip("End the silent engine; what it was at can be run again")
        self.restart.clicked.connect(self.restart_wanted)
        self.quiet = plain_label(role="warning")
        self.quiet.setObjectName("engineQuiet")
        self.network = plain_label("○ network: off")
        self.network.setObjectName("networkLamp")
        self.network.setToolTip("This program opens no network connection and sends nothing.")
        self.addWidget(self.text, 1)
        work = (self.quiet, self.restart, self.phase, self.bar, self.cancel)
        for widget in (*work, self.network):
            self.addPermanentWidget(widget)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self.text.setText(self._hint))
        self.rest()

    def hint(self, text: str) -> None:
        """The lasting line: what the current tool does."""
        self._hint = text
        if not self._timer.isActive():
            self.text.setText(text)

    def say(self, text: str) -> None:
        """A passing message."""
        self.text.setText(text)
        self._timer.start(MESSAGE_MS)

    def forget(self) -> None:
        """Drop the passing message."""
        self._timer.stop()
        self.text.setText(self._hint)

    def rest(self) -> None:
        """Nothing runs."""
        for widget in (self.quiet, self.restart, self.phase, self.bar, self.cancel):
            widget.hide()

    def silent(self, seconds: float, shown_s: float, offered_s: float) -> None:
        """How long the engine has given no sign of life.

        Args:
            seconds: Silence.
            shown_s: From here on it is shown.
            offered_s: From here on a restart is offered.
        """
        self.quiet.setVisible(seconds >= shown_s)
        self.quiet.setText(f"engine silent for {seconds:.0f} s")
        self.restart.setVisible(seconds >= offered_s)

    def working(self, step: Progress | None, *, words: str = "") -> None:
        """Show a phase; None means it is about to start.

        Args:
            step: How far it is.
            words: What is said about it; "" = its note and its count.
        """
        for widget in (self.phase, self.bar, self.cancel):
            widget.show()
        self.cancel.setEnabled(True)
        self.cancel.setText("Cancel")
        if step is None or not step.total:
            self.bar.setVisible(not self.still)
            self.bar.setRange(0, 0)
            self.phase.setText(words or (step.note if step is not None else "waiting"))
            return
        self.bar.setRange(0, step.total)
        self.bar.setValue(step.done)
        counted = f"{step.note} {step.done} of {step.total}" if step.done else f"{step.note}…"
        self.phase.setText(words or counted)

    def cancelling(self) -> None:
        """Said in the same frame as the click."""
        self.phase.setText("Cancelling")
        self.cancel.setEnabled(False)
        self.bar.setVisible(not self.still)
        self.bar.setRange(0, 0)

"""The title bar of the filmstrip: what is shown in which order, and the queue's controls."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from lgesynth_gui.app.variation import Filter, Order, Stage
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.ui.keymap import worded
from lgesynth_gui.ui.labels import plain_label, plain_tip

FILTERS: tuple[tuple[Filter, str, str], ...] = (
    ("all", "All", "Show every variation"),
    ("pass", "PASS", "Show only variations that pass"),
    ("starred", "★", "Show only starred variations"),
)
ORDERS: tuple[tuple[Order, str, str], ...] = (
    ("seed", "By seed", "Order the variations of a request by their seed"),
    ("best", "Best first", "Order the variations of a request by their verdict and Dice"),
)


class FilmHead(QWidget):
    """Filter and order at the left, the queue at the right."""

    def __init__(self, variations: Variations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._variations = variations
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 1, 6, 1)
        row.setSpacing(3)
        row.addWidget(plain_label("Variations", role="heading"))
        row.addSpacing(6)
        self.filters = self._choice(row, [(text, tip) for _, text, tip in FILTERS])
        self.filters.idClicked.connect(lambda i: variations.show_only(FILTERS[i][0]))
        row.addSpacing(6)
        self.orders = self._choice(row, [(text, tip) for _, text, tip in ORDERS])
        self.orders.idClicked.connect(lambda i: variations.sort_by(ORDERS[i][0]))
        row.addStretch(1)
        self.queue = plain_label(role="muted")
        self.queue.setObjectName("queueWords")
        row.addWidget(self.queue)
        self.pause = self._button(row, "Pause", "pauseQueue")
        self.pause.clicked.connect(variations.toggle_pause)
        self.retry = self._button(row, "Retry failed", "retryFailed")
        self.retry.clicked.connect(variations.retry_failed)
        self.cancel = self._button(row, "Cancel all", "cancelAll")
        self.cancel.clicked.connect(variations.cancel_all)
        variations.changed.connect(self.refresh)
        self.refresh()

    def _choice(self, row: QHBoxLayout, texts: list[tuple[str, str]]) -> QButtonGroup:
        group = QButtonGroup(self)
        for i, (text, tip) in enumerate(texts):
            button = self._button(row, text)
            button.setCheckable(True)
            button.setToolTip(plain_tip(tip))
            button.setAccessibleName(tip)
            group.addButton(button, i)
        return group

    def _button(self, row: QHBoxLayout, text: str, name: str = "") -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setProperty("compact", True)
        row.addWidget(button)
        return button

    def refresh(self) -> None:
        """Show the filter, the order and the queue as they are."""
        now = self._variations
        chosen = [name for name, _, _ in FILTERS].index(now.filter)
        order = [name for name, _, _ in ORDERS].index(now.order)
        for group, which in ((self.filters, chosen), (self.orders, order)):
            with QSignalBlocker(group):
                group.button(which).setChecked(True)
        waiting, paused = len(now.queue.order), now.queue.paused
        running = now.queue.running is not None
        self.queue.setText(" · ".join(_queue_parts(waiting, paused)))
        self.pause.setVisible(bool(waiting) or running or paused)
        self.pause.setText("Resume" if paused else "Pause")
        tip = "Go on with the queue" if paused else "Start nothing more; what runs goes on"
        self.pause.setToolTip(plain_tip(worded(f"{tip} ({{pause}})")))
        self.pause.setAccessibleName(tip)
        failed = sum(v.stage is Stage.FAILED for v in now.visible())
        self.retry.setVisible(failed > 0)
        self.retry.setToolTip(worded("Run what failed again ({retry})"))
        self.retry.setAccessibleName(f"Retry {failed} failed")
        self.cancel.setVisible(bool(waiting) or running)
        self.cancel.setToolTip(worded("Stop what runs and drop what waits ({cancel_all})"))
        self.cancel.setAccessibleName("Cancel all variations")


def _queue_parts(waiting: int, paused: bool) -> list[str]:
    return [f"{waiting} waiting"] * bool(waiting) + ["paused"] * paused

"""Python's cyclic garbage is collected by the window's thread, and by no other."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimerEvent

EVERY_MS = 500


class Collector(QObject):
    """Switches the automatic collection off and collects while the event loop idles.

    Python collects on whichever thread happens to allocate. A cycle that holds a widget or an
    item of a scene would then be destroyed by a worker thread while the window paints it, which
    ends the process. What is alive at the start is never looked at again, so that a full
    collection does not hold up the window.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.collect()
        gc.freeze()
        gc.disable()
        self.startTimer(EVERY_MS)

    def timerEvent(self, event: QTimerEvent) -> None:
        """Collect the oldest generation that is due; the younger ones go with it."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

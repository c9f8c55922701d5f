"""What runs now, in the status bar, and the one Cancel for all of it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from lgesynth_gui.app.files import Files
from lgesynth_gui.app.proposals import Proposals
from lgesynth_gui.app.variations import Stage, Variation, Variations
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.status import Status


class Running(QObject):
    """Variations come first, then a contour proposal, then files: Cancel stops what is shown."""

    def __init__(
        self,
        status: Status,
        workers: Workers,
        variations: Variations,
        proposals: Proposals,
        files: Files,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._status, self._workers = status, workers
        self._variations, self._proposals, self._files = variations, proposals, files
        self._left_s: float | None = None
        self._steps: dict[str, Progress | None] = {}
        workers.ready.connect(self._show)
        variations.changed.connect(self._on_variations)
        variations.progressed.connect(self._on_progress)
        proposals.working.connect(lambda step: self._on_working("proposals", step))
        files.working.connect(lambda step: self._on_working("files", step))
        status.cancel_wanted.connect(self.cancel)

    def cancel(self) -> None:
        """Stop what the status bar shows."""
        if self._variations.waiting():
            self._status.cancelling()
            self._variations.cancel_current()
        elif self._proposals.busy:
            self._status.cancelling()
            self._proposals.cancel()
        elif self._steps.get("files") is not None:
            self._status.cancelling()
            self._files.cancel()

    def _on_variations(self) -> None:
        self._left_s = None
        self._show()

    def _on_progress(self, _: Variation, left_s: float | None) -> None:
        self._left_s = left_s
        self._show()

    def _on_working(self, what: str, step: Progress | None) -> None:
        self._steps[what] = step
        self._show()

    def _show(self) -> None:
        if waiting := self._variations.waiting():
            if waiting[0].stage is Stage.CANCELLING:
                self._status.cancelling()
            else:
                step = waiting[0].progress or self._loading()
                self._status.working(step, self._left_s, len(waiting) - 1)
            return
        step = self._steps.get("proposals") or self._steps.get("files")
        if step is None:
            self._status.rest()
        else:
            self._status.working(self._loading() or step if self._proposals.busy else step)

    def _loading(self) -> Progress | None:
        return Progress(0, 0, "loading models…") if self._workers.preparing else None

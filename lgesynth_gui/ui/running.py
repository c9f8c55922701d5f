"""What runs now, in the status bar, and the one Cancel for all of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from lgesynth_gui.app import tries
from lgesynth_gui.app.files import Files
from lgesynth_gui.app.guard import QUIET_S, SILENT_S
from lgesynth_gui.app.pace import ESTIMATE_AFTER, time_words
from lgesynth_gui.app.phases import Phase, phase_of, phase_words
from lgesynth_gui.app.proposals import Proposals
from lgesynth_gui.app.variation import Stage, Variation
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.ui.status import Status

WATCH_MS = 500


class Running(QObject):
    """Variations come first, then a draft, a contour proposal, files: Cancel stops what is shown.

    While anything runs in the engine it is looked at twice a second: a silent engine is shown,
    and later one may restart it.
    """

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
        self._steps: dict[str, Progress | None] = {}
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_MS)
        self._watch.timeout.connect(self._show)
        workers.ready.connect(self._show)
        variations.changed.connect(self._show)
        variations.progressed.connect(self._show)
        variations.idle.connect(self._on_idle)
        variations.drafts.working.connect(lambda step: self._on_working("draft", step))
        proposals.working.connect(lambda step: self._on_working("proposals", step))
        files.working.connect(lambda step: self._on_working("files", step))
        status.cancel_wanted.connect(self.cancel)
        status.restart_wanted.connect(self._restart)

    @property
    def busy(self) -> bool:
        """Whether there is something that `cancel` would stop."""
        steps = any(step is not None for step in self._steps.values())
        return steps or bool(self._variations.waiting())

    def cancel(self) -> None:
        """Stop what the status bar shows."""
        if self._variations.waiting():
            self._status.cancelling()
            self._variations.cancel_current()
        elif self._variations.drafts.busy:
            self._variations.drafts.stop()
        elif self._proposals.busy:
            self._status.cancelling()
            self._proposals.cancel()
        elif self._steps.get("files") is not None:
            self._status.cancelling()
            self._files.cancel()

    def _restart(self) -> None:
        self._variations.queue.restart()

    def _on_working(self, what: str, step: Progress | None) -> None:
        self._steps[what] = step
        self._show()

    def _on_idle(self) -> None:
        """Finished while one works elsewhere: the task bar says so, without a sound."""
        if QApplication.applicationState() != Qt.ApplicationState.ApplicationActive:
            QApplication.alert(self._status.window())

    def _show(self) -> None:
        waiting = self._variations.waiting()
        running = self._variations.queue.running is not None
        if running:
            if not self._watch.isActive():
                self._watch.start()
        else:
            self._watch.stop()
        self._status.silent(self._workers.silent_s() if running else 0.0, QUIET_S, SILENT_S)
        if waiting:
            self._show_variation(waiting[0], waiting, running=running)
            return
        names = ("draft", "proposals", "files")
        step = next((s for name in names if (s := self._steps.get(name)) is not None), None)
        if step is None:
            self._status.rest()
        else:
            in_engine = self._proposals.busy or self._variations.drafts.busy
            self._status.working((self._loading() if in_engine else None) or step)

    def _show_variation(
        self, one: Variation, waiting: tuple[Variation, ...], *, running: bool
    ) -> None:
        if not running:
            words = f"paused, {len(waiting)} waiting"
            self._status.working(Progress(0, len(waiting)), words=words)
        elif one.stage is Stage.CANCELLING:
            self._status.cancelling()
        else:
            step = one.progress or self._loading()
            words = " · ".join(self._parts(one, step, len(waiting) - 1))
            self._status.working(step, words=words)

    def _parts(self, one: Variation, step: Progress | None, queue: int) -> list[str]:
        """What is said about a running variation, the most important first."""
        parts = []
        group = self._variations.groups[one.group]
        if group.kind == "tries":
            settings = self._variations.settings
            limits = tries.limits_of(settings, self._variations.computes_on())
            made = self._variations.tries_in(one.group)
            parts.append(tries.try_words(made, limits, running=True))
        if step is None:
            parts.append("waiting for the engine")
        elif one.progress is None:
            parts.append(step.note)
        else:
            parts.append(phase_words(step, one.request.steps))
            parts += self._time_parts(step, one)
        if queue:
            parts.append(f"{queue} waiting")
        return parts

    def _time_parts(self, step: Progress, one: Variation) -> list[str]:
        if self._variations.pace.late:
            return ["taking longer than expected"]
        left = self._variations.pace.left_s()
        if left is not None and phase_of(step, one.request.steps) is not Phase.JUDGE:
            return [f"about {time_words(left)} left"]
        return ["estimating…"] if 0 < step.done < ESTIMATE_AFTER else []

    def _loading(self) -> Progress | None:
        return Progress(0, 0, "loading models…") if self._workers.preparing else None

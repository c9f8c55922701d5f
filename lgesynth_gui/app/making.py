"""Makes variations: requests into the queue, results and failures out of it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app import tries, words
from lgesynth_gui.app.draft import Drafts
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.pace import Pace
from lgesynth_gui.app.phases import limit_s, phase_of
from lgesynth_gui.app.queue import Queue, Ticket
from lgesynth_gui.app.services import GENERATE
from lgesynth_gui.app.session import Session, Settings, request_of, why_not_generate
from lgesynth_gui.app.variation import (
    ENDED,
    Group,
    Stage,
    Variation,
    fresh_seeds,
    rank,
    same_drawing,
    tries_of,
    with_tries,
)
from lgesynth_gui.app.verdicts import with_card
from lgesynth_gui.app.workers import RunsJobs
from lgesynth_gui.core.errors import EngineDied, LgeSynthError
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult

USUAL = Settings()
MEMORY = ("OutOfMemoryError", "MemoryError")


class Making(QObject):
    """All variations of the open study, and the queue that makes them."""

    changed = Signal()
    progressed = Signal(object, object)  # Variation, seconds left or None
    said = Signal(str)  # one sentence for the status bar
    idle = Signal()

    def __init__(
        self,
        session: Session,
        view: View,
        jobs: JobRunner,
        engine: RunsJobs,
        parent: QObject | None = None,
        *,
        computes_on: Callable[[], str] = lambda: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._engine = session, view, engine
        self.computes_on, self._clock = computes_on, clock
        self.device = "auto"  # what is asked for: "auto", "cpu", "cuda" or "mps"
        self.all: tuple[Variation, ...] = ()
        self.groups: dict[int, Group] = {}
        self.pace = Pace(clock)
        self._numbers, self._group_numbers = itertools.count(1), itertools.count(1)
        self.queue = queue = Queue(jobs, self, clock=clock)
        queue.advanced.connect(self._on_progress)
        queue.finished.connect(self._on_finished)
        queue.failed.connect(self._on_failed)
        queue.cancelled.connect(lambda number: self._end(number, stage=Stage.CANCELLED))
        queue.changed.connect(self.changed)
        self.drafts = Drafts(session, view, jobs, engine, lambda: not self.waiting(), self)
        self.drafts.made.connect(self._take_draft)
        session.opened.connect(self._forget)

    # -- reading

    def visible(self) -> tuple[Variation, ...]:
        """Variations that were neither discarded nor cancelled, oldest first."""
        gone = self._session.state.discarded
        return tuple(v for v in self.all if v.number not in gone and v.stage is not Stage.CANCELLED)

    def waiting(self) -> tuple[Variation, ...]:
        """Those that have not ended, in the order they will run."""
        first = () if self.queue.running is None else (self.queue.running,)
        known = {v.number: v for v in self.all if v.stage not in ENDED}
        return tuple(known[n] for n in (*first, *self.queue.order) if n in known)

    @property
    def settings(self) -> Settings:
        """How to generate now."""
        return self._session.state.settings

    def get(self, number: int | None) -> Variation | None:
        """The variation with this number, or None."""
        return next((v for v in self.all if v.number == number), None)

    def tries_in(self, group: int) -> tuple[Variation, ...]:
        """The ended variations of a group that have a result, discarded ones too."""
        return tuple(v for v in self.all if v.group == group and v.result is not None)

    # -- making

    def generate(self, *, front: bool = False) -> str:
        """Queue what the settings ask of the drawing; the reason when it cannot be.

        Args:
            front: Run it next, before what waits already.
        """
        settings = self._session.state.settings
        kind = "tries" if settings.until_pass else "plain"
        wanted = self._requests(1 if settings.until_pass else settings.count)
        if isinstance(wanted, str):
            return wanted
        self._queue(self._new_group(kind=kind), [(r, "") for r in wanted], front=front)
        return ""

    def generate_pair(self, *, front: bool = False) -> str:
        """Queue the same seed with and without guidance, to be seen beside each other."""
        wanted = self._requests(1, locked=True)
        if isinstance(wanted, str):
            return wanted
        guided = replace(wanted[0], guidance=wanted[0].guidance or USUAL.guidance)
        pair = [(guided, "guided"), (replace(guided, guidance=0.0), "unguided")]
        self._queue(self._new_group(kind="pair"), pair, front=front)
        return ""

    def requests(self, count: int, *, locked: bool | None = None) -> list[SynthesisRequest]:
        """What Generate would ask for now; empty when it cannot be."""
        wanted = self._requests(count, locked=locked)
        return [] if isinstance(wanted, str) else wanted

    def _requests(self, count: int, *, locked: bool | None = None) -> list[SynthesisRequest] | str:
        state, index = self._session.state, self._view.look.slice_index
        if reason := why_not_generate(state, index):
            return reason
        first = request_of(state, index)
        assert first is not None
        keep = state.settings.seed_locked if locked is None else locked
        made = () if keep else self.all
        return [replace(first, seed=seed) for seed in fresh_seeds(first, count, made)]

    def add(self, results: Sequence[SynthesisResult]) -> None:
        """Take over finished results made elsewhere and preview the first of them."""
        if not results:
            self.changed.emit()
            return
        group = self._new_group(kind="ready")
        made = [
            Variation(next(self._numbers), group, r.request, Stage.DONE, None, r) for r in results
        ]
        self.all = (*self.all, *made)
        self._view.set(preview=made[0].number)
        self.changed.emit()

    def restore(self, made: Sequence[Variation], groups: Sequence[Group]) -> None:
        """Take over what a project holds; what had not ended waits in a paused queue."""
        self.all, self.groups = tuple(made), {one.number: one for one in groups}
        self._numbers = itertools.count(1 + max((one.number for one in made), default=0))
        self._group_numbers = itertools.count(1 + max(self.groups, default=0))
        if queued := [one for one in made if one.stage is Stage.QUEUED]:
            self.queue.pause()
            for one in queued:
                self.queue.add(self._ticket(one))
        done = [one.number for one in self.visible() if one.result is not None]
        self._view.set(preview=done[-1] if done and self._session.state.applied is None else None)
        self.changed.emit()

    def retry(self, number: int) -> None:
        """Queue the request of a failed variation again, as a new one in its place."""
        old = self.get(number)
        if old is None or old.stage is not Stage.FAILED:
            return
        device = "cpu" if "memory" in old.message else old.device
        self.all = tuple(v for v in self.all if v.number != number)
        self._queue(old.group, [(old.request, old.tag)], device=device)

    def retry_failed(self) -> None:
        """Queue all failed ones again."""
        for one in [v for v in self.visible() if v.stage is Stage.FAILED]:
            self.retry(one.number)

    def _new_group(self, **values: Any) -> int:
        number = next(self._group_numbers)
        state, index = self._session.state, self._view.look.slice_index
        drawn = state.sketch.slices()
        where = index if index in drawn or not drawn else drawn[len(drawn) // 2]
        self.groups[number] = Group(number, words.caption_of(state, where), **values)
        return number

    def _queue(
        self,
        group: int,
        wanted: Sequence[tuple[SynthesisRequest, str]],
        *,
        front: bool = False,
        device: str | None = None,
    ) -> None:
        self.drafts.stop()
        tickets = []
        for request, tag in wanted:
            one = Variation(
                next(self._numbers), group, request, tag=tag, device=device or self.device
            )
            self.all = (*self.all, one)
            tickets.append(self._ticket(one))
        for place, ticket in enumerate(tickets):
            self.queue.add(ticket, place=min(place, len(self.queue.order)) if front else None)
        self.changed.emit()

    def _ticket(self, one: Variation) -> Ticket:
        request, host = one.request, self._session.state.series
        arguments = (request, host) if one.device == "auto" else (request, host, one.device)
        return Ticket(
            one.number,
            lambda: with_card(self._engine.run(GENERATE, *arguments)),
            lambda step: limit_s(step, request.steps, self._computes_on(one)),
        )

    def _computes_on(self, one: Variation) -> str:
        return self.computes_on() if one.device == "auto" else one.device

    # -- the queue

    def cancel_current(self) -> None:
        """Stop the running variation; the others of the queue follow."""
        if waiting := self.waiting():
            self.cancel(waiting[0].number)

    def cancel_all(self) -> None:
        """Stop the running variation and drop the queue."""
        for one in reversed(self.waiting()):
            self.cancel(one.number)

    def cancel(self, number: int) -> None:
        """Stop or drop one variation."""
        one = self.get(number)
        if one is None or one.stage in ENDED:
            return
        if not self.queue.cancel(number):
            self._put(number, stage=Stage.CANCELLING)
            self.changed.emit()

    def toggle_pause(self) -> None:
        """Start nothing more, or go on."""
        if self.queue.paused:
            self.queue.resume()
        else:
            self.queue.pause()

    def _put(self, number: int, **values: Any) -> None:
        self.all = tuple(replace(v, **values) if v.number == number else v for v in self.all)

    def _put_group(self, number: int, **values: Any) -> None:
        self.groups[number] = replace(self.groups[number], **values)

    def _on_progress(self, number: int, step: Progress) -> None:
        one = self.get(number)
        if one is None or one.stage is Stage.CANCELLING:
            return
        if one.stage is Stage.QUEUED:
            slices = one.request.slices or one.request.sketch.slices()
            self.pace.begin(one.request, len(slices), self._computes_on(one))
            if self.groups[one.group].began_s is None:
                self._put_group(one.group, began_s=self._clock())
            self._put(number, stage=Stage.RUNNING)
        self.pace.advance(step)
        self._put(number, progress=step)
        if one.stage is Stage.QUEUED:
            self.changed.emit()
        self.progressed.emit(self.get(number), self.pace.left_s())

    def _on_finished(self, number: int, result: object) -> None:
        if not isinstance(result, SynthesisResult):
            self._on_failed(number, LgeSynthError("The engine gave no result.", "Try again."))
            return
        one = self.get(number)
        assert one is not None
        self.pace.end()
        group = self.groups[one.group]
        spent = dict(result.scores).get("seconds", 0.0)
        self._put_group(one.group, took_s=group.took_s + spent)
        self._drop_draft()
        self._put(number, result=result)
        self._count_tries(one.request)
        self._end(number, stage=Stage.DONE)

    def _count_tries(self, request: SynthesisRequest) -> None:
        """Every picture of a drawing says of how many it is one: choosing is part of the story."""
        count, applied = tries_of(request, self.all), self._session.state.applied
        for one in self.all:
            known = one.result is not None and one.result is not applied and not one.draft
            if known and same_drawing(one.request, request):
                assert one.result is not None
                self._put(one.number, result=with_tries(one.result, count))

    def _on_failed(self, number: int, error: Exception) -> None:
        one = self.get(number)
        assert one is not None
        if isinstance(error, EngineDied):
            phase = phase_of(one.progress, one.request.steps)
            words = f"engine stopped in {phase.value}"
            self.said.emit("Engine restarted. Nothing else is lost; Retry runs it again.")
        elif type(error).__name__ in MEMORY:
            words = "not enough memory. Retry runs it on the processor, which takes longer."
        else:
            words = str(error) if isinstance(error, LgeSynthError) else type(error).__name__
        self._end(number, stage=Stage.FAILED, message=f"Failed: {words}")
        self.said.emit(f"Variation {number} failed: {words}")

    def _end(self, number: int, **values: Any) -> None:
        self._put(number, **values)
        one = self.get(number)
        if one is not None and one.stage is Stage.DONE:
            self._preview_best(one)
            self._try_again(one)
        self.changed.emit()
        if not self.waiting():
            self.idle.emit()

    def _try_again(self, last: Variation) -> None:
        group = self.groups[last.group]
        if group.kind != "tries":
            return
        made = self.tries_in(last.group)
        limits = tries.limits_of(self._session.state.settings, self._computes_on(last))
        spent = self._clock() - (group.began_s or self._clock())
        if tries.goes_on(made, limits, spent):
            (seed,) = fresh_seeds(last.request, 1, self.all)
            self._queue(last.group, [(replace(last.request, seed=seed), "")], front=True)
        else:
            self.said.emit(tries.try_words(made, limits, running=False))

    def _preview_best(self, newest: Variation) -> None:
        """The best of the group becomes the preview, never applied by itself."""
        done = [v for v in self.visible() if v.group == newest.group and v.result is not None]
        if not done:
            return
        best = min(done, key=rank)
        shown = self.get(self._view.look.preview)
        if shown is None or shown.group != newest.group or best.number == newest.number:
            self._view.set(preview=best.number)

    # -- drafts

    def _take_draft(self, result: SynthesisResult) -> None:
        """Show the newest draft; the one before it goes."""
        self._drop_draft()
        group = self._new_group(kind="draft")
        one = Variation(next(self._numbers), group, result.request, Stage.DONE, None, result)
        self.all = (*self.all, replace(one, draft=True))
        self._view.set(preview=one.number)
        self.changed.emit()

    def _drop_draft(self) -> None:
        old = next((v for v in self.all if v.draft), None)
        if old is None:
            return
        self.all = tuple(v for v in self.all if not v.draft)
        del self.groups[old.group]
        if self._view.look.preview == old.number:
            self._view.set(preview=None)

    def _forget(self) -> None:
        self.queue.clear()
        self.all, self.groups = (), {}
        self._numbers, self._group_numbers = itertools.count(1), itertools.count(1)
        self._view.set(preview=None)
        self.changed.emit()

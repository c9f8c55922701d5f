"""The one mutable object of the application: what is open and what the user asks for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import STEPS, Hole, SynthesisRequest, SynthesisResult

UNDO_STEPS = 500

_merge_keys = itertools.count(1)


def new_merge_key() -> int:
    """A key no other drag has: edits that share one become one undo step."""
    return next(_merge_keys)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to generate.

    Args:
        seed: Noise of the first variation; the next ones count up.
        count: Variations made by one Generate, 1 to 16.
        steps: Sampler steps, 1 to 100.
        guidance: Reward guidance a step, 0 (off) to 0.3.
        feather_mm: Width of the blended band, 2 to 4.
        this_slice: Generate the shown slice only, not every drawn one.
        dice_limit: The gate's limit.
        until_pass: Make one after the other until one passes, instead of `count`.
        most_tries: Tries at most, 1 to 50.
        most_minutes: No try starts later than this after the first, 1 to 60; 0 = by the device.
        draft: Show a draft of what is drawn after every stroke.
        seed_locked: Generate uses the seed as it is, also when that picture exists already.
    """

    seed: int = 42
    count: int = 4
    steps: int = STEPS
    guidance: float = 0.08
    feather_mm: float = 3.0
    this_slice: bool = False
    dice_limit: float = 0.60
    until_pass: bool = False
    most_tries: int = 8
    most_minutes: int = 0
    draft: bool = False
    seed_locked: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """Everything undo can restore. Frozen, so that 'before' and 'after' are cheap to keep.

    Args:
        series: What is open, or None at the start page.
        contours: Heart contours of the series.
        sketch: Requested scar.
        settings: How to generate.
        applied: The result taken into the project, or None.
        discarded: Numbers of the variations that were thrown away.
        starred: Numbers of the variations that were starred.
        note: What the user wrote about the study; never read as scar.
        healed: Slices to be painted anew as healthy muscle wherever no scar is drawn.
        confirmed: Somebody said that what was understood of the series looks right.
    """

    series: LgeSeries | None = None
    contours: HeartContours = field(default_factory=HeartContours)
    sketch: ScarSketch = field(default_factory=ScarSketch)
    settings: Settings = field(default_factory=Settings)
    applied: SynthesisResult | None = None
    discarded: frozenset[int] = frozenset()
    starred: frozenset[int] = frozenset()
    note: str = ""
    healed: frozenset[int] = frozenset()
    confirmed: bool = False


@dataclass(frozen=True, eq=False)
class Step:
    """One undo step as a value.

    Args:
        field: Name of the field of `State`.
        text: What undo calls it.
        before, after: The field's value.
        serial: Counts up in the session; a drag that goes on keeps its number.
    """

    field: str
    text: str
    before: Any
    after: Any
    serial: int = 0


_serials = itertools.count(1)


class _Edit(QUndoCommand):
    def __init__(self, session: Session, step: Step, merge_key: int = -1) -> None:
        super().__init__(step.text)
        self._session, self._field, self._merge_key = session, step.field, merge_key
        self._before, self._after = step.before, step.after
        self._serial = next(_serials)

    @property
    def step(self) -> Step:
        return Step(self._field, self.text(), self._before, self._after, self._serial)

    def redo(self) -> None:
        self._session._put(self._field, self._after)

    def undo(self) -> None:
        self._session._put(self._field, self._before)

    def id(self) -> int:
        return self._merge_key

    def mergeWith(self, other: QUndoCommand) -> bool:  # noqa: N802 - Qt's name
        if not isinstance(other, _Edit) or other._field != self._field:
            return False
        self._after = other._after
        self.setText(other.text())
        return True


class Session(QObject):
    """Holds the state and says when it changed."""

    changed = Signal(str)  # the name of the field of `State`; "series" means all of them
    opened = Signal()  # another series: everything changed, undo starts anew
    adopted = Signal(str)  # a field was set without an undo step
    leaving = Signal()  # another series is about to be opened; the state is still the former one

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State()
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_STEPS)
        self._restoring = False

    def open(
        self,
        series: LgeSeries,
        contours: HeartContours | None = None,
        sketch: ScarSketch | None = None,
        settings: Settings | None = None,
    ) -> None:
        """Show another series; what was drawn on the former one is closed with it."""
        contours = contours or HeartContours()
        missing = series.shape[0] - len(contours.slices)
        padded = HeartContours(contours.slices[: series.shape[0]] + (None,) * max(0, missing))
        self.leaving.emit()
        self.undo_stack.clear()
        self.state = State(series, padded, sketch or ScarSketch(), settings or self.state.settings)
        self.opened.emit()
        self.changed.emit("series")  # with it, everything else is another
        self.changed.emit("settings")

    def edit(self, field: str, value: Any, text: str, *, merge_key: int = -1) -> None:
        """Change one field of the state as one undoable step; an equal value is no edit."""
        if getattr(self.state, field) != value:
            step = Step(field, text, getattr(self.state, field), value)
            self.undo_stack.push(_Edit(self, step, merge_key))

    def restore(self, state: State, steps: Sequence[Step] = (), done: int = 0) -> None:
        """Show a stored state with its undo steps, of which the first `done` are done."""
        self.leaving.emit()
        self.undo_stack.clear()
        self._restoring = True
        try:
            for step in steps:
                self.undo_stack.push(_Edit(self, step))
            self.undo_stack.setIndex(done)
        finally:
            self._restoring = False
        self.state = state
        self.opened.emit()
        self.changed.emit("series")
        self.changed.emit("settings")

    def history(self) -> tuple[Step, ...]:
        """All undo steps, oldest first; the first `undo_stack.index()` of them are done."""
        stack = self.undo_stack
        commands = (stack.command(i) for i in range(stack.count()))
        return tuple(one.step for one in commands if isinstance(one, _Edit))

    def adopt(self, field: str, value: Any) -> None:
        """Set a field without an undo step: for what comes from outside the project."""
        if getattr(self.state, field) != value:
            self._put(field, value)
            self.adopted.emit(field)

    def _put(self, field: str, value: Any) -> None:
        if self._restoring:
            return
        self.state = replace(self.state, **{field: value})
        self.changed.emit(field)


def wanted_slices(state: State, slice_index: int) -> tuple[int, ...]:
    """Slices that Generate paints: drawn ones and those to be healed, or of them the shown one."""
    asked = sorted(set(state.sketch.slices()) | state.healed)
    return tuple(i for i in asked if not state.settings.this_slice or i == slice_index)


def healed_in(request: SynthesisRequest) -> frozenset[int]:
    """Slices that a request names although it asks for no scar there."""
    return frozenset(request.slices) - frozenset(request.sketch.slices())


def request_of(state: State, slice_index: int, variation: int = 0) -> SynthesisRequest | None:
    """What the state asks for: variation k draws from seed + k. None while nothing is open."""
    if state.series is None:
        return None
    settings, wanted = state.settings, wanted_slices(state, slice_index)
    over = state.healed & set(wanted) & set(state.sketch.slices())
    return SynthesisRequest(
        host_sha256=state.series.pixels_sha256,
        contours=state.contours,
        sketch=state.sketch,
        slices=(slice_index,) if settings.this_slice else wanted if state.healed else (),
        seed=settings.seed + variation,
        steps=settings.steps,
        guidance=settings.guidance,
        hole=Hole.RING if over else Hole.AUTO,  # scar is drawn where an old one has to go
        feather_mm=settings.feather_mm,
        dice_limit=settings.dice_limit,
    )


def why_not_generate(state: State, slice_index: int) -> str:
    """The reason Generate is off, in words, or "" when it may start."""
    if state.series is None:
        return "Open a series first."
    wanted = wanted_slices(state, slice_index)
    if not wanted:
        asked = state.sketch.slices() or state.healed
        return "No scar on this slice yet." if asked else "Draw a scar first."
    missing = [i for i in wanted if state.contours.slices[i] is None]
    if missing:
        return f"Slice {missing[0] + 1} has no heart contours."
    open_ones = [
        i for i in wanted if (one := state.contours.slices[i]) is not None and not one.accepted
    ]
    if open_ones:
        return f"Accept the contours of slice {open_ones[0] + 1} first."
    return ""


def is_stale(result: SynthesisResult, state: State) -> bool:
    """Whether sketch, contours or series changed since `result` was made: its verdict is void."""
    request, made = result.request, set(result.slices)
    return (
        state.series is None
        or request.host_sha256 != state.series.pixels_sha256
        or request.sketch != state.sketch
        or request.contours != state.contours
        or bool(made - set(state.sketch.slices()) - state.healed)
        or (len(request.slices) != 1 and not state.healed <= made)
    )

"""The work of a project as a value: what is drawn, made and undone, plain and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, get_type_hints

from lgesynth_gui.app.session import Session, Settings, State, Step
from lgesynth_gui.app.variation import Group, Stage, Variation
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult

if TYPE_CHECKING:
    from lgesynth_gui.app.making import Making
    from lgesynth_gui.io.project_pack import Packing
    from lgesynth_gui.io.project_unpack import Unpacking

KEPT_STEPS = 200  # undo steps that come back with a project
FIELDS = {name: kind for name, kind in get_type_hints(State).items() if name != "series"}
RANGES = {  # of `Settings`; what is outside is no setting of this program
    "count": (1, 16),
    "steps": (1, 100),
    "guidance": (0.0, 1.0),
    "feather_mm": (0.0, 20.0),
    "dice_limit": (0.0, 1.0),
    "most_tries": (1, 1000),
    "most_minutes": (0, 1000),
}


@dataclass(frozen=True, eq=False)
class Work:
    """Everything of an open study that a project holds, besides the series' pixels.

    Args:
        state: As it is; it has a series.
        variations: All that were made or asked for, drafts left out.
        groups: What each Generate asked for.
        steps: Undo steps, oldest first.
        done: How many of them are done.
    """

    state: State
    variations: tuple[Variation, ...] = ()
    groups: tuple[Group, ...] = ()
    steps: tuple[Step, ...] = ()
    done: int = 0

    def results(self) -> list[SynthesisResult]:
        """Every result once, in a fixed order."""
        found = [v.result for v in self.variations] + [self.state.applied]
        for step in self.steps:
            if step.field == "applied":
                found += [step.before, step.after]
        return list({id(one): one for one in found if one is not None}.values())


def capture(session: Session, made: Making) -> Work:
    """The work as it is now; cheap, for everything in it is frozen."""
    return Work(
        session.state,
        tuple(_stored(one) for one in made.all if not one.draft),
        tuple(replace(one, began_s=None) for one in made.groups.values() if one.kind != "draft"),
        session.history(),
        session.undo_stack.index(),
    )


def same(one: Work, other: Work) -> bool:
    """Whether two captures hold the same, undo steps included."""
    return (
        one.state == other.state
        and [v.result for v in one.variations] == [v.result for v in other.variations]
        and [v.stage for v in one.variations] == [v.stage for v in other.variations]
        and one.done == other.done
        and len(one.steps) == len(other.steps)
        and all(a.after is b.after for a, b in zip(one.steps, other.steps, strict=True))
    )


def unsaved(state: State, made: Sequence[Variation], saved: Work) -> bool:
    """Whether there is something the saved one does not have; where undo stands is no work.

    Args:
        state: As it is.
        made: The variations as they are; drafts do not count.
        saved: What is stored.
    """
    finished = [
        [v.result for v in variations if v.result is not None and not v.draft]
        for variations in (made, saved.variations)
    ]
    return state != saved.state or finished[0] != finished[1]


def trimmed(work: Work) -> Work:
    """The work with the last `KEPT_STEPS` done steps, and those that can be redone."""
    first = max(0, work.done - KEPT_STEPS)
    steps = work.steps[first : work.done + KEPT_STEPS]
    return replace(work, steps=steps, done=work.done - first)


def plain_work(work: Work, packing: Packing) -> dict[str, Any]:
    """The work as plain values; `work_of` is the way back."""
    return {
        "state": plain_fields(work.state, FIELDS, packing),
        "variations": packing.plain(work.variations),
        "groups": packing.plain(work.groups),
        "steps": plain_steps(work.steps, packing),
        "done": work.done,
    }


def plain_fields(state: State, names: Mapping[str, Any], packing: Packing) -> dict[str, Any]:
    """Some fields of the state as plain values."""
    return {name: packing.plain(getattr(state, name)) for name in names}


def plain_steps(steps: Sequence[Step], packing: Packing) -> list[dict[str, Any]]:
    """Undo steps as plain values."""
    return [{one.name: packing.plain(getattr(step, one.name)) for one in fields(Step)}
            for step in steps]  # fmt: skip


def work_of(series: LgeSeries, plain: Any, values: Unpacking) -> Work:
    """The work that plain values stand for.

    Raises:
        LgeSynthError: they stand for none.
    """
    try:
        state = state_with(State(series), plain["state"], values)
        if set(plain["state"]) - set(FIELDS) or len(state.contours.slices) != series.shape[0]:
            raise ValueError("another state")
        variations = values.value(tuple[Variation, ...], plain["variations"])
        if len({one.number for one in variations}) != len(variations):
            raise ValueError("two variations of one number")
        groups = values.value(tuple[Group, ...], plain["groups"])
        if not {one.group for one in variations} <= {one.number for one in groups}:
            raise ValueError("a variation of no group")
        steps = steps_of(plain["steps"], values)
        return Work(state, variations, groups, steps, _place(plain["done"], steps))
    except (KeyError, TypeError, ValueError, LookupError) as error:
        raise damaged() from error


def state_with(state: State, plain: Mapping[str, Any], values: Unpacking) -> State:
    """The state with the fields that `plain` names.

    Raises:
        ValueError, KeyError: a field or a value that is not known.
    """
    found = {name: values.value(FIELDS[name], one) for name, one in plain.items()}
    changed = replace(state, **found)
    assert changed.series is not None
    if len(changed.contours.slices) != changed.series.shape[0]:
        raise ValueError("contours of another stack")
    _check(changed.settings)
    return changed


def steps_of(plain: Any, values: Unpacking) -> tuple[Step, ...]:
    """The undo steps that plain values stand for.

    Raises:
        ValueError, KeyError: a step that is not known.
    """
    found = []
    for one in plain:
        kind = FIELDS[one["field"]]
        before, after = values.value(kind, one["before"]), values.value(kind, one["after"])
        for value in (before, after):
            if isinstance(value, Settings):
                _check(value)
        found.append(
            Step(
                one["field"],
                values.value(str, one["text"]),
                before,
                after,
                values.value(int, one["serial"]),
            )
        )
    return tuple(found)


def damaged() -> LgeSynthError:
    """What is said of a project whose parts are whole but make no sense."""
    return LgeSynthError(
        "The project was refused: it holds values that this program does not know. (PRJ-07)",
        "Open an older copy of it, or update this program.",
    )


def _place(done: Any, steps: Sequence[Step]) -> int:
    if type(done) is not int or not 0 <= done <= len(steps):
        raise ValueError("no place in the undo steps")
    return done


def _check(settings: Settings) -> None:
    for name, value in asdict(settings).items():
        low, high = RANGES.get(name, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError(f"{name} out of range")


def _stored(one: Variation) -> Variation:
    """What has not ended waits again when the project is opened."""
    stage = {Stage.RUNNING: Stage.QUEUED, Stage.CANCELLING: Stage.CANCELLED}.get(one.stage)
    return replace(one, stage=stage or one.stage, progress=None)

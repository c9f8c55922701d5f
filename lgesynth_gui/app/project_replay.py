"""What changed between two captures as one record of the journal, and records as work again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lgesynth_gui.app.project_state import (
    FIELDS,
    Work,
    plain_fields,
    plain_steps,
    state_with,
    steps_of,
    work_of,
)
from lgesynth_gui.app.session import Step
from lgesynth_gui.core.arrays import Array, content_hash
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult

if TYPE_CHECKING:
    from lgesynth_gui.io.project import Opened

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Change:
    """What one capture has that the one before it had not.

    Args:
        fields: Names of the fields of the state that differ.
        after: Serial of the last step that stays; those behind it are gone.
        steps: Steps that are new, or went on, behind it.
        done: Serial of the last step that is done, 0 for none.
    """

    work: Work
    fields: tuple[str, ...]
    after: int
    steps: tuple[Step, ...]
    done: int


def change(old: Work, new: Work) -> Change:
    """How `new` differs from `old`; both were captured from one session."""
    known = {one.serial: one.after for one in old.steps}
    fresh = [one for one in new.steps if known.get(one.serial, fresh_mark) is not one.after]
    first = fresh[0].serial if fresh else None
    kept = [one.serial for one in new.steps if first is None or one.serial < first]
    names = tuple(n for n in FIELDS if getattr(old.state, n) != getattr(new.state, n))
    tail = tuple(one for one in new.steps if first is not None and one.serial >= first)
    done = new.steps[new.done - 1].serial if new.done else 0
    return Change(new, names, kept[-1] if kept else 0, tail, done)


fresh_mark = object()  # equals no value of a step


def record_of(one: Change, results: Sequence[SynthesisResult], *, when: str, edits: int) -> Record:
    """A change as plain values for the journal.

    Args:
        one: The change.
        results: Those that are in the copy which the journal follows.
        when: UTC, ISO 8601.
        edits: Edits since the work was last saved.

    Raises:
        UnknownResult: it needs another result.
    """
    from lgesynth_gui.io.project_pack import Packing

    assert one.work.state.series is not None
    packing = Packing(one.work.state.series.pixels, results, closed=True)
    record = {
        "when": when,
        "edits": edits,
        "fields": plain_fields(
            one.work.state, {name: FIELDS[name] for name in one.fields}, packing
        ),
        "after": one.after,
        "steps": plain_steps(one.steps, packing),
        "done": one.done,
    }
    return {**record, "shared": packing.shared()}


def replayed(opened: Opened, records: Sequence[tuple[Mapping[str, Any], Record]]) -> Work:
    """The work of a copy with the records that follow it, as far as they make sense.

    Raises:
        LgeSynthError: the copy itself makes none.
    """
    work = work_of(opened.series, opened.work, opened.values)
    by_pixels = {one.pixels_sha256 or content_hash(one.pixels): one for one in work.results()}
    for header, record in records:
        try:
            work = _with(work, opened.series, header, record, by_pixels)
        except (KeyError, TypeError, ValueError, LookupError):
            break
    return work


def _with(
    work: Work,
    series: LgeSeries,
    header: Mapping[str, Any],
    record: Record,
    by_pixels: Mapping[str, SynthesisResult],
) -> Work:
    from lgesynth_gui.io.project_unpack import Unpacking

    results = [by_pixels.get(name) for name in header["results"]]
    values = Unpacking(record["shared"], _no_array, series.pixels, results)
    state = state_with(work.state, record["fields"], values)
    kept = [one for one in work.steps if one.serial <= record["after"]]
    steps = (*kept, *steps_of(record["steps"], values))
    done = sum(one.serial <= record["done"] for one in steps)
    return replace(work, state=state, steps=steps, done=done)


def _no_array(*_: Any) -> Array:
    raise ValueError("a record holds no arrays")

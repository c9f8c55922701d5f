"""What a person plans before Start, as a frozen value with words: every edit can be undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.app.cohort_hearts import DeskHeart
from lgesynth_gui.cohort.plan import (
    Draw,
    HostEntry,
    Part,
    Plan,
    Quota,
    Sampling,
    Stop,
    checked,
)
from lgesynth_gui.cohort.wishes import Heart, heart_of, wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job

ISCHAEMIC = ("ischaemic_subendocardial", "ischaemic_transmural", "acute_no_reflow")
DRAWN = 120  # samples that the live histograms are drawn from
COUNT = 100


@dataclass(frozen=True)
class Template:
    """A way to begin.

    Args:
        id: Ours.
        title: For people.
        words: What it gives.
        values: Fields of the `Draw`.
    """

    id: str
    title: str
    words: str
    values: Mapping[str, Any] = field(default_factory=dict)


def templates() -> tuple[Template, ...]:
    """Mixes that are often wanted, then each pattern of the library by itself."""
    patterns = load_patterns()
    others = {one.name: one.share for one in patterns if one.name not in ISCHAEMIC}
    mixes = (
        Template("usual", "As in patients", "Every pattern, as common as it is among patients."),
        Template(
            "ischaemic",
            "Infarcts",
            "Subendocardial, transmural and acute infarcts of all three territories.",
            {"patterns": dict.fromkeys(ISCHAEMIC, 1.0)},
        ),
        Template(
            "other",
            "Not ischaemic",
            "Every pattern of a heart muscle disease, none of an infarct.",
            {"patterns": others},
        ),
        Template(
            "everywhere",
            "Every segment alike",
            "Each of the seventeen segments is as often the place of most scar.",
            {"segments": dict.fromkeys(range(1, 18), 1.0)},
        ),
        Template(
            "small",
            "Small scars",
            "Scars below 100 mm2: those that a gate by Dice lets through least often.",
            {"sizes": {"< 50 mm2": 1.0, "50-100 mm2": 1.0}},
        ),
        Template(
            "halves",
            "Half without scar",
            "As in patients, and as many untouched originals as controls.",
            {"controls": 0.5},
        ),
    )
    single = tuple(
        Template(f"only_{one.name}", one.title, f"{one.where}; {one.depth}; {one.size}.",
                 {"patterns": {one.name: 1.0}})
        for one in patterns
    )  # fmt: skip
    return mixes + single


def template_of(id_: str) -> Template | None:
    """A template by its id."""
    return next((one for one in templates() if one.id == id_), None)


@dataclass(frozen=True)
class Draft:
    """Everything that is planned and not yet in a cohort's folder.

    Args:
        name: Of the cohort; for people.
        seed: Of a new cohort.
        hearts: Those that were listed, usable or not.
        template: Id of the one it began with, or "".
        draw: Samples by distributions, or None.
        parts: Further samples: of a table, or to fill a gap.
        quotas: Accepted samples wanted by bin.
        stop: Limits.
        sampling: How samples are painted.
    """

    name: str = "cohort"
    seed: int = 0
    hearts: tuple[DeskHeart, ...] = ()
    template: str = ""
    draw: Draw | None = None
    parts: tuple[Part, ...] = ()
    quotas: tuple[Quota, ...] = ()
    stop: Stop = field(default_factory=Stop)
    sampling: Sampling = field(default_factory=Sampling)

    @property
    def usable(self) -> tuple[DeskHeart, ...]:
        """Hearts that can be planned with, in order."""
        return tuple(one for one in self.hearts if one.usable)

    @property
    def count(self) -> int:
        """Samples it plans."""
        return sum(part.count for part in self.new_parts())

    def new_parts(self) -> tuple[Part, ...]:
        """Its samples as parts of a plan."""
        if self.draw is None:
            return self.parts
        title = template_of(self.template)
        named = "".join(c for c in (title.title if title else "drawn") if c.isalnum() or c in " -")
        return (Part(name=f"{named}, {self.draw.count}"[:60], draw=self.draw), *self.parts)


def with_template(draft: Draft, id_: str) -> Draft:
    """The draft begun anew with a template; its count stays."""
    chosen = template_of(id_)
    if chosen is None:
        return replace(draft, template="", draw=None)
    count = draft.draw.count if draft.draw is not None else COUNT
    return replace(draft, template=id_, draw=Draw(count=count, **chosen.values))


def with_draw(draft: Draft, **values: Any) -> Draft:
    """The draft with other distributions, of the usual template where it had none.

    Raises:
        LgeSynthError: they stand for none.
    """
    from pydantic import ValidationError

    from lgesynth_gui.cohort.plan import first_word

    before = draft.draw or Draw(count=COUNT)
    try:
        draw = Draw.model_validate({**before.model_dump(), **values})
    except ValidationError as error:
        raise LgeSynthError(f"This cannot be planned: {first_word(error)}.") from error
    return replace(draft, draw=draw, template=draft.template or "usual")


def heart_ids(known: Sequence[HostEntry], hearts: Sequence[DeskHeart]) -> tuple[str, ...]:
    """Numbers that usable hearts will have in a cohort, those it has already in front."""
    ids = [one.id for one in known]
    shas = {one.sha256 for one in known}
    number = max((int(one[1:]) for one in ids), default=0)
    for heart in hearts:
        if heart.series is not None and heart.series.pixels_sha256 not in shas:
            number += 1
            ids.append(f"H{number:03d}")
    return tuple(ids)


def why_not(draft: Draft, plan: Plan | None) -> str:
    """Why it cannot be planned so, in words, or ""."""
    known = plan.hosts if plan is not None else ()
    ids = heart_ids(known, draft.usable)
    if not ids:
        return "Add a heart first." if not draft.hearts else "No heart in the list can be used."
    parts = draft.new_parts()
    if not parts and plan is None:
        return "Choose a template, or import a table (CSV)."
    for part in parts:
        wanted = {row.heart for row in part.rows} | set(part.draw.hearts if part.draw else ())
        if missing := sorted(wanted - set(ids)):
            return f"{part.name} names heart {missing[0]}: there are {len(ids)}."
    return ""


def first_plan(draft: Draft) -> Plan:
    """The plan of a new cohort, without hearts and samples."""
    return checked(
        {
            "name": draft.name,
            "seed": draft.seed,
            "quotas": [one.model_dump() for one in draft.quotas],
            "stop": draft.stop.model_dump(),
            "sampling": draft.sampling.model_dump(),
        }
    )


@dataclass(frozen=True)
class Drawn:
    """What samples of a draft show, by counting some of them.

    Args:
        count: How many were looked at.
        failed: Of which could not be drawn.
        why: Of the first that could not be.
        controls: Without scar.
        sizes, depths, segments, patterns, hearts: Counts by bin.
        bins: Scars by (size, depth).
    """

    count: int = 0
    failed: int = 0
    why: str = ""
    controls: int = 0
    sizes: Mapping[str, int] = field(default_factory=dict)
    depths: Mapping[str, int] = field(default_factory=dict)
    segments: Mapping[int, int] = field(default_factory=dict)
    patterns: Mapping[str, int] = field(default_factory=dict)
    hearts: Mapping[str, int] = field(default_factory=dict)
    bins: Mapping[tuple[str, str], int] = field(default_factory=dict)


def drawn_of(
    draft: Draft,
    hearts: Mapping[str, Heart],
    most: int = DRAWN,
    told: Callable[[Drawn], object] | None = None,
) -> Job:
    """Draw samples of a draft as a run would, and count what they show.

    Args:
        draft: What is planned.
        hearts: By their numbers.
        most: How many samples are looked at, spread over all of them.
        told: Called now and then with what was counted so far; from the job's thread.

    Returns:
        A job that returns `Drawn`.
    """
    parts, ids = draft.new_parts(), tuple(hearts)
    total = sum(part.count for part in parts)
    if not total or not ids:
        return Drawn()
    tally: dict[str, Counter[Any]] = {
        name: Counter() for name in ("sizes", "depths", "segments", "patterns", "hearts", "bins")
    }
    looked = failed = controls = 0
    why = ""

    def so_far() -> Drawn:
        return Drawn(looked, failed, why, controls, **{k: dict(v) for k, v in tally.items()})

    wanted = sorted({k * total // min(most, total) for k in range(min(most, total))})
    for index in wanted:
        part, place = _at(parts, index)
        looked += 1
        try:
            name = heart_of(part, place, ids)
            wish = wish_of(part.at(place), hearts[name], draft.seed, index)
        except LgeSynthError as error:
            failed, why = failed + 1, why or error.what
            yield None
            continue
        tally["hearts"][name] += 1
        if wish.place is None:
            controls += 1
        else:
            tally["sizes"][wish.place.size] += 1
            tally["bins"][wish.place.size, wish.place.depth] += 1
            tally["depths"][wish.place.depth] += 1
            tally["segments"][wish.place.segment] += 1
            tally["patterns"][wish.pattern or "of the table"] += 1
        if told is not None and looked % 20 == 0:
            told(so_far())
        yield None
    return so_far()


def _at(parts: Sequence[Part], index: int) -> tuple[Part, int]:
    for part in parts:
        if index < part.count:
            return part, index
        index -= part.count
    raise IndexError(index)

"""What a cohort is: hearts, and parts that each plan samples, row by row or by distributions.

A plan only grows: a part that is added later gives its samples the numbers behind those that were
planned before, so nothing that was made changes. Strict on reading: a plan may come from anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lgesynth_gui.anatomy.bins import DEPTHS, SIZE_NAMES
from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import STEPS
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value

FORMAT: Literal["lgesynth cohort plan"] = "lgesynth cohort plan"
PLAN = "plan.json"
MAX_BYTES = 16 << 20
MOST = 10_000_000  # samples of a cohort
BLOCK = 16  # samples that are painted side by side; refused ones are tried again together
_HINT = "Choose a plan that this program wrote, or plan anew."

HostId = Annotated[str, Field(pattern=r"^H[0-9]{3,6}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[\w .,+()-]{1,60}$")]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Segment = Annotated[int, Field(ge=1, le=17)]
SliceNumber = Annotated[int, Field(ge=1, le=10_000)]
Layer = Literal["endo", "mid", "epi"]
Size = Literal["< 50 mm2", "50-100 mm2", "100-300 mm2", "> 300 mm2"]
GRADES = {0: 0.0, 1: 0.25, 2: 0.5, 3: 0.75, 4: 1.0}  # transmurality class to share of the wall


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,))


class Row(_Strict):
    """One planned image: a heart, and what is to be seen in it.

    Exactly one of `pattern`, `caption`, `segments` and `control` says what.

    Args:
        heart: Host's number.
        slices: Counted from 1; () = the slice in which the scar is largest.
        pattern: Name of a scar pattern; the sample's own random numbers draw it.
        caption: Scar in words.
        segments: AHA segments that are filled.
        layer: With `segments`: where the scar starts or lies.
        grade: With `segments`: transmurality class, 1 (1-25 %) to 4 (76-100 %).
        no_reflow: With `segments`: a dark core inside.
        control: The untouched original, kept as a slice without scar; nothing is painted.
        seed: Of the noise; None = the sample's own.
    """

    heart: HostId
    slices: Annotated[tuple[SliceNumber, ...], Field(max_length=64)] = ()
    pattern: Annotated[str, Field(max_length=60)] = ""
    caption: Annotated[str, Field(max_length=400)] = ""
    segments: Annotated[tuple[Segment, ...], Field(max_length=17)] = ()
    layer: Layer = "endo"
    grade: Annotated[int, Field(ge=1, le=4)] = 4
    no_reflow: bool = False
    control: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**31)] | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Row:
        said = [bool(self.pattern), bool(self.caption), bool(self.segments), self.control]
        if sum(said) != 1:
            raise ValueError("a row needs exactly one of pattern, caption, segments, control")
        if self.pattern and self.pattern not in {one.name for one in load_patterns()}:
            raise ValueError(f"there is no pattern {self.pattern}")
        return self


class Draw(_Strict):
    """Samples drawn by distributions; an empty one leaves the patterns' own.

    Args:
        count: How many.
        hearts: Host numbers, taken in turn; () = all.
        patterns: Weight of each pattern's name; () = how common they are.
        segments: Weight of each AHA segment as the place of most scar.
        depths: Weight of each depth word.
        sizes: Weight of each size class.
        no_reflow: Share of scars with a dark core; None = the patterns' own.
        controls: Share of untouched originals without scar.
        whole: Every slice the scar touches; else the one in which it is largest.
    """

    count: Annotated[int, Field(ge=1, le=MOST)]
    hearts: Annotated[tuple[HostId, ...], Field(max_length=100_000)] = ()
    patterns: dict[str, Weight] = Field(default_factory=dict)
    segments: dict[Segment, Weight] = Field(default_factory=dict)
    depths: dict[str, Weight] = Field(default_factory=dict)
    sizes: dict[str, Weight] = Field(default_factory=dict)
    no_reflow: Share | None = None
    controls: Share = 0.0
    whole: bool = False

    @model_validator(mode="after")
    def _known(self) -> Draw:
        names = {
            "pattern": (self.patterns, {one.name for one in load_patterns()}),
            "depth": (self.depths, set(DEPTHS)),
            "size": (self.sizes, set(SIZE_NAMES)),
        }
        for kind, (weights, known) in names.items():
            if unknown := sorted(set(weights) - known):
                raise ValueError(f"there is no {kind} {unknown[0]}")
            if weights and not any(weights.values()):
                raise ValueError(f"every weight of the {kind}s is 0")
        if self.segments and not any(self.segments.values()):
            raise ValueError("every weight of the segments is 0")
        return self


class Part(_Strict):
    """Some samples of a cohort, planned at one time.

    Args:
        name: For people.
        rows: Samples one by one, or
        draw: samples by distributions.
    """

    name: Name
    rows: Annotated[tuple[Row, ...], Field(max_length=MOST)] = ()
    draw: Draw | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Part:
        if bool(self.rows) == (self.draw is not None):
            raise ValueError("a part has either rows or a draw")
        return self

    def at(self, place: int) -> Row | Draw:
        """What says what the sample at a place of the part shows."""
        return self.draw if self.draw is not None else self.rows[place]

    @property
    def count(self) -> int:
        """How many samples it plans."""
        return self.draw.count if self.draw is not None else len(self.rows)


class Quota(_Strict):
    """How many accepted samples a bin shall have.

    Args:
        size: Size class, or "" for any.
        depth: Depth word, or "" for any.
        segment: AHA segment of most scar, or 0 for any.
        count: Accepted samples wanted.
    """

    size: Size | Literal[""] = ""
    depth: str = ""
    segment: Annotated[int, Field(ge=0, le=17)] = 0
    count: Annotated[int, Field(ge=1, le=MOST)]

    @model_validator(mode="after")
    def _known(self) -> Quota:
        if self.depth and self.depth not in DEPTHS:
            raise ValueError(f"there is no depth {self.depth}")
        return self


class Stop(_Strict):
    """When enough is enough; a cohort never starts without it.

    Args:
        tries: Noises a wish is given before it counts as failed.
        rounds: How often samples are added to fill quotas.
        hours: Of a run; 0 = no limit.
        gigabytes: On the drive; 0 = no limit.
    """

    tries: Annotated[int, Field(ge=1, le=50)] = 4
    rounds: Annotated[int, Field(ge=0, le=50)] = 3
    hours: Annotated[float, Field(ge=0, le=10_000)] = 0.0
    gigabytes: Annotated[float, Field(ge=0, le=1e6)] = 0.0


class Sampling(_Strict):
    """How samples are painted; the fields are those of `core.synthesis.SynthesisRequest`.

    `half` is None until the first run, which settles it: bfloat16 where that is faster.
    """

    model: Annotated[str, Field(pattern=r"^([a-z0-9-]{1,40}(/\d+\.\d+\.\d+)?)?$")] = ""
    steps: Annotated[int, Field(ge=1, le=100)] = STEPS
    guidance: Annotated[float, Field(ge=0, le=0.3)] = 0.08
    text_scale: Annotated[float, Field(ge=1, le=9)] = 1.0
    hole: Literal["auto", "local", "ring"] = "auto"
    dice_limit: Annotated[float, Field(ge=0.05, le=0.99)] = 0.60
    half: bool | None = None


class HostEntry(_Strict):
    """A heart of the cohort.

    Args:
        id: "H001"; the only name that is shown or written.
        sha256: Of its stored values.
        origin: "patient" or "phantom".
        outlines: SHA-256 of the file with its contours and its place; "" = not known.
    """

    id: HostId
    sha256: Sha256
    origin: Literal["patient", "phantom"]
    outlines: Sha256 | Literal[""] = ""


class Plan(_Strict):
    """A whole cohort.

    Args:
        name: For people.
        seed: Everything random follows from it.
        hosts: Hearts.
        parts: Samples, in the order of their numbers.
        quotas: Accepted samples wanted by bin; filled by parts the run adds.
        stop: Limits.
        sampling: How samples are painted.
        block: Samples painted side by side; another number gives other roundings.
    """

    format: Literal["lgesynth cohort plan"] = FORMAT
    version: Literal[1] = 1
    name: Name = "cohort"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    hosts: Annotated[tuple[HostEntry, ...], Field(max_length=100_000)] = ()
    parts: Annotated[tuple[Part, ...], Field(max_length=1000)] = ()
    quotas: Annotated[tuple[Quota, ...], Field(max_length=1000)] = ()
    stop: Stop = Stop()
    sampling: Sampling = Sampling()
    block: Annotated[int, Field(ge=1, le=64)] = BLOCK

    @model_validator(mode="after")
    def _whole(self) -> Plan:
        ids = [one.id for one in self.hosts]
        if len(set(ids)) != len(ids):
            raise ValueError("a heart is listed twice")
        if self.count > MOST:
            raise ValueError(f"more than {MOST} samples")
        known = set(ids)
        for part in self.parts:
            named = part.draw.hearts if part.draw else [row.heart for row in part.rows]
            if unknown := sorted(set(named) - known):
                raise ValueError(f"heart {unknown[0]} is not in the cohort")
        return self

    @property
    def count(self) -> int:
        """Samples that are planned."""
        return sum(part.count for part in self.parts)

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Number of the first sample of each part."""
        found, at = [], 0
        for part in self.parts:
            found.append(at)
            at += part.count
        return tuple(found)

    def part_at(self, index: int) -> tuple[int, int]:
        """(part, place in it) of a sample.

        Raises:
            IndexError: no such sample is planned.
        """
        for number in range(len(self.parts) - 1, -1, -1):
            if index >= self.starts[number]:
                place = index - self.starts[number]
                if place < self.parts[number].count:
                    return number, place
                break
        raise IndexError(index)

    def blocks(self) -> Iterator[range]:
        """Numbers of the samples that are painted side by side; a block stays in its part."""
        for start, part in zip(self.starts, self.parts, strict=True):
            for first in range(start, start + part.count, self.block):
                yield range(first, min(first + self.block, start + part.count))

    def with_part(self, part: Part) -> Plan:
        """The same plan with more samples behind those it has.

        Raises:
            LgeSynthError: the part does not fit.
        """
        return checked({**self.model_dump(), "parts": (*self.parts, part)})


def checked(values: Any) -> Plan:
    """The plan that plain values stand for.

    Raises:
        LgeSynthError: they stand for none; the field is named.
    """
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        raise LgeSynthError(f"The plan cannot be used: {first_word(error)}.", _HINT) from error


def first_word(error: ValidationError) -> str:
    """Field and complaint of the first error, without values."""
    one = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in one["loc"])
    what = one["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what


def read_plan(path: Path) -> Plan:
    """Read a plan.

    Raises:
        LgeSynthError: it is not there, too large, or no plan.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LgeSynthError(f"There is no plan in {path.parent.name}.", _HINT) from error
    if len(data) > MAX_BYTES:
        raise LgeSynthError("A plan of more than 16 MiB is not read.", "Use distributions.")
    try:
        values = strict_value(data)
    except ValueError as error:
        raise LgeSynthError(f"The plan is no valid JSON: {error}.", _HINT) from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        raise LgeSynthError(f"{path.name} is not a cohort plan.", _HINT)
    return checked(values)


def write_plan(path: Path, plan: Plan) -> None:
    """Write a plan, whole or not at all."""
    write_json(path, plan.model_dump(mode="json"))

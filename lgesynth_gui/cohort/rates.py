"""How long samples take and how often the gate accepts them: measured, by bin, and remembered.

What one cohort showed helps to foretell the next one on the same computer with the same settings.
Nothing of a heart or a sample is in it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lgesynth_gui.cohort.index import INDEX, Group, Index
from lgesynth_gui.cohort.plan import Sampling
from lgesynth_gui.cohort.samples import ENDINGS, file_of
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value
from lgesynth_gui.registry.defaults import default_name

FILE = "cohort-rates.json"
MAX_BYTES = 1 << 20
ENOUGH = 16  # painted samples, below which nothing is foretold from them
ENOUGH_IN_BIN = 8
LOOKED_AT = 200  # samples whose size on the drive is measured
MOST_KEPT = 50

Count = Annotated[int, Field(ge=0, le=10**9)]
Seconds = Annotated[float, Field(ge=0, le=1e6)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Settings(_Strict):
    """What the time of a sample depends on, besides the computer.

    Args:
        model: "id/version" or id.
        steps, guidance, half: As in `plan.Sampling`.
        tries: Noises a wish is given at most.
        device: As it was asked for.
    """

    model: Annotated[str, Field(max_length=80)]
    steps: Count
    guidance: float
    half: bool | None
    tries: Count
    device: Annotated[str, Field(max_length=10)]


class Bin(_Strict):
    """Painted and accepted samples of a size and a depth."""

    size: Annotated[str, Field(max_length=20)]
    depth: Annotated[str, Field(max_length=40)]
    painted: Count
    accepted: Count


class Rates(_Strict):
    """What was measured.

    Args:
        settings: With which.
        seconds: A painted sample takes a worker, all its tries together.
        samples: Painted ones that were measured.
        accepted: Of them.
        tries: Noises they were given.
        bytes: A sample takes on the drive.
        bins: By size and depth.
        source: Whence, in words.
    """

    settings: Settings
    seconds: Seconds
    samples: Count
    accepted: Count
    tries: Count
    bytes: Count
    bins: Annotated[tuple[Bin, ...], Field(max_length=100)] = ()
    source: Annotated[str, Field(max_length=80)] = ""

    def accept(self, size: str, depth: str) -> tuple[int, int]:
        """(accepted, painted) of a bin; of all bins where it has too few."""
        for one in self.bins:
            if (one.size, one.depth) == (size, depth) and one.painted >= ENOUGH_IN_BIN:
                return one.accepted, one.painted
        return self.accepted, self.samples


class _Kept(_Strict):
    format: Literal["lgesynth cohort rates"] = "lgesynth cohort rates"
    version: Literal[1] = 1
    rates: Annotated[tuple[Rates, ...], Field(max_length=MOST_KEPT)] = ()


@dataclass(frozen=True)
class Measured:
    """Rates with how far they can be trusted.

    Args:
        rates: None where nothing is known.
        source: Whence, in words.
    """

    rates: Rates | None
    source: str


def settings_of(sampling: Sampling, tries: int, device: str) -> Settings:
    """The settings of a plan; the default model goes by its name."""
    return Settings(
        model=sampling.model or default_name(),
        steps=sampling.steps,
        guidance=sampling.guidance,
        half=sampling.half,
        tries=tries,
        device=device,
    )


def rates_in(folder: Path, settings: Settings, least: int = ENOUGH) -> Rates | None:
    """What a cohort's own index shows; None with fewer than 16 timed samples.

    Args:
        folder: The cohort's.
        settings: Of its plan.
        least: Fewest samples.
    """
    with Index(folder) as index:
        spent, samples, tries, kept, _ = index.timed()
        if samples < max(1, least):
            return None
        return Rates(
            settings=settings,
            seconds=round(spent / samples, 4),
            samples=samples,
            accepted=kept,
            tries=tries,
            bytes=round(bytes_of_sample(folder, index)),
            bins=bins_of(index.groups()),
            source="this cohort",
        )


def bins_of(groups: Iterable[Group]) -> tuple[Bin, ...]:
    """Groups of an index by size and depth alone, in order of their names."""
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for one in groups:
        painted, kept = found.get((one.size, one.depth), (0, 0))
        found[one.size, one.depth] = painted + one.painted, kept + one.kept
    return tuple(
        Bin(size=size, depth=depth, painted=painted, accepted=kept)
        for (size, depth), (painted, kept) in sorted(found.items())
    )


def bytes_of_sample(folder: Path, index: Index) -> float:
    """Mean bytes on the drive of the last 200 samples with pixels; 0 without any."""
    sizes = []
    for entry in index.entries("tries > 0", order="number desc", limit=LOOKED_AT):
        paths = [file_of(folder, entry.number, ending) for ending in ENDINGS]
        try:
            sizes.append(sum(_on_drive(path.stat()) for path in paths))
        except OSError:
            continue  # what is missing is told by `verify`
    return sum(sizes) / len(sizes) if sizes else 0.0


def _on_drive(stat: os.stat_result) -> int:
    """Whole blocks, where the system tells them."""
    blocks: int = getattr(stat, "st_blocks", 0)
    return max(blocks * 512, stat.st_size)


def read_rates(home: Path) -> tuple[Rates, ...]:
    """What is remembered on this computer; () when nothing is, or the file is damaged.

    Args:
        home: Folder of this person's data.
    """
    try:
        with (home / FILE).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        return _Kept.model_validate(strict_value(data)).rates if len(data) <= MAX_BYTES else ()
    except (OSError, ValueError, ValidationError):
        return ()


def remembered(home: Path, settings: Settings) -> Rates | None:
    """What earlier runs with these settings showed, whatever their number of tries.

    Where the precision is not settled yet, bfloat16 counts as the likely one.
    """
    if settings.half is None:
        either = (settings.model_copy(update={"half": half}) for half in (True, False))
        return next((one for each in either if (one := remembered(home, each))), None)
    same = [one for one in read_rates(home) if one.settings == settings]
    if same:
        return same[0]
    loose = settings.model_copy(update={"tries": 0})
    return next(
        (one for one in read_rates(home) if one.settings.model_copy(update={"tries": 0}) == loose),
        None,
    )


def remember(folder: Path, home: Path, settings: Settings) -> Rates | None:
    """Keep what a cohort showed for later ones; the newest of equal settings stays.

    Args:
        folder: The cohort's.
        home: Folder of this person's data; made when missing.
        settings: Of its plan.

    Returns:
        What was kept; None when the cohort shows too little.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    found = rates_in(folder, settings)
    if found is None:
        return None
    found = found.model_copy(update={"source": "earlier cohorts on this computer"})
    others = [one for one in read_rates(home) if one.settings != settings]
    home.mkdir(parents=True, exist_ok=True)
    kept = _Kept(rates=(found, *others)[:MOST_KEPT])
    write_json(home / FILE, kept.model_dump(mode="json"))
    return found


def measured(folder: Path, home: Path, settings: Settings) -> Measured:
    """The best that is known: this cohort's own rates, else remembered ones, else nothing."""
    own = rates_in(folder, settings) if (folder / INDEX).is_file() else None
    if own is not None:
        return Measured(own, f"{own.samples} samples of this cohort")
    found = remembered(home, settings)
    if found is not None:
        return Measured(found, f"{found.samples} samples of an earlier cohort on this computer")
    return Measured(None, "nothing was measured with these settings yet")

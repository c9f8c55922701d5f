"""The held-out table as a value and as a file; no torch, so that the window can show it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value

TABLE = "held_out.json"
TUNED = "tuned"  # where a fine-tuning leaves its measured model
REPAINT, PLACE = "own scar again", "pattern in a clean slice"  # what is asked for
FORMAT = 1
MAX_BYTES = 1 << 18


class _Outcome(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def dice(self) -> float: ...


def of_task(outcomes: Iterable[_Outcome], task: str) -> float:
    """Mean of the judge's Dice over the outcomes of one task; NaN without any."""
    found = [one.dice for one in outcomes if one.name == task]
    return float(np.mean(found)) if found else math.nan


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % interval over patients.

    Args:
        value, low, high: All 0 where there is nothing to say.
        n: Over how many wishes; 0 = nothing to say.
    """

    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    n: int = 0

    @classmethod
    def of(cls, value: float, low: float, high: float, n: int) -> Interval:
        """Rounded for a file; nothing to say when a number is not finite."""
        if not n or not all(math.isfinite(one) for one in (value, low, high)):
            return cls()
        return cls(round(value, 4), round(low, 4), round(high, 4), n)

    def text(self, sign: str = "") -> str:
        """For a table's cell; `sign` "+" writes the sign always."""
        if not self.n:
            return "-"
        f = f"{sign}.2f"
        return f"{self.value:{f}} ({self.low:{f}} to {self.high:{f}})"


@dataclass(frozen=True)
class Measured:
    """One row.

    Args:
        name: "before", "after" or "real scars".
        passed: Share with the judge's Dice above 0.6.
        dice: The judge's mean Dice.
        reward_dice: The reward networks'.
        contrast: Mean distance of log contrast-to-noise from the true scars'.
        tasks: The judge's mean Dice by task.
    """

    name: str
    passed: Interval
    dice: Interval
    reward_dice: Interval = field(default_factory=Interval)
    contrast: Interval = field(default_factory=Interval)
    tasks: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Difference:
    """After minus before on the same wishes, paired; of contrast errors less is better."""

    dice: Interval
    passed: Interval
    contrast: Interval = field(default_factory=Interval)


@dataclass(frozen=True)
class HeldOut:
    """What fine-tuning did on patients that took no part in it.

    Args:
        before, after: "id/version sha256" of the two models.
        judge: "id/version".
        patients, cases: Held-out patients, and wishes on them.
        seed: Of wishes and noise.
        steps: Of the sampler.
        rows: Before, after, and the patients' own scars.
        computed: Before and after on computed slices.
        difference: Paired.
        gap_growth: By how much reward Dice minus judge Dice grew.
        alarms: What speaks against calling a gain a gain.
        memorisation: What is known of memorised patients, or "".
        blocked: The memorisation test forbids sharing.
    """

    before: str
    after: str
    judge: str
    patients: int
    cases: int
    seed: int
    steps: int
    rows: tuple[Measured, ...]
    computed: tuple[Measured, ...]
    difference: Difference
    gap_growth: float = 0.0
    alarms: tuple[str, ...] = ()
    memorisation: str = ""
    blocked: bool = False

    def row(self, name: str) -> Measured:
        """The row of a name."""
        return next(one for one in self.rows if one.name == name)


def write_table(path: Path, table: HeldOut) -> None:
    """Write `held_out.json`, whole or not at all."""
    write_json(path, {"format": FORMAT, **asdict(table)})


def table_text(table: HeldOut) -> str:
    """The content of `held_out.json`."""
    return json.dumps({"format": FORMAT, **asdict(table)}, indent=1, sort_keys=True) + "\n"


def read_table(path: Path) -> HeldOut | None:
    """The table in a file, or None where there is none.

    Raises:
        LgeSynthError: it is damaged.
    """
    if not path.is_file() or path.is_symlink():
        return None
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        told: Any = strict_value(data) if len(data) <= MAX_BYTES else None
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise ValueError("another format")
        return HeldOut(
            before=str(told["before"]),
            after=str(told["after"]),
            judge=str(told["judge"]),
            patients=int(told["patients"]),
            cases=int(told["cases"]),
            seed=int(told["seed"]),
            steps=int(told["steps"]),
            rows=tuple(_row(one) for one in told["rows"]),
            computed=tuple(_row(one) for one in told["computed"]),
            difference=Difference(**{k: _read(v) for k, v in told["difference"].items()}),
            gap_growth=float(told["gap_growth"]),
            alarms=tuple(str(one) for one in told["alarms"]),
            memorisation=str(told["memorisation"]),
            blocked=told["blocked"] is True,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LgeSynthError(
            "The held-out table cannot be read.", "Measure the model again."
        ) from error


def _row(one: Any) -> Measured:
    parts = {name: _read(one[name]) for name in ("passed", "dice", "reward_dice", "contrast")}
    tasks = {str(name): _read(value) for name, value in one["tasks"].items()}
    return Measured(str(one["name"]), **parts, tasks=tasks)


def _read(one: Any) -> Interval:
    return Interval(float(one["value"]), float(one["low"]), float(one["high"]), int(one["n"]))

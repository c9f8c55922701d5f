"""The arms of the utility experiment: what is added to the real training data. Loads no torch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lgesynth_gui.core.errors import LgeSynthError

COUNT = 300
GUIDED = "LGESynthNet, guided"


@dataclass(frozen=True)
class Arm:
    """One training set.

    Args:
        key: Of the command line and of files.
        title: Its row.
        system: Name of the system that paints its samples; "" adds none.
        times: Samples, as a multiple of the run's count.
        real: Whether the real training data are part of it.
        only: "patients" or "phantoms": the data it makes sense with; "" = both.
    """

    key: str
    title: str
    system: str = ""
    times: float = 1.0
    real: bool = True
    only: Literal["", "patients", "phantoms"] = ""

    def wanted(self, count: int) -> int:
        """How many samples it asks for when the run's count is `count`."""
        return round(count * self.times) if self.system else 0


REAL_ONLY = Arm("real-only", "real only")
OURS = Arm("lgesynth-guided", f"+ {GUIDED}", GUIDED)
PLAIN = Arm("lgesynth", "+ LGESynthNet", "LGESynthNet")
PHANTOM_ONLY = Arm("phantom-only", "phantom only", real=False, only="patients")
SIMULATOR = "simulator"  # paints no picture: it measures the training hearts with other scars
TRUE_SCARS = Arm(
    "true-scars", "+ true scars in the same hearts (ceiling)", SIMULATOR, only="phantoms"
)
SCALED = (
    Arm("lgesynth-guided-500", f"+ {GUIDED}", GUIDED, 500 / COUNT),
    Arm("lgesynth-guided-1000", f"+ {GUIDED}", GUIDED, 1000 / COUNT),
    Arm("lgesynth-guided-1500", f"+ {GUIDED}", GUIDED, 1500 / COUNT),
)
CONSTANT = Arm("constant-brightness", "+ constant brightness", "constant brightness")
PASTE = Arm("copy-paste", "+ copy-paste", "copy-paste")
# What is asked first comes first: a run that is not done yet is a table already.
ARMS = (
    REAL_ONLY,
    OURS,
    CONSTANT,
    PASTE,
    PLAIN,
    Arm("controlnet", "+ ControlNet", "ControlNet"),
    Arm("spade-lc", "+ SPADE-LC", "SPADE-LC"),
    Arm("spade-fc", "+ SPADE-FC", "SPADE-FC"),
    Arm("controlnet-template", "+ ControlNet+Template", "ControlNet+Template"),
    TRUE_SCARS,
    *SCALED,
    PHANTOM_ONLY,
)
BY_KEY = {one.key: one for one in ARMS}
# The table's order is the paper's.
ROWS = (
    REAL_ONLY.key, PHANTOM_ONLY.key, CONSTANT.key, PASTE.key, "spade-lc", "spade-fc",
    "controlnet", "controlnet-template", "lgesynth", OURS.key, *(one.key for one in SCALED),
    TRUE_SCARS.key,
)  # fmt: skip


def chosen_arms(keys: Iterable[str], *, real: bool) -> tuple[Arm, ...]:
    """Arms by key in the order they are trained in; no keys = all that make sense.

    Args:
        keys: Of `ARMS`.
        real: The data are patients; else phantoms.

    Raises:
        LgeSynthError: no such arm, or one that these data cannot have.
    """
    asked = set(keys)
    if unknown := sorted(asked - set(BY_KEY)):
        raise LgeSynthError(f"There is no arm {unknown[0]!r}.", f"Use one of {', '.join(BY_KEY)}.")
    kind = "patients" if real else "phantoms"
    there = tuple(one for one in ARMS if one.only in ("", kind))
    if lost := sorted(asked - {one.key for one in there}):
        raise LgeSynthError(f"There is no arm {lost[0]!r} with {kind}.", "Leave it out.")
    return tuple(one for one in there if not asked or one.key in asked)

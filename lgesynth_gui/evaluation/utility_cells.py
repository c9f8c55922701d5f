"""What one training of the utility experiment found, as small JSON files of a run's folder.

Nothing here loads torch: tables are rebuilt from these files without training.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import write_json
from lgesynth_gui.io.strict_json import strict_value

CELLS = "cells"
LARGEST = 1 << 24


@dataclass(frozen=True)
class SliceScore:
    """One slice; all areas in mm2.

    Args:
        patient: Whose.
        truth, found, both: Labelled scar, found scar, and what is both.
        parts: (area, overlap with the label) of each part that was found.
        lesions: (area, area of the largest found part that touches it) of each labelled part.
    """

    patient: str
    truth: int
    found: int
    both: int
    parts: tuple[tuple[int, int], ...] = ()
    lesions: tuple[tuple[int, int], ...] = ()

    @property
    def dice(self) -> float:
        """1 when both are empty."""
        total = self.truth + self.found
        return 2 * self.both / total if total else 1.0

    @property
    def largest(self) -> int:
        """Area of the largest part that was found; 0 without any."""
        return max((area for area, _ in self.parts), default=0)


Slices = tuple[SliceScore, ...]
# Logits of scar; far up, as a Jaccard loss on batches half of which hold scar is never in doubt.
LEVELS = (-2.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 12.0, 15.0)
MIDDLE = LEVELS.index(0.0)


@dataclass(frozen=True)
class Cell:
    """One training of one arm.

    Args:
        arm: Its key.
        seed: Of data order and synthesis.
        fold: Which division of the patients.
        kept: Synthetic samples trained on.
        draws: Samples painted until so many were kept.
        wanted: Samples asked for.
        step: Of the weights that were chosen.
        steps: Trained in all.
        choice: What validation gave for them: Dice + sensitivity + specificity of slices.
        seconds: Of the training alone.
        device: Where it was trained and how exactly: "cpu, float32"; once the first alone.
        validated, tested: Every slice, read at each of `LEVELS`.
    """

    arm: str
    seed: int
    fold: int
    kept: int
    draws: int
    wanted: int
    step: int
    steps: int
    choice: float
    seconds: float
    device: str
    validated: tuple[Slices, ...]
    tested: tuple[Slices, ...]

    @property
    def validation(self) -> Slices:
        """Validation slices as they count: scar is what is likelier than not."""
        return self.validated[MIDDLE]

    @property
    def test(self) -> Slices:
        """Test slices as they count."""
        return self.tested[MIDDLE]

    @property
    def name(self) -> str:
        """Of its file, without ending."""
        return cell_name(self.arm, self.seed, self.fold)


def cell_name(arm: str, seed: int, fold: int) -> str:
    """Of a cell's file, without ending."""
    return f"seed-{seed}-fold-{fold}-{arm}"


def cell_path(folder: Path, name: str) -> Path:
    """Where a cell of a run lies."""
    return folder / CELLS / f"{name}.json"


def write_cell(folder: Path, cell: Cell) -> None:
    """Write a cell into a run's folder, whole or not at all."""
    (folder / CELLS).mkdir(parents=True, exist_ok=True)
    write_json(cell_path(folder, cell.name), asdict(cell))


def read_cells(folder: Path) -> tuple[Cell, ...]:
    """Every cell of a run's folder that is done, in the order of arm, seed and fold.

    Raises:
        LgeSynthError: a file is none of ours.
    """
    return tuple(_read(path) for path in sorted((folder / CELLS).glob("seed-*.json")))


def _read(path: Path) -> Cell:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("too large")
        found: Any = strict_value(path.read_bytes())
        read = {name: tuple(map(_slices, found.pop(name))) for name in ("validated", "tested")}
        if any(len(one) != len(LEVELS) for one in read.values()):
            raise ValueError("other levels")
        cell = Cell(**found | read)
        whole = (cell.seed, cell.fold, cell.kept, cell.draws, cell.wanted, cell.step, cell.steps)
        if any(type(one) is not int for one in whole) or type(cell.arm) is not str:
            raise ValueError("not the right kind")
    except (ValueError, TypeError, KeyError, AttributeError, OSError) as error:
        raise LgeSynthError(
            f"{path.name} is no result of this experiment.",
            "Remove it; the run makes it again.",
        ) from error
    return cell


def _slices(rows: Any) -> Slices:
    return tuple(map(_slice, rows))


def _slice(row: Any) -> SliceScore:
    return SliceScore(
        patient=str(row["patient"]),
        truth=int(row["truth"]),
        found=int(row["found"]),
        both=int(row["both"]),
        parts=tuple((int(a), int(b)) for a, b in row["parts"]),
        lesions=tuple((int(a), int(b)) for a, b in row["lesions"]),
    )

"""Which patients train, which are watched, and which are measured once: drawn, then frozen."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io.atomic import atomic_write, write_json
from lgesynth_gui.training.check import Checked

SPLIT, SECRET = "split.json", "secret.bin"
HELD_OUT = 0.2  # SAFETY 9d: at least this share of the patients, and at least five
LEAST_HELD_OUT = 5
WATCHED = 0.1  # of the patients, taken from the training part: they choose what is kept
FORMAT = 1


@dataclass(frozen=True)
class Split:
    """Parts of the cases; a patient is in one part only.

    Args:
        train: Cases that are trained on.
        watch: Cases the judge looks at during the training, to keep the best weights.
        held_out: Cases that are measured before and after, and never looked at between.
        patients: Case -> patient.
        digests: Case -> keyed hash of its data.
        seed: Of the draw.
    """

    train: tuple[str, ...]
    watch: tuple[str, ...]
    held_out: tuple[str, ...]
    patients: Mapping[str, str]
    digests: Mapping[str, str]
    seed: int = 0

    def people(self, part: Iterable[str]) -> int:
        """How many patients some cases are of."""
        return len({self.patients[one] for one in part})

    @property
    def words(self) -> str:
        """The split in one sentence."""
        parts = (("train", self.train), ("watch", self.watch), ("held out", self.held_out))
        told = (f"{name} {len(p)} cases of {self.people(p)} patients" for name, p in parts)
        return f"Split by patient: {', '.join(told)}."


def draw_split(checked: Checked, seed: int = 0, secret: bytes = b"", held_out: int = 0) -> Split:
    """Draw a split by patient.

    Every part gets patients with scar where there are enough of them.

    Args:
        checked: The list; its taken cases are split.
        seed: Of the draw.
        secret: Key of the stored hashes.
        held_out: Patients held out; 0 = a fifth, at least five, at most half.

    Raises:
        Refused: too few patients for two parts (TRN-13), or nothing red may be left (TRN-01).
    """
    if checked.red:
        words = f"{len(checked.red)} cases are refused and not excluded yet."
        raise Refused(words, "Exclude them, or put them right.", "TRN-01")
    people = list(checked.patients)
    if len(people) < 2:
        raise Refused("One patient cannot be split.", "Add cases of other patients.", "TRN-13")
    scarred = {one.patient for one in checked.taken if one.scarred}
    rng = np.random.default_rng((seed, 11))
    orders = [
        [some[k] for k in rng.permutation(len(some))]
        for some in ([p for p in people if p in scarred], [p for p in people if p not in scarred])
    ]
    wanted = held_out or max(math.ceil(HELD_OUT * len(people)), LEAST_HELD_OUT)
    wanted = max(1, min(wanted, len(people) // 2))
    held = _share(orders, wanted, len(people))
    left = len(people) - len(held)
    watch = _share(orders, max(1, round(WATCHED * left)), left) if left >= 4 else set()
    parts: dict[str, list[str]] = {"train": [], "watch": [], "held_out": []}
    for one in checked.taken:
        part = "held_out" if one.patient in held else "watch" if one.patient in watch else "train"
        parts[part].append(one.case)
    return Split(
        train=tuple(parts["train"]),
        watch=tuple(parts["watch"]),
        held_out=tuple(parts["held_out"]),
        patients={one.case: one.patient for one in checked.taken},
        digests={one.case: _keyed(secret, one.digest) for one in checked.taken},
        seed=seed,
    )


def _share(orders: list[list[str]], count: int, total: int) -> set[str]:
    """Take patients from the two lists in their proportion, those with scar first."""
    scarred, healthy = orders
    with_scar = min(len(scarred), max(1, round(count * len(scarred) / max(total, 1))))
    with_scar = max(with_scar, count - len(healthy)) if count else 0
    out = {scarred.pop() for _ in range(min(with_scar, len(scarred)))}
    return out | {healthy.pop() for _ in range(min(count - len(out), len(healthy)))}


def _keyed(secret: bytes, digest: str) -> str:
    return hmac.new(secret, digest.encode(), hashlib.sha256).hexdigest()[:32]


def run_secret(folder: Path) -> bytes:
    """The key of a run's hashes; made, readable by its owner only, when there is none yet."""
    path = folder / SECRET
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_write(path, private=True) as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def freeze(folder: Path, split: Split) -> None:
    """Write the split into a run's folder; a run that has one must have this very one.

    Raises:
        Refused: a patient would be on both sides (TRN-12), or the data is not that of the run
            any more (TRN-14).
    """
    require_apart(split)
    before = read_split(folder)
    if before is None:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / SPLIT, {"format": FORMAT, **asdict(split)})
        return
    both = set(before.digests) & set(split.digests)
    changed = sum(before.digests[one] != split.digests[one] for one in both)
    new, gone = len(set(split.digests) - both), len(set(before.digests) - both)
    if changed or new or gone:
        raise Refused(
            f"The data is not what this run was started with: {changed} cases changed, {new} are"
            f" new, {gone} are gone.",
            "Choose another folder for the run, or give the data as it was.",
            "TRN-14",
        )
    if before != split:
        raise Refused(
            "The run's patients were split otherwise.", "Choose another folder.", "TRN-14"
        )


def require_apart(split: Split) -> None:
    """Refuse a split in which a patient, or the same data, is in two parts.

    Raises:
        Refused: one is (TRN-12).
    """
    parts = [split.train, split.watch, split.held_out]
    for of in (split.patients, split.digests):
        sides = [{of[one] for one in part} for part in parts]
        shared = sides[0] & sides[1] | sides[0] & sides[2] | sides[1] & sides[2]
        if shared:
            raise Refused(
                f"{len(shared)} patients would be both trained on and measured.",
                "Split the data again.",
                "TRN-12",
            )


def read_split(folder: Path) -> Split | None:
    """The split in a run's folder, or None.

    Raises:
        LgeSynthError: it is damaged.
        Refused: a patient is on both sides (TRN-12).
    """
    path = folder / SPLIT
    if not path.is_file():
        return None
    try:
        told: Any = json.loads(path.read_text(encoding="utf-8"))
        split = Split(
            train=tuple(map(str, told["train"])),
            watch=tuple(map(str, told["watch"])),
            held_out=tuple(map(str, told["held_out"])),
            patients={str(k): str(v) for k, v in told["patients"].items()},
            digests={str(k): str(v) for k, v in told["digests"].items()},
            seed=int(told["seed"]),
        )
        require_apart(split)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LgeSynthError(
            "The run's split cannot be read.", "Choose another folder for the run."
        ) from error
    return split

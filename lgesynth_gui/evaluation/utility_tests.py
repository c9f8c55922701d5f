"""Whether two arms differ on the same patients. Loads no torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.evaluation.utility_scores import ArmScores
from lgesynth_gui.quality.paired import (
    Difference,
    holm,
    mcnemar_exact,
    paired_difference,
    repeated_difference,
)

_Key = tuple[str, int, int]
_Dices = dict[_Key, tuple[float, bool]]


@dataclass(frozen=True)
class Comparison:
    """One arm against another on what both have tested.

    Args:
        arm, against: Keys.
        patients: Test patients that both have.
        fixed: Patients that `against` calls wrongly and `arm` rightly.
        broken: The other way round.
        p_patients: McNemar's exact p of these.
        seeds: Seeds that both have.
        dice: Mean Dice of slices, `arm` minus `against`, over patients.
        anew: The same over patients and seeds; without interval when there is one seed.
        scarred, scarred_anew: Both of the slices with scar alone; None where there are none.
        holm_patients, holm_dice, holm_anew: Holm's adjusted p over all arms of the family.
    """

    arm: str
    against: str
    patients: int
    seeds: int
    fixed: int
    broken: int
    p_patients: float
    dice: Difference
    anew: Difference
    scarred: Difference | None = None
    scarred_anew: Difference | None = None
    holm_patients: float = float("nan")
    holm_dice: float = float("nan")
    holm_anew: float = float("nan")


def compared(scores: Mapping[str, ArmScores], against: str) -> tuple[Comparison, ...]:
    """Every other arm against one, p values adjusted over all of them.

    A patient counts as called rightly when more than half of the seeds that both arms have call
    it so: one pair a patient, whatever the number of seeds.

    Args:
        scores: By arm.
        against: The arm they are compared with.

    Returns:
        In the order of `scores`; () when that arm is not there.
    """
    base = scores.get(against)
    if base is None:
        return ()
    found = []
    for arm, one in scores.items():
        made = None if arm == against else _pair(one, base)
        if made is not None:
            found.append(made)
    patients = holm([one.p_patients for one in found])
    dice = holm([one.dice.p for one in found])
    known = [one.arm for one in found if np.isfinite(one.anew.p)]
    anew = dict(zip(known, holm([one.anew.p for one in found if one.arm in known]), strict=True))
    return tuple(
        replace(one, holm_patients=p, holm_dice=q, holm_anew=anew.get(one.arm, np.nan))
        for one, p, q in zip(found, patients, dice, strict=True)
    )


def _pair(one: ArmScores, base: ArmScores) -> Comparison | None:
    rights = [_rights(some) for some in (base, one)]
    both = [key for key in rights[0] if key in rights[1]]
    if not both:
        return None
    majority: list[dict[str, bool]] = []
    for right in rights:
        votes: dict[str, list[bool]] = defaultdict(list)
        for patient, seed in both:
            votes[patient].append(right[patient, seed])
        majority.append({name: 2 * sum(vote) > len(vote) for name, vote in votes.items()})
    names = list(majority[0])
    fixed = sum(majority[1][name] and not majority[0][name] for name in names)
    broken = sum(majority[0][name] and not majority[1][name] for name in names)
    dices = [_dices(some) for some in (base, one)]
    shared = [key for key in dices[0] if key in dices[1]]
    scarred = [key for key in shared if dices[0][key][1]]
    return Comparison(
        one.arm,
        base.arm,
        len(names),
        len({key[1] for key in shared}),
        fixed,
        broken,
        mcnemar_exact(fixed, broken),
        *_differences(dices, shared),
        *(_differences(dices, scarred) if scarred else (None, None)),
    )


def _differences(dices: Sequence[_Dices], keys: Sequence[_Key]) -> tuple[Difference, Difference]:
    first, second = ([some[key][0] for key in keys] for some in dices)
    who, seeds = [key[0] for key in keys], [key[1] for key in keys]
    return (
        paired_difference(first, second, who, np.random.default_rng(0)),
        repeated_difference(first, second, who, seeds),
    )


def _rights(scores: ArmScores) -> dict[tuple[str, int], bool]:
    return {(one.patient, one.seed): one.right for one in scores.calls}


def _dices(scores: ArmScores) -> _Dices:
    """Dice, and whether there is scar, by patient, seed and place of the slice in its patient."""
    out: _Dices = {}
    places: dict[tuple[str, int], int] = defaultdict(int)
    for seed, one in scores.slices:
        place = places[one.patient, seed]
        places[one.patient, seed] += 1
        out[one.patient, seed, place] = one.dice, one.truth > 0
    return out

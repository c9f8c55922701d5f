"""Fills quotas: what is still missing in a bin is planned anew, as often as the plan allows.

Only what the samples show decides, so the same cohort grows in the same way wherever it runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lgesynth_gui.cohort.index import Group, Index
from lgesynth_gui.cohort.plan import Draw, Part, Plan, Quota

ROUND = "filling quotas, round"
WORST = 0.1  # no bin is given more than ten times what it lacks
SPARE = 1.1


def missing_parts(plan: Plan, index: Index) -> tuple[Part, ...]:
    """Parts that fill what quotas lack; none when all are full or the rounds are used up.

    Args:
        plan: With every sample it plans made.
        index: Of its cohort.
    """
    done = len({part.name for part in plan.parts if part.name.startswith(ROUND)})
    if done >= plan.stop.rounds or not plan.quotas:
        return ()
    groups = tuple(index.groups())
    hearts = next((part.draw.hearts for part in plan.parts if part.draw is not None), ())
    parts = []
    for quota in plan.quotas:
        inside = [one for one in groups if in_quota(one, quota)]
        lacking = quota.count - sum(one.accepted for one in inside)
        if lacking <= 0:
            continue
        rate = accept_rate(inside or groups)
        draw = Draw(
            count=max(1, math.ceil(lacking / max(rate, WORST) * SPARE)),
            hearts=hearts,
            sizes={quota.size: 1.0} if quota.size else {},
            depths={quota.depth: 1.0} if quota.depth else {},
            segments={quota.segment: 1.0} if quota.segment else {},
        )
        parts.append(Part(name=f"{ROUND} {done + 1}", draw=draw))
    return tuple(parts)


def in_quota(group: Group, quota: Quota) -> bool:
    """Whether the samples of a bin count for a quota."""
    return (
        quota.size in ("", group.size)
        and quota.depth in ("", group.depth)
        and (not quota.segment or quota.segment in group.segments)
    )


def accept_rate(groups: Sequence[Group]) -> float:
    """Share of painted samples that the gate lets through; 1 without any."""
    painted = sum(one.painted for one in groups)
    return sum(one.kept for one in groups) / painted if painted else 1.0

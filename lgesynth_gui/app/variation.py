"""One generated result and the request it belongs to: values, and what is said about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Literal

from lgesynth_gui.app.session import State
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import TRIES, SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Grade

Filter = Literal["all", "pass", "starred"]
Order = Literal["seed", "best"]

DRAFT = "draft"  # the finding by which a draft is known


class Stage(Enum):
    """Where a variation is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (Stage.DONE, Stage.FAILED, Stage.CANCELLED)


@dataclass(frozen=True, eq=False)
class Variation:
    """One generated result, or one on its way.

    Args:
        number: Counts up in the study, never reused.
        group: Number of the Generate it came from.
        request: What it is made from.
        stage: Where it is.
        progress: Last word of the job while it runs.
        result: The result when done.
        message: What went wrong, in words.
        draft: Only to look at: not judged, never applied.
        tag: What tells it from its neighbours ("guided").
        device: What it was asked to compute on.
    """

    number: int
    group: int
    request: SynthesisRequest
    stage: Stage = Stage.QUEUED
    progress: Progress | None = None
    result: SynthesisResult | None = None
    message: str = ""
    draft: bool = False
    tag: str = ""
    device: str = "auto"


@dataclass(frozen=True)
class Group:
    """What one Generate asked for.

    Args:
        number: Counts up in the study.
        caption: The drawing in words.
        kind: How its variations belong together.
        took_s: Seconds its finished variations took together.
        began_s: When its first one started, on the queue's clock; None before.
    """

    number: int
    caption: str = ""
    kind: Literal["plain", "tries", "pair", "draft", "ready"] = "plain"
    took_s: float = 0.0
    began_s: float | None = None


def rank(one: Variation) -> tuple[int, float, int]:
    """Sorts the best first: PASS, then the Dice, then the older; what has no result comes last."""
    if one.result is None or one.draft:
        return 4, 0.0, one.number
    verdict = one.result.verdict
    order = {Grade.PASS: 0, Grade.CHECK: 1, Grade.FAIL: 2}.get(verdict.grade, 3)
    return order, -(verdict.dice or 0.0), one.number


def arranged(
    visible: Iterable[Variation], starred: frozenset[int], chosen: Filter, order: Order
) -> tuple[Variation, ...]:
    """The variations as the strip shows them: groups in their order, the chosen ones in each.

    Args:
        visible: Those that can be seen at all.
        starred: Numbers of the starred ones.
        chosen: All; those that pass; or those with a star. What has not ended is always shown.
        order: Inside a group by seed, or the best first.
    """

    def wanted(one: Variation) -> bool:
        if chosen == "all" or one.stage not in ENDED:
            return True
        if chosen == "starred":
            return one.number in starred
        return one.result is not None and not one.draft and one.result.verdict.grade is Grade.PASS

    def key(one: Variation) -> tuple[float, ...]:
        inside = rank(one) if order == "best" else (one.request.seed, one.number)
        return (one.group, *inside)

    return tuple(sorted(filter(wanted, visible), key=key))


def same_drawing(one: SynthesisRequest, other: SynthesisRequest) -> bool:
    """Whether both ask for the same scar in the same heart, whatever the settings and the seed."""
    return (
        one.host_sha256 == other.host_sha256
        and one.sketch == other.sketch
        and one.contours == other.contours
    )


def tries_of(request: SynthesisRequest, made: Iterable[Variation]) -> int:
    """Finished pictures of the same drawing, drafts not counted, discarded ones counted."""
    return sum(
        one.result is not None and not one.draft and same_drawing(one.request, request)
        for one in made
    )


def with_tries(result: SynthesisResult, tries: int) -> SynthesisResult:
    """The result that says how many pictures it was chosen from."""
    scores = tuple((name, value) for name, value in result.scores if name != TRIES)
    return replace(result, scores=(*scores, (TRIES, float(tries))))


def fresh_seeds(request: SynthesisRequest, count: int, made: Iterable[Variation]) -> list[int]:
    """The first seeds from the request's own on with which it has not been made yet."""
    bare = replace(request, seed=0)
    used = {
        one.request.seed
        for one in made
        if one.stage is not Stage.CANCELLED
        and not one.draft
        and replace(one.request, seed=0) == bare
    }
    seeds: list[int] = []
    seed = request.seed
    while len(seeds) < count:
        if seed not in used:
            seeds.append(seed)
        seed += 1
    return seeds


def tags_of(one: Variation, group: Group | None, state: State, models: str) -> tuple[str, ...]:
    """What sets a variation apart, in a word or two each.

    Args:
        one: The variation.
        group: Its group.
        state: What is drawn now.
        models: `model_of` the newest result that was made here, or "".
    """
    tags = [one.tag] if one.tag else []
    if one.draft:
        tags.append("DRAFT")
    if group is not None and group.kind == "ready":
        tags.append("ready-made")
    if one.request.sketch != state.sketch or one.request.contours != state.contours:
        tags.append("other sketch")
    if one.result is not None and models and model_of(one.result) not in ("", models):
        tags.append("other model")
    return tuple(tags)


def model_of(result: SynthesisResult) -> str:
    """The synthesis model a result was made with, with its checksum; "" when it does not say."""
    return next((text for role, text in result.models if role == "controlnet"), "")


def newest_model(made: Sequence[Variation], ready: frozenset[int]) -> str:
    """`model_of` the newest result of this computer; `ready` are the groups made elsewhere."""
    here = (v.result for v in reversed(made) if v.result is not None and v.group not in ready)
    return next((name for result in here if (name := model_of(result))), "")

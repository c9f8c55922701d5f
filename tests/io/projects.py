"""Works of every kind for the tests of project files."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st

from lgesynth_gui.app.project_state import Work
from lgesynth_gui.app.session import Settings, State, Step
from lgesynth_gui.app.variation import Group, Stage, Variation
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts

N = hearts.SLICES
floats = st.floats(-4000, 4000, allow_nan=False)
points = st.tuples(floats, floats)
outlines = st.lists(points, min_size=3, max_size=8).map(tuple)
slices = st.builds(
    SliceContours,
    endo=st.one_of(st.just(()), outlines),
    epi=outlines,
    rv_anterior=st.none() | points,
    rv_inferior=st.none() | points,
    rv_centroid=st.none() | points,
    level=st.none() | st.sampled_from(Level),
    accepted=st.booleans(),
)
contours = st.lists(st.none() | slices, min_size=N, max_size=N).map(
    lambda several: HeartContours(tuple(several))
)
regions = st.builds(
    ScarRegion,
    outline=outlines,
    slices=st.frozensets(st.integers(0, N - 1), min_size=1).map(lambda s: tuple(sorted(s))),
    label=st.sampled_from([Label.SCAR, Label.NO_REFLOW, Label.MYOCARDIUM]),
)
sketches = st.lists(regions, max_size=5).map(lambda several: ScarSketch(tuple(several)))
settings = st.builds(
    Settings,
    seed=st.integers(0, 999_999),
    count=st.integers(1, 16),
    steps=st.integers(1, 100),
    guidance=st.floats(0, 0.3),
    feather_mm=st.floats(2, 4),
    this_slice=st.booleans(),
    dice_limit=st.floats(0.3, 0.95),
)


@lru_cache
def host():
    return hearts.series()


@lru_cache
def request(seed=1):
    return SynthesisRequest(
        host().pixels_sha256, hearts.contours(), hearts.requested_sketch(), seed=seed
    )


@lru_cache
def result(seed=1, grade=Grade.PASS, dice=0.8):
    made = hearts.result_of(request(seed), host(), grade=grade, dice=dice)
    return replace(made, scores=(("seconds", 1.5), ("odd", float("nan"))), models=(("j", "x y"),))


def full_work():
    """Something of everything."""
    first, second = result(1), result(2, Grade.FAIL, 0.4)
    changed = ScarSketch((ScarRegion(((10.0, 0.0), (40.0, 0.1), (40.0, 0.9)), (1, 2)),))
    state = State(
        host(), hearts.contours(), changed, Settings(seed=7), first, frozenset({2}), frozenset({1})
    )
    variations = (
        Variation(1, 1, first.request, Stage.DONE, None, first),
        Variation(2, 1, second.request, Stage.DONE, None, second),
        Variation(4, 2, request(3), Stage.FAILED, message="Failed: no memory."),
        Variation(5, 2, request(4), Stage.QUEUED),
    )
    groups = (Group(1, "mid anterior scar", took_s=3.5), Group(2, "ü心", "tries"))
    steps = (
        Step("sketch", "draw scar", hearts.requested_sketch(), changed, 1),
        Step("applied", "apply variation 1", None, first, 2),
        Step("discarded", "discard variation 2", frozenset(), frozenset({2}), 3),
        Step("settings", "new seed", Settings(seed=7), Settings(seed=8), 4),
    )
    return Work(state, variations, groups, steps, 3)


def equal_results(one, other):
    if one is None or other is None:
        return one is other
    arrays = ("pixels", "edited", "requested", "measured")
    same = all(
        getattr(one, n).dtype == getattr(other, n).dtype
        and np.array_equal(getattr(one, n), getattr(other, n))
        for n in arrays
    )
    rest = ("request", "slices", "captions", "verdict", "models", "pixels_sha256")
    return (
        same
        and all(getattr(one, n) == getattr(other, n) for n in rest)
        and repr(one.scores) == repr(other.scores)
    )


def assert_same(one, other):
    """Two works hold the same, value by value."""
    left, right = one.state, other.state
    assert left.series.pixels_sha256 == right.series.pixels_sha256
    assert np.array_equal(left.series.geometry.affine, right.series.geometry.affine)
    for name in ("contours", "sketch", "settings", "discarded", "starred", "note"):
        assert getattr(left, name) == getattr(right, name), name
    assert equal_results(left.applied, right.applied)
    assert one.done == other.done
    assert one.groups == other.groups
    assert [(s.field, s.text) for s in one.steps] == [(s.field, s.text) for s in other.steps]
    for a, b in zip(one.steps, other.steps, strict=True):
        for x, y in ((a.before, b.before), (a.after, b.after)):
            assert equal_results(x, y) if a.field == "applied" else x == y
    assert len(one.variations) == len(other.variations)
    for a, b in zip(one.variations, other.variations, strict=True):
        assert replace(a, result=None).__dict__ == replace(b, result=None).__dict__
        assert equal_results(a.result, b.result)

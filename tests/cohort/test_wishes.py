"""Wishes: follow from the sample's number alone, and keep to what the plan asks."""

import numpy as np
import pytest

from lgesynth_gui.cohort.plan import Draw, Part, Row
from lgesynth_gui.cohort.seeds import noise_seed, wish_rng
from lgesynth_gui.cohort.wishes import LEAST_MM2, Heart, heart_of, wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from tests.cohort.hearts import heart


@pytest.fixture(scope="module")
def host():
    series, contours = heart(0)
    return Heart("H001", contours, series.shape, series.spacing)


def scar_mm2(host, wish):
    labels = host.labels(wish.sketch)[list(wish.slices)]
    area = (labels >= Label.SCAR).sum(axis=(1, 2)) * host.spacing[1] * host.spacing[2]
    return float(area.max())


def test_that_a_wish_is_the_same_again_and_another_number_draws_another(host):
    draw = Draw(count=9)
    first, again = (wish_of(draw, host, 3, 5) for _ in "ab")
    assert first == again
    assert wish_of(draw, host, 3, 6) != first
    assert wish_of(draw, host, 4, 5) != first


def test_that_seeds_differ_by_cohort_sample_and_attempt_and_fit_a_seed_box():
    found = {noise_seed(c, i, k) for c in range(6) for i in range(60) for k in range(4)}
    assert len(found) == 6 * 60 * 4
    assert all(0 <= one < 2**31 for one in found)
    assert noise_seed(1, 2, 0) == 1371085686, "samples made before stay what they were"
    assert wish_rng(1, 2).integers(1000) != wish_rng(1, 3).integers(1000)


def test_that_every_drawn_wish_shows_scar_in_its_slices(host):
    for index in range(12):
        wish = wish_of(Draw(count=12), host, 1, index)
        assert scar_mm2(host, wish) >= LEAST_MM2
        assert wish.sketch.slices() == wish.slices
        assert wish.place.area_mm2 == pytest.approx(scar_mm2(host, wish), abs=0.01)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ({"sizes": {"> 300 mm2": 1.0}}, lambda w: w.place.area_mm2 >= 300),
        ({"sizes": {"< 50 mm2": 1.0}}, lambda w: w.place.area_mm2 < 50),
        ({"depths": {"subendocardial": 1.0}}, lambda w: w.place.depth == "subendocardial"),
        ({"segments": {5: 1.0, 11: 1.0}}, lambda w: {5, 11} & set(w.place.segments)),
        ({"patterns": {"fabry": 1.0}}, lambda w: w.pattern == "fabry"),
        (
            {"patterns": {"acute_no_reflow": 1.0}, "no_reflow": 0.0},
            lambda w: all(r.label is Label.SCAR for r in w.sketch.regions),
        ),
        ({"controls": 1.0}, lambda w: w.control and not w.sketch.regions and len(w.slices) == 1),
    ],
)
def test_that_a_distribution_of_one_thing_gives_that_thing(host, asked, holds):
    for index in range(4):
        assert holds(wish_of(Draw(count=4, **asked), host, 2, index))


def test_that_the_whole_scar_takes_every_slice_it_touches(host):
    draw = Draw(count=1, patterns={"amyloid": 1.0}, whole=True)
    assert len(wish_of(draw, host, 0, 0).slices) > 1


def test_that_what_cannot_be_drawn_is_told(host):
    draw = Draw(count=1, patterns={"insertion": 1.0}, sizes={"> 300 mm2": 1.0})
    with pytest.raises(LgeSynthError, match="> 300 mm2 in heart H001"):
        wish_of(draw, host, 0, 0)


def test_that_a_row_of_segments_fills_them_to_its_class(host):
    outlined = host.contours.outlined()
    for grade, depth in ((1, "subendocardial"), (4, "transmural")):
        row = Row(heart="H001", slices=(outlined[0] + 1,), segments=(1, 6), grade=grade)
        wish = wish_of(row, host, 0, 0)
        assert wish.place.segments == (1, 6)
        assert wish.place.depth == depth


def test_that_a_dark_core_lies_inside_the_scar_of_a_row(host):
    row = Row(heart="H001", segments=(7,), no_reflow=True)
    wish = wish_of(row, host, 0, 0)
    labels = host.labels(wish.sketch)[wish.slices[0]]
    core = labels == Label.NO_REFLOW
    assert core.any()
    around = np.pad(labels, 1)
    rows, columns = np.nonzero(core)
    for dr, dc in ((0, 1), (1, 0), (2, 1), (1, 2)):
        assert (around[rows + dr, columns + dc] >= Label.SCAR).all()


def test_that_a_row_may_name_its_noise_and_say_its_scar_in_words(host):
    row = Row(heart="H001", caption="Transmural enhancement in the mid inferior wall", seed=77)
    wish = wish_of(row, host, 0, 0)
    assert (wish.seed, wish.caption) == (77, row.caption)
    assert wish.place.segments == (10,)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"slices": (99,), "pattern": "fabry"}, "no slice 99"),
        ({"slices": (1,), "segments": (13,)}, "Segment 13"),
        ({"caption": "No enhancement in the left ventricular myocardium"}, "Less than"),
    ],
)
def test_that_a_row_that_does_not_fit_its_heart_is_told(host, values, word):
    with pytest.raises(LgeSynthError, match=word):
        wish_of(Row(heart="H001", **values), host, 0, 0)


def test_that_hearts_are_taken_in_turn_a_few_samples_each():
    names = ("H001", "H002", "H003")
    part = Part(name="p", draw=Draw(count=24))
    found = [heart_of(part, place, names) for place in range(24)]
    assert {name: found.count(name) for name in names} == dict.fromkeys(names, 8)
    assert found[:4] == ["H001"] * 4
    few = Part(name="p", draw=Draw(count=4))
    assert [heart_of(few, place, names) for place in range(4)] == ["H001", "H002", "H003", "H001"]
    one = Part(name="p", draw=Draw(count=4, hearts=("H002",)))
    assert {heart_of(one, place, names) for place in range(4)} == {"H002"}
    with pytest.raises(LgeSynthError, match="no heart"):
        heart_of(part, 0, ())

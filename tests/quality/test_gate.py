"""The verdict is the worst finding, and each rule speaks when it should."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.verdict import Grade, cut
from lgesynth_gui.quality import gate as rules
from lgesynth_gui.quality.gate import RULES, gate
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.quality.sample import Sample
from tests.quality import rings


def sample(seed=0, slices=(0, 1), measured="asked", **changes):
    """A well-made sample: a bright scar pasted into a healthy host, read perfectly."""
    asked = rings.labels_of(scarred=slices)
    rng = np.random.default_rng(seed)
    host = rings.picture_of(rings.without_scar(asked), rng)
    painted = rings.picture_of(asked, np.random.default_rng(seed + 1))
    edited = np.zeros(host.shape, bool)
    for index in slices:
        scar = np.argwhere(asked[index] >= 3)
        (r0, c0), (r1, c1) = scar.min(0) - 6, scar.max(0) + 7
        edited[index, r0:r1, c0:c1] = True
    pixels = np.where(edited, painted, host)
    found = asked.copy() if isinstance(measured, str) else measured
    one = Sample(
        pixels=pixels, requested=asked, measured=found, spacing=rings.SPACING, slices=slices,
        host=host, edited=edited, judge="judge 1.0.0",
    )  # fmt: skip
    return replace(one, **changes)


def finding(verdict, rule):
    return next(one for one in verdict.findings if one.rule == rule)


def shrunk(labels, keep):
    """Scar with only the first `keep` of its pixels left, the rest muscle."""
    out = labels.copy()
    places = np.flatnonzero(labels >= 3)
    out.flat[places[round(keep * len(places)) :]] = 2
    return out


def test_that_a_good_sample_passes_every_rule():
    verdict = gate(sample())
    assert verdict.grade is Grade.PASS
    assert {one.grade for one in verdict.findings} == {Grade.PASS}
    assert verdict.dice == 1.0
    assert verdict.judge == "judge 1.0.0"
    assert verdict.changed_outside == 0
    assert verdict.untouched == (~sample().edited).sum()


@settings(max_examples=60, deadline=None)
@given(
    keep=st.floats(0, 1),
    limit=st.floats(0, 1),
    touched=st.booleans(),
    judged=st.booleans(),
    took_part=st.booleans(),
    bright=st.booleans(),
)
def test_that_the_verdict_is_the_worst_finding(keep, limit, touched, judged, took_part, bright):
    one = sample()
    pixels = one.pixels.copy() if bright else one.host.copy()
    pixels[2, 0, 0] += touched
    measured = shrunk(one.requested, keep) if judged else None
    one = replace(one, pixels=pixels, measured=measured, limit=limit, judge_took_part=took_part)
    verdict = gate(one)
    findings = [found for rule in RULES if (found := rule(one)) is not None]
    assert list(verdict.findings) == findings
    assert verdict.grade.severity == max(found.grade.severity for found in findings)
    if judged:
        assert (verdict.grade is Grade.BLOCKED) == touched
    else:
        assert verdict.grade is Grade.NOT_JUDGED


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 3 * 72 * 72 - 1))
def test_that_one_changed_untouched_pixel_blocks(place):
    one = sample()
    pixels = one.pixels.copy()
    pixels.flat[place] ^= 1
    verdict = gate(replace(one, pixels=pixels))
    if one.edited.flat[place]:
        assert verdict.grade is Grade.PASS
    else:
        assert verdict.grade is Grade.BLOCKED
        assert verdict.changed_outside == 1
        assert "1 of " in finding(verdict, "untouched zone").text


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.floats(0.05, 0.99))
def test_that_dice_must_be_larger_than_the_limit(keep, limit):
    one = sample()
    measured = shrunk(one.requested, keep)
    value = dice(one.requested[:2] >= 3, measured[:2] >= 3)
    verdict = gate(replace(one, measured=measured, limit=limit))
    assert verdict.dice == value
    assert (finding(verdict, "judge Dice").grade is Grade.PASS) == (value > limit)
    exact = gate(replace(one, measured=measured, limit=value))
    assert finding(exact, "judge Dice").grade is Grade.FAIL


def test_that_masks_shuffled_between_samples_fail():
    arcs = [(20, 80), (110, 170), (200, 260), (290, 350)]
    asked = [rings.labels_of(scarred=(0, 1), arc=arc) for arc in arcs]
    for k, labels in enumerate(asked):
        pixels = rings.picture_of(labels, np.random.default_rng(k))
        own = Sample(pixels, labels, labels, rings.SPACING, (0, 1))
        assert gate(own).grade is Grade.PASS
        shuffled = replace(own, requested=asked[(k + 1) % 4])
        assert gate(shuffled).grade is Grade.FAIL
        assert not shuffled.co_reading.agrees


def test_that_a_constant_picture_passes_nothing():
    labels = rings.labels_of()
    flat = np.full(rings.SHAPE, 500, np.uint16)
    none = np.zeros(rings.SHAPE, bool)
    for asked in (labels, rings.without_scar(labels)):
        for measured in (labels, rings.without_scar(labels)):
            one = Sample(
                flat, asked, measured, rings.SPACING, (0, 1, 2), host=flat.copy(), edited=none
            )
            assert gate(one).grade is not Grade.PASS


def test_that_dice_is_pooled_and_the_lowest_slice_named():
    one = sample(slices=(0, 1, 2))
    measured = one.requested.copy()
    measured[2][shrunk(one.requested, 0.75)[2] == 2] = 2
    verdict = gate(replace(one, measured=measured))
    each = dict(verdict.slice_dice)
    assert each[0] == each[1] == 1.0
    assert each[2] < 1.0
    assert verdict.dice == pytest.approx(dice(one.requested >= 3, measured >= 3))
    assert f"lowest {cut(each[2])} in slice 3" in finding(verdict, "judge Dice").text


def test_that_slices_not_generated_do_not_count():
    one = sample(slices=(1,))
    measured = one.requested.copy()
    measured[0] = 3
    requested = one.requested.copy()
    requested[2] = rings.labels_of()[2]
    verdict = gate(replace(one, measured=measured, requested=requested))
    assert verdict.dice == 1.0
    assert verdict.slice_dice == ((1, 1.0),)


def small(shift, grow=0):
    """A drawn scar of 5 x 7 pixels (69 mm2) and a reading of it moved and grown."""
    asked = rings.labels_of(scarred=())
    asked[0, 33:40, 54:59] = 3
    pixels = rings.picture_of(asked, np.random.default_rng(3))
    found = rings.labels_of(scarred=())
    found[0, 33 - grow + shift : 40 + grow + shift, 54:59] = 3
    return Sample(pixels, asked, found, rings.SPACING, (0,), judge="j")


@pytest.mark.parametrize(
    ("shift", "grow", "grade"),
    [(0, 0, Grade.PASS), (2, 1, Grade.PASS), (3, 0, Grade.FAIL), (0, 7, Grade.FAIL)],
)
def test_that_a_small_scar_may_pass_by_place_and_size(shift, grow, grade):
    one = replace(small(shift, grow), limit=0.75)
    assert one.asked_mm2 < 100
    assert finding(gate(one), "judge Dice").grade is grade


def test_that_a_small_scar_asks_for_a_look():
    verdict = gate(small(0))
    assert verdict.grade is Grade.CHECK
    assert "68 mm2 of 100" in finding(verdict, "size").text


@pytest.mark.parametrize(("count", "grade"), [(0, Grade.PASS), (3, Grade.PASS), (40, Grade.FAIL)])
def test_that_a_healed_slice_must_be_free_of_scar_beside_slices_that_have_some(count, grade):
    one = sample(slices=(0, 1))
    asked, found = one.requested.copy(), one.requested.copy()
    found[1] = asked[1] = rings.without_scar(asked)[1]
    places = np.flatnonzero(asked[1] == 2)
    found[1].flat[places[:count]] = 3
    healed = rules.healed_slices(replace(one, requested=asked, measured=found))
    assert healed.grade is grade
    assert "slice 2" in healed.text
    assert rules.healed_slices(one) is None


@pytest.mark.parametrize(("count", "grade"), [(0, Grade.PASS), (10, Grade.PASS), (11, Grade.FAIL)])
def test_that_erasing_leaves_less_than_20_mm2(count, grade):
    """A pixel is 1.96 mm2: ten are 19.6, eleven 21.6."""
    asked = rings.labels_of(scarred=())
    found = asked.copy()
    found[1].flat[np.flatnonzero(asked[1] == 2)[:count]] = 3
    pixels = rings.picture_of(asked, np.random.default_rng(4))
    verdict = gate(Sample(pixels, asked, found, rings.SPACING, (0, 1), judge="j"))
    assert verdict.grade is grade
    assert verdict.dice is None
    assert "No scar was asked for" in finding(verdict, "judge Dice").text


def test_that_a_disagreeing_co_judge_asks_for_a_look():
    one = sample()
    verdict = gate(replace(one, pixels=one.host.copy()))
    assert verdict.grade is Grade.CHECK
    assert finding(verdict, "co-judge").grade is Grade.CHECK


def test_that_a_visible_seam_asks_for_a_look():
    one = sample()
    pixels = one.pixels.astype(np.int32)
    pixels[one.edited] += 2000
    host = one.host.astype(np.int32)
    verdict = gate(replace(one, pixels=pixels, host=host))
    assert finding(verdict, "seam").grade is Grade.CHECK


def test_that_without_a_judge_nothing_passes():
    verdict = gate(sample(measured=None))
    assert verdict.grade is Grade.NOT_JUDGED
    assert verdict.dice is None
    assert verdict.judge == ""
    assert verdict.measured_g is None
    assert verdict.requested_g > 0
    assert gate(sample(slices=())).grade is Grade.NOT_JUDGED


@pytest.mark.parametrize(
    ("change", "rule"),
    [({"judge_took_part": True}, "independent judge"), ({"limit": 0.5}, "limit")],
)
def test_that_a_flattering_judge_and_a_lower_limit_ask_for_a_look(change, rule):
    verdict = gate(sample(**change))
    assert verdict.grade is Grade.CHECK
    assert finding(verdict, rule).grade is Grade.CHECK


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_that_a_pixel_that_is_no_number_blocks(bad):
    one = sample()
    pixels, host = one.pixels.astype(np.float32), one.host.astype(np.float32)
    pixels[tuple(np.argwhere(one.edited)[0])] = bad
    verdict = gate(replace(one, pixels=pixels, host=host))
    assert verdict.grade is Grade.BLOCKED
    assert "1 pixels" in finding(verdict, "numbers").text
    assert verdict.dice is None


def test_that_different_grids_block():
    one = sample()
    for wrong in (
        {"requested": one.requested[:, :-1]},
        {"measured": one.requested[:1]},
        {"edited": one.edited[:, :, :-1]},
        {"host": one.host.astype(np.int32)},
        {"host": None},
        {"slices": (0, 7)},
    ):
        assert gate(replace(one, **wrong)).grade is Grade.BLOCKED


def test_that_a_picture_without_a_host_is_judged_without_the_zone():
    verdict = gate(replace(sample(), host=None, edited=None))
    assert verdict.grade is Grade.PASS
    assert {"untouched zone", "seam"}.isdisjoint(one.rule for one in verdict.findings)
    assert verdict.untouched == 0


def test_that_mass_is_volume_times_density():
    one = sample(slices=(0, 1))
    half = shrunk(one.requested, 0.5)
    verdict = gate(replace(one, measured=half))
    voxel_ml = 10.0 * 1.4 * 1.4 / 1000
    assert verdict.requested_g == pytest.approx((one.requested >= 3).sum() * voxel_ml * 1.05)
    assert verdict.measured_g == pytest.approx((half >= 3).sum() * voxel_ml * 1.05)


@given(st.floats(0, 100, allow_nan=False), st.integers(0, 3))
def test_that_numbers_are_cut_never_rounded_up(value, digits):
    shown = float(cut(value, digits))
    assert shown <= value + 1e-8
    assert value - shown < 10.0**-digits + 1e-8


def test_that_a_miss_by_a_hair_does_not_read_as_the_limit():
    one = sample()
    for keep in np.linspace(0.40, 0.45, 60):
        tried = replace(one, measured=shrunk(one.requested, keep))
        if 0.595 < tried.dice < 0.6:
            break
    text = finding(gate(tried), "judge Dice").text
    assert text.startswith("Dice 0.59 over 2 slices is not above the limit 0.60")


def test_that_reasons_are_whole_sentences_with_numbers():
    for one in (sample(), sample(measured=None), small(3), sample(judge_took_part=True, limit=0.3)):
        for found in gate(one).findings:
            assert re.fullmatch(r"[A-Z0-9].*\.", found.text)
            assert len(found.text) < 260


def test_that_the_rules_are_all_named_in_the_tuple():
    named = {name for name, one in vars(rules).items() if callable(one) and one in RULES}
    assert len(named) == len(RULES) == len(set(RULES))


def test_that_a_small_scar_the_judge_does_not_see_fails_in_words():
    one = small(0)
    verdict = gate(replace(one, measured=rings.labels_of(scarred=())))
    assert verdict.grade is Grade.FAIL
    assert finding(verdict, "judge Dice").text.endswith(
        "place and area decide, and the judge finds none."
    )

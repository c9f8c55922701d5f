from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.rows import (
    SHOWN_SIZES,
    Row,
    bins,
    mean_figure,
    paired,
    pooled_figure,
    share_figure,
)
from lgesynth_gui.quality.interval import wilson


def outcome(dice=0.7, area=120.0, depth="transmural", group="1", reward=0.75):
    return Outcome(
        name="fabry", group=group, depth=depth, area=area, found_area=area, dice=dice,
        reward_dice=reward, co_agrees=dice > 0.5, co_dice=dice, hd95=2.0, centroid=1.0, ratio=1.0,
        asked_segments=frozenset({1}), found_segments=frozenset({1}), asked_grades=(4, 0),
        found_grades=(4, 0), found_depth=depth, same_caption=True,
        outside=0.0,
    )  # fmt: skip


def test_that_the_pass_rate_counts_strictly_above_the_limit_with_wilsons_interval():
    row = Row("a", tuple(outcome(d, group=str(d)) for d in (0.6, 0.61, 0.9)))
    assert (row.passed.value, row.passed.n) == (pytest.approx(2 / 3), 3)
    assert (row.passed.low, row.passed.high) == wilson(2, 3)


def test_that_slices_of_one_patient_do_not_count_as_many():
    hits = [True] * 10 + [False] * 10
    alone = share_figure("x", hits, [str(k) for k in range(20)])
    two = share_figure("x", hits, ["a"] * 10 + ["b"] * 10)
    assert two.high - two.low > alone.high - alone.low
    agreed = share_figure("x", [True] * 20, ["a"] * 10 + ["b"] * 10)
    assert (agreed.low, agreed.high) == wilson(2, 2)


def test_that_nothing_has_no_value_and_no_text():
    for figure in (mean_figure("x", [], []), share_figure("x", []),
                   pooled_figure("x", np.empty(0), [], np.median)):  # fmt: skip
        assert (figure.n, figure.text()) == (0, "-")


def test_that_four_size_classes_hold_every_case_once_and_one_holds_the_small_again():
    areas = (10, 49.9, 50, 99, 100, 299, 300, 900)
    row = Row("a", tuple(outcome(area=a, group=str(a)) for a in areas))
    ceiling = Row("real", tuple(outcome(dice=0.9 if a < 100 else 0.1) for a in areas))
    cells = [one for one in bins(row, ceiling) if one.depth == "all"]
    counts = {one.size: one.dice.n for one in cells}
    assert [counts[name] for name, _, _ in SHOWN_SIZES] == [2, 2, 2, 2, 4]
    own = {one.size: one.ceiling.value for one in cells}
    assert (own["< 100 mm2"], own["> 300 mm2"]) == (1, 0)


def test_that_bins_of_depth_are_parts_of_their_size():
    some = [outcome(depth=d, group=str(k)) for k, d in enumerate(("mid-wall", "transmural") * 3)]
    row = Row("a", tuple(some))
    cells = {(one.size, one.depth): one.dice.n for one in bins(row, row)}
    assert cells == {
        ("100-300 mm2", "all"): 6, ("100-300 mm2", "mid-wall"): 3, ("100-300 mm2", "transmural"): 3,
    }  # fmt: skip


def test_that_a_paired_difference_is_narrower_than_two_means():
    rng = np.random.default_rng(0)
    base = rng.uniform(0, 1, 60)
    first = Row("a", tuple(outcome(d, group=str(k)) for k, d in enumerate(base)))
    better = Row("b", tuple(outcome(d + 0.05, group=str(k)) for k, d in enumerate(base)))
    gap = paired(first, better)
    assert gap.value == pytest.approx(0.05)
    assert gap.high - gap.low < 1e-9
    assert first.dice.high - first.dice.low > 0.05


def test_that_infinite_distances_are_left_out_and_the_count_says_so():
    lost = replace(outcome(), centroid=float("inf"))
    figure = {f.name: f for f in Row("a", (outcome(), lost)).figures()}["centroid mm, where found"]
    assert (figure.value, figure.n) == (1.0, 1)

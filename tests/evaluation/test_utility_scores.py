import inspect
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lgesynth_gui.cli.evaluate_utility import utility
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.evaluation.panel import Curves, Intervals
from lgesynth_gui.evaluation.utility import UtilityOptions
from lgesynth_gui.evaluation.utility_arms import ARMS, BY_KEY, ROWS, chosen_arms
from lgesynth_gui.evaluation.utility_cells import (
    LEVELS,
    SliceScore,
    cell_path,
    read_cells,
    write_cell,
)
from lgesynth_gui.evaluation.utility_panel import utility_panel
from lgesynth_gui.evaluation.utility_scores import (
    ArmScores,
    balanced_accuracy,
    chosen_threshold,
    scores_by_arm,
)
from lgesynth_gui.evaluation.utility_tests import compared
from tests.evaluation.utilities import cell, score

CALMING = (score("v1", 100, 100, 100), score("v2", 0))  # any threshold up to 80 divides them


def figures(*cells):
    (scores,) = scores_by_arm(cells).values()
    return {one.name: one for one in scores.figures()}


def matrix(tn, fp, fn, tp, arm="real-only", seed=1):
    """A cell whose patients, one slice each, make this confusion."""
    kinds = [(0, 0)] * tn + [(0, 50)] * fp + [(50, 0)] * fn + [(50, 50)] * tp
    test = [
        score(f"p{k:02d}", truth, found, min(truth, found))
        for k, (truth, found) in enumerate(kinds)
    ]
    return cell(arm, seed, test=test, validation=CALMING)


def test_that_dice_is_told_of_all_of_scar_of_hits_and_of_the_rest():
    test = (
        score("a", 100, 100, 50),  # .5
        score("a", 0, 30, 0),  # a false alarm: 0
        score("b", 40),  # missed: 0
        score("b", 0),  # rightly nothing: 1
        score("b", 20, 20, 20),  # 1
    )
    found = figures(cell(test=test, validation=CALMING))
    assert found["Dice all"].value == pytest.approx(2.5 / 5)
    assert found["Dice scarred"].value == pytest.approx(1.5 / 3)
    assert found["Dice true positives"].value == pytest.approx(1.5 / 2)
    assert found["Dice negatives"].value == pytest.approx(1 / 2)
    assert found["Dice all"].n == 5


@pytest.mark.parametrize(
    ("counts", "printed"),
    [
        ((11, 11, 1, 30), (0.77, 0.73)), ((21, 1, 5, 26), (0.89, 0.90)),
        ((21, 1, 3, 28), (0.92, 0.93)),
    ],
)  # fmt: skip
def test_that_the_papers_matrices_give_the_papers_accuracies(counts, printed):
    cells = matrix(*counts)
    found = figures(cells)
    assert ArmScores("real-only", (cells,)).confusion == counts
    assert (found["accuracy"].value, found["balanced accuracy"].value) == pytest.approx(
        printed, abs=0.0051
    )
    tn, fp, fn, tp = counts
    for name, hits, total in (("sensitivity", tp, tp + fn), ("specificity", tn, tn + fp)):
        wilson = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
        one = found[name]
        assert (one.value, one.low, one.high) == pytest.approx(
            (hits / total, wilson.low, wilson.high)
        )
    balanced = found["balanced accuracy"]
    assert balanced.low < balanced.value < balanced.high


def test_that_more_seeds_do_not_make_more_patients():
    once = figures(matrix(11, 11, 1, 30))["accuracy"]
    thrice = figures(*(matrix(11, 11, 1, 30, seed=k) for k in (1, 2, 3)))["accuracy"]
    assert thrice.value == once.value
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.15)


def test_that_the_threshold_is_fixed_on_validation_patients_alone():
    quiet = (score("v1", 90, 90, 80), score("v2", 0, 50))  # 60 or 80 tell them apart
    assert chosen_threshold([quiet]) == 60
    assert chosen_threshold([CALMING]) == 20
    assert chosen_threshold([(score("v1", 90),)]) == 20
    test = (score("a", 0, 55), score("b", 80, 70, 70))
    one = ArmScores("real-only", (cell(test=test, validation=quiet),))
    assert one.thresholds == {0: 60}
    assert one.confusion == (1, 0, 0, 1)


def test_that_a_folds_threshold_knows_nothing_of_the_patients_it_tests():
    cells = (
        cell(fold=0, test=(score("a", 0, 55), score("b", 90, 90, 80)), validation=CALMING),
        cell(
            fold=1, test=(score("v1", 30), score("v2", 0)),
            validation=(score("a", 0, 55), score("b", 90, 90, 80)),
        ),
    )  # fmt: skip
    one = ArmScores("real-only", cells)
    assert one.thresholds == {0: 20, 1: 60}
    assert (one.patients, one.seeds) == (4, 1)


def test_that_the_area_under_the_curve_is_the_rank_test_of_the_largest_parts():
    rng = np.random.default_rng(4)
    truth = rng.random(24) < 0.5
    found = rng.integers(0, 12, 24) * 10 + 40 * truth
    test = [
        one
        for k in range(24)
        for one in (score(f"p{k}", 30 * int(truth[k]), int(found[k])), score(f"p{k}", 0, 5))
    ]
    other = [score(one.patient, one.truth, 0) for one in test]  # a seed that finds nothing
    first, second = cell(test=test, validation=CALMING), cell(seed=2, test=other)
    wins = stats.mannwhitneyu(np.maximum(found, 5)[truth], np.maximum(found, 5)[~truth]).statistic
    expected = wins / (truth.sum() * (~truth).sum())
    alone = ArmScores("real-only", (first,)).area_under_curve
    assert alone.value == pytest.approx(expected)
    assert alone.low < alone.value < alone.high <= 1
    both = ArmScores("real-only", (first, second)).area_under_curve
    assert both.value == pytest.approx((expected + 0.5) / 2)
    only = ArmScores("real-only", (cell(test=(score("a", 3, 30, 3),)),)).area_under_curve
    assert np.isnan(only.value)


def test_that_a_kind_of_patient_that_is_missing_leaves_no_balanced_accuracy():
    assert np.isnan(balanced_accuracy((0, 0, 2, 3)))
    assert balanced_accuracy((1, 1, 0, 3)) == 0.75


def test_that_lesions_count_by_any_overlap_from_the_threshold_on():
    test = (
        SliceScore("a", 60, 75, 20, parts=((15, 5), (60, 15)), lesions=((20, 15), (40, 60))),
        SliceScore("a", 0, 25, 0, parts=((25, 0),)),
    )
    found = figures(cell(test=test, validation=CALMING))
    assert found["lesion sensitivity"].value == 0.5  # the part of 15 mm2 is below 20
    assert found["lesion PPV"].value == 0.5


def test_that_arms_are_compared_patient_by_patient_and_by_the_majority_of_seeds():
    base = [matrix(4, 6, 0, 10, seed=k) for k in (1, 2, 3)]
    better = [matrix(10, 0, 0, 10, arm="copy-paste", seed=k) for k in (1, 2)]
    better.append(matrix(4, 6, 0, 10, arm="copy-paste", seed=3))
    same = [matrix(4, 6, 0, 10, arm="spade-lc", seed=k) for k in (1, 2, 3)]
    found = compared(scores_by_arm([*base, *better, *same]), "real-only")
    assert [one.arm for one in found] == ["copy-paste", "spade-lc"]
    first, second = found
    assert (first.patients, first.fixed, first.broken) == (20, 6, 0)
    assert first.p_patients == pytest.approx(stats.binomtest(0, 6).pvalue)
    assert first.holm_patients == pytest.approx(2 * first.p_patients)
    assert first.dice.value == pytest.approx(2 * 6 / 60)
    assert (second.fixed, second.broken, second.p_patients) == (0, 0, 1)
    assert first.holm_dice < 0.05 < second.holm_dice
    assert first.seeds == 3
    assert (first.anew.value, first.anew.n) == (first.dice.value, first.dice.n)
    assert first.anew.low < 0 < first.dice.low  # one seed of three shows nothing
    assert first.anew.p < first.holm_anew


def test_that_only_what_both_arms_have_tested_is_compared():
    whole = [cell(fold=f, test=(score(f"p{f}", 30, 30, 30),), validation=CALMING) for f in (0, 1)]
    part = cell("copy-paste", fold=1, test=(score("p1", 30),), validation=CALMING)
    (found,) = compared(scores_by_arm([*whole, part]), "real-only")
    assert (found.patients, found.dice.value, found.dice.n) == (1, -1, 1)
    assert np.isnan(found.anew.p)  # one seed
    assert np.isnan(found.holm_anew)
    assert compared(scores_by_arm(whole), "lgesynth-guided") == ()


def test_that_a_cell_comes_back_as_it_was_written_and_others_are_refused(tmp_path):
    one = matrix(2, 1, 1, 2)
    write_cell(tmp_path, one)
    assert read_cells(tmp_path) == (one,)
    for text in (b"{}", b"[1]", b'{"arm": 3}', b"\xff"):
        cell_path(tmp_path, one.name).write_bytes(text)
        with pytest.raises(LgeSynthError, match="no result"):
            read_cells(tmp_path)


def test_that_a_run_that_has_begun_is_a_table_already():
    cells = [
        matrix(4, 6, 0, 10),
        matrix(5, 5, 0, 10, arm="lgesynth-guided"),
        matrix(10, 0, 0, 10, arm="lgesynth-guided-500"),
    ]
    cells = [
        cells[0],
        *(
            cell(one.arm, test=one.test, validation=one.validation, kept=n, draws=n + 9, wanted=n)
            for one, n in zip(cells[1:], (300, 500), strict=True)
        ),
    ]
    panel = utility_panel(cells, ("Of nobody.",), ("+ SPADE-LC",))
    table = panel.tables[0]
    names = [row[0] for row in table.shown]
    assert names == ["real only", "+ LGESynthNet, guided, 300", "+ LGESynthNet, guided, 500"]
    assert panel.words[0] == "Of nobody."
    assert panel.missing == ("+ SPADE-LC",)
    assert [one.name for one in panel.tables[2:4]] == [
        "utility_against_real-only",
        "utility_against_lgesynth-guided",
    ]
    (curves,) = (one for one in panel.plots if isinstance(one, Curves))
    assert curves.lines[0].x == (0, 300, 500)
    bars = {one.name: one for one in panel.plots if isinstance(one, Intervals)}
    assert [bar.name for bar in bars["utility_balanced"].bars] == names
    assert bars["utility_balanced"].bars[2].value == 1
    (alarm,) = panel.alarms  # one training each
    assert alarm.startswith("+ LGESynthNet, guided, 500: above the real data alone in these")
    assert utility_panel(()).plots == ()


def test_that_a_gain_that_every_seed_shows_is_quiet_and_one_that_hangs_on_a_seed_is_not():
    base = [matrix(4, 6, 0, 10, seed=k) for k in (1, 2, 3)]
    always = [matrix(9, 1, 0, 10, arm="lgesynth-guided", seed=k) for k in (1, 2, 3)]
    assert not utility_panel([*base, *always]).alarms
    once = [matrix(4 + 6 * (k == 1), 6 - 6 * (k == 1), 0, 10, "spade-lc", k) for k in (1, 2, 3)]
    (alarm,) = utility_panel([*base, *always, *once]).alarms
    assert alarm.startswith("+ SPADE-LC: above the real data alone in these trainings")
    (table,) = (
        t for t in utility_panel([*base, *always, *once]).tables if "against_real" in t.name
    )
    shown = dict(zip(table.columns, table.cells[0], strict=True))
    assert shown["low"] > 0 > shown["low_anew"]
    plots = {p.name: p for p in utility_panel([*base, *always, *once]).plots}
    near, far = (plots[name].bars for name in ("utility_gain", "utility_gain_anew"))
    assert [bar.name for bar in near] == [bar.name for bar in far]
    assert (near[0].low, far[0].low) == (shown["low"], shown["low_anew"])
    assert plots["utility_gain"].marks == (("no difference", 0.0),)


def test_that_finding_scar_is_compared_on_slices_with_scar_alone():
    base = [matrix(4, 6, 5, 5, seed=k) for k in (1, 2, 3)]
    finds = [matrix(4, 6, 3, 7, arm="lgesynth-guided", seed=k) for k in (1, 2, 3)]
    calm = [matrix(10, 0, 5, 5, arm="spade-lc", seed=k) for k in (1, 2, 3)]
    found = {one.arm: one for one in compared(scores_by_arm([*base, *finds, *calm]), "real-only")}
    assert found["lgesynth-guided"].scarred.value == pytest.approx(0.2)
    assert found["lgesynth-guided"].scarred.n == 30
    assert found["spade-lc"].scarred.value == 0 < found["spade-lc"].dice.value
    panel = utility_panel([*base, *finds, *calm])
    (table,) = (t for t in panel.tables if t.name == "utility_scarred")
    assert [row[1] for row in table.shown] == ["30", "30"]
    clean = [matrix(4, 6, 0, 0), matrix(9, 1, 0, 0, arm="spade-lc")]
    (one,) = compared(scores_by_arm(clean), "real-only")
    assert one.scarred is None
    assert not any(t.name == "utility_scarred" for t in utility_panel(clean).tables)


def test_that_trainings_on_other_processors_ring_the_bell():
    def told(*devices):
        arms = zip(("real-only", "lgesynth"), devices, strict=True)
        cells = [replace(matrix(4, 6, 0, 10, arm=arm), device=device) for arm, device in arms]
        return " ".join(utility_panel(cells).alarms)

    words = "another kind of processor"
    assert words in told("cuda", "cpu")
    assert words in told("cpu, bfloat16", "cpu, float32")
    assert words not in told("cpu", "cpu, float32")  # older ones did not say how exactly
    assert words not in told("cpu, float32", "cpu, float32")


def test_that_seeds_are_told_apart():
    cells = [matrix(5, 5, 0, 10), matrix(10, 0, 0, 10, seed=2), matrix(5, 5, 0, 10, arm="spade-lc")]
    (table,) = (one for one in utility_panel(cells).tables if one.name == "utility_seeds")
    assert table.cells[:2] == (("real only", 1, 0.75, 0.75), ("real only", 2, 1.0, 1.0))
    assert table.shown == (("real only", "0.75 / 0.75", "1.00 / 1.00"), table.shown[1])
    assert table.shown[1][1:] == ("0.75 / 0.75", "-")
    assert "One of the 20 test patients is 5.0 points of accuracy." in utility_panel(cells).words


def test_that_a_gain_that_is_none_rings_the_bell():
    cells = [
        matrix(5, 5, 0, 10),
        matrix(4, 6, 0, 10, arm="lgesynth-guided"),
        matrix(9, 1, 0, 10, arm="constant-brightness"),
        matrix(9, 1, 0, 10, arm="constant-brightness", seed=2),
    ]
    alarms = " ".join(utility_panel(cells).alarms)
    assert "does not raise Dice" in alarms
    assert "+ constant brightness reaches at least the Dice" in alarms
    assert "the run goes on" in alarms


def test_that_the_command_begins_what_the_options_say():
    given = {name: one.default for name, one in inspect.signature(utility).parameters.items()}
    usual = UtilityOptions()
    assert given["patients"] == usual.phantoms
    assert (given["seed"], given["count"], given["seeds"], given["folds"]) == (
        usual.phantom_seed, usual.count, usual.seeds, usual.folds,
    )  # fmt: skip
    how = usual.training
    names = ("network", "steps", "batch", "mixing", "device")
    assert tuple(given[name] for name in names) == tuple(getattr(how, name) for name in names)


def test_that_a_ceiling_without_a_gain_is_told():
    cells = [matrix(5, 5, 0, 10), matrix(5, 5, 0, 10, arm="true-scars")]
    assert any("True scars" in one for one in utility_panel(cells).alarms)
    cells[1] = matrix(10, 0, 0, 10, arm="true-scars")
    assert not any("True scars" in one for one in utility_panel(cells).alarms)


def test_that_arms_are_known_by_their_keys():
    assert set(ROWS) == set(BY_KEY) == {one.key for one in ARMS}
    assert [one.wanted(300) for one in ARMS if one.key.startswith("lgesynth-guided")] == [
        300, 500, 1000, 1500,
    ]  # fmt: skip
    assert chosen_arms((), real=False)[-1].key == "lgesynth-guided-1500"
    assert chosen_arms((), real=True)[-1].key == "phantom-only"
    assert "true-scars" in {one.key for one in chosen_arms((), real=False)}
    assert "true-scars" not in {one.key for one in chosen_arms((), real=True)}
    with pytest.raises(LgeSynthError, match="no arm 'true-scars' with patients"):
        chosen_arms(("true-scars",), real=True)
    assert [one.key for one in chosen_arms(("copy-paste", "real-only"), real=True)] == [
        "real-only", "copy-paste",
    ]  # fmt: skip
    with pytest.raises(LgeSynthError, match="no arm"):
        chosen_arms(("magic",), real=True)


def test_that_tables_need_no_torch():
    code = "import sys, lgesynth_gui.evaluation.utility_panel; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_that_other_levels_trade_scar_for_false_alarms():
    """Higher up less is called scar: the curve shows both ends, the rows count the middle."""
    high = LEVELS.index(8.0)
    low_end = (score("v", 0, 90), score("p", 60, 60, 60))
    high_end = (score("v", 0, 0), score("p", 60, 0))
    read = tuple(low_end if k < high else high_end for k in range(len(LEVELS)))
    (one,) = scores_by_arm([replace(cell(), tested=read)]).values()
    assert one.over_levels() == ((0.0, 1.0),) * high + ((1.0, 0.0),) * (len(LEVELS) - high)
    assert [o.found for _, o in one.slices] == [90, 60]

"""What readers' answers say, against numbers that are known beforehand."""

import numpy as np
import pytest
from scipy import stats

from lgesynth_gui.evaluation.study import begin
from lgesynth_gui.evaluation.study_results import ALL, answer_table, read_with, reader_panel
from tests.evaluation.studies import read_by, study


def figure(panel, row, name):
    """(value, low, high, n) of a panel's long tables."""
    for table in panel.tables:
        for cell in table.cells:
            if cell[0] == row and cell[1] == name:
                return cell[2:]
    raise AssertionError(f"no {name} of {row}")


def test_that_a_perfect_reader_is_told_to_be_one():
    some = study(pairs=60)
    panel = reader_panel(some, [read_by(some, 1, lambda p: 5 if p.synthetic else 1)])
    value, low, high, n = figure(panel, "reader 1", "accuracy")
    assert (value, n) == (1.0, 50)
    theirs = stats.binomtest(50, 50).proportion_ci(0.95, method="exact")
    assert (low, high) == pytest.approx((theirs.low, theirs.high))
    value, low, high, n = figure(panel, "reader 1", "AUC")
    assert (value, high, n) == (1.0, 1.0, 50)
    assert low < 0.98
    assert any("can tell" in one for one in panel.alarms)


def test_that_a_guessing_reader_is_at_chance_and_nobody_is_alarmed():
    some, rng = study(pairs=60), np.random.default_rng(2)
    panel = reader_panel(some, [read_by(some, 1, lambda _: int(rng.choice([1, 2, 4, 5])))])
    value, low, high, _ = figure(panel, "reader 1", "accuracy")
    assert low < 0.5 < high
    assert low < value < high
    assert panel.alarms == ()
    for plot in panel.plots[:2]:
        assert ("chance", 0.5) in plot.marks


def test_that_whoever_cannot_tell_is_counted_apart():
    """Right on every synthetic picture, undecided on every real one."""
    some = study(pairs=60)
    panel = reader_panel(some, [read_by(some, 1, lambda p: 4 if p.synthetic else 3)])
    assert figure(panel, "reader 1", "undecided")[0] == 0.5
    assert figure(panel, "reader 1", "accuracy")[3] == 25
    assert figure(panel, "reader 1", "sensitivity")[0] == 1.0
    assert figure(panel, "reader 1", "specificity")[3] == 0
    assert figure(panel, "reader 1", "AUC")[0] == 1.0


def test_that_practice_does_not_count():
    some = study(pairs=60)
    sitting = begin(some, 1, 1)
    while not sitting.finished:
        truth = some.picture(sitting.next).synthetic
        sitting = sitting.answered(5 if truth != sitting.practising else 1, 2.0)
    panel = reader_panel(some, [sitting])
    assert figure(panel, "reader 1", "accuracy")[0] == 1.0
    rows = answer_table(some, [sitting]).cells
    assert [row[2] for row in rows] == [0] * 10 + [1] * 50


def test_that_clicks_are_scored_against_the_mask():
    """The scar is rows 5-8, columns 10-15; a miss of three pixels is a hit, of four a miss."""
    some = study(pairs=60)
    for column, share in ((12.0, 1.0), (18.0, 1.0), (19.5, 0.0)):
        one = read_by(some, 1, lambda _: 2, at=lambda _, column=column: (6.0, column))
        panel = reader_panel(some, [one])
        assert figure(panel, "reader 1", "on the scar")[0] == share
    bare = study(pairs=60, scar=False)
    reads = read_with(bare, read_by(bare, 1, lambda _: 2, at=lambda _: (6.0, 12.0)).answers)
    assert all(one.on_scar is None for one in reads)


def test_that_readers_who_agree_are_told_apart_from_those_who_do_not():
    some, rng = study(pairs=60), np.random.default_rng(4)
    said = {one.id: int(rng.choice([1, 5])) for one in some.pictures}
    alike = [read_by(some, k, lambda p: said[p.id]) for k in (1, 2)]
    other = read_by(some, 3, lambda _: int(rng.choice([1, 5])))
    panel = reader_panel(some, [*alike, other])
    assert figure(panel, "reader 1 and reader 2", "Cohen's kappa")[0] == 1.0
    value, low, high, n = figure(panel, "reader 1 and reader 3", "Cohen's kappa")
    assert n == 50
    assert low <= value <= high < 0.8
    middle = figure(panel, ALL, "Fleiss' kappa")[0]
    assert value < middle < 1.0
    accuracies = [figure(panel, f"reader {k}", "accuracy")[0] for k in (1, 2, 3)]
    assert figure(panel, ALL, "accuracy")[0] == pytest.approx(np.mean(accuracies))


def test_that_who_has_not_finished_takes_no_part_but_is_named():
    some = study(pairs=60)
    open_ = begin(some, 2, 1).answered(1, 1.0)
    panel = reader_panel(some, [read_by(some, 1, lambda _: 2), open_])
    assert panel.missing == ("reader 2: 1 of 60 cases answered",)
    assert {bar.name for bar in panel.plots[0].bars} == {"reader 1"}
    nobody = reader_panel(some, [open_])
    assert nobody.tables == nobody.plots == ()
    assert reader_panel(some, []).missing == ("no reader yet",)


def test_that_few_cases_and_other_cases_are_said():
    some = study(pairs=25)
    one, other = (read_by(some, k, lambda _: 2, seed=k) for k in (1, 2))
    alarms = reader_panel(some, [one, other]).alarms
    assert any("fewer than 50" in alarm for alarm in alarms)
    assert any("different cases" in alarm for alarm in alarms)


def test_that_the_median_time_is_that_of_the_cases():
    some = study(pairs=60)
    one = read_by(some, 1, lambda p: 2, seconds=7.0)
    assert figure(reader_panel(some, [one]), "reader 1", "median s") == (7.0, 7.0, 7.0, 50)

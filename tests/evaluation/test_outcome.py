import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import painted_by, read_row
from lgesynth_gui.evaluation.cases import shuffled_wishes
from lgesynth_gui.evaluation.outcome import described, labelled, outcome_of
from lgesynth_gui.evaluation.rows import paired
from tests.evaluation.painters import Deaf, Nothing, Perfect, placed, readers


@pytest.fixture(scope="module")
def cases():
    return placed(16)


def row(system, cases, wishes=None):
    pictures = drive(painted_by(system, cases))
    return drive(read_row(system.name, cases, pictures, readers(), wishes))


def test_that_a_perfect_painter_scores_perfectly_in_every_figure(cases):
    perfect = row(Perfect(), cases)
    figures = {one.name: one for one in perfect.figures()}
    for name in ("pass rate", "Dice J", "Dice R", "transmurality kappa", "segment precision",
                 "segment recall", "segment F1", "depth word regained",
                 "area ratio"):  # fmt: skip
        assert figures[name].value == 1, name
    for name in ("reward gap", "HD95 mm", "centroid mm, where found"):
        assert figures[name].value == 0, name
    assert all(one.n == len(cases) for one in figures.values())
    assert np.trace(perfect.grade_table) == np.sum(perfect.grade_table)


def test_that_a_painter_who_does_not_listen_scores_as_by_chance(cases):
    others = shuffled_wishes(cases, np.random.default_rng(3))
    own, chance = row(Deaf(), cases), row(Deaf(), cases, others)
    gap = paired(chance, own)
    assert gap.low <= 0 <= gap.high
    assert own.dice.value < 0.5
    assert row(Perfect(), cases).dice.low > own.dice.high


def test_that_nothing_painted_is_counted_with_the_walls_diagonal(cases):
    dark = cases[0]
    picture = np.where(dark.wall, -0.9, dark.conditions.host)
    one = outcome_of(dark, picture, readers())
    rows, columns = np.nonzero(dark.wall)
    assert one.hd95 == pytest.approx(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1))
    assert (one.dice, one.found_depth, one.found_segments) == (0, "none", frozenset())
    assert not np.isfinite(one.centroid)


def test_that_the_co_judge_needs_the_asked_place_to_be_bright(cases):
    rng = np.random.default_rng(0)
    assert not any(one.co_agrees for one in row(Nothing(), cases).outcomes)
    pictures = drive(painted_by(Perfect(), cases))
    noisy = pictures + rng.normal(0, 0.05, pictures.shape).astype(np.float32)
    found = drive(read_row("noisy", cases, noisy, readers()))
    agrees = [one.co_agrees for one in found.outcomes]
    assert np.mean(agrees) > 0.7  # a scar all around the wall leaves no remote muscle


def test_that_a_description_names_segments_of_the_cases_ring(cases):
    for case in cases[:4]:
        said = described(case.conditions.labels, case.ground)
        assert said.segments
        assert len(said.grades) in (1, 4, 6)
        assert said.words == case.conditions.caption
        empty = described(labelled(case.wish & False, case.ground), case.ground)
        assert (empty.segments, empty.depth, max(empty.grades)) == (frozenset(), "none", 0)

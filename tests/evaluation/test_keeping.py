"""Which pictures a run keeps, and what its panels show of them."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import CEILING, UNTOUCHED
from lgesynth_gui.evaluation.asked import Asked
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.gallery import Alike, Gallery, Shown
from lgesynth_gui.evaluation.keeping import KEPT, STUDIED, Keeping, painted_at
from lgesynth_gui.evaluation.nearest import nearness, trained_on
from lgesynth_gui.evaluation.panel_pictures import (
    PATIENTS,
    privacy_pictures,
    realism_pictures,
)
from lgesynth_gui.evaluation.parts import ALIGNMENT, PRIVACY, Parts, Readings
from lgesynth_gui.evaluation.privacy import EXACT
from lgesynth_gui.evaluation.study_files import read_study
from lgesynth_gui.evaluation.study_pairs import kept_pairs, write_pairs
from lgesynth_gui.evaluation.systems import BATCH
from lgesynth_gui.evaluation.tiles import pixels_of
from lgesynth_gui.synthesis.models import load_bundle
from tests.evaluation.painters import Nothing, Perfect, again, placed, readers
from tests.evaluation.test_rows import outcome
from tests.synthesis.tiny import write_bundle

OURS = "LGESynthNet"


@dataclass(frozen=True)
class Counted(Perfect):
    """Perfect; says how many it painted each time."""

    calls: list[int] = field(default_factory=list)

    def paint(self, cases, holes, seeds):
        self.calls.append(len(cases))
        return (yield from super().paint(cases, holes, seeds))


@pytest.fixture(scope="module")
def cases():
    return Asked("hearts", "", tuple(placed(4)), tuple(again(3)))


def keeping(cases, folder, held=lambda name, task: None, trained=None):
    judge = readers().judge
    return Keeping(cases, judge, 3, OURS, Parts(folder), Gallery(folder), held, trained)


def shown_in(folder, cases, *systems):
    some = keeping(cases, folder)
    for one in systems:
        drive(some.shown(one))
    drive(some.true())
    if not some.again:
        drive(some.untouched())
    return Gallery(folder)


def found_in(folder, *names, patients=False):
    gallery, parts = Gallery(folder), Parts(folder)
    return Found(parts, names, (OURS,), "judge/1", (), (), gallery=gallery, patients=patients)


def test_that_a_row_keeps_its_pictures_with_wish_reading_and_dice(cases, tmp_path):
    gallery = shown_in(tmp_path, cases, Perfect(OURS), Nothing())
    ours, true = gallery.get(Shown, OURS), gallery.get(Shown, CEILING)
    host = gallery.get(Shown, UNTOUCHED)
    for k, case in enumerate(cases.placed):
        assert np.array_equal(ours.wishes[k], case.wish)
        assert np.abs(true.pictures[k] - case.original).max() < 2e-3
        assert np.abs(host.pictures[k] - case.conditions.host).max() < 2e-3
    assert min(ours.dice) > 0.9 > max(gallery.get(Shown, "nothing").dice)
    assert ours.hosts == (1, 2, 3, 4), "nothing of a patient's name is kept"


def test_that_new_scars_without_a_true_one_give_way_to_blanked_ones(cases, tmp_path):
    real = replace(cases, placed=tuple(replace(one, original=None) for one in cases.placed))
    gallery = shown_in(tmp_path, real, Perfect(OURS))
    assert len(gallery.get(Shown, OURS)) == len(cases.again)
    assert np.abs(gallery.get(Shown, CEILING).pictures[0] - cases.again[0].original).max() < 2e-3
    assert gallery.get(Shown, UNTOUCHED) is None, "a host that holds the scar is none"
    (plot,) = realism_pictures(found_in(tmp_path, OURS, patients=True))
    assert PATIENTS in plot.words
    assert any("blanked" in one for one in plot.words)


def test_that_pictures_at_hand_are_not_painted_again_and_others_in_whole_batches(cases, tmp_path):
    system = Counted(OURS)
    drive(
        keeping(cases, tmp_path, lambda name, task: [c.original for c in cases.placed]).shown(
            system
        )
    )
    assert not system.calls
    many = (list(cases.placed) * 10)[: 2 * BATCH + 5]
    some = drive(painted_at(system, many, [1, 2 * BATCH + 1]))
    assert sorted(some) == [1, 2 * BATCH + 1]
    assert system.calls == [BATCH, 5]
    assert KEPT % BATCH == STUDIED % BATCH == 0


def test_that_best_and_worst_and_others_in_order_are_shown_and_told(cases, tmp_path):
    shown_in(tmp_path, cases, Perfect(OURS), Nothing("copy-paste"), Nothing("SPADE"),
             Nothing("SPADE, as published"))  # fmt: skip
    gallery = Gallery(tmp_path)
    gallery.keep(replace(gallery.get(Shown, OURS), dice=(0.5, 0.9, 0.1, 0.6)))
    names = (OURS, "copy-paste", "SPADE", "SPADE, as published")
    (plot,) = realism_pictures(found_in(tmp_path, *names))
    heads = [one.title.split(":")[0] for one in plot.rows]
    assert heads == [f"Best of {OURS}", f"Worst of {OURS}", "Case 1", "Case 4"]
    tiles = plot.rows[0].tiles
    assert [one.title for one in tiles] == [
        "true scar", "host, asked and found", OURS, "copy-paste", "SPADE",
    ]  # fmt: skip
    assert [one.row for one in tiles] == ["", "", OURS, "copy-paste", "SPADE"]
    assert tiles[2].words == "Dice 0.90"
    assert f"first {4} cases" in plot.words[0]
    assert "window 3, level 0" in plot.words[-1]
    host = pixels_of(replace(tiles[1], wish="", found=""), plot.side)
    assert np.array_equal(host, pixels_of(tiles[3], plot.side)), "the one that paints nothing"
    assert [name for name, _ in plot.rows[0].facts] == ["size"]
    told = Readings(tuple(replace(outcome(0.5), depth=f"depth {k}") for k in range(4)))
    Parts(tmp_path).keep(ALIGNMENT, OURS, told)
    (plot,) = realism_pictures(found_in(tmp_path, *names))
    depths = [dict(one.facts)["depth"] for one in plot.rows]
    assert depths == ["depth 1", "depth 2", "depth 0", "depth 3"]


def test_that_nothing_is_shown_of_a_run_that_kept_nothing(tmp_path):
    assert realism_pictures(found_in(tmp_path, OURS)) == ()
    assert privacy_pictures(found_in(tmp_path, OURS)) == ()
    without = replace(found_in(tmp_path, OURS), gallery=None)
    assert realism_pictures(without) == privacy_pictures(without) == ()


def test_that_a_copy_is_found_beside_the_slice_it_was_copied_from(cases, tmp_path):
    real = (cases.again, [one.original for one in cases.again])
    judge = load_bundle(folders=(write_bundle(tmp_path / "models"),)).judge
    trained = drive(trained_on(judge, real, 2, 6))

    def job():
        yield None
        return trained

    copies = [trained.known.pictures[k] for k in (4, 1, 5, 0)]
    near = drive(nearness(cases.placed, copies, trained))
    parts = Parts(tmp_path)
    parts.keep(PRIVACY, OURS, replace(near, limit=min(near.scores) / 2))
    some = keeping(cases, tmp_path, lambda name, task: copies, trained=job)
    drive(some.alike(Perfect(OURS)))
    kept = Gallery(tmp_path).get(Alike, OURS)
    assert kept.copies == 4
    assert list(kept.likeness) == sorted(kept.likeness, reverse=True)
    for picture, slice_ in zip(kept.pictures, kept.slices, strict=True):
        assert np.array_equal(picture, slice_), "an exact copy is most alike to its own slice"
    (plot,) = privacy_pictures(found_in(tmp_path, OURS))
    assert (
        plot.rows[0].title == "Called a copy, of all systems: 4 (3 shown, the most alike of each)"
    )
    assert len(plot.rows[0].tiles) == 6
    assert plot.together == 2


def alike(row, copies):
    planes = np.zeros((3, 128, 128), dtype=np.float32)
    likeness = (1.4, 0.9, 0.2) if copies else (0.8, 0.7, 0.2)
    part = np.ones((3, 128, 128), dtype=bool)
    return Alike(row, copies, likeness, (0.95, float("nan"), 0.1), planes, planes, part)


def test_that_where_nothing_is_flagged_the_most_alike_is_shown_and_said_so(tmp_path):
    gallery = Gallery(tmp_path)
    for one in (alike(EXACT, 3), alike(OURS, 0), alike("SPADE", 1), alike("copy-paste", 0)):
        gallery.keep(one)
    (plot,) = privacy_pictures(found_in(tmp_path, "copy-paste", "SPADE", OURS))
    flagged, quiet, planted = plot.rows
    assert flagged.title == "Called a copy, of all systems: 1"
    assert [one.row for one in flagged.tiles] == ["SPADE"] * 2
    assert "Nothing is called a copy" in quiet.title
    assert [one.title for one in quiet.tiles] == [
        OURS, "training slice", "copy-paste", "training slice",
    ]  # fmt: skip
    assert quiet.tiles[0].words == "likeness 0.800, r 0.95"
    assert {one.row for one in planted.tiles} == {""}, "what all are read against"
    assert planted.tiles[2].words == "likeness 0.900, by features"


def test_that_kept_pairs_are_a_study(cases, tmp_path):
    gallery = shown_in(tmp_path, cases, Perfect(OURS))
    pairs = kept_pairs(gallery.get(Shown, CEILING), gallery.get(Shown, OURS))
    write_pairs(tmp_path / "study", "pairs", pairs, 5)
    study = read_study(tmp_path)
    assert len(study.pictures) == 8
    for group in "1234":
        real, painted = sorted(
            (one for one in study.pictures if one.group == group), key=lambda one: one.synthetic
        )
        assert (real.synthetic, painted.synthetic) == (False, True)
        place = int(group) - 1
        assert np.array_equal(painted.picture, gallery.get(Shown, OURS).pictures[place])
        assert np.array_equal(painted.scar, cases.placed[place].wish)

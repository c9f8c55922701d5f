from __future__ import annotations

import pickle

import numpy as np
import pytest

from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import Job, Progress, drive
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.series import ORDER_DOUBTED, LgeSeries, SeriesSource, SliceOrder, SourceSlice
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.verdict import Grade

RING = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
CLOSED = SliceContours(endo=RING, epi=RING)
SOLID = SliceContours(endo=(), epi=RING)


@pytest.mark.parametrize(
    ("rings", "levels"), [(1, "B"), (2, "BM"), (3, "BMA"), (4, "BBMA"), (8, "BBBMMMAA")]
)
def test_that_rings_are_cut_into_thirds_and_the_first_gets_the_rest(rings, levels) -> None:
    stack = HeartContours((None, *[CLOSED] * rings, SOLID))
    named = {"B": Level.BASAL, "M": Level.MID, "A": Level.APICAL}
    found = [stack.level(i + 1) for i in range(rings)]
    assert found == [named[letter] for letter in levels]
    assert stack.level(rings + 1) is Level.APEX


def test_that_a_slice_without_contour_has_no_level() -> None:
    with pytest.raises(LgeSynthError, match="Slice 1"):
        HeartContours((None,)).level(0)


def test_that_a_sketch_names_its_slices_without_the_erased_ones() -> None:
    outline = ((0.0, 0.0), (30.0, 0.0), (30.0, 1.0))
    sketch = ScarSketch().adding(
        ScarRegion(outline, (4, 2)), ScarRegion(outline, (7,), Label.MYOCARDIUM)
    )
    assert sketch.slices() == (2, 4)


def test_that_errors_survive_the_way_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Refused("It is cut short.", "Copy it again.", "PIX-04")))
    assert str(error) == "It is cut short. Copy it again. (PIX-04)"


def test_that_the_hash_depends_on_values_type_and_shape_only() -> None:
    a = np.arange(12, dtype=np.int16).reshape(3, 4)
    assert content_hash(a) == content_hash(np.asfortranarray(a))
    assert content_hash(a) == content_hash(a.astype(">i2"))
    assert len({content_hash(x) for x in (a, a.T, a.astype(np.int32), a + 1)}) == 4


def test_that_a_series_keeps_its_pixels_from_being_changed() -> None:
    series = LgeSeries(np.zeros((2, 3, 4), np.int16), Geometry.plain((8, 1, 1)))
    with pytest.raises(ValueError, match="read-only"):
        series.pixels[0, 0, 0] = 1


def test_that_a_picture_without_slices_is_no_series() -> None:
    with pytest.raises(LgeSynthError, match="slices"):
        LgeSeries(np.zeros((3, 4), np.int16), Geometry.plain((8, 1, 1)))


def test_that_grades_rank_from_pass_to_not_judged() -> None:
    assert sorted(Grade, key=lambda g: g.severity)[0] is Grade.PASS
    assert Grade.BLOCKED.severity > Grade.FAIL.severity > Grade.CHECK.severity


def test_that_driving_a_job_reports_its_steps_and_returns_its_result() -> None:
    def job() -> Job:
        yield None
        yield Progress(1, 1, "done")
        return "result"

    seen: list[Progress] = []
    assert drive(job(), seen.append) == "result"
    assert seen == [Progress(1, 1, "done")]


def test_that_a_stack_turned_over_keeps_every_voxel_where_it_is() -> None:
    rng = np.random.default_rng(2)
    affine = np.eye(4)
    affine[:3] = rng.normal(0, 1, (3, 4)) + 3 * np.eye(3, 4)
    slices = tuple(SourceSlice("1.2", f"1.2.{i}") for i in range(5))
    series = LgeSeries(
        rng.integers(0, 99, (5, 3, 4)).astype(np.uint16),
        Geometry(affine, thickness_mm=7.0),
        source=SeriesSource("dicom", slices),
        notes=(f"{ORDER_DOUBTED} from the position of the slices.", "Another word."),
    )
    over = series.turned_over()
    assert over.order is SliceOrder.PERSON
    assert over.notes == ("Another word.",)
    assert over.source.slices == slices[::-1]
    for index in range(5):
        assert np.array_equal(over.pixels[index], series.pixels[4 - index])
        assert np.allclose(over.geometry.position(index), series.geometry.position(4 - index))
    assert over.turned_over().pixels_sha256 == series.pixels_sha256
    assert np.allclose(over.turned_over().geometry.affine, series.geometry.affine)

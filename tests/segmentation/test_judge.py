"""The judge's reading on the slice's own grid."""

import numpy as np
import pytest

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import find_model, models_of
from lgesynth_gui.segmentation import judge
from lgesynth_gui.segmentation.judge import judge_name, judge_series, read_slice, read_stack
from lgesynth_gui.segmentation.segmenter import load_segmenter
from tests.segmentation.readers import brightness_judge, untrained, write_reader

SHAPE, SPACING = (120, 130), (1.3, 1.4)
CENTRE = (92.0, 80.0)


def circle(radius, centre=CENTRE):
    t = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    x, y = centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)
    return tuple((float(a), float(b)) for a, b in zip(x, y, strict=True))


RING = SliceContours(circle(19), circle(28), accepted=True)
WALL = wall_of(RING, SHAPE, SPACING)


def scene(core=False, above=300.0):
    """Muscle 100, blood 500, background 0 to 600 in a ramp; scar `above` the middle grey."""
    image = np.tile(np.linspace(0, 600, SHAPE[1]), (SHAPE[0], 1))
    image[WALL.mask] = 100
    image[WALL.cavity] = 500
    scar = WALL.mask & (WALL.angle > 40) & (WALL.angle < 110)
    image[scar] = 300 + above / 2
    inside = scar & (WALL.angle > 60) & (WALL.angle < 90)
    if core:
        image[inside] = 590
    labels = np.zeros(SHAPE, np.uint8)
    labels[WALL.cavity], labels[WALL.mask], labels[scar] = 1, 2, 3
    if core:
        labels[inside] = 4
    return image, labels


def test_that_scar_is_found_where_it_is_on_the_slices_own_grid():
    image, labels = scene()
    found = read_slice(brightness_judge(), image, RING, SPACING)
    assert found.dtype == np.uint8
    assert dice(found == 3, labels == 3) > 0.85
    assert ((found == 1) == WALL.cavity).all()
    assert ((found >= 2) == WALL.mask).all()


def test_that_a_core_lies_inside_the_scar():
    image, labels = scene(core=True)
    found = read_slice(brightness_judge(), image, RING, SPACING)
    assert dice(found == 4, labels == 4) > 0.8
    assert dice(found >= 3, labels >= 3) > 0.9


def test_that_the_hosts_scale_is_used_not_the_results():
    """What is painted brighter than all else must not darken the rest in the judge's eyes."""
    host, labels = scene()
    painted = host.copy()
    painted[:30] = 6000.0
    own = read_slice(brightness_judge(), painted, RING, SPACING)
    scaled = read_slice(brightness_judge(), painted, RING, SPACING, host)
    assert not (own == 3).any()
    assert (scaled == read_slice(brightness_judge(), host, RING, SPACING)).all()
    assert dice(scaled == 3, labels == 3) > 0.85


def test_that_the_threshold_is_the_cards():
    image, _ = scene(above=150)
    areas = [
        (read_slice(brightness_judge(threshold, steepness=3), image, RING, SPACING) == 3).sum()
        for threshold in (0.05, 0.6, 0.9)
    ]
    assert areas[0] > areas[1] > areas[2] == 0


def test_that_scar_at_the_walls_rim_is_not_lost():
    """A whole-wall scar is read as the whole wall, though nothing is read outside it."""
    image, _ = scene()
    image[WALL.mask] = 450
    found = read_slice(brightness_judge(), image, RING, SPACING)
    assert (found[WALL.mask] >= 3).mean() > 0.97


def stack():
    image, _ = scene()
    pixels = np.stack([image, image[:, ::-1], image + 20, image])
    return pixels.astype(np.float32), HeartContours((RING, None, RING, RING))


def test_that_only_the_asked_slices_are_read():
    pixels, heart = stack()
    found = read_stack(brightness_judge(), pixels, heart, (8, *SPACING), (0, 3))
    assert [bool(one.any()) for one in found] == [True, False, False, True]
    assert (found[0] == read_slice(brightness_judge(), pixels[0], RING, SPACING)).all()


def test_that_a_slice_is_read_the_same_alone_and_again():
    pixels, heart = stack()
    segmenter = untrained()
    together = read_stack(segmenter, pixels, heart, (8, *SPACING), (0, 2, 3))
    for index in (0, 2, 3):
        alone = read_stack(segmenter, pixels, heart, (8, *SPACING), (index,))
        assert (alone[index] == together[index]).all()
    assert (read_stack(segmenter, pixels, heart, (8, *SPACING), (0, 2, 3)) == together).all()


def test_that_a_slice_without_contours_cannot_be_judged():
    pixels, heart = stack()
    for index in (1, 4):
        with pytest.raises(LgeSynthError, match=f"Slice {index + 1} has no heart contour"):
            read_stack(brightness_judge(), pixels, heart, (8, *SPACING), (index,))


@pytest.mark.parametrize("value", [0.0, 700.0])
def test_that_a_constant_picture_cannot_be_judged(value):
    with pytest.raises(LgeSynthError, match="no contrast"):
        read_slice(brightness_judge(), np.full(SHAPE, value), RING, SPACING)


def test_that_an_apex_without_a_cavity_can_be_judged():
    image, _ = scene()
    tip = SliceContours((), circle(12))
    found = read_slice(brightness_judge(), image, tip, SPACING)
    assert not (found == 1).any()
    assert (found >= 2).any()


def series_of(pixels):
    return LgeSeries(pixels, Geometry.plain((8.0, *SPACING)))


def test_that_the_job_returns_labels_and_the_judges_name(tmp_path, monkeypatch):
    card = write_reader(tmp_path)
    monkeypatch.setattr(judge, "models_of", lambda role: models_of(role, [tmp_path]))
    monkeypatch.setattr(
        judge, "load_segmenter", lambda card, device: load_segmenter(card, device, [tmp_path])
    )
    pixels, heart = stack()
    labels, name = drive(judge_series(series_of(pixels), heart, (0, 2)))
    segmenter = load_segmenter(card, folders=[tmp_path])
    assert name == judge_name(segmenter) == "judge 1.0.0"
    assert (labels == read_stack(segmenter, pixels, heart, (8, *SPACING), (0, 2))).all()


def test_that_without_a_judge_there_is_no_answer(monkeypatch):
    monkeypatch.setattr(judge, "models_of", lambda role: ())
    pixels, heart = stack()
    assert drive(judge_series(series_of(pixels), heart, (0,))) == (None, "")


@pytest.mark.skipif(not models_of("judge"), reason="no judge here")
def test_that_the_bundled_judge_finds_the_scar_of_a_simulated_study():
    study = make_study(
        np.random.default_rng(22), n_slices=8, pattern="ischaemic_transmural", matrix=(144, 144)
    )
    slices = [i for i in range(8) if (study.labels[i] >= 3).sum() * 1.96 > 200]
    segmenter = load_segmenter(find_model(models_of("judge")[0].id))
    series = study.series
    found = read_stack(segmenter, series.pixels, study.contours, series.spacing, slices)
    assert dice(found[slices] >= 3, study.labels[slices] >= 3) > 0.7
    healthy = [i for i in study.contours.outlined() if not (study.labels[i] >= 3).any()]
    clean = read_stack(segmenter, series.pixels, study.contours, series.spacing, healthy)
    assert (clean >= 3).sum() * 1.96 < 20 * max(1, len(healthy))

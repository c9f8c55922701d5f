"""Contours for whole stacks: drawn ones, simulated ones, and real scans where they are at hand."""

import itertools
import time
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

from lgesynth_gui.anatomy.wall import wall_of
from lgesynth_gui.cli import hosts
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import models_of
from lgesynth_gui.segmentation import segment
from lgesynth_gui.segmentation.segment import find_contours, propose_contours
from tests.segmentation.readers import brightness_contours, drawn_stack

REAL = Path(__file__).parents[3] / "shared" / "data" / "emidec_dev"
needs_network = pytest.mark.skipif(not models_of("contours"), reason="no contour network here")


def agreement(heart, labels, series):
    """Dice of (cavity, wall) of every outlined slice."""
    found = {}
    for index in heart.outlined():
        wall = wall_of(heart.slices[index], series.shape[1:], series.spacing[1:])
        cavity = dice(wall.cavity, labels[index] == 1)
        found[index] = (cavity, dice(wall.mask, labels[index] >= 2))
    return found


@pytest.fixture(scope="module")
def drawn():
    series, labels = drawn_stack()
    return series, labels, drive(find_contours(brightness_contours(), series))


def test_that_every_slice_of_a_drifting_heart_is_outlined(drawn):
    series, labels, heart = drawn
    found = agreement(heart, labels, series)
    assert heart.outlined() == tuple(range(6))
    assert min(min(pair) for pair in found.values()) > 0.94


def test_that_proposals_are_never_accepted(drawn):
    assert not any(one.accepted for one in drawn[2].slices)


def test_that_the_right_ventricle_gives_insertions_and_centre(drawn):
    series, labels, heart = drawn
    for index, one in enumerate(heart.slices):
        rows, columns = np.nonzero(labels[index])
        x, y = columns.mean() * series.spacing[2], rows.mean() * series.spacing[1]
        assert one.rv_centroid[0] < x - 20
        assert one.rv_anterior[0] < x
        assert one.rv_anterior[1] < y < one.rv_inferior[1]


def test_that_a_mirrored_file_swaps_the_insertions(monkeypatch):
    series, _ = drawn_stack(slices=3)
    flipped = LgeSeries(np.ascontiguousarray(series.pixels[:, :, ::-1]), series.geometry)
    monkeypatch.setattr(segment, "pose_of", lambda geometry: segment.Pose(0, True))
    heart = drive(find_contours(brightness_contours(upright_only=True), flipped))
    assert len(heart.outlined()) == 3
    for one in heart.slices:
        assert one.rv_centroid[0] > np.mean([x for x, _ in one.epi])
        assert one.rv_anterior[1] < one.rv_inferior[1]


def test_that_slices_without_a_ring_stay_without_contours():
    series, _ = drawn_stack(slices=7)
    pixels = series.pixels.copy()
    pixels[0] = pixels[0, :1, :1]  # black: no contrast at all
    pixels[6] = np.random.default_rng(1).normal(300, 60, pixels[6].shape)
    heart = drive(find_contours(brightness_contours(), LgeSeries(pixels, series.geometry)))
    assert heart.outlined() == (1, 2, 3, 4, 5)


def test_that_a_ring_away_from_the_others_is_not_the_heart():
    """In one slice the heart is missing and a look-alike lies 30 mm from its place."""
    series, labels = drawn_stack(slices=7, drift=(0, 0))
    other, _ = drawn_stack(slices=7, start=(112 + 30, 104), drift=(0, 0))
    pixels = series.pixels.copy()
    pixels[5] = other.pixels[5]
    mixed = LgeSeries(pixels, series.geometry)
    heart = drive(find_contours(brightness_contours(), mixed))
    assert heart.outlined() == (0, 1, 2, 3, 4, 6)
    assert min(min(pair) for pair in agreement(heart, labels, mixed).values()) > 0.94


def test_that_pictures_without_a_heart_give_no_contours():
    noise = np.random.default_rng(0).normal(500, 80, (5, 100, 90)).astype(np.float32)
    for pixels in (noise, np.zeros_like(noise), noise[:1]):
        series = LgeSeries(pixels, Geometry.plain((10, 1.5, 1.5)))
        heart = drive(find_contours(brightness_contours(), series))
        assert heart.slices == (None,) * len(pixels)


def test_that_a_single_slice_is_enough():
    series, labels = drawn_stack(slices=1)
    heart = drive(find_contours(brightness_contours(), series))
    assert min(agreement(heart, labels, series)[0]) > 0.94


def test_that_the_units_of_the_values_do_not_matter(drawn):
    series, _, heart = drawn
    scaled = LgeSeries(series.pixels * np.float32(0.01) - 40, series.geometry)
    again = drive(find_contours(brightness_contours(), scaled))
    for one, other in zip(heart.slices, again.slices, strict=True):
        assert np.allclose(one.epi, other.epi, atol=0.1)


def test_that_the_same_stack_gives_the_same_contours(drawn):
    series, _, heart = drawn
    assert drive(find_contours(brightness_contours(), series)) == heart


def test_that_the_job_may_be_stopped_at_any_step_and_says_how_far_it_is():
    series, _ = drawn_stack(slices=2)
    job = find_contours(brightness_contours(), series)
    steps, gaps, last = [], [], time.perf_counter()
    for step in itertools.islice(job, 10_000):
        gaps.append(time.perf_counter() - last)
        steps.append(step)
        last = time.perf_counter()
    told = [one for one in steps if one is not None]
    assert all(isinstance(one, Progress) for one in told)
    assert told[-1].done == told[-1].total == 2
    assert np.median(gaps) < 0.5
    stopped = find_contours(brightness_contours(), series)
    next(stopped)
    stopped.close()


def test_that_without_a_network_the_user_is_told_to_draw(monkeypatch):
    monkeypatch.setattr(segment, "models_of", lambda role: ())
    series, _ = drawn_stack(slices=1)
    with pytest.raises(LgeSynthError, match=r"Draw the contours"):
        drive(propose_contours(series))


def test_that_the_name_the_window_asks_for_is_this_job():
    assert resolve_name(hosts.PROPOSE) is propose_contours


@needs_network
def test_that_the_bundled_network_outlines_a_simulated_study():
    study = make_study(
        np.random.default_rng(11), n_slices=8, pattern="any", matrix=(136, 128), spacing=1.5
    )
    heart = drive(propose_contours(study.series))
    found = agreement(heart, study.labels, study.series)
    closed = [i for i, one in enumerate(study.contours.slices) if one is not None and one.endo]
    assert len(set(closed) & set(found)) >= len(closed) - 1
    cavity, wall = np.mean([found[index] for index in closed if index in found], axis=0)
    assert cavity > 0.9
    assert wall > 0.8


@needs_network
@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real scans are not beside this checkout")
def test_that_the_bundled_network_outlines_a_real_scan():
    """Never trained on a patient; labels of EMIDEC (Data 2020;5(4):89), spacing its median."""
    with np.load(REAL / "Case_N041.npz") as stored:
        pixels, labels = (stored[key].transpose(2, 1, 0) for key in ("image", "mask"))
    series = LgeSeries(np.ascontiguousarray(pixels), Geometry.plain((10.0, 1.458, 1.458)))
    found = agreement(drive(propose_contours(series)), labels, series)
    assert len(found) >= 6
    cavity, wall = np.mean(list(found.values()), axis=0)
    assert cavity > 0.85
    assert wall > 0.75

"""Slices for the networks that read: kept once, varied without ever losing their labels."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.core.labels import Label
from lgesynth_gui.phantom.stream import slice_at
from lgesynth_gui.segmentation.crop import limits, normalise
from lgesynth_gui.training.reader_data import (
    RIGHT_VENTRICLE,
    SlicePool,
    Variation,
    batch_of,
    draw_batch,
    facts,
    make_slice_pool,
)

STILL = Variation(
    field=96, rotation=0, scale=1, shift=0, contrast=0, brightness=0, gamma=1, shading=0,
    noise=0, blur=0, wall_shift=0, wall_scale=0,
)  # fmt: skip


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return drive(make_slice_pool(tmp_path_factory.mktemp("data") / "p.npz", "test", 3, 6))


def test_that_a_pool_is_the_streams_slices_normalised_by_their_healthy_host(pool):
    for index in range(3):
        one = slice_at("test", 3, index)
        wanted = normalise(one.image, limits(one.clean))[0]
        assert np.allclose(pool.images[index], wanted, atol=2e-3)
        heart = pool.labels[index] != RIGHT_VENTRICLE
        assert (pool.labels[index][heart] == one.labels[heart]).all()
        assert ((pool.labels[index] == RIGHT_VENTRICLE) <= one.rv).all()
    assert pool.images.dtype == np.float16
    assert len(pool) == 6
    assert pool.scarred.sum() == sum(
        (one >= 3).any() & ((one == 3) | (one == 4)).any() for one in pool.labels
    )


def test_that_a_kept_pool_is_read_not_drawn_again(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "p.npz"
    steps = list(make_slice_pool(path, "judge", 1, 2))
    assert [one.done for one in steps if isinstance(one, Progress)] == [1, 2]
    monkeypatch.setattr("lgesynth_gui.training.reader_data.slices", None)
    again = drive(make_slice_pool(path, "judge", 1, 2))
    assert len(again) == 2


def test_that_an_interrupted_drawing_leaves_nothing(tmp_path):
    job = make_slice_pool(tmp_path / "p.npz", "judge", 1, 3)
    next(job)
    job.close()
    assert list(tmp_path.iterdir()) == []


def test_that_without_variation_a_slice_is_its_own_middle(pool):
    batch = draw_batch(pool, np.array([4, 0]), STILL, np.random.default_rng(0))
    for row, index in enumerate((4, 0)):
        middle = (slice(16, 112), slice(16, 112))
        assert np.allclose(batch.image[row, 0], pool.images[index][middle], atol=1e-3)
        assert (batch.labels[row, 0].numpy() == pool.labels[index][middle]).all()
        wall = (pool.labels[index][middle] >= 2) & (pool.labels[index][middle] <= 4)
        assert (batch.wall[row, 0].numpy() == wall).all()


def test_that_the_generator_alone_decides(pool):
    picked = np.array([0, 1, 2])
    first, second = (
        draw_batch(pool, picked, Variation(), np.random.default_rng(5)) for _ in range(2)
    )
    other = draw_batch(pool, picked, Variation(), np.random.default_rng(6))
    for name in ("image", "labels", "wall"):
        assert torch.equal(getattr(first, name), getattr(second, name))
    assert not torch.equal(first.image, other.image)
    state = torch.get_rng_state()
    draw_batch(pool, picked, Variation(), np.random.default_rng(5))
    assert torch.equal(state, torch.get_rng_state())


def test_that_labels_move_with_the_picture():
    """A picture that shows its own labels still does after any turn, stretch, shift and bend."""
    y, x = np.mgrid[:128, :128]
    radius = np.hypot(x - 70, y - 60)
    labels = np.where(radius < 18, 1, np.where(radius < 28, 2, 0)).astype(np.uint8)
    labels[(labels == 2) & (x > 75)] = 3
    own = SlicePool((labels / 2 - 1)[None].astype(np.float16), labels[None])
    for moved in (replace(STILL, rotation=180, scale=1.3, shift=6), replace(STILL, bend=2.0)):
        batch = draw_batch(own, np.zeros(8, int), moved, np.random.default_rng(1))
        shown = ((batch.image + 1) * 2).round()
        assert (shown == batch.labels).float().mean() > 0.97
        assert {int(v) for v in batch.labels.unique()} == {0, 1, 2, 3}


def test_that_a_bend_moves_places_by_about_its_deviation_and_smoothly():
    _, x = np.mgrid[:128, :128].astype(np.float16)
    ramp = SlicePool((x / 64 - 1)[None].astype(np.float16), np.zeros((1, 128, 128), np.uint8))
    bent = replace(STILL, bend=2.0)
    batch = draw_batch(ramp, np.zeros(40, int), bent, np.random.default_rng(2))
    still = draw_batch(ramp, np.zeros(1, int), STILL, np.random.default_rng(2))
    moved = (batch.image - still.image)[:, 0] * 64
    assert 1.0 < moved.std() < 2.5
    assert (moved[:, :, 1:] - moved[:, :, :-1]).abs().mean() < 0.2


def test_that_pictures_stay_in_their_range_and_finite(pool):
    wild = Variation(contrast=0.9, brightness=0.9, gamma=3, shading=0.6, noise=1, blur=2)
    for seed in range(4):
        batch = draw_batch(pool, np.arange(6), wild, np.random.default_rng(seed))
        assert torch.isfinite(batch.image).all()
        assert batch.image.min() >= -1.5
        assert batch.image.max() <= 2


def test_that_intensity_changes_no_label(pool):
    loud = replace(STILL, contrast=0.5, brightness=0.5, gamma=2, noise=0.5, shading=0.3, blur=1)
    still = draw_batch(pool, np.arange(6), STILL, np.random.default_rng(2))
    loudly = draw_batch(pool, np.arange(6), loud, np.random.default_rng(2))
    assert torch.equal(still.labels, loudly.labels)
    assert not torch.equal(still.image, loudly.image)


def test_that_handed_contours_are_wrong_by_no_more_than_they_may_be(pool):
    wrong = replace(STILL, wall_shift=0.8, wall_scale=0.03)
    overlaps = []
    for seed in range(6):
        batch = draw_batch(pool, np.arange(6), wrong, np.random.default_rng(seed))
        true = ((batch.labels >= 2) & (batch.labels <= 4)).float()
        both = (batch.wall * true).sum((1, 2, 3))
        overlaps += (2 * both / (batch.wall.sum((1, 2, 3)) + true.sum((1, 2, 3)))).tolist()
    assert min(overlaps) > 0.75
    assert 0.2 < np.mean(np.array(overlaps) > 0.999) < 0.8  # half of them are exact


def test_that_gentler_variation_is_gentler():
    half = Variation().gentler(0.5)
    assert half.noise == Variation().noise / 2
    assert half.gamma == pytest.approx(1 + (Variation().gamma - 1) / 2)
    assert (half.rotation, half.shift) == (Variation().rotation, Variation().shift)
    still = Variation().gentler(0)
    assert (still.contrast, still.shading, still.gamma) == (0, 0, 1)


def test_that_parts_share_no_slice(pool):
    first, second = pool.part(0, 4), pool.part(4, 6)
    assert len(first) + len(second) == len(pool)
    assert (np.concatenate([first.labels, second.labels]) == pool.labels).all()
    assert facts(first) == {"slices": 4, "with_scar": int(first.scarred.sum())}


def test_that_a_batch_in_order_is_the_pool_itself(pool):
    batch = batch_of(pool, 1, 4)
    assert np.allclose(batch.image[:, 0], pool.images[1:4])
    assert (batch.labels[:, 0].numpy() == pool.labels[1:4]).all()
    inside = (pool.labels[1:4] >= Label.MYOCARDIUM) & (pool.labels[1:4] <= Label.NO_REFLOW)
    assert (batch.wall[:, 0].numpy() == inside).all()

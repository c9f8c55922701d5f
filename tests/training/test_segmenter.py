"""Stages of the networks that read: what they draw, lower, measure and write."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.quality.interval import wilson
from lgesynth_gui.quality.overlap import dice
from lgesynth_gui.registry.cards import Architecture, card_in, verify
from lgesynth_gui.segmentation.segmenter import load_segmenter, read_scar
from lgesynth_gui.training.loop import LoopOptions, train
from lgesynth_gui.training.reader_data import SlicePool, Variation
from lgesynth_gui.training.segmenter import (
    THRESHOLDS,
    ContourReader,
    ReaderPools,
    Recipe,
    ScarReader,
    reader_stage,
)

SMALL = Architecture(name="unet", numbers={"inputs": 2, "outputs": 2, "channels": (8, 16)})
ANATOMY = Architecture(name="unet", numbers={"inputs": 1, "outputs": 4, "channels": (8, 16)})


def drawn_pool(count, seed=0, scarred=0.7):
    """Rings whose scar is simply bright: learnable within seconds."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:128, :128]
    images, labels = [], []
    for index in range(count):
        cx, cy = 63.5 + rng.uniform(-3, 3, 2)
        radius = np.hypot(x - cx, y - cy)
        angle = np.rad2deg(np.arctan2(cy - y, x - cx)) % 360
        label = np.where(radius < 18, 1, np.where(radius < 28, 2, 0))
        label[(np.hypot(x - cx + 25, y - cy) < 22) & (label == 0)] = 5
        if index < scarred * count:
            start = rng.uniform(0, 300)
            arc = (label == 2) & (angle > start) & (angle < start + rng.uniform(20, 60))
            label[arc] = 3
        image = np.choose(label, [-0.2, 0.6, -0.9, 0.9, -0.9, 0.5]) + rng.normal(0, 0.1, x.shape)
        images.append(image.astype(np.float16))
        labels.append(label.astype(np.uint8))
    order = rng.permutation(count)
    return SlicePool(np.stack(images)[order], np.stack(labels)[order])


@pytest.fixture(scope="module")
def pools():
    return ReaderPools(drawn_pool(24), drawn_pool(10, 1), drawn_pool(12, 2))


def stage_of(pools, role="reward", **changes):
    base = Recipe("tiny", "A test", role, ANATOMY if role == "contours" else SMALL, "test", 7)
    return reader_stage(replace(base, batch=4, **changes), pools)


OPTIONS = LoopOptions(
    steps=24, learning_rate=0.01, warmup=2, ema=0.5, bf16=False, evaluate_every=12, log_every=6
)


@pytest.mark.parametrize("role", ["reward", "judge", "contours"])
def test_that_a_role_has_its_stage(pools, role):
    stage = stage_of(pools, role)
    assert isinstance(stage, ContourReader if role == "contours" else ScarReader)


def test_that_the_same_seed_gives_the_same_fresh_weights_and_leaves_torch_alone(pools):
    state = torch.get_rng_state()
    first, second, other = (stage_of(pools, weights_seed=seed) for seed in (1, 1, 2))
    assert torch.equal(state, torch.get_rng_state())
    pairs = zip(first.network.parameters(), second.network.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not torch.equal(next(first.network.parameters()), next(other.network.parameters()))


def test_that_a_batch_holds_both_kinds_of_slices(pools):
    stage = stage_of(pools, scarred=0.5)
    for seed in range(10):
        labels = stage.batch(np.random.default_rng(seed)).labels
        shown = [bool(((one == 3) | (one == 4)).any()) for one in labels]
        assert 1 <= sum(shown) <= 3


@pytest.mark.parametrize("scarred", [0.0, 1.0])
def test_that_a_pool_of_one_kind_still_gives_batches(scarred):
    pool = drawn_pool(5, scarred=scarred)
    stage = stage_of(ReaderPools(pool, pool, pool))
    assert stage.batch(np.random.default_rng(0)).image.shape == (4, 1, 96, 96)


def test_that_training_finds_the_scar_and_writes_an_honest_card(pools, tmp_path):
    stage = stage_of(pools, "judge")
    untrained = stage.evaluate(0).figures["dice_all"]
    folder = drive(train(stage, tmp_path / "run", OPTIONS))
    card = card_in(folder / "tiny" / "1.0.0")
    verify(card, [folder], full=True)
    assert card.role == "judge"
    assert card.threshold in THRESHOLDS
    assert (card.trained_on.stream, card.trained_on.seed) == ("test", 7)
    assert (card.trained_on.slices, card.trained_on.batch) == (24, 4)
    assert card.trained_on.patients == 0

    segmenter = load_segmenter(card, folders=[folder])
    pool = pools.test
    wall = (pool.labels >= 2) & (pool.labels <= 4)
    read = read_scar(segmenter, pool.images.astype(np.float32), wall) > card.threshold
    truth = (pool.labels == 3) | (pool.labels == 4)
    scarred = truth.any(axis=(1, 2))
    values = [dice(t, r) for t, r in zip(truth[scarred], read[scarred], strict=True)]
    told = {one.name: one for one in card.metrics}
    assert told["Dice, all scars"].value == pytest.approx(np.mean(values), abs=0.01)
    assert told["Dice, all scars"].n == scarred.sum()
    assert np.mean(values) > max(0.7, untrained)
    passed = told["Share of scars with Dice > 0.6"]
    hits = sum(value > 0.6 for value in values)
    assert (passed.low, passed.high) == pytest.approx(wilson(hits, len(values)), abs=1e-4)
    alarms = told["Share of healthy slices with >= 20 mm2 called scar"]
    assert alarms.n == (~scarred).sum()


def test_that_the_contour_network_learns_cavity_wall_and_right_ventricle(pools):
    stage = stage_of(pools, "contours", variation=Variation().gentler(0.3))
    optimiser = torch.optim.Adam(stage.network.parameters(), 0.01)
    rng = np.random.default_rng(0)
    losses = []
    for step in range(24):
        loss, parts = stage.loss(stage.batch(rng), torch.Generator(), step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        assert parts["anatomy"] == loss.item()
    assert np.mean(losses[-4:]) < 0.7 * np.mean(losses[:4])
    names = [one.name for one in stage.measure()]
    assert names == ["Dice, cavity", "Dice, wall", "Dice, right ventricle"]


def test_that_only_a_better_evaluation_is_the_best(pools):
    stage = stage_of(pools)
    assert stage.evaluate(0).best
    assert not stage.evaluate(1).best


def test_that_the_loss_looks_near_the_wall_alone(pools):
    """What the phantom draws far from the heart teaches nothing."""
    stage = stage_of(pools)
    batch = stage.batch(np.random.default_rng(3))
    far = torch.nn.functional.max_pool2d(batch.wall, 41, stride=1, padding=20) == 0
    other = replace(batch, image=torch.where(far, batch.image + 1, batch.image))
    values = [stage.loss(one, torch.Generator(), 0)[0].item() for one in (batch, other)]
    assert far.any()
    assert values[0] == pytest.approx(values[1], rel=1e-3)

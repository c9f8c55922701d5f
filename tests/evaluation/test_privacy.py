"""Planted copies are found; a model that learned four slices by heart is flagged, others not."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.files import plain
from lgesynth_gui.evaluation.membership import attack
from lgesynth_gui.evaluation.privacy import (
    BLOCKS,
    EXACT,
    FOUND,
    NOISY,
    Share,
    copies_in,
    measure_privacy,
    probes_of,
)
from lgesynth_gui.evaluation.resemblance import Scale, known_slices
from lgesynth_gui.evaluation.systems import composite
from lgesynth_gui.io.contours import slice_values
from lgesynth_gui.phantom.stream import slices
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.registry.packages import memorised
from lgesynth_gui.segmentation.segmenter import load_segmenter
from lgesynth_gui.synthesis.holes import wall_mask
from lgesynth_gui.synthesis.models import load_bundle
from lgesynth_gui.training.data import Batches, Pool, draw_chunk
from lgesynth_gui.training.generator import control_stage
from lgesynth_gui.training.local_pool import LocalPool
from lgesynth_gui.training.split import Split
from lgesynth_gui.training.tune import WATCH, distinct
from tests.synthesis.tiny import write_bundle

TRAINED, HELD = 4, 10


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def pool():
    """Slices of the phantom as if they were read from scans, each of another patient."""
    drawn = list(itertools.islice(slices("generator", 5, None), 60))
    rows = draw_chunk("generator", 5, 60)
    scarred = np.flatnonzero((rows["labels"] >= 3).sum(axis=(1, 2)) > 40)[: TRAINED + HELD]
    told = [
        json.dumps(slice_values(replace(drawn[k].contours, level=drawn[k].level))) for k in scarred
    ]
    return LocalPool(
        Pool(**{name: value[scarred] for name, value in rows.items()}),
        np.array([f"case {k:02d}" for k in range(len(scarred))]),
        np.zeros(len(scarred), np.int32),
        np.array(told),
    )


@pytest.fixture(scope="module")
def split():
    names = [f"case {k:02d}" for k in range(TRAINED + HELD)]
    return Split(
        tuple(names[:TRAINED]), (), tuple(names[TRAINED:]),
        {one: one.replace("case", "patient") for one in names}, {one: one for one in names},
    )  # fmt: skip


@pytest.fixture(scope="module")
def known(pool, models):
    """Slices that were trained on; the reader is the bundled judge."""
    part = pool.pool
    walls = np.stack([wall_mask(one) for one in part.labels[:TRAINED]])
    return drive(known_slices(part.pictures[:TRAINED], walls, load_segmenter("judge")))


@pytest.fixture(scope="module")
def cases(pool, split):
    held = pool.part(split.held_out)
    return drive(probes_of(held, list(held.cases), 40, 3))


def test_that_planted_copies_are_found(cases, known):
    assert len(cases) == 40
    assert len({case.seed for case in cases}) == 40
    hosts = [case.conditions.host for case in cases]
    found = drive(copies_in(cases, {"hosts": hosts}, known))
    assert found[EXACT].mean() >= FOUND
    assert found[NOISY].mean() >= FOUND
    assert found["hosts"].sum() <= 1  # they set the limit


def test_that_a_painter_who_returns_training_slices_is_told_from_one_who_does_not(cases, known):
    pictures = {"copies": [], "others": []}
    fresh = draw_chunk("test", 8, len(cases))["pictures"]
    for k, case in enumerate(cases):
        host = case.conditions.host
        mirrored = known.pictures[k % TRAINED][:, ::-1] * 0.8 + 0.1
        pictures["copies"].append(composite(host, mirrored, case.holes))
        pictures["others"].append(composite(host, fresh[k].astype(np.float32), case.holes))
    found = drive(copies_in(cases, pictures, known))
    assert found["copies"].mean() >= FOUND  # mirrored and paler: still copies
    assert found["others"].mean() <= 0.1


def test_that_a_model_that_learned_four_slices_by_heart_is_flagged(pool, split, models):
    before = load_bundle("controlnet", "cpu", (models,))
    train = pool.part(split.train).pool
    stage = control_stage(Batches(train, 4, WATCH), (models,), start="controlnet")
    items, noise = distinct(train, TRAINED, 0), torch.Generator("cpu").manual_seed(0)
    network = stage.denoiser.requires_grad_(True).train()
    optimiser = torch.optim.AdamW(network.parameters(), 4e-3, weight_decay=0)
    for step in range(100):
        loss, _ = stage.loss(items, noise, step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    after = replace(before, denoiser=network.eval().requires_grad_(False))
    found = drive(measure_privacy(pool, split, before, after, 8))
    assert found.membership.value > BLOCKS
    assert found.blocked
    assert "must not be shared" in found.words


def test_that_an_untouched_model_is_not_flagged(pool, split, models):
    bundle = load_bundle("controlnet", "cpu", (models,))
    found = drive(measure_privacy(pool, split, bundle, bundle, 8, 2))
    assert found.membership.value == 0.5
    assert found.p_start == 1
    assert not found.blocked
    assert found.words.startswith("No sign")
    assert "fewer than the 500" in found.words
    assert json.loads(json.dumps(plain(found)))["patients"] == TRAINED
    assert (found.slices, found.held_out, found.copies.n) == (TRAINED, 8, 8)
    card = find_model("controlnet", (models,)).model_copy(update={"metrics": found.metrics()})
    told = memorised(card)
    assert "copy a training slice" in told
    assert "membership attack" in told
    sure = replace(found, copies=Share(30, 500, 0.06, 0.04, 0.08), p_usual=1e-9)
    assert not sure.blocked  # the model before does it as often
    assert "hearts of 8 patients and count as if" in sure.words
    assert "count as if" not in found.words  # one a patient
    assert replace(sure, p_start=1e-6).blocked
    between = replace(found, membership=replace(found.membership, value=0.65))
    assert not between.blocked
    assert "to some degree" in between.words
    with pytest.raises(LgeSynthError, match="no slices to compare"):
        drive(measure_privacy(pool, replace(split, held_out=()), bundle, bundle, 8))


def test_that_the_attack_is_drawn_over_patients():
    rng = np.random.default_rng(0)
    member, other = rng.normal(1.5, 1, 40), rng.normal(0, 1, 40)
    each, few = [str(k) for k in range(40)], [str(k // 10) for k in range(40)]
    sure = attack(member, other, (each, each), 0)
    assert 0.6 < sure.low < sure.value < sure.high < 0.99
    shifted = member + np.repeat(rng.normal(0, 2, 4), 10)
    loose = attack(shifted, other, (few, few), 0)
    assert loose.high - loose.low > sure.high - sure.low
    assert attack(other, other, (each, each), 0).value == 0.5


def test_that_small_parts_are_not_called_copies_because_they_are_small():
    rng = np.random.default_rng(0)
    sizes = rng.uniform(100, 3000, 400)
    views = -np.log(sizes)[:, None] + rng.normal(0, 0.1, (400, 3))
    scale = Scale.of(views, sizes)
    above = scale.scores(views, sizes) > scale.limit
    assert above.mean() == pytest.approx(0.01, abs=0.003)
    assert scale.scores(views + 1, sizes).min() > scale.limit
    assert abs(np.corrcoef(scale.scores(views, sizes), sizes)[0, 1]) < 0.15

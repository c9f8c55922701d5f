"""Nearness to training slices, with slices that are drawn again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.membership import looks_easy
from lgesynth_gui.evaluation.nearest import copied, nearness, trained_on
from lgesynth_gui.synthesis.models import load_bundle
from lgesynth_gui.training.data import draw_chunk, draw_pool
from tests.evaluation.painters import again
from tests.synthesis.tiny import write_bundle


def test_that_training_slices_are_drawn_as_they_were() -> None:
    pool, chunk = drive(draw_pool("generator", 0, 2)), draw_chunk("generator", 0, 2)
    assert all((getattr(pool, name) == rows).all() for name, rows in chunk.items())
    assert len(pool.first(1)) == 1


def test_that_planted_copies_are_nearer_than_true_scars(tmp_path: Path) -> None:
    bundle = load_bundle(folders=(write_bundle(tmp_path),))
    assert bundle.judge is not None
    cases = again(4)
    hosts = [case.conditions.host for case in cases]
    trained = drive(trained_on(bundle.judge, (cases, hosts), 0, 3))
    exact, noisy = drive(copied(cases, trained, 0))
    own = drive(nearness(cases, hosts, trained))
    assert min(exact.scores) > max(own.scores)
    assert min(noisy.scores) > np.median(own.scores)
    assert all(a <= b for a, b in zip(own.nearest, own.second, strict=True))
    assert {one.name for one in own.figures()} == {
        "copies", "likeness over limit", "nearest distance", "nearest to second",
    }  # fmt: skip
    losses = drive(looks_easy(trained.pool, bundle, 1))
    assert losses.shape == (3,)
    assert (losses == drive(looks_easy(trained.pool, bundle, 1))).all()

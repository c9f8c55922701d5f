from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.systems import CHANNELS, Diffusion, composite
from lgesynth_gui.synthesis.models import load_bundle
from tests.evaluation.painters import placed
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(folders=(write_bundle(tmp_path_factory.mktemp("models")),))


@pytest.fixture(scope="module")
def cases():
    return placed(3)


def painted(system, cases):
    told = ([c.conditions for c in cases], [c.holes for c in cases], [c.seed for c in cases])
    return drive(system.paint(*told))


def test_that_a_composited_picture_is_the_hosts_beyond_the_feather(bundle, cases):
    pictures = painted(Diffusion("a", bundle, steps=2), cases)
    assert pictures.shape == (3, 128, 128)
    assert pictures.dtype == np.float32
    for case, picture in zip(cases, pictures, strict=True):
        rows, columns = np.nonzero(case.holes.model)
        y, x = np.indices(picture.shape)
        far = np.min([np.hypot(y - r, x - c) for r, c in zip(rows, columns, strict=True)], axis=0)
        assert (picture[far >= 3] == case.conditions.host[far >= 3]).all()
        assert (picture[far == 0] != case.conditions.host[far == 0]).any()


def test_that_as_published_the_whole_picture_is_painted(bundle, cases):
    pictures = painted(Diffusion("a", bundle, steps=2, composited=False), cases)
    hosts = np.stack([case.conditions.host for case in cases])
    assert ((pictures != hosts).mean(axis=(1, 2)) > 0.99).all()


def test_that_a_case_is_painted_the_same_alone_and_among_others(bundle, cases):
    system = Diffusion("a", bundle, steps=2, guidance=0.08)
    together, alone = painted(system, cases), painted(system, cases[1:2])
    assert np.abs(together[1] - alone[0]).max() < 1e-4


def test_that_every_map_can_be_left_out(bundle, cases):
    some = cases[:1]
    whole = painted(Diffusion("a", bundle, steps=1), some)
    maps = some[0].conditions.maps
    for channel, name in enumerate(CHANNELS):
        empty = maps.copy()
        empty[channel] = 0
        told = [replace(some[0], conditions=replace(some[0].conditions, maps=empty))]
        by_hand = painted(Diffusion("a", bundle, steps=1), told)
        assert (painted(Diffusion("a", bundle, steps=1, blank=(name,)), some) == by_hand).all()
    assert whole.shape == by_hand.shape


def test_that_the_feather_falls_from_picture_to_host(cases):
    case = cases[0]
    painted_white = np.full((128, 128), 2.0, np.float32)
    mixed = composite(case.conditions.host, painted_white, case.holes)
    assert (mixed[case.holes.model] == 2.0).all()
    assert (mixed >= np.minimum(case.conditions.host, 2.0) - 1e-6).all()

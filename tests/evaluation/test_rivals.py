"""The systems ours is compared with, with and without weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.donors import (
    DonorBank,
    Heart,
    donor_for,
    heart_of,
    hearts_in,
    pasted,
)
from lgesynth_gui.evaluation.lineup import RIVALS
from lgesynth_gui.evaluation.rivals import (
    ConstantBrightness,
    CopyPaste,
    Template,
    load_rivals,
    wanted_step,
)
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.synthesis.guidance import SCAR_TO_BLOOD, RewardGuide
from lgesynth_gui.synthesis.models import load_bundle, sizes_and_bands
from lgesynth_gui.synthesis.spade import CHANNELS, SpadeGenerator, SpadeSizes
from lgesynth_gui.training.data import draw_chunk
from lgesynth_gui.training.export import numbers_of, reference, write_model
from lgesynth_gui.training.template import widened
from tests.evaluation.painters import placed
from tests.synthesis.tiny import NOTHING, write_bundle


@pytest.fixture(scope="module")
def cases():
    return placed(4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Every rival's weights, tiny and random."""
    root = write_bundle(tmp_path_factory.mktemp("models"))
    torch.manual_seed(5)
    for name, channels in CHANNELS.items():
        sizes = SpadeSizes(channels, 4, (8, 8, 6), (4, 4))
        write_model(
            root, name=name, title=name, role="rival", architecture="spade",
            numbers=numbers_of(sizes), network=SpadeGenerator(sizes), trained_on=NOTHING,
        )  # fmt: skip
    base = find_model("base", (root,))
    sizes = replace(sizes_and_bands(base)[0], maps=7)
    control = widened(load_bundle(folders=(root,)).denoiser.control, sizes)
    for value in control.parameters():  # silent outputs would hide what the donor tells
        value.data += 0.05 * torch.randn_like(value)
    write_model(
        root, name="controlnet-template", title="t", role="rival", architecture="controlnet",
        numbers=numbers_of(sizes), network=control, trained_on=NOTHING,
        text_encoder=base.text_encoder, base=reference(base),
    )  # fmt: skip
    return root


@pytest.fixture(scope="module")
def rivals(folder):
    bank = DonorBank(count=8)
    found = load_rivals((folder,), steps=2)
    return {
        one.name: replace(one, bank=bank) if isinstance(one, CopyPaste | Template) else one
        for one in found
    }


def painted(system, cases, shift=0):
    seeds = [case.seed + shift for case in cases]
    return drive(system.paint([c.conditions for c in cases], [c.holes for c in cases], seeds))


def test_that_two_systems_need_no_weights(tmp_path):
    assert [one.name for one in load_rivals((tmp_path,))] == ["constant brightness", "copy-paste"]


def test_that_every_row_of_the_comparison_is_there(rivals):
    assert tuple(dict.fromkeys(name.split(",")[0] for name in rivals)) == RIVALS
    whole = {name for name, one in rivals.items() if not one.composited}
    named = {"SPADE-FC, as published", "ControlNet+Template, as published"}
    assert whole == {"SPADE-LC"} | named


def test_that_composited_pictures_keep_the_host_and_whole_ones_do_not(rivals, cases):
    hosts = np.stack([case.conditions.host for case in cases])
    for name, system in rivals.items():
        pictures = painted(system, cases)
        assert pictures.shape == (4, 128, 128)
        assert pictures.dtype == np.float32
        assert np.isfinite(pictures).all()
        changed = pictures != hosts
        assert changed.any(axis=(1, 2)).all(), name
        if system.composited:
            for case, one in zip(cases, changed, strict=True):
                rows, columns = np.nonzero(case.holes.model)
                places = np.argwhere(one)
                far = np.hypot(places[:, :1] - rows, places[:, 1:] - columns).min(axis=1)
                assert far.max() < 3, name
        else:
            assert changed.mean() > 0.99, name


def test_that_a_seed_decides_the_picture(rivals, cases):
    for name, system in rivals.items():
        once, again, other = painted(system, cases), painted(system, cases), None
        assert (once == again).all(), name
        if name != "constant brightness":
            other = [painted(system, cases, shift) for shift in (1, 2, 3)]
            assert any((one != once).any() for one in other), name


def test_that_a_case_is_painted_the_same_alone_and_among_others(rivals, cases):
    for name, system in rivals.items():
        together, alone = painted(system, cases), painted(system, cases[2:3])
        assert np.abs(together[2] - alone[0]).max() < 1e-4, name


def test_that_the_wish_is_heard_by_all(rivals, cases):
    empty = []
    for case in cases:
        labels = np.minimum(case.conditions.labels, 2).astype(np.uint8)
        maps = case.conditions.maps.copy()
        maps[:2] = 0
        told = replace(case.conditions, labels=labels, maps=maps)
        empty.append(replace(case, conditions=told))
    for name, system in rivals.items():
        assert (painted(system, cases) != painted(system, empty)).any(), name


def test_that_nothing_is_added_where_no_scar_is_wanted(cases):
    case = cases[0]
    labels = np.minimum(case.conditions.labels, 2).astype(np.uint8)
    case = replace(case, conditions=replace(case.conditions, labels=labels))
    for system in (ConstantBrightness(), CopyPaste(DonorBank(count=6))):
        assert (painted(system, [case])[0] == case.conditions.host).all()


def test_that_constant_brightness_has_the_contrast_that_guidance_would_want(cases):
    """The wanted contrast of the sampler's guidance, computed by it, is the oracle."""
    told = 0
    for case in cases:
        one = case.conditions
        arrays = [one.labels, case.holes.model, one.host]
        labels, hole, host = (torch.from_numpy(a.astype(np.float32))[None, None] for a in arrays)
        guide = RewardGuide((), labels, hole, host, 0.0, [])
        if guide.wanted.isnan().any():
            continue
        heart = heart_of(one)
        dark, noise, blood = heart.levels()
        assert wanted_step(heart) / noise == pytest.approx(float(guide.wanted), rel=0.05)
        assert wanted_step(heart) == pytest.approx(SCAR_TO_BLOOD * (blood - dark))
        told += 1
    assert told


def test_that_a_host_whose_blood_tells_nothing_gets_five_deviations(cases):
    heart = heart_of(cases[0].conditions)
    picture = heart.picture.copy()
    picture[heart.labels == 1] = picture[heart.remote].mean()
    dim = replace(heart, picture=picture)
    assert wanted_step(dim) == pytest.approx(5 * dim.levels()[1])


def ring(scar, blood=0.6, muscle=-0.8, bright=0.9):
    """A round heart with scar where `scar(angle, depth)` says so, and no noise."""
    y, x = np.indices((128, 128)) - 63.5
    radius, angle = np.hypot(y, x), np.rad2deg(np.arctan2(-y, x))
    wall, depth = (radius >= 20) & (radius < 32), np.clip((radius - 20) / 12, 0, 1)
    labels = np.where(radius < 20, 1, np.where(wall, 2, 0)).astype(np.uint8)
    labels[wall & scar(angle, depth)] = 3
    picture = np.array([-0.2, blood, muscle, bright, muscle], dtype=np.float32)[labels]
    return Heart(picture, labels, np.where(wall, depth, 0).astype(np.float32))


def inner(angle, depth):
    return (np.abs(angle) < 40) & (depth < 0.6)


def test_that_a_pasted_scar_has_the_hosts_own_levels():
    donor, host = ring(inner), ring(inner, blood=0.2, muscle=-1.0, bright=-1.0)
    picture = pasted(host, donor)
    scar = (0.9 + 0.8) / (0.6 + 0.8)  # of blood above muscle, in the donor
    core = np.zeros_like(host.bright)
    core[58:70, 86:89] = True  # well inside, where the soft edge is full
    assert picture[core] == pytest.approx(-1.0 + scar * 1.2, abs=0.02)
    assert (picture[host.labels == 0] == host.picture[host.labels == 0]).all()


def test_that_a_pasted_texture_follows_the_wanted_place_and_depth():
    """A donor that is bright inside and dim outside stays so when it is turned and thinned."""
    donor = ring(inner)
    graded = donor.picture.copy()
    graded[donor.bright] = 1.2 - donor.depth[donor.bright]
    host = ring(lambda angle, depth: (np.abs(angle) > 150) & (depth > 0.3), bright=-0.8)
    picture = pasted(host, replace(donor, picture=graded))
    inside = host.bright & (host.depth > 0.4) & (host.depth < 0.55)
    outside = host.bright & (host.depth > 0.8) & (host.depth < 0.95)
    assert picture[inside].mean() > picture[outside].mean() + 0.15
    away = ndimage.distance_transform_edt(~host.bright) > 4
    assert (picture[away] == host.picture[away]).all()


def test_that_the_donor_has_about_the_wanted_size_and_depth():
    def outer(angle, depth):
        return (np.abs(angle) < 40) & (depth > 0.6)

    def small(angle, depth):
        return (np.abs(angle) < 12) & (depth < 0.6)

    others = tuple(ring(small) for _ in range(3)) + tuple(ring(outer) for _ in range(3))
    for wish in (small, outer):
        found = donor_for(ring(wish), others, np.random.default_rng(0))
        assert (found.labels == ring(wish).labels).all()


def test_that_donors_are_scarred_clear_and_drawn_once():
    bank = DonorBank(count=10)
    pool = drive(bank.pool())
    assert pool.positive.all()
    assert drive(bank.pool()) is pool
    for one in hearts_in(pool):
        dark, _, blood = one.levels()
        assert one.picture[one.bright].mean() - dark > 0.7 * (blood - dark) > 0


def test_that_donors_are_slices_of_the_generators_training_data():
    pool = drive(DonorBank(count=3).pool())
    trained = [draw_chunk("generator", k, 1) for k in range(3)]
    first = next(one for one in trained if (one["labels"] >= 3).any())
    assert (pool.pictures[0] == first["pictures"][0]).all()

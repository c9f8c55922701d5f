import numpy as np
import pytest
import torch
from scipy import ndimage

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.segmentation.segmenter import (
    FIELD,
    REACH,
    load_segmenter,
    read_scar,
    read_scar_and_core,
    reader_input,
    scar_logits,
)
from lgesynth_gui.training.export import write_model
from tests.segmentation.readers import NOTHING, SMALL, untrained, write_reader


def scene(seed=0, n=2, reach=30):
    rng = np.random.default_rng(seed)
    u = rng.normal(0, 0.5, (n, 128, 128)).astype(np.float32)
    y, x = np.mgrid[:128, :128]
    radius = np.hypot(x - 63.5, y - 63.5)
    wall = (radius < reach) & (radius > reach - 9)
    return u, np.stack([wall] * n)


def test_that_the_reader_sees_nothing_beyond_6_mm_of_the_wall():
    u, wall = scene()
    fed = reader_input(torch.from_numpy(u)[:, None], torch.from_numpy(wall)[:, None])
    size = 2 * REACH + 1
    near = ndimage.binary_dilation(wall[0], np.ones((size, size)))
    assert fed.shape == (2, 2, 128, 128)
    assert (fed[0, 0].numpy() == np.where(near, u[0], 0)).all()
    assert (fed[0, 1].numpy() == wall[0]).all()


def test_that_what_lies_far_from_the_wall_changes_no_answer():
    """The surroundings of a patient's heart are not what a scar is judged by."""
    segmenter = untrained()
    u, wall = scene()
    other = u.copy()
    other[:, :20] = 2.0
    other[:, 60:66, 60:66] = -1.5  # middle of the cavity, 17 mm from the wall
    assert (read_scar(segmenter, u, wall) == read_scar(segmenter, other, wall)).all()


@pytest.mark.parametrize("architecture", SMALL)
def test_that_probabilities_live_inside_the_wall(architecture):
    segmenter = untrained(architecture=architecture)
    u, wall = scene()
    found = read_scar_and_core(segmenter, u, wall)
    assert found.shape == (2, 2, 128, 128)
    assert found.dtype == np.float32
    assert ((found == 0) | np.broadcast_to(wall[:, None], found.shape)).all()
    inside = found[np.broadcast_to(wall[:, None], found.shape)]
    assert ((inside > 0) & (inside < 1)).all()
    assert (read_scar(segmenter, u, wall) == found[:, 0]).all()


def test_that_a_slice_is_read_the_same_alone_and_among_others():
    segmenter = untrained()
    u, wall = scene(n=3)
    together = read_scar(segmenter, u, wall)
    for k in range(3):
        assert (read_scar(segmenter, u[k : k + 1], wall[k : k + 1])[0] == together[k]).all()
    assert read_scar(segmenter, u[:0], wall[:0]).shape == (0, 128, 128)


def test_that_a_small_heart_is_read_in_the_middle_and_a_large_one_whole():
    seen = []

    def network(x):
        seen.append(x.shape[-1])
        return x

    for reach, side in ((30, FIELD), (60, 128)):
        u, wall = scene(reach=reach)
        logits = scar_logits(
            network, torch.from_numpy(u)[:, None], torch.from_numpy(wall)[:, None].float()
        )
        assert seen[-1] == side
        assert logits.shape[-2:] == (128, 128)
        assert bool((logits[:, :, 0, 0] < -10).all()) == (side == FIELD)


def test_that_the_answer_can_teach_the_picture():
    segmenter = untrained().requires_grad_(False)
    u, wall = scene()
    picture = torch.from_numpy(u)[:, None].requires_grad_()
    segmenter(picture, torch.from_numpy(wall)[:, None].float()).sum().backward()
    assert picture.grad.abs().sum() > 0


def test_that_a_model_folder_reads_as_the_network_that_was_written(tmp_path):
    card = write_reader(tmp_path)
    first = load_segmenter("judge", folders=[tmp_path])
    second = load_segmenter(card, folders=[tmp_path])
    u, wall = scene()
    assert (read_scar(first, u, wall) == read_scar(second, u, wall)).all()
    assert first.card == card
    assert first.threshold == 0.5
    assert not first.training
    half = read_scar(untrained(), u, wall)
    assert np.abs(read_scar(first, u, wall) - half).max() < 5e-3  # float16 on disk


def test_that_a_model_that_reads_no_slices_is_refused(tmp_path):
    torch.manual_seed(0)
    from lgesynth_gui.registry.cards import Architecture
    from lgesynth_gui.segmentation.networks import build

    write_model(
        tmp_path, name="words", title="t", role="text", architecture="unet",
        numbers=SMALL["unet"], network=build(Architecture(name="unet", numbers=SMALL["unet"])),
        trained_on=NOTHING,
    )  # fmt: skip
    with pytest.raises(LgeSynthError, match="reads no slices"):
        load_segmenter("words", folders=[tmp_path])
    with pytest.raises(LgeSynthError, match="no model called"):
        load_segmenter("nobody", folders=[tmp_path])


def test_that_changed_weights_are_refused(tmp_path):
    write_reader(tmp_path)
    path = next(tmp_path.rglob("*.safetensors"))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(Refused, match="MOD-08"):
        load_segmenter("judge", folders=[tmp_path])

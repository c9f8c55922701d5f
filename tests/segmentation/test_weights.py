"""Weights come from safetensors alone, and must fit exactly."""

import json
import struct

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.segmentation import weights
from lgesynth_gui.segmentation.weights import load_weights, save_weights


def small():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 2, 1))


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    network = small()
    path = tmp_path / "w.safetensors"
    return network, path, save_weights(network, path)


def test_that_weights_come_back_to_half_precision(saved):
    network, path, count = saved
    loaded = load_weights(small, path)
    assert count == sum(one.numel() for one in network.state_dict().values())
    for key, value in network.state_dict().items():
        back = loaded.state_dict()[key]
        assert back.dtype == value.dtype
        assert torch.equal(back, value.half().float() if value.is_floating_point() else value)


def test_that_a_loaded_network_is_ready_and_frozen(saved):
    loaded = load_weights(small, saved[1])
    assert not loaded.training
    assert not any(one.requires_grad for one in loaded.parameters())
    assert {one.device.type for one in loaded.parameters()} == {"cpu"}


def test_that_saving_twice_gives_the_same_bytes(saved, tmp_path):
    network, path, _ = saved
    save_weights(network, tmp_path / "again.safetensors")
    assert path.read_bytes() == (tmp_path / "again.safetensors").read_bytes()


def changed(path, change):
    tensors = load_file(str(path))
    change(tensors)
    save_file(tensors, str(path))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda t: t.pop("0.bias"), "MOD-07"),
        (lambda t: t.update(extra=torch.zeros(2)), "MOD-07"),
        (lambda t: t.update({"0.bias": torch.zeros(5)}), "MOD-07"),
        (lambda t: t["2.bias"].fill_(float("nan")), "MOD-09"),
        (lambda t: t["2.bias"].fill_(float("inf")), "MOD-09"),
    ],
)
def test_that_other_keys_shapes_or_values_are_refused(saved, change, code):
    changed(saved[1], change)
    with pytest.raises(Refused, match=code):
        load_weights(small, saved[1])


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:4],
        lambda data: data + b"\0",
        lambda data: b"\x80\x04" + data,  # the beginning of a pickle
        lambda data: struct.pack("<Q", 2**40) + data[8:],
    ],
)
def test_that_a_damaged_file_is_refused(saved, damage):
    path = saved[1]
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(Refused, match=r"MOD-0[56]"):
        load_weights(small, path)


def test_that_a_missing_file_is_refused(tmp_path):
    with pytest.raises(Refused, match="MOD-06"):
        load_weights(small, tmp_path / "none.safetensors")


def test_that_nothing_is_allocated_before_the_table_fits(saved, monkeypatch):
    """The network is built without memory, so a card cannot ask for a terabyte."""
    devices = []

    def huge():
        network = nn.Linear(2**20, 2**20)
        devices.append(network.weight.device.type)
        return network

    with pytest.raises(Refused, match="MOD-07"):
        load_weights(huge, saved[1])
    assert devices == ["meta"]


def test_that_too_many_numbers_are_refused(saved, monkeypatch):
    monkeypatch.setattr(weights, "MAX_PARAMETERS", 10)
    with pytest.raises(Refused, match="larger than this program accepts"):
        load_weights(small, saved[1])


def test_that_a_pickle_is_never_opened(tmp_path):
    path = tmp_path / "w.safetensors"
    torch.save(small().state_dict(), path)
    with pytest.raises(Refused, match=r"MOD-0[56]"):
        load_weights(small, path)


def test_that_a_file_of_another_precision_is_widened(saved):
    network, path, _ = saved
    save_file({k: v.clone() for k, v in network.state_dict().items()}, str(path))
    header = json.loads(path.read_bytes()[8:].split(b"}}")[0] + b"}}")
    assert header["0.weight"]["dtype"] == "F32"
    loaded = load_weights(small, path)
    assert torch.equal(loaded.state_dict()["0.weight"], network.state_dict()["0.weight"])

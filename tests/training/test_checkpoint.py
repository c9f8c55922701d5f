"""Checkpoints are whole or refused."""

import tracemalloc

import pytest
import torch
from safetensors.torch import load_file

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.training.checkpoint import (
    LAST,
    PREVIOUS,
    Checkpoint,
    newest_checkpoint,
    read_checkpoint,
    save_checkpoint,
)


def state(step: int) -> Checkpoint:
    return Checkpoint(
        {"a/b": torch.full((3, 2), float(step)), "n": torch.tensor(step)}, {"s": step}
    )


def test_that_a_checkpoint_returns_what_was_saved(tmp_path):
    save_checkpoint(tmp_path, state(4))
    back = read_checkpoint(tmp_path / LAST)
    assert back.facts == {"s": 4}
    assert torch.equal(back.tensors["a/b"], torch.full((3, 2), 4.0))
    assert back.tensors["n"].shape == ()


@pytest.mark.parametrize("where", [0.1, 0.5, 0.99])
def test_that_a_flipped_byte_is_noticed_and_the_previous_state_is_used(tmp_path, where):
    save_checkpoint(tmp_path, state(1))
    save_checkpoint(tmp_path, state(2))
    data = bytearray((tmp_path / LAST).read_bytes())
    data[int(where * len(data))] ^= 0x55
    (tmp_path / LAST).write_bytes(bytes(data))
    with pytest.raises(LgeSynthError):
        read_checkpoint(tmp_path / LAST)
    kept = newest_checkpoint(tmp_path)
    assert kept is not None
    assert kept.facts == {"s": 1}


def test_that_a_cut_file_is_noticed(tmp_path):
    save_checkpoint(tmp_path, state(1))
    (tmp_path / PREVIOUS).write_bytes((tmp_path / LAST).read_bytes()[:50])
    (tmp_path / LAST).write_bytes(b"")
    assert newest_checkpoint(tmp_path) is None


def test_that_an_empty_folder_has_no_checkpoint(tmp_path):
    assert newest_checkpoint(tmp_path) is None


def test_that_a_checkpoint_is_a_plain_safetensors_file_of_every_kind_of_number(tmp_path):
    kinds = (torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.uint8, torch.bool)
    tensors = {f"t{k}": torch.arange(5).to(kind) for k, kind in enumerate(kinds)}
    tensors |= {"one": torch.tensor(3.0), "turned": torch.arange(6.0).reshape(2, 3).T}
    save_checkpoint(tmp_path, Checkpoint(tensors, {"step": 1}))
    for found in (load_file(tmp_path / LAST), read_checkpoint(tmp_path / LAST).tensors):
        assert found.keys() == tensors.keys()
        assert all(torch.equal(found[key], tensors[key]) for key in tensors)
        assert all(found[key].dtype is tensors[key].dtype for key in tensors)


def test_that_writing_holds_no_second_state_in_memory(tmp_path):
    state = Checkpoint({f"t{k}": torch.zeros(250_000) for k in range(16)}, {"step": 1})
    tracemalloc.start()
    try:
        save_checkpoint(tmp_path, state)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000  # of 16 million bytes
    finally:
        tracemalloc.stop()

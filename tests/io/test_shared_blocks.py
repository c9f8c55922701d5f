"""Memory for pixels is kept from question to question, and by nobody while nobody asks."""

from multiprocessing.shared_memory import SharedMemory

import pytest

from lgesynth_gui.io import shared_blocks


@pytest.fixture
def blocks():
    made = [SharedMemory(create=True, size=100) for _ in range(3)]
    yield made
    shared_blocks.rest()
    for block in made:
        block.close()
        block.unlink()


def test_that_a_block_stays_open_until_nobody_asks(blocks):
    first = shared_blocks.opened(blocks[0].name)
    first.buf[0] = 7
    assert blocks[0].buf[0] == 7
    assert shared_blocks.opened(blocks[0].name) is first
    shared_blocks.rest()
    assert first.buf is None


@pytest.mark.parametrize("limit", [("KEPT", 2), ("KEPT_BYTES", 150)])
def test_that_many_or_large_blocks_are_closed_before_another_is_opened(blocks, monkeypatch, limit):
    monkeypatch.setattr(shared_blocks, *limit)
    first, second = (shared_blocks.opened(block.name) for block in blocks[:2])
    third = shared_blocks.opened(blocks[2].name)
    assert (first.buf, second.buf) == (None, None)
    assert third.buf is not None


def test_that_a_block_is_used_again_for_pixels_of_the_same_size_only():
    blocks = shared_blocks.Blocks()
    first, second = blocks.take(100), blocks.take(100)
    assert first is not second
    blocks.give_back(first, 100)
    assert blocks.take(100) is first
    blocks.give_back(first, 100)
    other = blocks.take(99)
    assert other.size == 99
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=first.name)
    blocks.free()
    blocks.give_back(second, 100)  # too late: it is gone
    for name in (second.name, other.name):
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=name)

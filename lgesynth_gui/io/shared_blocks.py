"""Shared memory that pixels travel in: made by the parent, filled by the decoder process.

Both sides keep a block from question to question, because its pages are dear to map again, and
let go of it as soon as nobody asks.
"""

from __future__ import annotations

from multiprocessing.shared_memory import SharedMemory

KEPT, KEPT_BYTES = 16, 16 << 20  # blocks, and bytes of them, that the decoder keeps open
_OPEN: dict[str, SharedMemory] = {}


class Blocks:
    """The blocks of one decoder, on the parent's side."""

    def __init__(self) -> None:
        self._made: list[SharedMemory] = []
        self._spare: list[tuple[int, SharedMemory]] = []  # of them, what no question uses

    def take(self, nbytes: int) -> SharedMemory:
        """A block of exactly that size."""
        if self._spare and self._spare[-1][0] == nbytes:
            return self._spare.pop()[1]
        for _, block in self._spare:
            self._free(block)
        self._spare = []
        self._made.append(SharedMemory(create=True, size=max(nbytes, 1)))
        return self._made[-1]

    def give_back(self, block: SharedMemory, nbytes: int) -> None:
        """Its pixels are taken, so it may be used again."""
        if block in self._made:
            self._spare.append((nbytes, block))

    def free(self) -> None:
        """Give all of them back to the system."""
        for block in tuple(self._made):
            self._free(block)
        self._spare = []

    def _free(self, block: SharedMemory) -> None:
        self._made.remove(block)
        block.close()
        block.unlink()


def opened(name: str) -> SharedMemory:
    """The block of that name, on the decoder's side."""
    if name not in _OPEN:
        if len(_OPEN) >= KEPT or sum(block.size for block in _OPEN.values()) > KEPT_BYTES:
            rest()
        _OPEN[name] = SharedMemory(name=name)
    return _OPEN[name]


def rest() -> None:
    """Close what the decoder keeps open."""
    for block in _OPEN.values():
        block.close()
    _OPEN.clear()

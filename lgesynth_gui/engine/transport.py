"""Sends a message between two processes: the small parts through a pipe, pixels in shared memory.

Both ends are this program; what crosses is still checked (kind of message, sizes) because a
process may have died in the middle of writing.
"""

from __future__ import annotations

import pickle
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any

from lgesynth_gui.engine.messages import (
    Advanced,
    Failed,
    Finished,
    Message,
    Run,
    Stop,
    Stopped,
)

KINDS = (Run, Stop, Advanced, Finished, Failed, Stopped)
SHARED_FROM_BYTES = 1 << 16  # below this the pipe is as fast and leaves nothing behind


def send(pipe: Connection, message: Message) -> None:
    """Send one message; large array buffers go into one shared-memory block.

    Raises:
        BrokenPipeError: the other side is gone.
    """
    large: list[pickle.PickleBuffer] = []

    def keep_in_pipe(buffer: pickle.PickleBuffer) -> bool:
        if buffer.raw().nbytes < SHARED_FROM_BYTES:
            return True
        large.append(buffer)
        return False

    body = pickle.dumps(message, protocol=5, buffer_callback=keep_in_pipe)
    sizes = [buffer.raw().nbytes for buffer in large]
    if not sizes:
        pipe.send_bytes(pickle.dumps((body, "", [])))
        return
    block = SharedMemory(create=True, size=sum(sizes))
    view: Any = block.buf
    start = 0
    for buffer, size in zip(large, sizes, strict=True):
        view[start : start + size] = buffer.raw()
        start += size
    name = block.name
    block.close()
    try:
        pipe.send_bytes(pickle.dumps((body, name, sizes)))
    except BaseException:
        _take(name, sizes)  # nobody will read it: free the block
        raise


def receive(pipe: Connection) -> Message:
    """Wait for one message.

    Raises:
        EOFError: the other side is gone, or what it wrote is not a message.
    """
    body, name, sizes = pickle.loads(pipe.recv_bytes())
    buffers = _take(name, sizes) if name else []
    message = pickle.loads(body, buffers=buffers)
    if not isinstance(message, KINDS):
        raise EOFError("not a message")
    return message


def _take(name: str, sizes: list[int]) -> list[bytearray]:
    block = SharedMemory(name=name)
    try:
        if sum(sizes) > block.size:
            raise EOFError("shared block is too small")
        view: Any = block.buf
        found, start = [], 0
        for size in sizes:
            found.append(bytearray(view[start : start + size]))
            start += size
        return found
    finally:
        block.close()
        block.unlink()

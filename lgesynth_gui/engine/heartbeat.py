"""The child's sign of life while a step of its job takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from threading import Event, Lock, Thread

from lgesynth_gui.engine import transport
from lgesynth_gui.engine.messages import Advanced, Message

EVERY_S = 0.5


@contextmanager
def beating(pipe: Connection, number: int) -> Iterator[Callable[[Message], None]]:
    """Say every half second that request `number` is alive, until the block is left.

    Yields:
        The way to send a message meanwhile: two threads must not write at once.
    """
    lock, over = Lock(), Event()

    def send(message: Message) -> None:
        with lock:
            transport.send(pipe, message)

    def beat() -> None:
        try:
            while not over.wait(EVERY_S):
                send(Advanced(number, None))
        except (OSError, EOFError):
            return  # the parent has hung up; the job's own thread finds out, too

    thread = Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield send
    finally:
        over.set()
        thread.join()

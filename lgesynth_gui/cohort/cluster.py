"""Blocks on a Dask cluster: other processes and computers work them off, this one writes.

Needs the extra `cluster`. A worker that is lost costs its block: the scheduler gives it to another
one, and whatever comes back twice is the same bytes and counted once.
"""

from __future__ import annotations

import time
from typing import Any

from lgesynth_gui.cohort.block import Task, compute_now
from lgesynth_gui.cohort.pools import Done
from lgesynth_gui.core.errors import LgeSynthError

WAIT_S = 0.1
CONNECT_S = 20.0
_MISSING = "The program for clusters is not installed."
_INSTALL = "Install it: pip install 'lgesynth-gui[cluster]'."


class DaskPool:
    """Workers behind a scheduler.

    Args:
        address: "tcp://host:8786", or a `distributed.Client` that is connected.

    Raises:
        LgeSynthError: Dask is not installed, or the scheduler does not answer.
    """

    def __init__(self, address: Any) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise LgeSynthError(_MISSING, _INSTALL) from error
        if isinstance(address, Client):
            self._client, self._own = address, False
            return self._begin()
        try:
            self._client = Client(address, timeout=CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise LgeSynthError(
                f"The scheduler {address} does not answer.", "Is it running, and its port open?"
            ) from error
        self._own = True
        return self._begin()

    def _begin(self) -> None:
        self._out: dict[Any, tuple[int, float]] = {}

    @property
    def room(self) -> int:
        """Two blocks a worker's thread, so that none waits for the next."""
        threads = sum(int(one) for one in self._client.nthreads().values())
        return max(0, 2 * threads - len(self._out))

    def submit(self, key: int, task: Task) -> None:
        """Give a block to the scheduler."""
        future = self._client.submit(compute_now, task, pure=False, retries=0)
        self._out[future] = key, time.monotonic()

    def collect(self) -> list[Done]:
        """What came back; a future that was lost with its worker counts as failed."""
        ready = [one for one in self._out if one.done()]
        if not ready:
            time.sleep(WAIT_S)
            return []
        found = []
        for one in ready:
            key, began = self._out.pop(one)
            if one.status == "finished":
                found.append(Done(key, one.result(), seconds=time.monotonic() - began))
            else:
                found.append(Done(key, error=_told(one)))
            one.release()
        return found

    def close(self) -> None:
        """Cancel what is out, and hang up."""
        for one in self._out:
            one.cancel()
        self._out.clear()
        if self._own:
            self._client.close()


def _told(future: Any) -> Exception:
    """Why a block failed; what a worker raised is raised again here."""
    if future.status == "error":
        error = future.exception()
        if isinstance(error, Exception):
            return error
    return RuntimeError("its worker was lost")

"""The child side: the short-lived process that opens untrusted bytes.

Whatever happens in it ends as one answer or as its death; both are one sentence for the parent.
Imports little itself, so that libraries are imported after their threads are forbidden.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

READER = "lgesynth_gui.io.reading:read"
READY = b"ready"
IDLE_S = 60.0
SINGLE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def serve(pipe: Connection, reader: str) -> None:
    """Answer questions, one at a time, until the pipe closes or nobody asks for a minute.

    Args:
        pipe: The child's end.
        reader: "module:function" that turns an `Ask` into an `Answer`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.environ.update(SINGLE_THREAD)  # every thread would reserve address space
    with Path(os.devnull).open("w") as nowhere:  # codecs print what they read
        for stream in (1, 2):
            os.dup2(nowhere.fileno(), stream)
    from lgesynth_gui.io import limits, shared_blocks

    answer_of = resolve_name(reader)
    limits.confine()
    try:
        pipe.send_bytes(READY)
        while True:
            if not pipe.poll():
                shared_blocks.rest()
                if not pipe.poll(IDLE_S):
                    return
            question = pipe.recv_bytes()
            limits.allow_cpu()
            pipe.send_bytes(_answer(answer_of, question))
    except (EOFError, OSError):
        return


def _answer(answer_of: Callable[[Any], Any], question: bytes) -> bytes:
    from lgesynth_gui.core.errors import Refused
    from lgesynth_gui.io import limits
    from lgesynth_gui.io.answers import Answer, Ask
    from lgesynth_gui.io.wire import to_json

    ask = Ask(**json.loads(question))
    try:
        return to_json(replace(answer_of(ask), peak_bytes=limits.peak_bytes()))
    except Refused as refused:
        return to_json(
            Answer(
                ask.number,
                "refused",
                what=refused.what[:500],
                hint=refused.hint[:500],
                code=refused.code,
            )
        )
    except BaseException as error:  # noqa: BLE001 - panics of codecs derive from it, too
        # Messages of libraries carry values of the file, so only the kind of error leaves.
        return to_json(Answer(ask.number, "failed", what=type(error).__name__[:64]))

"""The parent side: asks decoder processes about files, and believes nothing they answer.

A decoder that crashes, hangs, eats memory or answers nonsense costs one file: that file is
refused in one sentence and the next one gets a fresh process.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import re
import threading
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import wait
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io import gates, limits
from lgesynth_gui.io.answers import Answer, Ask, Task
from lgesynth_gui.io.decoding import READER, READY, serve
from lgesynth_gui.io.wire import MAX_BYTES, NotAMessage, from_json

LIMIT_S, LARGE_LIMIT_S, LARGE_BYTES = 10.0, 30.0, 64 << 20
START_S = 60.0
KEPT_S = 20.0  # an idle decoder is used again within this time; it ends itself much later
FILES_EACH = 200
DEATHS = 3
POLL_S = 0.1
_AGAIN = "Copy the file again, or leave it out."


@dataclass(frozen=True)
class Question:
    """What to ask about one file; `nbytes` is the size of its pixels for the task "pixels"."""

    path: Path
    task: Task = "header"
    nbytes: int = 0
    any_modality: bool = False


@dataclass(frozen=True, eq=False)
class Reply:
    """What became of question `index`: an answer with its pixels, or a refusal in words."""

    index: int
    answer: Answer | None
    pixels: Array | None = None
    refused: Refused | None = None


class Decoder:
    """A few decoder processes, started when they are needed and kept warm for a while.

    May be used from several threads: each `ask` takes its own processes.

    Args:
        reader: "module:function" that answers in the child.
        limit_s: Seconds a file may take; larger files get three times as long.
    """

    def __init__(self, reader: str = READER, limit_s: float = LIMIT_S) -> None:
        self._reader, self._limit_s = reader, limit_s
        self._idle: list[tuple[_Child, float]] = []
        self._lock = threading.Lock()

    def ask(self, questions: Sequence[Question]) -> Generator[Reply | None, None, None]:
        """Answer questions in any order; None says only that the work goes on.

        After three decoders died in a row the rest is refused unread. Closing the iterator ends
        what is under way.
        """
        waiting = list(enumerate(questions))[::-1]
        free = self._take(min(len(questions), max(1, min(4, _cores() - 1))))
        busy: list[_Child] = []
        deaths = 0
        try:
            while waiting or busy:
                while waiting and free and deaths < DEATHS:
                    child = free.pop() or self._new()
                    child.start(*waiting.pop())
                    busy.append(child)
                if not busy:
                    for index, question in reversed(waiting):
                        yield Reply(index, None, refused=_given_up(question.path))
                    return
                wait([child.pipe for child in busy], POLL_S)
                ended = [child for child in busy if child.ended()]
                for child in ended:
                    busy.remove(child)
                    reply, died = child.finish()
                    deaths = deaths + 1 if died else 0
                    free.append(child if child.fit() else None)
                    yield reply
                if not ended:
                    yield None
        finally:
            for child in busy:
                child.kill()
            self._give_back([child for child in free if child is not None])

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child, _ in idle:
            child.kill()

    def _new(self) -> _Child:
        return _Child(self._reader, self._limit_s)

    def _take(self, count: int) -> list[_Child | None]:
        now = time.monotonic()
        with self._lock:
            kept, self._idle = self._idle, []
            usable = [one for one in kept if now - one[1] < KEPT_S and one[0].alive]
            split = max(0, len(usable) - count)
            self._idle, taken = usable[:split], usable[split:]  # the warmest are used first
        stale = {child for child, _ in kept} - {child for child, _ in usable}
        for child in stale:
            child.kill()
        return [*([None] * (count - len(taken))), *(child for child, _ in taken)]

    def _give_back(self, children: list[_Child]) -> None:
        now = time.monotonic()
        with self._lock:
            self._idle += [(child, now) for child in children]


class _Child:
    """One decoder process and the question it works on."""

    def __init__(self, reader: str, limit_s: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=serve, args=(theirs, reader), daemon=True, name="decoder"
        )
        self._process.start()
        theirs.close()
        self._limit_s, self._asked, self._peak, self._dead = limit_s, 0, 0, False
        self._question, self._index, self._until = Question(Path()), -1, 0.0
        self._block: SharedMemory | None = None
        self._said: bytes | None = None
        if not self.pipe.poll(START_S) or self.pipe.recv_bytes() != READY:
            self.kill()
            raise LgeSynthError("The decoder process does not start.", "Start the program again.")

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return not self._dead and self._process.is_alive()

    def fit(self) -> bool:
        """Whether it goes on; a process that has read a lot is ended and replaced."""
        if self._asked >= FILES_EACH or self._peak >= limits.RECYCLE_BYTES:
            self.kill()
        return self.alive

    def start(self, index: int, question: Question) -> None:
        """Ask; the answer is waited for elsewhere."""
        self._index, self._question, self._said = index, question, None
        self._asked += 1
        name = ""
        if question.task == "pixels":
            self._block = SharedMemory(create=True, size=max(question.nbytes, 1))
            name = self._block.name
        ask = Ask(
            self._asked, question.task, str(question.path), question.any_modality, name,
            question.nbytes,
        )  # fmt: skip
        self._until = time.monotonic() + self._seconds(question.path)
        try:
            self.pipe.send_bytes(json.dumps(asdict(ask)).encode())
        except OSError:
            self._dead = True

    def _seconds(self, path: Path) -> float:
        try:
            large = path.stat().st_size > LARGE_BYTES
        except OSError:
            large = False
        return self._limit_s * (LARGE_LIMIT_S / LIMIT_S if large else 1.0)

    def ended(self) -> bool:
        """Whether there is an answer, or there will be none."""
        if self._dead or time.monotonic() > self._until:
            return True
        try:
            if self.pipe.poll():
                self._said = self.pipe.recv_bytes(MAX_BYTES)
                return True
        except (EOFError, OSError):
            self._dead = True
        return self._dead

    def finish(self) -> tuple[Reply, bool]:
        """The reply, and whether the process died of the question."""
        try:
            answer = self._answer()
            if answer.outcome == "read" and self._question.task == "pixels":
                return Reply(self._index, answer, self._pixels(answer)), False
            return Reply(self._index, answer), False
        except Refused as refused:
            return Reply(self._index, None, refused=refused), self._dead
        finally:
            self._free()

    def _answer(self) -> Answer:
        path = self._question.path
        if self._said is None:
            late = not self._dead
            self.kill()
            words = "it takes too long to read" if late else "the decoder stopped on it"
            raise refusal(path, words, _AGAIN, "WRK-03" if late else "WRK-01")
        try:
            answer = from_json(Answer, self._said)
            if answer.number != self._asked:
                raise NotAMessage("the answer to another question")
        except NotAMessage:
            self.kill()
            raise refusal(path, "the decoder gave no proper answer", _AGAIN, "WRK-04") from None
        self._peak = answer.peak_bytes
        if answer.outcome == "refused":
            known = re.fullmatch(r"[A-Z]{3}-\d\d", answer.code)
            raise refusal(path, answer.what, answer.hint, answer.code if known else "WRK-04")
        if answer.outcome == "failed":
            if answer.what in ("FileNotFoundError", "PermissionError", "OSError"):
                raise refusal(path, "it cannot be opened", "Check the file.", "FIL-01")
            raise refusal(path, "its contents are damaged", _AGAIN, "WRK-02")
        if answer.outcome == "read":
            check_again(path, answer, any_modality=self._question.any_modality)
        return answer

    def _pixels(self, answer: Answer) -> Array:
        """A copy of the shared pixels, if they are what header and question promise."""
        expected: tuple[tuple[int, ...], np.dtype[Any]] | None = None
        if answer.dicom is not None:
            expected = answer.dicom.pixels.shape, answer.dicom.pixels.dtype
        elif answer.nifti is not None:
            expected = answer.nifti.shape[::-1], np.dtype(answer.nifti.dtype).newbyteorder("=")
        right = expected is not None and self._block is not None
        if right and expected is not None and self._block is not None:
            shape, dtype = expected
            nbytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            right = (answer.shape, answer.dtype) == (shape, dtype.str)
            if right and nbytes == self._question.nbytes:
                shared: Any = self._block.buf
                raw = bytes(shared[:nbytes])
                if hashlib.sha256(raw).hexdigest() == answer.sha256:
                    return np.frombuffer(raw, dtype).reshape(shape)
        self.kill()
        words = "its pixels are not what its header says"
        raise refusal(self._question.path, words, _AGAIN, "PIX-07")

    def _free(self) -> None:
        block, self._block = self._block, None
        if block is not None:
            block.close()
            block.unlink()

    def kill(self) -> None:
        """End the process at once and free what it used."""
        self._dead = True
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self._free()


def refusal(path: Path, clause: str, hint: str, code: str) -> Refused:
    """The sentence a person reads: it names the file, the reason and what to do."""
    words = "".join(one for one in clause if one.isprintable())
    return Refused(f"{shown_name(path)} was refused: {words}.", hint, code)


def shown_name(path: Path) -> str:
    """A file's name as it may be shown: no control characters, at most 64 characters."""
    name = "".join(one for one in path.name if one.isprintable())
    return name if len(name) <= 64 else f"{name[:40]}…{name[-20:]}"


def check_again(path: Path, answer: Answer, *, any_modality: bool = False) -> None:
    """Run the gates on what the decoder told of a header.

    Raises:
        Refused: a gate closes, or there is no header.
    """
    try:
        if answer.dicom is not None:
            gates.dicom_header(answer.dicom, any_modality=any_modality)
        elif answer.nifti is not None:
            gates.nifti_header(answer.nifti)
        else:
            gates.refuse("the decoder gave no proper answer", _AGAIN, "WRK-04")
    except Refused as closed:
        raise refusal(path, closed.what, closed.hint, closed.code) from None


def _given_up(path: Path) -> Refused:
    words = f"it was not opened, because {DEATHS} files in a row stopped the decoder"
    return refusal(path, words, "Open a smaller part of the folder.", "WRK-05")


def _cores() -> int:
    return os.cpu_count() or 1

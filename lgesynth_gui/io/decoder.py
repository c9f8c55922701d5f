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
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.wire import MAX_BYTES, NotAMessage, from_json

LIMIT_S, LARGE_LIMIT_S, LARGE_BYTES = 10.0, 30.0, 64 << 20
START_S = 60.0
KEPT_S = 20.0  # an idle decoder is used again within this time; it ends itself much later
FILES_EACH = 2000  # questions; starting another takes half a second
DEATHS = 3
POLL_S = 0.1
KEPT_BYTES = 16 << 20  # of shared memory between two questions; a larger block is given back
_AGAIN = "Copy the file again, or leave it out."


@dataclass(frozen=True)
class Question:
    """What to ask about one file.

    Args:
        path: The file.
        task: "header", or "pixels" of one that was listed.
        nbytes: Size of its pixels.
        any_modality: Also take DICOM objects that are no MR images, or have text burned in.
        header: What it was listed with, for its pixels.
        volume: Which one of a NIfTI film, from 0.
    """

    path: Path
    task: Task = "header"
    nbytes: int = 0
    any_modality: bool = False
    header: DicomHeader | NiftiHeader | None = None
    volume: int = 0


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
                    said = child.take()
                    if said.data is not None and waiting and deaths < DEATHS and child.fresh:
                        child.start(*waiting.pop())  # it reads on while this answer is checked
                        busy.append(child)
                    reply, died = child.finish(said)
                    deaths = deaths + 1 if died else 0
                    if child not in busy:
                        free.append(child if child.fit() else None)
                    elif not child.alive:  # it was not fit to answer: another one is asked again
                        busy.remove(child)
                        waiting.append(child.question)
                        free.append(None)
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
        for child in children:
            child.rest()
        with self._lock:
            self._idle += [(child, now) for child in children]


@dataclass(frozen=True, eq=False)
class _Said:
    """What came back on one question.

    Args:
        index, question: Which.
        number: Of the question, as the decoder was told.
        data: The message; None when there is none.
        block: Where its pixels lie, or None.
    """

    index: int
    question: Question
    number: int
    data: bytes | None
    block: SharedMemory | None


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
        self.question: tuple[int, Question] = (-1, Question(Path()))
        self._until = 0.0
        self._blocks: list[SharedMemory | None] = [None, None]  # in turn: one is read, one filled
        self._said: bytes | None = None
        try:
            ready = self.pipe.poll(START_S) and self.pipe.recv_bytes() == READY
        except (EOFError, OSError):
            ready = False
        if not ready:
            self.kill()
            raise LgeSynthError("The decoder process does not start.", "Start the program again.")

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return not self._dead and self._process.is_alive()

    @property
    def fresh(self) -> bool:
        """Whether it goes on: it lives and has not read a lot yet."""
        worn = self._asked >= FILES_EACH or self._peak >= limits.RECYCLE_BYTES
        return self.alive and not worn

    def fit(self) -> bool:
        """The same; a process that does not go on is ended."""
        if not self.fresh:
            self.kill()
        return not self._dead

    def start(self, index: int, question: Question) -> None:
        """Ask; the answer is waited for elsewhere."""
        self.question, self._said = (index, question), None
        self._asked += 1
        block = self._block(question.nbytes) if question.task == "pixels" else None
        ask = Ask(
            self._asked, question.task, str(question.path), question.any_modality,
            block.name if block else "", question.nbytes, question.volume,
        )  # fmt: skip
        self._until = time.monotonic() + self._seconds(question.path)
        try:
            self.pipe.send_bytes(json.dumps(asdict(ask)).encode())
        except OSError:
            self._dead = True

    def _block(self, nbytes: int) -> SharedMemory:
        """Shared memory for the pixels of the present question; the other one may be in use."""
        turn = self._asked % 2
        held = self._blocks[turn]
        if held is None or held.size < nbytes or held.size > max(KEPT_BYTES, nbytes):
            _free(held)
            held = self._blocks[turn] = SharedMemory(create=True, size=max(nbytes, 1))
        return held

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

    def take(self) -> _Said:
        """What came back; from now on it may be asked the next question."""
        index, question = self.question
        block = self._blocks[self._asked % 2] if question.task == "pixels" else None
        return _Said(index, question, self._asked, self._said, block)

    def finish(self, said: _Said) -> tuple[Reply, bool]:
        """The reply, and whether the process died of the question."""
        try:
            answer = self._answer(said)
            if answer.outcome == "read" and said.question.task == "pixels":
                return Reply(said.index, answer, self._pixels(said, answer)), False
            return Reply(said.index, answer), False
        except Refused as refused:
            return Reply(said.index, None, refused=refused), self._dead

    def _answer(self, said: _Said) -> Answer:
        path = said.question.path
        if said.data is None:
            late = not self._dead
            self.kill()
            words = "it takes too long to read" if late else "the decoder stopped on it"
            raise refusal(path, words, _AGAIN, "WRK-03" if late else "WRK-01")
        try:
            answer = from_json(Answer, said.data)
            if answer.number != said.number:
                raise NotAMessage("the answer to another question")
            if answer.same and not isinstance(said.question.header, DicomHeader):
                raise NotAMessage("the same as nothing")
        except NotAMessage:
            self.kill()
            raise refusal(path, "the decoder gave no proper answer", _AGAIN, "WRK-04") from None
        self._peak = max(self._peak, answer.peak_bytes)
        if answer.outcome == "refused":
            known = re.fullmatch(r"[A-Z]{3}-\d\d", answer.code)
            raise refusal(path, answer.what, answer.hint, answer.code if known else "WRK-04")
        if answer.outcome == "failed":
            if answer.what in ("FileNotFoundError", "PermissionError", "OSError"):
                raise refusal(path, "it cannot be opened", "Check the file.", "FIL-01")
            raise refusal(path, "its contents are damaged", _AGAIN, "WRK-02")
        if answer.outcome == "read" and not answer.same:
            check_again(path, answer, any_modality=said.question.any_modality)
        return answer

    def _pixels(self, said: _Said, answer: Answer) -> Array:
        """A copy of the shared pixels, if they are what header and question promise."""
        expected: tuple[tuple[int, ...], np.dtype[Any]] | None = None
        header = said.question.header if answer.same else answer.dicom or answer.nifti
        if isinstance(header, DicomHeader):
            expected = header.pixels.shape, header.pixels.dtype
        elif header is not None:
            expected = header.shape[::-1], np.dtype(header.dtype).newbyteorder("=")
        if expected is not None and said.block is not None:
            shape, dtype = expected
            nbytes = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
            right = (answer.shape, answer.dtype) == (shape, dtype.str)
            if right and nbytes == said.question.nbytes:
                shared: Any = said.block.buf
                raw = bytes(shared[:nbytes])
                if hashlib.sha256(raw).hexdigest() == answer.sha256:
                    return np.frombuffer(raw, dtype).reshape(shape)
        self.kill()
        words = "its pixels are not what its header says"
        raise refusal(said.question.path, words, _AGAIN, "PIX-07")

    def kill(self) -> None:
        """End the process at once and free what it used."""
        self._dead = True
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self.rest()

    def rest(self) -> None:
        """Give the shared memory back: nobody asks for now."""
        for block in self._blocks:
            _free(block)
        self._blocks = [None, None]


def _free(block: SharedMemory | None) -> None:
    if block is not None:
        block.close()
        block.unlink()


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

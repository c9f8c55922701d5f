"""The parent side: asks decoder processes about files, and believes nothing they answer.

A decoder that crashes, hangs, eats memory or answers nonsense costs one file: that file is
refused in one sentence and the next one gets a fresh process.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections import deque
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io import gates, limits
from lgesynth_gui.io.answers import Answer, Ask, Task
from lgesynth_gui.io.decoding import READER, READY, serve
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.rechecking import AGAIN, answer_in, pixels_in
from lgesynth_gui.io.shared_blocks import Blocks
from lgesynth_gui.io.wire import MAX_BYTES, NotAMessage, to_json

LIMIT_S, LARGE_LIMIT_S, LARGE_BYTES = 10.0, 30.0, 64 << 20
START_S = 60.0
KEPT_S = 20.0  # an idle decoder is used again within this time; it ends itself much later
FILES_EACH = 2000  # then another one is started; that takes half a second
DEATHS = 3
POLL_S = 0.1
AHEAD = 8  # questions a decoder has at once
PIPE_BYTES = 3 << 10  # of these: a pipe holds 8 KiB at least, so the parent never waits to ask
SHARED_BYTES = 16 << 20  # of their pixels; one question may need more


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
        waiting = deque(enumerate(questions))
        most = min(len(waiting), max(1, min(4, _cores() - 1)))
        children, deaths = self._take(most), 0
        try:
            while waiting or any(child.asked for child in children):
                if waiting and waiting[0][1].task == "header":
                    self._renew(children)
                if deaths < DEATHS:
                    self._hand_out(waiting, children, most)
                busy = [child for child in children if child.asked]
                if not busy:
                    for index, question in waiting:
                        yield Reply(index, None, refused=_given_up(question.path))
                    return
                ready = wait([child.pipe for child in busy], POLL_S)
                for child in busy:
                    reply = child.reply(told=child.pipe in ready)
                    if reply is None:
                        continue
                    deaths = deaths + 1 if child.dead else 0
                    if not child.fit:  # what it was asked beyond this, it has not begun
                        waiting.extendleft(reversed(child.left))
                        children.remove(child)
                        children += child.end()
                    yield reply
                if not ready:
                    yield None
        finally:
            for child in children:
                if child.asked:
                    child.kill()
            self._give_back([child for child in children if child.alive])

    def _renew(self, children: list[_Child]) -> None:
        """Start another decoder for each that is worn; it takes over when it is ready.

        Not while pixels are read: the old one knows where they lie.
        """
        for place, child in enumerate(children):
            if child.heir is not None and not child.heir.alive:  # nobody asked it for long
                child.heir.kill()
                child.heir = None
            if child.worn and child.heir is None:
                child.heir = self._new()
            if child.heir is not None and child.heir.ready and not child.asked:
                (children[place],) = child.end()

    def _hand_out(
        self, waiting: deque[tuple[int, Question]], children: list[_Child], most: int
    ) -> None:
        """One question for each decoder, then more, so that none waits for the parent."""
        while waiting:
            least = min(children, key=lambda child: len(child.asked), default=None)
            if (least is None or least.asked) and len(children) < most:
                least = self._new()
                children.append(least)
            if least is None or not least.takes(waiting[0][1]):
                return
            least.start(*waiting.popleft())

    def close(self) -> None:
        """End the idle processes."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child, _ in idle:
            child.kill()

    def _new(self) -> _Child:
        return _Child(self._reader, self._limit_s)

    def _take(self, count: int) -> list[_Child]:
        now = time.monotonic()
        with self._lock:
            kept, self._idle = self._idle, []
            usable = [one for one in kept if now - one[1] < KEPT_S and one[0].alive]
            split = max(0, len(usable) - count)
            self._idle, taken = usable[:split], usable[split:]  # the warmest are used first
        stale = {child for child, _ in kept} - {child for child, _ in usable}
        for child in stale:
            child.kill()
        return [child for child, _ in taken]

    def _give_back(self, children: list[_Child]) -> None:
        now = time.monotonic()
        for child in children:
            child.rest()
        with self._lock:
            self._idle += [(child, now) for child in children]


@dataclass(frozen=True, eq=False)
class _Asked:
    """A question that a decoder was asked, and has not answered.

    Args:
        index, question: Which.
        number: Comes back with the answer.
        length: Bytes of the message.
        seconds: It may take.
        block: Where its pixels will lie, or None.
    """

    index: int
    question: Question
    number: int
    length: int
    seconds: float
    block: SharedMemory | None


class _Child:
    """One decoder process and the questions it was asked; it answers them in their order.

    It has the next questions already while it works on one, so it never waits for the parent.
    Only the first of them is begun: that is the one a death or a delay is put down to.
    """

    def __init__(self, reader: str, limit_s: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self.pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(
            target=serve, args=(theirs, reader), daemon=True, name="decoder"
        )
        self._process.start()
        theirs.close()
        self.asked: deque[_Asked] = deque()
        self.heir: _Child | None = None
        self.dead = False
        self._limit_s, self._number, self._files, self._peak = limit_s, 0, 0, 0
        self._ready, self._until = False, time.monotonic() + START_S
        self._blocks = Blocks()

    @property
    def alive(self) -> bool:
        """Whether it can be asked again."""
        return not self.dead and self._process.is_alive()

    @property
    def ready(self) -> bool:
        """Whether it has started, as it says itself."""
        if not self._ready and not self.dead and self.pipe.poll():
            self._message()
        return self._ready

    @property
    def fit(self) -> bool:
        """Whether it goes on: it lives and does not hold too much."""
        return not self.dead and self._peak < limits.RECYCLE_BYTES

    @property
    def worn(self) -> bool:
        """Whether it has read so much that another one should take its place."""
        return self._files >= FILES_EACH

    def takes(self, question: Question) -> bool:
        """Whether it may be asked this already, beside what it has not answered."""
        if question.task == "header" and self.heir is not None and self.heir.ready:
            return False
        if not self.asked:
            return True
        if len(self.asked) >= AHEAD or sum(one.length for one in self.asked) > PIPE_BYTES:
            return False
        return question.nbytes + sum(one.question.nbytes for one in self.asked) <= SHARED_BYTES

    def start(self, index: int, question: Question) -> None:
        """Ask; the answer is waited for elsewhere."""
        self._number += 1
        block = self._blocks.take(question.nbytes) if question.task == "pixels" else None
        ask = Ask(
            self._number, question.task, str(question.path), question.any_modality,
            block.name if block else "", question.nbytes, question.volume,
        )  # fmt: skip
        message, seconds = to_json(ask), self._seconds(question.path)
        if self._ready and not self.asked:
            self._until = time.monotonic() + seconds
        self.asked.append(_Asked(index, question, self._number, len(message), seconds, block))
        with suppress(OSError):  # it is dead, which its end of the pipe will tell
            self.pipe.send_bytes(message)

    def _seconds(self, path: Path) -> float:
        try:
            large = path.stat().st_size > LARGE_BYTES
        except OSError:
            large = False
        return self._limit_s * (LARGE_LIMIT_S / LIMIT_S if large else 1.0)

    def reply(self, *, told: bool) -> Reply | None:
        """What became of the first question, as soon as that is known.

        Args:
            told: Something has come through the pipe.

        Raises:
            LgeSynthError: the process does not start.
        """
        data = self._message() if told else None
        if data is None and not self.dead and time.monotonic() <= self._until:
            return None
        if not self._ready:
            self.kill()
            raise LgeSynthError("The decoder process does not start.", "Start the program again.")
        asked = self.asked.popleft()
        if self.asked:
            self._until = time.monotonic() + self.asked[0].seconds
        self._files += 1
        try:
            return self._checked(asked, data)
        except Refused as closed:
            refused = refusal(asked.question.path, closed.what, closed.hint, closed.code)
            return Reply(asked.index, None, refused=refused)
        finally:
            if asked.block is not None:
                self._blocks.give_back(asked.block, asked.question.nbytes)

    def _checked(self, asked: _Asked, data: bytes | None) -> Reply:
        question = asked.question
        if data is None:
            late = not self.dead
            self.kill()
            words = "it takes too long to read" if late else "the decoder stopped on it"
            gates.refuse(words, AGAIN, "WRK-03" if late else "WRK-01")
        listed, any_modality = question.header, question.any_modality
        try:
            answer = answer_in(data, asked.number, listed, any_modality=any_modality)
        except NotAMessage:
            self.kill()
            gates.refuse("the decoder gave no proper answer", AGAIN, "WRK-04")
        self._peak = max(self._peak, answer.peak_bytes)
        self._files -= answer.same  # it was counted when it was listed
        if answer.outcome != "read" or question.task != "pixels":
            return Reply(asked.index, answer)
        pixels = pixels_in(asked.block, question.nbytes, answer, listed)
        if pixels is None:
            self.kill()
            gates.refuse("its pixels are not what its header says", AGAIN, "PIX-07")
        return Reply(asked.index, answer, pixels)

    def _message(self) -> bytes | None:
        """What has come through the pipe, if it is an answer."""
        try:
            data = self.pipe.recv_bytes(MAX_BYTES)
        except (EOFError, OSError):
            self.dead = True
            return None
        if self._ready:
            return data
        self._ready, self.dead = data == READY, data != READY
        if self.asked:
            self._until = time.monotonic() + self.asked[0].seconds
        return None

    @property
    def left(self) -> list[tuple[int, Question]]:
        """What it was asked and has not answered."""
        return [(one.index, one.question) for one in self.asked]

    def end(self) -> list[_Child]:
        """End it; returns the one that takes its place, if there is one."""
        heirs, self.heir = [self.heir] if self.heir else [], None
        self.kill()
        return heirs

    def kill(self) -> None:
        """End the process at once, the one that waits to take its place, and what they used."""
        if self.heir is not None:
            self.heir.kill()
        self.dead = True
        self.pipe.close()
        self._process.kill()
        self._process.join()
        self.rest()

    def rest(self) -> None:
        """Give the shared memory back: nobody asks for now."""
        self._blocks.free()


def refusal(path: Path, clause: str, hint: str, code: str) -> Refused:
    """The sentence a person reads: it names the file, the reason and what to do."""
    words = "".join(one for one in clause if one.isprintable())
    return Refused(f"{shown_name(path)} was refused: {words}.", hint, code)


def shown_name(path: Path) -> str:
    """A file's name as it may be shown: no control characters, at most 64 characters."""
    name = "".join(one for one in path.name if one.isprintable())
    return name if len(name) <= 64 else f"{name[:40]}…{name[-20:]}"


def _given_up(path: Path) -> Refused:
    words = f"it was not opened, because {DEATHS} files in a row stopped the decoder"
    return refusal(path, words, "Open a smaller part of the folder.", "WRK-05")


def _cores() -> int:
    return os.cpu_count() or 1

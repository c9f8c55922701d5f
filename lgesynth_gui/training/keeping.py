"""What a run leaves in its folder while it goes on: log, curves, checkpoints, pictures."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.atomic import atomic_write, free_bytes
from lgesynth_gui.io.failures import FULL
from lgesynth_gui.io.png import png_bytes
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.training.board import Board
from lgesynth_gui.training.checkpoint import save_checkpoint
from lgesynth_gui.training.stage import Painting
from lgesynth_gui.training.state import RunState

RESERVE = ".reserve"  # room for the log's words when the drive is full
RESERVED = 1 << 18
SAMPLES = "samples"
MIB = 1 << 20


class Keeper:
    """Writes for the main process of a run; for the others every method does nothing.

    Args:
        run: Whose state is kept.
        folder: The run's folder; it must exist.
    """

    def __init__(self, run: RunState, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.saved_step = run.step
        self._log: EventLog | None = None
        self._board: Board | None = None
        self._late: list[tuple[str, Mapping[str, Any]]] = []

    def open(self) -> None:
        """Open the log; until then nothing is written."""
        if self.run.machine.main:
            self._log, self._board = EventLog(self.folder), Board(self.folder)
            self._reserve()

    def tell(self, kind: str, **facts: Any) -> None:
        """Write an event; one that finds no room is written with a later one."""
        if self._log is None:
            return
        self._late.append((kind, facts))
        try:
            while self._late:
                self._log.write(self._late[0][0], **self._late[0][1])
                del self._late[0]
        except (LgeSynthError, OSError):
            del self._late[:-100]

    def figures(self, figures: Mapping[str, float]) -> None:
        """Add figures to the curves."""
        if self._board is not None:
            self._board.add(self.run.step, figures)

    def save(self) -> str:
        """Write a checkpoint; returns "" or, in one sentence, why there is none.

        What was there before is as it was when that fails.
        """
        if not self.run.machine.main or self.saved_step == self.run.step:
            return ""
        state = self.run.checkpoint()
        why = self._written(
            lambda: save_checkpoint(self.folder, state), "a checkpoint", state.tensors.values()
        )
        if not why:
            self.saved_step = self.run.step
            self._reserve()
        return why

    def export(self, name: str) -> str:
        """Write the averaged weights as a model below `name`; returns "" or why there is none."""
        run = self.run
        if not run.machine.main:
            return ""
        with run.averages.applied(run.stage.modules):
            return self._written(
                lambda: run.stage.export(self.folder / name, run.spent()),
                "the model",
                run.averages.values.values(),
            )

    def _written(self, write: Callable[[], object], what: str, tensors: Iterable[Tensor]) -> str:
        try:
            write()
        except (LgeSynthError, OSError) as error:
            cause = error.__cause__ if isinstance(error, LgeSynthError) else error
            if not isinstance(cause, OSError) or cause.errno is None:
                raise
            (self.folder / RESERVE).unlink(missing_ok=True)
            size = sum(v.numel() * v.element_size() for v in tensors)
            return _why(cause.errno, what, size, free_bytes(self.folder))
        return ""

    def sample(self) -> None:
        """Write what the averaged weights paint, and say so."""
        run = self.run
        if not run.machine.main:
            return
        if not isinstance(run.stage, Painting):
            self.tell("sample", step=run.step, files=[], message="This network paints nothing.")
            return
        with run.averages.applied(run.stage.modules):
            pictures = run.stage.samples()
        place, names = self.folder / SAMPLES, []
        try:
            place.mkdir(exist_ok=True)
            for number, picture in enumerate(pictures, 1):
                name = f"step-{run.step:07d}-{number}.png"
                with atomic_write(place / name, private=True) as file:  # may show patients
                    file.write(png_bytes(picture, {"Title": "Synthetic, research only"}))
                names.append(f"{SAMPLES}/{name}")
        except (LgeSynthError, OSError) as error:
            self.tell("sample", step=run.step, files=names, message=told(error, self.folder))
            return
        self.tell("sample", step=run.step, files=names)

    def close(self) -> None:
        """Let go of log and curves, and of the room kept for them; safe to call twice."""
        for one in (self._log, self._board):
            if one is not None:
                one.close()
        if self._log is not None:
            (self.folder / RESERVE).unlink(missing_ok=True)
        self._log = self._board = None

    def _reserve(self) -> None:
        path = self.folder / RESERVE
        if path.exists():
            return
        try:
            with atomic_write(path) as file:
                file.write(bytes(RESERVED))
        except (LgeSynthError, OSError):
            return  # without it a full drive is told later, not never


def told(error: BaseException, folder: Path) -> str:
    """An error in one sentence without the folder's place."""
    if not isinstance(error, LgeSynthError):
        return f"The training failed unexpectedly ({type(error).__name__})."
    return str(error).replace(str(folder.resolve()), folder.name).replace(str(folder), folder.name)


def _why(number: int, what: str, needed: int, free: int) -> str:
    size = f"{what} needs {-(-needed // MIB)} MiB and {free // MIB} MiB are free"
    if number in FULL:
        return f"The drive is full: {size}. The training waits and goes on when there is room."
    code = errno.errorcode.get(number, str(number))
    return f"The drive did not take {what} ({code}). The training waits and tries again."

"""What window and engine say to each other: frozen values, each with the request's number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lgesynth_gui.core.jobs import Progress


@dataclass(frozen=True, slots=True)
class Run:
    """Parent: run the job that `function` ("package.module:name") makes of `arguments`."""

    number: int
    function: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """Parent: stop request `number` at its next yield."""

    number: int


@dataclass(frozen=True, slots=True)
class Advanced:
    """Child: one step further; `progress` None says only that it is alive."""

    number: int
    progress: Progress | None


@dataclass(frozen=True, slots=True)
class Finished:
    """Child: the job's return value."""

    number: int
    result: Any


@dataclass(frozen=True, slots=True)
class Failed:
    """Child: the job raised."""

    number: int
    error: Exception


@dataclass(frozen=True, slots=True)
class Stopped:
    """Child: the job was closed as asked."""

    number: int


Message = Run | Stop | Advanced | Finished | Failed | Stopped

"""What may happen in a decoder: chosen by the name of the file it is asked about."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import reading
from lgesynth_gui.io.answers import Answer, Ask


class Panic(BaseException):
    """As the panics of codecs in other languages arrive."""


class Raw:
    """An answer that becomes some bytes instead of a message."""


def read(ask: Ask) -> object:
    """Do what the file's name says; every other file is read as usual."""
    name = Path(ask.path).name.split(".")[0]
    done = WAYS[name](ask) if name in WAYS else reading.read(ask)
    return Answer(ask.number, "other", what=str(done)) if isinstance(done, (int, str)) else done


def abort(ask: Ask) -> object:
    os.abort()


def kill(ask: Ask) -> object:
    os.kill(os.getpid(), signal.SIGKILL)
    return None


def segfault(ask: Ask) -> object:
    os.kill(os.getpid(), signal.SIGSEGV)
    return None


def leave(ask: Ask) -> object:
    os._exit(0)


def exit_(ask: Ask) -> object:
    sys.exit(0)


def hang(ask: Ask) -> object:
    while True:
        time.sleep(1)


def nap(ask: Ask) -> object:
    time.sleep(0.6)
    return "slept"


def spin(ask: Ask) -> object:
    while True:
        pass


def bomb(ask: Ask) -> object:
    return int(np.ones(1 << 32, np.uint8)[-1])


def panic(ask: Ask) -> object:
    raise Panic("PatientName^Secret")


def traceback(ask: Ask) -> object:
    raise ValueError("PatientName^Secret")


def chatter(ask: Ask) -> object:
    return Answer(ask.number, "other", what="x" * (10 << 20))


def another(ask: Ask) -> object:
    return Answer(ask.number + 1, "other", what="of another file")


def nonsense(ask: Ask) -> object:
    return Answer(ask.number, "read")


def unknown_code(ask: Ask) -> object:
    raise Refused("it is \x1b[31mred", "Do nothing.", "<script>")


def write(ask: Ask) -> object:
    Path(ask.path).with_suffix(".written").write_bytes(b"x" * 100)
    return "wrote"


def pid(ask: Ask) -> object:
    return os.getpid()


def shout(ask: Ask) -> object:
    os.write(1, b"PatientName^Secret")
    os.write(2, b"PatientName^Secret")
    return "shouted"


def modules(ask: Ask) -> object:
    heavy = {"torch", "PySide6", "scipy", "skimage", "nibabel", "pyqtgraph"}
    return " ".join(sorted(heavy & set(sys.modules))) or "none"


def wrong_pixels(ask: Ask) -> object:
    good = reading.read(ask)
    return replace(good, sha256="0" * 64) if ask.task == "pixels" else good


def wrong_shape(ask: Ask) -> object:
    good = reading.read(ask)
    return replace(good, shape=(2, 40, 48)) if ask.task == "pixels" else good


def same_as_nothing(ask: Ask) -> object:
    """Says that it knows a file whose header nobody has asked for."""
    return replace(reading.read(ask), dicom=None, same=True)


WAYS = {
    "abort": abort, "kill": kill, "segfault": segfault, "leave": leave, "exit": exit_,
    "hang": hang, "nap": nap, "spin": spin, "bomb": bomb, "panic": panic, "traceback": traceback,
    "chatter": chatter, "another": another, "nonsense": nonsense, "unknown_code": unknown_code,
    "write": write, "pid": pid, "shout": shout, "modules": modules,
    "wrong_pixels": wrong_pixels, "wrong_shape": wrong_shape, "same_as_nothing": same_as_nothing,
}  # fmt: skip

"""Where the program keeps what belongs to the person who uses it."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QStandardPaths

VARIABLE = "LGESYNTH_CONFIG"
DATA_VARIABLE = "LGESYNTH_DATA"


def config_folder() -> Path:
    """The folder of this person's settings; it may not exist yet.

    The environment variable `LGESYNTH_CONFIG` names another one, for example for tests.
    """
    if asked := os.environ.get(VARIABLE):
        return Path(asked)
    kind = QStandardPaths.StandardLocation.GenericConfigLocation
    return Path(QStandardPaths.writableLocation(kind)) / "lgesynth"


def data_folder() -> Path:
    """The folder of this person's unsaved work and recent projects; it may not exist yet.

    The environment variable `LGESYNTH_DATA` names another one, for example for tests.
    """
    if asked := os.environ.get(DATA_VARIABLE):
        return Path(asked)
    kind = QStandardPaths.StandardLocation.GenericDataLocation
    return Path(QStandardPaths.writableLocation(kind)) / "lgesynth"


def trail_of(host_sha256: str) -> Path:
    """Where it is noted what left the program of one study, see `io.trail`.

    Args:
        host_sha256: Of the study's pixels.
    """
    return data_folder() / "trails" / f"{host_sha256[:16]}.trail"

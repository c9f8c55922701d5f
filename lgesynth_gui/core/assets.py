"""Finds bundled files in a checkout, an editable install, a wheel and a frozen app alike."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal


def bundled(kind: Literal["resources", "models"]) -> Path:
    """The folder `resources` or `models`, wherever this copy of the program keeps it."""
    installed = Path(str(files("lgesynth_gui"))) / "_bundled" / kind
    return installed if installed.is_dir() else Path(__file__).parents[2] / kind

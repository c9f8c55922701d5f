"""Where the models live that a person imported; the bundled ones are never written to by import."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "LGESYNTH_MODELS"


def user_models() -> Path:
    """This person's folder of models; it may not exist yet.

    The environment variable `LGESYNTH_MODELS` names another one, for example for tests.
    """
    if asked := os.environ.get(VARIABLE):
        return Path(asked)
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return base / "lgesynth" / "models"

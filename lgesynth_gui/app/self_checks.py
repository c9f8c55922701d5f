"""The self-test behind the window's doctor, `lgesynth doctor` and `lgesynth models verify`.

One question, one answer. Nothing in an answer names a person, a folder or a file of theirs.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError

LIBRARIES = (
    "torch", "diffusers", "transformers", "numpy", "scipy", "scikit-image", "pydicom",
    "highdicom", "nibabel", "PySide6-Essentials", "pyqtgraph",
)  # fmt: skip
NEEDED_GB = 2.0


@dataclass(frozen=True)
class Check:
    """One answer.

    Args:
        name: What was looked at.
        ok: Whether it will do.
        found: What was found, or what is wrong and what to do.
    """

    name: str
    ok: bool
    found: str

    @property
    def glyph(self) -> str:
        """The mark before the line."""
        return "✓" if self.ok else "✗"


def library_checks() -> tuple[Check, ...]:
    """Python and the libraries, with their versions."""
    found = [Check("Python", sys.version_info >= (3, 11), platform.python_version())]
    for name in LIBRARIES:
        try:
            found.append(Check(name, True, version(name)))
        except PackageNotFoundError:
            found.append(Check(name, False, "not installed. Run packaging/bootstrap.py again."))
    return tuple(found)


def model_checks() -> tuple[Check, ...]:
    """Every bundled model: a readable card, and files that are the ones the card names."""
    from lgesynth_gui.registry.cards import CARD, card_in, verify

    found = []
    for path in sorted(bundled("models").glob("*/*")):
        name = f"{path.parent.name}/{path.name}"
        if not path.is_dir():
            continue
        try:
            if not (path / CARD).is_file():
                raise LgeSynthError("It has no card.", "Install the program again.")
            card = card_in(path)
            verify(card, full=True)
            found.append(Check(name, True, f"SHA-256 of {len(card.files)} files as on the card"))
        except LgeSynthError as error:
            found.append(Check(name, False, str(error)))
    return tuple(found)


def display_check() -> Check:
    """Whether Qt's widgets load, and whether there is a display to show a window on."""
    try:
        found = importlib.util.find_spec("PySide6.QtWidgets")
        if found is None:
            return Check("display", False, "Qt's widgets are not installed.")
        from PySide6.QtGui import QGuiApplication
    except ImportError as error:
        return Check(
            "display", False, f"{error}. Run packaging/bootstrap.py, it names what is missing."
        )
    if QGuiApplication.instance() is None and sys.platform.startswith("linux"):
        chosen = os.environ.get("QT_QPA_PLATFORM", "")
        shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
        if chosen:
            return Check("display", True, f"Qt platform {chosen!r}, as the environment asks")
        if not shown:
            return Check("display", True, "none here: the command line works, the window cannot")
    return Check("display", True, "present")


def disk_check(folder: Path | None = None) -> Check:
    """Free space where results would be written."""
    free = shutil.disk_usage(folder or Path.cwd()).free / 1e9
    return Check("disk", free >= NEEDED_GB, f"{free:.1f} GB free, {NEEDED_GB:.0f} GB wanted")


def cpu_check() -> Check:
    """Processor cores of this computer."""
    return Check("processor", True, f"{os.cpu_count() or 1} cores, {platform.machine()}")

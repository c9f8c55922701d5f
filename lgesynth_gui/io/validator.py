"""A DICOM validator others wrote, where the computer has one: `dciodvfy` of dicom3tools."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PROGRAM = "dciodvfy"
LONGEST_S = 30.0  # a file; ours take a fraction of a second


def find_validator() -> Path | None:
    """Where the validator is: beside Python, else on the search path; None when nowhere."""
    suffix = ".exe" if sys.platform == "win32" else ""
    beside = Path(sys.executable).with_name(PROGRAM + suffix)
    if beside.is_file():
        return beside
    found = shutil.which(PROGRAM)
    return Path(found) if found else None


def errors_of(files: Sequence[Path], program: Path) -> tuple[str, ...]:
    """What it calls an error, file by file; its exit code says nothing.

    Args:
        files: DICOM files.
        program: From `find_validator`.

    Raises:
        OSError: it cannot be started.
        subprocess.SubprocessError: it does not come to an end.
    """
    found = []
    for path in files:
        done = subprocess.run(
            [program, path],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST_S,
        )
        lines = (done.stdout + done.stderr).splitlines()
        found += [f"{path.name}: {line}" for line in lines if line.startswith("Error")]
    return tuple(found)

"""Texts for somebody who helps: self-test and diagnostics, without names, paths or identifiers."""

from __future__ import annotations

import json
import platform
import re
import sys
import zipfile
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path

from lgesynth_gui import __version__
from lgesynth_gui.app.preferences import Preferences, to_json
from lgesynth_gui.app.self_checks import Check

KEPT_EVENTS = 200
NAME_IN_ZIP = "lgesynth-diagnostics.txt"
CODE = re.compile(r"\(([A-Z]{2,5}-\d{1,3})\)\s*$")  # as `core.errors.Refused` ends
WORD = re.compile(r"^[A-Za-z0-9_.-]{1,40}$")
PATH = re.compile(r"""(?:[A-Za-z]:)?(?:[\\/]{1,2}[^\\/\s"',;:()]+)+[\\/]?|~[\\/]\S*""")


def without_paths(text: str) -> str:
    """The text with everything that looks like a place on the drive taken out."""
    return PATH.sub("[place]", text)


def self_test_text(checks: Iterable[Check]) -> str:
    """The self-test, one line an answer."""
    return "\n".join(f"{one.glyph} {one.name}: {without_paths(one.found)}" for one in checks)


class Events:
    """The last things that happened, as codes: a kind and a code, never a message."""

    def __init__(self) -> None:
        self._codes: deque[str] = deque(maxlen=KEPT_EVENTS)

    def add(self, kind: str, told: str = "") -> None:
        """Remember an event.

        Args:
            kind: What happened in one word of the program ("refused").
            told: A message; only the code at its end is kept.
        """
        found = CODE.search(told)
        code = found.group(1) if found else ""
        if WORD.match(kind):
            self._codes.append(f"{kind} {code}".rstrip())

    def lines(self) -> tuple[str, ...]:
        """The codes, oldest first, repeats counted."""
        rows: list[tuple[str, int]] = []
        for code in self._codes:
            if rows and rows[-1][0] == code:
                rows[-1] = (code, rows[-1][1] + 1)
            else:
                rows.append((code, 1))
        return tuple(f"{code} x {n}" if n > 1 else code for code, n in rows)


def diagnostics_text(now: Preferences, checks: Sequence[Check], events: Events) -> str:
    """Everything a diagnostics file holds, as it is shown before it is saved.

    Args:
        now: Preferences.
        checks: Answers of the self-test.
        events: What happened since the program started.
    """
    settings = to_json(now)
    parts = (
        ("LGESynth", (f"version {__version__}", f"Python {platform.python_version()}")),
        ("Computer", (f"{platform.system()} {platform.release()}", platform.machine(),
                      "frozen program" if getattr(sys, "frozen", False) else "Python package")),
        ("Settings", tuple(f"{k}: {json.dumps(v, sort_keys=True)}" for k, v in settings.items())),
        ("Self-test", tuple(self_test_text(checks).splitlines()) or ("not run",)),
        ("Events", events.lines() or ("none",)),
        ("Not in this file", ("pixels, names, identifiers, dates of birth, folders, file names",)),
    )  # fmt: skip
    blocks = ["\n".join([title, *(f"  {line}" for line in lines)]) for title, lines in parts]
    return without_paths("\n\n".join(blocks)) + "\n"


def write_zip(path: Path, text: str) -> None:
    """Write a ZIP that holds this text and nothing else; whole or not at all.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    from lgesynth_gui.io.atomic import atomic_write

    entry = zipfile.ZipInfo(NAME_IN_ZIP)  # dated 1980: no clock in it
    entry.compress_type = zipfile.ZIP_DEFLATED
    with atomic_write(path, private=True) as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr(entry, text.encode("utf-8"))

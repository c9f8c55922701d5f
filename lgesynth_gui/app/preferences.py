"""What a person likes: theme, text size, keys, limit. One small file, never part of a project."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.mouse import PRESETS
from lgesynth_gui.app.places import config_folder
from lgesynth_gui.core.jobs import Job

ThemeChoice = Literal["dark", "light", "system"]
Device = Literal["auto", "cpu", "cuda", "mps"]
Keys = tuple[tuple[str, tuple[str, ...]], ...]

FILE = "preferences.json"
LARGEST_FILE = 1 << 18
PERCENT = (80, 200)  # text size, in steps of STEP
STEP = 10
LIMIT = (0.30, 0.95)
MOST_SILENCED = 50
MOUSE_PRESETS = tuple(PRESETS)
SET_ASIDE = "The settings could not be read. They were set aside and the usual ones are used."


@dataclass(frozen=True, slots=True)
class Preferences:
    """Everything that can be chosen; a constructed one is valid.

    Args:
        theme: "dark", "light", or "system" to follow the desktop.
        percent: Size of all text, 80 to 200 in tens.
        mouse: Name of the mouse preset.
        dice_limit: Limit of the gate for what is opened next, 0.30 to 0.95.
        still: Nothing moves by itself.
        device: What computes: "auto", "cpu", "cuda" or "mps".
        autosave: Keep a copy of unsaved work for after a crash.
        keys: Changed keys, as pairs of an action and its keys.
        understood: That output is for research use was ticked at the first export.
        silenced: Ids of remarks about drawings that nobody wants to read again.
        columns: How the table of a cohort's cases is arranged, as its text; "" = as at first.
        reviewer: Pseudonym under which cases were reviewed last, or "".

    Raises:
        ValueError: a value that cannot be.
    """

    theme: ThemeChoice = "dark"
    percent: int = 100
    mouse: str = MOUSE_PRESETS[0]
    dice_limit: float = 0.60
    still: bool = False
    device: Device = "auto"
    autosave: bool = True
    keys: Keys = field(default=())
    understood: bool = False
    silenced: tuple[str, ...] = ()
    columns: str = ""
    reviewer: str = ""

    def __post_init__(self) -> None:
        low, high = PERCENT
        good = {
            "theme": self.theme in get_args(ThemeChoice),
            "percent": type(self.percent) is int
            and low <= self.percent <= high
            and self.percent % STEP == 0,
            "mouse": self.mouse in MOUSE_PRESETS,
            "dice_limit": type(self.dice_limit) is float
            and LIMIT[0] <= self.dice_limit <= LIMIT[1],
            "still": type(self.still) is bool,
            "device": self.device in get_args(Device),
            "autosave": type(self.autosave) is bool,
            "keys": isinstance(self.keys, tuple),
            "understood": type(self.understood) is bool,
            "silenced": isinstance(self.silenced, tuple)
            and len(self.silenced) <= MOST_SILENCED
            and all(isinstance(one, str) and len(one) <= 40 for one in self.silenced),
            "columns": isinstance(self.columns, str) and len(self.columns) <= 2000,
            "reviewer": isinstance(self.reviewer, str) and len(self.reviewer) <= 40,
        }
        if bad := [name for name, fine in good.items() if not fine]:
            raise ValueError(", ".join(bad))


def to_json(now: Preferences) -> dict[str, Any]:
    """The content of the file."""
    return {**asdict(now), "keys": keys_to_json(now.keys)}


def from_json(value: object) -> Preferences:
    """The preferences of a file's content; what a newer version added is left out.

    Raises:
        ValueError: not what `to_json` writes.
    """
    if not isinstance(value, dict):
        raise ValueError("no table")
    known = {one.name for one in fields(Preferences)}
    found = {name: value[name] for name in known & value.keys()}
    if "keys" in found:
        found["keys"] = keys_from_json(found["keys"])
    if isinstance(found.get("silenced"), list):
        found["silenced"] = tuple(found["silenced"])
    return Preferences(**found)


def keys_to_json(keys: Keys) -> dict[str, list[str]]:
    """A map of keys as it is written and exported."""
    return {action: list(several) for action, several in keys}


def keys_from_json(value: object) -> Keys:
    """A map of keys as it was written.

    Raises:
        ValueError: not a table of lists of short texts.
    """
    if not isinstance(value, Mapping) or len(value) > 500:
        raise ValueError("keys")
    for action, several in value.items():
        texts = [action, *several] if isinstance(several, list) else [None]
        if len(texts) > 9 or any(not isinstance(t, str) or not 0 < len(t) <= 40 for t in texts):
            raise ValueError("keys")
    return tuple(sorted((action, tuple(several)) for action, several in value.items()))


def read(path: Path) -> tuple[Preferences, str]:
    """(preferences, "" or one sentence about a file that could not be used).

    A damaged file is renamed, so that it can be looked at and is not complained about again.
    """
    try:
        with path.open("rb") as file:
            head = file.read(LARGEST_FILE + 1)
        if len(head) > LARGEST_FILE:
            raise ValueError("too large")
        return from_json(json.loads(head)), ""
    except FileNotFoundError:
        return Preferences(), ""
    except (OSError, ValueError, TypeError, RecursionError):
        try:
            path.replace(path.with_name(path.name + ".corrupt"))
        except OSError:
            return Preferences(), SET_ASIDE.replace("They were set aside and the", "The")
        return Preferences(), SET_ASIDE


def write(path: Path, now: Preferences) -> None:
    """Write the file, whole or not at all.

    Raises:
        LgeSynthError: the drive is full or closed.
    """
    from lgesynth_gui.io.atomic import write_json

    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, to_json(now), private=True)


class PreferenceStore(QObject):
    """Holds the preferences, names what changed, and knows whether the file has them."""

    changed = Signal(object)  # frozenset of field names

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.path = path if path is not None else config_folder() / FILE
        self.now, self.notice = read(self.path)
        self._written = self.now

    @property
    def unsaved(self) -> bool:
        """Whether the file holds something else."""
        return self.now != self._written

    def set(self, **values: Any) -> None:
        """Change some; tells only what is really different.

        Raises:
            ValueError: a value that cannot be.
        """
        changed = replace(self.now, **values)
        names = frozenset(n for n in values if getattr(self.now, n) != getattr(changed, n))
        if names:
            self.now = changed
            self.changed.emit(names)

    def reset(self) -> None:
        """Back to what a new installation has; changed keys stay."""
        usual = Preferences()
        names = [one.name for one in fields(Preferences) if one.name != "keys"]
        self.set(**{name: getattr(usual, name) for name in names})

    def write_job(self) -> Job:
        """A job that writes what is set now; its result goes to `wrote`."""
        now = self.now
        yield None
        write(self.path, now)
        return now

    def wrote(self, now: Preferences) -> None:
        """The file holds these."""
        self._written = now

    def flush(self) -> None:
        """Write at once what the file does not hold yet.

        Raises:
            LgeSynthError: the drive is full or closed.
        """
        if self.unsaved:
            now = self.now
            write(self.path, now)
            self.wrote(now)

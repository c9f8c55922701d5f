"""What the numbers of an nnU-Net dataset's label maps mean, from its dataset.json."""

from __future__ import annotations

import re
from pathlib import Path

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.labels import Label
from lgesynth_gui.io.masks import meaning_of
from lgesynth_gui.io.strict_json import strict_value

DATASET = "dataset.json"
MAX_BYTES = 1 << 20
_NOT_LEFT = re.compile(r"\bright\b|\brv\b|backgr")
_OEDEMA = re.compile(r"o?edema")  # muscle that is alive (Zhuang, IEEE TPAMI 2019;41:2933)
_HINT = "Name the labels of dataset.json background, blood_pool, myocardium, scar, no_reflow."


def named_labels(mask: Path) -> dict[int, int] | None:
    """Number in the file -> label of this program; None without a dataset.json.

    Args:
        mask: A label map in a folder beside dataset.json.

    Raises:
        Refused: the file is no such description, or a name is not known (TRN-04).
    """
    path = mask.parent.parent / DATASET
    if not path.is_file() or path.is_symlink():
        return None
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    try:
        told = strict_value(data) if len(data) <= MAX_BYTES else None
        listed = told["labels"] if isinstance(told, dict) else None
        if not isinstance(listed, dict):
            raise ValueError("no labels")
        pairs = [_pair(name, number) for name, number in listed.items()]
    except (ValueError, KeyError, UnicodeDecodeError) as error:
        raise Refused("dataset.json does not say what its labels mean.", _HINT, "TRN-04") from error
    return dict(pairs)


def _pair(name: str, number: object) -> tuple[int, int]:
    """One entry; nnU-Net's first version has the number as key and the name as value."""
    words, value = (number, name) if isinstance(number, str) else (name, number)
    number_of = int(value) if isinstance(value, (int, str)) else -1
    if not 0 <= number_of <= 255 or not isinstance(words, str):
        raise ValueError("no label")
    plain = re.sub(r"[^a-z0-9]+", " ", words.lower())
    if number_of == 0 or _NOT_LEFT.search(plain):
        return number_of, 0
    if _OEDEMA.search(plain):
        return number_of, int(Label.MYOCARDIUM)
    meaning = meaning_of(plain)
    if meaning is None:
        raise ValueError("an unknown label")
    return number_of, int(meaning)

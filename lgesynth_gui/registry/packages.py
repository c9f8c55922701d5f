"""Model packages: one file that carries a model folder to another computer, and nothing else.

A package is a plain ZIP (see `archive`): `package.json` with the checksum of every other member,
the card `model.json`, and the files the card names. Nothing of it is written before all of it
was looked at, and nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import atomic_write, require_free_space, sync_folder
from lgesynth_gui.io.leftovers import sweep, temporary_name
from lgesynth_gui.registry import contents, strict_json
from lgesynth_gui.registry.archive import CHUNK, Archive, refuse
from lgesynth_gui.registry.cards import (
    CARD,
    ModelCard,
    ModelFile,
    card_in,
    model_folder,
    parse_card,
    roots,
    verify,
)

PACKAGE_SUFFIX = ".lgesynth-model"
LIST = "package.json"
TABLE = "held_out.json"  # of a fine-tuned model; see training.held_out_table
FORMAT = "lgesynth model package"
VERSION = 1
MAX_LIST = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes on any day
_ORIGINAL = "Get the package again from its source."


class Manifest(BaseModel):
    """What `package.json` says.

    Args:
        format: Always "lgesynth model package".
        version: Of this description.
        model: "id/version".
        files: Every other member with its checksum, the card first.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    format: Literal["lgesynth model package"] = "lgesynth model package"
    version: Literal[1] = 1
    model: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}/\d{1,4}\.\d{1,4}\.\d{1,4}$")]
    files: Annotated[tuple[ModelFile, ...], Field(min_length=2, max_length=64)]


def file_name(card: ModelCard) -> str:
    """The usual name of a model's package."""
    return f"{card.id}-{card.version}{PACKAGE_SUFFIX}"


def pack(
    name: str, path: Path, folders: Sequence[Path] | None = None, *, patients_ok: bool = False
) -> Job:
    """Write a model into a package; the same model gives the same bytes.

    Args:
        name: "id" or "id/version".
        path: The package; it must not exist.
        folders: Where models live; None = the bundled ones and this person's own.
        patients_ok: Somebody looked at what the card says of memorised patients.

    Returns:
        A job that returns the card.

    Raises:
        LgeSynthError: there is no such model, or the package's name is taken.
        Refused: the model is damaged, or was trained on patients and nobody agreed, or the
            memorisation check found that it repeats them, whoever agrees (MOD-20).
    """
    folder = model_folder(name, folders)
    card = card_in(folder)
    if card.trained_on.patients and not patients_ok:
        raise Refused(
            f"{card.reference} was trained on slices of {card.trained_on.patients} patients, which"
            f" it may have kept. {memorised(card)}",
            "Allow it with: --patients-ok.",
            "MOD-20",
        )
    if path.exists():
        raise LgeSynthError("There is a file of that name already.", "Choose another name.")
    yield Progress(0, 1, "checking")
    verify(card, [folder.parent.parent], full=True)
    if _repeats(folder, card):
        raise Refused(
            f"{card.reference} repeats patients it was trained on and is not shared."
            f" {memorised(card)}",
            "Fine-tune again, on more patients or for fewer steps.",
            "MOD-20",
        )
    text = card.to_json()
    listed = ModelFile(name=CARD, sha256=hashlib.sha256(text).hexdigest(), size=len(text))
    manifest = Manifest(model=card.reference, files=(listed, *card.files))
    total = sum(one.size for one in manifest.files)
    require_free_space(path.parent, total)
    done = 0
    with (
        atomic_write(path) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED, allowZip64=False) as made,
    ):
        made.writestr(_entry(LIST), (manifest.model_dump_json(indent=2) + "\n").encode())
        made.writestr(_entry(CARD), text)
        for one in card.files:
            with (folder / one.name).open("rb") as source, made.open(_entry(one.name), "w") as out:
                while block := source.read(CHUNK):
                    out.write(block)
                    done += len(block)
                    yield Progress(done, total, "packing")
    return card


def memorised(card: ModelCard) -> str:
    """What a card says of copied patients, in a sentence."""
    found = [one for one in card.metrics if "memor" in one.name.lower()]
    if not found:
        return "Whether it repeats them was not measured."
    told = []
    for data, some in groupby(found, key=lambda one: one.data):
        told.append(
            "; ".join(f"{one.name}: {one.value:g}{one.unit}" for one in some) + f" ({data})"
        )
    return "; ".join(told) + "."


def _repeats(folder: Path, card: ModelCard) -> bool:
    """Whether the table beside a fine-tuned model says that it must not be shared."""
    if all(one.name != TABLE for one in card.files):
        return False
    told = strict_json.parse((folder / TABLE).read_bytes())
    return isinstance(told, dict) and told.get("blocked") is True


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o100644 << 16
    entry.create_system = 3
    return entry


def check(archive: Archive) -> Job:
    """Look at every byte of a package without writing one.

    Returns:
        A job that returns the `ModelCard`.

    Raises:
        Refused: one sentence and a code; see `archive`, `cards`, `contents` for those of layout,
            card and files. Here: the list is not right (MOD-18), of a newer program (MOD-19),
            names files that are not there or not all that are (MOD-22), or a checksum is another
            (MOD-08).
    """
    yield Progress(0, 1, "checking")
    manifest, card = _described(archive)
    listed = {one.name: one for one in manifest.files}
    wanted = {one.name: one for one in card.files}
    if manifest.model != card.reference or len(listed) != len(manifest.files):
        raise refuse("lists another model than it holds", "MOD-18")
    if set(listed) != {CARD, *wanted} or set(archive.members) != {LIST, *listed}:
        raise refuse("lacks a file, or holds one that nothing names", "MOD-22")
    contents.check_words(card)
    numbers = done = 0
    total = sum(one.size for one in card.files)
    for name, one in listed.items():
        if archive.members[name].size != one.size or wanted.get(name, one) != one:
            raise refuse(f"holds another {name} than it lists", "MOD-08")
        counted = _Hashed(archive.chunks(name))
        numbers += yield from _shown(_checked(name, counted, one.size), counted, done, total)
        done += one.size if name in wanted else 0
        if counted.finish() != one.sha256:
            raise refuse(f"holds another {name} than it lists", "MOD-08")
    if numbers != card.parameters:
        raise Refused(
            f"The model holds {numbers} numbers, its card says {card.parameters}.",
            _ORIGINAL,
            "MOD-07",
        )
    return card


def _described(archive: Archive) -> tuple[Manifest, ModelCard]:
    if LIST not in archive.members or CARD not in archive.members:
        raise refuse("lacks its list of files or its card", "MOD-22")
    data = archive.content(LIST, MAX_LIST)
    value = strict_json.parse(data)
    if isinstance(value, dict) and value.get("format") == FORMAT:
        _not_newer(value.get("version"), VERSION)
    try:
        manifest = Manifest.model_validate_json(data)
    except ValidationError as error:
        raise refuse("has a list of files that is not valid", "MOD-18") from error
    text = archive.content(CARD, strict_json.MAX_BYTES)
    card = strict_json.parse(text)
    if isinstance(card, dict):
        _not_newer(card.get("format"), 1)
    return manifest, parse_card(text)


def _not_newer(found: object, known: int) -> None:
    if type(found) is int and found > known:
        raise Refused(
            "The model package was made by a newer version of this program.",
            "Update the program first.",
            "MOD-19",
        )


def _checked(name: str, chunks: _Hashed, size: int) -> Job:
    """A job that returns how many numbers one file holds, 0 for texts."""
    if name.endswith(".safetensors"):
        return (yield from contents.check_weights(chunks, size))
    if size > contents.MAX_TEXT:
        raise refuse("holds a text that is too large", "MOD-11")
    data = b"".join(chunks)
    if name.endswith(".json"):
        contents.check_json(data)
    else:
        contents.check_text(data)
    return 0


class _Hashed:
    """Chunks that are hashed and counted as they are taken."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._digest, self.done = chunks, hashlib.sha256(), 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = next(self._chunks)
        self._digest.update(block)
        self.done += len(block)
        return block

    def finish(self) -> str:
        """SHA-256 of all of it, also of what nobody took."""
        for _ in self:
            pass
        return self._digest.hexdigest()


def _shown(job: Job, counted: _Hashed, before: int, total: int) -> Job:
    try:
        while True:
            try:
                next(job)
            except StopIteration as end:
                return end.value
            yield Progress(before + counted.done, total, "checking")
    finally:
        job.close()


def already_there(card: ModelCard, folders: Sequence[Path] | None = None) -> bool:
    """Whether this very model is installed.

    Raises:
        Refused: another model has its name (MOD-24).
    """
    for root in roots(folders):
        folder = root / card.id / card.version
        if not folder.exists():
            continue
        try:
            same = card_in(folder).files == card.files
        except LgeSynthError:
            same = False
        if same:
            return True
        raise Refused(
            f"There is another model called {card.reference}; it is not replaced.",
            "Ask its maker for another version number.",
            "MOD-24",
        )
    return False


@contextmanager
def staged(root: Path) -> Iterator[Path]:
    """A hidden folder in `root` that is gone when the block ends."""
    root.mkdir(parents=True, exist_ok=True)
    sweep(root)
    stage = temporary_name(root / "import")
    stage.mkdir()
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def unpack(archive: Archive, card: ModelCard, stage: Path) -> Job:
    """Write the files of a checked package to `stage/<id>/<version>`, hashing them again.

    Returns:
        A job that returns that folder.

    Raises:
        Refused: the package changed since it was checked (MOD-08).
        LgeSynthError: the drive is full or closed.
    """
    require_free_space(stage, sum(one.size for one in card.files))
    folder = stage / card.id / card.version
    folder.mkdir(parents=True)
    for one in card.files:
        chunks = _Hashed(archive.chunks(one.name))
        with atomic_write(folder / one.name) as file:
            for number, block in enumerate(chunks):
                file.write(block)
                if number % 16 == 0:
                    yield Progress(chunks.done, one.size, "unpacking")
            if chunks.finish() != one.sha256:
                raise refuse("changed while it was read", "MOD-08")
    with atomic_write(folder / CARD) as file:
        file.write(card.to_json())
    verify(card, [stage], full=True)
    return folder


def copied(card: ModelCard, root: Path, stage: Path) -> Job:
    """Copy a whole model folder from `root` to `stage/<id>/<version>`, hashing both.

    Returns:
        A job that returns the new folder.

    Raises:
        Refused: the model is damaged.
        LgeSynthError: the drive is full or closed.
    """
    source = verify(card, [root], full=True)
    require_free_space(stage, sum(one.size for one in card.files))
    folder = stage / card.id / card.version
    folder.mkdir(parents=True)
    for one in card.files:
        with (source / one.name).open("rb") as old, atomic_write(folder / one.name) as file:
            while block := old.read(CHUNK):
                file.write(block)
                yield Progress(0, 0, "copying")
    with atomic_write(folder / CARD) as file:
        file.write(card.to_json())
    verify(card, [stage], full=True)
    return folder


def settle(stage: Path, card: ModelCard, root: Path) -> Path:
    """Give a staged model its place `root/<id>/<version>` in one rename."""
    target = root / card.id / card.version
    target.parent.mkdir(exist_ok=True)
    (stage / card.id / card.version).rename(target)
    sync_folder(target.parent)
    return target

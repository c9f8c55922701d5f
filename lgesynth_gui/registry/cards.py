"""Model cards: what a model folder holds, what it was trained on and how well it does.

A model is a folder `<id>/<version>` with `model.json` (its card) and safetensors files. Nothing
in it is ever executed; class names are chosen from an enum here, not from the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.registry import strict_json
from lgesynth_gui.registry.header import read_header
from lgesynth_gui.registry.places import user_models

CARD = "model.json"
_HINT = "Get the model again from its source."

ModelId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Version = Annotated[str, Field(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reference = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}/\d{1,4}\.\d{1,4}\.\d{1,4}( [0-9a-f]{64})?$")
]
FileName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}\.(safetensors|json|txt|md)$")]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Line = Annotated[str, Field(max_length=400)]
Count = Annotated[int, Field(ge=0, le=10**12)]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=-(10**9), le=10**9)]
Role = Literal["contours", "reward", "judge", "text", "base", "controlnet", "rival"]
ArchitectureName = Literal[
    "unet", "attention-unet", "bert", "condition-unet", "controlnet", "spade", "paper-controlnet"
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Architecture(_Strict):
    """Which of our own classes to build, and with which numbers.

    Args:
        name: One of the classes this program knows.
        numbers: Its arguments; the class checks their keys and ranges again.
    """

    name: ArchitectureName
    numbers: dict[
        Key,
        Whole
        | Number
        | Annotated[tuple[Whole, ...], Field(max_length=64)]
        | Annotated[tuple[Number, ...], Field(max_length=256)],
    ] = Field(default_factory=dict, max_length=40)


class ModelFile(_Strict):
    """One file of the folder besides the card.

    Args:
        name: File name, no folders.
        sha256: Of its bytes.
        size: Bytes.
    """

    name: FileName
    sha256: Sha256
    size: Annotated[int, Field(ge=1, le=8 * 2**30)]


class TrainedOn(_Strict):
    """Where the weights come from. Counts only, never names.

    Args:
        data: What kind of data, in words.
        stream: Name of the phantom stream, or "".
        seed: First seed of the stream.
        slices: Different training slices.
        patients: People among them; 0 for a phantom.
        steps, batch, minutes: Length of the training.
    """

    data: Line
    stream: Annotated[str, Field(pattern=r"^[a-z]{0,20}$")] = ""
    seed: Count = 0
    slices: Count = 0
    patients: Count = 0
    steps: Count = 0
    batch: Count = 0
    minutes: Annotated[float, Field(ge=0, le=1e7)] = 0.0


class Metric(_Strict):
    """One measured figure.

    Args:
        name: What ("Dice of scar > 300 mm2").
        data: On what ("unseen phantom slices", "EMIDEC, 30 stacks, evaluation only").
        value: The figure.
        low, high: Its 95 % interval, or None.
        n: How many slices, cases or sentences.
        unit: "" for a share.
    """

    name: Line
    data: Line
    value: Number
    low: Number | None = None
    high: Number | None = None
    n: Count
    unit: Annotated[str, Field(max_length=20)] = ""


class ModelCard(_Strict):
    """The whole truth about a model folder.

    Args:
        format: Version of this very description.
        id, version: Name of the folder it lives in.
        title: One line for people.
        role: What the program uses it for; a "rival" is only compared with.
        architecture: How to build it.
        files: The files it needs, the main weights first.
        parameters: Numbers in the weights, all files together.
        threshold: Probability above which a segmenter calls a pixel its own; None elsewhere.
        trained_on: Where the weights come from.
        metrics: What the training run measured.
        licence: SPDX name.
        created: Day, as YYYY-MM-DD.
        text_encoder: "id/version sha256" of the encoder it was trained with, or None.
        base: The same for the base network a control network belongs to, or None.
        notes: Known limits, in words.
    """

    format: Literal[1] = 1
    id: ModelId
    version: Version
    title: Line
    role: Role
    architecture: Architecture
    files: Annotated[tuple[ModelFile, ...], Field(min_length=1, max_length=63)]
    parameters: Annotated[int, Field(ge=1, le=2 * 10**9)]
    threshold: Annotated[float, Field(gt=0, lt=1)] | None = None
    trained_on: TrainedOn
    metrics: Annotated[tuple[Metric, ...], Field(max_length=200)] = ()
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]{1,40}$")] = "Apache-2.0"
    created: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    text_encoder: Reference | None = None
    base: Reference | None = None
    notes: Annotated[str, Field(max_length=4000)] = ""

    @model_validator(mode="after")
    def _weights_first(self) -> ModelCard:
        names = [one.name for one in self.files]
        if len(set(names)) != len(names) or CARD in names:
            raise ValueError("a file is named twice")
        if not names[0].endswith(".safetensors"):
            raise ValueError("the first file holds no weights")
        return self

    @property
    def reference(self) -> str:
        """`id/version`."""
        return f"{self.id}/{self.version}"

    @property
    def sha256(self) -> str:
        """Hash of the main weights: equal hashes are the same network, whatever its name."""
        return self.files[0].sha256

    def to_json(self) -> bytes:
        """The card as the text of `model.json`."""
        return (self.model_dump_json(indent=2) + "\n").encode()


def parse_card(data: bytes) -> ModelCard:
    """Read a card.

    Raises:
        Refused: no strict JSON (MOD-05), or not a card of this program (MOD-04).
    """
    strict_json.parse(data)
    try:
        return ModelCard.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "card"
        raise Refused(
            f"A model's card is not valid at {place}: {first['msg']}.", _HINT, "MOD-04"
        ) from error


def roots(folders: Sequence[Path] | None = None) -> tuple[Path, ...]:
    """Where models live: as given, else the bundled ones first and then this person's own."""
    return (bundled("models"), user_models()) if folders is None else tuple(folders)


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def card_in(folder: Path) -> ModelCard:
    """The card of a model folder `<id>/<version>`; its names must be the folder's.

    Raises:
        LgeSynthError: there is none.
        Refused: it is not valid, or describes another model (MOD-04, MOD-05).
    """
    path = folder / CARD
    if not path.is_file() or path.is_symlink():
        raise LgeSynthError("This folder holds no model.", "Choose a folder with a model.json.")
    if path.stat().st_size > strict_json.MAX_BYTES:
        raise Refused("A model's description is larger than 1 MiB.", _HINT, "MOD-05")
    card = parse_card(path.read_bytes())
    if (card.id, card.version) != (folder.parent.name, folder.name):
        raise Refused("A model's card names another model than its folder.", _HINT, "MOD-04")
    return card


def find_models(folders: Sequence[Path] | None = None) -> tuple[ModelCard, ...]:
    """Cards of all readable models, by id, the newest version first.

    Args:
        folders: Where models live (`<id>/<version>/model.json`); None = the bundled ones and
            this person's own. An earlier folder wins when two hold the same id and version.

    Folders whose card cannot be read are left out; `lgesynth models verify` names them.
    """
    found: dict[str, ModelCard] = {}
    for root in roots(folders):
        for path in sorted(root.glob(f"*/*/{CARD}")):
            try:
                card = card_in(path.parent)
            except LgeSynthError:
                continue
            found.setdefault(card.reference, card)
    newest = sorted(found.values(), key=lambda card: _version_key(card.version), reverse=True)
    return tuple(sorted(newest, key=lambda card: card.id))


def find_model(name: str, folders: Sequence[Path] | None = None) -> ModelCard:
    """The card of `id` (its newest version) or `id/version`.

    Raises:
        LgeSynthError: there is no such model.
    """
    return card_in(model_folder(name, folders))


def find_weights(sha256: str, folders: Sequence[Path] | None = None) -> ModelCard | None:
    """The card of the network whose main weights have a hash, whatever its name; None = not here.

    Args:
        sha256: Hexadecimal, as a result's provenance names it.
        folders: Where models live; None = the bundled ones and this person's own.
    """
    return next((card for card in find_models(folders) if card.sha256 == sha256), None)


def models_of(role: Role, folders: Sequence[Path] | None = None) -> tuple[ModelCard, ...]:
    """Cards of one role, the newest version of each id.

    Without `folders` only bundled models are asked: an imported one takes part when a request
    or its partner names it, and never becomes a judge or a guide by being there.
    """
    newest: dict[str, ModelCard] = {}
    for card in find_models((bundled("models"),) if folders is None else folders):
        if card.role == role:
            newest.setdefault(card.id, card)
    return tuple(newest.values())


def model_folder(name: str, folders: Sequence[Path] | None = None) -> Path:
    """The folder of `id` (its newest version) or `id/version`.

    Raises:
        LgeSynthError: there is no such model.
    """
    if re.fullmatch(r"[a-z0-9-]{1,40}(/[0-9.]{1,14})?", name):
        wanted, _, version = name.partition("/")
        for root in roots(folders):
            cards = (root / wanted).glob(f"{version or '*'}/{CARD}")
            readable = [p.parent for p in cards if re.fullmatch(r"\d+\.\d+\.\d+", p.parent.name)]
            if readable:
                return max(readable, key=lambda path: _version_key(path.name))
    raise LgeSynthError(
        f"There is no model called {name[:60]!r}.", "See the names with: lgesynth models list."
    )


def add_metrics(name: str, metrics: Sequence[Metric], root: Path) -> ModelCard:
    """Write figures into a model's card; one of the same name and data is replaced.

    Args:
        name: "id" or "id/version".
        metrics: What was measured.
        root: The folder of model folders it lives in.

    Returns:
        The new card.

    Raises:
        LgeSynthError: there is no such model.
    """
    folder = model_folder(name, (root,))
    card = card_in(folder)
    fresh = {(one.name, one.data) for one in metrics}
    kept = tuple(one for one in card.metrics if (one.name, one.data) not in fresh)
    card = card.model_copy(update={"metrics": (*kept, *metrics)})
    with atomic_write(folder / CARD) as file:
        file.write(card.to_json())
    return card


@lru_cache(maxsize=256)
def _file_hash(path: Path, size: int, modified_ns: int) -> str:
    """SHA-256 of a file; size and time are part of the key, so a changed file is read again."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def file_sha256(path: Path, *, fresh: bool = False) -> str:
    """SHA-256 of a file as hexadecimal.

    Args:
        path: The file.
        fresh: Read it even when size and time are those of an earlier reading.
    """
    if fresh:
        _file_hash.cache_clear()
    state = path.stat()
    return _file_hash(path, state.st_size, state.st_mtime_ns)


def verify(card: ModelCard, folders: Sequence[Path] | None = None, *, full: bool = False) -> Path:
    """Check that a model's files are whole and the ones its card names.

    Args:
        card: The model.
        folders: Where models live; None = the bundled ones and this person's own.
        full: Hash every file even when it looks unchanged since the last check.

    Returns:
        The model's folder.

    Raises:
        Refused: a file is missing or a link (MOD-01), another than the card says (MOD-08), its
            table is not plain (MOD-06), or its numbers are not the card's (MOD-07).
    """
    folder = model_folder(card.reference, folders)
    numbers = 0
    for one in card.files:
        path = folder / one.name
        if path.is_symlink() or not path.is_file():
            raise Refused(f"Model {card.reference} lacks {one.name}.", _HINT, "MOD-01")
        if path.stat().st_size != one.size or file_sha256(path, fresh=full) != one.sha256:
            raise Refused(
                f"{one.name} of model {card.reference} is not the file its card names.",
                _HINT,
                "MOD-08",
            )
        if one.name.endswith(".safetensors"):
            numbers += sum(entry.numbers for entry in read_header(path).values())
    if numbers != card.parameters:
        raise Refused(
            f"Model {card.reference} holds {numbers} numbers, its card says {card.parameters}.",
            _HINT,
            "MOD-07",
        )
    return folder

"""What can be done with models: look at them, hash them, bring them in, take them along, mend them.

Each is a job (see `core.jobs`) for a thread that is not the window's; an imported model is tried
in the engine before it gets its place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress

if TYPE_CHECKING:
    from lgesynth_gui.registry.cards import ModelCard

TRY = "lgesynth_gui.synthesis.trial:try_model"
RunElsewhere = Callable[..., Job]  # the engine's `run`


class Seal(Enum):
    """What is known of a model's files."""

    UNCHECKED = "not checked"
    WHOLE = "verified"
    DAMAGED = "damaged"

    @property
    def glyph(self) -> str:
        """The mark before the word."""
        return {"not checked": "○", "verified": "✓", "damaged": "✗"}[self.value]


@dataclass(frozen=True)
class ModelRow:
    """One model folder.

    Args:
        name: "id/version".
        own: Imported by this person, not bundled.
        seal: Whether its files are the ones its card names.
        words: What is wrong, or "".
        card: Its card, or None when it cannot be read.
        folder: Where it lives.
    """

    name: str
    own: bool
    folder: Path = field(compare=False)
    seal: Seal = Seal.UNCHECKED
    words: str = ""
    card: ModelCard | None = None

    @property
    def size(self) -> int:
        """Bytes of its files as its card says."""
        return 0 if self.card is None else sum(one.size for one in self.card.files)


def list_models(*, check: bool = False, folders: Sequence[Path] | None = None) -> Job:
    """All model folders, also those that cannot be read.

    Args:
        check: Hash every file.
        folders: Where models live, the bundled ones first; None = the bundled and this person's.

    Returns:
        A job that returns a tuple of `ModelRow`, the bundled ones first.
    """
    from lgesynth_gui.registry.cards import roots

    yield Progress(0, 0, "looking")
    places = roots(folders)
    found = [
        (number > 0, path)
        for number, root in enumerate(places)
        for path in sorted(root.glob("[!.]*/[!.]*"))
        if path.is_dir()
    ]
    rows = []
    for own, path in found:
        rows.append(_row(path, own, check=check))
        yield Progress(len(rows), len(found), "checking" if check else "looking")
    return tuple(rows)


def _row(folder: Path, own: bool, *, check: bool) -> ModelRow:
    from lgesynth_gui.registry.cards import CARD, card_in, verify

    name = f"{folder.parent.name}/{folder.name}"
    card = None
    try:
        if not (folder / CARD).is_file():
            raise LgeSynthError("It has no card.", "Install the program again.")
        card = card_in(folder)
        if check:
            verify(card, [folder.parent.parent], full=True)
    except LgeSynthError as error:
        return ModelRow(name, own, folder, Seal.DAMAGED, str(error), card)
    count = len(card.files)
    words = f"SHA-256 of {count} file{'s' * (count != 1)} as on the card" if check else ""
    return ModelRow(name, own, folder, Seal.WHOLE if check else Seal.UNCHECKED, words, card)


def import_model(path: Path, run: RunElsewhere, root: Path | None = None) -> Job:
    """Bring a package in: checked, unpacked aside, tried, and only then given its place.

    Args:
        path: The package.
        run: The engine's `run`, which tries the network in its own process.
        root: Where this person's models live; None = the usual folder.

    Returns:
        A job that returns (card, whether it is new).

    Raises:
        Refused: the package is not in order, or another model has its name.
        LgeSynthError: the drive is full or closed.
        OSError: the package cannot be read.
    """
    from lgesynth_gui.core.assets import bundled
    from lgesynth_gui.registry import packages
    from lgesynth_gui.registry.archive import opened
    from lgesynth_gui.registry.places import user_models

    home = root or user_models()
    with opened(path) as archive:
        card: Any = yield from packages.check(archive)
        if packages.already_there(card, (bundled("models"), home)):
            return card, False
        with packages.staged(home) as stage:
            folder = yield from packages.unpack(archive, card, stage)
            yield from run(TRY, folder)
            packages.already_there(card, (home,))  # somebody else may have been faster
            packages.settle(stage, card, home)
    return card, True


def keep_model(run_folder: Path, run: RunElsewhere, root: Path | None = None) -> Job:
    """Keep the model that a fine-tuning made: checked, tried, and copied to this person's models.

    Args:
        run_folder: The training's folder.
        run: The engine's `run`, which tries the network in its own process.
        root: Where this person's models live; None = the usual folder.

    Returns:
        A job that returns (card, whether it is new).

    Raises:
        Refused: the model is damaged, or another one has its name.
        LgeSynthError: the training has made no model yet, or the drive is full or closed.
    """
    from lgesynth_gui.core.assets import bundled
    from lgesynth_gui.registry import packages
    from lgesynth_gui.registry.cards import find_models
    from lgesynth_gui.registry.places import user_models
    from lgesynth_gui.training.held_out_table import TUNED

    yield Progress(0, 1, "checking")
    home, made = root or user_models(), run_folder / TUNED
    cards = find_models((made,))
    if len(cards) != 1:
        raise LgeSynthError(
            "This training has made no model yet.", "Let it finish: lgesynth train resume."
        )
    (card,) = cards
    if packages.already_there(card, (bundled("models"), home)):
        return card, False
    with packages.staged(home) as stage:
        folder = yield from packages.copied(card, made, stage)
        yield from run(TRY, folder)
        packages.already_there(card, (home,))
        packages.settle(stage, card, home)
    return card, True


def export_model(
    name: str, path: Path, *, patients_ok: bool = False, folders: Sequence[Path] | None = None
) -> Job:
    """Pack a model into a file; see `registry.packages.pack`."""
    from lgesynth_gui.registry.packages import pack

    return (yield from pack(name, path, folders, patients_ok=patients_ok))


def repair_model(
    name: str, package: Path | None = None, folders: Sequence[Path] | None = None
) -> Job:
    """Put the damaged files of a model right.

    Args:
        name: "id" or "id/version".
        package: A package of this very model, or None to look for a whole copy here.
        folders: Where models live; None = the bundled ones and this person's own.

    Returns:
        A job that returns what was done, in a sentence.

    Raises:
        LgeSynthError: it cannot be mended; the sentence says what to do instead.
    """
    from lgesynth_gui.registry import packages
    from lgesynth_gui.registry.archive import opened
    from lgesynth_gui.registry.cards import card_in, model_folder
    from lgesynth_gui.registry.repair import damaged_files, mend

    yield Progress(0, 1, "checking")
    folder = model_folder(name, folders)
    try:
        card = card_in(folder)
    except LgeSynthError as error:
        raise LgeSynthError(
            "The card of this model is damaged, so nothing says what its files should be.",
            "Install the program again, or remove the model's folder and import its package.",
        ) from error
    if not damaged_files(card, folder):
        return f"{card.reference} is whole; nothing was changed."
    if package is None:
        written = yield from mend(card, folder, None, folders)
    else:
        with opened(package) as archive:
            packed: Any = yield from packages.check(archive)
            if packed.reference != card.reference:
                raise LgeSynthError(
                    f"The package holds {packed.reference}, not {card.reference}.",
                    "Choose the package of this model.",
                )
            written = yield from mend(card, folder, archive, folders)
    return f"{card.reference}: {', '.join(written)} written anew, all files as on the card."

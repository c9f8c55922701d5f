"""Puts damaged files of an installed model right again, from a package or an equal model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io.atomic import atomic_write
from lgesynth_gui.registry.archive import CHUNK, Archive, refuse
from lgesynth_gui.registry.cards import ModelCard, ModelFile, file_sha256, roots, verify


def damaged_files(card: ModelCard, folder: Path) -> tuple[ModelFile, ...]:
    """The files of a model that are missing or not the ones its card names."""
    return tuple(one for one in card.files if not _is_whole(folder / one.name, one))


def _is_whole(path: Path, one: ModelFile) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != one.size:
        return False
    return file_sha256(path, fresh=True) == one.sha256


def mend(
    card: ModelCard, folder: Path, archive: Archive | None, folders: Sequence[Path] | None = None
) -> Job:
    """Write the damaged files of a model anew, from a package or from an equal model elsewhere.

    Only bytes with the checksum that the installed card names are ever written.

    Args:
        card: Of the damaged model.
        folder: Where it lives.
        archive: A package of it, or None.
        folders: Where equal models are looked for; None = the bundled ones and this person's.

    Returns:
        A job that returns the names of the files that were written.

    Raises:
        LgeSynthError: nobody has the right bytes, or the folder cannot be written to.
    """
    written: list[str] = []
    for one in damaged_files(card, folder):
        yield Progress(len(written), len(card.files), "repairing")
        source = _source_of(one, archive, folder, folders)
        if source is None:
            raise LgeSynthError(
                f"{one.name} of model {card.reference} is damaged and no whole copy is at hand.",
                "Give its package (lgesynth models repair NAME --from FILE), or install the"
                " program again.",
            )
        digest = hashlib.sha256()
        with atomic_write(folder / one.name) as file:
            for block in source:
                digest.update(block)
                file.write(block)
                yield None
            if digest.hexdigest() != one.sha256:
                raise refuse(f"holds another {one.name} than the model's card names", "MOD-08")
        written.append(one.name)
    verify(card, [folder.parent.parent], full=True)
    return tuple(written)


def _source_of(
    one: ModelFile, archive: Archive | None, folder: Path, folders: Sequence[Path] | None
) -> Iterator[bytes] | None:
    if archive is not None and one.name in archive.members:
        return archive.chunks(one.name)
    for root in roots(folders):
        for path in sorted(root.glob("*/*")):
            if path != folder and _is_whole(path / one.name, one):
                return _blocks(path / one.name)
    return None


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            yield block

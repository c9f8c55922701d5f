"""The annotated cases in folders of a lab: images with their label maps, and whose they are.

Files are opened by the decoder process only. A case goes by a number of ours; the names of files,
folders and persons stay inside it and are never shown or written.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.io import archives, dicom_copies, dicom_series, gates, nifti_series
from lgesynth_gui.io.asking import ask, no_scan, pixels_of
from lgesynth_gui.io.decoder import Decoder, Question
from lgesynth_gui.io.export_files import PROVENANCE
from lgesynth_gui.io.folder import files_in
from lgesynth_gui.io.headers import DicomHeader, NiftiHeader
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.recognise import Opinion
from lgesynth_gui.io.series_info import DicomRecipe, NiftiRecipe, SeriesInfo
from lgesynth_gui.training.pairing import Layout, labels_for, layout_of, person_of, role_of

PROJECT, CONTOURS = ".lgesynth", "contours.json"
NO_SCANS = {
    ".json", ".txt", ".md", ".csv", ".png", ".jpg", ".pdf", ".sha256", ".cfg", ".toml", ".xml",
    ".zip", ".npz", ".py", ".html", ".xlsx", ".svg",
}  # fmt: skip
NIFTI = (".nii", ".nii.gz", ".hdr")
NAMED_AS_SCAN = (*NIFTI, ".dcm")
_MARKS = (PROVENANCE, f"{SYNTHETIC}.txt")  # beside exports of this program
_DECODER = Decoder()


@dataclass(frozen=True, eq=False)
class Case:
    """One annotated scan.

    Args:
        id: "case 01"; the only name that is shown or written.
        patient: "patient 01"; scans that may be one person's share it.
        person: What stands for that person: a keyed hash, hexadecimal.
        layout: How it was found.
        told_by: What says whose it is: "PatientID", "study" or "name".
        info: The series.
        mask: Its label map.
        contours_file: Contours that this program wrote, of this very series.
        project: The project file it is in.
        refused: Why it cannot be used, or None.
        generated: Its image was painted by this program.
        contours: Contours that were drawn or looked at for it since; they win over all others.
    """

    id: str
    patient: str
    person: str
    layout: Layout
    told_by: str = "name"
    info: SeriesInfo | None = field(default=None, repr=False)
    mask: Path | None = field(default=None, repr=False)
    contours_file: Path | None = field(default=None, repr=False)
    project: Path | None = field(default=None, repr=False)
    refused: Refused | None = field(default=None, repr=False)
    generated: bool = False
    contours: HeartContours | None = field(default=None, repr=False)

    def outlined(self, contours: HeartContours) -> Case:
        """The same case with contours that a person accepted."""
        return replace(self, contours=contours)


@dataclass(frozen=True, eq=False)
class _Raw:
    """A case before it has a number."""

    order: tuple[int, str]
    whose: str
    values: dict[str, Any]


def find_cases(
    folders: Sequence[Path], secret: bytes | None = None, decoder: Decoder = _DECODER
) -> Job:
    """The annotated cases below some folders, numbered in the order of their paths.

    Read are this program's own phantoms, exports and project files, EMIDEC's and MyoPS's folders,
    nnU-Net's raw datasets, and DICOM or NIfTI images with NIfTI or SEG masks. An image without a
    mask is a case, too: it lacks contours (`check`).

    Args:
        folders: Folders, project files or ZIP archives.
        secret: Key of the hashes that stand for persons; None = a fresh one.
        decoder: Opens the files.

    Returns:
        A job that returns a tuple of `Case`.

    Raises:
        LgeSynthError: a path cannot be read, or there is too much below it.
    """
    key = secret or secrets.token_bytes(32)
    raw: list[_Raw] = []
    for number, folder in enumerate(folders):
        root = folder.resolve()
        if archives.is_archive(root):
            root = yield from archives.unpack(root)
        if not root.exists():
            raise LgeSynthError("A folder of the training data is not there.", "Choose it again.")
        found = yield from _in_folder(root, decoder)
        raw += [replace(one, order=(number, one.order[1])) for one in found]
        yield Progress(number + 1, len(folders), "looking for cases")
    raw.sort(key=lambda one: one.order)
    return _numbered(raw, key)


def _numbered(raw: Sequence[_Raw], key: bytes) -> tuple[Case, ...]:
    patients: dict[str, str] = {}
    out = []
    for count, one in enumerate(raw, 1):
        person = hmac.new(key, one.whose.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
        patient = patients.setdefault(person, f"patient {len(patients) + 1:02d}")
        out.append(Case(f"case {count:02d}", patient, person[:32], **one.values))
    return tuple(out)


@dataclass(frozen=True, eq=False)
class _Files:
    root: Path
    dicoms: list[tuple[Path, DicomHeader]]
    volumes: list[tuple[Path, NiftiHeader]]
    projects: list[Path]
    contours: dict[Path, Path]  # folder -> its contours file
    refused: list[tuple[Path, Refused]]


def _in_folder(root: Path, decoder: Decoder) -> Job:
    files = yield from _read_headers(root, decoder)
    labels, images = yield from _sorted_volumes(files, decoder)
    out, used = _of_nifti(files, images, labels)
    out += _of_dicom(files, [one for one in labels if one not in used])
    out += [
        _Raw((0, str(path)), f"project {person_of(path, root)}",
             {"layout": Layout.PROJECT, "project": path})
        for path in files.projects
    ]  # fmt: skip
    return out + _unreadable(files)


def _read_headers(root: Path, decoder: Decoder) -> Job:
    paths, projects, contours = [], [], {}
    for one in files_in(root):
        if one is None:
            yield Progress(0, 0, "looking")
        elif one.suffix == PROJECT:
            projects.append(one)
        elif one.name == CONTOURS:
            contours[one.parent] = one
        elif one.suffix.lower() not in NO_SCANS:
            paths.append(one)
    replies = yield from ask(decoder, [Question(one) for one in paths], "looking for cases")
    files = _Files(root, [], [], projects, contours, [])
    for path, reply in zip(paths, replies, strict=True):
        if reply.refused is not None:
            files.refused.append((path, reply.refused))
        elif reply.answer.dicom is not None:
            files.dicoms.append((path, reply.answer.dicom))
        elif reply.answer.nifti is not None:
            files.volumes.append((path, reply.answer.nifti))
        elif path.name.lower().endswith(NAMED_AS_SCAN):
            files.refused.append((path, no_scan(path, reply.answer)))
    return files


def _sorted_volumes(files: _Files, decoder: Decoder) -> Job:
    """(label maps, images) among the NIfTI files; looked into only where no name tells."""
    roles = {path: role_of(path) for path, _ in files.volumes}
    unclear = [(path, header) for path, header in files.volumes if not roles[path]]
    questions = [pixels_of(path, header) for path, header in unclear]
    replies = yield from ask(decoder, questions, "looking for cases")
    for (path, _), reply in zip(unclear, replies, strict=True):
        mask = reply.pixels is not None and nifti_series.is_mask(reply.pixels, path.name)
        roles[path] = "labels" if mask else "image"
    labels = [path for path, _ in files.volumes if roles[path] == "labels"]
    labels += [path for path, _ in files.refused if role_of(path) == "labels"]
    return labels, [(p, header) for p, header in files.volumes if roles[p] == "image"]


def _of_nifti(
    files: _Files, images: Sequence[tuple[Path, NiftiHeader]], labels: Sequence[Path]
) -> tuple[list[_Raw], set[Path]]:
    """Cases of NIfTI images; the other sequences of a case are left out."""
    judged = [
        (path, header, nifti_series.judge(path, header, mask=False)) for path, header in images
    ]
    judged.sort(key=lambda one: (-one[2].score, str(one[0])))
    out: list[_Raw] = []
    used: set[Path] = set()
    for path, header, opinion in judged:
        fitting = labels_for(path, labels)
        if fitting and fitting[0] in used:
            continue
        mask = fitting[0] if fitting else None
        if mask is not None:
            used.add(mask)
        values: dict[str, Any] = {
            "layout": layout_of(path, mask), "mask": mask, **_listed(path, header, mask, opinion),
            "contours_file": _beside(files.contours, path), "generated": _painted(path, files.root),
        }  # fmt: skip
        out.append(_Raw((0, str(path)), person_of(path, files.root), values))
    return out, used


def _listed(path: Path, header: NiftiHeader, mask: Path | None, judged: Opinion) -> dict[str, Any]:
    """The series of a volume, or why there is none."""
    if header.volumes > 1:
        words = f"The image is a film of {header.volumes} volumes, not a stack."
        return {"refused": Refused(words, "Give one volume of late enhancement.", "NII-02")}
    if not judged.usable:
        return {"refused": Refused(judged.reason, "Leave it out.", "")}
    recipe = NiftiRecipe(path, header, mask)
    slices = header.shape[nifti_series.grid_of(header).axes[0]]
    info = SeriesInfo("Image", judged.reason, True, judged.score, slices=slices, recipe=recipe)
    return {"info": info}


def _of_dicom(files: _Files, labels: Sequence[Path]) -> list[_Raw]:
    """One case a DICOM study: the series that looks most like late enhancement."""
    masks = [one for one in files.dicoms if one[1].sop_class in gates.SEGMENTATIONS]
    kept, _ = dicom_copies.without_copies([one for one in files.dicoms if one not in masks])
    studies: dict[str, list[SeriesInfo]] = {}
    others: list[SeriesInfo] = []
    for info in dicom_series.series_in(kept):
        recipe = info.recipe
        if isinstance(recipe, DicomRecipe) and info.usable and not info.aside:
            path, header = recipe.files[0]
            studies.setdefault(header.study or str(path.parent), []).append(info)
        else:
            others.append(info)
    out: list[_Raw] = []
    if others and not studies:
        out.append(_no_stack(others[0], kept[0][0], files.root))
    for infos in studies.values():
        best = max(infos, key=lambda one: one.score)
        recipe = best.recipe
        assert isinstance(recipe, DicomRecipe)
        path, header = recipe.files[0]
        fitting = [p for p, seg in masks if _same_space(seg, header)]
        fitting += [one for one in labels if one.parent in (path.parent, path.parent.parent)]
        patient = header.text("PatientID").strip()
        told_by = "PatientID" if patient else "study"
        values: dict[str, Any] = {
            "layout": Layout.DICOM, "told_by": told_by, "info": best,
            "mask": fitting[0] if fitting else None,
            "contours_file": _beside(files.contours, path), "generated": _painted(path, files.root),
        }  # fmt: skip
        whose = f"{told_by} {patient or header.study or path.parent}"
        out.append(_Raw((0, str(path)), whose, values))
    return out


def _no_stack(info: SeriesInfo, path: Path, root: Path) -> _Raw:
    """Of a folder whose DICOM files make no stack: one line that says why."""
    refused = info.refused or Refused(info.reason, "Leave it out.")
    values: dict[str, Any] = {"layout": Layout.DICOM, "refused": refused}
    return _Raw((0, str(path)), person_of(path, root), values)


def _same_space(mask: DicomHeader, image: DicomHeader) -> bool:
    if mask.frame_of_reference and mask.frame_of_reference == image.frame_of_reference:
        return True
    return bool(mask.study) and mask.study == image.study


def _beside(contours: dict[Path, Path], image: Path) -> Path | None:
    """A contours file in the image's folder, or in the one above a folder of images."""
    return contours.get(image.parent) or contours.get(image.parent.parent)


def _painted(path: Path, root: Path) -> bool:
    """Whether an image is an export of this program: a scar that no patient has."""
    folders = [path.parent, *path.parent.parents]
    below = [one for one in folders if one == root or one.is_relative_to(root)] or folders[:1]
    if any((one / name).is_file() for one in below for name in _MARKS):
        return True
    computed = any((one / f"{SYNTHETIC}_phantom.json").is_file() for one in folders[:2])
    return SYNTHETIC in path.name.upper() and not computed


def _unreadable(files: _Files) -> list[_Raw]:
    """One case a refused image file, and one a folder of refused DICOM files."""
    out: dict[Path, _Raw] = {}
    for path, refused in files.refused:
        nifti = path.name.lower().endswith(NIFTI)
        if nifti and role_of(path) == "labels":
            continue  # its image is listed without labels
        place = path if nifti else path.parent
        layout = layout_of(path, None) if nifti else Layout.DICOM
        raw = _Raw(
            (0, str(path)), person_of(path, files.root), {"layout": layout, "refused": refused}
        )
        out.setdefault(place, raw)
    return list(out.values())

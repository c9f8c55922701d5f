"""The bytes of every file of an export, format by format; nothing here touches a disk."""

from __future__ import annotations

import hashlib
from typing import Any

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import LabelMap
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.greys import labelled_window
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.burned import Mark, mark_for
from lgesynth_gui.io.chain import head_of
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import (
    BURNED_IN,
    MAKER,
    NOTICE,
    SYNTHETIC,
    derivation_words,
    one_line,
    origin_words,
)
from lgesynth_gui.io.origins import MODES, origin_of
from lgesynth_gui.io.provenance import chain_of, identifiers_of

FORMATS = ("dicom", "seg", "sr", "nifti", "png", "png_clean", "pdf", "nnunet", "emidec")
PROVENANCE = f"{SYNTHETIC}_provenance.json"
CHECKSUMS = f"{SYNTHETIC}_checksums.sha256"


def files_of(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    mode: str,
    reason: str,
    record: dict[str, Any],
    names: Identifiers,
) -> dict[str, bytes]:
    """Every file of an export by its name inside the folder, ready to be written.

    Args:
        result: What was made.
        series: The host it was made for.
        formats: Any of `FORMATS`; record and checksums are always there.
        mode: One of `origins.MODES`.
        reason: Why a FAIL is kept, or "".
        record: From `provenance.record_of`.
        names: Identifiers of the export.

    Raises:
        LgeSynthError: a format cannot hold the result.
    """
    files: dict[str, bytes] = {}
    derivation = derivation_words(result, reason, record["note"])
    if {"dicom", "seg", "sr"} & set(formats):
        mark = mark_for(result) if record.get("burned_in") else None
        files |= _dicom(result, series, formats, mode, derivation, names, mark)
    if "nifti" in formats:
        files |= _nifti(result, series, record, derivation)
    if "nnunet" in formats or "emidec" in formats:
        files |= _datasets(result, series, formats, derivation)
    if "png" in formats or "png_clean" in formats:
        files |= _png(result, series, formats, record, derivation)
    if "pdf" in formats:
        files |= _pdf(result, series, record, derivation)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    chain = chain_of(record, hashes)
    told = {
        **record,
        "subject": names.subject,
        "files": hashes,
        "chain": chain,
        "head": head_of(chain),
    }
    files[PROVENANCE] = canonical(told) + b"\n"
    hashes[PROVENANCE] = hashlib.sha256(files[PROVENANCE]).hexdigest()
    lines = (f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    files[CHECKSUMS] = "".join(lines).encode()
    return files


def _dicom(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    mode: str,
    derivation: str,
    names: Identifiers,
    mark: Mark | None,
) -> dict[str, bytes]:
    """The images, and the segmentation and the measurements on them.

    Identifiers follow from the result alone, so a segmentation exported by itself fits the
    images of a later export.
    """
    from lgesynth_gui.io.dicom_write import dicom_bytes, export_words, mr_images
    from lgesynth_gui.io.measurements import measurement_report
    from lgesynth_gui.io.seg import segmentation
    from lgesynth_gui.io.stored import coding_of

    origin = origin_of(mode, series, names)
    comments = origin_words(result, series)
    if mark is not None:
        comments = f"{BURNED_IN} {comments}"
    images = mr_images(
        result.pixels,
        series,
        origin,
        names,
        export_words(series, result.slices, derivation, comments),
        coding=coding_of(series.pixels, result.pixels),
        window=labelled_window(series.pixels, result.requested),
        mark=mark,
    )
    files = {}
    if "dicom" in formats:
        for number, image in enumerate(images, 1):
            files[f"dicom/{SYNTHETIC}_LGE_{number:03d}.dcm"] = dicom_bytes(image)
    if "seg" in formats:
        made = segmentation(
            images, result.requested, result.measured, series, origin, names, result.verdict.judge
        )
        files[f"seg/{SYNTHETIC}_SEG.dcm"] = dicom_bytes(made)
    if "sr" in formats:
        report = measurement_report(images, result, series, origin, names)
        files[f"sr/{SYNTHETIC}_SR.dcm"] = dicom_bytes(report)
    return files


def _datasets(
    result: SynthesisResult, series: LgeSeries, formats: tuple[str, ...], derivation: str
) -> dict[str, bytes]:
    """The result as a data set of one case, in folders that say what it is."""
    from lgesynth_gui.io.datasets import DatasetCase, emidec_files, nnunet_files

    case = DatasetCase(series, result.pixels, result.requested)
    files: dict[str, bytes] = {}
    for name, made in (("nnunet", nnunet_files), ("emidec", emidec_files)):
        if name in formats:
            one = made((case,), derivation)
            files |= {f"{name}_{SYNTHETIC}/{path}": data for path, data in one.items()}
    return files


def _nifti(
    result: SynthesisResult, series: LgeSeries, record: dict[str, Any], derivation: str
) -> dict[str, bytes]:
    from lgesynth_gui.io.nifti_write import codes_of, nifti_bytes

    grid, codes = series.geometry, codes_of(series.source)
    image = nifti_bytes(
        result.pixels, grid, slope=series.slope, intercept=series.intercept, codes=codes
    )
    told = {**record, "DerivationDescription": derivation}
    return {
        f"nifti/{SYNTHETIC}_LGE.nii.gz": image,
        f"nifti/{SYNTHETIC}_LGE_synth.json": canonical(told) + b"\n",
        f"nifti/{SYNTHETIC}_requested.nii.gz": nifti_bytes(
            result.requested,
            grid,
            codes=codes,
            description=f"{SYNTHETIC}, labels: requested",
            labels=True,
        ),
        f"nifti/{SYNTHETIC}_measured.nii.gz": nifti_bytes(
            result.measured,
            grid,
            codes=codes,
            description=f"{SYNTHETIC}, labels: measured",
            labels=True,
        ),
    }


def _png(
    result: SynthesisResult,
    series: LgeSeries,
    formats: tuple[str, ...],
    record: dict[str, Any],
    derivation: str,
) -> dict[str, bytes]:
    from lgesynth_gui.io.png import clean_png, slice_png

    window = labelled_window(series.pixels, result.requested)
    texts = {
        "Synthetic": "YES",
        "Software": f"{MAKER} {__version__}",
        "Disclaimer": NOTICE,
        "Source": record["origin"],
        "Description": derivation,
        "Seed": str(result.request.seed),
        "Verdict": result.verdict.grade.value,
        "Dice": "" if result.verdict.dice is None else f"{result.verdict.dice:.4f}",
        "Reason": record["reason"],
        "Models": "; ".join(f"{role}: {model}" for role, model in result.models),
    }
    files = {}
    for index in result.slices:
        told = {**texts, "Slice": str(index + 1)}
        name = f"png/{SYNTHETIC}_slice_{index + 1:03d}"
        if "png" in formats:
            files[f"{name}.png"] = slice_png(result, series, index, window, told)
        if "png_clean" in formats:
            files[f"{name}_clean.png"] = clean_png(result, index, window, told)
    return files


def _pdf(
    result: SynthesisResult, series: LgeSeries, record: dict[str, Any], derivation: str
) -> dict[str, bytes]:
    from lgesynth_gui.io.pdf import one_page
    from lgesynth_gui.io.png import side_by_side

    window = labelled_window(series.pixels, result.requested)
    index = result.slices[len(result.slices) // 2] if result.slices else 0
    verdict, shown = result.verdict, f"Slice {index + 1} of {series.shape[0]}: original, synthetic."
    lines = [
        NOTICE,
        record["origin"],
        shown,
        "",
        *(f"Slice {number + 1}: {text}" for number, text in result.captions),
        "",
        f"Verdict {verdict.grade.value}",
        *(f"- {one.rule}: {one.text}" for one in verdict.findings),
        *([f"Exported because: {one_line(record['reason'])}"] if record["reason"] else []),
        *([f"Note: {one_line(record['note'])}"] if record["note"] else []),
        "",
        derivation,
    ]
    info = {"Subject": derivation, "Creator": f"{MAKER} {__version__}", "Keywords": SYNTHETIC}
    title = f"{SYNTHETIC} cardiac LGE, not for clinical use"
    page = one_page(title, side_by_side(result, series, index, window), lines, info)
    return {f"{SYNTHETIC}_report.pdf": page}


def labels_in(name: str, result: SynthesisResult) -> LabelMap | None:
    """The label map that a NIfTI file of an export holds; None for an image.

    Args:
        name: Inside the export's folder.
        result: What was exported.
    """
    if "measured" in name:
        return result.measured
    drawn = "requested" in name or "/labelsTr/" in name or "/Contours/" in name
    return result.requested if drawn else None


def files_again(
    result: SynthesisResult, series: LgeSeries, formats: tuple[str, ...], record: dict[str, Any]
) -> dict[str, bytes]:
    """The bytes an export with this record holds for this result, by file name.

    With the versions the record names they are the bytes that were written then.

    Args:
        result: Made again from the record's request.
        series: The host.
        formats: Any of `FORMATS`.
        record: As `provenance.record_of` made it at the time.

    Raises:
        LgeSynthError: a format cannot hold the result, or the record has no mode that is known.
    """
    if record.get("mode") not in MODES:
        raise LgeSynthError("The record has no known export mode.", "The record is damaged.")
    told = {"note": "", **record}
    reason = str(record.get("reason", ""))
    return files_of(
        result, series, formats, str(record["mode"]), reason, told, identifiers_of(record)
    )

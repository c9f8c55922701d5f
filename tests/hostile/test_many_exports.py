"""Hundreds of exports over hearts, scanners, modes and formats: all valid, nobody named."""

import gzip
import itertools
import os
import shutil
import subprocess
from collections import Counter
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import export
from lgesynth_gui.io.conformance import problems_of
from lgesynth_gui.io.evidence import find
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.validator import errors_of, find_validator
from lgesynth_gui.phantom.study import make_study
from tests.io.canaries import expanded
from tests.io.results import IDENTITY, patient, result_of, twin_of

HEARTS = 18
MODES = ("new_subject", "edit_of_patient")
BUNDLES = (
    ("dicom", "seg"),
    ("dicom", "seg", "sr"),
    ("seg",),
    ("sr", "pdf"),
    ("nifti", "png"),
    ("nnunet", "emidec", "png", "png_clean"),
)
BURNED_IN = ("dicom", "seg")  # every third heart has the mark drawn into these
SCANNERS = {
    "SIEMENS": {"ManufacturerModelName": "MAGNETOM Vida", "SequenceName": "*tfl2d1_21"},
    "Philips Medical Systems": {"ManufacturerModelName": "Ingenia", "ProtocolName": "PSIR CANARY"},
    "GE MEDICAL SYSTEMS": {"ManufacturerModelName": "SIGNA", "PulseSequenceName": "MDE CANARY"},
}
PUBLIC = ("IR\\GR", "HFS")  # how it was measured, not who
NAMES = [v for v in IDENTITY.values() if len(v) >= 8 or any(c.isalpha() for c in v)]
CANARIES = ("CANARY", *(v for v in NAMES if len(v) > 4 and v not in PUBLIC))  # no short numbers
IN_AN_EDIT = {".dcm"}  # of the patient's own study, which names them
KNOWN = "Different information entities for attribute - Element=<AccessionNumber>"  # of reports


def heart(number):
    """One heart on one scanner: the series of a patient, and a result on it."""
    rng = np.random.default_rng([77, number])
    scarred = make_study(
        rng, n_slices=8, matrix=(72, 64 + 2 * number), spacing=1.2 + 0.04 * number, pattern="any"
    )
    vendor = list(SCANNERS)[number % len(SCANNERS)]
    series = patient(twin_of(scarred))
    kept = {"Manufacturer": vendor, **SCANNERS[vendor]}
    source = replace(series.source, attributes=(*series.source.attributes, *kept.items()))
    series = replace(series, source=source)
    if number % 3 == 1:
        series = replace(series, pixels=series.pixels.astype(np.int16))
    if number % 3 == 2:
        affine = series.geometry.affine.copy()
        affine[:3, 3] += (-31.25, 18.125, 7.0625)
        series = replace(series, geometry=Geometry(affine, series.geometry.thickness_mm))
    return series, result_of(scarred, series)


def texts_of(path):
    """All bytes, expanded, but no voxels: short words occur in them by chance."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(content)[:348]
    if path.suffix == ".dcm":
        return content.replace(pydicom.dcmread(path).get("PixelData", b"\0" * 99), b"")
    return b"\n".join(expanded(content)) if path.suffix in (".png", ".pdf") else content


def named_in(files):
    """Kinds of files that hold a canary."""
    texts = {path: texts_of(path) for path in files}
    return {
        path.suffix for path, text in texts.items() if any(c.encode() in text for c in CANARIES)
    }


@pytest.mark.timeout(900)
def test_that_every_export_is_valid_marked_and_nobodys(tmp_path, count, monkeypatch):
    validator = find_validator()
    entities = validator.with_name(validator.name.replace("dciodvfy", "dcentvfy"))
    counts = Counter()

    def checked(*arguments):
        found = problems_of(*arguments)
        counts["exports conformant"] += found == ()
        return found

    monkeypatch.setattr(export, "problems_of", checked)  # every export calls it
    monkeypatch.setattr(os, "fsync", lambda number: None)  # power cuts are not the question here
    for number in range(HEARTS):
        series, result = heart(number)
        for mode, bundle in itertools.product(MODES, BUNDLES):
            folder, burn_in = tmp_path / "export", bundle == BURNED_IN and number % 3 == 2
            files = export_result(
                result, series, folder, formats=bundle, mode=mode, burn_in=burn_in
            )
            counts["exports with a mark drawn in"] += burn_in
            objects = [path for path in files if path.suffix == ".dcm"]
            assert errors_of(objects, validator) == ()
            counts["DICOM objects validated"] += len(objects)
            if mode == "new_subject" and "dicom" in bundle:  # else what they refer to is missing
                command = [entities, *objects]
                told = subprocess.run(command, capture_output=True, text=True, check=False)
                lines = (told.stdout + told.stderr).splitlines()
                assert [line for line in lines if line and KNOWN not in line] == []
                counts["studies checked as a whole"] += 1
            allowed = IN_AN_EDIT if mode == "edit_of_patient" else set()
            assert named_in(files) <= allowed, bundle
            counts["files searched for canaries"] += len(files)
            found = drive(find(folder))
            assert (found.problems, found.notes) == ((), ())
            counts["exports verified"] += 1
            counts["exports"] += 1
            shutil.rmtree(folder)
    count(", ".join(f"{n} {name}" for name, n in counts.items()))
    assert counts["exports"] == counts["exports conformant"] == counts["exports verified"] >= 200

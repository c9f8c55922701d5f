"""Thousands of damaged files: each is loaded with its header's shape or refused in one sentence."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest

from lgesynth_gui.io.decoder import Decoder, Question
from tests.hostile.mutations import ANYWHERE, HEADER, mutated
from tests.hostile.outcomes import GROWTH, LARGEST, Outcomes, read_all

DICOMS, NIFTIS, AT_ONCE = 6000, 3000, 250
SEED = 20261126
LARGEST_SEED = 150_000  # bytes
PYDICOM = Path(pydicom.__file__).parent / "data" / "test_files"
NIBABEL = Path(nibabel.__file__).parent / "tests" / "data"


@pytest.fixture(scope="module")
def decoder():
    made = Decoder()
    yield made
    made.close()


def dicom_seeds(decoder):
    """Small grey pictures of pydicom's collection: plain, deflated, JPEG, JPEG-LS, J2K, RLE."""
    found = [p for p in sorted(PYDICOM.glob("*.dcm")) if p.stat().st_size <= LARGEST_SEED]
    replies = decoder.ask([Question(path, any_modality=True) for path in found])
    return [found[r.index] for r in replies if r is not None and r.answer and r.answer.dicom]


def nifti_seeds(folder):
    """nibabel's own small files and one of each kind of ours, unpacked."""
    made = []
    rng = np.random.default_rng(0)
    for name, kind in (("short", np.int16), ("single", np.float32), ("mask", np.uint8)):
        voxels = rng.integers(0, 4, (24, 20, 6)).astype(kind)
        image = nibabel.Nifti1Image(voxels, np.diag([1.5, 1.5, 8, 1]))
        made.append(folder / f"{name}.nii")
        made[-1].write_bytes(image.to_bytes())
        made.append(folder / f"{name}2.nii")
        made[-1].write_bytes(nibabel.Nifti2Image(voxels, image.affine).to_bytes())
    for path in sorted(NIBABEL.glob("*.nii.gz")):
        if path.stat().st_size <= LARGEST_SEED:
            made.append(folder / path.stem)
            made[-1].write_bytes(gzip.decompress(path.read_bytes()))
    return made


def survived(decoder, folder, seeds, count, kinds, suffix, start=0, *, in_pixels=False):
    """Damage behind `start`; every third time in the second half alone, where the pixels are."""
    outcomes = Outcomes()
    sound = [path.read_bytes() for path in seeds]
    for first in range(0, count, AT_ONCE):
        paths = []
        for number in range(first, min(first + AT_ONCE, count)):
            path = folder / f"{number}{suffix}"
            whole = sound[number % len(sound)]
            first = len(whole) // 2 if in_pixels and number % 3 == 0 else start
            data = mutated(whole, [SEED, number], kinds, first)
            path.write_bytes(data)
            paths.append(path)
        read_all(decoder, paths, outcomes)
        for path in paths:
            path.unlink()
    return outcomes


@pytest.mark.timeout(600)
def test_that_damaged_dicom_files_end_in_pictures_or_sentences(decoder, tmp_path, count):
    seeds = sorted(dicom_seeds(decoder))
    assert len(seeds) >= 15
    outcomes = survived(
        decoder, tmp_path, seeds, DICOMS, ANYWHERE, ".dcm", start=132, in_pixels=True
    )
    count(f"damaged DICOM: {outcomes.told(SEED)}")
    assert sum(outcomes.counts.values()) == DICOMS
    assert outcomes.wrong == []
    assert outcomes.slowest < 10
    assert outcomes.peak < LARGEST
    assert outcomes.grown < GROWTH
    assert list(tmp_path.iterdir()) == []  # readers leave nothing behind


@pytest.mark.timeout(600)
def test_that_damaged_nifti_files_end_in_volumes_or_sentences(decoder, tmp_path, count):
    seeds = nifti_seeds(tmp_path)
    outcomes = survived(decoder, tmp_path, seeds, NIFTIS, HEADER, ".nii")
    count(f"damaged NIfTI: {outcomes.told(SEED)}")
    assert sum(outcomes.counts.values()) == NIFTIS
    assert outcomes.wrong == []
    assert outcomes.slowest < 10
    assert outcomes.peak < LARGEST
    assert outcomes.grown < GROWTH
    assert sorted(tmp_path.iterdir()) == sorted(seeds)

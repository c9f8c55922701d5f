"""Opening a long series beside pydicom doing the same in one process: the ratio is what counts."""

import sys
import time

import numpy as np
import pydicom
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import study
from lgesynth_gui.io.decoder import Decoder
from tests.io.dicoms import pixels_of, write_stack

FILES, SHAPE, ROUNDS = 500, (256, 256), 3
GOAL = 1.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("long") / "series"
    pixels = pixels_of(FILES, SHAPE)
    write_stack(made, pixels, [np.array([0.0, 0.0, 0.5 * k]) for k in range(FILES)])
    return made


def by_pydicom(folder):
    """Read and decode every file; the order is by position."""
    read = [pydicom.dcmread(path) for path in sorted(folder.iterdir())]
    read.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    return np.stack([one.pixel_array for one in read])


def by_us(folder, decoder):
    """List the folder and load its series."""
    (info,) = drive(study.find(folder, decoder))
    return drive(study.load(info, decoder)).pixels


def timed(work):
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


@pytest.mark.timeout(600)
def test_time_of_a_long_series(folder, capsys):
    decoder = Decoder()
    try:
        first, ours = timed(lambda: by_us(folder, decoder))
        alone, theirs = timed(lambda: by_pydicom(folder))
        assert sorted(map(bytes, ours)) == sorted(map(bytes, theirs))
        ratios = []
        for _ in range(ROUNDS):
            ratios.append(timed(lambda: by_us(folder, decoder))[0])
            ratios[-1] /= timed(lambda: by_pydicom(folder))[0]
    finally:
        decoder.close()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{FILES} files: listed, checked and loaded in {first:.2f} s the first time, read by "
            f"pydicom in {alone:.2f} s; ratio {min(ratios):.2f} to {max(ratios):.2f}, "
            f"goal {GOAL}\n"
        )

"""Readers and validators that others wrote."""

import subprocess
import sys
from pathlib import Path

import nibabel
import numpy as np

BIN = Path(sys.executable).parent


def errors_of_dciodvfy(path):
    """Lines in which dciodvfy finds an error; its exit code says nothing."""
    done = subprocess.run([BIN / "dciodvfy", path], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert "MRImage" in said or "Segmentation" in said, said
    return [line for line in said.splitlines() if "Error" in line]


def by_dcm2niix(folder, out):
    """The NIfTI image that dcm2niix makes of a folder of DICOM files."""
    out.mkdir()
    command = [BIN / "dcm2niix", "-f", "image", "-z", "n", "-b", "n", "-o", out, folder]
    subprocess.run(command, capture_output=True, text=True, check=True)
    (made,) = out.glob("*.nii")
    return nibabel.load(made)


def lps_points(image):
    """(values, LPS mm) of all voxels of a nibabel image, in one order for any voxel order."""
    indices = np.indices(image.shape[:3]).reshape(3, -1)
    ras = image.affine[:3, :3] @ indices + image.affine[:3, 3:]
    return np.asarray(image.dataobj).reshape(-1), (ras * [[-1], [-1], [1]]).T

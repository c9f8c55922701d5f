"""Small annotated scans as files: a ring with a scar, in grey values and labels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.io.nifti_write import nifti_bytes

SHAPE = (4, 72, 72)
SPACING = (10.0, 1.5, 1.5)


def heart(scar=True, seed=0, shape=SHAPE):
    """(pixels int16, labels uint8): cavity, muscle and a scar in the lower wall of three slices."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices(shape[1:])
    radius = np.hypot(rows - 36, columns - 36)
    labels = np.zeros(shape, np.uint8)
    labels[:, radius < 22] = 2
    labels[:, radius < 14] = 1
    if scar:
        labels[:3, (radius >= 14) & (radius < 20) & (rows > 40) & (abs(columns - 36) < 10)] = 3
    level = np.array([200, 700, 120, 900, 60])[labels].astype(float)
    around = ndimage.gaussian_filter(rng.normal(0, 1, shape[1:]), 4)  # no two hearts lie alike
    level += (labels == 0) * 200 * around / around.std()
    return (level + rng.normal(0, 20, shape)).astype(np.int16), labels


def nifti(path, voxels, labels=False, spacing=SPACING):
    """Write a stack."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(nifti_bytes(voxels, Geometry.plain(spacing, known=True), labels=labels))
    return path


def emidec(root, count, scar=lambda k: True, start=0):
    """Cases in EMIDEC's layout, each its own patient."""
    for k in range(start, start + count):
        pixels, labels = heart(scar(k), seed=k)
        nifti(root / f"Case_{k:03d}/Images/Case_{k:03d}.nii.gz", pixels)
        nifti(root / f"Case_{k:03d}/Contours/Case_{k:03d}.nii.gz", labels, labels=True)
    return root

"""Stacks of noisy rings with a bright scar, and the labels they were made from."""

import numpy as np

SHAPE = (3, 72, 72)
SPACING = (10.0, 1.4, 1.4)
CENTRE = 36.0


def labels_of(scarred=(0, 1, 2), arc=(20.0, 80.0), core=False, shape=SHAPE):
    """Cavity, wall, and scar over an arc (degrees) of the given slices."""
    y, x = np.mgrid[: shape[1], : shape[2]]
    radius = np.hypot(x - CENTRE, y - CENTRE)
    angle = np.rad2deg(np.arctan2(CENTRE - y, x - CENTRE)) % 360
    labels = np.zeros(shape, np.uint8)
    labels[:, radius < 24] = 2
    labels[:, radius < 15] = 1
    within = (radius >= 15) & (radius < 24) & (angle >= arc[0]) & (angle < arc[1])
    for index in scarred:
        labels[index][within] = 3
        if core:
            labels[index][within & (np.abs(radius - 19) < 2) & (angle > 35) & (angle < 65)] = 4
    return labels


def picture_of(labels, rng, *, bright=600.0, noise=20.0, offset=0.0, dtype=np.uint16):
    """Muscle 100, scar `bright` above it, blood 500, background 250."""
    values = np.choose(labels, [250.0, 500.0, 100.0, 100.0 + bright, 120.0])
    values = values + offset + rng.normal(0, noise, labels.shape)
    return np.clip(np.rint(values), 0, 4000).astype(dtype)


def without_scar(labels):
    return np.where(labels >= 3, 2, labels).astype(np.uint8)

"""Other patients' scars: a fixed set of training slices, and how one is pasted into a host."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from lgesynth_gui.core.arrays import Array, FloatArray, LabelMap, Mask
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.labels import Label
from lgesynth_gui.segmentation.crop import Image
from lgesynth_gui.synthesis.conditioning import MODEL_SPACING, Conditions
from lgesynth_gui.synthesis.contrast import REMOTE_PX
from lgesynth_gui.synthesis.holes import distance_mm, scar_mask, wall_mask
from lgesynth_gui.training.data import Pool, draw_chunk

STREAM = "generator"
COUNT = 64
FEWEST = 20  # pixels a level is measured on
CLEAR = 0.15  # blood above muscle, normalised, from which on the two can be told apart
SEEN = 0.7  # of blood above muscle: a donor's scar is at least so bright
AROUND = 4  # donor pixels that make one pasted pixel
GAIN = (0.4, 2.5)  # of a donor's contrast in its host
NEAREST = 3  # donors of about the wanted size and depth, of which the seed takes one
EDGE_PX = 0.8  # deviation of the soft edge
Floats = npt.NDArray[np.float64]


class DonorBank:
    """The scarred slices among the first of the generator's training data.

    Args:
        seed: Of the training data; a slice is taken from each of its first chunks.
        count: Slices that are drawn; about 70 % hold scar.
    """

    def __init__(self, seed: int = 0, count: int = COUNT) -> None:
        self.seed, self.count = seed, count
        self._pool: Pool | None = None

    def pool(self) -> Job:
        """The donors, drawn at the first call.

        Returns:
            A job that yields progress and returns a `Pool` of scarred slices.
        """
        if self._pool is None:
            rows = []
            for k in range(self.count):
                rows.append(draw_chunk(STREAM, self.seed * 100_000 + k, 1))
                yield Progress(k + 1, self.count, "drawing donors")
            names = [field.name for field in fields(Pool)]
            whole = Pool(**{name: np.concatenate([row[name] for row in rows]) for name in names})
            kept = whole.positive
            self._pool = Pool(**{name: getattr(whole, name)[kept] for name in names})
        yield None
        return self._pool


@dataclass(frozen=True, eq=False)
class Heart:
    """What pasting needs to know of a slice on the model grid.

    Args:
        picture: Normalised, `(128, 128)`.
        labels: Its label map; of a host, the wanted one.
        depth: Place in the wall, 0 endocardium to 1 epicardium; 0 outside.
    """

    picture: Image
    labels: LabelMap
    depth: FloatArray

    @property
    def bright(self) -> Mask:
        """Scar without its dark core."""
        return np.asarray(self.labels == Label.SCAR)

    @property
    def remote(self) -> Mask:
        """Muscle away from scar."""
        away = distance_mm(scar_mask(self.labels), MODEL_SPACING) > REMOTE_PX
        return np.asarray(wall_mask(self.labels) & away)

    def levels(self) -> tuple[float, float, float]:
        """Mean of remote muscle, its deviation, mean of blood; NaN where too little is there."""
        remote = self.picture[self.remote]
        blood = self.picture[self.labels == Label.BLOOD]
        muscle = (float(remote.mean()), float(remote.std())) if remote.size >= FEWEST else None
        dark, noise = muscle or (float("nan"), float("nan"))
        return dark, noise, float(blood.mean()) if blood.size >= FEWEST else float("nan")

    def places(self, where: Mask) -> Floats:
        """(angle in radians, depth) of pixels, `(n, 2)`; the angle is seen from the cavity."""
        inside = self.labels == Label.BLOOD
        centre = ndimage.center_of_mass(inside if inside.any() else wall_mask(self.labels))
        rows, columns = np.nonzero(where)
        angle = np.arctan2(centre[0] - rows, columns - centre[1])
        return np.stack([angle, self.depth[where].astype(np.float64)], axis=1)

    def shape(self) -> Floats:
        """Size and place of the scar in the wall: share of it, middle and spread in depth."""
        depth = self.depth[self.bright].astype(np.float64)
        share = self.bright.sum() / max(1, wall_mask(self.labels).sum())
        return np.array([share, depth.mean(), 2 * depth.std()])


def heart_of(case: Conditions) -> Heart:
    """A host with its wish."""
    return Heart(case.host, case.labels, case.maps[3])


def hearts_in(pool: Pool) -> tuple[Heart, ...]:
    """Donors whose bright scar, muscle and blood can be told apart."""
    found = []
    for picture, labels, depth in zip(pool.pictures, pool.labels, pool.depth, strict=True):
        one = Heart(picture.astype(np.float32), labels, depth.astype(np.float32))
        dark, _, blood = one.levels()
        if one.bright.sum() >= FEWEST and blood - dark > CLEAR:
            scar = float(one.picture[one.bright].mean()) - dark
            if scar > SEEN * (blood - dark):
                found.append(one)
    return tuple(found)


def donor_for(host: Heart, donors: tuple[Heart, ...], rng: np.random.Generator) -> Heart:
    """A donor whose scar has about the wanted size and depth.

    Args:
        host: With the wish; must hold bright scar.
        donors: At least one.
        rng: Draws among the nearest.
    """
    wanted = host.shape()
    far = [float(np.abs(one.shape() - wanted).sum()) for one in donors]
    nearest = np.argsort(far, kind="stable")[:NEAREST]
    return donors[int(rng.choice(nearest))]


def pasted(host: Heart, donor: Heart) -> Image:
    """The host with the donor's scar, warped into the wanted mask.

    Places are compared in angle and depth, both counted from the middle of the scar in deviations
    of its own pixels; grey values are moved from the donor's muscle and blood to the host's. A
    dark core stays what the host shows there.

    Args:
        host: With the wish.
        donor: Its blood must be brighter than its muscle.

    Returns:
        `(128, 128)` float32, normalised; the host itself without a wish.
    """
    if not host.bright.any():
        return host.picture
    near = np.asarray(ndimage.binary_dilation(host.bright, iterations=2))
    inside = host.places(host.bright)
    middle = _middle(inside)
    wanted = _turned(_reaching(host, near), middle) / _spread(_turned(inside, middle))
    given = donor.places(donor.bright)
    given = _turned(given, _middle(given))
    far, nearest = cKDTree(given / _spread(given)).query(wanted, k=AROUND)
    weight = 1 / (far + 1e-3)
    grey = (weight * donor.picture[donor.bright][nearest]).sum(axis=1) / weight.sum(axis=1)
    dark, _, blood = donor.levels()
    own_dark, _, own_blood = host.levels()
    gain = (own_blood - own_dark) / (blood - dark)
    gain = float(np.clip(gain, *GAIN)) if own_blood - own_dark > CLEAR else 1.0
    base = own_dark if np.isfinite(own_dark) else float(np.median(host.picture[host.bright]))
    texture = np.array(host.picture, dtype=np.float64)
    texture[near] = base + gain * (grey - dark)
    share = soft(host.bright)
    mixed = host.picture + share * (texture - host.picture)
    return np.clip(mixed, -1.5, 2.0).astype(np.float32)


def soft(mask: Mask, deviation: float = EDGE_PX) -> Floats:
    """A mask with a soft edge, 0 from 3 pixels outside on."""
    blurred = ndimage.gaussian_filter(mask.astype(np.float64), deviation, truncate=2 / deviation)
    return np.asarray(blurred)


def _reaching(host: Heart, near: Mask) -> Floats:
    """Places of the mask and its surroundings; off the wall depth is that of the nearest wall."""
    wall = wall_mask(host.labels)
    _, (rows, columns) = ndimage.distance_transform_edt(~wall, return_indices=True)
    return replace(host, depth=host.depth[rows, columns]).places(near)


def _middle(places: Floats) -> Array:
    """Mean direction and mean depth."""
    angle = np.angle(np.exp(1j * places[:, 0]).mean())
    return np.array([angle, places[:, 1].mean()])


def _turned(places: Floats, middle: Array) -> Floats:
    """Places counted from a middle; angles in [-pi, pi)."""
    off = places - middle
    off[:, 0] = (off[:, 0] + np.pi) % (2 * np.pi) - np.pi
    return np.asarray(off)


def _spread(places: Floats) -> Floats:
    return np.asarray(np.maximum(places.std(axis=0), 0.02))

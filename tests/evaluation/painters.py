"""Systems whose worth is known, and the reader that calls bright muscle scar."""

from dataclasses import dataclass

import numpy as np

from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.evaluation.cases import placements, repaintings
from lgesynth_gui.evaluation.outcome import Readers
from tests.segmentation.readers import brightness_judge

DARK, BRIGHT = -0.9, 0.5


def readers():
    return Readers(brightness_judge(), (brightness_judge(),))


def placed(count, seed=5):
    return drive(placements(seed, count))


def again(count, seed=5):
    return drive(repaintings(seed, count))


@dataclass(frozen=True)
class Perfect:
    """Dark muscle, and the wish bright."""

    name: str = "perfect"
    composited: bool = False

    def paint(self, cases, holes, seeds):
        pictures = []
        for case in cases:
            picture = case.host.copy()
            picture[case.wall] = DARK
            picture[case.labels >= 3] = BRIGHT
            pictures.append(picture)
            yield Progress(len(pictures), len(cases), "painting")
        return np.stack(pictures)


@dataclass(frozen=True)
class Deaf:
    """Scar in a place drawn at random, whatever was asked."""

    name: str = "deaf"
    composited: bool = False

    def paint(self, cases, holes, seeds):
        pictures = []
        for case, seed in zip(cases, seeds, strict=True):
            rng = np.random.default_rng(seed)
            rows, columns = np.indices(case.host.shape) - 63.5
            angle = np.rad2deg(np.arctan2(-rows, columns))
            picture = case.host.copy()
            picture[case.wall] = DARK
            near = np.abs((angle - rng.uniform(0, 360) + 180) % 360 - 180) < 40
            picture[case.wall & near] = BRIGHT
            pictures.append(picture)
            yield None
        return np.stack(pictures)


@dataclass(frozen=True)
class Nothing:
    """Gives the host back."""

    name: str = "nothing"
    composited: bool = True

    def paint(self, cases, holes, seeds):
        yield None
        return np.stack([case.host for case in cases])

"""Studies of noise: nothing is painted and no file is read."""

import numpy as np

from lgesynth_gui.evaluation.study import Study, StudyPicture, begin
from lgesynth_gui.evaluation.study_files import write_study


def pictures(pairs=0, real=0, synthetic=0, side=24, scar=True):
    """Pictures of hosts that have both kinds, and of hosts that have one."""
    rng, out = np.random.default_rng(5), []
    kinds = [(f"both {k}", kind) for k in range(pairs) for kind in (False, True)]
    kinds += [(f"real {k}", False) for k in range(real)]
    kinds += [(f"made {k}", True) for k in range(synthetic)]
    for number, (group, kind) in enumerate(kinds):
        picture = rng.normal(-0.5, 0.2, (side, side)).astype(np.float32)
        mask = np.zeros((side, side), bool)
        mask[5:9, 10:16] = True
        picture[mask] = 1.4 if kind else 1.0
        named = f"{number:04d}"
        out.append(StudyPicture(named, group, picture, kind, mask if scar else None))
    return tuple(out)


def study(**counts):
    """A study that lies nowhere."""
    return Study("noise with a square", pictures(**counts), 3.0, 0.0, "digest")


def written(folder, **counts):
    """A study as files."""
    return write_study(folder, "noise with a square", pictures(**counts), 3.0, 0.0)


def read_by(of, reader, rate, seconds=4.0, seed=1, practice=10, at=None):
    """A finished sitting: `rate(picture)` gives the rating, `at(picture)` the click."""
    sitting = begin(of, reader, seed, practice)
    while not sitting.finished:
        picture = of.picture(sitting.next)
        sitting = sitting.answered(rate(picture), seconds, at(picture) if at else None)
    return sitting

"""Small material for the utility experiment: empty patients, known painters, hand-made cells."""

from dataclasses import dataclass, field

import numpy as np

from lgesynth_gui.evaluation.lineup import Lineup
from lgesynth_gui.evaluation.utility import UtilityOptions
from lgesynth_gui.evaluation.utility_cells import LEVELS, Cell, SliceScore
from lgesynth_gui.evaluation.utility_data import UtilityPatient
from lgesynth_gui.evaluation.utility_train import Training
from lgesynth_gui.training.reader_data import SlicePool
from tests.evaluation.painters import Deaf, Perfect, readers

ARMS = ("real-only", "copy-paste", "constant-brightness")


@dataclass
class Watched:
    """A painter that remembers what it was shown."""

    inner: object
    name: str
    composited: bool = False
    hosts: list = field(default_factory=list)
    wishes: list = field(default_factory=list)
    seeds: list = field(default_factory=list)

    def paint(self, cases, holes, seeds):
        self.hosts += [one.host for one in cases]
        self.wishes += [one.labels for one in cases]
        self.seeds += list(seeds)
        return (yield from self.inner.paint(cases, holes, seeds))


def lineup(good=None, bad=None):
    """Two painters under the names of two rivals, and a judge that calls bright muscle scar."""
    good = good or Watched(Perfect(), "copy-paste")
    bad = bad or Watched(Deaf(), "constant brightness")
    return Lineup((good, bad), (), readers(), ())


def options(**changes):
    training = Training(steps=changes.pop("steps", 2), batch=4)
    usual = {"count": 6, "seeds": 1, "arms": ARMS, "phantoms": (2, 2, 3), "training": training}
    return UtilityOptions(**usual | changes)


def patient(name, scarred, slices=2):
    """Slices of nothing, the first with a scar when there is one."""
    labels = np.zeros((slices, 128, 128), np.uint8)
    labels[:, 60:70, 60:70] = 2
    if scarred:
        labels[0, 60:65, 60:65] = 3
    return UtilityPatient(name, SlicePool(labels.astype(np.float16), labels))


def score(patient, truth, found=0, both=0):
    """A slice whose scar and finding are one part each."""
    parts = ((found, both),) if found else ()
    lesions = ((truth, found if both else 0),) if truth else ()
    return SliceScore(patient, truth, found, both, parts, lesions)


def cell(arm="real-only", seed=1, fold=0, test=(), validation=(), **others):
    usual = {
        "kept": 0, "draws": 0, "wanted": 0, "step": 1, "steps": 1, "choice": 1.0, "seconds": 1.0,
        "device": "cpu",
    }  # fmt: skip
    return Cell(
        arm=arm, seed=seed, fold=fold, validated=(tuple(validation),) * len(LEVELS),
        tested=(tuple(test),) * len(LEVELS),
        **usual | others,
    )  # fmt: skip

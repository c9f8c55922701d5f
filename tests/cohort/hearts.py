"""Small hearts and cohorts of them, that are made in a second."""

from functools import cache

import numpy as np

from lgesynth_gui.cohort.make import add_hearts, make_cohort
from lgesynth_gui.cohort.plan import Plan, Sampling, Stop
from lgesynth_gui.phantom.study import make_study


@cache
def heart(number):
    """(series, accepted contours) of a small healthy phantom."""
    study = make_study(
        np.random.default_rng((31, number)),
        pattern=None,
        n_slices=4,
        matrix=(112, 104),
        spacing=1.7,
    )
    return study.series, study.contours


def cohort_in(folder, hearts=2, **values):
    """A cohort with small hearts and no sample."""
    usual = {
        "seed": 9,
        "block": 4,
        "sampling": Sampling(steps=1, guidance=0.0, half=False),
        "stop": Stop(tries=2, rounds=2),
    }
    make_cohort(folder, Plan(**(usual | values)))
    add_hearts(folder, tuple(heart(k) for k in range(hearts)))
    return folder

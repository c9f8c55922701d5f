"""Small hearts, and networks with random weights, for cohorts that are made in a second."""

from functools import cache

import numpy as np

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

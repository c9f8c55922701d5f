"""How long one sample takes with the bundled models, and what guidance adds to it."""

from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.phantom.sample import sample_study
from lgesynth_gui.synthesis.generate import generate

SLICE = 4


@pytest.fixture(scope="module")
def study():
    return sample_study()


@pytest.fixture(scope="module")
def request_(study):
    contours = study.contours
    region = segment_region(
        7, contours.level(SLICE), anchors_in(contours, SLICE), 0.0, 0.63, (SLICE,)
    )
    return SynthesisRequest(
        study.series.pixels_sha256, contours, ScarSketch((region,)), seed=7, guidance=0.0
    )


@pytest.mark.parametrize("guidance", [0.0, 0.08], ids=["plain", "guided"])
@pytest.mark.benchmark(group="one sample, default steps, warm")
def test_time_of_one_sample(benchmark, study, request_, guidance):
    request = replace(request_, guidance=guidance)
    result = benchmark.pedantic(
        lambda: drive(generate(request, study.series, "cpu")), rounds=3, warmup_rounds=1
    )
    assert result.slices == (SLICE,)
    assert np.count_nonzero(result.pixels != study.series.pixels) > 0

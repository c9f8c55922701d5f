"""How long samples take with the bundled models, and how much of the processor that uses.

One sample is a whole request, judged; the batch is painting alone. Shares are of what the same
threads reach in a large float32 matrix product, measured beside it.
"""

import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.phantom.sample import sample_study
from lgesynth_gui.synthesis.generate import generate
from lgesynth_gui.synthesis.models import THREADS, load_models
from lgesynth_gui.synthesis.painting import paint_together

SLICE = 4
BATCH = 16
SIDE = 1536  # of the matrices whose product shows what the processor can do
GUIDANCE = {"plain": 0.0, "guided": 0.08}
WORDS = {False: "full precision", True: "half precision"}


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


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    yield
    torch.set_num_threads(before)


def peak():
    """Operations a second of a float32 matrix product: the best of a few."""
    left, right = torch.randn(2, SIDE, SIDE)
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        left @ right
        seconds.append(time.perf_counter() - began)
    return 2 * SIDE**3 / min(seconds)


def tell(capsys, name, operations, seconds, items=1):
    reached, able = operations / seconds, peak()
    with capsys.disabled():
        sys.stdout.write(
            f"\n{name}: {seconds / items:.2f} s a sample, {operations / items / 1e9:.1f} GFLOP, "
            f"{reached / 1e9:.0f} of {able / 1e9:.0f} GFLOP/s ({reached / able:.0%}), "
            f"{THREADS} thread(s)\n"
        )


def timed(work, seconds):
    """The same work; appends how long it took."""

    def run():
        began = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - began)
        return result

    return run


def counted(work):
    """Floating-point operations of convolutions and products, forwards and backwards."""
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", GUIDANCE)
@pytest.mark.benchmark(group="one sample, default steps, warm")
def test_time_of_one_sample(benchmark, capsys, study, request_, name):
    request = replace(request_, guidance=GUIDANCE[name])

    def work():
        return drive(generate(request, study.series, "cpu"))

    operations = counted(work)
    seconds = []
    result = benchmark.pedantic(timed(work, seconds), rounds=3, warmup_rounds=1)
    tell(capsys, f"one, {name}", operations, min(seconds))
    assert result.slices == (SLICE,)
    assert np.count_nonzero(result.pixels != study.series.pixels) > 0


@pytest.mark.parametrize("half", WORDS)
@pytest.mark.parametrize("name", GUIDANCE)
@pytest.mark.benchmark(group=f"{BATCH} samples in one batch, default steps, warm")
def test_time_of_a_batch(benchmark, capsys, study, request_, name, half):
    bundle = load_models("", "cpu")
    asked = replace(request_, guidance=GUIDANCE[name], half=half)
    wishes = [(replace(asked, seed=seed), study.series, SLICE) for seed in range(BATCH)]

    def work():
        return drive(paint_together(wishes, bundle))

    operations = counted(work)
    seconds = []
    painted = benchmark.pedantic(timed(work, seconds), rounds=2)
    tell(capsys, f"batch of {BATCH}, {name}, {WORDS[half]}", operations, min(seconds), BATCH)
    pictures = np.array([one.picture for one in painted])
    assert len({one.tobytes() for one in pictures}) == BATCH

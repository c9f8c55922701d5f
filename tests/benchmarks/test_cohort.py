"""How long an accepted sample of a cohort takes, beside single requests and the bare sampler.

All three paint the same wishes under the same noises, with the networks warm, in one process: one
request after another as the command line does it, the cohort with everything it writes, and the
sampler alone on the very batches of the cohort. `LGESYNTH_SAMPLES` and `LGESYNTH_DEVICE` measure a
longer run or a graphics card.
"""

import os
import time
from dataclasses import dataclass

import numpy as np
import pytest
import torch

from lgesynth_gui.cohort.block import request_of
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.make import add_hearts, add_parts, make_cohort
from lgesynth_gui.cohort.plan import PLAN, Draw, Part, Plan, Sampling, read_plan
from lgesynth_gui.cohort.pools import HerePool
from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.cohort.samples import file_of, read_record
from lgesynth_gui.cohort.wishes import heart_of, wish_of
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.quality.gate import acceptable
from lgesynth_gui.synthesis.codec import HaarPacket
from lgesynth_gui.synthesis.generate import generate
from lgesynth_gui.synthesis.models import best_device, half_pays, load_models
from lgesynth_gui.synthesis.painting import asked_of, guide_of, scene_of
from lgesynth_gui.synthesis.sampler import generator_of, sample

SAMPLES, HEARTS = int(os.environ.get("LGESYNTH_SAMPLES", "16")), 2
DEVICE = os.environ.get("LGESYNTH_DEVICE", "cpu")


@dataclass
class Spent:
    """Seconds, noises and accepted samples of one way."""

    seconds: float = 0.0
    draws: int = 0
    accepted: int = 0

    def each(self):
        return self.seconds / max(1, self.accepted)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("cohorts") / "cohort"
    half = half_pays(best_device(DEVICE))
    make_cohort(place, Plan(seed=3, sampling=Sampling(half=half)))
    rngs = [np.random.default_rng((12, k)) for k in range(HEARTS)]
    studies = [make_study(rng, pattern=None, n_slices=8) for rng in rngs]
    add_hearts(place, tuple((one.series, one.contours) for one in studies))
    add_parts(place, Part(name="drawn", draw=Draw(count=SAMPLES)))
    return place


def wishes(hosts, plan, block):
    """(number, host, wish) of every sample of a block."""
    for index in block:
        host = hosts[heart_of(plan.parts[0], index, tuple(hosts))]
        yield index, host, wish_of(plan.parts[0].draw, host.heart, plan.seed, index)


def one_by_one(every, plan, tries, spent):
    """Requests as `lgesynth synthesize` makes them, until one is accepted."""
    full = plan.sampling.model_copy(update={"half": False})
    for index, host, wish in every:
        for seed in tries[index]:
            request = request_of(wish, host, full, seed)
            began = time.perf_counter()
            result = drive(generate(request, host.series, DEVICE))
            spent.seconds += time.perf_counter() - began
            spent.draws += 1
            if acceptable(result.verdict):
                spent.accepted += 1
                break


def bare(every, plan, tries, spent):
    """The sampler alone, on the batches of the block's rounds."""
    bundle = load_models("", DEVICE)
    steps, step, half = plan.sampling.steps, plan.sampling.guidance, plan.sampling.half
    for attempt in range(plan.stop.tries):
        left = [one for one in every if len(tries[one[0]]) > attempt]
        if not left:
            break
        asked = []
        for index, host, wish in left:
            request = request_of(wish, host, plan.sampling, tries[index][attempt])
            asked += [asked_of((request, host.series, i), bundle) for i in wish.slices]
        conditions, holes = [a.conditions for a in asked], [a.holes for a in asked]
        noise = [generator_of(a.wish[0].seed, a.wish[2]) for a in asked]
        began = time.perf_counter()
        scene = scene_of(conditions, holes, [3.0] * len(asked), bundle, 1.0)
        guide = guide_of(conditions, scene, bundle, step, noise, half)
        drive(sample(bundle.denoiser, HaarPacket(), scene, steps, noise, guide, half))
        spent.seconds += time.perf_counter() - began
        spent.draws += len(left)


@pytest.mark.timeout(900)
def test_time_per_accepted_sample(folder, capsys):
    plan = read_plan(folder / PLAN)
    torch.set_num_threads(1)
    load_models("", DEVICE)
    hosts = {one.id: load_host(folder, one) for one in plan.hosts}
    cohort, single, sampler = Spent(), Spent(), Spent()
    job, ended = run_cohort(folder, HerePool(), DEVICE), None
    blocks, done = list(plan.blocks()), 0
    while ended is None:
        began = time.perf_counter()
        try:
            next(job)
        except StopIteration as end:
            ended = end.value
        cohort.seconds += time.perf_counter() - began
        while done < len(blocks) and file_of(folder, blocks[done][-1], "json").is_file():
            block, done = blocks[done], done + 1
            records = {index: read_record(folder, index)[0] for index in block}
            tries = {index: [one["seed"] for one in r["tries"]] for index, r in records.items()}
            every = list(wishes(hosts, plan, block))
            one_by_one(every, plan, tries, single)
            bare(every, plan, tries, sampler)
    cohort.draws, cohort.accepted = ended.tries, ended.accepted
    assert sampler.draws == cohort.draws, "the same noises"
    with capsys.disabled():
        print(  # noqa: T201
            f"\n  cohort of {SAMPLES} on {DEVICE}: {cohort.accepted} accepted of"
            f" {cohort.draws} noises, {cohort.each():.2f} s each; one by one"
            f" {single.accepted} of {single.draws},"
            f" {single.each():.2f} s each ({single.each() / cohort.each():.2f} times);"
            f" {cohort.seconds / sampler.seconds:.2f} times the bare sampler"
            f" ({sampler.seconds / sampler.draws:.2f} s a noise)"
        )

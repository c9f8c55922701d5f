"""A block: what it gives follows from its samples alone."""

from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.cohort.block import CONTROL, ERROR, Item, Task, compute_now, request_of
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.plan import PLAN, Draw, Row, Sampling, read_plan
from lgesynth_gui.cohort.samples import unpack_arrays
from lgesynth_gui.cohort.wishes import wish_of
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.quality import gate
from lgesynth_gui.synthesis import generate as module
from lgesynth_gui.synthesis.batch import Originals, paint_prepared, prepare_request

SAMPLING = Sampling(steps=1, guidance=0.0, half=False)


@pytest.fixture
def hosts(new_cohort):
    folder = new_cohort()
    return tuple(load_host(folder, one) for one in read_plan(folder / PLAN).hosts)


def task_of(hosts, *what, tries=2, sampling=SAMPLING):
    items = tuple(Item(10 + k, "H001", one) for k, one in enumerate(what))
    return Task(items, hosts, 5, tries, sampling)


def told(samples):
    return [(dict(one.record), one.pixels) for one in samples]


def test_that_a_block_gives_the_same_bytes_again(networks, hosts):
    draw = Draw(count=3)
    task = task_of(hosts, draw, draw, draw)
    assert told(compute_now(task)) == told(compute_now(task))


def test_that_pixels_outside_the_edit_are_the_hosts_and_labels_come_back(networks, hosts):
    made = compute_now(task_of(hosts, Draw(count=2), Draw(count=2)))
    for one in made:
        host = hosts[0].series
        back = unpack_arrays(one.pixels, host)
        assert one.record["verdict"]["changed_outside"] == 0
        assert (back.pixels[~back.edited] == host.pixels[~back.edited]).all()
        assert (back.pixels != host.pixels).any()
        assert content_hash(back.pixels) == one.record["pixels_sha256"]
        wish = wish_of(Draw(count=2), hosts[0].heart, 5, one.index)
        drawn = hosts[0].heart.labels(wish.sketch)[list(wish.slices)]
        assert (back.requested[list(back.slices)] == drawn).all()


def test_that_a_sample_is_what_its_request_paints_alone(networks, tiny, hosts, monkeypatch):
    (one,) = compute_now(task_of(hosts, Draw(count=1), tries=1))
    wish = wish_of(Draw(count=1), hosts[0].heart, 5, 10)
    request = request_of(wish, hosts[0], SAMPLING, one.record["request"]["seed"])
    monkeypatch.setattr(module, "load_models", lambda model, device: tiny)
    alone = drive(module.generate(request, hosts[0].series, "cpu"))
    assert alone.pixels_sha256 == one.record["pixels_sha256"]
    assert alone.verdict.dice == one.record["verdict"]["dice"]


def test_that_a_wish_is_tried_until_it_is_accepted_and_the_best_is_kept(
    networks, hosts, monkeypatch
):
    answers = iter([0.2, 0.5, 0.3])

    def judged(sample):
        dice = next(answers)
        return gate.Finding("judge Dice", Grade.FAIL, str(dice))

    monkeypatch.setattr(gate, "RULES", (judged,))
    dices = iter([0.2, 0.5, 0.3])
    monkeypatch.setattr(gate.Sample, "dice", property(lambda self: next(dices)))
    (one,) = compute_now(task_of(hosts, Draw(count=1), tries=3))
    record = one.record
    assert [each["dice"] for each in record["tries"]] == [0.2, 0.5, 0.3]
    assert record["verdict"]["dice"] == 0.5
    assert record["request"]["seed"] == record["tries"][1]["seed"]
    assert (record["status"], record["accepted"]) == ("FAIL", False)


def test_that_an_accepted_sample_is_not_tried_again_and_a_small_one_only_deserves_a_look(
    networks, hosts, monkeypatch
):
    rules = (
        lambda s: gate.Finding("judge Dice", Grade.PASS, "good"),
        lambda s: gate.Finding("size", Grade.CHECK, "small"),
    )
    monkeypatch.setattr(gate, "RULES", rules)
    (one,) = compute_now(task_of(hosts, Draw(count=1), tries=4))
    assert len(one.record["tries"]) == 1
    assert (one.record["status"], one.record["accepted"]) == ("CHECK", True)


def test_that_a_control_is_not_painted_and_an_error_stays_its_samples_own(networks, hosts):
    rows = (
        Row(heart="H001", control=True),
        Row(heart="H001", slices=(99,), pattern="fabry"),
        Row(heart="H001", segments=(7, 8), seed=3),
    )
    control, error, painted = compute_now(task_of(hosts, *rows))
    assert (control.record["status"], control.pixels) == (CONTROL, b"")
    assert control.record["synthetic"] is False
    assert error.record["status"] == ERROR
    assert "no slice 99" in error.record["error"]
    assert painted.record["tries"][0]["seed"] == 3
    assert len(painted.record["tries"]) == 1, "a row that names its noise has one try"


def test_that_records_tell_no_time_and_no_place(networks, hosts):
    (one,) = compute_now(task_of(hosts, Draw(count=1)))
    assert "seconds" not in one.record["scores"]
    assert "contours" not in one.record["request"]


def test_that_several_slices_of_a_sample_are_painted_with_the_noise_of_a_stack(
    networks, tiny, hosts
):
    row = Row(heart="H001", segments=(1, 7, 13), slices=(1, 2, 3))
    (one,) = compute_now(task_of(hosts, row, tries=1))
    assert one.record["slices"] == [0, 1, 2]
    wish = wish_of(row, hosts[0].heart, 5, 10)
    request = request_of(wish, hosts[0], SAMPLING)
    prepared = prepare_request(request, hosts[0].series, tiny, Originals())
    seed = one.record["request"]["seed"]
    narrow = drive(paint_prepared((prepared,), (seed,), tiny, width=2))[0].result
    wide = unpack_arrays(one.pixels, hosts[0].series)
    apart = np.abs(narrow.pixels.astype(float) - wide.pixels.astype(float))
    assert apart.max() <= 1, "another width may round differently, no more"
    assert replace(request, seed=seed) == narrow.request
    assert (wide.requested[0] == Label.SCAR).any()

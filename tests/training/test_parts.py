"""A batch in parts gives what it gives as a whole; memory that is too small makes them smaller."""

import json
from dataclasses import replace

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.training import memory
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.division import count_of, parts_of, rows
from lgesynth_gui.training.loop import train
from lgesynth_gui.training.machine import Machine
from lgesynth_gui.training.state import RunState
from tests.training.tiny_stage import OPTIONS, Curve, Whole


def events(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


def weights(folder):
    state = newest_checkpoint(folder)
    return {k: v for k, v in state.tensors.items() if k.startswith(("weights", "ema"))}


def test_that_rows_of_a_batch_keep_its_kind():
    batch = {"x": torch.arange(6), "texts": list("abcdef"), "both": (torch.ones(6, 2),)}
    part = rows(batch, slice(2, 4))
    assert part["x"].tolist() == [2, 3]
    assert part["texts"] == ["c", "d"]
    assert part["both"][0].shape == (2, 2)
    assert count_of(batch) == 6
    assert [p.stop - p.start for p in parts_of(0, 5, 2)] == [2, 2, 1]
    assert list(parts_of(4, 8, 0)) == [slice(4, 8)]


@pytest.mark.parametrize("micro", [1, 3, 4])
def test_that_parts_of_a_batch_give_the_weights_of_the_whole(tmp_path, micro):
    drive(train(Curve(), tmp_path / "whole", OPTIONS))
    stage = Curve()
    drive(train(stage, tmp_path / "parts", replace(OPTIONS, micro=micro)))
    assert max(stage.sizes[1:]) == micro
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path / "parts")
    assert all(torch.allclose(whole[k], parts[k], atol=2e-5) for k in whole)
    said = [e for e in events(tmp_path / "parts") if e["event"] == "step"]
    assert said[-1]["half"] == 0.5  # figures are means over the items, not over the parts


def test_that_too_little_memory_halves_the_parts_and_changes_nothing_else(tmp_path):
    drive(train(Curve(), tmp_path / "whole", OPTIONS))
    stage = Curve(short=range(7, 30), fits=3)
    drive(train(stage, tmp_path / "short", OPTIONS))
    assert stage.sizes[8:12] == [8, 4, 2, 2]  # once the probing one, seven whole steps, then halves
    whole, short = weights(tmp_path / "whole"), weights(tmp_path / "short")
    assert all(torch.allclose(whole[k], short[k], atol=2e-5) for k in whole)
    a, b = (newest_checkpoint(tmp_path / name).facts for name in ("whole", "short"))
    assert a["rng"] == b["rng"]
    assert (a["micro"], b["micro"]) == (0, 2)
    (said,) = (e for e in events(tmp_path / "short") if e["event"] == "divided")
    assert (said["step"], said["micro"]) == (7, 2)


def test_that_a_run_resumed_with_smaller_parts_repeats_itself(tmp_path):
    for name, cut in (("once", 0), ("twice", 15)):
        job = train(Curve(short=(4,), fits=2), tmp_path / name, OPTIONS)
        for _ in range(cut):
            next(job)
        job.close() if cut else drive(job)
    drive(train(Curve(), tmp_path / "twice", OPTIONS))
    once, twice = weights(tmp_path / "once"), weights(tmp_path / "twice")
    assert all(torch.equal(once[k], twice[k]) for k in once)


@pytest.mark.parametrize(
    ("stage", "what"), [(Curve(short=(3,), fits=0), "one item"), (Whole(short=(3,)), "one batch")]
)
def test_that_memory_for_nothing_at_all_is_said_and_the_run_can_go_on(tmp_path, stage, what):
    with pytest.raises(LgeSynthError, match=f"Memory is too small for {what}"):
        drive(train(stage, tmp_path, OPTIONS))
    state = newest_checkpoint(tmp_path)
    assert state.facts["step"] == 3
    stage.short = ()
    drive(train(stage, tmp_path, OPTIONS))


def test_that_a_loss_that_compares_items_is_not_divided(tmp_path):
    with pytest.raises(LgeSynthError, match="cannot be divided"):
        drive(train(Whole(), tmp_path, replace(OPTIONS, micro=2)))


def test_that_the_need_of_memory_is_measured_and_leaves_the_run_as_it_was(tmp_path, monkeypatch):
    run = RunState(Curve(), OPTIONS, Machine())
    before, noise = run.rng.bit_generator.state, run.noise.get_state()
    need = memory.measured(run)
    assert run.rng.bit_generator.state == before
    assert torch.equal(run.noise.get_state(), noise)
    numbers = 4 * (2 * 16 + 16 + 16 + 1)
    assert (need.weights, need.gradients, need.optimizer) == (numbers, numbers, 2 * numbers)
    assert 8 * 16 * 4 <= need.activations < 8 * 64 * 4  # the hidden layer of eight items, at least
    assert memory.fitted(run).micro == 8
    monkeypatch.setattr(memory, "_free", lambda device: need.more - need.activations // 2)
    assert memory.fitted(run).micro < 8
    assert run.micro == memory.fitted(run).micro


def test_that_dropout_repeats_itself_by_seed_and_step(tmp_path):
    torch.manual_seed(1)
    drive(train(Curve(dropout=0.5), tmp_path / "a", OPTIONS))
    torch.manual_seed(2)
    job = train(Curve(dropout=0.5), tmp_path / "b", OPTIONS)
    for _ in range(17):
        next(job)
    job.close()
    torch.manual_seed(3)
    drive(train(Curve(dropout=0.5), tmp_path / "b", OPTIONS))
    a, b = weights(tmp_path / "a"), weights(tmp_path / "b")
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_that_float16_is_for_graphics_cards(tmp_path):
    with pytest.raises(LgeSynthError, match="Float16"):
        drive(train(Curve(), tmp_path, replace(OPTIONS, fp16=True)))
    with pytest.raises(LgeSynthError, match="no device"):
        Machine("tpu")

"""What a run is asked while it runs, and what it does when its drive is full."""

import errno
import os
from contextlib import suppress
from dataclasses import replace

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.run_log import EventLog, last_events, read_events
from lgesynth_gui.io.run_requests import place_request, take_requests
from lgesynth_gui.training import checkpoint, loop
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.loop import train
from tests.faults.harness import failing
from tests.training.test_parts import weights
from tests.training.tiny_stage import OPTIONS, Curve, Whole

MOST = 300  # operations of one checkpoint: more than it has


def kinds(folder):
    return [event["event"] for event in read_events(folder)[0]]


def stepped(job, count):
    return [next(job) for _ in range(count)][-1]


def test_that_a_request_is_taken_once_and_the_newer_of_pause_and_resume_counts(tmp_path):
    place_request(tmp_path, "save")
    place_request(tmp_path, "pause")
    place_request(tmp_path, "resume")
    os.utime(tmp_path / "requests" / "pause", (1, 1))
    assert take_requests(tmp_path) == {"save", "resume"}
    assert take_requests(tmp_path) == frozenset()
    with pytest.raises(ValueError, match="dance"):
        place_request(tmp_path, "dance")


def test_that_events_are_read_on_from_an_offset_and_a_cut_line_waits(tmp_path):
    log = EventLog(tmp_path)
    log.write("a", x=1)
    first, offset = read_events(tmp_path)
    assert [event["event"] for event in first] == ["a"]
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b'{"event": "b"')
    assert read_events(tmp_path, offset) == ([], offset)
    log.close()
    log = EventLog(tmp_path)  # what a killed process left stays alone
    log.write("c")
    log.close()
    assert [event["event"] for event in read_events(tmp_path, offset)[0]] == ["c"]
    assert [event["event"] for event in last_events(tmp_path)] == ["a", "c"]
    assert read_events(tmp_path, 10**6)[1] == (tmp_path / "events.jsonl").stat().st_size
    assert read_events(tmp_path / "none") == ([], 0)


def test_that_a_checkpoint_and_pictures_are_made_when_asked(tmp_path):
    job = train(Curve(), tmp_path, OPTIONS)
    stepped(job, 5)
    place_request(tmp_path, "save")
    place_request(tmp_path, "sample")
    stepped(job, 2)
    assert newest_checkpoint(tmp_path).facts["step"] == 6
    (sample,) = (e for e in read_events(tmp_path)[0] if e["event"] == "sample")
    (name,) = sample["files"]
    assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert "saved" in kinds(tmp_path)
    job.close()
    assert kinds(tmp_path)[-1] == "stopped"


def test_that_a_network_that_paints_nothing_says_so(tmp_path):
    drive(train(Whole(), tmp_path, replace(OPTIONS, steps=2, sample_every=2)))
    (sample,) = (e for e in read_events(tmp_path)[0] if e["event"] == "sample")
    assert sample["files"] == []
    assert "paints nothing" in sample["message"]


def test_that_stop_keeps_the_best_weights_and_the_run_can_go_on(tmp_path):
    job = train(Curve(), tmp_path, OPTIONS)
    stepped(job, 8)
    place_request(tmp_path, "stop")
    assert drive(job) == tmp_path / "best"
    assert (tmp_path / "best" / "model.json").is_file()
    assert not (tmp_path / "model").exists()
    assert kinds(tmp_path)[-1] == "stopped"
    drive(train(Curve(), tmp_path, OPTIONS))
    drive(train(Curve(), tmp_path / "whole", OPTIONS))
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path)
    assert all((whole[k] == parts[k]).all() for k in whole)


def test_that_a_paused_run_waits_with_a_checkpoint_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "LOOK_S", 0.0)
    job = train(Curve(), tmp_path, OPTIONS)
    stepped(job, 6)
    place_request(tmp_path, "pause")
    stepped(job, 3)
    waiting = [next(job) for _ in range(5)]
    assert len({step.done for step in waiting}) == 1
    assert all(step.note == "paused: Paused as asked." for step in waiting)
    assert newest_checkpoint(tmp_path).facts["step"] == waiting[0].done
    place_request(tmp_path, "resume")
    drive(job)
    assert kinds(tmp_path)[-1] == "done"
    assert kinds(tmp_path).count("resumed") == kinds(tmp_path).count("paused") == 1


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_that_a_full_drive_pauses_the_run_and_room_lets_it_go_on(tmp_path, monkeypatch, number):
    monkeypatch.setattr(loop, "RETRY_S", 0.0)
    monkeypatch.setattr(loop, "LOOK_S", 0.0)
    full, real = [], checkpoint._write

    def save(*arguments, **named):
        if full:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **named)

    job = train(Curve(), tmp_path, replace(OPTIONS, save_seconds=0))
    stepped(job, 10)
    before = (tmp_path / "last.safetensors").read_bytes()
    full.append(True)
    monkeypatch.setattr(checkpoint, "_write", save)
    steps = [next(job) for _ in range(6)]
    said = [step.note for step in steps if step is not None and step.note.startswith("paused")]
    assert len(said) >= 3
    assert "The training waits" in said[0]
    assert (tmp_path / "last.safetensors").read_bytes() == before
    full.clear()
    drive(job)
    (event,) = (e for e in read_events(tmp_path)[0] if e["event"] == "paused")
    assert event["message"] in said[0]
    drive(train(Curve(), tmp_path / "whole", OPTIONS))
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path)
    assert all((whole[k] == parts[k]).all() for k in whole)


def test_that_no_failing_operation_costs_the_checkpoint_before(tmp_path, monkeypatch):
    drive(train(Curve(), tmp_path / "run", replace(OPTIONS, steps=4)))
    kept = newest_checkpoint(tmp_path / "run")
    state = checkpoint.Checkpoint(kept.tensors, {**kept.facts, "step": 5})
    for n in range(1, MOST):
        folder = tmp_path / str(n)
        checkpoint.save_checkpoint(folder, kept)
        with failing(monkeypatch, n) as seen, suppress(LgeSynthError, OSError):
            checkpoint.save_checkpoint(folder, state)
        left = newest_checkpoint(folder)
        assert left is not None, n
        assert left.facts["step"] in (4, 5)
        assert not list(folder.glob("*.corrupt"))
        if len(seen) < n:
            break
    assert 6 < n < MOST - 1


def test_that_a_damaged_checkpoint_is_named_and_kept(tmp_path):
    job = train(Curve(), tmp_path, replace(OPTIONS, save_seconds=0))
    stepped(job, 20)
    job.close()
    (tmp_path / "last.safetensors").write_bytes(b"torn")
    drive(train(Curve(), tmp_path, OPTIONS))
    (event,) = (e for e in read_events(tmp_path)[0] if e["event"] == "damaged")
    assert "last.safetensors.corrupt" in event["message"]
    assert (tmp_path / "last.safetensors.corrupt").read_bytes() == b"torn"
    drive(train(Curve(), tmp_path / "whole", OPTIONS))
    whole, parts = weights(tmp_path / "whole"), weights(tmp_path)
    assert all((whole[k] == parts[k]).all() for k in whole)


def test_that_a_stage_remembers_what_it_had_seen(tmp_path):
    options = replace(OPTIONS, evaluate_every=5, steps=20)
    job = train(Curve(), tmp_path, options)
    stepped(job, 12)
    job.close()
    drive(train(Curve(), tmp_path, options))
    seen = [e["seen"] for e in read_events(tmp_path)[0] if e["event"] == "evaluate"]
    assert seen == [1, 2, 3, 4]

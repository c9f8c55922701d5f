"""A run is resumed as it was started."""

from pathlib import Path

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.training.record import OPEN, RECORD, read_record, write_record

TOLD = {
    "steps": 9, "minutes": 0.0, "batch": 16, "slices": 50, "seed": 3, "learning_rate": 1e-4,
    "models": (Path("/a"), Path("/b")), "data": Path("/d"), "workers": 2, "bf16": True,
    "start": "base", "threads": 1,
}  # fmt: skip


def test_that_what_a_run_was_told_comes_back(tmp_path):
    assert read_record(tmp_path / "none") is None
    write_record(tmp_path / "run", "base", TOLD)
    told = read_record(tmp_path / "run")
    assert told == {**TOLD, "stage": "base", "models": ["/a", "/b"], "data": "/d"}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_that_only_length_places_and_threads_may_change(tmp_path, name):
    write_record(tmp_path, "base", TOLD)
    other = {"models": (), "data": None, "start": "base/2", "bf16": False}.get(name, 77)
    changed = TOLD | {name: other}
    if name in OPEN:
        write_record(tmp_path, "base", changed)
        assert read_record(tmp_path)[name] in (other, [])
        return
    with pytest.raises(LgeSynthError, match=name):
        write_record(tmp_path, "base", changed)
    assert read_record(tmp_path)[name] == TOLD[name]


def test_that_another_stage_is_refused(tmp_path):
    write_record(tmp_path, "base", TOLD)
    with pytest.raises(LgeSynthError, match="stage"):
        write_record(tmp_path, "controlnet", TOLD)


@pytest.mark.parametrize("content", ["", "[1]", "{"])
def test_that_a_damaged_record_is_said(tmp_path, content):
    (tmp_path / RECORD).write_text(content)
    with pytest.raises(LgeSynthError, match="cannot be read"):
        read_record(tmp_path)

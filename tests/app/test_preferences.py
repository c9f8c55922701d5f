import json

import pytest

from lgesynth_gui.app import places, preferences
from lgesynth_gui.app.preferences import Preferences, PreferenceStore, from_json, to_json
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive

OTHER = Preferences(
    "light", 150, "Horos", 0.7, True, "cpu", False, (("export", ("Ctrl+M",)), ("undo", ()))
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "preferences.json"


def test_that_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(places.VARIABLE, str(tmp_path))
    assert PreferenceStore().path == tmp_path / "preferences.json"
    monkeypatch.delenv(places.VARIABLE)
    assert places.config_folder().name == "lgesynth"


def test_that_what_is_written_comes_back():
    assert from_json(json.loads(json.dumps(to_json(OTHER)))) == OTHER


def test_that_settings_outlive_the_program(path):
    store = PreferenceStore(path)
    told = []
    store.changed.connect(told.append)
    store.set(theme="light", percent=150)
    assert told == [{"theme", "percent"}]
    assert store.unsaved
    store.wrote(drive(store.write_job()))
    assert not store.unsaved
    again = PreferenceStore(path)
    assert (again.now.theme, again.now.percent, again.notice) == ("light", 150, "")


def test_that_nothing_is_told_or_written_when_nothing_changes(path):
    store = PreferenceStore(path)
    store.changed.connect(lambda names: pytest.fail(str(names)))
    store.set(percent=100)
    store.flush()
    assert not path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b'{"percent": 95}',
        b'{"theme": "pink"}',
        b'{"keys": {"export": "Ctrl+E"}}',
        b'{"still": 1}',
        b"[" * 100_000,
        b" " * (preferences.LARGEST_FILE + 1),
    ],
)
def test_that_a_damaged_file_is_set_aside_and_said_once(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = PreferenceStore(path)
    assert store.now == Preferences()
    assert store.notice == preferences.SET_ASIDE
    assert not path.exists()
    assert path.with_name("preferences.json.corrupt").read_bytes() == content
    assert PreferenceStore(path).notice == ""


def test_that_settings_of_a_newer_version_are_passed_over():
    assert from_json({"percent": 120, "hologram": True}).percent == 120


@pytest.mark.parametrize("values", [{"percent": 210}, {"dice_limit": 0.1}, {"mouse": "claw"}])
def test_that_impossible_values_are_refused(path, values):
    store = PreferenceStore(path)
    with pytest.raises(ValueError, match=next(iter(values))):
        store.set(**values)
    assert store.now == Preferences()


def test_that_a_reset_keeps_the_keys(path):
    store = PreferenceStore(path)
    store.set(theme="light", percent=180, keys=OTHER.keys)
    store.reset()
    assert store.now == Preferences(keys=OTHER.keys)


def test_that_a_folder_that_cannot_be_written_is_one_sentence(path, monkeypatch):
    store = PreferenceStore(path)
    store.set(theme="light")

    def full(*_, **__):
        raise LgeSynthError("The drive is full.", "Free some space.")

    monkeypatch.setattr("lgesynth_gui.io.atomic.write_json", full)
    with pytest.raises(LgeSynthError, match="full"):
        store.flush()
    assert store.unsaved

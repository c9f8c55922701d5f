"""The set-up script, without setting anything up: files and processes are the test's own."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "bootstrap.py"


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The script as a module whose checkout is an empty folder."""
    spec = importlib.util.spec_from_file_location("bootstrap", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    constraints = tmp_path / "tested.txt"
    constraints.write_text("numpy==2\n")
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path, "VENV": venv, "STAMP": venv / "stamp.json", "LOG": venv / "log",
        "CONSTRAINTS": constraints, "RESULTS": tmp_path / "out",
    }.items():  # fmt: skip
        monkeypatch.setattr(module, name, value)
    return module


def set_up(bootstrap, mode):
    python = bootstrap.python_of(bootstrap.VENV)
    python.parent.mkdir(parents=True)
    python.touch()
    bootstrap.STAMP.write_text(json.dumps({mode: bootstrap.fingerprint(mode)}))


def test_that_only_the_standard_library_is_imported():
    words = [line.split()[1] for line in SCRIPT.read_text().splitlines() if line[:7] == "import "]
    assert words
    assert {word.split(".")[0] for word in words} <= sys.stdlib_module_names


def test_that_no_index_is_written_down():
    text = SCRIPT.read_text()
    assert "://" not in text
    assert "index-url" not in text


@pytest.mark.parametrize("arguments", [[], ["install"], ["run", "test"]])
def test_that_wrong_usage_shows_the_help_and_ends_with_2(arguments):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "packaging/bootstrap.py run" in done.stdout


def test_that_nothing_is_set_up_at_first(bootstrap):
    assert not bootstrap.is_set_up("run")


def test_that_a_second_start_finds_the_first_ones_work(bootstrap):
    set_up(bootstrap, "run")
    assert bootstrap.is_set_up("run")
    assert not bootstrap.is_set_up("test")  # the tests need more


def test_that_what_is_set_up_for_tests_is_set_up_to_run(bootstrap):
    set_up(bootstrap, "test")
    assert bootstrap.is_set_up("run")


@pytest.mark.parametrize("changed", ["pyproject.toml", "tested.txt"])
def test_that_a_change_of_what_is_needed_sets_up_again(bootstrap, changed):
    set_up(bootstrap, "run")
    (bootstrap.ROOT / changed).write_text("other\n")
    assert not bootstrap.is_set_up("run")


def test_that_a_damaged_stamp_sets_up_again(bootstrap):
    set_up(bootstrap, "run")
    bootstrap.STAMP.write_text('{"run"')
    assert not bootstrap.is_set_up("run")


def test_that_an_old_python_is_told_what_to_type(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Stop, match=r"too old.*python3.11 packaging/bootstrap.py run"):
        bootstrap.require_python("run")


def test_that_a_newer_python_beside_an_old_one_is_used(bootstrap, monkeypatch):
    ran = []
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(
        bootstrap.shutil, "which", lambda name: sys.executable if "12" in name else None
    )
    monkeypatch.setattr(bootstrap.os, "execv", lambda program, words: ran.append(words[-1]))
    with pytest.raises(bootstrap.Stop):  # the stand-in for execv comes back
        bootstrap.require_python("test")
    assert ran == ["test"]


def test_that_a_full_disk_is_told_before_anything_is_downloaded(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap.shutil, "disk_usage", lambda path: SimpleNamespace(free=1.2e9))
    with pytest.raises(bootstrap.Stop, match=r"Only 1\.2 GB are free.*4 GB"):
        bootstrap.require_space()


@pytest.mark.parametrize(
    ("log", "advice"),
    [
        ("NewConnectionError: Temporary failure in name resolution", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for torch==2.13.0", "does not exist for this"),
        ("SSLError: CERTIFICATE_VERIFY_FAILED", "certificate"),
        ("something else", "pip ended with 1"),
    ],
)
def test_that_a_failed_installation_is_explained(bootstrap, monkeypatch, log, advice):
    def pip(command, **options):
        bootstrap.LOG.parent.mkdir()
        bootstrap.LOG.write_text(log)
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(bootstrap.subprocess, "run", pip)
    with pytest.raises(bootstrap.Stop, match=advice):
        bootstrap.pip_install("x")


def test_that_missing_system_libraries_are_named_for_a_person_without_rights(
    bootstrap, monkeypatch
):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: ["libEGL.so.1", "libGL.so.1"])
    monkeypatch.setattr(bootstrap, "has_fonts", lambda: True)
    monkeypatch.setattr(bootstrap, "may_apt", lambda: False)
    monkeypatch.setattr(bootstrap, "qt_error", lambda: "ImportError: libEGL.so.1")
    with pytest.raises(bootstrap.Stop, match="Type: sudo apt-get install -y libegl1 libgl1"):
        bootstrap.require_qt()


def test_that_system_libraries_are_installed_where_that_is_allowed(bootstrap, monkeypatch):
    installed = []
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "missing_libraries", lambda: ["libxcb-cursor.so.0"])
    monkeypatch.setattr(bootstrap, "has_fonts", lambda: False)
    monkeypatch.setattr(bootstrap, "may_apt", lambda: True)
    monkeypatch.setattr(bootstrap, "apt_install", lambda names: installed.extend(names) or True)
    monkeypatch.setattr(bootstrap, "qt_error", lambda: "")
    bootstrap.require_qt()
    assert installed == ["libxcb-cursor0", "fonts-dejavu-core"]


@pytest.mark.parametrize(
    ("environment", "shown"),
    [
        ({}, False),
        ({"DISPLAY": ":0"}, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True),
        ({"DISPLAY": ":0", "CI": "1"}, False),
    ],
)
def test_that_the_window_opens_only_where_somebody_sees_it(
    bootstrap, monkeypatch, environment, shown
):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    assert bootstrap.has_display() is shown


def test_that_an_earlier_result_is_never_written_over(bootstrap):
    assert bootstrap.new_folder().name == "demo"
    (bootstrap.RESULTS / "demo").mkdir(parents=True)
    assert bootstrap.new_folder().name == "demo-2"


def test_that_ctrl_c_ends_with_one_sentence(bootstrap, monkeypatch, capsys):
    def interrupted(mode):
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "install", interrupted)
    assert bootstrap.main(["run"]) == 130
    assert capsys.readouterr().err.count("\n") <= 2


@pytest.mark.skipif(os.name == "nt", reason="the checks of a clean checkout are a shell script")
def test_that_the_checks_call_the_command_the_readme_names():
    root = SCRIPT.parents[1]
    command = "python3 packaging/bootstrap.py test"
    assert command in (root / "README.md").read_text()
    assert command in (root / ".ci" / "run").read_text()
    assert os.access(root / ".ci" / "run", os.X_OK)

import json
import os
import re
import subprocess
import sys

import pytest
import typer

from lgesynth_gui.cli import main as command_line
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.environment import OFFLINE
from lgesynth_gui.core.errors import LgeSynthError, Refused


@pytest.fixture
def failing(monkeypatch):
    """Makes `lgesynth doctor` raise what the test wants."""

    def with_error(error):
        def command():
            raise error

        others = [one for one in command_line.app.registered_commands if one.name != "doctor"]
        made = typer.models.CommandInfo(name="doctor", callback=command)
        monkeypatch.setattr(command_line.app, "registered_commands", [*others, made])

    return with_error


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (LgeSynthError("It is so.", "Do this."), 1, "It is so. Do this."),
        (Refused("No.", "Go.", "PIX-04"), 1, "No. Go. (PIX-04)"),
        (OSError(28, "No space left on device"), 1, "No space left on device."),
        (PermissionError(13, "Permission denied", "/x"), 1, "Permission denied (/x)."),
        (KeyboardInterrupt(), 130, "Stopped. Nothing half-written was left behind."),
    ],
)
def test_that_a_failure_is_one_sentence_on_standard_error(failing, capsys, error, code, said):
    failing(error)
    assert main(["doctor"]) == code
    assert capsys.readouterr() == ("", said + "\n")


def test_that_an_unexpected_failure_is_one_line_and_no_traceback(failing, capsys):
    failing(ZeroDivisionError("x"))
    assert main(["doctor"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["demo"],
        ["demo", "--out", "x", "--seed", "-1"],
        ["synthesize", "x", "--out", "y", "--caption", "a", "--pattern", "b"],
        ["synthesize", "x", "--out", "y"],
        ["models", "nonsense"],
        ["train", "run"],
    ],
)
def test_that_wrong_usage_ends_with_2(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("words", [[], ["demo"], ["synthesize"], ["models"], ["train", "run"]])
def test_that_every_command_has_help(words, capsys):
    assert main([*words, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_that_the_manual_names_every_command_and_no_other():
    manual = (bundled("resources") / "help" / "command-line.md").read_text()
    told = set(re.findall(r"^\| `lgesynth ([\w-]+)", manual, re.M))
    groups = {one.name for one in command_line.app.registered_groups}
    assert told == {one.name for one in command_line.app.registered_commands} | groups


def test_that_the_version_is_told(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("LGESynth 0.")


def test_that_without_a_display_no_window_is_tried(monkeypatch, capsys):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(command_line.sys, "platform", "linux")
    assert main([]) == 1
    assert "no display" in capsys.readouterr().err


def test_that_a_path_that_exists_opens_the_window(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr("lgesynth_gui.ui.main.run_window", lambda paths: opened.append(paths) or 0)
    assert main([str(tmp_path)]) == 0
    assert opened == [(str(tmp_path),)]


def test_that_everything_stays_offline_from_the_first_import():
    code = (
        "import sys; sys.argv = ['lgesynth', '--version']\n"
        "import lgesynth_gui.__main__ as entry\n"
        "entry.main()\n"
        "import os, json; print(json.dumps(dict(os.environ)))"
    )
    environment = {name: value for name, value in os.environ.items() if name not in OFFLINE}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    found = json.loads(done.stdout.splitlines()[-1])
    assert {name: found[name] for name in OFFLINE} == OFFLINE


def test_that_an_existing_result_is_never_written_into(tmp_path, capsys):
    (tmp_path / "a").touch()
    assert main(["demo", "--out", str(tmp_path)]) == 1
    assert "already exists" in capsys.readouterr().err

"""The window on a virtual X display, with the plug-in that people have, not the tests' own."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from lgesynth_gui.core.assets import bundled

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]


@contextmanager
def display():
    """A virtual display; gives its name."""
    reads, writes = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writes),
        "-screen",
        "0",
        "1600x1000x24",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=(writes,), stderr=subprocess.DEVNULL) as server:
        os.close(writes)
        try:
            with os.fdopen(reads) as told:
                number = told.readline().strip()
            assert number, "Xvfb did not start"
            yield f":{number}"
        finally:
            server.terminate()


def journey(picture, *how):
    with display() as name:
        done = subprocess.run(
            [sys.executable, "-m", "tests.journeys.on_screen", str(picture), *how],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env={**os.environ, "DISPLAY": name, "QT_QPA_PLATFORM": "xcb"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def seen(found, picture):
    assert found["platform"] == "xcb"
    assert found["font"]
    assert found["clicks"] == 3
    assert found["grade"] == "PASS"
    assert found["grabbed"] > 20
    assert found["typed"] == [7, 8, 13, 14]
    assert found["pasted"] == "copied on this display"
    with Image.open(picture) as image:
        assert image.size == (1366, 768)


def test_that_three_clicks_give_a_pass_on_a_real_display(tmp_path):
    seen(journey(tmp_path / "seen.png", "tiny"), tmp_path / "seen.png")


@pytest.mark.slow
@pytest.mark.skipif(not (bundled("models") / "controlnet").is_dir(), reason="no bundled models")
def test_that_the_bundled_models_do_so_too(tmp_path):
    found = journey(tmp_path / "seen.png")
    seen(found, tmp_path / "seen.png")
    assert found["dice"] >= 0.6

"""What importing does, and what it must not do."""

import json
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "lgesynth_gui"
HEAVY = ("torch", "diffusers", "transformers", "monai")


def loaded_after(code):
    """Names of the modules that are loaded once `code` has run in a fresh interpreter."""
    script = f"{code}\nimport json, sys; print('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True, text=True, check=False, cwd=PACKAGE.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_that_the_window_never_loads_torch():
    loaded = loaded_after("import lgesynth_gui.ui.main")
    assert not loaded & set(HEAVY)


def test_that_the_command_line_starts_light():
    loaded = loaded_after("import lgesynth_gui.cli.main")
    assert not loaded & {*HEAVY, "PySide6", "pydicom", "scipy", "skimage", "nibabel"}


def test_that_the_engine_client_starts_light():
    assert not loaded_after("import lgesynth_gui.engine.client") & {*HEAVY, "PySide6"}


def test_that_core_needs_only_numpy():
    loaded = loaded_after("import lgesynth_gui.core.synthesis, lgesynth_gui.core.caption")
    assert not loaded & {*HEAVY, "PySide6", "pydicom", "scipy", "skimage", "pydantic"}


def light_modules():
    """Modules that a fresh interpreter imports within moments."""
    for package in ("core", "anatomy", "phantom", "io", "registry", "quality", "engine", "cli"):
        for path in sorted((PACKAGE / package).rglob("*.py")):
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_that_importing_changes_nothing():
    """No thread, no child, no change of environment, folder, random state or standard streams."""
    modules = ", ".join(light_modules())
    loaded_after(
        "import os, random, sys, threading, numpy as np\n"
        "def state():\n"
        "    return (dict(os.environ), os.getcwd(), threading.active_count(), random.getstate(),\n"
        "            np.random.get_state()[1].tobytes(), sys.stdout, sys.stderr,\n"
        "            sys.excepthook, tuple(sys.path))\n"
        "import rich.console, rich.progress, rich.table, typer\n"
        "before = state()\n"
        f"import {modules}\n"
        "assert state() == before\n"
    )

"""The wheel holds the program, its resources and its models, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUNDLED = "lgesynth_gui/_bundled/"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built from this checkout, without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), "."],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel):
    return set(zipfile.ZipFile(wheel).namelist())


def tracked(folder):
    """Files of this checkout that ship, with their path inside it."""
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith("."):
            yield path.relative_to(ROOT).as_posix(), path


def test_that_every_module_is_in_the_wheel(names):
    assert {name for name, path in tracked("lgesynth_gui") if path.suffix == ".py"} <= names


@pytest.mark.parametrize("folder", ["resources", "models"])
def test_that_resources_and_models_are_in_the_wheel_byte_for_byte(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for name, path in tracked(folder):
            assert archive.read(BUNDLED + name) == path.read_bytes(), name


def test_that_the_sample_heart_and_the_manual_ship(names):
    assert any(name.startswith(f"{BUNDLED}resources/sample_heart/") for name in names)
    assert f"{BUNDLED}resources/help/first-steps.md" in names


def test_that_models_hold_no_code(names):
    allowed = {".safetensors", ".json", ".txt", ".md"}
    models = {Path(name) for name in names if name.startswith(f"{BUNDLED}models/")}
    assert {path.suffix for path in models if not path.name.startswith(".")} <= allowed


def test_that_tests_and_set_up_do_not_ship(names):
    assert not [name for name in names if name.split("/")[0] in ("tests", "packaging", ".ci")]


def test_that_the_licence_ships(names):
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_that_the_bundled_folder_is_found_in_an_unpacked_wheel(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = "from lgesynth_gui.core.assets import bundled; print(bundled('resources'))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert Path(done.stdout.strip()) == tmp_path / "lgesynth_gui" / "_bundled" / "resources"

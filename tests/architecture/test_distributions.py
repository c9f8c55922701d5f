"""What is installed beside us is a safety decision."""

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Native aborts, panics outside `Exception`, or a licence that does not go with Apache-2.0.
NEVER = {"python-gdcm", "gdcm", "pylibjpeg-rle", "pylibjpeg-libjpeg"}
DEVELOPMENT_ONLY = ("dicom3tools", "SimpleITK", "dcm2niix", "pytest", "hypothesis")
OLDEST = {"pydicom": (3, 0, 2), "torch": (2, 10), "diffusers": (0, 42, 1)}


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def run_time_distributions():
    """Everything that is installed because the program itself asks for it."""
    waiting = [Requirement(line) for line in project()["dependencies"]]
    found = {}
    while waiting:
        asked = waiting.pop()
        try:
            one = distribution(asked.name)
        except PackageNotFoundError:
            continue  # a dependency of another platform
        name = canonicalize_name(asked.name)
        if name in found:
            continue
        found[name] = one
        for line in one.requires or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed)
    return found


def test_that_decoders_known_to_abort_are_not_installed():
    installed = {canonicalize_name(one.name) for one in distributions()}
    assert not installed & NEVER


def test_that_run_time_dependencies_are_new_enough():
    found = run_time_distributions()
    for name, oldest in OLDEST.items():
        numbers = re.findall(r"\d+", found[name].version.split("+")[0])
        assert tuple(map(int, numbers)) >= oldest, name


def test_that_no_run_time_dependency_is_gpl_only():
    offenders = []
    for name, one in run_time_distributions().items():
        licence = one.metadata.get("License-Expression") or one.metadata.get("License") or ""
        classifiers = [c for c in one.metadata.get_all("Classifier") or () if "License ::" in c]
        said = [*classifiers, licence.splitlines()[0] if licence else ""]
        gpl = [text for text in said if re.search(r"(?<!L)GPL|(?<!Lesser )General Public", text)]
        if gpl and not any("LGPL" in text or "Lesser" in text for text in said):
            offenders.append((name, gpl))
    assert not offenders


@pytest.mark.parametrize("name", DEVELOPMENT_ONLY)
def test_that_development_tools_are_not_asked_for_at_run_time(name):
    asked = {canonicalize_name(Requirement(line).name) for line in project()["dependencies"]}
    assert canonicalize_name(name) not in asked


def test_that_the_package_imports_no_development_tool():
    pattern = re.compile(r"^\s*(?:from|import)\s+(dicom3tools|SimpleITK|dcm2niix|pytest)\b", re.M)
    for path in (ROOT / "lgesynth_gui").rglob("*.py"):
        assert not pattern.search(path.read_text()), path


def test_that_every_run_time_dependency_is_pinned_at_what_is_tested():
    lines = (ROOT / "packaging" / "constraints" / "tested.txt").read_text().splitlines()
    pinned = {line.split("==")[0] for line in lines if not line.startswith("#")}
    assert set(run_time_distributions()) - {"triton"} <= pinned or sys.platform != "linux"

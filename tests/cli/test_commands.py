"""Whole commands, with files and networks replaced by three-line stand-ins."""

import json
import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest

from lgesynth_gui.cli import hosts, synthesize
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Grade, Verdict
from lgesynth_gui.io.series_info import Parts, SeriesInfo, as_film
from lgesynth_gui.phantom.study import make_study


def Info(label, usable=True, reason="", **more):
    return SeriesInfo(label, reason, usable=usable, **more)


def film(label="film"):
    phases = tuple(Info(f"{label}, phase {number} of 3") for number in (1, 2, 3))
    return as_film(Info(label), "3 volumes in time: a film.", phases)


@dataclass
class World:
    """What the stand-ins know and were asked."""

    study: object
    grade: Grade = Grade.PASS
    infos: tuple = (Info("Series 1"),)
    mask: object = None
    requests: list = None
    exported: list = None
    burned_in: list = None
    loaded: list = None
    killed: int = 0
    error: Exception | None = None


@pytest.fixture(scope="module")
def study():
    return make_study(np.random.default_rng(5), n_slices=8, matrix=(128, 128), spacing=1.5)


@pytest.fixture
def world(study, monkeypatch):
    made = World(study, requests=[], exported=[], burned_in=[], loaded=[])

    def generate(request, host, device):
        yield Progress(0, 1, "denoising")
        if made.error:
            raise made.error
        made.requests.append(request)
        return SynthesisResult(
            request, request.sketch.slices(), host.pixels, host.pixels < 0,
            np.zeros(host.shape, np.uint8), np.zeros(host.shape, np.uint8), (),
            Verdict(made.grade, dice=0.71, untouched=9),
        )  # fmt: skip

    class Engine:
        def run(self, function, *arguments):
            if function == synthesize.GENERATE:
                return generate(*arguments)
            return iter_result(study.contours)

        def kill(self):
            made.killed += 1

    def export_result(result, series, folder, formats, mode, reason, burn_in, trail):
        assert trail.name.startswith(series.pixels_sha256[:16])
        made.exported.append((folder, formats, mode))
        made.burned_in.append(burn_in)
        return (folder / "image_SYNTHETIC.nii.gz",)

    def load(info):
        made.loaded.append(info.label)
        if info.label == "broken":
            raise Refused("broken is cut short.", "Copy it again.", "PIX-04")
        return study.series

    io = ModuleType("lgesynth_gui.io")
    io.open_path, io.load = lambda path: made.infos, load
    io.load_mask = lambda path, series: made.mask
    contours, export = ModuleType("lgesynth_gui.io.contours"), ModuleType("lgesynth_gui.io.export")
    contours.read_contours = lambda path: study.contours
    export.export_result = export_result
    for module in (io, contours, export):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(synthesize, "Engine", Engine)
    monkeypatch.setattr(hosts, "sample_heart", lambda: (study.series, study.contours))
    return made


def iter_result(value):
    yield Progress(0, 1, "outlining")
    return value


@pytest.fixture
def host(tmp_path):
    (tmp_path / "heart").mkdir()
    return str(tmp_path / "heart")


def test_that_a_mask_is_synthesised_and_exported_whole(world, host, tmp_path, capsys):
    world.mask = (world.study.labels * 0).astype(np.uint8)
    index = world.study.contours.outlined()[3]
    muscle = world.study.labels[index] == 2
    rows, columns = np.nonzero(muscle)
    left = columns < np.median(columns)
    world.mask[index, rows[left], columns[left]] = 3
    out = tmp_path / "new" / "result"
    arguments = ["synthesize", host, "--mask", "m.nii.gz", "--out", str(out), "--seed", "4"]
    assert main([*arguments, "--format", "png", "--format", "nifti", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["seed"] == 4
    assert found["slices"] == [index + 1]
    assert world.exported == [(out, ("png", "nifti"), "new_subject")]
    assert world.killed == 1


def test_that_samples_differ_in_their_seed_and_have_a_folder_each(world, host, tmp_path, capsys):
    world.mask = np.where(world.study.labels == 2, 3, 0).astype(np.uint8)
    arguments = ["synthesize", host, "--mask", "m", "--slice", "4", "--out", str(tmp_path / "r")]
    assert main([*arguments, "--samples", "3", "--seed", "10"]) == 0
    assert [one.seed for one in world.requests] == [10, 11, 12]
    assert [folder.name for folder, *_ in world.exported] == [
        "sample-001", "sample-002", "sample-003",
    ]  # fmt: skip
    assert {one.sketch.slices() for one in world.requests} == {(3,)}
    assert "outlined by the contour network" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("grade", "reason", "code", "written"),
    [
        (Grade.PASS, "", 0, 1),
        (Grade.CHECK, "", 0, 1),
        (Grade.FAIL, "", 1, 0),
        (Grade.FAIL, "needed as a bad example", 0, 1),
        (Grade.BLOCKED, "needed as a bad example", 1, 0),
    ],
)
def test_that_the_verdict_decides_what_is_kept(
    world, host, tmp_path, capsys, grade, reason, code, written
):
    world.grade = grade
    world.mask = np.where(world.study.labels == 2, 3, 0).astype(np.uint8)
    arguments = ["synthesize", host, "--mask", "m", "--slice", "4", "--out", str(tmp_path / "r")]
    assert main([*arguments, "--reason", reason]) == code
    assert len(world.exported) == written
    out, err = capsys.readouterr()
    assert grade.glyph in out
    assert (grade.value in err) is (code == 1)


@pytest.mark.parametrize("wanted", ["0", "99", "5-3", "3-99"])
def test_that_a_slice_that_is_not_there_is_refused(world, host, tmp_path, capsys, wanted):
    world.mask = np.where(world.study.labels == 2, 3, 0).astype(np.uint8)
    arguments = ["synthesize", host, "--mask", "m", "--out", str(tmp_path / "r")]
    assert main([*arguments, "--slice", wanted]) == 1
    assert f"There is no slice {wanted}" in capsys.readouterr().err


def test_that_several_series_ask_for_a_choice(world, host, tmp_path, capsys):
    world.infos = (Info("Series 1"), Info("Series 2"))
    arguments = ["synthesize", host, "--caption", "x", "--out", str(tmp_path / "r")]
    assert main(arguments) == 1
    assert "Choose one with --series" in capsys.readouterr().err


def test_that_a_film_is_never_taken_unasked_and_one_phase_of_it_when_asked(
    world, host, tmp_path, capsys
):
    world.mask = np.where(world.study.labels == 2, 3, 0).astype(np.uint8)
    arguments = ["synthesize", host, "--mask", "m", "--slice", "4", "--out", str(tmp_path / "r")]
    world.infos = (film(),)
    assert main(arguments) == 1
    assert "holds no stack: 3 volumes in time" in capsys.readouterr().err
    assert main([*arguments, "--phase", "4"]) == 1
    assert "film has no phase 4. It has 3." in capsys.readouterr().err
    assert main([*arguments, "--phase", "2"]) == 0
    world.infos = (Info("Series 1"), film())
    assert main([*arguments[:-1], str(tmp_path / "s")]) == 0
    assert main([*arguments[:-1], str(tmp_path / "t"), "--series", "2"]) == 0
    assert world.loaded == ["film, phase 2 of 3", "Series 1", "film"]
    assert main([*arguments[:-1], str(tmp_path / "u"), "--series", "1", "--part", "1"]) == 1
    assert "Series 1 has no part 1. It has one part only." in capsys.readouterr().err


def test_that_info_names_phases_and_the_parts_of_a_stack_that_is_refused(world, host, capsys):
    parts = tuple(Info(f"Series 2, slice {number} of 6") for number in range(1, 7))
    uneven = Info("Series 2", False, "Uneven.", parts=parts, kind_of_parts=Parts.SLICES)
    world.infos = (film(), uneven)
    assert main(["info", host, "--json"]) == 0
    phased, cut = json.loads(capsys.readouterr().out)
    assert phased["parts"] == {"kind": "phases", "names": [f"phase {n} of 3" for n in (1, 2, 3)]}
    assert any("any of its 3 phases can be opened" in note for note in phased["notes"])
    assert cut["parts"]["kind"] == "slices"
    assert len(cut["parts"]["names"]) == 6
    world.infos = (uneven,)
    assert main(["info", host]) == 0
    told = capsys.readouterr().err
    assert "With --series 1 --part 1: slice 1 of 6; " in told
    assert told.endswith("; and so on to --part 6.\n")


def test_that_a_failing_engine_leaves_nothing_and_is_ended(world, tmp_path, capsys):
    world.error = Refused("The model is damaged.", "Install it again.", "MOD-08")
    out = tmp_path / "r"
    assert main(["demo", "--out", str(out)]) == 1
    assert capsys.readouterr().err.endswith("The model is damaged. Install it again. (MOD-08)\n")
    assert not out.exists()
    assert world.killed == 1


def test_that_ctrl_c_ends_the_engine_and_writes_nothing(world, tmp_path, capsys):
    world.error = KeyboardInterrupt()
    assert main(["demo", "--out", str(tmp_path / "r")]) == 130
    assert (world.killed, world.exported) == (1, [])
    assert not (tmp_path / "r").exists()


def test_that_the_demo_exports_every_format_as_a_new_subject(world, tmp_path, capsys):
    assert main(["demo", "--out", str(tmp_path / "r"), "--seed", "9"]) == 0
    assert world.requests[0].seed == 9
    assert world.exported == [
        (tmp_path / "r", ("dicom", "seg", "nifti", "png"), "new_subject")
    ]  # fmt: skip
    assert "✓ PASS" in capsys.readouterr().out


def test_that_a_demo_that_fails_the_gate_is_shown_and_ends_with_1(world, tmp_path, capsys):
    world.grade = Grade.FAIL
    assert main(["demo", "--out", str(tmp_path / "r")]) == 1
    assert "FAIL" in capsys.readouterr().err
    assert len(world.exported) == 1


def test_that_info_tells_what_was_understood(world, host, capsys):
    world.infos = (Info("Series 1"), Info("broken"), Info("cine", False, "A film, not LGE."))
    assert main(["info", host, "--json"]) == 0
    good, broken, film = json.loads(capsys.readouterr().out)
    assert good["shape"] == list(world.study.series.shape)
    geometry = world.study.series.geometry
    assert good["slice_distance_mm"] == pytest.approx(geometry.spacing[0], abs=1e-3)
    gap = good["slice_distance_mm"] - good["slice_thickness_mm"]
    assert good["gap_mm"] == pytest.approx(gap, abs=1e-3)
    assert good["base_first_by"] == "place"
    assert broken["refused"] == "broken is cut short. Copy it again. (PIX-04)"
    assert film["refused"] == "A film, not LGE."


def test_that_info_shows_people_each_refusal_as_a_sentence(world, host, capsys):
    world.infos = (Info("Series 1"), Info("broken"))
    assert main(["info", host]) == 0
    out, err = capsys.readouterr()
    assert "128 x 128" in out
    assert err == "Series 2: broken is cut short. Copy it again. (PIX-04)\n"


@pytest.mark.parametrize("infos", [(), (Info("broken"),)])
def test_that_info_ends_with_1_when_nothing_is_readable(world, host, capsys, infos):
    world.infos = infos
    assert main(["info", host]) == 1
    assert "Nothing readable" in capsys.readouterr().err


def test_that_a_path_that_is_not_there_is_one_sentence(world, tmp_path, capsys):
    assert main(["info", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.startswith("There is no ")


@pytest.mark.parametrize("asked", [(), ("--burn-in",)])
def test_that_a_mark_is_drawn_in_only_when_it_is_asked_for(world, host, tmp_path, asked):
    out = str(tmp_path / "out")
    assert (
        main(["synthesize", host, "--pattern", "ischaemic_subendocardial", "--out", out, *asked])
        == 0
    )
    assert world.burned_in == ["--burn-in" in asked]

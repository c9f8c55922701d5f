import json

import pytest

from lgesynth_gui.cli import phantom
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.assets import bundled


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_that_each_heart_depends_on_its_number_and_the_seed_alone(tmp_path, capsys):
    for name, subjects in (("a", 1), ("b", 2)):
        arguments = ["--subjects", str(subjects), "--seed", "3", "--format", "nifti"]
        assert main(["phantom", *arguments, "--out", str(tmp_path / name)]) == 0
    first, both = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {name: both[name] for name in first} == first
    told = [json.loads((tmp_path / "b" / f"subject-{i:05d}" / "SYNTHETIC_phantom.json").read_text())
            for i in (1, 2)]  # fmt: skip
    assert [(one["seed"], one["subject"]) for one in told] == [(3, 0), (3, 1)]
    assert told[0]["pixels_sha256"] != told[1]["pixels_sha256"]
    assert "2 computed hearts" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("pattern", "found"), [("none", ""), ("ischaemic_transmural", "ischaemic_transmural")]
)
def test_that_the_pattern_is_the_one_asked_for(tmp_path, capsys, pattern, found):
    out = tmp_path / "x"
    assert main(["phantom", "--pattern", pattern, "--out", str(out), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(out / "subject-00001")
    record = next(name for name in told["files"] if name.endswith("phantom.json"))
    with open(record) as file:  # noqa: PTH123 - a name as scripts get it
        made = json.load(file)
    assert (made["pattern"], bool(made["sketch"])) == (found, bool(found))


def test_that_the_sample_heart_is_written_byte_for_byte(tmp_path):
    """Once phantom, header or version change: `lgesynth phantom --sample --out` makes it anew."""
    assert main(["phantom", "--sample", "--out", str(tmp_path / "x")]) == 0
    assert contents(tmp_path / "x") == contents(bundled("resources") / "sample_heart")


def test_that_an_unknown_pattern_is_refused_with_the_known_ones(tmp_path, capsys):
    assert main(["phantom", "--pattern", "lightning", "--out", str(tmp_path / "x")]) == 1
    said = capsys.readouterr().err
    assert "no pattern 'lightning'" in said
    assert "ischaemic_transmural" in said
    assert not (tmp_path / "x").exists()


def test_that_ctrl_c_leaves_whole_hearts_only(tmp_path, monkeypatch):
    def stopped(job, *, quiet):
        next(job), next(job)
        job.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(phantom, "drive_shown", stopped)
    assert main(["phantom", "--subjects", "3", "--out", str(tmp_path / "x")]) == 130
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["subject-00001"]
    assert (tmp_path / "x" / "subject-00001" / "contours.json").is_file()


def test_that_a_folder_in_use_is_refused(tmp_path, capsys):
    (tmp_path / "mine").touch()
    assert main(["phantom", "--out", str(tmp_path)]) == 1
    assert "already exists" in capsys.readouterr().err

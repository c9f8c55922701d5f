"""What left the program is noted before it is shown; what is changed in the notes is named."""

import hashlib
import json
import os
import stat
from datetime import UTC, datetime

import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import export
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import PROVENANCE
from lgesynth_gui.io.provenance import request_of
from lgesynth_gui.io.trail import append, is_trail, problems_of
from tests.faults.harness import failing
from tests.io.results import IDENTITY, host, patient, result_on

SERIES = patient(host())
REASON = "wanted as a bad example"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trails" / "study.trail"


def exported(folder, path, grade=Grade.PASS, reason=""):
    return export_result(
        result_on(SERIES, grade), SERIES, folder, formats=("nifti",), mode="new_subject",
        reason=reason, trail=path,
    )  # fmt: skip


def lines(path):
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_that_an_export_is_noted_with_all_that_decided_it(tmp_path, path):
    began = datetime.now(UTC).isoformat(timespec="milliseconds")
    exported(tmp_path / "x", path, Grade.FAIL, REASON)
    first, asked, done = lines(path)
    assert (first["action"], first["format"]) == ("begin", "lgesynth trail")
    assert asked["action"] == "export"
    assert began <= asked["time"] <= datetime.now(UTC).isoformat(timespec="milliseconds")
    assert asked["user"]
    record = asked["record"]
    assert request_of(record) == result_on(SERIES, Grade.FAIL).request
    assert record["host"]["pixels_sha256"] == SERIES.pixels_sha256
    assert (record["reason"], record["verdict"]["grade"]) == (REASON, "FAIL")
    assert {"models", "versions", "tries", "result", "mode"} <= set(record)
    sealed = (tmp_path / "x" / PROVENANCE).read_bytes()
    assert asked["provenance_sha256"] == hashlib.sha256(sealed).hexdigest()
    assert (done["action"], done["of"]) == ("exported", asked["sequence"])
    assert [one["sequence"] for one in (first, asked, done)] == [1, 2, 3]
    assert problems_of(path) == ((first, asked, done), ())


def test_that_neither_clock_nor_user_nor_trail_reaches_an_export(tmp_path, path):
    exported(tmp_path / "x", path)
    exported(tmp_path / "y", None)
    for one in sorted((tmp_path / "x").rglob("*.*")):
        assert one.read_bytes() == (tmp_path / "y" / one.relative_to(tmp_path / "x")).read_bytes()


def test_that_the_trail_is_its_owners_and_holds_nothing_of_the_header(tmp_path, path):
    exported(tmp_path / "x", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text()
    assert not [value for value in IDENTITY.values() if len(value) > 5 and value in text]
    assert SERIES.source.study_uid not in text
    assert str(tmp_path) not in text


def test_that_what_failed_is_noted_too(tmp_path, path, monkeypatch):
    monkeypatch.setattr(export, "problems_of", lambda *_: ("It is blue.",))
    with pytest.raises(LgeSynthError, match="It is blue"):
        exported(tmp_path / "x", path)
    assert [one["action"] for one in lines(path)] == ["begin", "export", "not exported"]
    assert lines(path)[-1]["why"] == "LgeSynthError"


def test_that_nothing_leaves_that_cannot_be_noted(tmp_path, path, monkeypatch):
    append(path, "export", {"a": 1})
    before = path.read_bytes()
    for n in (1, 2, 3):
        with failing(monkeypatch, n), pytest.raises(LgeSynthError, match="Nothing was exported"):
            exported(tmp_path / "x", path)
        assert not (tmp_path / "x").exists()
        assert path.read_bytes() == before


def test_that_a_line_that_was_cut_off_goes_and_the_chain_goes_on(path):
    for number in range(3):
        append(path, "export", {"number": number})
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, len(whole) - 1) + 1
    for end in (last + 1, len(whole) - 1):
        path.write_bytes(whole[:end])  # killed while the third was written
        append(path, "export", {"number": "again"})
        assert [one.get("number") for one in lines(path)] == [None, 0, 1, "again"]
        assert problems_of(path)[1] == ()


@pytest.mark.parametrize("content", [b"\0" * 99, b"{}\n", b"no line", b"[1]\n"])
def test_that_a_trail_that_cannot_be_read_is_kept_and_a_new_one_begins(path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    append(path, "export", {})
    kept = path.with_name("study.trail.corrupt")
    assert kept.read_bytes() == content
    assert [one["action"] for one in lines(path)] == ["begin", "export"]
    path.write_bytes(content)
    append(path, "export", {})
    assert path.with_name("study.trail1.corrupt").read_bytes() == content


def test_that_every_changed_byte_of_a_trail_names_its_record(path, capsys):
    for number in range(4):
        append(path, "export", {"number": number, "text": "ü" * number})
    whole = path.read_bytes()
    starts = [0]
    starts += [i + 1 for i, one in enumerate(whole) if one == 10]
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 if place % 2 else 32
        path.write_bytes(spoilt)
        number = sum(start <= place for start in starts)
        said = problems_of(path)[1]
        assert said, place
        assert any(f"Record {n} of the trail" in one for n in (number, number + 1) for one in said)
    path.write_bytes(whole)
    assert main(["verify", str(path)]) == 0
    dropped = b"".join(whole.splitlines(keepends=True)[i] for i in (0, 1, 3, 4))
    path.write_bytes(dropped)
    assert main(["verify", str(path)]) == 1
    told = capsys.readouterr()
    assert "Record 3 of the trail is missing: number 4" in told.err
    assert main(["verify", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["outcome"] == "different"


def test_that_many_processes_add_one_after_the_other(path):
    children = []
    for number in range(4):
        child = os.fork()
        if not child:
            try:
                for k in range(5):
                    append(path, "export", {"from": number, "k": k})
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    records, problems = problems_of(path)
    assert problems == ()
    assert len(records) == 21


def test_that_another_file_is_no_trail(tmp_path):
    (tmp_path / "a.txt").write_text("x")
    assert not is_trail(tmp_path / "a.txt")
    assert not is_trail(tmp_path / "gone.trail")
    with pytest.raises(LgeSynthError, match="no trail"):
        problems_of(tmp_path / "a.txt")

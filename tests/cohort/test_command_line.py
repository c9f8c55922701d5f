"""`lgesynth cohort`: a cohort from plan to checked export, and every refusal in one sentence."""

import json

import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.cohort.index import Index
from lgesynth_gui.cohort.plan import PLAN, read_plan
from lgesynth_gui.cohort.pools import HerePool
from lgesynth_gui.cohort.samples import file_of
from lgesynth_gui.engine import pool
from lgesynth_gui.io.project_lock import Lock
from lgesynth_gui.io.run_log import last_events
from tests.training.annotated_files import emidec, heart, nifti


@pytest.fixture
def here(networks, monkeypatch):
    """Blocks are worked off in this process."""
    monkeypatch.setattr(pool, "EnginePool", lambda workers=1: HerePool())


@pytest.fixture
def ask(capsys):
    """Calls a command of a cohort; returns (exit code, its JSON, what it said on the side)."""

    def call(*words, as_json=True):
        code = main(["cohort", *map(str, words), *(["--json"] if as_json else [])])
        said = capsys.readouterr()
        return code, json.loads(said.out) if as_json and said.out else said.out, said.err

    return call


def test_that_a_cohort_is_planned_run_told_reviewed_exported_and_checked(ask, here, tmp_path):
    folder, csv = tmp_path / "mine", tmp_path / "rows.csv"
    csv.write_text("heart,segments,control\nH001,4,\nH002,,yes\nH003,4,\n")
    fast = ("--steps", 1, "--guidance", 0, "--full", "--tries", 1, "--seed", 3)
    code, told, said = ask("plan", folder, "--phantoms", 2, "--count", 3, "--csv", csv, *fast)
    assert (code, told["hearts"], told["planned"]) == (0, ["H001", "H002"], 5)
    assert [one["row"] for one in told["errors"]] == [4]
    assert "Row 4 is left out" in said
    code, told, _ = ask("run", folder, "--dry-run")
    assert (code, told["left"], told["seconds"], told["accepted"]) == (0, 5, None, None)
    assert len(told["stops"]) == 2
    code, told, _ = ask("run", folder, "--dry-run", "--probe")
    assert code == 0
    assert told["seconds"] > 0
    assert not (folder / "samples").exists()
    code, summary, _ = ask("run", folder)
    assert (code, summary["state"], summary["made"]) == (0, "done", 5)
    code, told, _ = ask("status", folder)
    assert (code, told["state"], told["alive"], told["made"]) == (0, "done", False, 5)
    assert told["counts"]["CONTROL"] == 1
    code, text, _ = ask("status", folder, as_json=False)
    assert "keeps large bright scars more easily" in " ".join(text.split())
    code, rows, _ = ask("review", "list", folder, "--status", "FAIL")
    assert rows
    failed = rows[0]["sample"]
    decide = ("review", "decide", folder, "accept", failed, "--reviewer", "R1")
    assert ask(*decide, "--text", "a failure to learn from")[0] == 0
    assert ask("review", "list", folder, "--reviewer", "R1", "--status", "FAIL")[1] == rows[1:]
    out = tmp_path / "out"
    code, told, _ = ask("export", folder, "--out", out, "--format", "nnunet", "--format", "png")
    assert (code, told["controls"]) == (0, 1)
    assert told["samples"] >= 1
    for path in (folder, out):
        code, told, _ = ask("verify", path)
        assert (code, told["wrong"]) == (0, 0)
    code, told, _ = ask("verify", folder, "--again", 1)
    assert (code, told["again"]["different"]) == (0, [])
    next(out.rglob("*.png")).write_bytes(b"changed")
    code, told, _ = ask("verify", out)
    assert (code, told["wrong"]) == (1, 1)
    index = next(one for one in (0, 1, 2, 3, 4) if file_of(folder, one, "npz").is_file())
    file_of(folder, index, "npz").write_bytes(b"changed")
    code, text, said = ask("verify", folder, as_json=False)
    assert code == 1
    assert f"sample {index} are damaged" in text
    assert "not as it was written" in said


def test_that_a_plan_only_grows(ask, tmp_path):
    folder = tmp_path / "mine"
    assert ask("plan", folder, "--sample", "--count", 4, "--full")[0] == 0
    before = read_plan(folder / PLAN)
    code, told, said = ask("plan", folder, "--sample", "--count", 2, "--quota", "3::mid-wall:")
    assert code == 0
    assert "1 hearts are in the cohort already" in said
    after = read_plan(folder / PLAN)
    assert after.parts[:1] == before.parts
    assert after.hosts == before.hosts
    assert (told["planned"], len(told["quotas"])) == (6, 1)
    assert ask("plan", folder, "--plan", folder / PLAN)[0] == 1
    code, _, said = ask("plan", tmp_path / "other", "--plan", folder / PLAN)
    assert code == 1
    assert "hearts of another cohort" in said
    rows = tmp_path / "rows.csv"
    assert ask("plan", folder, "--save-rows", rows)[0] == 0
    assert rows.read_bytes().startswith(b"heart,slices,pattern")
    assert ask("plan", folder, "--save-rows", rows)[0] == 1


def test_that_annotated_scans_become_hearts_without_their_scarred_slices(ask, tmp_path):
    data = emidec(tmp_path / "data", 2, scar=lambda k: k == 0)
    nifti(data / "Case_009/Images/Case_009.nii.gz", heart(False, seed=9)[0])
    folder = tmp_path / "mine"
    code, told, _ = ask("plan", folder, "--host", data, "--count", 2, "--full")
    assert (code, told["hearts"]) == (0, ["H001", "H002"])
    notes = told["left_out"]
    assert "case 01: 3 slices with scar of its own" in notes[0]
    assert "case 03 is left out: it has no contours" in notes[1]
    assert "Case_009" not in json.dumps(notes)
    plan = read_plan(folder / PLAN)
    assert [one.origin for one in plan.hosts] == ["patient", "patient"]
    values = json.loads((folder / "hosts" / "H001.json").read_text())
    kept = [k for k, one in enumerate(values["contours"]) if one is not None]
    assert kept == [3]
    assert values["contours"][3]["level"] == "apical"  # as in the whole stack
    other = tmp_path / "other"
    ask("plan", other, "--host", data, "--count", 2, "--full", "--with-scarred")
    values = json.loads((other / "hosts" / "H001.json").read_text())
    assert all(one is not None for one in values["contours"])


def test_that_a_plan_can_be_like_annotated_scans(ask, tmp_path):
    data = emidec(tmp_path / "data", 2)
    folder = tmp_path / "mine"
    arguments = ("--sample", "--full", "--like", data, "--count", 10)
    code, told, _ = ask("plan", folder, *arguments, "--like-quotas")
    assert code == 0
    assert sum(one["count"] for one in told["quotas"]) == 10
    assert told["planned"] == 10
    assert all(part["name"].startswith("like a real cohort") for part in told["parts"])


def test_that_gaps_are_shown_and_filled(ask, by_hand, tmp_path):
    data = emidec(tmp_path / "data", 1)
    code, told, _ = ask("coverage", by_hand, "--real", data)
    assert (code, len(told["segments"])) == (0, 17)
    assert told["segments"][3]["real"] > 0
    assert 0 <= told["distance"]["cells"] <= 1
    code, _, said = ask("fill", by_hand, "--segment", 17)
    assert code == 1
    assert "17" in said
    text = ask("coverage", by_hand, as_json=False)[1]
    assert "segment" in text
    with Index(by_hand, writes=True) as index:
        index._write("update samples set segments = '4' where number > ?", [[2]])
        index._write("update samples set segments = '1,2,3,5,6,7,8,9,10' where number = ?", [[0]])
        index._write("update samples set accepted = 1 where number = ?", [[4]])
    under = ask("coverage", by_hand)[1]["under_represented"]
    code, told, _ = ask("fill", by_hand)
    assert (code, len(told["parts"])) == (0, len(under))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("status", "NOWHERE"), "no plan"),
        (("run", "NOWHERE"), "no plan"),
        (("verify", "NOWHERE"), "no plan"),
        (("plan", "NEW", "--pattern", "nothing"), "no pattern"),
        (("plan", "NEW", "--segment", "18"), "no segment"),
        (("plan", "NEW", "--quota", "x"), "no quota"),
        (("plan", "NEW", "--count", "3", "--size", "< 50 mm2=0"), "every weight of the sizes is 0"),
        (("plan", "NEW", "--count", "3", "--size", "< 50 mm2=-1"), "greater than or equal to 0"),
        (("plan", "NEW", "--count", "3", "--full"), "no heart to paint into"),
        (("plan", "NEW", "--host", "NOWHERE"), "There is no"),
        (("plan", "NEW", "--sample", "--like", "NOWHERE"), "--count"),
        (("export", "COHORT", "--out", "COHORT"), "already holds files"),
        (("export", "COHORT", "--out", "NEW", "--fail-reason", "6"), "no reason"),
        (("export", "COHORT", "--out", "NEW", "--fail-reason", "6=no"), "too short"),
        (("review", "decide", "COHORT", "accept", "77", "--reviewer", "R1"), "not made yet"),
        (("review", "decide", "COHORT", "accept", "1", "--reviewer", "Dr./X"), "pseudonym"),
        (("ask", "COHORT", "stop"), "not being run"),
        (("ask", "COHORT", "save"), "cannot be asked"),
        (("status", "COHORT", "--project", "1000"), "is not known"),
    ],
)
def test_that_what_cannot_be_done_is_said_in_one_sentence(ask, by_hand, tmp_path, words, said):
    places = {"NOWHERE": tmp_path / "nowhere", "NEW": tmp_path / "new", "COHORT": by_hand}
    code, _, error = ask(*(places.get(word, word) for word in words))
    assert code == 1
    assert said in error
    assert not (tmp_path / "new").exists() or (words[1] == "NEW" and "--like" in words)


def test_that_a_run_that_is_interrupted_says_so_and_goes_on_later(ask, here, new_cohort,
                                                                  monkeypatch):  # fmt: skip
    folder = new_cohort()
    ask("plan", folder, "--count", 8)

    class Interrupted(HerePool):
        def collect(self):
            raise KeyboardInterrupt

    monkeypatch.setattr(pool, "EnginePool", lambda workers=1: Interrupted())
    code, _, said = ask("run", folder)
    assert code == 130
    assert "Nothing half-written" in said
    assert last_events(folder)[-1]["event"] == "stopped"
    assert ask("status", folder)[1]["state"] == "stopped"
    monkeypatch.setattr(pool, "EnginePool", lambda workers=1: HerePool())
    assert ask("run", folder)[1]["made"] == 8


def test_that_a_run_of_its_own_is_started_once(ask, new_cohort, monkeypatch):
    folder = new_cohort()
    ask("plan", folder, "--count", 2)
    started = []

    def launch(where, arguments):
        started.append((where, arguments))
        return 4711

    monkeypatch.setattr("lgesynth_gui.io.run_process.launch", launch)
    assert ask("run", folder, "--detach", "--workers", 3)[1] == {"process": 4711}
    ((where, arguments),) = started
    assert where == folder
    assert arguments[:5] == ["cohort", "run", str(folder), "--workers", "3"]
    lock = Lock(folder / ".cohort.lock")
    try:
        code, _, said = ask("run", folder, "--detach")
        assert (code, len(started)) == (1, 1)
        assert "being run already" in said
        assert ask("ask", folder, "pause")[1] == {"asked": "pause"}
        assert (folder / "requests" / "pause").is_file()
        assert ask("rebuild", folder)[0] == 1
    finally:
        lock.release()


def test_that_the_index_can_be_made_anew_and_errors_forgotten(ask, by_hand):
    before = ask("verify", by_hand)[1]["hash"]
    (by_hand / "index.sqlite").unlink()
    assert ask("verify", by_hand)[0] == 1
    assert ask("rebuild", by_hand)[1] == {"samples": 7}
    assert ask("verify", by_hand)[1]["hash"] == before
    assert ask("retry", by_hand)[1] == {"samples": 0}


def test_that_agreement_is_told(ask, by_hand):
    for name, other in (("R1", "reject"), ("R2", "accept")):
        ask("review", "decide", by_hand, "accept", 0, 1, "--reviewer", name)
        ask("review", "decide", by_hand, other, 2, "--reviewer", name)
    code, (told,), _ = ask("review", "agreement", by_hand)
    assert (code, told["n"], told["reviewers"]) == (0, 3, ["R1", "R2"])
    assert told["alike"] == pytest.approx(2 / 3)
    assert "R1, R2" in ask("review", "agreement", by_hand, as_json=False)[1]


def test_that_a_blind_list_shows_no_verdict(ask, by_hand):
    rows = ask("review", "list", by_hand, "--blind")[1]
    assert len(rows) == 7
    assert not {"verdict", "dice", "decisions", "kept", "why"} & {k for row in rows for k in row}

"""Decisions of reviewers are kept whole, named when changed, and decide what is exported."""

import json

import pytest

from lgesynth_gui.cohort.agreement import agreements
from lgesynth_gui.cohort.index import Index
from lgesynth_gui.cohort.review import (
    FOLDER,
    REASONS,
    Decision,
    Reviewer,
    decisions_of,
    file_for,
    final,
    heads_of,
    problems_of,
    reviewers_of,
    standing,
)
from lgesynth_gui.core.errors import LgeSynthError
from tests.faults.harness import failing

SHA = "a" * 64
A, R, U, F = Decision.ACCEPT, Decision.REJECT, Decision.UNSURE, Decision.FIX


def said(folder, name, *decisions, sha=SHA, **values):
    with Reviewer(folder, name) as one:
        return [one.decide(sample, sha, what, **values) for sample, what in decisions]


def test_that_decisions_come_back_and_the_last_one_counts(tmp_path):
    said(tmp_path, "R1", (3, A), (4, U))
    said(tmp_path, "R1", (4, R), reasons=REASONS[:2], text=" two\nlines ", blind=True)
    said(tmp_path, "Reader two", (4, A))
    found = decisions_of(tmp_path)
    assert [one.decision for one in found[3]] == [A]
    first, second = found[4]
    assert (first.reviewer, first.decision, first.reasons) == ("R1", R, REASONS[:2])
    assert (first.text, first.blind, second.reviewer) == ("two lines", True, "Reader two")
    assert reviewers_of(tmp_path) == ("R1", "Reader two")
    assert set(heads_of(tmp_path)) == {"R1", "Reader two"}
    assert problems_of(tmp_path) == ()
    assert standing(found[3], SHA) == found[3]
    assert standing(found[3], "b" * 64) == ()


@pytest.mark.parametrize("name", ["", "../x", "a" * 41, "Ann/Bob", "Jürgen", "a\nb.c", "=1"])
def test_that_a_name_is_a_plain_pseudonym(tmp_path, name):
    with pytest.raises(LgeSynthError, match="pseudonym"):
        Reviewer(tmp_path, name)
    assert not (tmp_path / FOLDER).exists()


def test_that_names_that_differ_in_case_have_files_that_differ(tmp_path):
    paths = {file_for(tmp_path, name).name.lower() for name in ("Ann", "ann", "CON", "A n n")}
    assert len(paths) == 4
    assert all(path.count(".") == 1 and "/" not in path for path in paths)


def test_that_a_reviewer_has_one_writer(tmp_path):
    with Reviewer(tmp_path, "R1"), pytest.raises(LgeSynthError, match="already"):
        Reviewer(tmp_path, "R1")
    said(tmp_path, "R1", (1, A))


def test_that_unknown_reasons_and_long_texts_are_refused(tmp_path):
    with Reviewer(tmp_path, "R1") as one:
        with pytest.raises(LgeSynthError, match="no reason"):
            one.decide(1, SHA, R, ("ugly",))
        with pytest.raises(LgeSynthError, match="longer"):
            one.decide(1, SHA, R, (), "a" * 501)
    assert decisions_of(tmp_path) == {}


@pytest.mark.parametrize("change", ["byte", "drop", "swap", "cut"])
def test_that_a_changed_file_is_named_and_not_believed_behind_the_change(tmp_path, change):
    said(tmp_path, "R1", *[(k, A) for k in range(6)])
    path = file_for(tmp_path, "R1")
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "byte":
        lines[2] = lines[2].replace(b'"accept"', b'"reject"')
    elif change == "drop":
        del lines[2]
    elif change == "swap":
        lines[2], lines[3] = lines[3], lines[2]
    path.write_bytes(b"".join(lines)[: -30 if change == "cut" else None])
    problems = problems_of(tmp_path)
    if change == "cut":  # the power went while the last line was written
        assert problems == ()
        assert sorted(decisions_of(tmp_path)) == [0, 1, 2, 3, 4]
        said(tmp_path, "R1", (5, R))
        assert decisions_of(tmp_path)[5][0].decision is R
        return
    assert len(problems) == 1
    assert "3" in problems[0]
    assert sorted(decisions_of(tmp_path)) == [0, 1]
    with pytest.raises(LgeSynthError, match="changed"):
        Reviewer(tmp_path, "R1")


def test_that_a_full_drive_loses_no_decision_that_was_told(tmp_path, monkeypatch):
    said(tmp_path, "R1", (0, A))
    for n in range(1, 7):
        kept = sorted(decisions_of(tmp_path))
        failed = 0
        with Reviewer(tmp_path, "R1") as one, failing(monkeypatch, n):
            for k in range(1, 5):
                try:
                    one.decide(10 * n + k, SHA, A)
                    kept.append(10 * n + k)
                except LgeSynthError:
                    failed += 1
        assert failed == 1
        assert sorted(decisions_of(tmp_path)) == kept
        assert problems_of(tmp_path) == ()


@pytest.mark.parametrize(
    ("status", "accepted", "decisions", "reviewed", "kept"),
    [
        ("PASS", True, (), False, True),
        ("PASS", True, (), True, False),
        ("PASS", True, (A,), True, True),
        ("PASS", True, (A, R), False, False),
        ("PASS", True, (F,), False, False),
        ("PASS", True, (U,), False, True),
        ("PASS", True, (U,), True, False),
        ("CHECK", False, (), False, False),
        ("CHECK", False, (A,), False, True),
        ("CHECK", True, (), False, True),
        ("FAIL", False, (A,), False, False),
        ("BLOCKED", False, (A,), False, False),
        ("NOT JUDGED", False, (A,), False, False),
        ("ERROR", False, (A,), False, False),
        ("CONTROL", False, (), False, True),
        ("CONTROL", False, (R,), False, False),
    ],
)
def test_that_rejects_exclude_and_accepts_override_a_check_alone(
    tmp_path, status, accepted, decisions, reviewed, kept
):
    reviews = [said(tmp_path, f"R{k}", (1, what))[0] for k, what in enumerate(decisions)]
    assert final(status, accepted, reviews, reviewed=reviewed).kept is kept


def test_that_a_fail_is_kept_only_with_a_typed_reason(tmp_path):
    (short,) = said(tmp_path, "R1", (1, A), text="too  short")
    (why,) = said(tmp_path, "R1", (1, A), text="shows what a judge misses")
    assert not final("FAIL", False, [short]).kept
    assert final("FAIL", False, [why]).reason == "shows what a judge misses"
    assert not final("BLOCKED", False, [why]).kept


def test_that_agreement_is_counted_over_what_all_decided(tmp_path):
    for name, word in (("R1", "AARRU"), ("R2", "AARAU"), ("R3", "RAR")):
        codes = {"A": A, "R": R, "U": U}
        said(tmp_path, name, *[(k, codes[one]) for k, one in enumerate(word)])
    found = {one.reviewers: one for one in agreements(decisions_of(tmp_path), {})}
    pair = found["R1", "R2"]
    assert (pair.n, pair.alike, pair.over) == (5, 0.8, "samples")
    # by hand: chance (2*3 + 2*1 + 1*1)/25 = 0.36; (0.8 - 0.36)/(1 - 0.36)
    assert pair.kappa == pytest.approx(0.6875)
    assert pair.low <= pair.kappa <= pair.high
    assert pair.table[0] == (2, 0, 0, 0)
    assert pair.table[1] == (1, 1, 0, 0)
    assert found["R1", "R2", "R3"].n == 3
    assert found["R1", "R2", "R3"].kappa < 1


def test_that_a_sample_made_anew_is_not_decided_any_more(by_hand):
    with Index(by_hand) as index:
        sha = next(index.entries("number = 4")).sha256
    said(by_hand, "R1", (4, A), sha=sha)
    assert standing(decisions_of(by_hand)[4], sha)
    line = json.loads(file_for(by_hand, "R1").read_text())
    assert line["record_sha256"] == sha

"""A result painted in Sketch takes the place of a sample, and can be taken back."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.cohort import samples
from lgesynth_gui.cohort.agreement import standing_decisions
from lgesynth_gui.cohort.export import export_cohort
from lgesynth_gui.cohort.export_choice import Choices
from lgesynth_gui.cohort.fixes import put_back, put_fix, take_back
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import Index, rebuild
from lgesynth_gui.cohort.plan import PLAN, read_plan
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.review import Decision, Reviewer, decisions_of, final, standing
from lgesynth_gui.cohort.run import GIVEN_UP, cohort_hash, holding, retry_errors
from lgesynth_gui.cohort.samples import (
    Sample,
    file_of,
    has_fix,
    kept_fix,
    made_files,
    read_arrays,
    read_record,
    store,
    tries_of,
)
from lgesynth_gui.cohort.status import shares_of
from lgesynth_gui.cohort.verify import verify_cohort
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.synthesis import TRIES
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import atomic_write
from tests.cohort.made import painted

NUMBER, FAILED, CONTROL, BAD = 1, 6, 3, 5


def host_of(folder, name):
    return load_host(folder, next(e for e in read_plan(folder / PLAN).hosts if e.id == name))


def again(folder, number, grade=Grade.PASS, value=2500, **changes):
    """(SHA-256 of the sample's record, its scar painted anew with another brightness)."""
    record, sha256 = read_record(folder, number)
    host = host_of(folder, record["heart"])
    request = replace(result_of_sample(folder, record, host).request, seed=77, **changes)
    made = painted(host, request, grade)
    pixels = made.pixels.copy()
    pixels[made.requested >= 3] = value
    return sha256, replace(
        made,
        pixels=pixels,
        pixels_sha256=content_hash(pixels),
        scores=(*made.scores, (TRIES, 4.0)),
    )


def whole(folder):
    with Index(folder) as index:
        return cohort_hash(index)


def problems(folder):
    return drive(verify_cohort(folder)).problems


def test_that_a_fix_is_what_everybody_reads_and_the_made_sample_stays(by_hand):
    before = {path: path.read_bytes() for path in made_files(by_hand, NUMBER)}
    sha256, result = again(by_hand, NUMBER)
    entry = put_fix(by_hand, NUMBER, sha256, result, "R1")
    record, found = read_record(by_hand, NUMBER)
    assert (entry.sha256, entry.status, entry.seconds) == (found, "PASS", 0.5)
    read = result_of_sample(by_hand, record, host_of(by_hand, record["heart"]))
    assert (read.pixels == result.pixels).all()
    assert read.request == result.request
    assert dict(read.scores)[TRIES] == tries_of(record) == 4
    assert entry.tries == 1  # what the cohort's own sampler needed
    assert {path: path.read_bytes() for path in before} == before
    assert read_record(by_hand, NUMBER, made=True)[1] == sha256
    assert problems(by_hand) == ()


def test_that_taking_it_back_leaves_the_cohort_as_it_was(by_hand):
    before, files = whole(by_hand), sorted(by_hand.rglob("samples/*/*"))
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    assert whole(by_hand) != before
    take_back(by_hand, NUMBER)
    assert whole(by_hand) == before
    assert sorted(p for p in by_hand.rglob("samples/*/*") if p.suffix != ".aside") == files
    assert problems(by_hand) == ()
    with pytest.raises(LgeSynthError, match="has no fix"):
        take_back(by_hand, NUMBER)


def test_that_a_fix_that_was_taken_back_is_put_in_again(by_hand):
    with pytest.raises(LgeSynthError, match="no fix that was set aside"):
        put_back(by_hand, NUMBER)
    fixed = put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    after, files = whole(by_hand), sorted(by_hand.rglob("samples/*/*"))
    take_back(by_hand, NUMBER)
    assert put_back(by_hand, NUMBER) == fixed
    assert whole(by_hand) == after
    assert sorted(by_hand.rglob("samples/*/*")) == files
    assert problems(by_hand) == ()
    with pytest.raises(LgeSynthError, match="no fix that was set aside"):
        put_back(by_hand, NUMBER)


def test_that_the_command_line_swaps_a_fix_and_says_what_is_there_now(by_hand, capsys):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    after = whole(by_hand)
    words = ("cohort", "review", "take-back", str(by_hand), str(NUMBER))
    assert main([*words]) == 0
    assert "Sample 1 is as it was made: " in capsys.readouterr().out
    assert main([*words]) == 1
    assert "Sample 1 has no fix." in capsys.readouterr().err
    there = ("cohort", "review", "put-back", str(by_hand), str(NUMBER))
    assert main([*there]) == 0
    assert "Sample 1 is the fixed one again: PASS " in capsys.readouterr().out
    assert whole(by_hand) == after


def test_that_a_fix_that_is_damaged_meanwhile_stays_aside(by_hand):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    take_back(by_hand, NUMBER)
    before = whole(by_hand)
    (pixels,) = by_hand.rglob("*.npz.aside")
    pixels.write_bytes(pixels.read_bytes()[:-9])
    with pytest.raises(LgeSynthError, match="It stays aside"):
        put_back(by_hand, NUMBER)
    assert whole(by_hand) == before
    assert pixels.is_file()
    assert problems(by_hand) == ()


def test_that_a_sample_that_failed_is_kept_once_it_is_fixed(by_hand):
    sha256, result = again(by_hand, FAILED)
    with Reviewer(by_hand, "R1") as reviewer:
        reviewer.decide(FAILED, sha256, Decision.FIX)
    entry = put_fix(by_hand, FAILED, sha256, result, "R1")
    stands = standing(decisions_of(by_hand)[FAILED], entry.sha256)
    assert stands == ()  # what was said of the old picture says nothing of the new one
    assert final(entry.status, entry.accepted, stands).kept


def test_that_a_fix_fills_its_bin_and_does_not_praise_the_gate(by_hand):
    with Index(by_hand) as index:
        before, timed = list(index.groups()), index.timed()
    put_fix(by_hand, FAILED, *again(by_hand, FAILED), "R1")
    with Index(by_hand) as index:
        after = list(index.groups())
        assert index.timed() == timed
    assert shares_of(after) == shares_of(before)
    accepted = [sum(one.accepted for one in some) for some in (before, after)]
    assert accepted == [sum(one.kept for one in before), sum(one.kept for one in after) + 1]


def test_that_an_export_has_the_fix_and_says_so(by_hand, tmp_path):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    made = drive(export_cohort(by_hand, tmp_path / "out", Choices(("nifti",))))
    with next(made.folder.glob("*manifest.csv")).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["sample"]: row["fixed_by"] for row in rows if row["fixed_by"]} == {"1": "R1"}
    assert next(row for row in rows if row["sample"] == "1")["tries"] == "4"
    card = next(made.folder.glob("*data_card.md")).read_text()
    assert "| samples painted anew by a reviewer | 1 |" in card


def test_that_a_fix_can_be_fixed(by_hand):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER, value=2700), "R2")
    record, _ = read_record(by_hand, NUMBER)
    assert record["fix"]["by"] == "R2"
    assert record["fix"]["of"] == read_record(by_hand, NUMBER, made=True)[1]
    assert problems(by_hand) == ()


def test_that_a_fix_that_cannot_be_written_leaves_the_one_before(by_hand, monkeypatch):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    before = whole(by_hand)
    sha256, result = again(by_hand, NUMBER, value=2700)
    for written in (0, 1):  # nothing, or the pixels alone
        left = [1] * written

        def full(path, left=left, **options):
            if not left:
                raise LgeSynthError("The drive is full.")
            left.pop()
            return atomic_write(path, **options)

        monkeypatch.setattr(samples, "atomic_write", full)
        with pytest.raises(LgeSynthError, match="full"):
            put_fix(by_hand, NUMBER, sha256, result, "R1")
        monkeypatch.undo()
        assert whole(by_hand) == before
        assert problems(by_hand) == ()


def test_that_trying_lost_blocks_again_keeps_the_fixes_in_them(by_hand):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    fixed = read_record(by_hand, NUMBER)
    with Index(by_hand, writes=True) as index:
        entry = next(index.entries("number = ?", (2,)))
        index.put([replace(entry, status="ERROR", error=f"{GIVEN_UP} 3 attempts: gone")])
    assert retry_errors(by_hand) > 0
    assert read_record(by_hand, NUMBER) == fixed


def test_that_what_was_decided_before_a_fix_stands_again_when_it_is_taken_back(by_hand):
    sha256, result = again(by_hand, NUMBER)
    with Reviewer(by_hand, "R1") as reviewer:
        reviewer.decide(NUMBER, sha256, Decision.REJECT)
        entry = put_fix(by_hand, NUMBER, sha256, result, "R1")
        reviewer.decide(NUMBER, entry.sha256, Decision.ACCEPT)
    assert standing_decisions(by_hand)[0][NUMBER][0].decision is Decision.ACCEPT
    take_back(by_hand, NUMBER)
    ((stands,),) = standing_decisions(by_hand)[0].values()
    assert stands.decision is Decision.REJECT


@pytest.mark.parametrize(
    "told", [None, [], {"of": 1, "by": "R1", "tries": 1}, {"of": "", "by": ""}]
)
def test_that_a_record_of_a_fix_that_says_nonsense_is_damaged(by_hand, told):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    path = file_of(by_hand, NUMBER, "fix.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "fix": told}))
    assert any("damaged" in one for one in problems(by_hand))


def test_that_another_drawing_has_its_own_bin_and_no_pattern(by_hand):
    record, _ = read_record(by_hand, 0)
    assert record["pattern"] == "ischaemic_transmural"
    put_fix(by_hand, 0, *again(by_hand, 0), "R1")
    assert read_record(by_hand, 0)[0]["pattern"] == "ischaemic_transmural"
    other = result_of_sample(
        by_hand, read_record(by_hand, NUMBER)[0], host_of(by_hand, record["heart"])
    ).request
    put_fix(by_hand, 0, *again(by_hand, 0, sketch=other.sketch, slices=other.slices), "R1")
    record, _ = read_record(by_hand, 0)
    assert record["pattern"] == ""
    assert record["place"]["segments"] == read_record(by_hand, NUMBER)[0]["place"]["segments"]


@pytest.mark.parametrize("grade", [Grade.FAIL, Grade.BLOCKED, Grade.NOT_JUDGED])
def test_that_what_does_not_pass_is_refused(by_hand, grade):
    with pytest.raises(LgeSynthError, match="must be PASS or CHECK"):
        put_fix(by_hand, NUMBER, *again(by_hand, NUMBER, grade), "R1")
    assert not has_fix(by_hand, NUMBER)


def test_that_what_belongs_elsewhere_is_refused(by_hand):
    sha256, result = again(by_hand, NUMBER)
    moved = list(result.request.contours.slices)
    outlined = next(k for k, one in enumerate(moved) if one is not None)
    moved[outlined] = replace(
        moved[outlined], endo=tuple((y + 0.1, x) for y, x in moved[outlined].endo)
    )
    other = replace(result.request, contours=HeartContours(tuple(moved)))
    for wrong, words in (
        (replace(result, request=other), "contours were changed"),
        (replace(result, request=replace(result.request, host_sha256="0" * 64)), "another heart"),
        (replace(result, edited=np.zeros_like(result.edited)), "another heart"),
        (replace(result, pixels_sha256="0" * 64), "not those that were judged"),
    ):
        with pytest.raises(LgeSynthError, match=words):
            put_fix(by_hand, NUMBER, sha256, wrong, "R1")
    with pytest.raises(LgeSynthError, match="changed meanwhile"):
        put_fix(by_hand, NUMBER, "0" * 64, result, "R1")
    for number in (CONTROL, BAD):
        _, wrong = read_record(by_hand, number)
        with pytest.raises(LgeSynthError, match="shows no scar"):
            put_fix(by_hand, number, wrong, result, "R1")
    assert problems(by_hand) == ()


def test_that_the_same_picture_is_no_fix(by_hand):
    record, sha256 = read_record(by_hand, NUMBER)
    result = result_of_sample(by_hand, record, host_of(by_hand, record["heart"]))
    with pytest.raises(LgeSynthError, match="as it is"):
        put_fix(by_hand, NUMBER, sha256, result, "R1")


def test_that_nothing_is_put_in_while_the_cohort_is_being_run(by_hand):
    sha256, result = again(by_hand, NUMBER)
    with holding(by_hand), pytest.raises(LgeSynthError, match="being run"):
        put_fix(by_hand, NUMBER, sha256, result, "R1")
    assert not has_fix(by_hand, NUMBER)


def test_that_an_index_made_anew_knows_the_fixes(by_hand):
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    before = whole(by_hand)
    drive(rebuild(by_hand))
    assert whole(by_hand) == before
    assert problems(by_hand) == ()


def test_that_a_damaged_fix_gives_way_to_the_sample_when_it_is_made_again(by_hand):
    before = whole(by_hand)
    record, _ = read_record(by_hand, NUMBER)
    pixels = read_arrays(by_hand, record)
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    next(by_hand.rglob("*.fix-*.npz")).write_bytes(b"damaged")
    assert any("damaged" in one for one in problems(by_hand))
    drive(rebuild(by_hand))
    with Index(by_hand) as index:
        assert NUMBER not in index.numbers()  # the next run makes it again
    store(by_hand, Sample(record, pixels))
    assert kept_fix(by_hand, NUMBER) is None
    drive(rebuild(by_hand))
    assert whole(by_hand) == before


def test_that_a_whole_fix_stands_when_its_sample_is_made_again(by_hand):
    record, sha256 = read_record(by_hand, NUMBER)
    pixels = read_arrays(by_hand, record)
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    fixed = read_record(by_hand, NUMBER)
    file_of(by_hand, NUMBER, "npz").unlink()
    assert any("missing" in one for one in problems(by_hand))
    drive(rebuild(by_hand))
    with Index(by_hand) as index:
        assert NUMBER not in index.numbers()
    store(by_hand, Sample(record, pixels))
    assert kept_fix(by_hand, NUMBER) == fixed
    assert fixed[0]["fix"]["of"] == sha256


def test_that_a_fix_cut_while_it_was_written_is_none(by_hand):
    before = whole(by_hand)
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    file_of(by_hand, NUMBER, "fix.json").unlink()
    drive(rebuild(by_hand))
    assert whole(by_hand) == before
    put_fix(by_hand, NUMBER, *again(by_hand, NUMBER), "R1")
    assert problems(by_hand) == ()

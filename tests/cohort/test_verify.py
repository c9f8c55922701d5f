"""Whatever is changed in a cohort is named; blocks that are painted again give the same bytes."""

import json

import numpy as np
import pytest

from lgesynth_gui.cohort.index import INDEX, Index
from lgesynth_gui.cohort.make import add_parts
from lgesynth_gui.cohort.plan import PLAN, Draw, Part
from lgesynth_gui.cohort.pools import HerePool
from lgesynth_gui.cohort.review import Decision, Reviewer, file_for
from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.cohort.samples import (
    Sample,
    file_of,
    npz_bytes,
    read_arrays,
    read_record,
    store,
)
from lgesynth_gui.cohort.verify import paint_again, verify_cohort
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive


def problems(folder):
    return drive(verify_cohort(folder)).problems


def flip(path, place=200):
    content = path.read_bytes()
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def test_that_a_whole_cohort_has_no_problem(made_by_hand):
    found = drive(verify_cohort(made_by_hand))
    assert (found.samples, found.hearts, found.wrong) == (7, 2, 0)
    assert len(found.hash) == 64


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("hosts/H001.npy", "Heart H001"),
        ("hosts/H002.json", "Heart H002"),
        ("samples/00000/00000001.npz", "sample 1 are damaged"),
        ("samples/00000/00000002.json", "sample 2"),
    ],
)
def test_that_a_changed_byte_is_named(by_hand, name, said):
    flip(by_hand / name)
    assert any(said in one for one in problems(by_hand))


def test_that_missing_and_foreign_samples_are_named(by_hand):
    file_of(by_hand, 0, "json").unlink()
    file_of(by_hand, 1, "npz").unlink()
    content = json.loads(file_of(by_hand, 2, "json").read_text())
    file_of(by_hand, 99, "json").write_text(json.dumps(content | {"index": 99}))
    said = " ".join(problems(by_hand))
    assert "Sample 0 is in the index, but its record is missing" in said
    assert "pixels of sample 1 are missing" in said
    assert "Sample 99 is not planned" in said


def test_that_an_index_that_says_something_else_is_named(by_hand):
    with Index(by_hand, writes=True) as index:
        index._write("update samples set accepted = 1 where number = ?", [[6]])
        index._write("delete from samples where number = ?", [[1]])
    said = " ".join(problems(by_hand))
    assert "another accepted of sample 6" in said
    assert "Sample 1 is not in the index" in said
    (by_hand / INDEX).unlink()
    assert any("index is missing" in one for one in problems(by_hand))


def test_that_pixels_changed_with_their_hashes_are_named(by_hand):
    record, _ = read_record(by_hand, 0)
    with np.load(file_of(by_hand, 0, "npz")) as stored:
        arrays = {name: stored[name] for name in stored.files}
    outside = np.argwhere(~arrays["edited"])[0]
    arrays["pixels"][tuple(outside)] += 1
    store(by_hand, Sample(record, npz_bytes(arrays)))
    assert any("sample 0 are not those that were judged" in one for one in problems(by_hand))


def test_that_a_plan_for_another_heart_and_a_changed_review_are_named(by_hand):
    with Reviewer(by_hand, "R1") as one:
        one.decide(0, "a" * 64, Decision.ACCEPT)
    path = file_for(by_hand, "R1")
    path.write_bytes(path.read_bytes().replace(b"accept", b"reject"))
    plan = json.loads((by_hand / PLAN).read_text())
    plan["parts"][0]["rows"][0]["heart"] = "H002"
    (by_hand / PLAN).write_text(json.dumps(plan))
    said = " ".join(problems(by_hand))
    assert "Sample 0 is of another heart" in said
    assert "decision 1 was changed" in said


def test_that_blocks_painted_again_give_the_same_bytes(new_cohort, networks):
    folder = new_cohort()
    add_parts(folder, Part(name="drawn", draw=Draw(count=8, controls=0.2)))
    drive(run_cohort(folder, HerePool()))
    found = drive(paint_again(folder, HerePool(), 5, np.random.default_rng(0)))
    assert (found.blocks, found.samples, found.different) == (2, 8, ())
    painted = next(n for n in range(8) if file_of(folder, n, "npz").is_file())
    record, _ = read_record(folder, painted)
    store(folder, Sample({**record, "captions": []}, read_arrays(folder, record)))
    again = drive(paint_again(folder, HerePool(), 2, np.random.default_rng(0)))
    assert again.different == (painted,)
    one = drive(paint_again(folder, HerePool(), 1, np.random.default_rng(1)))
    assert one.blocks == 1


def test_that_without_a_whole_block_nothing_is_painted(new_cohort):
    folder = new_cohort()
    add_parts(folder, Part(name="drawn", draw=Draw(count=3)))
    Index(folder, writes=True).close()
    with pytest.raises(LgeSynthError, match="No block"):
        drive(paint_again(folder, HerePool(), 1, np.random.default_rng(0)))

"""One byte of any file of an export is changed, a step is dropped or moved: each is named."""

import hashlib
import json
import os
import random
import shutil
from collections import Counter

import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.chain import chained, link
from lgesynth_gui.io.evidence import find
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import CHECKSUMS, FORMATS, PROVENANCE
from lgesynth_gui.io.provenance import STEPS, chain_of
from tests.io.results import host, patient, result_on

BYTES_OF_THE_RECORD = 60


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """An export in every format; what a test changes it puts back."""
    series = patient(host())
    folder = tmp_path_factory.mktemp("export") / "x"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda number: None)
        export_result(
            result_on(series, Grade.FAIL), series, folder, formats=FORMATS, mode="new_subject",
            reason="wanted for the tests", note="a note",
        )  # fmt: skip
    return folder


@pytest.fixture
def copied(export, tmp_path):
    return shutil.copytree(export, tmp_path / "copy")


def problems(folder):
    return drive(find(folder)).problems


def record_in(folder):
    return json.loads((folder / PROVENANCE).read_bytes())


def sealed(folder, record):
    """Write a changed record, and make the list of checksums fit it."""
    content = canonical(record) + b"\n"
    (folder / PROVENANCE).write_bytes(content)
    hashes = {**record["files"], PROVENANCE: hashlib.sha256(content).hexdigest()}
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(hashes.items()))
    (folder / CHECKSUMS).write_text(lines)


def test_that_an_untouched_export_has_no_problem_and_nothing_to_note(export):
    found = drive(find(export))
    assert (found.problems, found.notes) == ((), ())


def test_that_the_chain_of_an_export_covers_every_value_of_its_record(export):
    told = record_in(export)
    covered = [name for one in told["chain"] for name in one["sha256"]]
    assert len(covered) == len(set(covered))
    assert set(covered) == set(told) - {"subject", "chain", "head"}  # the subject follows from them
    assert [one["action"] for one in told["chain"]] == [action for action, _ in STEPS]
    assert told["head"] == told["chain"][-1]["chain"]


def test_that_one_changed_byte_of_every_file_is_named(export, count):
    chance = random.Random(4)
    counts = Counter()
    for path in sorted(one for one in export.rglob("*") if one.is_file()):
        whole = path.read_bytes()
        places = [len(whole) - 1, chance.randrange(len(whole))]
        if path.name == PROVENANCE:
            places += [chance.randrange(len(whole)) for _ in range(BYTES_OF_THE_RECORD)]
        for place in places:
            spoilt = bytearray(whole)
            spoilt[place] ^= 1 << chance.randrange(8)
            path.write_bytes(spoilt)
            try:
                told = problems(export)
            except Refused as refused:
                told = (str(refused),)
                assert path.name == PROVENANCE
            assert any(path.name in one or "record" in one.lower() for one in told), (path, place)
            if path.name != PROVENANCE:
                assert any(path.name in one for one in told), (path.name, place, told)
            counts["changed bytes named"] += 1
        path.write_bytes(whole)
        counts["files"] += 1
    assert problems(export) == ()
    count(", ".join(f"{number} {name}" for name, number in counts.items()))
    assert counts["files"] > 25


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_that_a_dropped_record_is_named_by_its_number(copied, number):
    told = record_in(copied)
    del told["chain"][number - 1]
    sealed(copied, told)
    assert problems(copied)[0].startswith(f"Record {number} of the chain is missing")


def test_that_records_in_another_order_are_named_by_their_number(copied):
    told = record_in(copied)
    told["chain"][1], told["chain"][2] = told["chain"][2], told["chain"][1]
    sealed(copied, told)
    assert problems(copied)[0].startswith("Record 2 of the chain is missing: number 3")


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_that_a_changed_record_is_named_also_when_its_own_hash_fits(copied, number):
    told = record_in(copied)
    one = told["chain"][number - 1]
    one["action"] = "nothing"
    last = told["chain"][number - 2]["chain"] if number > 1 else ""
    one["chain"] = link(last, {key: value for key, value in one.items() if key != "chain"})
    sealed(copied, told)
    found = problems(copied)
    if number < len(STEPS):
        assert found[0] == f"Record {number + 1} of the chain was changed."
    else:
        assert found[0] == f"Record {number + 1} of the chain is missing."  # the head is another


@pytest.mark.parametrize(
    ("name", "change", "number"),
    [
        ("verdict", lambda told: told["verdict"].update(grade="PASS"), 4),
        ("reason", lambda told: told.update(reason="another reason for it"), 5),
        ("request.seed", lambda told: told["request"].update(seed=99), 2),
        ("host", lambda told: told["host"].update(slope=2.0), 1),
        ("scores", lambda told: told["scores"].update({"reward Dice": 0.9}), 3),
        ("files", lambda told: told["files"].pop(f"seg/{PROVENANCE[:9]}_SEG.dcm"), 5),
    ],
)
def test_that_a_changed_value_names_itself_and_the_record_of_its_step(copied, name, change, number):
    told = record_in(copied)
    change(told)
    sealed(copied, told)
    value = name.partition(".")[0]
    words = f"The record's {value} is not what record {number} of the chain says."
    assert words in problems(copied)


def test_that_a_chain_with_other_steps_is_none_of_an_export(copied):
    told = record_in(copied)
    bare = {key: value for key, value in told.items() if key not in ("subject", "chain", "head")}
    files = bare.pop("files")
    links = chain_of(bare, files)
    told["chain"] = chained(
        {key: value for key, value in one.items() if key not in ("chain", "sequence")}
        for one in (*links, links[-1])
    )
    told["head"] = told["chain"][-1]["chain"]
    sealed(copied, told)
    assert "The chain does not tell the steps of an export." in problems(copied)


def test_that_an_export_of_an_older_version_is_good_and_says_that_it_has_no_chain(copied):
    told = record_in(copied)
    del told["chain"], told["head"]
    sealed(copied, told)
    found = drive(find(copied))
    assert found.problems == ()
    assert any("no chain" in one for one in found.notes)


def test_that_what_lies_in_the_folder_and_is_not_of_the_export_is_noted(copied):
    (copied / "seg" / "mine.dcm").write_bytes(b"x")
    (copied / CHECKSUMS).unlink()
    (copied / "seg" / "SYNTHETIC_SEG.dcm").unlink()
    found = drive(find(copied))
    assert found.problems == ()
    assert "1 file here is not in the record." in found.notes
    assert "The list of checksums is not here." in found.notes
    assert any(one.startswith("1 of ") for one in found.notes)

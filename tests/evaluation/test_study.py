"""A reader study: balanced, in an order that a seed decides, and nothing lost by a kill."""

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.study import LONGEST_S, Answer, begin
from lgesynth_gui.evaluation.study_files import (
    PICTURES,
    READERS,
    STUDY,
    next_reader,
    read_study,
    sittings_in,
    study_folder,
    write_sitting,
    write_study,
)
from lgesynth_gui.evaluation.study_sources import pictures_in, study_of_folders
from tests.evaluation.studies import pictures, read_by, study, written
from tests.training.annotated_files import emidec


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.integers(0, 20), st.integers(0, 20), st.integers(0, 9))
def test_that_half_of_the_cases_are_synthetic_and_no_host_comes_twice(pairs, real, made, seed):
    some = study(pairs=pairs, real=real, synthetic=made, side=8)
    each = min((pairs + real + made) // 2, pairs + real, pairs + made)
    if 2 * each < 20:
        with pytest.raises(LgeSynthError, match="needs 20 pictures"):
            begin(some, 1, seed)
        return
    sitting = begin(some, 1, seed)
    shown = [some.picture(one) for one in sitting.order]
    assert len(shown) == 2 * each, "as many as there can be"
    assert len({one.group for one in shown}) == len(shown)
    for part in (shown[:10], shown[10:]):
        assert 2 * sum(one.synthetic for one in part) == len(part)


def test_that_the_seed_and_the_reader_decide_the_order_and_nothing_else():
    some = study(pairs=40)
    first, again, other = begin(some, 1, 7), begin(some, 1, 7), begin(some, 2, 7)
    assert first == again
    assert set(first.order) == set(other.order), "all readers read the same cases"
    assert set(first.order[:10]) == set(other.order[:10]), "and the same practice"
    assert first.order != other.order
    assert begin(some, 1, 8).order != first.order
    turned = study(pairs=40)
    turned.__dict__["pictures"] = turned.pictures[::-1]
    assert begin(turned, 1, 7).order == first.order, "the order of the files is nothing"


def test_that_kinds_do_not_come_in_a_pattern_that_can_be_guessed():
    """Guessing the kind of the case before, or the other one, is right about half the time."""
    some, same, total = study(pairs=60), 0, 0
    for seed in range(40):
        kinds = [some.picture(one).synthetic for one in begin(some, 1, seed).order[10:]]
        same += sum(a == b for a, b in itertools.pairwise(kinds))
        total += len(kinds) - 1
    assert abs(same / total - 0.5) < 0.05


def test_that_answers_come_in_order_and_are_grades():
    sitting = begin(study(pairs=20), 1, 1)
    assert sitting.practising
    one = sitting.answered(4, 2.346, (1.0, 2.0))
    assert one.answers == (Answer(sitting.next, 4, 2.35, (1.0, 2.0)),)
    assert one.next == sitting.order[1]
    with pytest.raises(ValueError, match="no rating"):
        sitting.answered(6, 1.0)
    long = sitting.answered(3, 1e9)
    assert long.answers[0].seconds == LONGEST_S
    done = read_by(study(pairs=20), 1, lambda _: 3)
    assert done.finished
    assert len(done.counted) == len(done.order) - 10
    with pytest.raises(ValueError, match="its answer"):
        done.answered(1, 1.0)


def test_that_a_study_comes_back_from_its_files(tmp_path):
    kept = written(tmp_path / "study", pairs=3, real=1)
    back = read_study(tmp_path)
    assert back.digest == kept.digest
    assert (back.title, back.window, back.level) == ("noise with a square", 3.0, 0.0)
    for one, other in zip(pictures(pairs=3, real=1), back.pictures, strict=True):
        assert (one.id, one.group, one.synthetic) == (other.id, other.group, other.synthetic)
        assert np.allclose(one.picture, other.picture, atol=1e-3)
        assert np.array_equal(one.scar, other.scar)
    if os.name == "posix":
        assert (tmp_path / "study" / PICTURES).stat().st_mode & 0o077 == 0
    assert study_folder(tmp_path / "elsewhere") is None


@pytest.mark.parametrize("harm", ["cut", "swapped", "kind", "no json", "twice", "pickle"])
def test_that_a_damaged_study_is_refused_in_words(tmp_path, harm):
    written(tmp_path, pairs=3)
    told = json.loads((tmp_path / STUDY).read_text())
    packed = tmp_path / PICTURES
    if harm == "cut":
        packed.write_bytes(packed.read_bytes()[:-40])
    elif harm == "swapped":
        np.savez(packed, picture_0=np.zeros((4, 4)))
    elif harm == "kind":
        told["pictures"][0]["synthetic"] = "yes"
    elif harm == "twice":
        told["pictures"][0]["id"] = told["pictures"][1]["id"]
    elif harm == "pickle":
        import hashlib
        import io

        buffer = io.BytesIO()
        np.savez(buffer, picture_0=np.array([{}], dtype=object))
        packed.write_bytes(buffer.getvalue())
        told["sha256"] = hashlib.sha256(buffer.getvalue()).hexdigest()
    (tmp_path / STUDY).write_text("[" if harm == "no json" else json.dumps(told))
    with pytest.raises(LgeSynthError, match="damaged"):
        read_study(tmp_path)


def test_that_answers_are_found_again_and_never_overwritten_by_other_pictures(tmp_path):
    kept = written(tmp_path, pairs=20)
    sitting = begin(kept, next_reader(tmp_path), 3).answered(5, 3.0, (2.5, 4.0)).answered(1, 1.5)
    write_sitting(tmp_path, sitting)
    assert sittings_in(tmp_path) == (sitting,)
    assert next_reader(tmp_path) == 2
    with pytest.raises(LgeSynthError, match="answers of readers"):
        write_study(tmp_path, "others", pictures(pairs=2), 3.0, 0.0)
    (tmp_path / READERS / "reader-02.json").write_text('{"reader": 2')
    assert sittings_in(tmp_path) == (sitting,), "a damaged file hides nobody else's"
    assert next_reader(tmp_path) == 3, "and its number is not given again"
    told = json.loads((tmp_path / READERS / "reader-01.json").read_text())
    told["answers"].reverse()
    (tmp_path / READERS / "reader-01.json").write_text(json.dumps(told))
    assert sittings_in(tmp_path) == ()


CHILD = """
import sys, time
from pathlib import Path
from lgesynth_gui.evaluation.study import begin
from lgesynth_gui.evaluation.study_files import read_study, write_sitting
folder = Path(sys.argv[1])
sitting = begin(read_study(folder), 1, 4)
while not sitting.finished:
    sitting = sitting.answered(2, 1.0)
    write_sitting(folder, sitting)
    print(len(sitting.answers), flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no such signal")
def test_that_a_killed_reading_goes_on_where_it_was(tmp_path):
    kept = written(tmp_path, pairs=45)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    told = 0
    while told < 12:
        told = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate(timeout=20)
    told = max([told, *(int(one) for one in rest.split())])
    (sitting,) = sittings_in(tmp_path)
    assert len(sitting.answers) >= told, "an answer that was told is kept"
    assert not sitting.finished
    whole = begin(kept, 1, 4)
    assert sitting.order == whole.order
    assert sitting.next == whole.order[len(sitting.answers)]


def test_that_folders_of_scans_and_exports_become_a_study(tmp_path):
    """Exports are known by the mark beside them; slices without scar are left out."""
    emidec(tmp_path / "lab", 3)
    emidec(tmp_path / "lab", 1, scar=lambda _: False, start=3)
    emidec(tmp_path / "made", 3, start=10)
    (tmp_path / "made" / "SYNTHETIC.txt").write_text("Everything here is synthetic.")
    found = drive(pictures_in((tmp_path / "lab", tmp_path / "made")))
    kinds = {kind: [one for one in found if one.synthetic is kind] for kind in (False, True)}
    assert len({one.group for one in kinds[False]}) == 3
    assert len({one.group for one in kinds[True]}) == 3
    assert all(one.picture.shape == (128, 128) and one.scar.any() for one in found)
    assert not any("lab" in one.id or "Case" in one.group for one in found)
    made = drive(study_of_folders((tmp_path / "lab", tmp_path / "made"), tmp_path / "out"))
    assert "9 slices of real scans and 9 synthetic" in made.title
    assert read_study(tmp_path / "out").digest == made.digest
    with pytest.raises(LgeSynthError, match="exports of this program"):
        drive(study_of_folders((tmp_path / "lab",), tmp_path / "other"))


def test_that_a_study_loads_no_torch():
    modules = "study, study_files, study_results, study_sources"
    code = (
        f"import sys; from lgesynth_gui.evaluation import {modules}; print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

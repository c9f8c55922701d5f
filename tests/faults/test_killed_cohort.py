"""A cohort that is killed at any moment ends, when it is run again, with the very same samples."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lgesynth_gui.cohort.index import Index, entry_of
from lgesynth_gui.cohort.make import add_parts
from lgesynth_gui.cohort.plan import PLAN, Draw, Part, read_plan
from lgesynth_gui.cohort.run import cohort_hash
from lgesynth_gui.cohort.samples import read_arrays, read_record, stored_numbers
from tests.cohort.hearts import cohort_in

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("LGESYNTH_KILLS", "6"))  # 100 for the figures in the pages
SAMPLES = 12


def whole(folder):
    """Every sample in the index lies on the drive as the index says."""
    if not (folder / "index.sqlite").is_file():
        return []
    with Index(folder) as index:
        rows = list(index.entries())
    plan = read_plan(folder / PLAN)
    for one in rows:
        record, sha256 = read_record(folder, one.number)
        assert sha256 == one.sha256
        read_arrays(folder, record)
        part, _ = plan.part_at(one.number)
        again = entry_of(record, part, sha256, one.bytes, one.seconds)
        assert again == one
    return [one.number for one in rows]


@pytest.mark.skipif(os.name == "nt", reason="no fork there")
@pytest.mark.timeout(180 + 20 * KILLS)
def test_that_kill_9_at_random_moments_loses_doubles_and_changes_no_sample(tmp_path, count):
    chance, kills, torn = random.Random(8), 0, 0
    start = cohort_in(tmp_path / "start")
    add_parts(start, Part(name="drawn", draw=Draw(count=SAMPLES)))
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.killed_cohort"],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip

        def life(folder, samples="-", seconds=0.0):
            process.stdin.write(f"{folder}\t{samples}\t{seconds}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        once = tmp_path / "once"
        shutil.copytree(start, once)
        assert life(once) == 0
        with Index(once) as index:
            wanted = cohort_hash(index)
        number = 0
        while kills < KILLS:
            folder, told = tmp_path / str(number), []
            number += 1
            shutil.copytree(start, folder)
            for _ in range(3):  # the same run is killed up to three times
                if (
                    kills == KILLS
                    or life(folder, chance.randint(0, 4), chance.uniform(0, 0.2)) == 0
                ):
                    break
                kills += 1
                torn += len(list(folder.rglob(".*.lgestmp")))
                now = whole(folder)
                assert set(told) <= set(now), "what the index told is lost"
                told = now
            assert life(folder) == 0
            assert whole(folder) == list(stored_numbers(folder)) == list(range(SAMPLES))
            with Index(folder) as index:
                assert cohort_hash(index) == wanted
            assert not list(folder.rglob(".*")), "nothing half-written is left"
        process.stdin.close()
    assert process.returncode == 0
    count(f"cohort: {kills} kills in {number} runs of {SAMPLES} samples, {torn} cut files swept")

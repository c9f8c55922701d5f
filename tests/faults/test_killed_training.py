"""A training that is killed at any moment ends, when resumed, with the very same weights."""

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from lgesynth_gui.io.run_log import read_events
from lgesynth_gui.training.checkpoint import newest_checkpoint
from lgesynth_gui.training.process import status
from tests.faults.killed_training import STEPS

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("LGESYNTH_KILLS", "6"))  # 30 for the figures in the pages


def digest(folder):
    state = newest_checkpoint(folder)
    one = hashlib.sha256(str(state.facts["rng"]).encode())
    for name in sorted(state.tensors):
        one.update(name.encode() + state.tensors[name].numpy().tobytes())
    return one.hexdigest()


def losses(folder):
    """The last loss told of each step: a step that is repeated must repeat it."""
    return {e["step"]: e["loss"] for e in read_events(folder)[0] if e["event"] == "step"}


@pytest.mark.skipif(os.name == "nt", reason="no fork there")
@pytest.mark.timeout(120 + 20 * KILLS)
def test_that_kill_9_at_random_moments_changes_no_bit_of_the_weights(tmp_path):
    chance, kills, torn, where = random.Random(4), 0, 0, []
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m", "tests.faults.killed_training"],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip

        def life(folder, lines="-", seconds=0.0):
            process.stdin.write(f"{folder}\t{lines}\t{seconds}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        whole = tmp_path / "whole"
        assert life(whole) == 0
        wanted, told = digest(whole), losses(whole)
        number = 0
        while kills < KILLS:
            folder, before = tmp_path / str(number), 0
            number += 1
            for _ in range(3):  # the same run is killed up to three times
                where_to = chance.randint(0, 18), chance.uniform(0.0, 0.03)
                if kills == KILLS or life(folder, *where_to) == 0:
                    break
                kills += 1
                state = newest_checkpoint(folder)
                step = state.facts["step"] if state is not None else 0
                last = max(losses(folder), default=0)
                assert step >= max(before, last - 1), "a checkpoint follows every step here"
                before = step
                where.append(step)
                torn += len(list(folder.glob(".*.lgestmp")))
                begun = bool(read_events(folder)[0])
                assert status(folder).state in (("failed", "done") if begun else ("stopped",))
            assert life(folder) == 0
            assert digest(folder) == wanted
            assert losses(folder) == told
            assert not list(folder.glob(".*")), "nothing half-written is left"
            assert not list(folder.glob("*.corrupt"))
            assert status(folder).step == STEPS
        process.stdin.close()
    assert process.returncode == 0
    print(f"{kills} kills in {number} runs after steps {sorted(where)}, {torn} cut files swept")  # noqa: T201

"""Several processes give what one gives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.io.run_log import read_events
from lgesynth_gui.training.machine import Machine, out_of_memory
from tests.training.test_parts import weights

ROOT = Path(__file__).parents[2]


def together(folder, count, micro=0):
    """Run the processes to their end; returns their exit codes and what they said."""
    folder.mkdir()
    children = []
    for rank in range(count):
        own = {"RANK": str(rank), "WORLD_SIZE": str(count), "LOCAL_RANK": str(rank)}
        own |= {"LOCAL_WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
        own |= {"ACCELERATE_USE_CPU": "true"}
        places = [str(folder / "meeting"), str(folder / "run"), str(micro)]
        children.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.training.shared_run", str(rank), str(count), *places],
                cwd=ROOT, env={**os.environ, **(own if count > 1 else {})}, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
        )  # fmt: skip
    said = [child.communicate(timeout=100)[0] for child in children]
    return [child.returncode for child in children], said


def losses(folder):
    return [e["loss"] for e in read_events(folder)[0] if e["event"] == "step"]


@pytest.mark.skipif(not torch.distributed.is_available(), reason="no process groups here")
def test_that_two_processes_give_the_losses_and_weights_of_one(tmp_path):
    codes, said = together(tmp_path / "two", 2)
    assert codes == [0, 0], said
    codes, said = together(tmp_path / "one", 1, micro=4)
    assert codes == [0], said
    one, two = tmp_path / "one" / "run", tmp_path / "two" / "run"
    assert losses(two) == pytest.approx(losses(one), abs=2e-6)
    a, b = weights(one), weights(two)
    assert all(torch.allclose(a[k], b[k], atol=1e-6) for k in a)
    (start,) = (e for e in read_events(two)[0] if e["event"] == "start")
    assert start["processes"] == 2
    assert [e["micro"] for e in read_events(two)[0] if e["event"] == "divided"] == [2]


def test_that_a_batch_that_cannot_be_shared_evenly_is_refused():
    machine = Machine()
    machine.rank, machine.count = 1, 2
    assert machine.share(8) == (4, 8)
    with pytest.raises(LgeSynthError, match="cannot be shared evenly by 2 processes"):
        machine.share(7)


def test_that_one_process_is_a_machine_of_its_own():
    machine = Machine()
    assert machine.main
    assert machine.share(7) == (0, 7)
    assert machine.agree([1.0, 2.0]) == machine.sums([1.0, 2.0]) == [1.0, 2.0]
    value = torch.ones(2)
    assert machine.total(value) is machine.gathered(value) is value


def test_that_what_says_that_memory_is_short_is_understood():
    assert out_of_memory(torch.OutOfMemoryError("whatever"))
    assert out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"))
    assert not out_of_memory(RuntimeError("shapes differ"))
    assert not out_of_memory(ValueError(" out of memory."))

"""A process that runs a cohort until it is killed; forked many times.

Reads one line a child from standard input: the cohort's folder, and how many samples may lie on the
drive before it is killed ("-" = it ends by itself), and how many seconds it may live from then on.
Its end is told on standard output: the number of the signal, or 0.
"""

import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import torch

from lgesynth_gui.cohort.pools import HerePool
from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.cohort.samples import stored_numbers
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.synthesis import batch
from lgesynth_gui.synthesis.models import load_bundle
from tests.synthesis.tiny import write_bundle


def main():
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as place:
        bundle = load_bundle(folders=(write_bundle(Path(place), rewards=1),))
    batch.load_models = lambda model, device: bundle
    for line in sys.stdin:
        name, samples, seconds = line.rstrip("\n").split("\t")
        folder = Path(name)
        before = sum(1 for _ in stored_numbers(folder))
        child = os.fork()
        if not child:
            drive(run_cohort(folder, HerePool()))
            os._exit(0)
        if samples != "-":
            until = time.monotonic() + 60
            while time.monotonic() < until:
                if sum(1 for _ in stored_numbers(folder)) >= before + int(samples):
                    break
                time.sleep(0.0005)
            time.sleep(float(seconds))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else status, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

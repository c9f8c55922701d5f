"""A process that trains until it is killed; forked many times.

Reads one line a child from standard input: the run's folder, how many lines it may write into the
run's log ("-" = it ends by itself), and how many seconds it may live from then on. Its end is told
on standard output: the number of the signal, or 0.
"""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.training.loop import train
from lgesynth_gui.training.machine import Machine
from lgesynth_gui.training.process import holding
from tests.training.tiny_stage import OPTIONS, Curve

STEPS = 30
# A checkpoint after every step: most kills then hit the writing of one.
RUN = replace(OPTIONS, steps=STEPS, save_seconds=0.0, evaluate_every=7, micro=3, log_every=1)


def run(folder):
    folder.mkdir(exist_ok=True)
    with holding(folder):
        drive(train(Curve(dropout=0.2), folder, RUN))


def written(log):
    return log.read_bytes().count(b"\n") if log.exists() else 0


def main():
    torch.set_num_threads(1)
    Machine()  # loaded once, before the forks
    for line in sys.stdin:
        folder, lines, seconds = line.rstrip("\n").split("\t")
        folder = Path(folder)
        log = folder / "events.jsonl"
        before = written(log)
        child = os.fork()
        if not child:
            run(folder)
            os._exit(0)
        if lines != "-":
            until = time.monotonic() + 30
            while written(log) < before + int(lines) and time.monotonic() < until:
                time.sleep(0.0005)
            time.sleep(float(seconds))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else status, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

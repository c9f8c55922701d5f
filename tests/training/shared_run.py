"""One of several processes that share a training, each started as `accelerate` would.

Arguments: rank, processes, meeting file, folder, parts.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch


def main(rank, count, meeting, folder, micro):
    torch.set_num_threads(1)
    if count > 1:
        torch.distributed.init_process_group(
            "gloo", init_method=Path(meeting).as_uri(), rank=rank, world_size=count
        )
    from lgesynth_gui.core.jobs import drive
    from lgesynth_gui.training.loop import train
    from tests.training.tiny_stage import OPTIONS, Curve

    options = replace(OPTIONS, steps=12, micro=micro, evaluate_every=5, log_every=1)
    short = (6,) if rank == 1 else ()  # memory is too small in one of them only
    drive(train(Curve(short=short, fits=2), Path(folder), options))
    if count > 1:
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:5], int(sys.argv[5]))

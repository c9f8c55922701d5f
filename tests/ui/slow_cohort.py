"""A run that paints without a network, a block in so many seconds: `slow_cohort FOLDER SECONDS`."""

import sys
from pathlib import Path

from lgesynth_gui.cohort.run import run_cohort
from lgesynth_gui.core.jobs import drive
from tests.ui.cohorts import FakePool

if __name__ == "__main__":
    drive(run_cohort(Path(sys.argv[1]), FakePool(slow_s=float(sys.argv[2]))))

import subprocess
import sys

import pytest

TELL = "from lgesynth_gui.io import limits; print(limits.peak_bytes())"


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_that_the_memory_of_the_parent_does_not_count_as_a_childs():
    """Otherwise a large window would replace its decoders after every file."""
    held = b"\1" * (400 << 20)
    told = subprocess.run([sys.executable, "-c", TELL], capture_output=True, text=True, check=True)
    assert len(held) > int(told.stdout) > 0


HOLD = f"held = b'1' * (200 << 20); del held; {TELL}"


def test_that_memory_given_back_still_counts():
    peaks = [
        int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for code in (TELL, HOLD)
    ]
    assert peaks[1] > peaks[0] + (150 << 20) or sys.platform == "win32"

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.segmentation.probe import probe_device


def test_that_the_processor_computes_something():
    line = drive(probe_device("cpu"))
    assert line.startswith("cpu: a convolution took ")
    assert torch.__version__ in line


def test_that_an_unknown_device_is_told():
    with pytest.raises(LgeSynthError, match="no device 'abacus'"):
        drive(probe_device("abacus"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA card here")
def test_that_an_absent_card_is_told():
    with pytest.raises(LgeSynthError, match="no CUDA"):
        drive(probe_device("cuda"))

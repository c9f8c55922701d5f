"""What is exported is read again by the program's own reader."""

import numpy as np
import pytest

from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.io import load, open_path
from lgesynth_gui.io.export import export_result
from tests.io.results import host, result_on


def only(folder):
    (info,) = [one for one in open_path(folder) if one.usable]
    return load(info)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    series = host()
    folder = tmp_path_factory.mktemp("export") / "x"
    export_result(result_on(series), series, folder, formats=("dicom", "nifti"), mode="new_subject")
    return folder


@pytest.mark.parametrize("kind", ["dicom", "nifti"])
def test_that_the_own_reader_finds_the_same_series(exported, kind):
    series = host()
    read = only(exported / kind)
    np.testing.assert_array_equal(read.pixels, result_on(series).pixels)
    assert read.pixels.dtype == series.pixels.dtype
    assert (read.slope, read.intercept) == (series.slope, series.intercept)
    assert read.signal is SignalKind.PSIR
    corners = np.array([[0, 0, 0], [7, 79, 71.0]])
    np.testing.assert_allclose(
        read.geometry.to_lps(corners), series.geometry.to_lps(corners), atol=1e-3
    )

"""What is opened at once, what only when it is asked for: films and parts of refused stacks."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.app.services import real_services
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.io.nifti_write import nifti_bytes
from lgesynth_gui.phantom.study import make_study
from tests.io.dicoms import pixels_of, places, write_stack
from tests.ui.test_screens import save

PHASES, SLICES = 6, 3


@pytest.fixture
def real(windows, engine):
    """The window with the real file jobs; only the engine is a fake."""
    return windows(engine, real_services())


def film(folder):
    pixels = pixels_of(SLICES * PHASES)
    at = [place for place in places(SLICES) for _ in range(PHASES)]

    def time(i, ds):
        ds.TriggerTime = 40.0 * (i % PHASES)

    write_stack(folder, pixels, at, SeriesDescription="cine", change=time)
    return pixels.reshape(SLICES, PHASES, *pixels.shape[1:])


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.state.series is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not window.proposals.busy, timeout=10_000)
    return window.session.state.series


def test_that_of_a_film_one_phase_is_opened_and_another_is_a_choice_away(real, qtbot, tmp_path):
    pixels = film(tmp_path / "s")
    real.open_path(tmp_path / "s")
    series = opened(real, qtbot)
    np.testing.assert_array_equal(series.pixels, pixels[:, 0])
    assert any("phase 1 of 6" in note and "film" in note for note in series.notes)
    assert real.understanding.card.isVisible()
    assert real.files.phases == (1, PHASES)
    real.understanding._menu.aboutToShow.emit()
    menu = real.understanding._phases
    assert [one.isChecked() for one in menu.actions()] == [True] + [False] * (PHASES - 1)
    with qtbot.waitSignal(real.session.opened, timeout=20_000):
        menu.actions()[3].trigger()
    np.testing.assert_array_equal(real.session.state.series.pixels, pixels[:, 3])
    assert real.files.phases == (4, PHASES)


def test_that_a_stack_beside_a_film_is_what_is_opened(real, qtbot, tmp_path):
    film(tmp_path / "all")
    stack = pixels_of(4, seed=9)
    write_stack(tmp_path / "all" / "lge", stack, places(4), series="1.2.3.9")
    real.open_path(tmp_path / "all")
    np.testing.assert_array_equal(opened(real, qtbot).pixels, stack)
    assert real.files.phases == (0, 0)
    assert real.study.series.count() == 2


def test_that_a_stack_with_bad_places_is_offered_slice_by_slice(real, qtbot, tmp_path):
    pixels = pixels_of(6)
    at = places(6)
    at[3] = at[3] + 0.45 * (at[4] - at[3])
    write_stack(tmp_path / "s", pixels, at)
    real.open_path(tmp_path / "s")
    qtbot.waitUntil(real.start.parts.isVisible, timeout=20_000)
    assert "not evenly spaced" in real.start.message.text()
    assert real.session.state.series is None, "nobody asked for it yet"
    save(real, "separate_slices")
    qtbot.mouseClick(real.start.parts, Qt.MouseButton.LeftButton)
    series = opened(real, qtbot)
    assert any("do not lie evenly" in note for note in series.notes)
    assert real.study.series.isVisible()
    with qtbot.waitSignal(real.session.opened, timeout=20_000):
        real.study.step_series(1)
    assert real.session.state.series.shape[0] == 1


def test_that_the_offer_goes_when_something_else_is_opened(real, qtbot, tmp_path):
    at = places(6)
    at[3] = at[3] + 0.45 * (at[4] - at[3])
    write_stack(tmp_path / "s", pixels_of(6), at)
    real.open_path(tmp_path / "s")
    qtbot.waitUntil(real.start.parts.isVisible, timeout=20_000)
    real.open_path(tmp_path / "nothing")
    assert not real.start.parts.isVisible()


def test_that_a_mask_dropped_on_an_open_series_outlines_it_and_an_image_replaces_it(
    real, qtbot, tmp_path
):
    study = make_study(np.random.default_rng(5), n_slices=4, matrix=(112, 96), spacing=1.9)
    labels = render_stack(ScarSketch(), study.contours, study.series.shape, study.series.spacing)
    for name, values in (("host", study.series.pixels), ("mask", labels)):
        made = nifti_bytes(values, study.series.geometry)
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.nii.gz").write_bytes(made)
    real.open_path(tmp_path / "host" / "host.nii.gz")
    opened(real, qtbot)
    real.dropped.emit(tmp_path / "mask" / "mask.nii.gz")
    stack = real.session.undo_stack
    qtbot.waitUntil(lambda: stack.undoText() == "contours from a mask", timeout=20_000)
    outlined = real.session.state.contours.outlined()
    assert outlined == tuple(i for i in study.contours.outlined() if study.contours.slices[i].endo)
    with qtbot.waitSignal(real.session.opened, timeout=20_000):
        real.dropped.emit(tmp_path / "host" / "host.nii.gz")
    assert stack.undoText() != "contours from a mask"

"""What was understood of an imported series is told, confirmed, and put right."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import ORDER_DOUBTED, SeriesSource, SignalKind, SliceOrder
from tests.ui import hearts
from tests.ui.test_screens import save


def imported(**changes):
    """The heart of the tests as if it had come from a NIfTI file."""
    return replace(hearts.series(), source=SeriesSource("nifti"), label="Image", **changes)


@pytest.fixture
def opened(window, qtbot):
    def show(series, contours=None):
        window.session.open(series, contours or hearts.contours(accepted=False))
        window.canvas.refit()
        qtbot.wait(1)
        return window

    return show


def words(window):
    return " | ".join(
        one.text() for one in window.understanding.card.findChildren(QLabel) if not one.isHidden()
    )


def test_that_an_imported_series_is_told_and_a_click_confirms_it(opened, qtbot):
    window = opened(imported())
    card = window.understanding.card
    assert card.isVisible()
    assert not card.isAncestorOf(window.focusWidget())
    assert "8.0 mm between centres, by position; 8.0 mm thick: no gap" in words(window)
    assert "slice 1 is the base" in words(window)
    assert "✓ Loaded" in words(window)
    assert "right edge LPI" in words(window)
    assert "Magnitude" in words(window)
    qtbot.mouseClick(card.good, Qt.MouseButton.LeftButton)
    assert window.session.state.confirmed
    assert not card.isVisible()
    assert window.study.more.text().startswith("What")


def test_that_the_programs_own_heart_asks_for_nothing(heart):
    assert not heart.understanding.card.isVisible()
    heart._actions["understood"].trigger()
    assert "8.0 mm between centres" in words(heart)


def test_that_esc_puts_the_card_away_and_says_nothing_of_right_or_wrong(opened, qtbot):
    window = opened(imported())
    window._actions["understood"].trigger()  # it is visible: away with it
    assert not window.understanding.card.isVisible()
    window._actions["understood"].trigger()
    card = window.understanding.card
    assert card.isVisible()
    assert card.isAncestorOf(window.focusWidget())
    QTest.keyClick(card.good, Qt.Key.Key_Escape)
    assert not card.isVisible()
    assert not window.session.state.confirmed
    assert window.focusWidget() is window.canvas.original.overlay


def test_that_the_card_gives_way_to_a_result(opened, qtbot):
    window = opened(imported(), hearts.contours())
    assert window.understanding.card.isVisible()
    window.session.edit("sketch", hearts.requested_sketch(), "draw")
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window.generate()
    assert not window.understanding.card.isVisible()
    assert not window.session.state.confirmed


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"geometry": Geometry.plain((8.0, 1.5, 1.5))}, "not stated: no letters are shown"),
        ({"signal": SignalKind.UNKNOWN}, "Not stated"),
        ({"notes": ("Slices are missing behind slice 3.",)}, "Slices are missing behind slice 3."),
    ],
)
def test_that_what_is_doubted_is_marked(opened, changes, told):
    window = opened(imported(**changes))
    assert "▲ Loaded with a warning" in words(window)
    doubted = [
        one.text()
        for one in window.understanding.card.findChildren(QLabel)
        if one.property("role") == "warning"
    ]
    assert told in doubted


def test_that_a_cavity_that_grows_towards_the_apex_is_noticed_and_turned(opened):
    contours = HeartContours(hearts.contours(accepted=False).slices[::-1])
    series = imported().turned_over()
    window = opened(series, contours)
    assert "apex to base?" in words(window)
    window.session.adopt("note", "seen by two")
    window.understanding._menu.aboutToShow.emit()
    window.understanding._over.trigger()
    state = window.session.state
    assert np.array_equal(state.series.pixels, hearts.series().pixels)
    assert np.allclose(state.series.geometry.affine, hearts.series().geometry.affine)
    assert state.contours == hearts.contours(accepted=False)
    assert state.note == "seen by two"
    assert "slice 1 is the base" in words(window)


def test_that_the_size_of_the_cavity_tells_an_order_that_positions_do_not(opened):
    note = f"{ORDER_DOUBTED}; slices are in the file's order."
    doubted = imported(notes=(note,), order=SliceOrder.UNKNOWN)
    window = opened(doubted)
    assert "slice 1 is the base, by the size of the cavity" in words(window)
    few = HeartContours(hearts.contours().slices[:2] + (None,) * 4)
    window = opened(doubted, few)
    assert "slice 1 is taken for the base" in words(window)


def test_that_the_signal_is_put_right_without_a_change_of_the_pixels(opened):
    window = opened(imported(signal=SignalKind.UNKNOWN))
    window.understanding._signals[SignalKind.PSIR].trigger()
    series = window.session.state.series
    assert series.signal is SignalKind.PSIR
    assert series.pixels_sha256 == hearts.series().pixels_sha256
    assert "Phase-sensitive" in words(window)


def test_that_what_a_scar_lies_on_is_not_turned_under_it(opened):
    window = opened(imported(), hearts.contours())
    window.session.edit("sketch", hearts.requested_sketch(), "draw")
    window.understanding._menu.aboutToShow.emit()
    over = window.understanding._over
    assert not over.isEnabled()
    assert "Clear the scar first" in over.toolTip()
    assert not any(one.isEnabled() for one in window.understanding._signals.values())


def test_that_contours_come_from_a_mask_file_in_one_step(opened, qtbot, tmp_path):
    window = opened(imported(), HeartContours((None,) * hearts.SLICES))
    qtbot.waitUntil(lambda: bool(window.session.state.contours.outlined()), timeout=5000)
    proposed = window.session.state.contours
    with qtbot.waitSignal(window.session.undo_stack.indexChanged, timeout=5000):
        window.files.outline(tmp_path / "mask.nii.gz")
    assert window.session.state.contours == hearts.contours(accepted=False, wider=1.0)
    assert window.session.undo_stack.undoText() == "contours from a mask"
    window.session.undo_stack.undo()
    assert window.session.state.contours == proposed


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (1000, 640)])
def test_that_the_card_lies_within_the_images(opened, qtbot, size):
    window = opened(imported(notes=("Slices are not evenly spaced: 7.1 to 8.3 mm.",)))
    window.resize(*size)
    qtbot.wait(20)
    card, stage = window.understanding.card, window.canvas.stage
    assert card.isVisible()
    assert stage.rect().contains(card.geometry())
    assert card.rect().contains(card.good.geometry())
    assert card.good.isVisible()


def test_that_the_card_is_painted(opened, qtbot):
    window = opened(imported(notes=("Slices are not evenly spaced: 7.1 to 8.3 mm.",)))
    for theme in ("dark", "light"):
        for size in ((1366, 768), (1920, 1080), (1000, 640)):
            window.resize(*size)
            qtbot.wait(20)
            save(window, f"understood_{theme}_{size[0]}")
        window._actions["theme"].trigger()


def test_that_a_mask_that_knows_no_right_ventricle_gets_its_insertion_points(opened, qtbot):
    bare = HeartContours(
        tuple(
            replace(one, rv_anterior=None, rv_inferior=None)
            for one in hearts.contours(accepted=False, wider=1.0).slices
        )
    )
    window = opened(imported(), bare)
    assert "no insertion points" in words(window)
    qtbot.waitUntil(window.session.undo_stack.canUndo, timeout=5000)
    assert window.session.undo_stack.undoText() == "find RV insertion points"
    for before, one, proposed in zip(
        bare.slices,
        window.session.state.contours.slices,
        hearts.contours().slices,
        strict=True,
    ):
        assert (one.endo, one.epi) == (before.endo, before.epi)
        assert np.hypot(*np.subtract(one.rv_anterior, proposed.rv_anterior)) < 1.5
        away = np.hypot(*np.subtract(one.rv_anterior, hearts.CENTRE))
        assert abs(away - np.hypot(*np.subtract(one.epi[0], hearts.CENTRE))) < 0.1
    assert "insertion points on 6 of 6 slices" in words(window)


def test_that_a_mask_file_keeps_the_insertion_points_that_are_there(opened, qtbot, tmp_path):
    window = opened(imported())
    points = [one.rv_anterior for one in window.session.state.contours.slices]
    with qtbot.waitSignal(window.session.undo_stack.indexChanged, timeout=5000):
        window.files.outline(tmp_path / "mask.nii.gz")
    kept = [one.rv_anterior for one in window.session.state.contours.slices]
    assert np.abs(np.subtract(kept, points)).max() < 1.1

from itertools import pairwise
from math import cos, radians, sin

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from lgesynth_gui.app.cells import Cell
from lgesynth_gui.ui.sketch.bullseye import Bullseye
from lgesynth_gui.ui.sketch.polar import neighbour, place_of, segment_at


@pytest.fixture
def bullseye(qapp, qtbot):
    made = Bullseye()
    qtbot.addWidget(made)
    made.resize(300, 260)
    made.show()
    made.show_cells({i: Cell(0.0, 0.0, 0.0, 0) for i in range(1, 17)}, None)
    return made


def test_that_every_point_of_the_disc_belongs_to_exactly_one_cell():
    seen = set()
    for angle in range(0, 360, 3):
        for share in (0.05, 0.3, 0.4, 0.6, 0.7, 0.8, 0.95):
            x, y = share * cos(radians(angle)), share * sin(radians(angle))
            segment = segment_at(x, y)
            place = place_of(segment)
            assert place.inner <= share < place.outer
            seen.add(segment)
    assert seen == set(range(1, 18))
    assert segment_at(1.1, 0) is None


def test_that_the_anterior_wall_is_up_and_the_lateral_wall_right():
    assert segment_at(0, 0.9) == 1
    assert segment_at(0, -0.9) == 4
    assert segment_at(0.4, 0) == 16
    assert segment_at(-0.4, 0) == 14
    assert {segment_at(0.9, 0.1), segment_at(0.9, -0.1)} == {5, 6}


def test_that_a_click_selects_the_cell_under_the_mouse(bullseye, qtbot):
    for segment in range(1, 18):
        with qtbot.waitSignal(bullseye.selected) as got:
            qtbot.mouseClick(
                bullseye, Qt.MouseButton.LeftButton, pos=bullseye.point_of(segment).toPoint()
            )
        assert got.args == [segment]


def test_that_a_radial_drag_grows_from_the_inner_edge_outwards(bullseye, qtbot):
    seen = []
    bullseye.dragged.connect(lambda *a: seen.append(a))
    start = bullseye.point_of(7).toPoint()
    qtbot.mousePress(bullseye, Qt.MouseButton.LeftButton, pos=start)
    for dy in (-6, -8, -10):
        qtbot.mouseMove(bullseye, start + QPoint(0, dy))
    qtbot.mouseRelease(bullseye, Qt.MouseButton.LeftButton, pos=start + QPoint(0, -10))
    fractions = [f for _, f, _ in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] > 0.5
    assert [first for _, _, first in seen] == [True] + [False] * (len(seen) - 1)


def test_that_arrows_walk_along_and_between_rings(bullseye):
    for segment in range(1, 17):
        around = neighbour(segment, Qt.Key.Key_Left)
        assert neighbour(around, Qt.Key.Key_Right) == segment
    assert neighbour(1, Qt.Key.Key_Down) == 7
    assert neighbour(7, Qt.Key.Key_Down) == 13
    assert neighbour(13, Qt.Key.Key_Down) == 17
    assert neighbour(17, Qt.Key.Key_Up) == 13
    assert neighbour(7, Qt.Key.Key_Up) == 1
    assert neighbour(1, Qt.Key.Key_Up) == 1


def test_that_tab_walks_the_cells_and_then_leaves(qapp, qtbot):
    both = QWidget()
    row = QHBoxLayout(both)
    bullseye, after = Bullseye(), QLineEdit()
    row.addWidget(bullseye)
    row.addWidget(after)
    qtbot.addWidget(both)
    both.show()
    bullseye.focus_segment(1)
    for segment in range(2, 18):
        qtbot.keyClick(bullseye.button(segment - 1), Qt.Key.Key_Tab)
        assert both.focusWidget() is bullseye.button(segment)
    qtbot.keyClick(bullseye.button(17), Qt.Key.Key_Tab)
    assert both.focusWidget() is after
    qtbot.keyClick(after, Qt.Key.Key_Backtab)
    assert both.focusWidget() is bullseye.button(17)


def test_that_a_drag_along_the_ring_gives_every_cell_it_crosses_the_class(bullseye, qtbot):
    seen, radial = [], []
    bullseye.swept.connect(lambda *a: seen.append(a))
    bullseye.dragged.connect(lambda *a: radial.append(a))
    path = [bullseye.point_of(i).toPoint() for i in (1, 2, 3, 4)]
    qtbot.mousePress(bullseye, Qt.MouseButton.LeftButton, pos=path[0])
    for start, end in pairwise(path):
        for share in (0.25, 0.5, 0.75, 1.0):
            qtbot.mouseMove(bullseye, start + (end - start) * share)
    qtbot.mouseRelease(bullseye, Qt.MouseButton.LeftButton, pos=path[-1])
    assert [segment for segment, _ in seen if segment <= 6] == [1, 2, 3, 4]
    assert [first for _, first in seen] == [True] + [False] * (len(seen) - 1)
    assert not radial


def test_that_cells_say_what_they_are(bullseye):
    cells = {7: Cell(0.55, 0.5, 3.1, 3, 54.0)}
    bullseye.show_cells(cells, 7)
    named = bullseye.button(7)
    assert named.accessibleName() == "Segment 7, mid anterior, 55 percent, class 51 to 75"
    assert bullseye.button(8).accessibleName().endswith("not known")
    tip = bullseye._tip(7)
    for part in ("55 % of the wall", "50 % of the wall", "all chords", "arc 54°", "3.1 g"):
        assert part in tip


def test_that_every_cell_prints_its_number_and_an_unknown_one_a_dash(bullseye):
    bullseye.show_cells({7: Cell(0.55, 0.5, 3.1, 3), 8: Cell(0.0, 0.0, 0.0, 0)}, None)
    assert [bullseye._look_of(i)[2] for i in (7, 8, 9)] == ["55%", "0", "–"]


def test_that_a_difference_is_signed_and_keeps_one_scale(bullseye):
    cells = {i: Cell(0.5, 0.5, 1.0, 2) for i in (7, 8, 9, 10)}
    points = {7: 12.4, 8: -30.0, 9: 0.2, 10: 30.0}
    bullseye.show_points(cells, points, 7)
    assert [bullseye._look_of(i)[2] for i in (7, 8, 9, 11)] == ["+12", "−30", "0", "–"]
    assert bullseye._look_of(9)[0].name() == "#f4f4f2"
    assert bullseye._look_of(8)[0].name() == "#1b5e9b"
    assert bullseye._look_of(10)[0].name() == "#a8480a"
    assert bullseye.button(8).accessibleName() == (
        "Segment 8, mid anteroseptal, minus 30 percentage points"
    )
    assert "found minus asked: +12 percentage points" in bullseye._tip(7)

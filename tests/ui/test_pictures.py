"""Tiles of slices in the Evaluate mode: whole pixels, words below, filter, files."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QGuiApplication, QImage, QPainter

from lgesynth_gui.app.figure_words import Filter, count_words, holds, narrowed_plot
from lgesynth_gui.evaluation.panel import Panel
from lgesynth_gui.evaluation.tiles import pixels_of
from lgesynth_gui.ui.evaluate.card import FigureCard
from lgesynth_gui.ui.evaluate.panel_page import PanelPage
from lgesynth_gui.ui.evaluate.pictures import GAP, PicturesView
from tests.ui.evaluations import SYSTEMS, nearest, pairs


@pytest.fixture
def view(qtbot):
    made = PicturesView(pairs())
    qtbot.addWidget(made)
    made.resize(900, made.height())
    made.show()
    return made


def painted(view):
    """What a view paints at its own size, `(h, w, 3)`."""
    image = QImage(view.size(), QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setFont(view.font())
    view.draw(painter, QRectF(view.rect()))
    painter.end()
    flat = np.frombuffer(bytes(image.constBits()), dtype=np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def place_of(screen, tile):
    """(row, column) of the top left pixel of a tile on a screen."""
    high, wide, _ = tile.shape
    for row in range(screen.shape[0] - high + 1):
        if np.array_equal(screen[row : row + high, round(GAP) : round(GAP) + wide], tile):
            return row
    return None


@pytest.mark.parametrize(("width", "zoom", "across"), [(900, 2, 4), (430, 2, 2), (400, 1, 3)])
def test_that_every_pixel_is_a_square_of_whole_pixels_and_no_tile_is_cut(view, width, zoom, across):
    view.resize(width, view.height())
    assert view.zoom_of(width) == zoom
    assert len(next(view.lines(width))[1]) == across
    screen = painted(view)
    plot = view.plot_data
    heights = []
    for _, tiles in view.lines(width):
        at = place_of(screen, pixels_of(tiles[0], plot.side, zoom))
        assert at is not None, tiles[0].title
        heights.append(at)
    assert heights == sorted(set(heights))
    assert heights[-1] + plot.side * zoom + 2 * view.fontMetrics().height() <= view.height()


def test_that_all_tiles_are_there_and_told_to_whoever_does_not_see_them(view):
    held = [tile for _, tiles in view.lines(900) for tile in tiles]
    assert held == [tile for row in view.plot_data.rows for tile in row.tiles]
    told = view.accessibleDescription()
    for words in ("Case 1: mid-wall", "true scar Dice 0.81", f"{SYSTEMS[1]} Dice 0.69"):
        assert words in told, words
    assert count_words(view.plot_data) == " ".join(view.plot_data.words)


def test_that_a_sample_stays_beside_its_training_slice(qtbot):
    view = PicturesView(nearest())
    qtbot.addWidget(view)
    for width in (250, 430, 700, 1400):
        for _, tiles in view.lines(width):
            assert [one.title == "training slice" for one in tiles[:2]] == [False, True]
            assert len(tiles) % 2 == 0


def test_that_the_filter_keeps_what_a_system_is_read_against():
    one = narrowed_plot(pairs(), Filter({"row": "ControlNet"}))
    for row in one.rows:
        assert [tile.title for tile in row.tiles] == [
            "true scar", "host, asked and found", "ControlNet",
        ]  # fmt: skip
    small = narrowed_plot(pairs(), Filter({"size": "small"}))
    assert [row.title for row in small.rows] == ["Case 2: mid-wall"]
    assert len(small.rows[0].tiles) == len(SYSTEMS) + 2
    assert not holds(narrowed_plot(pairs(), Filter({"row": "somebody"})))
    (row,) = narrowed_plot(nearest(), Filter({"row": "ControlNet"})).rows
    assert [tile.row for tile in row.tiles] == ["ControlNet"] * 2
    control = replace(nearest().rows[0], tiles=tuple(replace(t, row="") for t in row.tiles))
    with_copies = replace(nearest(), rows=(*nearest().rows, control))
    assert not holds(narrowed_plot(with_copies, Filter({"row": "somebody"})))
    assert narrowed_plot(with_copies, Filter({"row": "ControlNet"})).rows[1] == control


def test_that_the_figure_is_copied_and_saved_with_its_words(qtbot, tmp_path):
    card = FigureCard(pairs(), "Shown: all.")
    qtbot.addWidget(card)
    card.resize(900, 600)
    card.show()
    said = []
    card.said.connect(said.append)
    for kind in ("png", "svg", "csv"):
        card.write(tmp_path / f"a.{kind}")
    assert said == [f"Saved: a.{kind}." for kind in ("png", "svg", "csv")]
    image = QImage(str(tmp_path / "a.png"))
    assert image.width() == 1600
    greys = {image.pixel(x, y) for x in range(0, 1600, 7) for y in range(0, image.height(), 7)}
    assert len(greys) > 60
    assert (tmp_path / "a.svg").read_text().count("<image") == 2 * (len(SYSTEMS) + 2)
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["row", "picture", "words"]
    assert rows[1] == ["Case 1: mid-wall", "true scar", "Dice 0.81"]
    card.copy()
    assert QGuiApplication.clipboard().image().width() == 1600
    assert "words below" in card.buttons["CSV"].toolTip(), "there are no numbers in pictures"


def test_that_pictures_take_the_whole_width_of_a_panel(qtbot):
    page = PanelPage()
    qtbot.addWidget(page)
    page.resize(1400, 700)
    page.show()
    page.show_panel(Panel("privacy", "Privacy", plots=(pairs(), nearest())), Filter(), "")
    qtbot.waitUntil(lambda: page.figures[0].view.width() > 1200)
    first = page.figures[0].view
    assert len(next(first.lines(first.width()))[1]) >= 6
    assert first.height() == round(first.height_of(first.width()))

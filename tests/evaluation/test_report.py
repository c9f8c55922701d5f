"""The page of an evaluation: whole, self-contained, and deaf to what its texts try."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import (
    Curves,
    Evaluation,
    Intervals,
    Line,
    Panel,
    PictureRow,
)
from lgesynth_gui.evaluation.picture_plots import lines_of
from lgesynth_gui.evaluation.plots import svg, ticks
from lgesynth_gui.evaluation.report import page, plot_cells, write_report
from lgesynth_gui.evaluation.tiles import pixels_of
from tests.evaluation.test_panel_files import evaluation, pictures

EVIL = '<img src="red.png" onerror="x()">&"\''
VOID = {"meta", "br", "img", "line", "circle", "path", "polyline", "polygon", "image"}


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [
            value or "" for name, value in attrs if name in ("href", "src", "xlink:href")
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def read(text: str) -> _Tags:
    parser = _Tags()
    parser.feed(text)
    assert not parser.open
    return parser


def hostile() -> Evaluation:
    plain = evaluation()
    (panel,) = plain.panels
    table = replace(panel.tables[0], title=EVIL, shown=((EVIL,),))
    bars = (Figure(EVIL, 0.5, 0.4, 0.6, 3),)
    worse = replace(
        panel, title=EVIL, words=(EVIL,), alarms=(EVIL,), missing=(EVIL,), tables=(table,),
        plots=(Intervals("a", EVIL, bars, ((EVIL, 0.5),)),
               replace(pictures((EVIL,)), title=EVIL, words=(EVIL,))),
    )  # fmt: skip
    return replace(
        plain, title=EVIL, data=EVIL, held_out=EVIL, small=EVIL, settings=((EVIL, EVIL),),
        panels=(worse,), models=((EVIL, EVIL),),
    )  # fmt: skip


@pytest.mark.parametrize("some", [evaluation(), hostile()])
def test_that_the_page_needs_nothing_else_and_holds_no_foreign_element(some: Evaluation) -> None:
    found = read(page(some))
    assert not {"script", "img", "iframe", "object", "link"} & set(found.tags)
    held = r"(#|tables/)[^:]*|data:image/png;base64,[A-Za-z0-9+/=]+"
    assert all(re.fullmatch(held, one) for one in found.links)


def test_that_the_page_says_what_has_to_stand_beside_the_numbers() -> None:
    text = page(evaluation())
    for words in ("held", "few", "The run goes on", "Alarms", "Not measured: SPADE", "a/1", "ff",
                  "How to repeat it", "Research use only"):  # fmt: skip
        assert words in text, words


def test_that_plots_are_well_formed_and_their_numbers_lie_beside_them(tmp_path: Path) -> None:
    write_report(tmp_path, evaluation())
    for name in ("pass", "curve", "rings", "pairs"):
        root = ElementTree.parse(tmp_path / "plots" / f"{name}.svg").getroot()
        assert root.tag.endswith("svg")
        assert len((tmp_path / "plots" / f"{name}.csv").read_text().splitlines()) > 1
    assert (tmp_path / "report.html").read_text() == page(evaluation())


def test_that_pictures_are_whole_pixels_in_the_page_and_their_words_below() -> None:
    plot = pictures()
    root = ElementTree.fromstring(svg(plot))
    held = [one for one in root.iter() if one.tag.endswith("image")]
    assert len(held) == 6
    first = base64.b64decode(held[0].attrib["href"].partition(",")[2])
    with Image.open(io.BytesIO(first)) as image:
        pixels = np.asarray(image)
        assert f"{image.width}" == held[0].attrib["width"], "no pixel is scaled"
    assert np.array_equal(pixels, pixels_of(plot.rows[0].tiles[0], plot.side))
    text = " ".join(one.text or "" for one in root.iter())
    for words in ("Nobody chose.", "Best of a", "true scar", "Dice 0.50"):
        assert words in text, words
    high = float(root.attrib["height"])
    assert all(float(one.attrib["y"]) + float(one.attrib["height"]) < high for one in held)


def test_that_tiles_that_belong_together_stay_on_one_line() -> None:
    (tile, *_) = pictures().rows[0].tiles
    row = PictureRow("pairs", (tile,) * 12)
    assert [len(one) for one in lines_of(row, 2, 5)] == [4, 4, 4]
    assert [len(one) for one in lines_of(row, 1, 5)] == [5, 5, 2]
    assert [len(one) for one in lines_of(row, 2, 1)] == [2] * 6


def test_that_a_plot_without_finite_numbers_is_drawn_and_says_so() -> None:
    nothing = float("nan")
    text = svg(Intervals("a", "A", (Figure("row", nothing, nothing, nothing, 0),)))
    assert "not measured" in text
    assert "nan" not in text.lower().replace("not measured", "")
    ElementTree.fromstring(svg(Curves("c", "C", "x", "y", (Line("l", (0.0,), (0.0,)),))))


def test_that_marks_of_the_axis_are_round_and_within_it() -> None:
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1])
    assert ticks(-7, 4) == pytest.approx([-5, -2.5, 0, 2.5])
    assert ticks(3, 3) == [3]


def test_that_a_panel_without_anything_makes_a_page() -> None:
    empty = replace(evaluation(), panels=(Panel("privacy", "Privacy"),))
    assert "Privacy" in page(empty)
    assert plot_cells(Intervals("a", "A", ()))[1] == []

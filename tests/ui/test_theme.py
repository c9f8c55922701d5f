import itertools

import pytest
from PySide6.QtGui import QColor

from lgesynth_gui.ui.theme import class_colours, load_theme, shown_theme, style_sheet
from tests.ui.colours import closest, contrast, distance

VISIONS = ("normal", "protan", "deutan", "tritan")


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_that_text_and_accents_can_be_read(name, ground):
    theme = load_theme(name)
    base = theme.role(ground)
    for role, least in (("text", 12.9), ("muted", 5.9), ("accent", 5.2), ("outline", 3.0)):
        assert contrast(theme.role(role), base) >= least, (role, ground)
    assert contrast(theme.role("disabled"), theme.role("panel")) >= 3.2
    assert contrast(theme.role("on_accent"), theme.role("accent")) >= 5.6


def test_that_overlays_and_verdicts_stand_out_on_their_wells():
    theme = load_theme("dark")
    canvas, well = theme.of("canvas"), theme.of("well")
    for name, least in (("epi", 6.2), ("endo", 15.1), ("requested", 5.6), ("measured", 11.6)):
        assert contrast(theme.of(name), canvas) >= least, name
        assert contrast(theme.of(name), theme.of("halo")) >= 6.1, name
    for name, least in (("pass", 6.1), ("check", 9.6), ("fail", 4.6)):
        assert contrast(theme.of(name), well) >= least, name


def test_that_every_class_number_can_be_read():
    for grade, least in ((0, 11.4), (1, 13.6), (2, 9.3), (3, 5.3), (4, 5.9)):
        fill, ink = class_colours(grade)
        assert contrast(fill, ink) >= least, grade


def test_that_the_words_on_a_difference_can_be_read():
    theme = load_theme("dark")
    steps = [QColor(value) for value in theme.data["difference"]]
    assert theme.data["difference"][3] == "#F4F4F2"
    for step in (steps[0], steps[-1]):
        assert contrast(step, QColor("#FFFFFF")) >= 4.7
    for step in steps[1:-1]:
        assert contrast(step, theme.of("on_light")) >= 6.1


@pytest.mark.parametrize(
    ("names", "least"),
    [
        (("epi", "endo", "requested", "measured"), (53, 31, 29, 18)),
        (tuple(f"class_{i}" for i in range(5)), (26, 24, 26, 25)),
        (("pass", "fail"), (107, 40, 54, 119)),
        (("check", "fail"), (56, 38, 24, 53)),
    ],
)
def test_that_colours_are_told_apart_by_every_kind_of_colour_vision(names, least):
    theme = load_theme("dark")
    colours = [theme.of(name) for name in names]
    for vision, floor in zip(VISIONS, least, strict=True):
        assert closest(colours, vision) >= floor, vision


def test_that_the_steps_of_a_difference_are_told_apart():
    steps = [QColor(value) for value in load_theme("dark").data["difference"]]
    for vision, floor in zip(VISIONS, (19, 17, 20, 19), strict=True):
        near = [distance(a, b, vision) for a, b in itertools.pairwise(steps)]
        assert min(near) >= floor, vision


@pytest.mark.parametrize("name", ["dark", "light"])
def test_that_the_accent_is_no_data_colour(name):
    theme = load_theme(name)
    data = [value for value in theme.data.values() if isinstance(value, str)]
    assert theme.roles["accent"] not in data


@pytest.mark.parametrize("name", ["dark", "light"])
def test_that_what_has_the_focus_has_a_ring_of_two_pixels(name):
    sheet = style_sheet(load_theme(name))
    for kind in ("QPushButton", "QLineEdit", "QPlainTextEdit", "QToolBar QToolButton"):
        rule = sheet.split(f"    {kind}:focus {{")[1].split("}")[0]
        assert "border: 2px solid" in rule, kind


@pytest.mark.parametrize("name", ["dark", "light"])
def test_that_disabled_controls_never_look_like_text_one_can_use(name):
    theme = load_theme(name)
    panel = theme.role("panel")
    assert contrast(theme.role("text"), panel) > 2 * contrast(theme.role("disabled"), panel)


def test_that_a_desktop_that_says_nothing_is_dark(qapp):
    assert shown_theme("light") == "light"
    assert shown_theme("dark") == "dark"
    assert shown_theme("system") in ("dark", "light")

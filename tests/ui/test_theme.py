import pytest

from lgesynth_gui.ui.theme import load_theme


def luminance(colour):
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("ground", ["window", "panel"])
def test_that_text_and_accents_can_be_read(name, ground):
    theme = load_theme(name)
    base = theme.role(ground)
    for role, least in (("text", 12.9), ("muted", 5.9), ("accent", 5.2), ("outline", 3.0)):
        assert contrast(theme.role(role), base) >= least, (role, ground)
    assert contrast(theme.role("on_accent"), theme.role("accent")) >= 5.5


def test_that_overlays_and_verdicts_stand_out_on_their_wells():
    theme = load_theme("dark")
    canvas, well = theme.of("canvas"), theme.of("well")
    for name, least in (("epi", 6.2), ("endo", 15.1), ("requested", 5.6), ("measured", 11.5)):
        assert contrast(theme.of(name), canvas) >= least
    for name, least in (("pass", 6.0), ("check", 9.5), ("fail", 4.5)):
        assert contrast(theme.of(name), well) >= least


def test_that_every_class_number_can_be_read():
    theme = load_theme("dark")
    for grade, ink in (
        (0, "well_text"),
        (1, "on_light"),
        (2, "on_light"),
        (3, "on_light"),
        (4, "well_text"),
    ):
        assert contrast(theme.of(f"class_{grade}"), theme.of(ink)) >= 5.2

import numpy as np
import pytest

from lgesynth_gui.anatomy.aha import anchors
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.anatomy.render import render_stack
from lgesynth_gui.cli.hosts import contours_of_labels, sample_request, shows_heart
from lgesynth_gui.cli.masks import sketch_of_mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.study import make_study


@pytest.fixture(scope="module")
def study():
    return make_study(np.random.default_rng(3), n_slices=8, matrix=(160, 160))


def rendered(study, sketch):
    return render_stack(sketch, study.contours, study.series.shape, study.series.spacing)


def overlap(a, b):
    return 2 * (a & b).sum() / (a.sum() + b.sum())


def drawn(slices, *, core=False):
    regions = [sector_region(60, 150, 0.0, 0.7, slices)]
    if core:
        regions.append(sector_region(90, 120, 0.1, 0.45, slices, label=Label.NO_REFLOW))
    return ScarSketch(tuple(regions))


def test_that_a_mask_becomes_the_sketch_it_was_drawn_from(study):
    labels = rendered(study, drawn((3, 4)))
    found = sketch_of_mask(labels, study.contours, study.series, (2, 3, 4))
    assert found.slices() == (3, 4)
    again = rendered(study, found)
    assert overlap(labels >= Label.SCAR, again >= Label.SCAR) > 0.93


def test_that_a_core_stays_a_core(study):
    labels = rendered(study, drawn((4,), core=True))
    again = rendered(study, sketch_of_mask(labels, study.contours, study.series, (4,)))
    assert overlap(labels == Label.NO_REFLOW, again == Label.NO_REFLOW) > 0.8


def test_that_a_mask_of_zeros_and_ones_is_scar(study):
    labels = rendered(study, drawn((4,)))
    ones = (labels >= Label.SCAR).astype(np.uint8)
    found = sketch_of_mask(ones, study.contours, study.series, (4,))
    assert overlap(labels >= Label.SCAR, rendered(study, found) >= Label.SCAR) > 0.93


def test_that_slices_left_out_stay_without_scar(study):
    labels = rendered(study, drawn((3, 4)))
    assert sketch_of_mask(labels, study.contours, study.series, (3,)).slices() == (3,)


def test_that_an_empty_mask_is_refused(study):
    with pytest.raises(LgeSynthError, match="no scar"):
        sketch_of_mask(np.zeros(study.series.shape, np.uint8), study.contours, study.series, (3,))


def test_that_scar_without_a_contour_is_refused(study):
    labels = rendered(study, drawn((3,)))
    bare = HeartContours((None,) * study.series.shape[0])
    with pytest.raises(LgeSynthError, match="Slice 4"):
        sketch_of_mask(labels, bare, study.series, (3,))


def test_that_a_heart_in_a_label_map_is_outlined_again(study):
    labels = rendered(study, ScarSketch())
    assert shows_heart(labels)
    found = contours_of_labels(labels, study.series)
    again = render_stack(ScarSketch(), found, study.series.shape, study.series.spacing)
    assert overlap(labels > 0, again > 0) > 0.97


def test_that_a_scar_mask_alone_shows_no_heart(study):
    assert not shows_heart(rendered(study, drawn((3,))) // Label.SCAR)


def test_that_the_demo_asks_for_two_thirds_of_the_mid_anterior_wall(study):
    request = sample_request(study.series, study.contours)
    assert request.host_sha256 == study.series.pixels_sha256
    slices = request.sketch.slices()
    assert slices
    assert {study.contours.level(index).name for index in slices} == {"MID"}
    outlined = study.contours.slices[slices[0]]
    middle = anchors(outlined).anterior_deg
    angles = [angle for angle, _ in request.sketch.regions[0].outline]
    depths = [depth for _, depth in request.sketch.regions[0].outline]
    assert max(angles) - min(angles) == pytest.approx(60, abs=8)
    assert 0.51 <= max(depths) <= 0.75
    assert min(abs((angle - middle + 180) % 360 - 180) for angle in angles) < 5

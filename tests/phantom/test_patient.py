from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.phantom.patient import draw_patient, draw_scar
from lgesynth_gui.phantom.render import render_slice
from lgesynth_gui.phantom.tissue import BROAD


def spans(sketch: ScarSketch) -> list[float]:
    return [max(a for a, _ in r.outline) - min(a for a, _ in r.outline) for r in sketch.regions]


@pytest.mark.parametrize("name", ["ischaemic_subendocardial", "acute_no_reflow"])
def test_that_a_large_infarct_is_wider_at_the_same_place_and_depth(name: str) -> None:
    for seed in range(12):
        patient = draw_patient(np.random.default_rng(seed))
        one, other = (
            draw_scar(replace(patient, large=large), np.random.default_rng(seed), name)[1]
            for large in (0.0, 1.0)
        )
        assert max(spans(other)) > 1.1 * max(spans(one))
        assert max(spans(other)) <= 271
        assert other.slices() == one.slices()
        for first, second in zip(one.regions, other.regions, strict=True):
            assert [d for _, d in first.outline] == [d for _, d in second.outline]


def test_that_what_is_no_infarct_keeps_its_size() -> None:
    patient = draw_patient(np.random.default_rng(1))
    one, other = (
        draw_scar(replace(patient, large=large), np.random.default_rng(1), "dilated")[1]
        for large in (0.0, 1.0)
    )
    assert one == other


@pytest.mark.parametrize("seed", range(4))
def test_that_the_truth_knows_nothing_of_blur_tilt_mimics_and_surroundings(seed: int) -> None:
    patient = draw_patient(np.random.default_rng(seed), BROAD)
    plain = replace(
        patient,
        scene=replace(patient.scene, clutter=0, voids=0, lumps=0.0),
        detail=replace(patient.detail, tilt_mm=(0.0, 0.0), strands=0.0, mimics=()),
        acquisition=replace(patient.acquisition, filter_mm=0.0, blur_mm=0.0, ghosts=()),
    )
    one, other = (
        render_slice(who, 3, ScarSketch(), (64.0, 64.0), np.random.default_rng(9))
        for who in (patient, plain)
    )
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.depth, other.depth)
    assert not np.array_equal(one.image, other.image)

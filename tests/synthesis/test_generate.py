"""The whole job on a phantom heart, with a bundle of tiny networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import Hole, SynthesisRequest
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.synthesis import generate as module
from lgesynth_gui.synthesis.conditioning import conditions_of, holes_of, wanted_slices
from lgesynth_gui.synthesis.models import load_bundle
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def study():
    return make_study(np.random.default_rng(5), n_slices=6, matrix=(144, 128), spacing=1.5)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return load_bundle(folders=(write_bundle(tmp_path_factory.mktemp("models"), rewards=2),))


@pytest.fixture
def generate(bundle, monkeypatch):
    monkeypatch.setattr(module, "load_models", lambda model, device: bundle)
    return module.generate


@pytest.fixture
def request_(study):
    """A mid-anterior scar, 60 % deep, in every mid slice."""
    contours = study.contours
    mid = [i for i in contours.outlined() if contours.level(i) == 1]
    regions = [
        segment_region(7, contours.level(i), anchors_in(contours, i), 0.0, 0.6, (i,)) for i in mid
    ]
    return SynthesisRequest(
        study.series.pixels_sha256, contours, ScarSketch(tuple(regions)), steps=2, seed=4
    )


def test_that_a_sample_changes_its_hole_and_proves_the_rest_untouched(generate, study, request_):
    result = drive(generate(request_, study.series, "cpu"))
    changed = result.pixels != study.series.pixels
    assert changed.any()
    assert not (changed & ~result.edited).any()
    assert result.verdict.changed_outside == 0
    assert result.verdict.untouched == (~result.edited).sum()
    assert result.pixels.dtype == study.series.pixels.dtype
    assert result.pixels_sha256 == content_hash(result.pixels)
    assert set(np.flatnonzero(changed.any(axis=(1, 2)))) <= set(result.slices)


def test_that_the_result_says_what_was_asked_and_who_took_part(generate, study, request_):
    result = drive(generate(request_, study.series, "cpu"))
    assert result.slices == request_.sketch.slices()
    assert (result.requested == Label.SCAR).any(axis=(1, 2)).nonzero()[0].tolist() == list(
        result.slices
    )
    assert all("mid anterior" in text for _, text in result.captions)
    assert {role for role, _ in result.models} == {
        "controlnet", "base", "text", "reward", "judge",
    }  # fmt: skip
    assert result.verdict.judge
    assert result.verdict.grade is not Grade.NOT_JUDGED
    assert "seconds" in dict(result.scores)


def test_that_the_same_request_gives_the_same_pixels(generate, study, request_):
    first = drive(generate(request_, study.series, "cpu"))
    second = drive(generate(request_, study.series, "cpu"))
    other = drive(generate(replace(request_, seed=5), study.series, "cpu"))
    assert first.pixels_sha256 == second.pixels_sha256 != other.pixels_sha256


def test_that_a_slice_is_the_same_alone_and_among_others(generate, study, request_):
    whole = drive(generate(request_, study.series, "cpu"))
    index = whole.slices[-1]
    alone = drive(generate(replace(request_, slices=(index,)), study.series, "cpu"))
    assert (alone.pixels[index] == whole.pixels[index]).all()


def test_that_closing_at_any_step_leaves_the_next_run_whole(generate, study, request_):
    wanted = drive(generate(request_, study.series, "cpu")).pixels_sha256
    for stop in range(1, 9, 2):
        job = generate(request_, study.series, "cpu")
        for _ in range(stop):
            next(job)
        job.close()
        assert torch.is_grad_enabled()
    assert drive(generate(request_, study.series, "cpu")).pixels_sha256 == wanted


def test_that_progress_counts_over_all_slices(generate, study, request_):
    steps = [s for s in generate(request_, study.series, "cpu") if s is not None]
    total = request_.steps * len(request_.sketch.slices())
    assert steps[-1].done == steps[-1].total == total
    done = [s.done for s in steps]
    assert done == sorted(done)


def test_that_a_request_for_another_host_is_refused(generate, study, request_):
    with pytest.raises(LgeSynthError, match="another series"):
        drive(generate(replace(request_, host_sha256="0" * 64), study.series, "cpu"))


def test_that_an_empty_sketch_without_slices_is_refused(study, request_):
    with pytest.raises(LgeSynthError, match="no scar"):
        wanted_slices(replace(request_, sketch=ScarSketch()), study.series)


@pytest.mark.parametrize("index", [-1, 99])
def test_that_a_slice_that_is_not_there_is_refused(study, request_, index):
    with pytest.raises(LgeSynthError, match="There is no slice"):
        wanted_slices(replace(request_, slices=(index,)), study.series)


def test_that_auto_takes_the_ring_when_the_host_has_scar_or_none_is_asked(study, request_):
    index = request_.sketch.slices()[0]
    spacing = study.series.spacing[1:]
    asked = conditions_of(request_, study.series, index)
    local = holes_of(request_, asked, spacing, host_has_scar=False).model
    ring = holes_of(request_, asked, spacing, host_has_scar=True).model
    assert (ring >= asked.wall).all()
    assert not (local >= asked.wall).all()
    forced = replace(request_, hole=Hole.LOCAL)
    assert (holes_of(forced, asked, spacing, host_has_scar=True).model == local).all()
    nothing = conditions_of(replace(request_, sketch=ScarSketch()), study.series, index)
    erased = holes_of(forced, nothing, spacing, host_has_scar=False).model
    assert (erased == ring).all()


def test_that_both_grids_want_the_same_scar(study, request_):
    index = request_.sketch.slices()[0]
    asked = conditions_of(request_, study.series, index)
    mm2 = study.series.spacing[1] * study.series.spacing[2]
    native = (asked.native_labels == Label.SCAR).sum() * mm2
    assert (asked.labels == Label.SCAR).sum() == pytest.approx(native, rel=0.1)

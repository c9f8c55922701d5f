"""The window's file jobs on real files: reading in decoder processes, writing whole folders."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lgesynth_gui.app import services
from lgesynth_gui.app.session import State, request_of
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Progress, drive
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts


@pytest.fixture(scope="module")
def sample():
    return drive(services.sample())


@pytest.fixture(scope="module")
def result(sample):
    series, contours, sketch, settings = sample
    request = request_of(State(series, contours, sketch, settings), 0)
    return hearts.result_of(request, series)


def test_that_the_sample_heart_is_ready_to_generate(sample):
    series, contours, sketch, settings = sample
    assert series.shape[0] == len(contours.slices) == len(contours.outlined())
    assert all(one.accepted for one in contours.slices)
    assert sketch.slices()
    assert series.source.format == "phantom"
    assert series.label == "sample heart"
    assert (settings.seed, settings.count) == (7, 4)


def test_that_a_folder_is_listed_with_reason_and_thumbnail_and_loaded(sample):
    said = []
    infos = drive(services.find(services.bundled("resources") / "sample_heart"), said.append)
    row = services.describe(infos[0])
    assert row.usable
    assert "short-axis" in row.reason
    assert row.thumbnail.ndim == 2
    assert 0 <= row.thumbnail.min() <= row.thumbnail.max() <= 1
    assert any(isinstance(step, Progress) for step in said)
    series, contours = drive(services.load(infos[0]))
    assert contours is None
    assert np.array_equal(series.pixels, sample[0].pixels)


def test_that_a_mask_beside_a_volume_becomes_contours_that_wait_for_acceptance(
    sample, tmp_path, result
):
    from lgesynth_gui.io.nifti_write import nifti_bytes

    series = sample[0]
    (tmp_path / "heart.nii.gz").write_bytes(nifti_bytes(series.pixels, series.geometry))
    (tmp_path / "heart_mask.nii.gz").write_bytes(
        nifti_bytes(result.requested, series.geometry, labels=True)
    )
    infos = drive(services.find(tmp_path))
    loaded, contours = drive(services.load(next(info for info in infos if info.usable)))
    assert loaded.shape == series.shape
    assert isinstance(contours, HeartContours)
    assert contours.outlined()
    assert not any(one.accepted for one in contours.slices if one is not None)


def test_that_closing_a_job_midway_leaves_nothing_behind(sample):
    job = services.find(services.bundled("resources") / "sample_heart")
    next(job)
    job.close()
    assert drive(services.find(services.bundled("resources") / "sample_heart"))


def export(result, series, parent, reason="", formats=("dicom", "seg", "nifti", "png")):
    return drive(services.export(result, series, parent, formats, "new_subject", reason))


def test_that_each_export_gets_its_own_folder_named_by_seed_and_verdict(sample, result, tmp_path):
    first = export(result, sample[0], tmp_path / "out")
    second = export(result, sample[0], tmp_path / "out", formats=("png",))
    folders = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert folders == ["SYNTHETIC_LGE_seed7_PASS", "SYNTHETIC_LGE_seed7_PASS_2"]
    assert all(Path(p).is_file() for p in (*first, *second))


def test_that_the_reason_for_a_fail_is_written_and_without_one_nothing_is(sample, result, tmp_path):
    verdict = replace(result.verdict, grade=Grade.FAIL, dice=0.4)
    failed = replace(result, verdict=verdict)
    with pytest.raises(LgeSynthError, match="reason"):
        export(failed, sample[0], tmp_path / "none")
    assert not [one for one in tmp_path.rglob("*.*") if one.parent != tmp_path / "data"]
    paths = export(failed, sample[0], tmp_path / "out", "for the failure gallery")
    record = json.loads(next(p for p in paths if p.name.endswith("provenance.json")).read_bytes())
    assert record["reason"] == "for the failure gallery"

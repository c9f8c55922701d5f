"""Figures of a slice, and the phantom beside real slices."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.appearance import (
    Appearance,
    appearance,
    compare,
    measure_appearance,
)
from tests.evaluation.test_real import write_stacks

REAL = Path(__file__).parents[3] / "shared" / "data" / "emidec_dev"
MAIN = (
    "muscle", "muscle_sd", "blood", "blood_sd", "scar", "blood_contrast", "scar_contrast",
    "scar_over_blood", "noise", "cnr", "grain", "muscle_fine", "blood_fine", "outside_fine",
    "wall_mm", "wall_uneven", "cavity_mm", "endo_width_mm", "epi_step", "outside_low",
    "outside_middle", "outside_high", "scar_area_mm2", "scar_arc_deg", "scar_depth",
)  # fmt: skip


def ring(wall_mm=10.0, cavity_mm=22.0, *, scar_u=0.6, arc_deg=60.0, noise=0.02, blur=0.0):
    """Muscle -0.5, blood 0.3, surroundings -0.8, and a scar through half the wall."""
    y, x = np.indices((128, 128)) - 63.5
    radius, angle = np.hypot(x, y), np.degrees(np.arctan2(-y, x))
    labels = np.zeros((128, 128), dtype=np.uint8)
    labels[radius < cavity_mm + wall_mm] = 2
    labels[radius < cavity_mm] = 1
    inner = (radius >= cavity_mm) & (radius < cavity_mm + wall_mm / 2)
    labels[inner & (abs(angle) < arc_deg / 2)] = 3
    image = np.choose(labels, [-0.8, 0.3, -0.5, scar_u])
    if blur:
        image = ndimage.gaussian_filter(image, blur)
    image = image + noise * np.random.default_rng(1).standard_normal(image.shape)
    return image.astype(np.float32), labels


def test_that_the_figures_of_a_known_ring_are_those_it_was_made_with() -> None:
    found = appearance(*ring())
    assert found.muscle == pytest.approx(-0.5, abs=0.01)
    assert found.blood_contrast == pytest.approx(0.8, abs=0.02)
    assert found.scar_contrast == pytest.approx(1.1, abs=0.02)
    assert found.noise == pytest.approx(0.02, rel=0.1)
    assert found.cnr == pytest.approx(40, rel=0.12)
    assert abs(found.grain) < 0.12
    assert found.wall_mm == pytest.approx(10, abs=0.2)
    assert found.cavity_mm == pytest.approx(22, abs=0.2)
    assert found.scar_arc_deg == pytest.approx(60, abs=10)
    assert found.scar_depth == pytest.approx(0.5, abs=0.08)
    assert found.scar_parts == 1
    assert found.dark_rim > 0.95
    assert found.bright_rim < 0.05


@pytest.mark.parametrize("scar_u", [0.0, 0.4, 0.9])
def test_that_brighter_scar_is_greater_contrast_and_nothing_else(scar_u: float) -> None:
    low, high = appearance(*ring(scar_u=scar_u)), appearance(*ring(scar_u=scar_u + 0.2))
    assert high.scar_contrast - low.scar_contrast == pytest.approx(0.2, abs=1e-3)
    assert high.scar_over_blood > low.scar_over_blood
    assert (high.muscle, high.blood, high.wall_mm) == (low.muscle, low.blood, low.wall_mm)


def test_that_added_noise_is_greater_noise_and_blur_is_softer_edges_and_coarser_grain() -> None:
    quiet, loud = appearance(*ring(noise=0.02)), appearance(*ring(noise=0.08))
    assert loud.noise == pytest.approx(4 * quiet.noise, rel=0.05)
    assert loud.cnr < quiet.cnr
    assert loud.blood_fine > quiet.blood_fine
    assert loud.muscle_fine > quiet.muscle_fine
    widths = [appearance(*ring(blur=blur, noise=0.0)).endo_width_mm for blur in (0.7, 1.2, 2.0)]
    assert widths == sorted(widths)
    assert widths[2] == pytest.approx(2.0 * 2.0, rel=0.25)  # 0.8 of the contrast over the slope
    image, labels = ring(noise=0.05)
    grainy = appearance(ndimage.gaussian_filter(image, 0.8), labels)
    assert grainy.grain > appearance(image, labels).grain + 0.3


@pytest.mark.parametrize("wall_mm", [6.0, 9.0, 14.0])
def test_that_a_thicker_wall_is_measured_in_mm(wall_mm: float) -> None:
    found = appearance(*ring(wall_mm=wall_mm, arc_deg=0.0))
    assert found.wall_mm == pytest.approx(wall_mm, abs=0.2)
    assert found.wall_uneven < 0.1


def test_that_what_a_slice_does_not_show_is_unknown() -> None:
    found = appearance(*ring(arc_deg=0.0))
    assert np.isnan([found.scar, found.scar_contrast, found.scar_area_mm2]).all()
    image, labels = ring()
    closed = appearance(image, np.where(labels == 1, 2, labels).astype(np.uint8))
    assert np.isnan([closed.blood, closed.endo_width_mm, closed.cavity_mm]).all()
    with pytest.raises(LgeSynthError):
        appearance(image, np.zeros_like(labels))
    with pytest.raises(LgeSynthError):
        appearance(image[:64], labels)


def test_that_alike_sets_lie_at_distance_zero_and_moved_ones_do_not() -> None:
    some = [appearance(*ring(noise=noise)) for noise in (0.01, 0.03, 0.06)]
    rows = {row.name: row for row in compare(some, some)}
    assert all(row.distance == 0 and row.within for row in rows.values())
    assert set(rows) <= {one.name for one in fields(Appearance)}
    moved = [replace(one, muscle=one.muscle + 1.0) for one in some]
    far = {row.name: row for row in compare(moved, some)}["muscle"]
    assert far.distance > 1
    assert not far.within


def test_that_real_medians_are_ordinary_draws_of_the_phantom() -> None:
    if not REAL.is_dir():
        pytest.skip("needs ../shared/data/emidec_dev")
    for stream in ("generator", "reward"):
        rows = {row.name: row for row in drive(measure_appearance(REAL, 60, 5, stream))}
        outside = [name for name in MAIN if not rows[name].within]
        assert not outside, (stream, outside)


def test_that_slices_written_as_real_ones_are_measured_beside_the_phantom(tmp_path, capsys):
    folder = write_stacks(tmp_path / "stacks")
    command = ["evaluate", "phantom", "--data", str(folder), "--count", "6", "--stream", "test"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    assert "wall_mm" in capsys.readouterr().out
    with (tmp_path / "out" / "phantom.csv").open() as file:
        rows = {row["figure"]: row for row in csv.DictReader(file)}
    assert 3 < float(rows["wall_mm"]["real median"]) < 25
    assert float(rows["wall_mm"]["phantom 5 %"]) < float(rows["wall_mm"]["phantom 95 %"])
    assert main([*command[:3], str(tmp_path), *command[4:]]) != 0

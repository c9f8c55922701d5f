"""What the panels of a whole evaluation say, for outcomes whose worth is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import CEILING, CHANCE, UNTOUCHED
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.nearest import Near, two_nearest
from lgesynth_gui.evaluation.outcome import Outcome
from lgesynth_gui.evaluation.panel import Panel
from lgesynth_gui.evaluation.panel_agreement import bland_altman, segment_errors
from lgesynth_gui.evaluation.panel_alignment import accepted, alignment_panel, leading, pass_curves
from lgesynth_gui.evaluation.panel_others import HELD_OUT, by_segment, privacy_panel
from lgesynth_gui.evaluation.parts import ALIGNMENT, PRIVACY, Parts, Readings
from lgesynth_gui.evaluation.privacy import EXACT, NOISY
from lgesynth_gui.evaluation.rows import Row
from tests.evaluation.test_rows import outcome

RING = (7, 8)


def some(dices: list[float], **changes: Any) -> tuple[Outcome, ...]:
    made = (outcome(dice, group=str(k)) for k, dice in enumerate(dices))
    return tuple(replace(one, **changes) for one in made)


def found(folder: Path, rows: dict[str, tuple[Outcome, ...]]) -> Found:
    parts = Parts(folder)
    for name, outcomes in rows.items():
        parts.keep(ALIGNMENT, name, Readings(outcomes))
    n = len(next(iter(rows.values())))
    systems = tuple(name for name in rows if name not in (CEILING, CHANCE, UNTOUCHED))
    ours = tuple(name for name in systems if name.startswith("LGESynthNet"))
    return Found(parts, systems, ours, "judge/1", (RING,) * n, (RING,) * n)


def test_that_a_judge_that_likes_plain_brightness_is_called_blind(tmp_path: Path) -> None:
    rows = {CEILING: some([0.9] * 4), "constant brightness": some([0.8] * 4),
            "LGESynthNet": some([0.8] * 4)}  # fmt: skip
    blind: Panel = drive(alignment_panel(found(tmp_path, rows)))
    assert any("cannot see texture" in one for one in blind.alarms)
    rows["constant brightness"] = some([0.2] * 4)
    seeing: Panel = drive(alignment_panel(found(tmp_path / "other", rows)))
    assert not seeing.alarms


def test_that_a_reward_gap_that_grows_with_guidance_is_an_alarm(tmp_path: Path) -> None:
    rows = {"LGESynthNet": some([0.7] * 4, reward_dice=0.7),
            "LGESynthNet, guided": some([0.7] * 4, reward_dice=0.9)}  # fmt: skip
    panel: Panel = drive(alignment_panel(found(tmp_path, rows)))
    words = "LGESynthNet, guided: the reward gap grew by 0.20 over that of LGESynthNet."
    assert panel.alarms == (words,)


def test_that_ours_leads_only_where_intervals_do_not_touch(tmp_path: Path) -> None:
    low, high = Figure("x", 0.5, 0.4, 0.6, 9), Figure("x", 0.9, 0.7, 1.0, 9)
    assert leading(high, low) == "ours leads"
    assert leading(low, high) == "the baseline leads"
    assert leading(high, replace(low, high=0.7)) == "not told apart"
    rows = {CEILING: some([0.9] * 30), "copy-paste": some([0.1] * 30),
            "SPADE-LC": some([0.9] * 30), "LGESynthNet": some([0.9] * 30)}  # fmt: skip
    panel: Panel = drive(alignment_panel(found(tmp_path, rows)))
    assert any("leads 1 of 2 baselines" in one and "copy-paste" in one for one in panel.words)


def test_that_ours_painted_otherwise_is_no_baseline_and_a_longer_name_is(tmp_path: Path) -> None:
    def baselines(ours: tuple[str, ...], *systems: str) -> tuple[str, ...]:
        return Found(Parts(tmp_path), systems, ours, "judge/1", (), ()).baselines

    rows = ("ControlNet", "ControlNet, as published", "ControlNet+Template", "SPADE-LC")
    assert baselines(("ControlNet",), *rows) == ("ControlNet+Template", "SPADE-LC")
    assert baselines((), *rows) == rows


def test_that_the_gates_rule_lets_small_scars_pass_by_place_and_size() -> None:
    good = outcome(0.7)
    assert accepted(good)
    assert not accepted(replace(good, co_agrees=False))
    assert not accepted(replace(good, outside=0.01)), "as one that re-invents the whole picture"
    assert accepted(replace(good, outside=0.01), painted=False), "a true scar has no host"
    small = replace(outcome(0.5), area=80.0, centroid=2.0, ratio=1.2, co_agrees=True)
    assert accepted(small)
    assert not accepted(replace(small, area=120.0))
    assert not accepted(replace(small, centroid=float("nan")))


def test_that_the_curve_of_pass_rates_falls_from_all_to_none() -> None:
    plot = pass_curves([Row(CEILING, some([0.2, 0.4, 0.6, 0.8]))])
    (line,) = plot.lines
    shares = dict(zip(np.round(line.x, 2), line.y, strict=True))
    assert (shares[0.0], shares[0.5], shares[1.0]) == (1.0, 0.5, 0.0)
    assert dict(plot.marks)["the judge's median on true scars"] == pytest.approx(0.5)


def test_that_mass_errors_have_bias_and_limits_in_grams() -> None:
    outcomes = some([0.7] * 3, area=100.0)
    row = Row("a", tuple(replace(o, found_area=f) for o, f in zip(outcomes, (0, 100, 200),
                                                                 strict=True)))  # fmt: skip
    bias, limits = bland_altman(row)
    assert bias.value == pytest.approx(0)
    assert limits.high == pytest.approx(1.96 * 1.05, rel=1e-3)  # 100 mm2 x 10 mm x 1.05 g/mL
    assert limits.low == pytest.approx(-limits.high)


def test_that_segment_errors_lie_in_the_segments_of_the_ring() -> None:
    outcomes = some([0.7] * 2, asked_grades=(4, 0), found_grades=(2, 0))
    errors = segment_errors(Row("a", outcomes), (RING, RING))
    assert (errors[6], errors[7]) == (2.0, 0.0)
    assert np.isnan(errors[0])
    assert by_segment(outcomes)[0] == 1.0


def near(scores: list[float]) -> Near:
    n = len(scores)
    return Near(tuple(map(str, range(n))), tuple(scores), (0.2,) * n, (0.4,) * n, 1.0)


def test_that_copies_are_an_alarm_only_beyond_what_true_scars_show(tmp_path: Path) -> None:
    rows = {HELD_OUT: near([0.5] * 30), EXACT: near([5.0] * 30), NOISY: near([5.0] * 30),
            "copying": near([2.0] * 10 + [0.5] * 20),
            "honest": near([2.0] + [0.5] * 29)}  # fmt: skip
    parts = Parts(tmp_path)
    for name, one in rows.items():
        parts.keep(PRIVACY, name, one)
    panel = privacy_panel(Found(parts, ("copying", "honest"), (), "judge/1", (), ()))
    (alarm,) = panel.alarms
    assert alarm.startswith("copying: more copies")


def test_that_the_nearest_slice_of_a_copy_is_itself() -> None:
    rng = np.random.default_rng(0)
    known = rng.normal(size=(5, 128, 128)).astype(np.float32)
    here = (slice(20, 90), slice(20, 90))
    first, second = two_nearest(known[3], known, here)
    assert first == 0
    assert second == pytest.approx(np.sqrt(2), rel=0.05)

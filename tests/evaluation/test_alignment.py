import json

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.alignment import Outcome, Report, measure_alignment, scarred, wish_of
from lgesynth_gui.quality.interval import wilson
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.synthesis.conditioning import conditions_of
from tests.synthesis.tiny import write_bundle


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"), rewards=1)


def outcome(judged, ceiling=0.5):
    return Outcome("fabry", 120.0, judged, judged, ceiling, 0.1, False)


def metric(report, name):
    return next(m for m in report.metrics() if m.name.startswith(name))


def test_that_the_pass_share_counts_strictly_above_the_limit_with_its_interval():
    report = Report("net/1.0.0", "judge/1.0.0", 8, 0.0, 1, tuple(map(outcome, [0.6, 0.61, 0.9])))
    share = metric(report, "Share with judge Dice")
    assert (share.value, share.n) == (round(2 / 3, 4), 3)
    assert (share.low, share.high) == tuple(round(v, 4) for v in wilson(2, 3))


def test_that_the_ceiling_stands_beside_the_figure():
    report = Report("net/1.0.0", "judge/1.0.0", 8, 0.0, 1, (outcome(0.9, 0.4), outcome(0.7, 0.8)))
    assert metric(report, "Ceiling: judge Dice").value == pytest.approx(0.6)
    assert metric(report, "Ceiling: share").value == 0.5


def test_that_a_wish_is_the_clean_outline_in_a_healthy_host():
    one = next(scarred(3))
    request, host = wish_of(one, 5, 4, 0.0)
    assert (host.pixels[0] == one.clean).all()
    labels = conditions_of(request, host, 0).labels
    both = (labels >= 3) & (one.labels >= 3)
    assert both.sum() > 0.4 * (one.labels >= 3).sum()


def test_that_the_command_measures_and_writes_the_card(models, tmp_path, capsys):
    arguments = ["evaluate", "alignment", "--models", str(models), "--count", "2", "--steps", "1"]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--card", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    card = find_model("controlnet", (models,))
    assert [m.name for m in card.metrics] == [m["name"] for m in told]
    assert all(m.low <= m.value <= m.high and m.n == 2 for m in card.metrics)
    whole = json.loads((tmp_path / "out" / "alignment.json").read_text())
    assert len(whole["outcomes"]) == 2
    mean = np.mean([row["ceiling"] for row in whole["outcomes"]])
    assert mean == pytest.approx(next(m["value"] for m in told if "mean" in m["name"] and
                                      m["name"].startswith("Ceiling")), abs=1e-4)  # fmt: skip
    assert main([*arguments, "--card", "--json"]) == 0
    assert len(find_model("controlnet", (models,)).metrics) == len(told)  # replaced, not doubled


def test_that_no_judge_is_no_measurement(models, tmp_path):
    import shutil

    shutil.copytree(models, tmp_path / "m")
    shutil.rmtree(tmp_path / "m" / "judge")
    with pytest.raises(LgeSynthError, match="no judge"):
        drive(measure_alignment(count=1, folders=(tmp_path / "m",)))

import json

import numpy as np
import pytest

from lgesynth_gui.cli.outcomes import kept, show_all, verdict_rows
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict


def result(grade, dice=0.7):
    pixels = np.zeros((1, 4, 4), np.uint16)
    findings = (Finding("judge Dice", grade, "Dice 0.70 against 0.60."),)
    return SynthesisResult(
        request=SynthesisRequest("x", HeartContours((None,)), ScarSketch(), seed=5),
        slices=(0,),
        pixels=pixels,
        edited=pixels > 0,
        requested=pixels.astype(np.uint8),
        measured=pixels.astype(np.uint8),
        captions=((0, "Subendocardial enhancement in the mid anterior wall"),),
        verdict=Verdict(grade, findings, dice=dice, judge="judge 1.0.0", untouched=16),
    )


@pytest.mark.parametrize(
    ("grade", "reason", "expected"),
    [
        (Grade.PASS, "", True),
        (Grade.CHECK, "", True),
        (Grade.FAIL, "", False),
        (Grade.FAIL, "too short", False),
        (Grade.FAIL, " . . . . . . . ", False),
        (Grade.FAIL, "wanted for a figure", True),
        (Grade.BLOCKED, "wanted for a figure", False),
        (Grade.NOT_JUDGED, "wanted for a figure", False),
    ],
)
def test_that_only_a_fail_can_be_kept_by_a_reason(grade, reason, expected):
    assert kept(result(grade), reason) is expected


def test_that_the_verdict_has_a_glyph_a_word_and_its_reasons():
    rows = dict(verdict_rows(result(Grade.PASS).verdict))
    assert rows["verdict"] == "✓ PASS"
    assert rows["judge Dice"] == "0.70 (limit 0.60) by judge 1.0.0"
    assert rows["untouched zone"] == "0 of 16 pixels changed"
    assert rows["✓ judge Dice"] == "Dice 0.70 against 0.60."


def test_that_json_is_the_only_thing_on_standard_output(capsys, tmp_path):
    show_all("x", [(result(Grade.PASS), tmp_path, (tmp_path / "a.png",))], True)
    (found,) = json.loads(capsys.readouterr().out)
    assert found["slices"] == [1]
    assert found["verdict"]["dice"] == 0.7
    assert found["files"] == [str(tmp_path / "a.png")]


def test_that_people_read_that_it_is_synthetic(capsys):
    show_all("x", [(result(Grade.FAIL), None, ())], False)
    shown = capsys.readouterr().out
    assert "✗ FAIL" in shown
    assert "not for diagnosis" in shown

"""No model becomes the default unless it beats the present one on held-out patients."""

from dataclasses import replace

import pytest

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.registry.defaults import default_card, read_choice
from lgesynth_gui.training import gate
from lgesynth_gui.training.gate import decide, make_default
from lgesynth_gui.training.held_out_table import (
    Difference,
    HeldOut,
    Interval,
    Measured,
    read_table,
    write_table,
)

CURRENT, TUNED = find_model("lgesynth-net"), find_model("controlnet")
NOTHING = Interval()
SOME = Interval(0.5, 0.4, 0.6, 40)


def table(**changed):
    row = Measured("before", SOME, SOME, SOME, Interval(), {"a task": SOME})
    whole = HeldOut(
        before=f"{CURRENT.reference} {CURRENT.sha256}",
        after=f"{TUNED.reference} {TUNED.sha256}",
        judge="judge/1.0.0", patients=8, cases=40, seed=0, steps=6,
        rows=(row, replace(row, name="after"), replace(row, name="real scars")),
        computed=(row, replace(row, name="after")),
        difference=Difference(Interval(0.05, 0.01, 0.09, 40), Interval(0.1, 0.0, 0.2, 40)),
    )  # fmt: skip
    return replace(whole, **changed)


FORGOT = (
    Measured("before", SOME, Interval(0.9, 0.85, 0.95, 16)),
    Measured("after", SOME, Interval(0.5, 0.4, 0.6, 16)),
)


def gain(low, high, passed=NOTHING):
    return Difference(Interval((low + high) / 2, low, high, 40), passed)


def test_that_a_sure_gain_passes():
    decision = decide(TUNED, table(), CURRENT)
    assert decision.passed
    assert "8 held-out patients" in decision.words
    assert "+0.05 (+0.01 to +0.09)" in decision.words
    assert decide(CURRENT, None, CURRENT).passed


def test_that_a_contrast_nearer_to_the_patients_own_is_told_but_is_no_gain():
    nearer = Difference(Interval(-0.05, -0.1, 0.0, 40), NOTHING, Interval(-0.3, -0.5, -0.1, 20))
    decision = decide(TUNED, table(difference=nearer), CURRENT)
    assert not decision.passed
    assert "contrast came nearer" in decision.words
    unsure = replace(nearer, contrast=Interval(-0.1, -0.3, 0.1, 20))
    assert "contrast" not in decide(TUNED, table(difference=unsure), CURRENT).words


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"difference": gain(-0.01, 0.09)}, "no sure gain"),
        ({"difference": gain(0.0, 0.09)}, "no sure gain"),
        ({"patients": 4}, "fewer than 5 patients can all gain by chance"),
        ({"difference": Difference(Interval(), Interval())}, "no sure gain"),
        ({"difference": gain(0.01, 0.02, Interval(-0.2, -0.3, -0.1, 40))}, "passes fell"),
        ({"before": "controlnet/1.0.0 " + "1" * 64}, "compared with controlnet/1.0.0"),
        ({"after": "other/1.0.0 " + "1" * 64}, "another model's"),
        ({"alarms": ("The reward gap grew by 0.20.",)}, "reward gap"),
        ({"blocked": True}, "memorisation"),
        ({"computed": FORGOT}, "forgot computed slices"),
    ],
)
def test_that_anything_less_does_not(changed, word):
    decision = decide(TUNED, table(**changed), CURRENT)
    assert not decision.passed
    assert word in decision.words


def test_that_an_unmeasured_model_needs_a_typed_reason():
    with pytest.raises(Refused, match="not measured on held-out") as told:
        make_default("controlnet")
    assert told.value.code == "TRN-18"
    with pytest.raises(Refused):
        make_default("controlnet", "  a    b c   ")
    assert default_card().id == "lgesynth-net"


def test_that_a_choice_is_kept_with_its_reason_and_the_usual_model_may_come_back():
    assert not make_default("controlnet", "It was trained on our scanner.").passed
    assert default_card().id == "controlnet"
    assert read_choice().reason == "It was trained on our scanner."
    assert make_default("lgesynth-net").passed  # nothing has to be proved for it
    assert read_choice() is None
    with pytest.raises(LgeSynthError, match="paints nothing"):
        make_default("judge")


def test_that_a_reason_is_not_kept_where_none_is_needed(monkeypatch):
    monkeypatch.setattr(gate, "read_table", lambda path: table())
    assert make_default("controlnet", "not needed, so not kept").passed
    assert read_choice().reason == ""
    assert default_card() == TUNED


def test_that_a_table_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "held_out.json"
    assert read_table(path) is None
    write_table(path, table())
    assert read_table(path) == table()
    for data in (b"", b"[]", b'{"format": 1}', path.read_bytes().replace(b'"n":40', b'"n":"x"')):
        path.write_bytes(data)
        with pytest.raises(LgeSynthError, match="cannot be read"):
            read_table(path)

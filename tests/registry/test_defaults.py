"""Which model is taken when none is named: a choice counts for that very model only."""

import pytest

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.registry.defaults import (
    FILE,
    Chosen,
    default_card,
    default_name,
    read_choice,
    write_choice,
)
from lgesynth_gui.registry.places import user_models


def test_that_the_usual_model_is_the_default_until_another_is_chosen():
    assert default_name() == "lgesynth-net"
    card = find_model("controlnet")
    write_choice(Chosen(card.reference, card.sha256, "It suits our scanner.", "2026-01-02"))
    assert read_choice().reason == "It suits our scanner."
    assert default_card() == card
    assert default_name([user_models()]) == ""  # a choice does not speak for other places
    write_choice(None)
    write_choice(None)
    assert read_choice() is None
    assert default_name() == "lgesynth-net"


@pytest.mark.parametrize("model", ["controlnet/1.0.0", "gone/1.0.0", "judge"])
def test_that_a_choice_of_other_weights_or_kind_does_not_count(model):
    write_choice(Chosen(model, "0" * 64))
    assert default_name() == "lgesynth-net"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"model": 3}', b"\xff", b"x" * 20_000])
def test_that_a_damaged_choice_is_no_choice(data):
    user_models().mkdir(parents=True)
    (user_models() / FILE).write_bytes(data)
    assert read_choice() is None
    assert default_name() == "lgesynth-net"


def test_that_without_models_there_is_no_default(tmp_path):
    with pytest.raises(LgeSynthError, match="no synthesis model"):
        default_card([tmp_path])

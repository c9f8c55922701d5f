import pytest

from lgesynth_gui.app.compare import MODES, effective, following
from lgesynth_gui.app.mouse import PRESETS, lines, preset_of
from lgesynth_gui.app.preferences import MOUSE_PRESETS


@pytest.mark.parametrize(("single", "count"), [(False, 4), (True, 3)])
def test_that_cycling_visits_every_mode_there_is_room_for(single, count):
    seen, now = [], effective("side", single=single)
    for _ in range(count):
        seen.append(now)
        now = following(now, single=single)
    assert now == seen[0]
    assert len(set(seen)) == count
    assert ("side" in seen) is not single


def test_that_every_mode_has_words():
    assert all(text and tip for _, text, tip in MODES)


def test_that_the_presets_are_those_one_can_choose():
    assert tuple(PRESETS) == MOUSE_PRESETS
    assert preset_of("a viewer of tomorrow") == PRESETS["LGESynth"]


@pytest.mark.parametrize("name", PRESETS)
def test_that_the_list_of_a_preset_says_what_its_buttons_do(name):
    one, told = preset_of(name), dict(lines(name))
    words = {"window": "window", "zoom": "zoom", "pan": "pan", "box": "box"}
    assert words[one.right] in told["right drag"]
    assert words[one.middle] in told["middle drag"]
    assert ("Shift + left drag" in told) is (one.shift_left is not None)
    assert told["wheel"].startswith("slice")

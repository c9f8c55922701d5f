import pytest

from lgesynth_gui.anatomy.territories import Artery, segments_fed_by, shares
from lgesynth_gui.core.errors import LgeSynthError


@pytest.mark.parametrize("left_dominant", [False, True])
@pytest.mark.parametrize("segment", range(1, 18))
def test_that_shares_sum_to_one(segment, left_dominant):
    assert sum(shares(segment, left_dominant=left_dominant).values()) == pytest.approx(1)


def test_that_the_textbook_gives_every_segment_one_artery():
    every = [s for artery in Artery for s in segments_fed_by(artery)]
    assert sorted(every) == list(range(1, 18))


def test_that_left_dominance_gives_the_inferior_wall_to_the_circumflex():
    turned = shares(4, left_dominant=True)
    assert turned[Artery.RCA] == 0
    assert turned[Artery.LCX] == pytest.approx(0.98)
    assert shares(1, left_dominant=True) == shares(1)


def test_that_there_is_no_segment_18():
    with pytest.raises(LgeSynthError):
        shares(18)

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.captions import canonical, say, understand
from lgesynth_gui.anatomy.paraphrase import paraphrase
from lgesynth_gui.core.caption import Caption
from lgesynth_gui.core.errors import NotUnderstood
from tests.anatomy.structures import captions, every_region

SEEDS = st.integers(0, 2**32 - 1)
MISREAD = 0.005  # share of wordings that may be lost to slips beyond repair


def reads(text: str) -> Caption | None:
    try:
        return understand(text).caption
    except NotUnderstood:
        return None


def test_that_wordings_of_every_region_are_read_back():
    rng = np.random.default_rng(1)
    every = every_region()
    lost = [
        (say(Caption((region,))), text)
        for region in every
        if reads(text := paraphrase(Caption((region,)), rng)) != Caption((region,))
    ]
    assert len(lost) <= MISREAD * len(every), lost


def test_that_wordings_of_several_regions_are_read_back():
    rng = np.random.default_rng(2)
    every, lost, count = every_region(), [], 1500
    for _ in range(count):
        chosen = [every[int(i)] for i in rng.integers(len(every), size=3)]
        claims = [s for one in chosen for s in (one.segments or (one.site,))]
        if len(set(claims)) < len(claims):
            chosen = chosen[:1]
        caption = Caption(tuple(chosen))
        text = paraphrase(caption, rng)
        if reads(text) != canonical(caption):
            lost.append((say(caption), text))
    assert len(lost) <= MISREAD * count, lost


@settings(max_examples=200, deadline=None)
@given(captions(), SEEDS)
def test_that_the_seed_decides_the_wording(caption, seed):
    first, second = (paraphrase(caption, np.random.default_rng(seed)) for _ in "ab")
    assert first == second
    assert first.strip()
    assert "\n" not in first


@settings(max_examples=200, deadline=None)
@given(captions(), SEEDS)
def test_that_a_wording_is_not_much_longer_than_the_caption(caption, seed):
    text = paraphrase(caption, np.random.default_rng(seed))
    assert len(text.split()) <= len(say(caption).split()) + 6 * max(1, len(caption.regions))


def test_that_one_structure_is_worded_in_many_ways():
    rng = np.random.default_rng(3)
    every = every_region()
    for region in every[:: len(every) // 12]:
        assert len({paraphrase(Caption((region,)), rng) for _ in range(60)}) > 25


def test_that_health_is_worded_in_several_ways_and_read_as_health():
    rng = np.random.default_rng(4)
    texts = {paraphrase(Caption(), rng) for _ in range(200)}
    assert len(texts) > 6
    lost = [text for text in texts if reads(text) != Caption()]
    assert len(lost) <= 1, lost


def test_that_slips_and_other_names_occur():
    rng = np.random.default_rng(5)
    every = every_region()
    texts = [
        paraphrase(Caption((every[int(i)],)), rng) for i in rng.integers(len(every), size=2000)
    ]
    lower = [text.lower() for text in texts]
    for word in ("lad", "segment", "%", "lge", "posterior", "mvo", "hinge", "epicardial"):
        assert any(word in text for text in lower), word
    slipped = sum(any("is read as" in n for n in understand(t).notices) for t in texts if reads(t))
    assert 0.02 < slipped / len(texts) < 0.2

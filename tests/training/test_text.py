import numpy as np
import pytest
import torch

from lgesynth_gui.anatomy.captions import canonical, parse, say
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.cards import find_model
from lgesynth_gui.synthesis.models import load_text
from lgesynth_gui.synthesis.networks import TextSizes
from lgesynth_gui.training.captions import ATTRIBUTES, attributes, draw_structure, near_miss
from lgesynth_gui.training.loop import LoopOptions, train
from lgesynth_gui.training.text import TextStage, learn_vocabulary


@pytest.fixture(scope="module")
def tokens():
    return learn_vocabulary(0, texts=400, size=300)


@pytest.fixture
def stage(monkeypatch, tokens):
    monkeypatch.setattr("lgesynth_gui.training.text.learn_vocabulary", lambda seed: tokens)
    return TextStage(0, 6, TextSizes(len(tokens), 32, 1, 2))


def test_that_every_drawn_structure_can_be_said_and_read_back():
    rng = np.random.default_rng(0)
    for _ in range(500):
        caption = draw_structure(rng)
        assert parse(say(caption)) == canonical(caption)


def test_that_a_near_miss_always_differs_and_can_be_said():
    rng = np.random.default_rng(1)
    for _ in range(500):
        caption = draw_structure(rng)
        other = near_miss(caption, rng)
        assert canonical(other) != canonical(caption)
        assert parse(say(other)) == canonical(other)


def test_that_attributes_tell_what_a_caption_says():
    hot = attributes(parse("Patchy mid-wall enhancement in the mid anterior and lateral wall"))
    assert np.flatnonzero(hot["segments"]).tolist() == [6, 10, 11]
    assert hot["flags"].tolist() == [1, 0, 0]
    assert {name: len(values) for name, values in hot.items()} == ATTRIBUTES


def test_that_the_vocabulary_holds_the_words_of_the_grammar(tokens):
    for word in ("enhancement", "transmural", "anterior", "wall", "apical"):
        assert word in tokens.pieces


def test_that_the_same_words_in_other_phrasings_come_nearer_than_a_near_miss(stage, tmp_path):
    """A few steps already lower the loss of a batch that was not trained on."""
    batch = stage.batch(np.random.default_rng(99))
    with torch.no_grad():
        before, _ = stage.loss(batch, torch.Generator().manual_seed(0), 0)
    options = LoopOptions(steps=40, warmup=2, learning_rate=3e-3, bf16=False, ema=0.8)
    folder = drive(train(stage, tmp_path, options))
    with torch.no_grad():
        after, _ = stage.loss(batch, torch.Generator().manual_seed(0), 0)
    assert after < 0.8 * before
    card = find_model("text-encoder", (folder,))
    assert {m.name for m in card.metrics} == {
        f"Captions whose {name} are read right" for name in ATTRIBUTES
    }
    assert all(m.low <= m.value <= m.high for m in card.metrics)
    with torch.no_grad():
        assert load_text(card, (folder,))(["Transmural enhancement"]).shape == (1, 64, 32)

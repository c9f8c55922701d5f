import json
import shutil

import pytest
import torch

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import models_of
from lgesynth_gui.synthesis.models import load_bundle, sizes_and_bands
from lgesynth_gui.synthesis.text import CaptionEncoder
from tests.synthesis.tiny import BANDS, SIZES, write_bundle


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_bundle(tmp_path_factory.mktemp("models"), rewards=2)


@pytest.fixture
def copy(root, tmp_path):
    shutil.copytree(root, tmp_path / "models")
    return tmp_path / "models"


def test_that_a_bundle_knows_every_network_by_its_hash(root):
    bundle = load_bundle(folders=(root,))
    roles = [role for role, _ in bundle.cards]
    assert roles == ["controlnet", "base", "text", "reward", "reward", "judge"]
    assert all(len(text.split()[1]) == 64 for _, text in bundle.models)
    assert sizes_and_bands(dict(bundle.cards)["base"]) == (SIZES, BANDS)


def test_that_captions_become_context_of_the_unets_width(root):
    encoder = load_bundle(folders=(root,)).encoder
    assert isinstance(encoder, CaptionEncoder)
    with torch.no_grad():
        context = encoder(["Transmural enhancement", ""])
    assert context.shape == (2, 64, SIZES.text_width)
    assert context[1].abs().sum() > 0  # the empty caption is a caption, too


def test_that_a_base_trained_with_another_encoder_is_refused(copy):
    path = copy / "base" / "1.0.0" / "model.json"
    card = json.loads(path.read_text())
    card["text_encoder"] = "text-encoder/1.0.0 " + "0" * 64
    path.write_text(json.dumps(card))
    with pytest.raises(LgeSynthError, match="other text encoders"):
        load_bundle(folders=(copy,))


def test_that_another_base_than_the_one_it_was_trained_on_is_refused(copy):
    for name in ("base", "controlnet"):
        path = copy / name / "1.0.0" / "model.json"
        card = json.loads(path.read_text())
        if name == "controlnet":
            card["base"] = "base/1.0.0 " + "0" * 64
        path.write_text(json.dumps(card))
    with pytest.raises(LgeSynthError, match="not the one"):
        load_bundle(folders=(copy,))


def test_that_a_judge_which_is_a_reward_network_is_refused(copy):
    shutil.rmtree(copy / "judge")
    shutil.copytree(copy / "reward-a", copy / "judge")
    path = copy / "judge" / "1.0.0" / "model.json"
    path.write_text(path.read_text().replace("reward-a", "judge").replace('"reward"', '"judge"'))
    with pytest.raises(LgeSynthError, match="judge must be another"):
        load_bundle(folders=(copy,))


def test_that_damaged_weights_are_refused(copy):
    path = copy / "base" / "1.0.0" / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(Refused, match="MOD-08"):
        load_bundle(folders=(copy,))


def test_that_no_model_at_all_is_said(tmp_path):
    with pytest.raises(LgeSynthError, match="no synthesis model"):
        load_bundle(folders=(tmp_path,))


def test_that_no_bundled_rival_can_be_asked_to_synthesise():
    rivals = models_of("rival")
    assert {card.id for card in rivals} == {"spade-lc", "spade-fc", "controlnet-template"}
    for card in rivals:
        with pytest.raises(LgeSynthError, match="for comparison only"):
            load_bundle(card.reference)

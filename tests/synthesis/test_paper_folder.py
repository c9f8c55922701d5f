"""Local Stable-Diffusion and BERT folders: loaded exactly, or refused before anything is made."""

import json
import pickle
import shutil
import tracemalloc

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from transformers import BertModel

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.synthesis.paper_configs import read_bert, read_unet, read_vae
from lgesynth_gui.synthesis.paper_folder import plan
from lgesynth_gui.synthesis.paper_model import load_paper
from lgesynth_gui.synthesis.paper_networks import (
    build_bert,
    build_control,
    build_unet,
    build_vae,
    control_of,
    numbers_in,
    vae_name,
)
from tests.synthesis.tiny_paper import WEIGHTS, edit, reweigh, write_bert, write_sd


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    root = tmp_path_factory.mktemp("paper")
    return write_sd(root / "sd", control=3), write_bert(root / "bert")


@pytest.fixture
def folders(originals, tmp_path):
    return tuple(shutil.copytree(one, tmp_path / one.name) for one in originals)


def code_of(sd, bert):
    with pytest.raises(Refused) as refused:
        plan(sd, bert)
    return refused.value.code


def test_that_what_is_loaded_is_what_the_libraries_themselves_load(originals):
    sd, bert = originals
    paper = drive(load_paper(plan(sd, bert)))
    theirs = {
        paper.denoiser.unet: UNet2DConditionModel.from_pretrained(sd / "unet"),
        paper.denoiser.control: ControlNetModel.from_pretrained(sd / "controlnet"),
        paper.codec.vae: AutoencoderKL.from_pretrained(sd / "vae"),
        paper.encoder.bert: BertModel.from_pretrained(bert, add_pooling_layer=False),
    }
    for ours, other in theirs.items():
        found, wanted = ours.state_dict(), other.state_dict()
        assert found.keys() == wanted.keys()
        assert all(torch.equal(found[key], wanted[key]) for key in found)
    sample, step = torch.randn(1, 4, 16, 16), torch.tensor(40)
    context = torch.randn(1, 5, 16)
    with torch.no_grad():
        ours, other = (
            net(sample, step, encoder_hidden_states=context).sample
            for net in next(iter(theirs.items()))
        )
    assert torch.allclose(ours, other, atol=1e-5)


def test_that_the_estimate_of_memory_is_the_real_size_of_all_weights(originals, tmp_path):
    sd, bert = originals
    wide = write_bert(tmp_path / "wide", width=24)
    bare = write_sd(tmp_path / "bare", inputs=9)
    for told in (plan(sd, bert), plan(sd, wide), plan(bare, wide)):
        paper = drive(load_paper(told))
        networks = (paper.denoiser, paper.codec.vae, paper.encoder)
        real = sum(v.numel() * v.element_size() for n in networks for v in n.parameters())
        assert told.weight_bytes == real
        trained = sum(v.numel() for v in paper.trained.parameters())
        assert told.control_numbers == trained


def test_that_a_folder_without_a_controlnet_gets_one_that_starts_as_its_unet(originals, tmp_path):
    sd = write_sd(tmp_path / "sd", inputs=9)
    told = plan(sd, originals[1])
    assert told.inpaints
    assert told.control is None
    control = drive(load_paper(told)).denoiser.control
    assert control.config.in_channels == 9
    assert control.config.conditioning_channels == 2
    unet = UNet2DConditionModel.from_pretrained(sd / "unet")
    assert torch.equal(control.conv_in.weight, unet.conv_in.weight)
    assert not control.controlnet_mid_block.weight.any()


def test_that_captions_of_another_width_are_projected_the_same_way_each_time(originals, tmp_path):
    wide = write_bert(tmp_path / "wide", width=24)
    first, second = (drive(load_paper(plan(originals[0], wide), 5)) for _ in range(2))
    weight = first.encoder.projection.weight
    assert weight.shape == (16, 24)
    assert torch.equal(weight, second.encoder.projection.weight)
    assert torch.allclose(weight @ weight.T, torch.eye(16), atol=1e-5)
    assert first.encoder(["Transmural enhancement"]).shape == (1, 32, 16)


def test_that_the_names_of_earlier_autoencoders_are_understood(folders):
    sd, bert = folders
    now = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}

    def earlier(tensors):
        for key in list(tensors):
            for new, old in now.items():
                if f".attentions.0.{new}." in key:
                    tensors[key.replace(new, old)] = tensors.pop(key)

    before = drive(load_paper(plan(sd, bert))).codec.vae.state_dict()
    reweigh(sd / "vae" / WEIGHTS, earlier)
    after = drive(load_paper(plan(sd, bert))).codec.vae.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert vae_name("decoder.conv_in.key.weight") == "decoder.conv_in.key.weight"


@pytest.mark.parametrize("part", ["unet", "vae", "controlnet"])
def test_that_weights_of_another_shape_or_name_are_refused(folders, part):
    sd, bert = folders
    path = sd / part / WEIGHTS
    kept = path.read_bytes()
    reweigh(path, lambda tensors: tensors.update(extra=torch.zeros(2)))
    assert code_of(sd, bert) == "MOD-07"
    path.write_bytes(kept)
    reweigh(path, lambda tensors: tensors.pop(sorted(tensors)[0]))
    assert code_of(sd, bert) == "MOD-07"
    path.write_bytes(kept)
    name = "conv_in.weight" if part != "vae" else "decoder.conv_in.weight"
    reweigh(path, lambda tensors: tensors.update({name: tensors[name][:-1].clone()}))
    assert code_of(sd, bert) == "MOD-07"


def test_that_a_text_encoder_must_fit_its_numbers_and_its_vocabulary(folders):
    sd, bert = folders
    kept = (bert / "vocab.txt").read_text()
    (bert / "vocab.txt").write_text(kept + "another\n")
    assert code_of(sd, bert) == "MOD-27"
    (bert / "vocab.txt").write_text(kept.replace("[CLS]", "[clr]"))
    assert code_of(sd, bert) == "MOD-27"
    (bert / "vocab.txt").write_text(kept)
    edit(bert / "config.json", intermediate_size=32)
    assert code_of(sd, bert) == "MOD-07"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_that_weights_that_are_no_numbers_are_refused(folders, value):
    sd, bert = folders
    reweigh(sd / "vae" / WEIGHTS, lambda t: t["decoder.conv_in.bias"].fill_(value))
    with pytest.raises(Refused) as refused:
        drive(load_paper(plan(sd, bert)))
    assert refused.value.code == "MOD-09"


class Opened:
    """Leaves a mark when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (self.path.write_text, ("opened",))


def test_that_a_pickle_is_never_opened_whatever_it_is_called(folders, tmp_path):
    sd, bert = folders
    mark = tmp_path / "mark"
    data = pickle.dumps(Opened(mark))
    kept = (sd / "unet" / WEIGHTS).read_bytes()
    (sd / "unet" / WEIGHTS).write_bytes(data)
    assert code_of(sd, bert) == "MOD-23"
    (sd / "unet" / WEIGHTS).write_bytes(kept)
    for name in ("diffusion_pytorch_model.bin", "model.ckpt", "modeling.py"):
        (sd / "unet" / name).write_bytes(data)
        assert code_of(sd, bert) == "MOD-23"
        (sd / "unet" / name).unlink()
    (bert / "pytorch_model.bin").write_bytes(data)
    assert code_of(sd, bert) == "MOD-23"
    assert not mark.exists()


def test_that_a_folder_of_links_is_refused(folders):
    sd, bert = folders
    path = sd / "unet" / WEIGHTS
    path.rename(sd / "elsewhere.safetensors")
    path.symlink_to(sd / "elsewhere.safetensors")
    assert code_of(sd, bert) == "MOD-01"
    path.unlink()
    assert code_of(sd, bert) == "MOD-01"
    shutil.rmtree(sd / "vae")
    assert code_of(sd, bert) == "MOD-01"


@pytest.mark.parametrize(
    ("place", "changes", "code"),
    [
        ("unet/config.json", {"_class_name": "os.system"}, "MOD-04"),
        ("unet/config.json", {"auto_map": {"AutoModel": "modeling.Net"}}, "MOD-04"),
        ("unet/config.json", {"in_channels": 5}, "MOD-26"),
        ("unet/config.json", {"in_channels": True}, "MOD-04"),
        ("unet/config.json", {"out_channels": 8}, "MOD-27"),
        ("unet/config.json", {"block_out_channels": [10**9, 10**9]}, "MOD-04"),
        ("unet/config.json", {"block_out_channels": [9, 16]}, "MOD-04"),
        ("unet/config.json", {"block_out_channels": [8]}, "MOD-04"),
        ("unet/config.json", {"down_block_types": ["DownBlock2D"] * 2}, "MOD-04"),
        ("unet/config.json", {"attention_head_dim": 3}, "MOD-04"),
        ("unet/config.json", {"addition_embed_type": "text_time"}, "MOD-26"),
        ("unet/config.json", {"transformer_layers_per_block": [1, 2]}, "MOD-26"),
        ("unet/config.json", {"dropout": False}, "MOD-26"),
        ("vae/config.json", {"scaling_factor": 0}, "MOD-04"),
        ("vae/config.json", {"scaling_factor": "1e-3"}, "MOD-04"),
        ("vae/config.json", {"shift_factor": 0.1}, "MOD-26"),
        ("vae/config.json", {"latent_channels": 16}, "MOD-26"),
        ("scheduler/scheduler_config.json", {"beta_start": 0.02}, "MOD-04"),
        ("scheduler/scheduler_config.json", {"prediction_type": "sample"}, "MOD-04"),
        ("scheduler/scheduler_config.json", {"trained_betas": [0.1] * 1000}, "MOD-26"),
        ("scheduler/scheduler_config.json", {"rescale_betas_zero_snr": True}, "MOD-26"),
        ("controlnet/config.json", {"cross_attention_dim": 32}, "MOD-27"),
        ("controlnet/config.json", {"in_channels": 9}, "MOD-27"),
        ("controlnet/config.json", {"conditioning_channels": 7}, "MOD-26"),
        ("controlnet/config.json", {"global_pool_conditions": True}, "MOD-26"),
        ("controlnet/config.json", {"conditioning_embedding_out_channels": [16, 32]}, "MOD-27"),
    ],
)
def test_that_a_configuration_out_of_its_bounds_is_refused(folders, place, changes, code):
    sd, bert = folders
    edit(sd / place, **changes)
    assert code_of(sd, bert) == code


def test_that_a_text_encoder_with_code_of_its_own_is_refused(folders):
    sd, bert = folders
    kept = (bert / "config.json").read_text()
    edit(bert / "config.json", auto_map={"AutoModel": "modeling.Bert"})
    assert code_of(sd, bert) == "MOD-04"
    (bert / "config.json").write_text(kept)
    edit(bert / "config.json", model_type="llama")
    assert code_of(sd, bert) == "MOD-26"
    (bert / "config.json").write_text(kept.replace("{", '{"vocab_size": 9,', 1))
    assert code_of(sd, bert) == "MOD-05"
    (bert / "config.json").write_text(json.dumps({"padding": " " * (1 << 20)}))
    assert code_of(sd, bert) == "MOD-05"


SD15 = {
    "_class_name": "UNet2DConditionModel", "_diffusers_version": "0.6.0", "act_fn": "silu",
    "attention_head_dim": 8, "block_out_channels": [320, 640, 1280, 1280],
    "center_input_sample": False, "cross_attention_dim": 768,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"], "downsample_padding": 1,
    "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2,
    "mid_block_scale_factor": 1, "norm_eps": 1e-05, "norm_num_groups": 32, "out_channels": 4,
    "sample_size": 64, "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
}  # fmt: skip
SD21 = {
    **SD15, "attention_head_dim": [5, 10, 20, 20], "cross_attention_dim": 1024,
    "dual_cross_attention": False, "num_class_embeds": None, "only_cross_attention": False,
    "use_linear_projection": True, "_name_or_path": "./elsewhere",
}  # fmt: skip
SD_VAE = {
    "_class_name": "AutoencoderKL", "_diffusers_version": "0.6.0", "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512], "down_block_types": ["DownEncoderBlock2D"] * 4,
    "in_channels": 3, "latent_channels": 4, "layers_per_block": 2, "norm_num_groups": 32,
    "out_channels": 3, "sample_size": 512, "up_block_types": ["UpDecoderBlock2D"] * 4,
}  # fmt: skip
BIOMEDBERT = {
    "architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1,
    "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 768,
    "initializer_range": 0.02, "intermediate_size": 3072, "layer_norm_eps": 1e-12,
    "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12,
    "num_hidden_layers": 12, "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": 30522,
}  # fmt: skip


def test_that_the_published_networks_are_read_and_have_their_known_sizes(tmp_path):
    def written(told):
        (tmp_path / "config.json").write_text(json.dumps(told))
        return tmp_path / "config.json"

    unet = read_unet(written(SD15))
    sizes = {
        "unet": numbers_in(lambda: build_unet(unet)),
        "unet of 2.1": numbers_in(lambda: build_unet(read_unet(written(SD21)))),
        "vae": numbers_in(lambda: build_vae(read_vae(written(SD_VAE)))),
        "control": numbers_in(lambda: build_control(control_of(unet, 8))),
        "text": numbers_in(lambda: build_bert(read_bert(written(BIOMEDBERT)))),
    }
    assert {name: round(size / 1e6, 1) for name, size in sizes.items()} == {
        "unet": 859.5, "unet of 2.1": 865.9, "vae": 83.7, "control": 361.3, "text": 108.9,
    }  # fmt: skip


def test_that_too_large_networks_are_refused_before_anything_is_allocated(folders):
    sd, bert = folders
    for part in ("unet", "controlnet"):
        edit(
            sd / part / "config.json", block_out_channels=[2560, 2560], layers_per_block=4,
            norm_num_groups=32, attention_head_dim=8,
        )  # fmt: skip
    edit(sd / "unet" / "config.json", cross_attention_dim=4096)
    edit(sd / "controlnet" / "config.json", cross_attention_dim=4096)
    tracemalloc.start()
    try:
        assert code_of(sd, bert) == "MOD-07"
        assert tracemalloc.get_traced_memory()[1] < 200 * 2**20
    finally:
        tracemalloc.stop()


def test_that_a_side_that_does_not_suit_the_networks_is_refused(originals):
    assert plan(*originals).side == 64
    assert plan(*originals, side=128).side == 128
    for side in (20, 100, 4096):
        with pytest.raises(LgeSynthError, match="multiple of 8"):
            plan(*originals, side=side)


def test_that_pictures_go_through_the_autoencoder_with_all_their_headroom(originals):
    from lgesynth_gui.synthesis.paper_codec import read_back, shown_as

    values = torch.linspace(-1.5, 2, 8)
    assert shown_as(values).min() == -1
    assert shown_as(values).max() == 1
    assert torch.allclose(read_back(shown_as(values)), values, atol=1e-6)
    codec = drive(load_paper(plan(*originals))).codec
    with torch.no_grad():
        latent = codec.encode(torch.zeros(2, 1, 128, 128))
        picture = codec.decode(latent)
    assert latent.shape == (2, 4, 16, 16)
    assert picture.shape == (2, 1, 128, 128)
    assert np.isfinite(picture.numpy()).all()
    change = codec.round_trip(torch.linspace(-1, 1, 2 * 128 * 128).reshape(2, 1, 128, 128))
    assert change.shape == (2,)
    codec.vae.decode = lambda latent: type("Same", (), {"sample": torch.zeros(2, 3, 64, 64)})
    same = codec.round_trip(torch.full((2, 1, 128, 128), 0.25))  # 0 is the middle of the range
    assert torch.allclose(same, torch.zeros(2), atol=1e-5)

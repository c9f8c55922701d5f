"""A whole model bundle small enough for a test: real classes, random weights."""

import torch

from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.phantom.stream import slice_at
from lgesynth_gui.registry.cards import TrainedOn
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.synthesis.networks import (
    NetworkSizes,
    TextSizes,
    build_control,
    build_text,
    build_unet,
)
from lgesynth_gui.synthesis.precondition import Bands
from lgesynth_gui.synthesis.tokens import Tokens
from lgesynth_gui.training.export import numbers_of, reference, write_model
from lgesynth_gui.training.segmenter import RECIPES

SIZES = NetworkSizes((16, 16, 32), (1, 1, 2), 32, norm_groups=8, map_widths=(8, 8, 16))
BANDS = Bands((0.0,) * 16, (0.5,) * 16)
NOTHING = TrainedOn(data="random weights of a test")


def write_bundle(root, rewards=1):
    """Text encoder, base, ControlNet, reward networks and judge with random weights in `root`."""
    torch.manual_seed(0)
    tokens = Tokens.learn(["Transmural enhancement in the mid anterior wall"] * 2, 120)
    sizes = TextSizes(len(tokens), 32, 1, 2)
    text = write_model(
        root, name="text-encoder", title="t", role="text", architecture="bert",
        numbers=numbers_of(sizes), network=build_text(sizes), trained_on=NOTHING,
        texts={"vocab.txt": tokens.text()},
    )  # fmt: skip
    unet = build_unet(SIZES)
    base = write_model(
        root, name="base", title="b", role="base", architecture="condition-unet",
        numbers=numbers_of(SIZES, BANDS), network=unet, trained_on=NOTHING,
        text_encoder=reference(text),
    )  # fmt: skip
    write_model(
        root, name="controlnet", title="c", role="controlnet", architecture="controlnet",
        numbers=numbers_of(SIZES), network=build_control(unet, SIZES), trained_on=NOTHING,
        text_encoder=reference(text), base=reference(base),
    )  # fmt: skip
    for name, role in [*(("reward-a", "reward"), ("reward-b", "reward"))[:rewards], ("judge",) * 2]:
        architecture = RECIPES[name].architecture
        write_model(
            root, name=name, title=name, role=role, architecture=architecture.name,
            numbers=architecture.numbers, network=build(architecture), trained_on=NOTHING,
        )  # fmt: skip
    return root


def scarred(seed=3):
    """The first slice of the test stream that holds scar, with its contours alone in a stack."""
    one = next(s for s in (slice_at("test", seed, k) for k in range(50)) if s.sketch.regions)
    return one, HeartContours((one.contours,))

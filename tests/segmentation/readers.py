"""Networks whose answer is known: they call a pixel by its brightness. And real ones, untrained."""

import numpy as np
import torch
from torch import nn

from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.registry.cards import Architecture, ModelCard, ModelFile, TrainedOn
from lgesynth_gui.segmentation.networks import build
from lgesynth_gui.segmentation.segmenter import Segmenter
from lgesynth_gui.training.export import write_model

NOTHING = TrainedOn(data="random weights of a test")
SMALL = {
    "unet": {"inputs": 2, "outputs": 2, "channels": (8, 16)},
    "attention-unet": {"inputs": 2, "outputs": 2, "channels": (8, 16), "blocks": (1, 1)},
}
WALL, BACKGROUND, RIGHT, BLOOD = 0.0, 300.0, 600.0, 900.0  # of a drawn stack


def card(role, threshold=0.5, architecture="unet"):
    return ModelCard(
        id=role, version="0.1.0", title="test", role=role,
        architecture=Architecture(name=architecture, numbers=SMALL[architecture]),
        files=(ModelFile(name="w.safetensors", sha256="0" * 64, size=1),),
        parameters=1, threshold=threshold, trained_on=NOTHING, created="2026-01-01",
    )  # fmt: skip


def untrained(role="judge", architecture="unet", seed=0):
    torch.manual_seed(seed)
    made = card(role, architecture=architecture)
    return Segmenter(made, build(made.architecture)).eval()


def write_reader(root, role="judge", name=None, architecture="unet", seed=0):
    """A model folder with a small untrained reader."""
    torch.manual_seed(seed)
    made = Architecture(name=architecture, numbers=SMALL[architecture])
    return write_model(
        root, name=name or role, title="test", role=role, architecture=architecture,
        numbers=SMALL[architecture], network=build(made), trained_on=NOTHING,
    )  # fmt: skip


class _ByBrightness(nn.Module):
    """Scar where u > 0, core where u > 0.7; the steepness makes probabilities of either side."""

    def __init__(self, steepness):
        super().__init__()
        self.steepness = nn.Parameter(torch.tensor(float(steepness)))

    def forward(self, x):
        return self.steepness * torch.cat([x[:, :1], x[:, :1] - 0.7], dim=1)


class _AnatomyByBrightness(nn.Module):
    """Background, blood, wall and right ventricle by the levels of a drawn stack."""

    def __init__(self, upright_only):
        super().__init__()
        levels = [2 * level / BLOOD - 1 for level in (BACKGROUND, BLOOD, WALL, RIGHT)]
        self.levels = nn.Parameter(torch.tensor(levels).view(1, 4, 1, 1))
        self.upright_only = upright_only

    def forward(self, x):
        logits = -40 * (x - self.levels) ** 2
        if self.upright_only:
            classes = logits.argmax(1)
            for k, one in enumerate(classes):
                right, blood = (one == 3).nonzero(), (one == 1).nonzero()
                if not len(right) or right[:, 1].float().mean() > blood[:, 1].float().mean():
                    logits[k, 0] = 50
        return logits


def brightness_judge(threshold=0.5, steepness=20):
    return Segmenter(card("judge", threshold), _ByBrightness(steepness)).eval()


def brightness_contours(upright_only=False):
    return Segmenter(card("contours"), _AnatomyByBrightness(upright_only)).eval()


def drawn_heart(centre, shape, spacing, inner=20.0, outer=29.0):
    """A slice with a ring, a crescent at its left and plain surroundings; its label map too."""
    y, x = np.meshgrid(
        np.arange(shape[0]) * spacing[0], np.arange(shape[1]) * spacing[1], indexing="ij"
    )
    radius = np.hypot(x - centre[0], y - centre[1])
    beside = np.hypot(x - centre[0] + 24, y - centre[1])
    image = np.full(shape, BACKGROUND)
    image[beside < 27] = RIGHT
    image[radius < outer] = WALL
    image[radius < inner] = BLOOD
    labels = np.zeros(shape, np.uint8)
    labels[radius < outer] = 2
    labels[radius < inner] = 1
    return image, labels


def drawn_stack(slices=6, shape=(150, 170), spacing=(1.6, 1.5), start=(112, 104), drift=(2, -1.5)):
    """A stack whose heart drifts from slice to slice."""
    rows = [
        drawn_heart((start[0] + k * drift[0], start[1] + k * drift[1]), shape, spacing)
        for k in range(slices)
    ]
    noise = np.random.default_rng(0).normal(0, 8, (slices, *shape))
    pixels = (np.stack([image for image, _ in rows]) + noise).astype(np.float32)
    series = LgeSeries(pixels, Geometry.plain((10.0, *spacing)))
    return series, np.stack([labels for _, labels in rows])

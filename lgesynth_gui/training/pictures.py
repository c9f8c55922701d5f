"""Pictures while a generator learns: the same wishes with the same seeds, again and again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from lgesynth_gui.core.arrays import Mask
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.marks import SYNTHETIC
from lgesynth_gui.io.png import GAP, ORIGINAL, greys, marked
from lgesynth_gui.synthesis.codec import LatentCodec
from lgesynth_gui.synthesis.holes import Picture
from lgesynth_gui.synthesis.networks import Denoiser
from lgesynth_gui.synthesis.sampler import Scene, generator_of, sample
from lgesynth_gui.synthesis.text import CaptionEncoder
from lgesynth_gui.training.data import Mix

WATCH = Mix(empty=0.0, ring=0.0, margin_mm=(4.0, 4.0), no_caption=0.0, blank=0.0)
SHOWN, SHOWN_SEED, SHOWN_STEPS = 4, 11, 8
WINDOW = (2.5, 0.25)  # width and level in u: from -1 to 1.5


@torch.no_grad()
def scene_of(encoder: CaptionEncoder, items: Mapping[str, Any], k: int) -> Scene:
    """What the sampler is told of the k-th item of a batch, on the encoder's device.

    Args:
        encoder: Reads the caption.
        items: Of `Batches.draw`.
        k: Which.
    """
    context, empty = encoder([items["texts"][k]]), encoder([""])
    one = {
        name: torch.from_numpy(items[name][k : k + 1]).to(context.device)
        for name in ("picture", "masked", "hole", "maps")
    }
    blend = functional.max_pool2d(one["hole"], 9, stride=1, padding=4)
    return Scene(one["picture"], one["masked"], one["hole"], blend, one["maps"], context, empty)


def shown(
    denoiser: Denoiser, codec: LatentCodec, encoder: CaptionEncoder, items: Mapping[str, Any]
) -> Sequence[npt.NDArray[np.uint8]]:
    """Paint a batch's wishes with fixed seeds.

    Args:
        denoiser: U-Net, ControlNet or None.
        codec: Picture to latent and back.
        encoder: Reads the captions.
        items: Of `Batches.draw`.

    Returns:
        One grey picture an item: the slice with its own scar, a gap, the painted slice.
    """
    pictures = []
    for k in range(len(items["picture"])):
        noise = [generator_of(SHOWN_SEED, k)]
        painted = drive(sample(denoiser, codec, scene_of(encoder, items, k), SHOWN_STEPS, noise))[0]
        own, heart = items["picture"][k, 0], items["wall"][k, 0] > 0
        pictures.append(beside(own, painted, heart))
    return pictures


def beside(own: Picture, painted: Picture, heart: Mask) -> npt.NDArray[np.uint8]:
    """A slice with its own scar, a gap, the painted slice, both marked with what they are.

    Args:
        own: The slice, `(128, 128)` in u.
        painted: The same with its painted scar.
        heart: Where no mark may lie.
    """
    panes = [
        marked(greys(picture, WINDOW), word, heart)
        for picture, word in ((own, ORIGINAL), (painted, SYNTHETIC))
    ]
    rows = max(len(pane) for pane in panes)
    panes = [np.pad(pane, ((rows - len(pane), 0), (0, 0))) for pane in panes]
    return np.concatenate([panes[0], np.zeros((rows, GAP), np.uint8), panes[1]], axis=1)

"""Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685) for a network that goes on learning.

`peft` puts them into the network; before it is exported they are added to its weights, so that
the model is a plain one and nothing downstream knows of them.
"""

from __future__ import annotations

import copy
import re

import torch
from torch import nn

from lgesynth_gui.core.errors import LgeSynthError

# What learns: attention, feed-forward and the residual blocks' convolutions, not the outlets.
TARGETS = re.compile(
    r".*\.(to_q|to_k|to_v|to_out\.0|ff\.net\.0\.proj|ff\.net\.2|proj_in|proj_out|conv1|conv2)"
)


def adapt(network: nn.Module | None, rank: int, seed: int = 0) -> None:
    """Put adapters into a network, in place; from now on only they learn.

    They start silent: the network computes what it did.

    Args:
        network: A U-Net or ControlNet.
        rank: Of each adapter's two matrices, 1 to 256.
        seed: Of the first matrix.

    Raises:
        LgeSynthError: the rank is out of range, or the network has nothing to adapt.
    """
    from peft import LoraConfig, inject_adapter_in_model  # here: it takes seconds

    if not 1 <= rank <= 256:
        raise LgeSynthError(f"Adapters of rank {rank} cannot be made.", "Choose 1 to 256.")
    every = () if network is None else network.named_modules()
    names = [name for name, _ in every if TARGETS.fullmatch(name)]
    if network is None or not names:
        raise LgeSynthError("This network has no place for adapters.", "Train all its weights.")
    config = LoraConfig(r=rank, lora_alpha=rank, target_modules=names)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, network)


def plain(network: nn.Module) -> nn.Module:
    """The network with its adapters added to its weights, as a copy; itself where it has none."""
    if not any("lora_" in name for name, _ in network.named_parameters()):
        return network
    from peft.tuners.lora import LoraLayer

    whole = copy.deepcopy(network)
    adapted = [(name, one) for name, one in whole.named_modules() if isinstance(one, LoraLayer)]
    for name, one in adapted:
        one.merge(safe_merge=True)
        parent, _, last = name.rpartition(".")
        setattr(whole.get_submodule(parent), last, one.get_base_layer())
    if hasattr(whole, "peft_config"):
        del whole.peft_config
    return whole

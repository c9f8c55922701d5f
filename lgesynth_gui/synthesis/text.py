"""Captions to the context the U-Net attends to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lgesynth_gui.synthesis.tokens import Tokens


class CaptionEncoder(nn.Module):
    """A BERT with its vocabulary and, when its width differs, a learned projection.

    The bundled small encoder and a BiomedBERT folder are both this class; only sizes, weights
    and vocabulary differ (BiomedBERT: 768 wide, projected to 256).

    Args:
        bert: From `networks.build_text`.
        tokens: Its vocabulary.
        length: Tokens a caption is padded or cut to.
        projection: From the encoder's width to the U-Net's, or None when they are equal.
    """

    def __init__(
        self, bert: Any, tokens: Tokens, length: int = 64, projection: nn.Linear | None = None
    ) -> None:
        super().__init__()
        self.bert, self.tokens, self.length, self.projection = bert, tokens, length, projection

    def hidden(self, numbers: Tensor, mask: Tensor) -> Tensor:
        """Last hidden state `(n, length, width)`, zero where there is no token."""
        state: Tensor = self.bert(input_ids=numbers, attention_mask=mask).last_hidden_state
        return state * mask.unsqueeze(-1).to(state.dtype)

    def numbers(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token numbers and mask as tensors on the encoder's device."""
        device = next(self.parameters()).device
        numbers, mask = self.tokens.encode(texts, self.length)
        return torch.from_numpy(numbers).to(device), torch.from_numpy(mask).to(device)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Context `(n, length, U-Net's text width)` of captions; "" is the empty caption."""
        state = self.hidden(*self.numbers(texts))
        return state if self.projection is None else self.projection(state)

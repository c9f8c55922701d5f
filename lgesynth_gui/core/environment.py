"""What each process of the program sets before a heavy library is loaded."""

from __future__ import annotations

import os

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DIFFUSERS_DISABLE_REMOTE_CODE": "1"}


def stay_offline() -> None:
    """Keep the model libraries off the network."""
    os.environ.update(OFFLINE)

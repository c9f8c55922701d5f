"""What each process of the program sets before a heavy library is loaded."""

from __future__ import annotations

import os

OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DIFFUSERS_DISABLE_REMOTE_CODE": "1"}
# A waiting thread sleeps: spinning ones cost many times the work itself on a busy computer.
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}


def settle() -> None:
    """No network for the model libraries; patient threads, unless the user says otherwise."""
    os.environ.update(OFFLINE)
    for name, value in PATIENT.items():
        os.environ.setdefault(name, value)

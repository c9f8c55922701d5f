"""Which random numbers a sample draws: they follow from the cohort's seed and its place alone.

Order, batch, process and computer have no part in it, so a sample can be made again by itself.
"""

from __future__ import annotations

import hashlib

import numpy as np


def noise_seed(cohort_seed: int, index: int, attempt: int) -> int:
    """Seed of a sample's noise, 0 to 2**31 - 1.

    Args:
        cohort_seed: >= 0.
        index: Place of the sample in its cohort, >= 0.
        attempt: 0 for the first try.
    """
    return int.from_bytes(_digest(cohort_seed, index, f"noise {attempt}")[:4], "big") >> 1


def wish_rng(cohort_seed: int, index: int) -> np.random.Generator:
    """What draws the wish of a sample."""
    words = np.frombuffer(_digest(cohort_seed, index, "wish"), dtype=">u4")
    return np.random.default_rng([int(word) for word in words])


def _digest(cohort_seed: int, index: int, what: str) -> bytes:
    return hashlib.sha256(f"{cohort_seed}:{index}:{what}".encode()).digest()

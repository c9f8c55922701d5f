"""A number of a report with its interval. Nothing here loads torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figure:
    """A number with its 95 % interval.

    Args:
        name: What.
        value: The number.
        low, high: Its interval.
        n: Over how many slices.
    """

    name: str
    value: float
    low: float
    high: float
    n: int

    def text(self, digits: int = 2) -> str:
        """For a table's cell; a dash when there is nothing to say."""
        if not self.n or not np.isfinite(self.value):
            return "-"
        return f"{self.value:.{digits}f} ({self.low:.{digits}f} to {self.high:.{digits}f})"

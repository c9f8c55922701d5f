"""Whether another process of this computer still runs."""

from __future__ import annotations

import os


def runs(process: int) -> bool:
    """Whether a process is there; True where it cannot be told.

    Args:
        process: Its number.
    """
    if os.name == "nt":
        return True  # asking would end it
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it belongs to somebody else
    return True

"""Dispatch, nothing else: `lgesynth`, or `python -m lgesynth_gui`."""

from __future__ import annotations

import faulthandler
import multiprocessing
import sys

from lgesynth_gui.core.environment import stay_offline


def main() -> int:
    """Run what the command line asks for and return the exit code.

    The network libraries are told to stay offline before anything could import them, and no core
    file with pixels in it can be left behind.
    """
    multiprocessing.freeze_support()
    stay_offline()
    if sys.stderr is not None:
        faulthandler.enable()
    try:
        import resource
    except ImportError:  # Windows has no core files
        pass
    else:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from lgesynth_gui.cli.main import main as command_line

    return command_line(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

"""A job for the engine's process that says how far it is and then never gets further."""

import time

from lgesynth_gui.core.jobs import Progress


def denoise(done, total):
    yield Progress(done, total, "denoising")
    while True:
        time.sleep(0.02)
        yield None

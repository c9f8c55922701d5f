"""The whole path in the real window, with the real engine and the bundled models.

`python -m tests.journeys.real PICTURE.png` runs it on the sample heart and saves what the window
shows at the end; the README's picture, `resources/help/demo.png`, is made this way.
"""

import io
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer
from PySide6.QtWidgets import QApplication

from lgesynth_gui.ui.main import application, make_window

SIZE = (1366, 768)
GREYS, EXACT, INKS = 30, 48, 80  # the saved picture's palette
GREYISH = 3  # a pixel whose colours differ by no more is a grey
OPEN_S, GENERATE_S = 120, 900


def wait(until, timeout_s):
    """Let the window live until something is true."""
    end = time.monotonic() + timeout_s
    while not until():
        if time.monotonic() > end:
            raise TimeoutError
        QApplication.processEvents()
        time.sleep(0.01)


def settle():
    for _ in range(20):
        QApplication.processEvents()
        time.sleep(0.005)


def open_sample(window):
    window.start.sample.click()
    wait(lambda: window.session.state.series is not None, OPEN_S)
    settle()


def generate(window, count=1):
    """Generate with the pinned seed and settings; the best variation is previewed."""
    settings = replace(window.session.state.settings, count=count)
    window.session.edit("settings", settings, "number of variations")
    window.panel.generate.click()
    wait(lambda: not window.variations.waiting(), GENERATE_S)
    settle()


def save(window, path):
    """The window as a small PNG: greys for the scan, the rest of the palette for ink."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    window.grab().save(buffer, "PNG")
    picture = Image.open(io.BytesIO(bytes(buffer.data()))).convert("RGB")
    pixels = np.asarray(picture)
    ink = pixels[np.ptp(pixels, axis=2) > GREYISH]
    often, counts = np.unique(ink, axis=0, return_counts=True)
    exact = often[np.argsort(-counts)[:EXACT]]
    others = Image.fromarray(often[None]).quantize(INKS, method=Image.Quantize.MEDIANCUT)
    colours = exact.ravel().tolist() + others.getpalette()[: 3 * INKS]
    greys = np.repeat(np.linspace(0, 255, GREYS).round().astype(int), 3).tolist()
    palette = Image.new("P", (1, 1))
    palette.putpalette(greys + colours)
    picture.quantize(palette=palette, dither=Image.Dither.NONE).save(path, optimize=True)


def main(path, count=4):
    application("dark")
    window = make_window()
    try:
        window.resize(*SIZE)
        window.show()
        open_sample(window)
        generate(window, count)
        window.panel.apply.click()
        window.canvas.original.overlay.clearFocus()
        settle()
        save(window, path)
    finally:
        window.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

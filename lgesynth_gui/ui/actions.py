"""The window's actions, made from the table of keys and a table of what they do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.look import View
from lgesynth_gui.ui.canvas.canvas import Canvas
from lgesynth_gui.ui.keymap import is_chord, live, sequence
from lgesynth_gui.ui.keys import KEYS
from lgesynth_gui.ui.labels import plain_tip
from lgesynth_gui.ui.sketch.tools import TOOLS

Does = dict[str, Callable[[], object]]
FAR = 10_000  # further than any stack has slices


def canvas_does(view: View, canvas: Canvas) -> Does:
    """What changes the look at the images, by action."""

    def toggle(name: str) -> Callable[[], None]:
        return lambda: view.set(**{name: not getattr(view.look, name)})

    does: Does = {
        "back": partial(canvas.command, "back"),
        "abandon": canvas.abandon,
        "slice_up": partial(canvas.step_slice, -1),
        "slice_down": partial(canvas.step_slice, 1),
        "slice_first": partial(canvas.step_slice, -FAR),
        "slice_last": partial(canvas.step_slice, FAR),
        "overlay": toggle("scar"),
        "grid": toggle("grid"),
        "corner": toggle("corner"),
        "nearest": toggle("nearest"),
        "upright": toggle("upright"),
        "fainter": partial(canvas.sight.fade, -1),
        "stronger": partial(canvas.sight.fade, 1),
        "compare": canvas.cycle,
        "swap": toggle("swapped"),
        "auto_window": canvas.auto_window,
        "file_window": canvas.sight.file_window,
        "fit": canvas.fit_heart,
        "zoom_in": partial(canvas.zoom_by, 1.25),
        "zoom_out": partial(canvas.zoom_by, 0.8),
    }
    for tool in TOOLS:
        does[f"tool_{tool.id}"] = partial(view.set, tool=tool.id)
    return does


def make_actions(window: QWidget, does: Does) -> dict[str, QAction]:
    """One action an entry of `does`, with the words and chords of the table of keys."""
    made = {}
    for name, run in does.items():
        action = QAction(next(k.text for k in KEYS if k.action == name), window)
        action.setObjectName(name)
        action.triggered.connect(partial(_run, run))
        window.addAction(action)
        made[name] = action
    apply_keys(made)
    return made


def apply_keys(actions: dict[str, QAction]) -> None:
    """Give every action its chords and its tooltip as the keys are now."""
    keymap = live()
    for action in actions.values():
        action.setShortcuts([])
    for name, action in actions.items():
        chords = [k for k in keymap.keys_of(name) if is_chord(k)]
        action.setShortcuts([sequence(k) for k in chords])
        key = keymap.first(name)
        action.setToolTip(plain_tip(f"{action.text()} ({key})" if key else action.text()))


def _run(run: Callable[[], object], _: bool = False) -> None:
    run()

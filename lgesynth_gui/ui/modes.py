"""The modes of the window: each has its own centre and keeps its state while another is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lgesynth_gui.ui.keys import GROUPS

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

Mode = Literal["sketch", "cohort", "evaluate", "train"]
MODES: tuple[Mode, ...] = ("sketch", "cohort", "evaluate", "train")
OF_SKETCH = frozenset(
    key.action
    for title, keys in GROUPS
    if title in ("Study and result", "Scar and contours", "View")
    for key in keys
) | {"layout", "drawer", "teach", "tour"}


@runtime_checkable
class TakesDrops(Protocol):
    """A page that may take what is dropped on it."""

    def take(self, path: Path) -> bool:
        """Take a file or folder; False leaves it to the window."""


class Modes(QObject):
    """Switches between the modes; a page is built when it is first shown."""

    changed = Signal(str)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._make: dict[Mode, Callable[[], QWidget]] = {
            "cohort": partial(cohort_page, window),
            "evaluate": partial(evaluate_page, window),
            "train": partial(train_page, window),
        }
        self._pages: dict[Mode, QWidget] = {}
        self._focus: dict[Mode, QWidget] = {}
        self.own: dict[Mode, Mapping[str, Callable[[], object]]] = {}  # what a mode does itself
        self.current: Mode = "sketch"

    def does(self) -> dict[str, Callable[[], object]]:
        """Its actions."""
        return {f"mode_{mode}": partial(self.to, mode) for mode in MODES}

    def led(self, does: Mapping[str, Callable[[], object]]) -> dict[str, Callable[[], object]]:
        """The actions, those of *Sketch* going there first: nothing is done unseen."""
        return {
            name: partial(self._there, name, run) if name in OF_SKETCH else run
            for name, run in does.items()
        }

    def _there(self, name: str, run: Callable[[], object]) -> None:
        if (own := self.own.get(self.current, {}).get(name)) is not None:
            own()
            return
        self.to("sketch")
        run()

    def to(self, mode: Mode) -> None:
        """Show a mode as it was left."""
        window = self._window
        if mode == self.current:
            self.show()
            return
        if (focus := window.focusWidget()) is not None:
            self._focus[self.current] = focus
        self.current = mode
        if mode != "sketch" and mode not in self._pages:
            page = self._pages[mode] = self._make[mode]()
            window.centre.addWidget(page)
        self.show()
        if (before := self._focus.get(mode)) is not None and before.isVisible():
            before.setFocus()
        self.changed.emit(mode)

    def dropped(self, path: Path) -> bool:
        """Give the shown mode what was dropped; whether it took it."""
        page = self._pages.get(self.current)
        return isinstance(page, TakesDrops) and page.take(path)

    def show(self) -> None:
        """Show what belongs to the current mode, and nothing else."""
        window, sketching = self._window, self.current == "sketch"
        for mode in MODES:
            window._actions[f"mode_{mode}"].setChecked(mode == self.current)
        is_open = window.session.state.series is not None
        if sketching:
            window.centre.setCurrentWidget(window.bench if is_open else window.start)
        else:
            window.centre.setCurrentWidget(self._pages[self.current])
        window.strip.setVisible(sketching and is_open)
        if (sketching and is_open) != window.working:
            window.show_docks(sketching and is_open)


def evaluate_page(window: MainWindow) -> QWidget:
    """The page of *Evaluate*; its mode lives as long as the window."""
    from lgesynth_gui.ui.evaluate.mode import EvaluateMode

    window.evaluate = EvaluateMode(window)
    return window.evaluate.page


def cohort_page(window: MainWindow) -> QWidget:
    """The page of *Cohort*; its mode lives as long as the window."""
    from lgesynth_gui.ui.cohort.mode import CohortMode

    window.cohort = CohortMode(window)
    window.modes.own["cohort"] = window.cohort.does()
    return window.cohort.page


def train_page(window: MainWindow) -> QWidget:
    """The page of *Train*; its mode lives as long as the window."""
    from lgesynth_gui.ui.train.mode import TrainMode

    window.train = TrainMode(window)
    return window.train.page

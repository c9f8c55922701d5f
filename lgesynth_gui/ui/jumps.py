"""Where the keyboard goes: the bullseye, the words, the percentage, the next panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lgesynth_gui.app import edits

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow


class Jumps:
    """Moves the focus of a window; opens the drawer first where the panel is in it."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def does(self) -> dict[str, Callable[[], object]]:
        """The actions that only move the focus."""
        return {
            "bullseye": self._to_bullseye,
            "words": self._to_words,
            "percent": self._to_percent,
            "note": lambda: self._window.panel.scar.note.setFocus(),
            "next_panel": self._to_next_panel,
        }

    def _to_bullseye(self) -> None:
        window = self._window
        if window.session.state.series is not None:
            window.shell.reveal_scar()
            segment = edits.anterior_segment(window.session, window.view)
            window.panel.bullseye.focus_segment(segment)

    def _to_words(self) -> None:
        self._window.shell.reveal_scar()
        line = self._window.panel.caption.line
        line.setFocus()
        line.selectAll()

    def _to_percent(self) -> None:
        percent = self._window.panel.scar.percent
        percent.setFocus()
        percent.selectAll()

    def _to_next_panel(self) -> None:
        window = self._window
        panel, bullseye = window.panel, window.panel.bullseye
        anterior = edits.anterior_segment(window.session, window.view)
        window.focus_next(
            (
                (window.study, window.study.slices),
                (window.bench, window.canvas.original.overlay),
                (bullseye, bullseye.button(anterior)),
                (panel, panel.generate if panel.generate.isEnabled() else panel.seed),
                (window.film, window.film.list),
            )
        )

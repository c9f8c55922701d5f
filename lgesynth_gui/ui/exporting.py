"""How an export goes: the dialog, its checks made in the background, the files, what then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from lgesynth_gui.app.files import Files
from lgesynth_gui.app.preferences import PreferenceStore
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.verdicts import why_not_export


class Exporting(QObject):
    """One export dialog at a time, for the applied result of the session."""

    said = Signal(str)

    def __init__(
        self, session: Session, files: Files, store: PreferenceStore, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._files, self._store, self._window = session, files, store, window
        self._dialog: Any = None
        self._result: Any = None
        files.exported.connect(self._on_exported)
        files.refused.connect(lambda words: self._tell("failed", words))
        files.working.connect(lambda step: self._tell("working", step))

    def open(self) -> None:
        """Open the export dialog, or say why it cannot be opened."""
        state = self._session.state
        if reason := why_not_export(state):
            self.said.emit(reason)
            return
        if self._dialog is not None:
            return
        from lgesynth_gui.ui.dialogs.export import ExportDialog

        first = not self._store.now.understood
        self._dialog = dialog = ExportDialog(state, first=first, parent=self._window)
        self._result = state.applied
        dialog.rehearse_wanted.connect(self._rehearse)
        dialog.export_wanted.connect(self._files.export)
        dialog.finished.connect(self._on_closed)
        dialog.open()

    def _tell(self, what: str, value: object) -> None:
        if self._dialog is not None:
            getattr(self._dialog, what)(value)

    def _rehearse(
        self, folder: Path, formats: tuple[str, ...], mode: str, burn_in: bool, number: int
    ) -> None:
        def answer(found: Any) -> None:
            if self._dialog is not None:
                self._dialog.show_rehearsal(number, found)

        self._files.rehearse(folder, formats, mode, burn_in, answer)

    def _on_exported(self, paths: tuple[Path, ...]) -> None:
        from lgesynth_gui.ui.dialogs.exported import ExportedDialog

        if self._dialog is None:
            return
        self._store.set(understood=True)
        self._dialog.accept()
        ExportedDialog(self._result, paths, self._window).show()

    def _on_closed(self, _: int) -> None:
        self._dialog = None

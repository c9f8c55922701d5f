"""What becomes of something dropped: an exported file is audited, a mask taken, the rest opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.bars import pick

if TYPE_CHECKING:
    from lgesynth_gui.ui.window import MainWindow

NEVER_OPENED = (".json", ".png", ".pdf", ".sha256")


class Auditing(QObject):
    """Tells exported files from others, and opens the dialogs on audits and on models."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def does(self) -> dict[str, Callable[[], object]]:
        """Its actions."""
        return {"audit": self.pick, "models": self.open_models}

    def dropped(self, path: Path) -> None:
        """Audit an exported file, take a mask of the open series, open everything else."""
        handle = self._window.workers.file_jobs.submit(lambda: _is_exported(path))
        handle.finished.connect(lambda found: self._sorted(path, found))
        handle.failed.connect(lambda _: self._window.open_path(path))

    def _sorted(self, path: Path, exported: object) -> None:
        window = self._window
        if exported is True:
            self.offer(path, begin=True)
        elif window.session.state.series is not None and path.is_file() and may_be_mask(path):
            window.files.outline(path, lambda: window.open_path(path))
        else:
            window.open_path(path)

    def offer(self, path: Path, *, begin: bool = False) -> None:
        """Show the dialog, beside the work.

        Args:
            path: What was exported.
            begin: Start at once.
        """
        from lgesynth_gui.ui.dialogs.audit import AuditDialog

        window = self._window
        dialog = AuditDialog(
            path,
            window.workers,
            window.shell.store.now.device,
            openable=path.suffix not in NEVER_OPENED,
            parent=window,
        )
        dialog.open_wanted.connect(window.open_path)
        dialog.show()
        if begin:
            dialog.begin()

    def pick(self) -> None:
        """Ask for the record of an export and audit it."""
        kind = QFileDialog.FileMode.ExistingFile
        pick(
            self._window,
            "Exported file to make again",
            kind,
            lambda path: self.offer(Path(path), begin=True),
        )

    def open_models(self) -> None:
        """The models: where they come from, whether they are whole."""
        from lgesynth_gui.ui.dialogs.models import ModelsDialog

        window = self._window
        window.shell.once("models", lambda: ModelsDialog(window.workers, parent=window))


def may_be_mask(path: Path) -> bool:
    """Whether a file may hold labels, by its name: NIfTI, or DICOM with or without a suffix."""
    return path.name.lower().endswith((".nii", ".nii.gz", ".dcm")) or not path.suffix


def _is_exported(path: Path) -> Job:
    from lgesynth_gui.io.evidence import is_exported

    return (yield from is_exported(path))

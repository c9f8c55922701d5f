"""The re-create audit in a window of its own: offered, running, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.audit import Audit, audit
from lgesynth_gui.app.workers import Workers
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.ui.bars import pick
from lgesynth_gui.ui.jobline import JobLine
from lgesynth_gui.ui.labels import plain_label, plain_tip

Auditor = Callable[[Path, Callable[..., Job], Path | None, str], Job]
WIDE, HIGH = 84, 30
OFFER = "LGESynth exported this."
EXPLAINED = (
    "It can be made again from its record, with the same models, and compared pixel by pixel."
)
MEANT = {
    "exact": "Made again, every compared file is the same.",
    "close": "Made again, it is the same but for the last grey level, as on another computer.",
    "different": "It is not what its record says, or not what this computer makes of it.",
}


class AuditDialog(QDialog):
    """Stays beside the work; closing it stops what it started.

    Args:
        path: What was exported.
        workers: Runs the audit where it belongs.
        device: What computes.
        openable: Whether it may also be a series that can be opened.
        auditor: The job; another one in tests.
        parent: The window.
    """

    open_wanted = Signal(object)  # Path

    def __init__(
        self,
        path: Path,
        workers: Workers,
        device: str = "auto",
        *,
        openable: bool = False,
        auditor: Auditor = audit,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("audit")
        self.setWindowTitle("Re-create audit")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._path, self._workers, self._device, self._auditor = path, workers, device, auditor
        self.found: Audit | None = None
        self.words = plain_label(OFFER, role="section")
        self.words.setObjectName("auditWords")
        self.meant = plain_label(EXPLAINED, role="muted")
        self.meant.setObjectName("auditMeant")
        for label in (self.words, self.meant):
            label.setWordWrap(True)
        self.list = _tree()
        self.line = JobLine()
        self.line.busy.connect(self._on_busy)
        column = QVBoxLayout(self)
        column.addWidget(self.words)
        column.addWidget(self.meant)
        column.addWidget(self.list, 1)
        column.addWidget(self.line)
        column.addLayout(self._buttons(openable))
        self.finished.connect(lambda _: self.line.leave())
        self._fit()
        self.start.setFocus()

    def _buttons(self, openable: bool) -> QHBoxLayout:
        self.start = _button("Make it again and compare", "Paint it again and compare (Enter)")
        self.start.setObjectName("auditStart")
        self.start.setProperty("primary", True)
        self.start.setDefault(True)
        self.start.clicked.connect(lambda _=False: self.begin())
        self.series = _button("Open as a series", "Open it in the window, as any other series")
        self.series.setObjectName("auditOpen")
        self.series.setVisible(openable)
        self.series.clicked.connect(lambda _=False: self._open())
        self.host = _button("Choose the host…", "The folder of the series it was painted into")
        self.host.setObjectName("auditHost")
        self.host.setVisible(False)
        self.host.clicked.connect(lambda _=False: self._choose_host())
        self.copy = _button("Copy summary", "Copy these lines, without any place on the drive")
        self.copy.setVisible(False)
        self.copy.clicked.connect(lambda _=False: self._copy())
        self.close_button = _button("Close", "Close; what runs is stopped (Esc)")
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        for button in (self.series, self.host, self.copy):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        row.addWidget(self.start)
        return row

    def _fit(self) -> None:
        metrics, screen = self.fontMetrics(), self.screen().availableGeometry()
        self.list.setVisible(self.found is not None)
        wide = metrics.horizontalAdvance("0" * WIDE)
        high = HIGH * metrics.height() if self.found is not None else self.sizeHint().height()
        self.resize(min(wide, screen.width() - 40), min(high, screen.height() - 60))

    def begin(self, host: Path | None = None) -> None:
        """Start the audit.

        Args:
            host: Where the series is that the scar was painted into; None = it is looked for.
        """
        path, run, device, auditor = (
            self._path,
            self._workers.engine.run,
            self._device,
            self._auditor,
        )
        self.line.run(
            self._workers.engine_jobs,
            lambda: auditor(path, run, host, device),
            self.show_found,
            self._on_failed,
        )

    def _on_busy(self, busy: bool) -> None:
        for button in (self.start, self.host):  # opening it instead stops what runs
            button.setEnabled(not busy)

    def _on_failed(self, error: Exception) -> None:
        self.host.setVisible(isinstance(error, Refused) and error.code == "AUD-04")
        self.line.words.setAccessibleDescription(str(error))

    def show_found(self, found: Audit) -> None:
        """Print an audit."""
        self.found = found
        headline = found.headline[:1].upper() + found.headline[1:]
        self.words.setText(f"{found.outcome.glyph} {headline}")
        self.meant.setText(MEANT.get(found.outcome.value, ""))
        self.list.clear()
        for title, rows in sections(found):
            group = QTreeWidgetItem([title])
            self.list.addTopLevelItem(group)
            group.setFirstColumnSpanned(True)
            group.setExpanded(True)
            for cells in rows:
                item = QTreeWidgetItem(list(cells))
                group.addChild(item)
                item.setFirstColumnSpanned(not any(cells[1:]))
        self.start.setText("Again")
        self.start.setProperty("primary", False)
        self.start.style().polish(self.start)
        self.host.setVisible(False)
        self.copy.setVisible(True)
        self._fit()

    def _choose_host(self) -> None:
        kind = QFileDialog.FileMode.Directory
        pick(self, "Series it was painted into", kind, lambda place: self.begin(Path(place)))

    def _open(self) -> None:
        self.open_wanted.emit(self._path)
        self.close()

    def _copy(self) -> None:
        if self.found is not None:
            QGuiApplication.clipboard().setText(summary(self.found))
            self.copy.setText("Copied")


def sections(found: Audit) -> tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]:
    """(title, rows of (what, record, here)) of an audit; empty sections are left out."""
    from lgesynth_gui.io.comparing import short

    said = [("✗", one, "") for one in found.problems] + [("○", one, "") for one in found.notes]
    files = [(f"{one.outcome.glyph} {short(one.name)}", one.outcome.value, one.words)
             for one in found.files]  # fmt: skip
    models = [(f"{one.role} · {one.sha256[:8]}…", one.then, one.here)
              for one in found.models]  # fmt: skip
    versions = [
        (f"{'' if then == here else '≠ '}{name}", then or "–", here or "–")
        for name, then, here in found.versions
    ]
    every = (
        ("What was found", tuple((f"{mark} {text}", "", "") for mark, text, _ in said)),
        ("Files", tuple(files)),
        ("Models, with the start of their SHA-256", tuple(models)),
        ("Versions", tuple(versions)),
    )
    return tuple((title, rows) for title, rows in every if rows)


def summary(found: Audit) -> str:
    """The audit as text; no place on the drive is in it."""
    lines = [f"LGESynth re-create audit: {found.headline}"]
    for title, rows in sections(found):
        lines += ["", title, *("  ".join(cell for cell in row if cell) for row in rows)]
    return "\n".join(lines) + "\n"


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName("What the audit found")
    tree.setToolTip("Files, models and versions, as in the record and as found here")
    tree.setColumnCount(3)
    tree.setHeaderLabels(["What", "Record", "Found here"])
    tree.setWordWrap(True)
    header = tree.header()
    for number in (0, 1):
        header.setSectionResizeMode(number, QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
    return tree


def _button(text: str, tip: str) -> QPushButton:
    made = QPushButton(text)
    made.setToolTip(plain_tip(tip))
    made.setAutoDefault(False)
    return made

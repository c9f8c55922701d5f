"""What the centre says before anything is made: how to begin, and the cohorts used last."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.cohort_draft import templates
from lgesynth_gui.app.recent_cohorts import RecentCohort
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.ui.flow import FlowLayout
from lgesynth_gui.ui.labels import plain_label, plain_tip

STEPS = (
    "1  Hearts: those of the open study, of a folder, or computed ones.",
    "2  Scars: a template, distributions, or a table (CSV).",
    "3  Start: the gate judges every sample; the run goes on without the window.",
    "4  Review with one key a case, look at the coverage, export with labels.",
)


class Welcome(QWidget):
    """The empty state of the mode."""

    template_wanted = Signal(str)
    table_wanted = Signal()
    open_wanted = Signal(str)  # id of a recent cohort
    forget_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cohortWelcome")
        title = plain_label("A cohort is a table of planned scars.", role="title")
        title.setWordWrap(True)
        self.template = QPushButton("Template")
        self.template.setObjectName("welcomeTemplate")
        self.template.setToolTip("A mix of scar patterns to begin with")
        self.template.clicked.connect(self._choose)
        self.table = QPushButton("Import CSV…")
        self.table.setToolTip("A table, one row a planned image")
        self.table.clicked.connect(self.table_wanted)
        self.menu: QMenu | None = None
        buttons = QWidget()
        row = FlowLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.template)
        row.addWidget(self.table)
        self.recent_title = plain_label("Recent cohorts", role="section")
        self.recents = QListWidget()
        self.recents.setObjectName("recentCohorts")
        self.recents.setAccessibleName("Recent cohorts")
        self.recents.setToolTip("Enter or a double click opens a cohort")
        self.recents.itemActivated.connect(self._open)
        self.forget = QPushButton("Forget")
        self.forget.setToolTip("Take the chosen cohort off this list; its folder stays")
        self.forget.clicked.connect(self._forget)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.forget)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 20, 24, 12)
        column.addWidget(title)
        for words in STEPS:
            label = plain_label(words)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(buttons)
        column.addSpacing(10)
        column.addWidget(self.recent_title)
        column.addWidget(self.recents)
        column.addLayout(foot)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("welcomeArea")
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area)
        self.show_recents(())

    def _choose(self) -> None:
        """The templates as a menu."""
        self.menu = menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        for number, one in enumerate(templates()):
            if number and one.id.startswith("only_") and not _only(number):
                menu.addSeparator()
            action = menu.addAction(one.title)
            action.setToolTip(plain_tip(one.words))
            action.triggered.connect(lambda _=False, id_=one.id: self.template_wanted.emit(id_))
        menu.popup(self.template.mapToGlobal(QPoint(0, self.template.height())))

    def show_recents(self, entries: tuple[RecentCohort, ...]) -> None:
        """The cohorts used last."""
        self.recents.clear()
        for one in entries:
            item = QListWidgetItem(f"{one.label} · {spaced(one.samples)} samples planned")
            item.setData(Qt.ItemDataRole.UserRole, one.id)
            self.recents.addItem(item)
        for widget in (self.recent_title, self.recents, self.forget):
            widget.setVisible(bool(entries))
        rows = min(max(len(entries), 1), 8)
        self.recents.setFixedHeight(rows * (self.recents.fontMetrics().height() + 8) + 8)

    def _open(self, item: QListWidgetItem) -> None:
        self.open_wanted.emit(str(item.data(Qt.ItemDataRole.UserRole)))

    def _forget(self) -> None:
        if (item := self.recents.currentItem()) is not None:
            self.forget_wanted.emit(str(item.data(Qt.ItemDataRole.UserRole)))


def _only(number: int) -> bool:
    """Whether the template before a single pattern is one, too."""
    return templates()[number - 1].id.startswith("only_")

"""In a narrow window: the upper part of the scar dock as a drawer, the variations as one line."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.ui.bars import BADGE, BADGE_NARROW
from lgesynth_gui.ui.contour_box import ContourBox
from lgesynth_gui.ui.frame import Frame
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.rail import as_rail
from lgesynth_gui.ui.sketch.filmstrip import words
from lgesynth_gui.ui.sketch.panel import ScarPanel
from lgesynth_gui.ui.status import ElidedLabel
from lgesynth_gui.ui.study_panel import THUMB, StudyPanel

UNBOUND = 16_777_215  # Qt's own largest size
MARGIN, RAIL_MARGIN = 8, 2
CLOSED, OPEN = "◂ Bullseye and words", "▸ Bullseye and words"


class ScarDrawer(QObject):
    """Takes the scrolled part of a panel out of its dock and slides it over the images, or back.

    The footer of the panel never leaves the dock.
    """

    def __init__(self, window: QMainWindow, dock: QDockWidget, panel: QWidget) -> None:
        super().__init__(window)
        self._window, self._dock, self._panel = window, dock, panel
        upper = panel.findChild(QScrollArea, options=Qt.FindChildOption.FindDirectChildrenOnly)
        layout = panel.layout()
        assert upper is not None
        assert isinstance(layout, QBoxLayout)
        self._upper, self._layout = upper, layout
        self._place = layout.indexOf(upper)
        self.frame = QFrame(window)
        self.frame.setObjectName("scarDrawer")
        self.frame.setProperty("surface", "panel")
        self.frame.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._inside = QVBoxLayout(self.frame)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self.frame.hide()
        self.toggle = QPushButton(CLOSED)
        self.toggle.setObjectName("drawerToggle")
        self.toggle.setCheckable(True)
        self.toggle.setProperty("compact", True)
        self.toggle.setToolTip("Open or close the drawer with bullseye, classes and words (Ctrl+B)")
        self.toggle.toggled.connect(self._on_toggled)
        self.toggle.hide()
        layout.insertWidget(self._place, self.toggle)
        self.used = False
        window.installEventFilter(self)
        dock.installEventFilter(self)

    def use(self, on: bool) -> None:
        """Be a drawer, or be docked again."""
        if on == self.used:
            self._fit()
            return
        self.used = on
        self.toggle.setVisible(on)
        if on:
            self._inside.addWidget(self._upper)
            self.frame.setVisible(self.toggle.isChecked())
        else:
            self._layout.insertWidget(self._place + 1, self._upper, 1)
            self.frame.hide()
        self._upper.show()
        self._fit()

    def open(self, on: bool = True) -> None:
        """Open or close it; nothing while it is docked."""
        self.toggle.setChecked(on)

    def _on_toggled(self, on: bool) -> None:
        self.toggle.setText(OPEN if on else CLOSED)
        self.frame.setVisible(on and self.used and self._dock.isVisible())
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the window and the dock."""
        kind = event.type()
        if kind in (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide):
            self.frame.setVisible(
                self.used and self.toggle.isChecked() and not self._dock.isHidden()
            )
            self._fit()
        return False

    def _fit(self) -> None:
        if not self.used:
            return
        corner = self._dock.mapTo(self._window, QPoint(0, 0))
        inner = self._upper.widget()
        needed = inner.minimumSizeHint().width() if inner is not None else 0
        bar = self._upper.verticalScrollBar().sizeHint().width()
        wide = min(max(needed + bar + 2, self._dock.width()), corner.x())
        centre = self._window.centralWidget()
        top = centre.mapTo(self._window, QPoint(0, 0)).y() if centre is not None else corner.y()
        self.frame.setGeometry(QRect(corner.x() - wide, top, wide, self._dock.height()))
        self.frame.raise_()


class FilmLine(QWidget):
    """The previewed variation in one line, with buttons to the one before and the next."""

    def __init__(
        self, session: Session, view: View, variations: Variations, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._view, self._variations = session, view, variations
        self.text = ElidedLabel("")
        self.text.setObjectName("filmWords")
        self.before = self._button("◂", "Previous variation", -1)
        self.after = self._button("▸", "Next variation", 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 6, 0)
        row.addWidget(plain_label("Variations", role="heading"))
        row.addWidget(self.text, 1)
        row.addWidget(self.before)
        row.addWidget(self.after)
        variations.changed.connect(self.refresh)
        session.changed.connect(lambda _: self.refresh())
        view.changed.connect(lambda names: self.refresh() if "preview" in names else None)
        self.refresh()

    def _button(self, text: str, name: str, by: int) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setAccessibleName(name)
        button.setToolTip(plain_tip(name))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _=False: self._variations.step(by))
        return button

    def refresh(self) -> None:
        """Say which variation is previewed now."""
        every = self._variations.visible()
        one = self._variations.get(self._view.look.preview)
        for button in (self.before, self.after):
            button.setEnabled(bool(every))
        if one is not None:
            self.text.setText(words(one, self._session))
        else:
            self.text.setText(f"{len(every)} here" if every else "appear here after Generate")


class BoxPopup(QObject):
    """Keeps a box of controls in its column, or behind one small button at the same place."""

    def __init__(self, box: ContourBox, parent: QWidget) -> None:
        super().__init__(parent)
        layout = parent.layout()
        assert isinstance(layout, QBoxLayout)
        self._box, self._layout = box, layout
        self.button = QToolButton(parent)
        self.button.setObjectName("contourBox")
        self.button.setText("◌ ✓")
        self.button.setAccessibleName("Contours")
        self.button.setToolTip("Contours: propose, accept, ring, copy, smooth")
        self.button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(lambda _=False: self.open())
        self.button.hide()
        self.frame = QFrame(parent, Qt.WindowType.Popup)
        self.frame.setObjectName("contourPopup")
        self.frame.setFrameShape(QFrame.Shape.StyledPanel)
        self._inside = QVBoxLayout(self.frame)
        layout.insertWidget(layout.indexOf(box), self.button)
        self.used = False

    def use(self, on: bool) -> None:
        """Hide the box behind the button, or show it in the column again."""
        if on != self.used:
            self.used = on
            if on:
                self._inside.addWidget(self._box)
            else:
                self.frame.hide()
                self._layout.insertWidget(self._layout.indexOf(self.button) + 1, self._box)
        self.button.setVisible(on)
        self._box.refresh()

    def open(self) -> None:
        """Show the box beside its button."""
        self._box.show()
        self.frame.adjustSize()
        corner = self.button.mapToGlobal(QPoint(self.button.width() + 4, self.button.height()))
        self.frame.move(corner - QPoint(0, self.frame.height()))
        self.frame.show()


class Narrow(QObject):
    """Turns a window's docks into rail, drawer and line, and back, as its frame is arranged."""

    def __init__(
        self, window: Frame, study: StudyPanel, panel: ScarPanel, film: QWidget, line: FilmLine
    ) -> None:
        super().__init__(window)
        self._window, self._film, self._line = window, film, line
        self._study, self._panel = study, panel
        self._titles: dict[QDockWidget, QWidget] = {}
        self.drawer = ScarDrawer(window, window.docks[1], panel)
        self.popup = BoxPopup(study.box, study)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(film)
        column.addWidget(line)
        line.hide()
        self._holder = holder
        window.docks[2].setWidget(holder)
        window.arranged.connect(self._on_arranged)
        window.themed.connect(lambda _: self._word_badge())
        window.installEventFilter(self)
        self._word_badge()

    def _bare(self, dock: QDockWidget, bare: bool) -> None:
        """Take a dock's title away, or give it back."""
        title = dock.titleBarWidget()
        if bare and dock not in self._titles:
            self._titles[dock] = title
            dock.setTitleBarWidget(QWidget())
            title.hide()
        elif not bare and dock in self._titles:
            dock.setTitleBarWidget(self._titles.pop(dock))
            dock.titleBarWidget().show()
            title.deleteLater()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The badge has fewer words in a narrow window, also on the start page."""
        if event.type() == QEvent.Type.Resize:
            self._word_badge()
        return False

    def _word_badge(self) -> None:
        badge = self._window.findChild(QLabel, "researchBadge")
        if badge is not None:
            badge.setText(BADGE_NARROW if self._window.single else BADGE)

    def _on_arranged(self, rail: bool, single: bool) -> None:
        study, scar, film = self._window.docks
        for dock, bare in ((study, rail), (scar, single), (film, single)):
            self._bare(dock, bare)
        self.popup.use(rail)
        margin = RAIL_MARGIN if rail else MARGIN
        layout = self._study.layout()
        assert layout is not None
        layout.setContentsMargins(margin, 6, margin, 8)
        for rows in (self._study.slices, self._study.series):
            as_rail(rows, rail, THUMB)
        self._panel.set_narrow(single)
        self._film.setVisible(not single)
        self._line.setVisible(single)
        self._holder.setMaximumHeight(self._line.sizeHint().height() if single else UNBOUND)
        self.drawer.use(single)

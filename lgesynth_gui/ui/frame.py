"""The frame of the window: docks and their sizes, theme, text size, drops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget

from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.theme import ThemeName, apply_theme

# Effective width (window width over text size) up to which a layout is used, and the widths of the
# study and the scar dock in it, px at 100 %.
BANDS = ((999, (56, 250)), (1279, (56, 300)), (1699, (176, 316)), (100_000, (240, 340)))
SINGLE = 0  # the band in which one pane is shown, and the scar dock is a drawer
RAIL = 1  # up to this one the study dock is a rail of slices
FILM, FILM_GROWS = 124, 60
SCALES = (0.8, 2.0)


class Frame(QMainWindow):
    """A main window with a study dock, a scar dock and a film dock; knows nothing of hearts."""

    dropped = Signal(object)  # Path
    themed = Signal(str)
    arranged = Signal(bool, bool)  # study dock as a rail? a single pane and a drawer?

    def __init__(self, theme: ThemeName) -> None:
        super().__init__()
        self.theme: ThemeName = theme
        self.scale = 1.0
        self.docks: tuple[QDockWidget, ...] = ()
        self._working = False
        self._band = -1
        self.setAcceptDrops(True)
        self.setMinimumSize(1000, 600)

    def add_docks(self, study: QWidget, scar: QWidget, film: QWidget) -> None:
        """Put the three panels around the centre; the side docks keep the full height."""
        area = Qt.DockWidgetArea
        self.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
        self.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
        self.docks = tuple(
            self._dock(name, title, widget, where)
            for name, title, widget, where in (
                ("studyDock", "Study", study, area.LeftDockWidgetArea),
                ("scarDock", "Scar and generation", scar, area.RightDockWidgetArea),
                ("filmDock", "Variations", film, area.BottomDockWidgetArea),
            )
        )

    def _dock(self, name: str, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        dock.setTitleBarWidget(plain_label(title, role="dock"))  # Qt's own keeps its first font
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetClosable
        )
        self.addDockWidget(area, dock)
        return dock

    @property
    def working(self) -> bool:
        """Whether the docks are shown."""
        return self._working

    def show_docks(self, shown: bool) -> None:
        """All docks, or none of them while there is nothing to work on."""
        self._working = shown
        for dock in self.docks:
            dock.setVisible(shown)
        if shown:
            QTimer.singleShot(0, self, self.reset_layout)

    def reset_layout(self) -> None:
        """All docks at their places and sizes for the window's width and the text size."""
        if not self._working:
            return
        study, scar, film = self.docks
        for dock in self.docks:
            dock.show()
        wide = self.width() / self.scale
        self._band = self._band_of(wide)
        self.arranged.emit(self._band <= RAIL, self._band == SINGLE)
        sides = [int(width * self.scale) for width in BANDS[self._band][1]]
        self.resizeDocks([study, scar], sides, Qt.Orientation.Horizontal)
        self.resizeDocks(
            [film], [int(FILM + FILM_GROWS * (self.scale - 1))], Qt.Orientation.Vertical
        )

    @property
    def single(self) -> bool:
        """Whether the window is so narrow for its text that only one pane fits."""
        return self._band_of(self.width() / self.scale) == SINGLE

    def _band_of(self, wide: float) -> int:
        return next(i for i, (most, _) in enumerate(BANDS) if wide <= most)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another band of widths is another layout."""
        super().resizeEvent(event)
        if self._working and self._band_of(self.width() / self.scale) != self._band:
            QTimer.singleShot(0, self, self.reset_layout)

    def focus_next(self, panels: Sequence[tuple[QWidget, QWidget]]) -> None:
        """Give the focus to the next of several (panel, where its focus starts) that is visible."""
        focus = QApplication.focusWidget()
        held = (i for i, (panel, _) in enumerate(panels) if focus and panel.isAncestorOf(focus))
        here = next(held, -1)
        for step in range(1, len(panels) + 1):
            _, start = panels[(here + step) % len(panels)]
            if start.isVisible():
                start.setFocus(Qt.FocusReason.ShortcutFocusReason)
                return

    def set_theme(self, name: ThemeName) -> None:
        """Dark or light, live."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme = name
        apply_theme(app, name, self.scale)
        self.themed.emit(name)

    def set_scale(self, scale: float) -> None:
        """Text size, 0.8 to 2.0 times, live."""
        self.scale = round(min(max(scale, SCALES[0]), SCALES[1]), 1)
        self.set_theme(self.theme)
        QTimer.singleShot(0, self, self.reset_layout)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Drop is open; only the first of several things."""
        for url in event.mimeData().urls():
            if url.isLocalFile():
                event.acceptProposedAction()
                self.dropped.emit(Path(url.toLocalFile()))
                return

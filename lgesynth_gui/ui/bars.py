"""The bar at the top, the tool strip, the menu of an image, and the file picker."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QSizePolicy, QToolBar, QWidget

from lgesynth_gui.ui.icons import tool_icon
from lgesynth_gui.ui.keys import KEYS
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.tools import TOOLS
from lgesynth_gui.ui.theme import ThemeName

Actions = dict[str, QAction]

TOP_BAR = (
    ("open_folder", "Open folder"),
    ("open_file", "Open file"),
    ("undo", "↶"),
    ("redo", "↷"),
    ("theme", "◐"),
    ("help", "Manual"),
    ("keys", "Keys"),
)
OBJECTS = (
    ("object_scar", "Scar", "Tools change the scar"),
    ("object_endo", "Endo", "Tools change the endocardium"),
    ("object_epi", "Epi", "Tools change the epicardium"),
    ("object_points", "RV", "Tools set the RV insertion points"),
)
SHOWN = (("overlay", "Lines"), ("grid", "AHA"), ("difference", "Diff"))
MENU = ("fit", "auto_window", "overlay", "grid", "difference", "nearest", "copy_next", "layout")


def top_bar(actions: Actions) -> QToolBar:
    """Open, undo, theme, manual; at the right the research-use badge, always."""
    bar = QToolBar("Main")
    bar.setObjectName("topBar")
    bar.setMovable(False)
    for name, text in TOP_BAR:
        actions[name].setIconText(text)
        bar.addAction(actions[name])
        if name in ("open_file", "redo"):
            bar.addSeparator()
    spacer = QWidget()
    spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(spacer)
    badge = plain_label("Research use only: output is synthetic", role="badge")
    badge.setObjectName("researchBadge")
    bar.addWidget(badge)
    bar.toggleViewAction().setEnabled(False)
    return bar


def tool_strip(actions: Actions, theme: ThemeName) -> QToolBar:
    """The tools, what they change, and what is shown."""
    strip = QToolBar("Tools")
    strip.setObjectName("toolStrip")
    strip.setMovable(False)
    strip.setOrientation(Qt.Orientation.Vertical)
    strip.setIconSize(QSize(20, 20))
    strip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    for tool in TOOLS:
        action = actions[f"tool_{tool.id}"]
        action.setIconText(tool.key)
        action.setToolTip(f"{tool.text} ({tool.key})\n{tool.hint}")
        _add(strip, action)
    set_icons(actions, theme)
    strip.addSeparator()
    for name, text, words in OBJECTS:
        action = actions[name]
        action.setIconText(text)
        action.setToolTip(f"{words} ({next(k.keys for k in KEYS if k.action == name)})")
        _add(strip, action)
    strip.addSeparator()
    for name, text in SHOWN:
        actions[name].setIconText(text)
        _add(strip, actions[name])
    strip.toggleViewAction().setEnabled(False)
    return strip


def set_icons(actions: Actions, theme: ThemeName) -> None:
    """Draw the tools' icons in a theme's colours."""
    for tool in TOOLS:
        actions[f"tool_{tool.id}"].setIcon(tool_icon(tool.icon, theme))


def _add(strip: QToolBar, action: QAction) -> None:
    action.setCheckable(True)
    strip.addAction(action)


def image_menu(parent: QWidget, actions: Actions, clear: Callable[[], object]) -> QMenu:
    """The menu of a right click on an image; it deletes itself."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for name in MENU:
        menu.addAction(actions[name])
    menu.addAction("Clear the scar of this slice").triggered.connect(lambda _=False: clear())
    return menu


def pick(
    parent: QWidget, title: str, mode: QFileDialog.FileMode, chosen: Callable[[str], object]
) -> None:
    """Open a file picker without a nested event loop."""
    picker = QFileDialog(parent, title)
    picker.setFileMode(mode)
    picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    picker.fileSelected.connect(chosen)
    picker.open()

"""The bar at the top, the tool strip, the menu of an image, and the file picker."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolBar,
    QToolButton,
    QWidget,
)

from lgesynth_gui.ui.icons import tool_icon
from lgesynth_gui.ui.keymap import key_of, worded
from lgesynth_gui.ui.labels import plain_label, plain_tip
from lgesynth_gui.ui.sketch.tools import TOOLS
from lgesynth_gui.ui.theme import ThemeName

Actions = dict[str, QAction]

BADGE, BADGE_NARROW = "Research use only: output is synthetic", "Research use only"

TOP_BAR = (
    ("open_folder", "Open folder"),
    ("open_file", "Open file"),
    ("save", "Save"),
    ("undo", "↶"),
    ("redo", "↷"),
    ("mode_sketch", "Sketch"),
    ("mode_cohort", "Cohort"),
    ("mode_evaluate", "Evaluate"),
    ("mode_train", "Train"),
    ("theme", "◐"),
    ("preferences", "⚙"),
    ("palette", "Find"),
    ("keys", "Keys"),
    ("help", "Help"),
)
HELP = ("help", "keys", "palette", "tour", "models", "audit", "doctor", "diagnostics", "about")
OBJECTS = (
    ("object_scar", "Scar", "Tools change the scar"),
    ("object_endo", "Endo", "Tools change the endocardium"),
    ("object_epi", "Epi", "Tools change the epicardium"),
    ("object_points", "RV", "Tools set the RV insertion points"),
)
SHOWN = (("overlay", "Lines"), ("grid", "AHA"))
MENU = (
    "fit",
    "auto_window",
    "file_window",
    "overlay",
    "grid",
    "upright",
    "compare",
    "nearest",
    "copy_scar",
    "paste_scar",
    "copy_next",
    "interpolate",
    "heal",
    "layout",
    "teach",
)


def top_bar(actions: Actions) -> QToolBar:
    """Open, undo, theme, help; what does not fit hides behind »."""
    bar = QToolBar("Main")
    bar.setObjectName("topBar")
    bar.setMovable(False)
    for name, text in TOP_BAR:
        actions[name].setIconText(text)
        bar.addAction(actions[name])
        actions[name].setCheckable(name.startswith("mode_"))
        if name in ("save", "redo", "mode_train"):
            bar.addSeparator()
    button = bar.widgetForAction(actions["help"])
    if isinstance(button, QToolButton):
        button.setMenu(help_menu(bar, actions))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    name_buttons(bar)
    bar.toggleViewAction().setEnabled(False)
    return bar


def badge_bar() -> QToolBar:
    """The research-use badge in a bar of its own: it never goes into the overflow of the other."""
    bar = QToolBar("Research use")
    bar.setObjectName("badgeBar")
    bar.setMovable(False)
    badge = plain_label(BADGE, role="badge")
    badge.setObjectName("researchBadge")
    badge.setToolTip(f"{BADGE}. It is not for diagnosis.")
    holder = QWidget()  # one widget, whose least width the bar keeps
    holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(badge)
    bar.addWidget(holder)
    bar.toggleViewAction().setEnabled(False)
    return bar


def help_menu(parent: QWidget, actions: Actions) -> QMenu:
    """Manual, keys, tour, self-test, diagnostics, about."""
    menu = QMenu("Help", parent)
    for name in HELP:
        menu.addAction(actions[name])
    return menu


def name_buttons(bar: QToolBar) -> None:
    """Give every button of a bar its name for screen readers and a place in the tab order."""
    for action in bar.actions():
        button = bar.widgetForAction(action)
        if isinstance(button, QToolButton):
            button.setAccessibleName(action.text())
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)


def tool_strip(actions: Actions, theme: ThemeName) -> QToolBar:
    """The tools, what they change, and what is shown."""
    strip = QToolBar("Tools")
    strip.setObjectName("toolStrip")
    strip.setMovable(False)
    strip.setOrientation(Qt.Orientation.Vertical)
    strip.setIconSize(QSize(20, 20))
    strip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    for tool in TOOLS:
        _add(strip, actions[f"tool_{tool.id}"])
    set_icons(actions, theme)
    strip.addSeparator()
    for name, text, _ in OBJECTS:
        actions[name].setIconText(text)
        _add(strip, actions[name])
    strip.addSeparator()
    for name, text in SHOWN:
        actions[name].setIconText(text)
        _add(strip, actions[name])
    strip.toggleViewAction().setEnabled(False)
    name_keys(actions)
    name_buttons(strip)
    return strip


def name_keys(actions: Actions) -> None:
    """Print the tools' keys under their icons and in the tooltips of the strip, as they are now."""
    for tool in TOOLS:
        action, key = actions[f"tool_{tool.id}"], key_of(f"tool_{tool.id}")
        action.setIconText(key or "–")
        action.setToolTip(plain_tip(worded(f"{tool.text} ({{tool_{tool.id}}})\n{tool.hint}")))
    for name, _, words in OBJECTS:
        actions[name].setToolTip(plain_tip(worded(f"{words} ({{{name}}})")))


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


def pick_save(
    parent: QWidget, title: str, name: str, filter_: str, chosen: Callable[[str], object]
) -> None:
    """Ask for the name of a file to write, without a nested event loop.

    Args:
        parent: Owner.
        title: Of the picker.
        name: Offered, with its ending.
        filter_: As Qt writes it, "CSV (*.csv)".
        chosen: Called with the path; the picker has asked before an old file is replaced.
    """
    picker = QFileDialog(parent, title)
    picker.setFileMode(QFileDialog.FileMode.AnyFile)
    picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    picker.setNameFilter(filter_)
    picker.setDefaultSuffix(name.rpartition(".")[2])
    picker.selectFile(name)
    picker.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    picker.fileSelected.connect(chosen)
    picker.open()

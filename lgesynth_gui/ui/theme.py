"""Colours, fonts and the short style sheet, all from `resources/palette.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.verdict import Grade

ThemeName = Literal["dark", "light"]
BASE_POINTS = 10.0
DIFFERENCE_EDGES = (2.5, 12.5, 25.0)  # percentage points of transmurality


@dataclass(frozen=True)
class Theme:
    """Roles of one theme as hex strings, and the data colours that are the same in both."""

    name: ThemeName
    roles: dict[str, str]
    data: dict[str, Any]

    def role(self, name: str) -> QColor:
        """An interface colour."""
        return QColor(self.roles[name])

    def of(self, name: str) -> QColor:
        """A data colour (overlay, verdict, class, well)."""
        return QColor(self.data[name])


@lru_cache(maxsize=2)
def load_theme(name: ThemeName) -> Theme:
    """Read a theme of the bundled palette."""
    with (bundled("resources") / "palette.toml").open("rb") as file:
        table = tomllib.load(file)
    return Theme(name, table[name], table["data"])


def data_colour(name: str) -> QColor:
    """A data colour; the same in every theme."""
    return load_theme("dark").of(name)


def grade_colour(grade: Grade) -> QColor:
    """Colour of a verdict on a dark well; the glyph and the word always stand beside it."""
    name = {
        Grade.PASS: "pass",
        Grade.CHECK: "check",
        Grade.FAIL: "fail",
        Grade.BLOCKED: "fail",
    }.get(grade, "well_muted")
    return data_colour(name)


def class_colours(grade: int) -> tuple[QColor, QColor]:
    """(fill, number colour) of a transmurality class 0 to 4."""
    ink = "well_text" if grade in (0, 4) else "on_light"
    return data_colour(f"class_{grade}"), data_colour(ink)


def shown_theme(choice: str) -> ThemeName:
    """The theme of a choice: itself, or for "system" what the desktop asks for (dark if unsaid)."""
    if choice == "system":
        scheme = QGuiApplication.styleHints().colorScheme()
        return "light" if scheme == Qt.ColorScheme.Light else "dark"
    return "light" if choice == "light" else "dark"


def difference_colours(points: float) -> tuple[QColor, QColor]:
    """(fill, number colour) of a signed difference in percentage points; white is zero.

    The scale is fixed: blue below, orange above, a step at 2.5, 12.5 and 25 points.
    """
    step = sum(abs(points) >= edge for edge in DIFFERENCE_EDGES)
    place = 3 + (step if points > 0 else -step)
    ink = "well_text" if step == 3 else "on_light"
    return QColor(load_theme("dark").data["difference"][place]), data_colour(ink)


def apply_theme(app: QApplication, name: ThemeName, scale: float = 1.0) -> None:
    """Fusion, the palette, the base font and the style sheet, all at once and live.

    Args:
        app: The application.
        name: Theme.
        scale: Size of all text, 0.8 to 2.0.
    """
    theme = load_theme(name)
    app.setStyle("Fusion")
    font = QFont(app.font())
    font.setPointSizeF(BASE_POINTS * scale)
    app.setFont(font)
    app.setPalette(qt_palette(theme))
    app.setStyleSheet(style_sheet(theme, scale))


def qt_palette(theme: Theme) -> QPalette:
    """The Qt palette of a theme."""
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: "window",
        role.Base: "panel",
        role.AlternateBase: "raised",
        role.Button: "raised",
        role.Text: "text",
        role.WindowText: "text",
        role.ButtonText: "text",
        role.BrightText: "text",
        role.ToolTipBase: "raised",
        role.ToolTipText: "text",
        role.PlaceholderText: "muted",
        role.Highlight: "accent",
        role.HighlightedText: "on_accent",
        role.Link: "accent",
        role.Mid: "line",
        role.Dark: "line",
        role.Light: "raised",
        role.Midlight: "raised",
        role.Shadow: "window",
        role.Accent: "accent",
    }
    for which, name in pairs.items():
        palette.setColor(which, theme.role(name))
    for which in (role.Text, role.WindowText, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, theme.role("disabled"))
    return palette


def style_sheet(theme: Theme, scale: float = 1.0) -> str:
    """The style sheet: flat buttons, wells, headings. No widget is styled by half."""
    c, d = theme.roles, theme.data
    tick = (bundled("resources") / "icons" / f"tick-{theme.name}.svg").as_posix()
    box, knob = round(15 * scale), round(7 * scale)
    return f"""
    QToolTip {{ color: {c["text"]}; background: {c["raised"]}; border: 1px solid {c["line"]};
                padding: 4px; }}
    QMainWindow::separator {{ background: {c["window"]}; width: 4px; height: 4px; }}
    QToolBar {{ background: {c["window"]}; border: none; spacing: 4px; padding: 2px; }}
    QToolBar QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 3px 7px; }}
    QToolBar#toolStrip QToolButton {{ padding: 3px 2px; min-width: 26px; }}
    QToolBar QToolButton:hover {{ background: {c["raised"]}; }}
    QToolBar QToolButton:checked {{ border-color: {c["accent"]}; background: {c["raised"]};
                                    color: {c["accent"]}; }}
    QToolBar QToolButton:focus {{ border: 2px solid {c["accent"]}; padding: 2px 6px; }}
    QToolBar#toolStrip QToolButton:focus {{ padding: 2px 1px; }}
    QStatusBar {{ background: {c["window"]}; }}
    QStatusBar::item {{ border: none; }}
    QStatusBar QLabel {{ padding: 0 6px; }}
    QDockWidget {{ titlebar-close-icon: none; }}
    QLabel[role="dock"] {{ background: {c["panel"]}; padding: 5px 8px; }}
    QWidget[surface="panel"] {{ background: {c["panel"]}; }}
    QWidget[surface="well"] {{ background: {d["well"]}; }}
    QScrollArea {{ border: none; background: {c["panel"]}; }}
    QLabel[role="muted"] {{ color: {c["muted"]}; }}
    QLabel[role="heading"] {{ color: {c["muted"]}; font-weight: bold; }}
    QLabel[role="section"] {{ color: {c["accent"]}; font-weight: bold; padding-bottom: 3px; }}
    QLabel[role="title"] {{ font-size: {2 * BASE_POINTS * scale:g}pt; font-weight: bold; }}
    QLabel[role="badge"] {{ color: {c["text"]}; border: 1px solid {d["check"]};
                            border-radius: 4px; padding: 2px 8px; }}
    QLabel[role="warning"] {{ color: {c["text"]}; border-left: 3px solid {d["check"]};
                              padding: 3px 6px; background: {c["raised"]}; }}
    QPushButton {{ background: {c["raised"]}; color: {c["text"]}; border: 1px solid {c["outline"]};
                   border-radius: 4px; padding: 4px 10px; }}
    QPushButton:hover {{ border-color: {c["accent"]}; }}
    QPushButton:focus {{ border: 2px solid {c["accent"]}; padding: 3px 9px; }}
    QPushButton:checked {{ border: 2px solid {c["accent"]}; padding: 3px 9px; }}
    QPushButton:disabled {{ color: {c["disabled"]}; border-color: {c["line"]}; }}
    QPushButton[compact="true"] {{ padding: 3px 2px; }}
    QPushButton[compact="true"]:focus, QPushButton[compact="true"]:checked {{ padding: 2px 1px; }}
    QPushButton[link="true"] {{ background: transparent; color: {d["well_text"]}; padding: 1px 0px;
                                border: 1px solid transparent; text-align: left;
                                text-decoration: underline; }}
    QPushButton[link="true"]:focus {{ border: 1px solid {c["accent"]}; padding: 1px 0px; }}
    QPushButton[link="true"]:hover {{ border: 1px solid {d["well_muted"]}; }}
    QPushButton[rail="true"] {{ text-align: left; padding: 6px 10px; }}
    QPushButton[rail="true"]:focus {{ padding: 5px 9px; }}
    QPushButton[rail="true"]:checked {{ background: {c["accent"]}; color: {c["on_accent"]};
                                        border: 1px solid {c["accent"]}; font-weight: bold;
                                        padding: 6px 10px; }}
    QPushButton[rail="true"]:checked:focus {{ border: 2px solid {c["text"]}; padding: 5px 9px; }}
    QPushButton[primary="true"] {{ background: {c["accent"]}; color: {c["on_accent"]};
                                   border-color: {c["accent"]}; font-weight: bold; padding: 6px; }}
    QPushButton[primary="true"]:focus {{ border: 2px solid {c["text"]}; padding: 5px; }}
    QPushButton[primary="true"]:disabled {{ background: {c["raised"]}; color: {c["disabled"]};
                                            border-color: {c["line"]}; }}
    QCheckBox, QRadioButton {{ spacing: 7px; }}
    QCheckBox::indicator, QRadioButton::indicator {{
        width: {box - 2}px; height: {box - 2}px; border: 1px solid {c["outline"]};
        background: {c["window"]}; }}
    QCheckBox::indicator {{ border-radius: 3px; }}
    QRadioButton::indicator {{ border-radius: {box // 2}px; }}
    QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {c["accent"]}; }}
    QCheckBox::indicator:focus, QRadioButton::indicator:focus {{
        width: {box - 4}px; height: {box - 4}px; border: 2px solid {c["accent"]}; }}
    QCheckBox::indicator:checked {{ background: {c["accent"]}; border-color: {c["accent"]};
                                    image: url("{tick}"); }}
    QRadioButton::indicator:checked {{
        width: {knob}px; height: {knob}px; border: {(box - knob) // 2}px solid {c["accent"]};
        background: {c["on_accent"]}; }}
    QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{
        border-color: {c["line"]}; background: {c["panel"]}; }}
    QCheckBox:focus, QRadioButton:focus {{ color: {c["accent"]}; }}
    QCheckBox:disabled, QRadioButton:disabled {{ color: {c["disabled"]}; }}
    QPlainTextEdit {{ background: {c["window"]}; border: 1px solid {c["outline"]};
                      border-radius: 4px; padding: 1px 3px; }}
    QPlainTextEdit:focus {{ border: 2px solid {c["accent"]}; padding: 0px 2px; }}
    QPlainTextEdit[unread="true"] {{ border: 2px solid {d["check"]}; padding: 0px 2px; }}
    QPlainTextEdit:disabled {{ border-color: {c["line"]}; color: {c["disabled"]}; }}
    QLineEdit {{ background: {c["window"]}; border: 1px solid {c["outline"]}; border-radius: 4px;
                 padding: 4px 6px; }}
    QLineEdit:focus {{ border: 2px solid {c["accent"]}; padding: 3px 5px; }}
    QLineEdit[unread="true"] {{ border: 2px solid {d["check"]}; padding: 3px 5px; }}
    QListView {{ background: {c["panel"]}; border: none; }}
    QListView[surface="well"] {{ background: {d["canvas"]}; }}
    QListWidget::item {{ border: 1px solid transparent; border-radius: 3px; }}
    QListWidget::item:selected {{ background: {c["raised"]}; color: {c["text"]};
                                  border-color: {c["accent"]}; }}
    QFrame#understoodCard {{ background: {c["panel"]}; border: 1px solid {c["outline"]};
                            border-radius: 6px; }}
    QFrame#understoodCard QScrollArea, QFrame#understoodCard QScrollArea > QWidget > QWidget {{
        background: {c["panel"]}; }}
    QFrame#tourBubble {{ background: {c["raised"]}; border: 2px solid {c["accent"]};
                         border-radius: 6px; }}
    QFrame#scarDrawer, QFrame#contourPopup {{ background: {c["panel"]};
                                              border: 1px solid {c["outline"]}; }}
    QFrame[role="rule"] {{ background: {c["line"]}; border: none; max-height: 1px; }}
    QProgressBar {{ background: {c["raised"]}; border: 1px solid {c["line"]}; border-radius: 4px;
                    max-height: 10px; text-align: center; }}
    QProgressBar::chunk {{ background: {c["accent"]}; border-radius: 3px; }}
    """

"""Tool icons: small SVG files drawn in the theme's text colour."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.ui.theme import ThemeName, load_theme

SIDE = 40  # drawn twice as large as shown


def tool_icon(name: str, theme: ThemeName) -> QIcon:
    """An icon of `resources/icons` in normal and disabled colour."""
    svg = (bundled("resources") / "icons" / name).read_text(encoding="utf-8")
    icon = QIcon()
    roles = load_theme(theme).roles
    for mode, role in ((QIcon.Mode.Normal, "text"), (QIcon.Mode.Disabled, "disabled")):
        renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", roles[role]).encode()))
        picture = QPixmap(SIDE, SIDE)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        renderer.render(painter, QRectF(0, 0, SIDE, SIDE))
        painter.end()
        icon.addPixmap(picture, mode)
    return icon

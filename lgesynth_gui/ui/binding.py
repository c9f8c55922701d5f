"""Ties an editor widget to one field of the session's state, both ways."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QSpinBox

from lgesynth_gui.app.session import Session, State


def bind_number(
    box: QSpinBox | QDoubleSpinBox,
    session: Session,
    field: str,
    *,
    show: Callable[[State], float],
    take: Callable[[State, float], Any],
    text: str,
    merge_key: int = -1,
) -> None:
    """Show `field` in `box`, and make what the user types an undoable edit called `text`."""

    def refresh(changed: str) -> None:
        if changed == field:
            with QSignalBlocker(box):
                box.setValue(show(session.state))  # type: ignore[arg-type]

    session.changed.connect(refresh)
    refresh(field)
    box.valueChanged.connect(
        lambda value: session.edit(field, take(session.state, value), text, merge_key=merge_key)
    )


def bind_tick(
    box: QCheckBox,
    session: Session,
    field: str,
    *,
    show: Callable[[State], bool],
    take: Callable[[State, bool], Any],
    text: str,
) -> None:
    """Show a yes/no part of `field` in `box`, and make a click an undoable edit."""

    def refresh(changed: str) -> None:
        if changed == field:
            with QSignalBlocker(box):
                box.setChecked(show(session.state))

    session.changed.connect(refresh)
    refresh(field)
    box.toggled.connect(lambda on: session.edit(field, take(session.state, on), text))

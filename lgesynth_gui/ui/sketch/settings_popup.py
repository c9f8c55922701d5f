"""What hides behind the gear: steps, guidance, feather, slices."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QFormLayout, QFrame, QSpinBox, QWidget

from lgesynth_gui.app.session import Session
from lgesynth_gui.ui.binding import bind_number, bind_tick
from lgesynth_gui.ui.labels import plain_label


class SettingsPopup(QFrame):
    """A small panel that closes when one clicks elsewhere."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setObjectName("generateSettings")
        self.setFrameShape(QFrame.Shape.StyledPanel)
        form = QFormLayout(self)
        form.setContentsMargins(12, 10, 12, 12)
        form.addRow(plain_label("How to generate", role="heading"))
        steps = QSpinBox(minimum=1, maximum=100)
        steps.setToolTip("Sampler steps: more is slower and a little finer.")
        bind_number(
            steps,
            session,
            "settings",
            show=lambda s: s.settings.steps,
            take=lambda s, v: replace(s.settings, steps=int(v)),
            text="steps",
        )
        guidance = QDoubleSpinBox(minimum=0.0, maximum=0.3, singleStep=0.02, decimals=2)
        guidance.setToolTip(
            "How strongly the reward network pulls towards the drawn scar; 0 is off."
        )
        bind_number(
            guidance,
            session,
            "settings",
            show=lambda s: s.settings.guidance,
            take=lambda s, v: replace(s.settings, guidance=float(v)),
            text="guidance",
        )
        feather = QDoubleSpinBox(minimum=2.0, maximum=4.0, singleStep=0.5, decimals=1, suffix=" mm")
        feather.setToolTip("Width of the band where new and original pixels are mixed.")
        bind_number(
            feather,
            session,
            "settings",
            show=lambda s: s.settings.feather_mm,
            take=lambda s, v: replace(s.settings, feather_mm=float(v)),
            text="feather",
        )
        only = QCheckBox("Only the shown slice")
        bind_tick(
            only,
            session,
            "settings",
            show=lambda s: s.settings.this_slice,
            take=lambda s, on: replace(s.settings, this_slice=on),
            text="slices to generate",
        )
        for name, box in (("Steps", steps), ("Guidance", guidance), ("Feather", feather)):
            box.setAccessibleName(name)
            form.addRow(plain_label(name), box)
        form.addRow(only)

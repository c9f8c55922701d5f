"""Where one draws: the images, the row of tool options, and drawings that wait for a yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from lgesynth_gui.app import regions, slices, stamps
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.slices import Clip, Filling
from lgesynth_gui.app.stamps import Stamp
from lgesynth_gui.app.words import PatternRow
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.ui.canvas.canvas import Canvas
from lgesynth_gui.ui.keymap import key_of, worded
from lgesynth_gui.ui.labels import plain_label
from lgesynth_gui.ui.sketch.options import OptionRow, Slider, button
from lgesynth_gui.ui.sketch.stamp_row import StampRow
from lgesynth_gui.ui.sketch.tool_layer import BRUSHES
from lgesynth_gui.ui.sketch.tools.brush import resized
from lgesynth_gui.ui.sketch.tools.stamp import StampTool

Does = dict[str, Callable[[], object]]
SLICE_MENU = (
    ("copy_scar", "Copy the scar of this slice"),
    ("paste_scar", "Paste it here, instead of what is here"),
    ("copy_next", "Copy it to the next slice"),
    ("interpolate", "Fill the gap between two drawn slices"),
    ("heal", "Make healthy: paint over old scar"),
)


class Workbench(QWidget):
    """The centre of Sketch. Holds no truth but what is about to be drawn and what was copied."""

    said = Signal(str)

    def __init__(self, session: Session, view: View, canvas: Canvas) -> None:
        super().__init__()
        self.setObjectName("workbench")
        self._session, self._view, self.canvas = session, view, canvas
        self._stamp: Stamp | None = None
        self._title = ""
        self._filling: Filling | None = None
        self._ghost: ScarSketch | None = None
        self._clip: Clip | None = None
        self._tool = StampTool(
            lambda: self._stamp.turn if self._stamp is not None else 0,
            lambda turn: self._set_stamp(replace(self._stamp, turn=turn)) if self._stamp else None,
            self.confirm,
        )
        self._run: Does = {}
        own = self._own()
        self.options = OptionRow(session, view, own)
        self.stamps = StampRow()
        self.asking = self._question()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.note = plain_label(role="muted")
        self.note.setObjectName("healNote")
        self.note.setProperty("surface", "panel")
        self.note.setWordWrap(True)
        self.note.setContentsMargins(6, 0, 6, 3)
        for widget in (self.options, self.stamps, self.asking, self.note):
            column.addWidget(widget)
        column.addWidget(canvas, 1)
        self.stamps.changed.connect(self._set_stamp)
        self.stamps.draw_wanted.connect(self.confirm)
        self.stamps.leave_wanted.connect(self.leave)
        self.options.slices.clicked.connect(self._open_menu)
        for pane in (canvas.original, canvas.synthetic):
            pane.overlay.sized.connect(self._on_sized)
        session.opened.connect(self._on_opened)
        session.changed.connect(self._on_changed)
        view.changed.connect(self._on_look)
        self._show_rows()

    def _question(self) -> QWidget:
        """The row that asks whether a filled gap is to stay."""
        box = QWidget()
        box.setObjectName("fillingRow")
        box.setProperty("surface", "panel")
        row = QHBoxLayout(box)
        row.setContentsMargins(6, 3, 6, 3)
        self.question = plain_label()
        self.question.setWordWrap(True)
        accept = button("Accept   Enter", "acceptFilling", "Take the filled slices (Enter)")
        accept.clicked.connect(lambda _=False: self.confirm())
        leave = button("Leave   Esc", "leaveFilling", "Leave the gap empty (Esc)")
        leave.clicked.connect(lambda _=False: self.leave())
        row.addWidget(self.question, 1)
        row.addWidget(accept)
        row.addWidget(leave)
        return box

    def changeEvent(self, event: QEvent) -> None:
        """Sliders fit the text size."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            for slider in self.findChildren(Slider):
                slider.fit()

    def hideEvent(self, event: QHideEvent) -> None:
        """A gesture ends with the page it was made on."""
        super().hideEvent(event)
        self.canvas.abandon()

    # -- actions

    def _own(self) -> Does:
        return {
            "brush_smaller": lambda: self._on_sized(-1),
            "brush_larger": lambda: self._on_sized(1),
            "swap_brush": self._swap,
            "copy_scar": self._copy,
            "paste_scar": self._paste,
            "copy_next": lambda: self._say(slices.copy_to_next(self._session, self._view)),
            "interpolate": self._interpolate,
            "smooth": lambda: self._say(regions.smooth(self._session, self._view)),
            "mirror": lambda: self._say(regions.mirror(self._session, self._view)),
            "mirror_side": lambda: self._say(
                regions.mirror(self._session, self._view, sideways=True)
            ),
            "delete": lambda: self._say(regions.delete(self._session, self._view)),
            "heal": lambda: self._say(slices.heal(self._session, self._view)),
        }

    def does(self, others: Does) -> Does:
        """What the workbench does, by action; keys that serve several ends ask here first.

        Args:
            others: What those keys do while nothing is about to be drawn and no brush is in hand.
        """
        own = self._own()
        del own["delete"]  # has no key of its own: Delete asks below

        def first(mine: Callable[[], bool], name: str) -> Callable[[], object]:
            other = others[name]
            return lambda: mine() or other()

        own |= {
            "confirm": first(self.confirm, "confirm"),
            "abandon": first(self.leave, "abandon"),
            "discard": first(self._delete, "discard"),
            "zoom_in": first(lambda: self._sized(1), "zoom_in"),
            "zoom_out": first(lambda: self._sized(-1), "zoom_out"),
        }
        self._run = own
        return own

    def _say(self, text: str) -> None:
        if text:
            self.said.emit(text)

    def _sized(self, steps: int) -> bool:
        """Size the brush if one is in hand."""
        if self._view.look.tool not in BRUSHES:
            return False
        self._on_sized(steps)
        return True

    def _on_sized(self, steps: int) -> None:
        size = resized(self._view.look.brush_mm, steps)
        self._view.set(brush_mm=size)
        self._say(f"Brush {size:.1f} mm")

    def _swap(self) -> None:
        look = self._view.look
        if look.tool in BRUSHES:
            self._view.set(tool="brush" if look.tool == "eraser" else "eraser")

    def _delete(self) -> bool:
        """Delete the picked scar, unless a variation is looked at."""
        look = self._view.look
        number = regions.picked(self._session.state, self._view)
        if look.preview is not None or look.tool != "select" or number is None:
            return False
        self._say(regions.delete(self._session, self._view))
        return True

    # -- across slices

    def _copy(self) -> None:
        index = self._view.look.slice_index
        state = self._session.state
        clip = slices.copy(state, index) if state.series is not None else None
        if clip is None:
            self._say(f"Slice {index + 1} holds no scar to copy.")
            return
        self._clip = clip
        self._say(f"Copied the scar of slice {index + 1}; {key_of('paste_scar')} pastes it.")

    def _paste(self) -> None:
        index = self._view.look.slice_index
        reason = slices.paste(self._session, self._clip, index)
        if reason or self._clip is None:
            self._say(reason)
        else:
            self._say(f"Scar of slice {self._clip.index + 1} pasted into slice {index + 1}.")

    def _interpolate(self) -> None:
        self.leave()
        if self._session.state.series is None:
            return
        made = slices.filling(self._session.state, self._view.look.slice_index)
        if isinstance(made, str):
            self._say(made)
            return
        self._filling = made
        self.question.setText(f"{slices.filling_words(made)} Keep it?")
        if self._view.look.slice_index not in made.filled:
            self._view.set(slice_index=made.filled[len(made.filled) // 2])
        self._show_ghost(made.sketch)
        self._show_rows()

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("sliceMenu")
        for name, text in SLICE_MENU:
            key = key_of(name)
            action = QAction(f"{text}\t{key}" if key else text, menu)
            action.setObjectName(name)
            action.triggered.connect(lambda _=False, name=name: self._run[name]())
            if name == "heal":
                action.setCheckable(True)
                index = self._view.look.slice_index
                action.setChecked(index in self._session.state.healed)
            menu.addAction(action)
        menu.aboutToHide.connect(lambda: QTimer.singleShot(0, menu, menu.deleteLater))
        corner = self.options.slices.mapToGlobal(QPoint(0, self.options.slices.height()))
        menu.popup(corner)

    # -- what waits for a yes

    @property
    def stamp(self) -> Stamp | None:
        """The pattern that is about to be drawn."""
        return self._stamp

    def begin_stamp(self, row: PatternRow) -> None:
        """Show a pattern's ghost with its sliders; Enter or a click draws it."""
        self.leave()
        self._title = row.title
        self._set_stamp(Stamp(row.name, self._session.state.settings.seed))
        if self._stamp is not None:
            here, drawn = self._view.look.slice_index, self._ghost.slices() if self._ghost else ()
            if drawn and here not in drawn:
                self._view.set(slice_index=min(drawn, key=lambda i: (abs(i - here), i)))
            self._say(worded(self._tool.hint))
            self.canvas.original.overlay.setFocus()

    def _set_stamp(self, stamp: Stamp) -> None:
        try:
            sketch = stamps.stamped(stamp, self._session.state)
        except LgeSynthError as error:
            self._say(str(error))
            if self._stamp is not None:
                self.stamps.show_stamp(self._stamp, self._title)
            return
        self._stamp = stamp
        self.canvas.stand_in = self._tool
        self.stamps.show_stamp(stamp, self._title)
        self._show_ghost(sketch)
        self._show_rows()

    def _show_ghost(self, sketch: ScarSketch) -> None:
        self._ghost = sketch
        self._view.set(ghost=sketch)

    def confirm(self) -> bool:
        """Draw what waits for a yes, as one undo step; False when nothing waits."""
        if self.canvas.drawing and self._stamp is None:
            return False
        ghost, stamp, filling = self._ghost, self._stamp, self._filling
        if ghost is None:
            return False
        self.leave()
        if stamp is not None:
            self._session.edit("sketch", ghost, f"pattern {self._title}")
            self._say(f"Drawn: {self._title}.")
        elif filling is not None:
            self._session.edit("sketch", ghost, f"fill {slices.listed(filling.filled)}")
            self._say(slices.filling_words(filling))
        return True

    def leave(self) -> bool:
        """Drop what waits for a yes; False when nothing waits."""
        waited = self._ghost is not None
        self._stamp = self._filling = self._ghost = None
        self.canvas.stand_in = None
        if waited:
            self._view.set(ghost=None)
            self._show_rows()
        return waited

    def _show_rows(self) -> None:
        self.options.setVisible(self._stamp is None and self._filling is None)
        self.stamps.setVisible(self._stamp is not None)
        self.asking.setVisible(self._filling is not None)
        self._show_note()

    def _show_note(self) -> None:
        words = slices.heal_words(self._session.state, self._view.look.slice_index)
        self.note.setText(words)
        self.note.setVisible(bool(words))

    # -- keeping up

    def _on_opened(self) -> None:
        self.leave()
        self._clip = None
        self._view.set(picked=None)

    def _on_changed(self, field: str) -> None:
        self._show_note()
        if field not in ("sketch", "contours", "series"):
            return
        if self._stamp is not None:
            self._set_stamp(self._stamp)
        elif self._filling is not None:
            self.leave()

    def _on_look(self, names: frozenset[str]) -> None:
        look = self._view.look
        if "slice_index" in names:
            self._show_note()
        if names & {"tool", "active"}:
            self.leave()
        if "ghost" in names and self._ghost is not None and look.ghost is not self._ghost:
            if look.ghost is None:  # a menu that closed took its own ghost away
                self._view.set(ghost=self._ghost)
            else:
                self._stamp = self._filling = self._ghost = self.canvas.stand_in = None
                self._show_rows()

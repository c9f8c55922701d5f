"""Asked once when something would be lost: by closing the window or by opening another study."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def ask_to_close(
    parent: QWidget,
    running: int,
    stop: Callable[[], object],
    *,
    save: Callable[[], object] | None = None,
) -> None:
    """Ask what to do with what would be lost, without a nested event loop.

    Args:
        parent: The window.
        running: Variations that are queued or running.
        stop: Called when the user wants to close and lose it.
        save: Called when the user wants to save and close; None when everything is saved.
    """
    box = _box(parent, "closing", "Close LGESynth", _words(running, unsaved=save is not None))
    if save is not None:
        keep = box.addButton("Save and close", QMessageBox.ButtonRole.AcceptRole)
        keep.clicked.connect(lambda: save())
    words = "Close without saving" if save is not None else "Stop and close"
    leave = box.addButton(words, QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(stay if save is None else keep)
    box.setEscapeButton(stay)
    leave.clicked.connect(lambda: stop())
    box.open()


def ask_to_open(
    parent: QWidget,
    go: Callable[[], object],
    stay: Callable[[], object],
    *,
    save: Callable[[], object],
) -> None:
    """Ask what to do with unsaved work that no autosave keeps; the window stays usable.

    Args:
        parent: The window.
        go: Called when the user wants to open the other study and lose it.
        stay: Called when the user wants to stay, or closes the question.
        save: Called when the user wants to save and open.
    """
    box = _box(
        parent,
        "opening",
        "Open another study",
        "The project has changes that are not saved, and no autosave keeps them.",
    )
    box.setModal(False)
    keep = box.addButton("Save and open", QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton("Open without saving", QMessageBox.ButtonRole.DestructiveRole)
    back = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(back)

    def answer(_: int) -> None:
        pressed = box.clickedButton()
        (save if pressed == keep else go if pressed == leave else stay)()

    box.finished.connect(answer)
    box.show()


def ask_about_training(
    parent: QWidget, keep: Callable[[], object], stop: Callable[[], object]
) -> None:
    """Ask what becomes of a training when the window closes; see `ask_about_run`."""
    told = ("leavingTraining", "A training is running", "Keep training in background")
    ask_about_run(parent, told, "Stop after saving", keep, stop)


def ask_about_evaluation(
    parent: QWidget, keep: Callable[[], object], stop: Callable[[], object]
) -> None:
    """Ask what becomes of an evaluation when the window closes; see `ask_about_run`."""
    told = ("leavingEvaluation", "An evaluation is running", "Keep measuring in background")
    ask_about_run(parent, told, "Stop; it can go on later", keep, stop)


def ask_about_run(
    parent: QWidget,
    told: tuple[str, str, str],
    end: str,
    keep: Callable[[], object],
    stop: Callable[[], object],
) -> None:
    """Ask what becomes of a run that needs no window.

    Args:
        parent: The window.
        told: Name of the question, its title, and the words of the button that keeps it.
        end: Words of the button that ends it.
        keep: Called when it shall go on without the window.
        stop: Called when it shall end.
    """
    name, title, going_words = told
    box = _box(parent, name, title, f"{title}. It can go on without the window.")
    going = box.addButton(going_words, QMessageBox.ButtonRole.AcceptRole)
    ending = box.addButton(end, QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(going)
    box.setEscapeButton(stay)
    going.clicked.connect(lambda: keep())
    ending.clicked.connect(lambda: stop())
    box.open()


def ask_about_cohort(
    parent: QWidget, keep: Callable[[], object], stop: Callable[[], object]
) -> None:
    """Ask what becomes of a cohort's run when the window closes.

    Args:
        parent: The window.
        keep: Called when it shall go on without the window.
        stop: Called when it shall end; what is made stays.
    """
    words = "A cohort is being made. It can go on without the window."
    box = _box(parent, "leavingCohort", "A cohort is being made", words)
    going = box.addButton("Keep in background", QMessageBox.ButtonRole.AcceptRole)
    ending = box.addButton("Stop and close", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(going)
    box.setEscapeButton(stay)
    going.clicked.connect(lambda: keep())
    ending.clicked.connect(lambda: stop())
    box.open()


def _box(parent: QWidget, name: str, title: str, words: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setObjectName(name)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(words)
    return box


def _words(running: int, *, unsaved: bool) -> str:
    made = f"{running} variation{'s are' if running > 1 else ' is'} still being made"
    if running and unsaved:
        return f"{made}, and the project has changes that are not saved."
    return f"{made}." if running else "The project has changes that are not saved."

"""No nested event loop, no dialog that makes one, and no label that guesses what its text is."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "lgesynth_gui"
LOOPS = {("ui/main.py", "app")}  # the program's own
LABELS = "ui/labels.py"
MANUAL = "ui/dialogs/manual.py"  # shows the bundled manual, nothing from outside
STATIC = {
    "QMessageBox": {"about", "aboutQt", "critical", "information", "question", "warning"},
    "QFileDialog": {
        "getExistingDirectory", "getExistingDirectoryUrl", "getOpenFileName", "getOpenFileNames",
        "getOpenFileUrl", "getOpenFileUrls", "getSaveFileName", "getSaveFileUrl",
        "getOpenFileContent",
    },
    "QInputDialog": {"getDouble", "getInt", "getItem", "getMultiLineText", "getText"},
    "QColorDialog": {"getColor"},
    "QFontDialog": {"getFont"},
}  # fmt: skip
GUESSING = {"QErrorMessage", "QTextEdit", "QTextBrowser"}  # read marks in what they are given


def faults(source, name):
    """(line, what is wrong) of a module."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            owner = node.func.value
            of = owner.id if isinstance(owner, ast.Name) else ""
            if node.func.attr in ("exec", "exec_") and (name, of) not in LOOPS:
                found.append((node.lineno, f"{of}.{node.func.attr}"))
            if node.func.attr in STATIC.get(of, ()):
                found.append((node.lineno, f"{of}.{node.func.attr}"))
        elif isinstance(node.func, ast.Name):
            if node.func.id in GUESSING and name != MANUAL:
                found.append((node.lineno, node.func.id))
            if node.func.id == "QLabel" and name != LABELS:
                found.append((node.lineno, "QLabel: use plain_label"))
    return found


def modules():
    return sorted(p for package in ("app", "ui", "cli") for p in (ROOT / package).rglob("*.py"))


def test_that_no_module_opens_a_nested_loop_or_a_guessing_widget():
    told = {
        path.relative_to(ROOT).as_posix(): found
        for path in modules()
        if (found := faults(path.read_text(), path.relative_to(ROOT).as_posix()))
    }
    assert len(modules()) > 100
    assert told == {}


@pytest.mark.parametrize(
    "line",
    [
        "dialog.exec()",
        "self.menu.exec_(place)",
        "QMessageBox.question(window, 'a', 'b')",
        "QFileDialog.getOpenFileName(window)",
        "QErrorMessage(window)",
        "QLabel(f'{name} is open')",
    ],
)
def test_that_each_of_them_would_be_found(line):
    assert len(faults(line, "ui/window.py")) == 1

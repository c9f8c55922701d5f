"""Text that may have come from a file reaches Qt only where it is shown as it is (SAFETY T1)."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "lgesynth_gui"
LABELS = "ui/labels.py"
READS_MARKS = {"setToolTip", "setWhatsThis", "setStatusTip", "showText"}  # Qt guesses in these
ASKS = {"setHtml", "insertHtml", "setMarkdown", "appendHtml", "toHtml"}
PAGES = {
    "ui/dialogs/manual.py",  # shows bundled pages
    "app/report_print.py",  # escapes every text itself, as its own test says
}
AS_IT_IS = {"plain_tip"}


def is_ours(node):
    """Whether an expression is text of the program's own, or was made plain."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id.isupper()
    if isinstance(node, ast.Attribute):
        return node.attr.isupper()
    if isinstance(node, ast.JoinedStr):
        return all(is_ours(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return is_ours(node.value)
    if isinstance(node, ast.IfExp):
        return is_ours(node.body) and is_ours(node.orelse)
    if isinstance(node, ast.BoolOp):
        return all(is_ours(one) for one in node.values)
    if isinstance(node, ast.BinOp):
        return is_ours(node.left) and is_ours(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "worded":  # puts the names of keys in
            return all(is_ours(one) for one in node.args)
        return node.func.id in AS_IT_IS
    return False


def calls(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def name_of(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def says_plain(tree):
    """Whether a piece of code sets a text format of plain text."""
    return any(
        name_of(one.func) == "setTextFormat" and "PlainText" in ast.unparse(one)
        for one in calls(tree)
    )


def faults(source, name):
    """(line, what is wrong) of a module."""
    if name == LABELS:
        return []
    tree, found = ast.parse(source), []
    for node in calls(tree):
        called = name_of(node.func)
        if called in ASKS and name not in PAGES:
            found.append((node.lineno, called))
        if called in READS_MARKS:
            text = node.args[1:2] if called == "showText" else node.args[:1]
            found += [(node.lineno, called) for one in text if not is_ours(one)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            bases = {name_of(base) for base in node.bases}
            if bases & {"QLabel", "QMessageBox"} and not says_plain(node):
                found.append((node.lineno, f"class {node.name}"))
        if isinstance(node, ast.FunctionDef):
            boxes = [one for one in calls(node) if name_of(one.func) == "QMessageBox"]
            if boxes and not says_plain(node):
                found.append((boxes[0].lineno, "QMessageBox"))
    return found


def modules():
    return sorted(p for package in ("app", "ui") for p in (ROOT / package).rglob("*.py"))


def test_that_no_text_from_outside_is_read_as_markup():
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
        "item.setToolTip(row.title)",
        "item.setToolTip(f'{row.title}: open')",
        "item.setToolTip(worded(tip))",
        "item.setToolTip(tip or 'Open')",
        "self.setWhatsThis(words)",
        "QToolTip.showText(place, words, self)",
        "page.setHtml(text)",
        "def ask():\n    box = QMessageBox(window)\n    box.setText(words)",
        "class Line(QLabel):\n    pass",
    ],
)
def test_that_each_of_them_would_be_found(line):
    assert len(faults(line, "ui/window.py")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "item.setToolTip('Open')",
        "item.setToolTip(OPEN_TIP)",
        "item.setToolTip(plain_tip(row.title))",
        "item.setToolTip(worded(f'{OPEN} ({{open}})'))",
        "item.setToolTip('a' if good else plain_tip(words))",
        "def ask():\n    box = QMessageBox(window)\n    box.setTextFormat(Qt.TextFormat.PlainText)",
    ],
)
def test_that_what_is_safe_is_let_through(line):
    assert faults(line, "ui/window.py") == []

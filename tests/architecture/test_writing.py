"""Nothing is written but through `io.atomic` (SAFETY X3): libraries write into memory or into the
file it yields, because they truncate the old file first."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "lgesynth_gui"
CHOKE_POINT = "io/atomic.py"
# What else touches a drive, and why it may.
ALLOWED = {
    ("io/project_lock.py", "os.open"),  # a lock holds nothing that could be lost
    ("cohort/index.py", "sqlite3.connect"),  # commits or does not; made anew from the samples
    ("io/decoding.py", "open"),  # the null device
    ("io/leftovers.py", "TemporaryDirectory"),
    ("io/archives.py", "mkdtemp"),  # filled through `atomic_write`
    ("app/report_print.py", "QPdfWriter"),  # into a `QBuffer`, which is in memory
    ("io/run_process.py", "os.open"),  # what a process of its own prints
}
WRITES = {  # called on anything
    "write_text", "write_bytes", "save_as", "touch", "symlink_to", "hardlink_to", "tofile",
    "to_filename", "to_csv", "to_parquet", "to_excel", "savefig", "imwrite",
}  # fmt: skip
COPIES = {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "move"}  # of shutil
NAMED = {
    "QSaveFile", "QSettings", "QPdfWriter", "QPrinter", "FileHandler", "RotatingFileHandler",
    "TimedRotatingFileHandler", "mkdtemp", "mkstemp", "NamedTemporaryFile", "TemporaryDirectory",
    "TemporaryFile",
}  # fmt: skip
INTO = {  # write into what they are given first: it has to be a file in memory or a yielded one
    # (safetensors' own `save` gives bytes)
    "save", "savez", "savez_compressed", "savetxt", "save_file", "save_model", "dcmwrite", "dump",
    "imsave",
}  # fmt: skip
OWNERS = {"np", "numpy", "nib", "nibabel", "torch", "Image", "image", "picture", "pickle", "json",
          "safetensors", "tomli_w", "yaml", "iio", "plt"}  # fmt: skip
OUR_OWN = {  # methods of the program that are called alike
    ("touch", "autosave"), ("save_as", "project"), ("save_as", "self"),
}  # fmt: skip
MEMORY = {"BytesIO", "StringIO", "QBuffer", "atomic_write"}


def name_of(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def whole_name(node):
    """Of `a.b.c` the text, of `f(x).save` the name behind the dot alone."""
    if isinstance(node, ast.Attribute):
        owner = whole_name(node.value)
        return f"{owner}.{node.attr}" if owner else f".{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def owner_of(call):
    """The last name before the dot."""
    return name_of(call.func.value) if isinstance(call.func, ast.Attribute) else ""


def in_memory(tree):
    """Names that stand for a file in memory, or for one that `atomic_write` yields."""
    names = set()
    for node in ast.walk(tree):
        made = node.value if isinstance(node, ast.Assign) else None
        if isinstance(made, ast.Call) and name_of(made.func) in MEMORY:
            names |= {name_of(target) for target in node.targets}
        if isinstance(node, ast.With):
            for item in node.items:
                made = item.context_expr
                if isinstance(made, ast.Call) and name_of(made.func) in MEMORY:
                    names.add(name_of(item.optional_vars))
        kind = node.annotation if isinstance(node, ast.arg) else None
        if kind is not None and {"BinaryIO", "BytesIO"} & set(ast.unparse(kind).split()):
            names.add(node.arg)
    return names


def mode_of(call, place):
    """The mode an `open` is given."""
    given = [*call.args[place:], *(one.value for one in call.keywords if one.arg == "mode")]
    for one in given[:1]:
        return str(one.value) if isinstance(one, ast.Constant) else "?"
    return "r"


def faults(source, name):
    """(line, what writes) of a module."""
    if name == CHOKE_POINT:
        return []
    tree = ast.parse(source)
    memory, found = in_memory(tree), []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called, whole = name_of(node.func), whole_name(node.func)
        first = name_of(node.args[0]) if node.args else ""
        on_drive = not node.args or first not in memory
        what = ""
        if called == "open" and isinstance(node.func, ast.Name):
            what = "open" if set(mode_of(node, 1)) & set("wax+?") else ""
        elif whole in ("os.open", "os.mkfifo", "os.mknod", "os.link", "os.symlink"):
            writing = ("O_WRONLY", "O_RDWR", "O_CREAT", "O_APPEND")
            what = whole if any(flag in ast.unparse(node) for flag in writing) else ""
        elif called == "open":
            what = "open" if re.fullmatch("[rwaxbt+]{1,3}", mode_of(node, 0)) else ""
            what = what if set(mode_of(node, 0)) & set("wax+") else ""
        elif called == "ZipFile":
            written = set(mode_of(node, 1)) & set("wax")
            what = called if written and on_drive else ""
        elif whole == "sqlite3.connect":
            what = whole
        elif called in WRITES and (called, owner_of(node)) not in OUR_OWN:
            what = called
        elif whole.startswith("shutil.") and called in COPIES:
            what = whole
        elif called in NAMED:
            what = called
        elif called in INTO and on_drive:
            owner = whole.rpartition(".")[0].split(".")[0]
            library = owner in OWNERS or whole.startswith(".") or whole in INTO - {"save"}
            what = called if library and node.args else ""
        if what:
            found.append((node.lineno, what))
    return found


def modules():
    return sorted(p for p in ROOT.rglob("*.py") if "_bundled" not in p.parts)


def test_that_everything_is_written_through_the_one_place_that_writes():
    told, used = {}, set()
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        found = faults(path.read_text(), name)
        used |= {(name, what) for _, what in found} & ALLOWED
        if left := [one for one in found if (name, one[1]) not in ALLOWED]:
            told[name] = left
    assert len(modules()) > 300
    assert told == {}
    assert used == ALLOWED  # no exception that nobody needs


@pytest.mark.parametrize(
    "line",
    [
        "open(path, 'w')",
        "path.open('ab')",
        "path.open(mode='r+')",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "path.write_text(words)",
        "path.write_bytes(data)",
        "dataset.save_as(path)",
        "nib.save(image, path)",
        "nibabel.save(image, path)",
        "Image.fromarray(picture).save(path, 'PNG')",
        "image.save(path)",
        "np.save(path, array)",
        "np.savez(path, a=array)",
        "torch.save(state, path)",
        "save_file(tensors, path)",
        "dcmwrite(path, dataset)",
        "json.dump(value, file)",
        "sqlite3.connect(path)",
        "shutil.copy2(source, path)",
        "zipfile.ZipFile(path, 'w')",
        "logging.FileHandler(path)",
        "QSettings('a', 'b')",
        "tempfile.NamedTemporaryFile()",
        "path.touch()",
    ],
)
def test_that_each_way_of_writing_would_be_found(line):
    assert len(faults(f"def f(path, file):\n    {line}", "app/files.py")) == 1


@pytest.mark.parametrize(
    "line",
    [
        "path.open('rb')",
        "open(path)",
        "os.open(path, os.O_RDONLY)",
        "np.save(buffer, array)",
        "image.save(buffer, 'PNG')",
        "dcmwrite(buffer, dataset)",
        "zipfile.ZipFile(path)",
        "painter.save()",
        "self.session.save(path)",
    ],
)
def test_that_reading_and_writing_into_memory_are_let_through(line):
    assert faults(f"def f(path):\n    buffer = BytesIO()\n    {line}", "app/files.py") == []

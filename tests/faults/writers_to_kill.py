"""Processes that write until they are killed, forked many times from one that is warm.

Reads one line a child from standard input: what it writes, the folder it writes into, and how long
it lives once it has begun (or "to the end"). A child says what is safe on the drive in `log` there;
then its end is told on standard output.
"""

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from lgesynth_gui.app import preferences, recents
from lgesynth_gui.app.preferences import Preferences
from lgesynth_gui.app.recents import Recent
from lgesynth_gui.io import export
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import files_of
from lgesynth_gui.io.provenance import identifiers_of, record_of
from tests.faults.test_project_saving import drawn, save
from tests.io.results import host, patient, result_on

MODE, TO_THE_END = "new_subject", "to the end"
FORMATS = ("dicom", "seg", "nifti", "png")
MOST = 10_000


def files_of_an_export():
    """(series, result, every file an export of them holds)."""
    series = patient(host())
    result = result_on(series)
    record = record_of(result, series, mode=MODE)
    names = identifiers_of(record)
    return series, result, files_of(result, series, FORMATS, MODE, "", record, names)


def exporting(folder, tell):
    """Writes, reads back, checks and shows an export whose files are made already."""
    export_result(RESULT, SERIES, folder / "x", formats=FORMATS, mode=MODE)
    tell(1)


def saving(folder, tell):
    for k in range(1, MOST):
        save(folder / "a.lgesynth", drawn(k))
        tell(k)


def settling(folder, tell):
    for k in range(1, MOST):
        preferences.write(
            folder / "settings.json", replace(Preferences(), keys=(("save", (str(k),)),))
        )
        tell(k)


def remembering(folder, tell):
    os.environ["LGESYNTH_DATA"] = str(folder / "data")
    for k in range(1, MOST):
        recents.add(Recent("ab", f"heart {k}", 6), folder / f"{k}.lgesynth")
        tell(k)


WRITERS = {
    "export": exporting, "save": saving, "settings": settling, "recents": remembering,
}  # fmt: skip


def child(what, folder):
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(log, b"0\n")
    WRITERS[what](folder, lambda k: os.write(log, f"{k}\n".encode()))


def main():
    global SERIES, RESULT
    SERIES, RESULT, files = files_of_an_export()
    export.files_of = lambda *_: files
    for line in sys.stdin:
        what, folder, lives = line.rstrip("\n").split("\t")
        folder = Path(folder)
        number = os.fork()
        if not number:
            status = 1
            try:
                child(what, folder)
                status = 0
            finally:
                os._exit(status)
        began = time.monotonic()
        if lives != TO_THE_END:
            while not (folder / "log").exists():
                time.sleep(0.001)
            time.sleep(float(lives))
            os.kill(number, signal.SIGKILL)
        _, status = os.waitpid(number, 0)
        code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        print(code, time.monotonic() - began, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

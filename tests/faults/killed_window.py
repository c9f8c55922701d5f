"""A process that edits and says what is on the drive, until it is killed; forked many times.

Reads one line a child from standard input: the folder of its data, from when its life counts
("start", or "kept": the first edit on the drive), and how long it may live from then on. Each child
writes "edited k" and "kept k" lines into `log` there; then its end is told on standard output.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QTimer

from lgesynth_gui.app.files import Files
from lgesynth_gui.app.jobs import JobRunner
from lgesynth_gui.app.look import View
from lgesynth_gui.app.project import Project
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.io import project, project_journal  # noqa: F401 - loaded once, before the forks
from tests.app.test_project import stroke
from tests.ui import hearts

HEART = hearts.series(), hearts.contours(), hearts.requested_sketch()


def edit_until_killed(data):
    os.environ["LGESYNTH_DATA"] = data
    log = os.open(str(Path(data) / "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    app = QCoreApplication([])
    session, jobs = Session(), JobRunner()
    made = Variations(session, View(), jobs, hearts.FakeEngine())
    one = Project(session, made, Files(session, jobs, hearts.services()))
    session.open(*HEART)
    chance = random.Random(data)
    count = 0

    def edit():
        nonlocal count
        count += 1
        session.edit("sketch", stroke(count), f"stroke {count}")
        os.write(log, f"edited {count} {time.monotonic()}\n".encode())
        timer.start(chance.randint(0, 30))

    def kept():
        sketch = one.autosave._asked.state.sketch
        number = int(sketch.regions[0].outline[0][0])
        os.write(log, f"kept {number} {time.monotonic()}\n".encode())

    one.autosave.kept.connect(kept)
    copies = QTimer()
    copies.timeout.connect(one.autosave._copy)
    copies.start(120)  # whole copies are made while it is killed, too
    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(edit)
    timer.start(0)
    app.exec()


def main():
    for line in sys.stdin:
        data, begin, seconds = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            edit_until_killed(data)
            os._exit(1)
        log, until = Path(data) / "log", time.monotonic() + 30
        while begin == "kept" and not (log.exists() and "kept" in log.read_text()):
            if time.monotonic() > until:
                break
            time.sleep(0.005)
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()

"""Kill -9 at random moments: what was there stays, what was told is there, nothing half is shown.

`LGESYNTH_KILLS` sets how often each writer is killed; a release is tried with 100.
"""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lgesynth_gui.app import preferences
from lgesynth_gui.io.leftovers import SUFFIX, sweep
from tests.faults.test_project_saving import drawn, load
from tests.faults.writers_to_kill import TO_THE_END, files_of_an_export

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("LGESYNTH_KILLS", "10"))
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="no fork there"),
    pytest.mark.timeout(120 + 10 * KILLS),
]


@pytest.fixture(scope="module")
def writers():
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.faults.writers_to_kill"],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    ) as process:  # fmt: skip

        def run(what, folder, lives=TO_THE_END):
            process.stdin.write(f"{what}\t{folder}\t{lives}\n")
            process.stdin.flush()
            code, seconds = process.stdout.readline().split()
            return int(code), float(seconds)

        yield run
        process.stdin.close()


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def told(folder):
    """The last number that was said to be safe."""
    return max(map(int, (folder / "log").read_text().split()))


def swept(folder, counts):
    """What a next start removes; everything hidden must go."""
    hidden = [one for one in folder.iterdir() if one.name.startswith(".")]
    assert all(one.name.endswith(SUFFIX) for one in hidden), hidden
    assert sweep(folder) == len(hidden)
    assert not [one for one in folder.iterdir() if one.name.startswith(".")]
    counts["leftovers swept"] += len(hidden)


def killed(writers, what, folder, seconds):
    code, _ = writers(what, folder, seconds)
    assert code in (-signal.SIGKILL, 0)  # 0: it was done before


def said(what, counts):
    return f"killed {what}: " + ", ".join(f"{number} {name}" for name, number in counts.items())


def test_that_a_killed_export_shows_everything_or_nothing(writers, tmp_path, count):
    _, _, wanted = files_of_an_export()
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        code, seconds = writers("export", tmp_path / name)
        assert code == 0
        assert contents(tmp_path / name / "x") == wanted
        runs.append(seconds)
    seconds = min(runs)
    chance = random.Random(9)
    counts = dict.fromkeys(("kills", "complete", "nothing shown", "leftovers swept", "resumed"), 0)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "thesis.txt").write_text("all of it")
        early = 0.8 if number % 2 else 0.0  # every other time around the moment it is shown
        killed(writers, "export", folder, chance.uniform(early * seconds, 1.05 * seconds))
        shown = [one.name for one in folder.iterdir() if not one.name.startswith(".")]
        assert {"thesis.txt", "log"} <= set(shown) <= {"thesis.txt", "log", "x"}
        if "x" in shown:
            assert contents(folder / "x") == wanted, number
        assert "x" in shown or not told(folder)
        counts["complete" if "x" in shown else "nothing shown"] += 1
        swept(folder, counts)
        if "x" not in shown and number % 4 == 0:  # tried again, it is what it would have been
            assert writers("export", folder)[0] == 0
            assert contents(folder / "x") == wanted, number
            counts["resumed"] += 1
        assert (folder / "thesis.txt").read_text() == "all of it"
        counts["kills"] += 1
    count(said("export", counts))
    assert counts["nothing shown"] > KILLS // 4
    assert counts["leftovers swept"]


READERS = {
    "save": lambda folder: load(folder / "a.lgesynth"),
    "settings": lambda folder: (
        preferences.from_json(json.loads((folder / "settings.json").read_bytes())).keys
    ),
    "recents": lambda folder: (
        json.loads((folder / "data" / "recents.json").read_bytes())["recent"][0]["label"],
        json.loads((folder / "data" / "identity.json").read_bytes())["recent"]["ab"],
    ),
}
WANTED = {
    "save": lambda work, k, folder: work.state.sketch == drawn(k).state.sketch,
    "settings": lambda keys, k, folder: keys == (("save", (str(k),)),),
    "recents": lambda entry, k, folder: (
        entry[0] == f"heart {k}" and entry[1] in {str(folder / f"{n}.lgesynth") for n in (k, k + 1)}
    ),
}


@pytest.mark.parametrize("what", READERS)
def test_that_a_killed_writer_loses_nothing_it_told(writers, tmp_path, count, what):
    chance = random.Random(9)
    counts = dict.fromkeys(("kills", "told", "leftovers swept"), 0)
    for number in range(KILLS):
        folder = tmp_path / str(number)
        folder.mkdir()
        killed(writers, what, folder, chance.uniform(0.0, 0.4))
        last = told(folder)
        if last:
            found = READERS[what](folder)
            assert any(WANTED[what](found, k, folder) for k in (last, last + 1)), (number, last)
        swept(folder, counts)
        if (folder / "data").exists():
            counts["leftovers swept"] += sweep(folder / "data")
        counts["kills"] += 1
        counts["told"] += last
    count(said(what, counts))
    assert counts["told"] > KILLS // 2

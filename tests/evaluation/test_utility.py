import json
from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.cli.main import main
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation import utility
from lgesynth_gui.evaluation.files import plain
from lgesynth_gui.evaluation.utility import measure_utility
from lgesynth_gui.evaluation.utility_cells import cell_path, read_cells
from lgesynth_gui.evaluation.utility_panel import panel_of
from lgesynth_gui.evaluation.utility_phantoms import phantom_data
from lgesynth_gui.evaluation.utility_record import hold_record, read_record
from lgesynth_gui.io.project_lock import Lock
from lgesynth_gui.segmentation.crop import normalise
from tests.evaluation.painters import Deaf, Perfect
from tests.evaluation.utilities import ARMS, Watched, lineup, options


def told(folder):
    """What a run found, without how long it took."""
    return [replace(one, seconds=0.0) for one in read_cells(folder)]


@pytest.fixture(scope="module", autouse=True)
def _drawn_once(tmp_path_factory):
    """The same patients are not drawn again for every run."""
    kept, drawn = tmp_path_factory.mktemp("patients"), {}

    def remembered(folder, *asked):
        yield None
        if asked not in drawn:
            drawn[asked] = drive(phantom_data(kept, *asked))
        return drawn[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utility, "phantom_data", remembered)
        yield


@pytest.fixture(scope="module")
def whole(_drawn_once, tmp_path_factory):
    """A run that was never stopped, and what its painters were shown."""
    folder = tmp_path_factory.mktemp("utility") / "run"
    good, bad = Watched(Perfect(), "copy-paste"), Watched(Deaf(), "constant brightness")
    panel = drive(measure_utility(folder, options(), lineup=lineup(good, bad)))
    return folder, panel, good, bad


def test_that_every_arm_paints_the_same_wishes_into_the_same_hosts(whole):
    _, _, good, bad = whole
    both = min(len(good.hosts), len(bad.hosts))
    assert both >= 32
    assert good.seeds[:both] == bad.seeds[:both]
    assert len(set(good.seeds)) == len(good.seeds)
    for first, second in ((good.hosts, bad.hosts), (good.wishes, bad.wishes)):
        assert all((a == b).all() for a, b in zip(first, second, strict=False))


def test_that_hosts_are_slices_without_scar_of_training_patients_alone(whole):
    _, _, good, bad = whole
    folder, _, good, bad = whole
    data = drive(phantom_data(folder, options().phantom_seed, *options().phantoms))
    (fold,) = data.folds
    hosts = drive(data.hosts(fold))
    allowed = [normalise(one.ground.image)[0] for one in hosts]
    assert {one.group for one in hosts} <= set(fold.train)
    assert not {*fold.train} & {*fold.validation, *fold.test}
    for host in (*good.hosts, *bad.hosts):
        assert any(np.array_equal(host, one) for one in allowed)


def test_that_samples_kept_and_drawn_are_counted(whole):
    folder, panel, good, _ = whole
    by_arm = {one.arm: one for one in read_cells(folder)}
    assert set(by_arm) == set(ARMS)
    assert (by_arm["real-only"].kept, by_arm["real-only"].draws) == (0, 0)
    assert by_arm["copy-paste"].kept == by_arm["copy-paste"].wanted == 6
    assert 6 <= by_arm["copy-paste"].draws <= len(good.hosts)
    deaf = by_arm["constant-brightness"]
    assert deaf.draws > by_arm["copy-paste"].draws
    assert deaf.draws == 36 if deaf.kept < 6 else deaf.draws <= 36
    assert any("too few samples" in alarm for alarm in panel.alarms) == (deaf.kept < 6)


def test_that_a_run_killed_anywhere_ends_with_the_same_numbers(whole, tmp_path):
    folder = tmp_path / "run"
    for steps in (40, 25, 30):
        job = measure_utility(folder, options(), lineup=lineup())
        for _ in range(steps):
            next(job)
        job.close()
    drive(measure_utility(folder, options(), lineup=lineup()))
    assert told(folder) == told(whole[0])


def test_that_what_is_done_is_not_made_again(whole):
    folder, _, _, _ = whole
    before = {one: one.stat().st_mtime_ns for one in folder.rglob("*") if one.is_file()}
    idle = lineup(Watched(None, "copy-paste"), Watched(None, "constant brightness"))
    drive(measure_utility(folder, options(), lineup=idle))
    assert {one: one.stat().st_mtime_ns for one in folder.rglob("*") if one.is_file()} == before


def test_that_other_options_are_refused_and_more_seeds_are_not(whole):
    folder, _, _, _ = whole
    for changed in (
        options(steps=3), options(count=7), options(label="judged"), options(phantoms=(2, 2, 2)),
    ):  # fmt: skip
        with pytest.raises(LgeSynthError, match="other options"):
            drive(measure_utility(folder, changed, lineup=lineup()))
    job = measure_utility(folder, options(seeds=2), lineup=lineup())
    note = ""
    while "seed 2" not in note:
        step = next(job)
        note = step.note if step else note
    job.close()


def test_that_a_cell_another_process_makes_is_left_to_it(whole, tmp_path):
    folder = tmp_path / "run"
    few = options(arms=("real-only", "copy-paste"))
    name = cell_path(folder, "seed-1-fold-0-real-only")
    name.parent.mkdir(parents=True)
    lock = Lock(name.with_name(f".{name.stem}.lock"))
    job = measure_utility(folder, few, lineup=lineup())
    note = ""
    while "waiting" not in note:
        step = next(job)
        note = step.note if step else note
    assert [one.arm for one in read_cells(folder)] == ["copy-paste"]
    lock.release()
    drive(job)
    assert told(folder) == [one for one in told(whole[0]) if one.arm in few.arms]


def test_that_the_tables_come_from_the_folder_alone(whole, capsys):
    folder, panel, _, _ = whole
    assert plain(panel_of(folder)) == plain(panel)
    assert main(["evaluate", "utility", "--out", str(folder), "--tables", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in shown["tables"]][:2] == ["utility", "utility_patients"]
    assert (folder / "utility_patients.csv").is_file()


def test_that_a_folder_without_a_run_and_an_unknown_arm_are_refused(tmp_path, capsys):
    assert main(["evaluate", "utility", "--out", str(tmp_path), "--tables"]) == 1
    assert "holds no utility run" in capsys.readouterr().err
    assert main(["evaluate", "utility", "--out", str(tmp_path), "--arms", "magic"]) == 1
    assert "no arm 'magic'" in capsys.readouterr().err


def test_that_a_record_is_compared_by_what_it_says(tmp_path):
    hold_record(tmp_path, {"count": 3, "words": ["a"]})
    hold_record(tmp_path, {"count": 3, "words": ["told otherwise"]})
    assert read_record(tmp_path)["words"] == ["told otherwise"]
    with pytest.raises(LgeSynthError, match="count"):
        hold_record(tmp_path, {"count": 4, "words": ["a"]})

"""Runs of a cohort: complete, resumable, one at a time, and honest about what failed."""

import errno
import shutil

import pytest

from lgesynth_gui.cohort import run as module
from lgesynth_gui.cohort.block import compute_now
from lgesynth_gui.cohort.hosts import add_host
from lgesynth_gui.cohort.index import INDEX, Index, rebuild
from lgesynth_gui.cohort.make import add_hearts, add_parts, make_cohort
from lgesynth_gui.cohort.plan import PLAN, Draw, Part, Plan, Quota, Row, Stop, read_plan
from lgesynth_gui.cohort.pools import Done, HerePool
from lgesynth_gui.cohort.run import cohort_hash, holding, retry_errors, run_cohort
from lgesynth_gui.cohort.samples import file_of, read_arrays, read_record
from lgesynth_gui.core.errors import EngineDied, LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.run_log import read_events
from lgesynth_gui.io.run_requests import place_request
from tests.cohort.hearts import heart
from tests.faults.harness import failing


def drawn(count, name="drawn"):
    return Part(name=name, draw=Draw(count=count))


def entries(folder):
    with Index(folder) as index:
        return list(index.entries())


class Reversed(HerePool):
    """Answers out of order, and every answer twice."""

    @property
    def room(self):
        return 3 - len(self._waiting)

    def collect(self):
        if self.room and len(self._waiting) == 1 and not getattr(self, "_last", False):
            self._last = True  # wait for another block, if there is one
            return []
        self._last = False
        found = [Done(key, compute_now(task)) for key, task in reversed(self._waiting)]
        self._waiting.clear()
        return [*found, *found]


class Failing(HerePool):
    """Loses the worker of one block some times."""

    def __init__(self, key, times):
        super().__init__()
        self.key, self.times = key, times

    def collect(self):
        if self._waiting and self._waiting[0][0] == self.key and self.times:
            self.times -= 1
            self._waiting.clear()
            return [Done(self.key, error=EngineDied("The engine process stopped.", "Again."))]
        return super().collect()


def test_that_every_planned_sample_is_made_and_indexed(networks, new_cohort):
    folder = new_cohort()
    add_parts(folder, drawn(5), Part(name="rows", rows=(Row(heart="H002", control=True),)))
    found = drive(run_cohort(folder, HerePool()))
    assert (found.state, found.made, found.planned, found.errors) == ("done", 6, 6, 0)
    rows = entries(folder)
    assert [one.number for one in rows] == list(range(6))
    assert rows[5].status == "CONTROL"
    assert found.accepted == sum(one.accepted for one in rows)
    assert found.tries == sum(one.tries for one in rows)
    assert [e["event"] for e in read_events(folder)[0]][::len(read_events(folder)[0]) - 1] == [
        "start", "done",
    ]  # fmt: skip


def test_that_order_doubles_and_restarts_do_not_change_the_hash(networks, new_cohort):
    one, other = new_cohort("one"), new_cohort("other")
    for folder in (one, other):
        add_parts(folder, drawn(10))
    whole = drive(run_cohort(one, HerePool()))
    job = run_cohort(other, Reversed())
    while (step := next(job)) is None or step.done < 4:
        pass
    job.close()
    again = drive(run_cohort(other, Reversed()))
    assert again.hash == whole.hash
    with Index(one) as index:
        assert cohort_hash(index) == whole.hash


def test_that_a_run_goes_on_where_it_was_stopped(networks, new_cohort):
    folder = new_cohort()
    add_parts(folder, drawn(12))
    job = run_cohort(folder, HerePool())
    while (step := next(job)) is None or step.done == 0:
        pass
    place_request(folder, "stop")
    ended = drive(job)
    assert ended.state == "stopped"
    assert 0 < ended.made < 12
    before = {one.number: one.sha256 for one in entries(folder)}
    assert drive(run_cohort(folder, HerePool())).made == 12
    after = {one.number: one.sha256 for one in entries(folder)}
    assert before.items() <= after.items()


def test_that_samples_planned_later_leave_the_first_ones_as_they_are(networks, new_cohort):
    folder = new_cohort()
    add_parts(folder, drawn(5))
    drive(run_cohort(folder, HerePool()))
    before = [one.sha256 for one in entries(folder)]
    add_hearts(folder, (heart(2),))
    add_parts(folder, drawn(3, "more"))
    assert drive(run_cohort(folder, HerePool())).made == 8
    assert [one.sha256 for one in entries(folder)][:5] == before


def test_that_the_index_can_be_made_anew_from_the_records(networks, new_cohort):
    folder = new_cohort()
    add_parts(folder, drawn(6))
    found = drive(run_cohort(folder, HerePool()))
    rows = entries(folder)
    (folder / INDEX).write_bytes(b"not an index at all, but long enough to look at" * 40)
    with pytest.raises(LgeSynthError, match="index"):
        drive(run_cohort(folder, HerePool()))
    assert drive(rebuild(folder)) == 6
    again = entries(folder)
    assert [(o.number, o.sha256, o.status, o.size) for o in again] == [
        (o.number, o.sha256, o.status, o.size) for o in rows
    ]
    assert drive(run_cohort(folder, HerePool())).hash == found.hash


def test_that_a_cohort_is_run_by_one_at_a_time(networks, new_cohort, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_S", 0.1)
    folder = new_cohort()
    add_parts(folder, drawn(2))
    with holding(folder):
        with pytest.raises(LgeSynthError, match="run already"):
            drive(run_cohort(folder, HerePool()))
        with pytest.raises(LgeSynthError, match="run already"):
            add_parts(folder, drawn(2))
    assert drive(run_cohort(folder, HerePool())).made == 2


def test_that_a_block_whose_worker_dies_is_worked_off_by_another(networks, new_cohort):
    one, other = new_cohort("one"), new_cohort("other")
    for folder in (one, other):
        add_parts(folder, drawn(8))
    whole = drive(run_cohort(one, HerePool()))
    found = drive(run_cohort(other, Failing(4, 2)))
    assert (found.errors, found.hash) == (0, whole.hash)


def test_that_after_three_deaths_a_block_is_set_aside_and_can_be_retried(networks, new_cohort):
    one, other = new_cohort("one"), new_cohort("other")
    for folder in (one, other):
        add_parts(folder, drawn(8))
    whole = drive(run_cohort(one, HerePool()))
    found = drive(run_cohort(other, Failing(4, 3)))
    assert (found.state, found.errors, found.made) == ("done", 4, 8)
    assert all("Given up after 3" in one.error for one in entries(other)[4:])
    assert retry_errors(other) == 4
    assert drive(run_cohort(other, HerePool())).hash == whole.hash


def test_that_a_missing_model_stops_the_run_in_words(new_cohort, monkeypatch):
    folder = new_cohort()
    add_parts(folder, drawn(2))

    class Empty(HerePool):
        def collect(self):
            return [Done(0, error=LgeSynthError("There is no synthesis model.", "Look."))]

    with pytest.raises(LgeSynthError, match="no synthesis model"):
        drive(run_cohort(folder, Empty()))
    assert read_events(folder)[0][-1]["event"] == "failed"


def test_that_a_full_drive_loses_nothing_and_the_run_goes_on_later(
    networks, new_cohort, monkeypatch
):
    one, other = new_cohort("one"), new_cohort("other")
    for folder in (one, other):
        add_parts(folder, drawn(8))
    whole = drive(run_cohort(one, HerePool()))
    for n in (2, 9, 20):
        with failing(monkeypatch, n, errno.ENOSPC):
            try:
                drive(run_cohort(other, HerePool()))
            except LgeSynthError as error:
                assert "full" in str(error)  # noqa: PT017 - a late n may fail nothing
    assert drive(run_cohort(other, HerePool())).hash == whole.hash
    monkeypatch.setattr(module, "LEAST_FREE", 1 << 60)
    add_parts(other, drawn(1, "more"))
    with pytest.raises(LgeSynthError, match="full"):
        drive(run_cohort(other, HerePool()))


def test_that_quotas_are_filled_in_rounds_and_the_rounds_are_bounded(networks, new_cohort):
    quota = Quota(size="> 300 mm2", count=3)
    folder = new_cohort(quotas=(quota,), stop=Stop(tries=1, rounds=2))
    add_parts(folder, Part(name="small", draw=Draw(count=2, sizes={"< 50 mm2": 1.0})))
    drive(run_cohort(folder, HerePool()))
    plan = read_plan(folder / PLAN)
    added = plan.parts[1:]
    assert 1 <= len(added) <= 2
    assert [part.name for part in added] == [
        f"filling quotas, round {k + 1}" for k in range(len(added))
    ]
    assert all(part.draw.sizes == {"> 300 mm2": 1.0} for part in added)
    made = [one for one in entries(folder) if one.part > 0]
    assert {one.size for one in made} == {"> 300 mm2"}


def test_that_hours_of_the_plan_end_a_run(networks, new_cohort):
    folder = new_cohort(stop=Stop(tries=1, hours=1e-9))
    add_parts(folder, drawn(4))
    assert drive(run_cohort(folder, HerePool())).state == "limit"


def test_that_gigabytes_of_the_plan_end_a_run(networks, new_cohort):
    folder = new_cohort(stop=Stop(tries=1, gigabytes=1e-6))
    add_parts(folder, drawn(12))
    found = drive(run_cohort(folder, HerePool()))
    assert (found.state, found.made < 12) == ("limit", True)


def test_that_an_empty_or_lost_cohort_is_told(networks, new_cohort, tmp_path):
    with pytest.raises(LgeSynthError, match="no sample"):
        drive(run_cohort(new_cohort(), HerePool()))
    with pytest.raises(LgeSynthError, match="not there"):
        drive(run_cohort(tmp_path / "nowhere", HerePool()))


def test_that_a_cohort_rests_on_accepted_contours_and_whole_hearts(networks, new_cohort):
    from dataclasses import replace

    from lgesynth_gui.core.contours import HeartContours

    folder = new_cohort()
    series, contours = heart(3)
    proposed = HeartContours(tuple(replace(one, accepted=False) for one in contours.slices))
    with pytest.raises(LgeSynthError, match="nobody accepted"):
        add_host(folder, 9, series, proposed)
    assert [one.id for one in add_hearts(folder, (heart(0), heart(3)))] == ["H003"]
    add_parts(folder, drawn(12))
    path = folder / "hosts" / "H002.npy"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(LgeSynthError, match="H002"):
        drive(run_cohort(folder, HerePool()))
    shutil.copy(folder / "hosts" / "H001.npy", path)
    with pytest.raises(LgeSynthError, match="H002"):
        drive(run_cohort(folder, HerePool()))


def test_that_a_folder_in_use_is_not_made_a_cohort(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_text("mine")
    with pytest.raises(LgeSynthError, match="already holds files"):
        make_cohort(tmp_path / "a", Plan())


def test_that_the_first_run_settles_the_precision_for_all_runs(networks, new_cohort, monkeypatch):
    from lgesynth_gui.cohort.plan import Sampling
    from lgesynth_gui.synthesis import models

    monkeypatch.setattr(models, "half_pays", lambda device: True)
    folder = new_cohort(sampling=Sampling(steps=1, guidance=0.0))
    assert read_plan(folder / PLAN).sampling.half is None
    add_parts(folder, drawn(1))
    drive(run_cohort(folder, HerePool()))
    assert read_plan(folder / PLAN).sampling.half is True
    monkeypatch.setattr(models, "half_pays", lambda device: False)
    add_parts(folder, drawn(1, "more"))
    drive(run_cohort(folder, HerePool()))
    assert read_plan(folder / PLAN).sampling.half is True


def test_that_damaged_pixels_and_records_are_made_again_after_a_rebuild(networks, new_cohort):
    folder = new_cohort()
    add_parts(folder, drawn(8))
    found = drive(run_cohort(folder, HerePool()))
    pixels, record = file_of(folder, 1, "npz"), file_of(folder, 6, "json")
    pixels.write_bytes(pixels.read_bytes()[:-9])
    record.write_bytes(b"{}")
    assert drive(rebuild(folder)) == 6
    assert drive(run_cohort(folder, HerePool())).hash == found.hash
    assert read_arrays(folder, read_record(folder, 1)[0])

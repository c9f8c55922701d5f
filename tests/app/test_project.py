"""The open project: saved, opened, locked, autosaved, restored."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lgesynth_gui.app import recents
from lgesynth_gui.app.files import Files
from lgesynth_gui.app.look import View
from lgesynth_gui.app.project import LEFT_BEHIND, Project
from lgesynth_gui.app.project_autosave import COPY_MS, work_root
from lgesynth_gui.app.project_jobs import looking
from lgesynth_gui.app.project_state import Work, capture, unsaved
from lgesynth_gui.app.session import Session, Settings
from lgesynth_gui.app.variation import Stage
from lgesynth_gui.app.variations import Variations
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.io.project_lock import Lock, Taken, lock_beside
from tests.io import projects
from tests.ui import hearts


def stroke(k):
    return ScarSketch((ScarRegion(((float(k), 0.0), (k + 9.0, 0.2), (k + 9.0, 0.9)), (1,)),))


class Desk:
    """Everything of a window but its widgets."""

    def __init__(self, runner):
        self.session, self.view, self.said, self.failed = Session(), View(), [], []
        self.engine = hearts.FakeEngine()
        self.made = Variations(self.session, self.view, runner, self.engine)
        self.files = Files(self.session, runner, hearts.services())
        self.project = Project(self.session, self.made, self.files)
        self.project.said.connect(self.said.append)
        self.files.refused.connect(self.failed.append)

    def start(self):
        self.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())

    def draw(self, k):
        self.session.edit("sketch", stroke(k), f"stroke {k}")

    def work(self):
        return capture(self.session, self.made)


@pytest.fixture
def desks(qapp, runner, qtbot):
    made = []

    def make():
        made.append(Desk(runner))
        return made[-1]

    yield make
    for one in made:
        one.project.close(discard=True)


@pytest.fixture
def desk(desks):
    one = desks()
    one.start()
    return one


@pytest.fixture
def file(tmp_path):
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine" / "heart.lgesynth"


def save_as(desk, qtbot, path, label="My heart", **how):
    with qtbot.waitSignal(desk.project.saved, timeout=5000):
        desk.project.save_as(path, label, **how)


def kept(desk, qtbot):
    with qtbot.waitSignal(desk.project.autosave.kept, timeout=5000):
        desk.project.autosave.flush()


def left():
    return drive(looking(work_root()))


def opened(desk, qtbot, path):
    with qtbot.waitSignal(desk.session.opened, timeout=5000):
        desk.project.open(path)


def test_that_opening_a_study_is_no_work_and_an_edit_is(desk):
    assert not desk.project.unsaved
    desk.draw(1)
    assert desk.project.unsaved
    desk.session.undo_stack.undo()
    assert not desk.project.unsaved


def test_that_the_preferences_limit_alone_is_no_work(desk):
    desk.session.adopt("settings", replace(desk.session.state.settings, dice_limit=0.5))
    assert not desk.project.unsaved
    desk.session.edit("settings", Settings(seed=5), "seed")
    assert desk.project.unsaved


def test_that_the_first_save_asks_for_a_place_and_the_next_does_not(desk, qtbot, file):
    desk.draw(1)
    assert not desk.project.save()
    save_as(desk, qtbot, file)
    assert not desk.project.unsaved
    before = file.read_bytes()
    desk.draw(2)
    with qtbot.waitSignal(desk.project.saved, timeout=5000):
        assert desk.project.save()
    assert file.read_bytes() != before
    assert sorted(one.name for one in file.parent.iterdir()) == [
        ".heart.lgesynth.lock",
        "heart.lgesynth",
    ]


def test_that_undo_works_across_save_and_load(desk, desks, qtbot, file):
    desk.made.generate()
    qtbot.waitUntil(lambda: not desk.made.waiting(), timeout=10_000)
    desk.made.apply(2)
    desk.made.discard(3)
    for k in range(4):
        desk.draw(k)
    desk.session.undo_stack.undo()
    work = desk.work()
    save_as(desk, qtbot, file)
    assert desk.session.undo_stack.count() == 6, "saving never clears the steps"
    desk.project.close(discard=True)
    other = desks()
    opened(other, qtbot, file)
    projects.assert_same(other.work(), work)
    stack = other.session.undo_stack
    assert (stack.undoText(), stack.redoText()) == ("stroke 2", "stroke 3")
    stack.redo()
    assert other.session.state.sketch == stroke(3)
    for _ in range(5):
        stack.undo()
    assert other.session.state.discarded == frozenset()
    assert other.session.state.applied is other.made.get(2).result
    stack.undo()
    assert other.session.state.applied is None
    assert not stack.canUndo()
    assert other.made.get(3).result is not None


def test_that_variations_still_to_be_made_come_back_paused(desk, desks, qtbot, file):
    desk.engine.hold = True
    desk.made.generate()
    qtbot.waitUntil(lambda: desk.made.all[0].stage is Stage.RUNNING, timeout=5000)
    desk.project.close(discard=True)
    desk.made.cancel_all()
    work = replace(desk.work(), variations=())
    waiting = replace(desk.made.all[1], stage=Stage.QUEUED)
    other = desks()
    other.session.restore(work.state)
    other.made.restore([waiting], work.groups)
    assert other.made.queue.paused
    other.made.toggle_pause()
    qtbot.waitUntil(lambda: not other.made.waiting(), timeout=10_000)
    assert other.made.get(waiting.number).result is not None
    other.made.generate()
    qtbot.waitUntil(lambda: not other.made.waiting(), timeout=10_000)
    numbers = [one.number for one in other.made.all]
    assert len(set(numbers)) == len(numbers)


def test_that_a_second_window_opens_it_read_only_and_says_why(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    second = desks()
    opened(second, qtbot, file)
    place = second.project.place
    assert f"process {os.getpid()}" in place.read_only
    assert place.read_only in second.said
    second.draw(7)
    before = file.read_bytes()
    assert not second.project.save()
    assert file.read_bytes() == before
    save_as(second, qtbot, file.with_name("other.lgesynth"), "Other")
    assert second.project.place.read_only == ""
    assert second.project.place.id != desk.project.place.id


def test_that_the_file_of_another_window_is_not_saved_over(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    before = file.read_bytes()
    second = desks()
    second.start()
    with qtbot.waitSignal(second.project.failed, timeout=5000) as told:
        second.project.save_as(file, "Mine too")
    assert "open in another window since" in told.args[0]
    assert file.read_bytes() == before


def test_that_a_closed_window_lets_the_file_go(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    desk.project.close(discard=True)
    assert not lock_beside(file).exists()
    second = desks()
    opened(second, qtbot, file)
    assert second.project.place.read_only == ""


def test_that_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    path = tmp_path / "lock"
    code = (
        "import os, sys; from pathlib import Path; from lgesynth_gui.io.project_lock import Lock\n"
        f"lock = Lock(Path({str(path)!r})); print('held', flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as child:  # fmt: skip
        assert child.stdout.readline() == "held\n"
        with pytest.raises(Taken) as told:
            Lock(path)
        assert told.value.owner.process == child.pid
        child.kill()
        child.wait()
    lock = Lock(path)
    assert lock.owner.process == os.getpid()
    lock.release()
    assert not path.exists()


def test_that_opening_its_own_file_again_goes_back_to_what_was_saved(desk, qtbot, file):
    save_as(desk, qtbot, file)
    saved = desk.session.state.sketch
    desk.draw(3)
    opened(desk, qtbot, file)
    assert desk.session.state.sketch == saved
    assert desk.project.place.read_only == ""
    assert not desk.project.unsaved


def test_that_a_damaged_project_leaves_what_is_open_as_it_is(desk, qtbot, file):
    save_as(desk, qtbot, file)
    bad = file.with_name("bad.lgesynth")
    bad.write_bytes(file.read_bytes()[:-500])
    desk.draw(4)
    with qtbot.waitSignal(desk.files.refused, timeout=5000):
        desk.project.open(bad)
    assert "bad.lgesynth was refused" in desk.failed[-1]
    assert desk.session.state.sketch == stroke(4)
    assert not lock_beside(bad).exists()


# -- autosave and recovery


def test_that_edits_are_journalled_and_come_back(desk, desks, qtbot):
    for k in range(3):
        desk.draw(k)
        kept(desk, qtbot)
    desk.session.undo_stack.undo()
    kept(desk, qtbot)
    desk.session.edit("note", "ü", "note")
    kept(desk, qtbot)
    work = desk.work()
    folder = work_root() / desk.project.autosave.id
    assert sorted(p.name for p in folder.iterdir()) == [
        "000001.journal", "000001.lgesynth", "lock"
    ]  # fmt: skip
    assert left() == (), "what a living window holds is not offered"
    desk.project.close(discard=False)
    (one,) = left()
    assert (one.label, one.edits, one.saved) == ("sample heart", 3, False)
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(one.folder, as_copy=False)
    projects.assert_same(other.work(), work)
    assert other.project.unsaved
    qtbot.waitUntil(lambda: not one.folder.exists(), timeout=5000)
    assert left() == ()
    assert (work_root() / other.project.autosave.id / "000001.lgesynth").exists()


def test_that_a_drag_is_one_step_after_recovery_too(desk, desks, qtbot):
    for k in range(8):
        desk.session.edit("sketch", stroke(k), "drag", merge_key=77)
        if k % 3 == 0:
            kept(desk, qtbot)
    kept(desk, qtbot)
    desk.project.close(discard=False)
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(left()[0].folder, as_copy=False)
    assert other.session.undo_stack.count() == 1
    assert other.session.state.sketch == stroke(7)
    other.session.undo_stack.undo()
    assert other.session.state.sketch == hearts.requested_sketch()


def test_that_results_are_kept_as_soon_as_they_are_made(desk, desks, qtbot):
    desk.made.generate()
    qtbot.waitUntil(lambda: not desk.made.waiting(), timeout=10_000)
    kept(desk, qtbot)
    desk.made.apply(1)
    kept(desk, qtbot)
    work = desk.work()
    desk.project.close(discard=False)
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(left()[0].folder, as_copy=False)
    projects.assert_same(other.work(), work)
    assert other.session.state.applied is other.made.get(1).result


def test_that_three_generations_are_kept_and_a_damaged_one_is_skipped(desk, desks, qtbot):
    autosave = desk.project.autosave
    for k in range(5):
        desk.draw(k)
        autosave._wants_copy = True
        kept(desk, qtbot)
        desk.draw(k + 100)
        kept(desk, qtbot)
    work = desk.work()
    folder = work_root() / autosave.id
    names = sorted(p.name for p in folder.glob("*.lgesynth"))
    assert names == ["000003.lgesynth", "000004.lgesynth", "000005.lgesynth"]
    desk.project.close(discard=False)
    newest = folder / names[-1]
    data = bytearray(newest.read_bytes())
    data[len(data) // 2] ^= 0xFF
    newest.write_bytes(data)
    (one,) = left()
    assert one.damaged == ("000005.lgesynth.corrupt",)
    assert (folder / one.damaged[0]).read_bytes() == bytes(data)
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(one.folder, as_copy=False)
    projects.assert_same(other.work(), work)


def test_that_work_without_any_whole_copy_is_named_and_kept(desk, qtbot):
    desk.draw(1)
    kept(desk, qtbot)
    folder = work_root() / desk.project.autosave.id
    desk.project.close(discard=False)
    (folder / "000001.lgesynth").write_bytes(b"")
    (one,) = left()
    assert not one.whole
    assert (folder / "000001.lgesynth.corrupt").exists()


def test_that_a_whole_copy_follows_half_a_minute_of_edits(desk, qtbot):
    assert COPY_MS == 30_000
    autosave = desk.project.autosave
    for k in range(2):
        desk.draw(k)
        kept(desk, qtbot)
    with qtbot.waitSignal(autosave.kept, timeout=5000):
        autosave._copy()
    names = sorted(p.name for p in (work_root() / autosave.id).glob("*.lgesynth"))
    assert names == ["000001.lgesynth", "000002.lgesynth"]
    autosave._copy()
    assert not autosave._busy, "nothing changed since: no other copy"


def test_that_saving_takes_the_unsaved_copy_away(desk, qtbot, file):
    desk.draw(1)
    kept(desk, qtbot)
    folder = work_root() / desk.project.autosave.id
    assert folder.exists()
    save_as(desk, qtbot, file)
    qtbot.waitUntil(lambda: not folder.exists(), timeout=5000)
    desk.project.close(discard=False)
    assert left() == ()


def test_that_another_study_does_not_cost_the_unsaved_one(desk, qtbot):
    desk.draw(1)
    kept(desk, qtbot)
    desk.draw(2)  # not written yet
    folder = work_root() / desk.project.autosave.id
    desk.session.opened.connect(lambda: desk.said.append("opened"))
    desk.session.open(hearts.series(), hearts.contours())
    qtbot.waitUntil(lambda: desk.said[-1] == LEFT_BEHIND, timeout=5000)
    assert "opened" in desk.said, "said when the new study is there, not before"
    assert desk.said.count(LEFT_BEHIND) == 1
    qtbot.waitUntil(lambda: len(left()) == 1, timeout=5000)
    (one,) = left()
    assert one.folder == folder
    with qtbot.waitSignal(desk.session.opened, timeout=5000):
        desk.project.restore(folder, as_copy=False)
    assert desk.session.state.sketch == stroke(2)


def test_that_what_is_told_of_both_studies_stands_in_one_line(desk, qtbot):
    desk.draw(1)
    desk.session.opened.connect(lambda: desk.files.said.emit("The mask outlines 3 slices."))
    desk.session.open(hearts.series(), hearts.contours())
    qtbot.waitUntil(lambda: bool(desk.said), timeout=5000)
    assert desk.said == [f"The mask outlines 3 slices. {LEFT_BEHIND}"]


def test_that_restored_work_says_that_its_file_is_read_only(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    desk.draw(5)
    kept(desk, qtbot)
    desk.project.close(discard=False)
    holder = desks()
    opened(holder, qtbot, file)
    third = desks()
    with qtbot.waitSignal(third.session.opened, timeout=5000):
        third.project.restore(left()[0].folder, as_copy=False)
    assert third.said == [f"Restored; not saved. {third.project.place.read_only}"]
    assert third.project.place.read_only.startswith("Read-only: open in")


def test_that_asking_whether_it_is_saved_builds_no_history(desk, monkeypatch):
    monkeypatch.setattr(desk.session, "history", lambda: pytest.fail("built for nothing"))
    desk.draw(1)
    assert desk.project.unsaved


def test_that_a_new_result_is_work_and_a_draft_is_none(desk, qtbot):
    before = desk.work()
    desk.made.generate()
    qtbot.waitUntil(lambda: not desk.made.waiting(), timeout=10_000)
    assert desk.project.unsaved
    assert unsaved(before.state, desk.made.all, before)
    drafts = [replace(one, draft=True) for one in desk.made.all]
    assert not unsaved(before.state, drafts, before)


def test_that_a_stopped_save_is_told(desk, qtbot, file):
    with qtbot.waitSignal(desk.project.cancelled, timeout=5000):
        desk.project.save_as(file, "My heart")
        desk.files.cancel()
    assert not file.exists()
    assert not desk.project.saving


def test_that_restored_work_goes_to_its_project_or_stands_beside_it(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    desk.draw(5)
    kept(desk, qtbot)
    id_ = desk.project.place.id
    desk.project.close(discard=False)
    (one,) = left()
    assert one.saved
    before = file.read_bytes()
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(one.folder, as_copy=True)
    assert other.project.place.path is None
    assert file.read_bytes() == before
    other.project.close(discard=False)
    third = desks()
    with qtbot.waitSignal(third.session.opened, timeout=5000):
        third.project.restore(left()[0].folder, as_copy=False)
    assert third.project.place.path is None, "the copy was a project of its own"
    assert id_ != third.project.place.id


def test_that_restore_then_save_writes_over_the_project_it_came_from(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    desk.draw(5)
    kept(desk, qtbot)
    desk.project.close(discard=False)
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.restore(left()[0].folder, as_copy=False)
    assert other.project.place.path == file
    with qtbot.waitSignal(other.project.saved, timeout=5000):
        assert other.project.save()
    other.project.close(discard=True)
    third = desks()
    opened(third, qtbot, file)
    assert third.session.state.sketch == stroke(5)


def test_that_the_last_saved_one_can_be_opened_instead(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    saved = desk.session.state.sketch
    desk.draw(5)
    kept(desk, qtbot)
    desk.project.close(discard=False)
    (one,) = left()
    other = desks()
    with qtbot.waitSignal(other.session.opened, timeout=5000):
        other.project.open_saved(one.folder)
    assert other.session.state.sketch == saved
    assert not other.project.unsaved
    assert left() == ()


def test_that_autosave_can_be_switched_off(desk, qtbot):
    desk.project.autosave.enabled = False
    desk.draw(1)
    qtbot.wait(300)
    assert not work_root().exists() or not list(work_root().iterdir())


# -- recent projects


def test_that_recents_hold_no_place_and_the_map_is_the_owners(desk, qtbot, file, tmp_path):
    save_as(desk, qtbot, file, "My heart")
    qtbot.waitUntil(lambda: bool(recents.read().entries), timeout=5000)
    (one,) = recents.read().entries
    assert (one.label, one.slices, one.id) == ("My heart", 6, desk.project.place.id)
    assert recents.place_of(one.id) == file
    data = tmp_path / "data"
    assert str(tmp_path) not in (data / "recents.json").read_text()
    assert "heart.lgesynth" not in (data / "recents.json").read_text()
    assert (data / "identity.json").stat().st_mode & 0o777 == 0o600
    assert recents.forget(one.id).entries == ()
    desk.project.close(discard=True)
    assert str(file) not in (data / "identity.json").read_text()
    assert file.exists()


def test_that_a_project_is_not_remembered_when_it_shall_not_be(desk, qtbot, file, tmp_path):
    save_as(desk, qtbot, file, remember=False)
    desk.project.close(discard=True)
    assert recents.read().entries == ()
    assert str(file) not in (tmp_path / "data" / "identity.json").read_text()


def test_that_do_not_remember_forgets_and_adds_nothing(qapp, tmp_path):
    for k in range(12):
        recents.add(recents.Recent(f"id{k}", f"Heart {k}", k), tmp_path / f"{k}.lgesynth")
    assert len(recents.read().entries) == recents.MOST
    assert recents.read().entries[0].label == "Heart 11"
    recents.set_remember(False)
    recents.add(recents.Recent("x", "X", 1), tmp_path / "x")
    assert recents.read() == recents.Recents((), False)
    assert recents.place_of("id11") is None
    assert recents.set_remember(True).remember


def test_that_damaged_lists_are_set_aside(qapp, tmp_path):
    recents.add(recents.Recent("a", "A", 1), tmp_path / "a")
    for name in ("recents.json", "identity.json"):
        (tmp_path / "data" / name).write_bytes(b"\xff{")
    assert recents.read() == recents.Recents()
    assert recents.place_of("a") is None
    assert (tmp_path / "data" / "recents.json.corrupt").exists()


def test_that_a_moved_project_is_told(desk, desks, qtbot, file):
    save_as(desk, qtbot, file)
    qtbot.waitUntil(lambda: bool(recents.read().entries), timeout=5000)
    id_ = desk.project.place.id
    desk.project.close(discard=True)
    file.rename(file.with_name("moved.lgesynth"))
    other = desks()
    with qtbot.waitSignal(other.files.refused, timeout=5000):
        other.project.open_recent(id_)
    assert "not where it was" in other.failed[-1]


def test_that_a_capture_is_a_value(desk):
    first = desk.work()
    desk.draw(1)
    assert isinstance(first, Work)
    assert first.steps == ()
    assert first.state.sketch == hearts.requested_sketch()

from dataclasses import replace

import pytest

from lgesynth_gui.app import draft
from lgesynth_gui.app.look import View
from lgesynth_gui.app.session import Session
from lgesynth_gui.app.variations import Stage, Variations
from lgesynth_gui.app.verdicts import card_of, why_not_export
from lgesynth_gui.core.verdict import Grade
from tests.ui import hearts


class Room:
    def __init__(self, runner):
        self.engine = hearts.FakeEngine()
        self.session, self.view = Session(), View()
        self.variations = Variations(self.session, self.view, runner, self.engine)
        self.session.open(hearts.series(), hearts.contours(), hearts.requested_sketch())
        self.view.set(slice_index=self.session.state.sketch.slices()[0])
        self.set(draft=True, count=1)
        self.variations.drafts.stop()  # switching it on makes one, too

    def set(self, **values):
        changed = replace(self.session.state.settings, **values)
        self.session.edit("settings", changed, "settings")

    def stroke(self, shift=1.0):
        sketch = self.session.state.sketch
        regions = tuple(
            replace(r, outline=tuple((x + shift, y) for x, y in r.outline)) for r in sketch.regions
        )
        self.session.edit("sketch", replace(sketch, regions=regions), "draw")

    @property
    def drafts(self):
        return [v for v in self.variations.all if v.draft]


@pytest.fixture
def room(qapp, runner, monkeypatch):
    monkeypatch.setattr(draft, "REST_MS", 60)
    return Room(runner)


def drafted(room, qtbot):
    with qtbot.waitSignal(room.variations.drafts.made, timeout=3000):
        room.stroke()
    return room.drafts[0]


def test_that_a_rest_after_a_stroke_gives_one_draft_of_the_shown_slice(room, qtbot):
    one = drafted(room, qtbot)
    assert one.request.slices == (room.view.look.slice_index,)
    assert one.request.steps == draft.STEPS
    assert one.request.guidance == 0.0
    assert room.view.look.preview == one.number
    assert room.engine.asked == [draft.GENERATE]


def test_that_strokes_without_a_rest_make_no_draft_of_their_own(room, qtbot):
    for _ in range(5):
        room.stroke()
        qtbot.wait(10)
    assert room.engine.asked == []
    with qtbot.waitSignal(room.variations.drafts.made, timeout=3000):
        pass
    assert len(room.engine.asked) == 1


def test_that_nothing_is_drafted_while_a_button_is_held(room, qtbot, monkeypatch):
    held = [True]

    class Mouse:
        @staticmethod
        def mouseButtons():
            button = draft.Qt.MouseButton
            return button.LeftButton if held[0] else button.NoButton

    monkeypatch.setattr(draft, "QGuiApplication", Mouse)
    room.stroke()
    qtbot.wait(200)
    assert room.engine.asked == []
    with qtbot.waitSignal(room.variations.drafts.made, timeout=3000):
        held[0] = False


def test_that_a_newer_stroke_replaces_the_draft_in_flight(room, qtbot):
    room.engine.hold = True
    room.stroke()
    qtbot.waitUntil(lambda: len(room.engine.asked) == 1, timeout=3000)
    room.stroke()
    qtbot.waitUntil(lambda: room.engine.closed == 1, timeout=3000)
    room.engine.hold = False
    with qtbot.waitSignal(room.variations.drafts.made, timeout=3000):
        pass
    assert len(room.drafts) == 1
    assert room.drafts[0].request.sketch == room.session.state.sketch


def test_that_a_draft_is_never_judged_applied_starred_or_exported(room, qtbot):
    room.engine.grades = [(Grade.PASS, 0.99)]
    one = drafted(room, qtbot)
    assert one.result.verdict.grade is Grade.NOT_JUDGED
    assert one.result.verdict.dice is None
    assert not one.result.measured.any()
    assert "draft cannot be applied" in room.variations.apply()
    room.variations.star()
    assert room.session.state.applied is None
    assert room.session.state.starred == frozenset()
    assert why_not_export(room.session.state)
    card = card_of(one.result, room.session.state)
    assert card.grade is Grade.NOT_JUDGED
    assert "DRAFT" in card.headline
    assert room.variations.tags(one)[0] == "DRAFT"


def test_that_a_real_picture_takes_the_place_of_the_draft_and_counts_without_it(room, qtbot):
    drafted(room, qtbot)
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        room.variations.generate()
    assert room.drafts == []
    (one,) = room.variations.all
    assert room.view.look.preview == one.number
    assert dict(one.result.scores)["tries"] == 1.0


def test_that_a_draft_never_holds_a_generation_up(room, qtbot):
    room.engine.hold = True
    room.stroke()
    qtbot.waitUntil(lambda: len(room.engine.asked) == 1, timeout=3000)
    room.variations.generate()
    assert not room.variations.drafts.busy
    qtbot.waitUntil(lambda: room.variations.all[0].stage is Stage.RUNNING, timeout=3000)
    room.stroke()
    qtbot.wait(150)
    assert len(room.engine.asked) == 2  # no draft beside a running generation
    room.engine.hold = False
    with qtbot.waitSignal(room.variations.idle, timeout=5000):
        pass


def test_that_switching_drafts_off_stops_them(room, qtbot):
    room.stroke()
    room.set(draft=False)
    qtbot.wait(150)
    assert room.engine.asked == []


def test_that_a_draft_is_discarded_without_an_undo_step(room, qtbot):
    drafted(room, qtbot)
    steps = room.session.undo_stack.count()
    room.variations.discard()
    assert room.drafts == []
    assert room.session.undo_stack.count() == steps
    assert room.view.look.preview is None

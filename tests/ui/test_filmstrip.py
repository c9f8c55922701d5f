import re
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem

from lgesynth_gui.app.variation import Group, Stage, Variation
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.sketch.film_tile import _small

NAMED = Qt.ItemDataRole.AccessibleTextRole
GRADES = [(Grade.PASS, 0.846), (Grade.CHECK, 0.71), (Grade.FAIL, 0.597), (Grade.BLOCKED, 0.8)]


@pytest.fixture
def film(heart, engine, qtbot):
    """The window with four variations of one request."""
    engine.grades = list(GRADES)
    done(heart, qtbot)
    return heart


def done(window, qtbot, call=None):
    with qtbot.waitSignal(window.variations.idle, timeout=20_000):
        (call or window.generate)()


def put(window, **values):
    settings = replace(window.session.state.settings, **values)
    window.session.edit("settings", settings, "settings")


def cells(window):
    return window.film._model.cells


def named(window):
    model = window.film._model
    return [model.data(model.index(i), NAMED) for i in range(model.rowCount())]


def option(window, row):
    strip = window.film.list
    made = QStyleOptionViewItem()
    strip.initViewItemOption(made)
    made.rect = strip.visualRect(window.film._model.index(row))
    return made


def test_that_variations_stand_after_the_caption_of_their_request(film, qtbot):
    done(film, qtbot, film._actions["pair"].trigger)
    kinds = [type(cell) for cell in cells(film)]
    assert kinds == [Group, *[Variation] * 4, Group, *[Variation] * 2]
    assert "anterior" in named(film)[0]
    assert "4 images" in named(film)[0]
    assert "guided" in named(film)[6].split(", ")
    assert "unguided" in named(film)[7].split(", ")


def test_that_words_are_never_cut_at_any_text_size(film, qtbot):
    for scale in (0.8, 1.0, 1.5):
        film.set_scale(scale)
        QApplication.processEvents()
        tile = film.film._tile
        for row, cell in enumerate(cells(film)):
            if isinstance(cell, Variation):
                one = option(film, row)
                size = tile.sizeHint(one, film.film._model.index(row))
                metrics = one.fontMetrics  # larger than the tile's own, so on the safe side
                widest = max(metrics.horizontalAdvance(t) for t, _ in tile._rows(cell))
                assert size.width() >= size.height() + 0.88 * widest
                assert len(tile._rows(cell)) <= 4
    film.set_scale(1.0)


def test_that_a_click_on_the_seed_copies_it_and_one_on_the_picture_does_not(film, qtbot):
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("")
    row = film.film._model.row_of(2)
    one = option(film, row)
    viewport = film.film.list.viewport()
    left = Qt.MouseButton.LeftButton
    qtbot.mouseClick(viewport, left, pos=one.rect.topLeft() + QPoint(20, 40))
    assert clipboard.text() == ""
    assert film.view.look.preview == 2
    place = film.film._tile.seed_rect(one, film.variations.get(2)).center()
    qtbot.mouseClick(viewport, left, pos=place)
    assert clipboard.text() == "43"
    assert "43 copied" in film.status.text.text()


def test_that_filter_and_order_are_in_the_title_bar_and_change_the_strip(film):
    head = film.film.head
    assert film.docks[2].titleBarWidget() is head
    head.filters.button(1).click()
    assert [c.number for c in cells(film) if isinstance(c, Variation)] == [1]
    head.filters.button(0).click()
    head.orders.button(1).click()
    assert [c.number for c in cells(film) if isinstance(c, Variation)] == [1, 2, 3, 4]
    film.variations.star(3)
    head.filters.button(2).click()
    assert [c.number for c in cells(film) if isinstance(c, Variation)] == [3]
    film.variations.star(3)
    assert cells(film) == ()
    assert "filter" in film.film._empty.text()


def test_that_a_discarded_one_comes_back_by_undo(film):
    film.view.set(preview=2)
    film._actions["discard"].trigger()
    assert film.film._model.row_of(2) == -1
    film._actions["undo"].trigger()
    assert film.film._model.row_of(2) > 0


def test_that_arrows_walk_the_strip_and_skip_the_captions(film, qtbot):
    done(film, qtbot)
    strip = film.film.list
    strip.setFocus()
    film.view.set(preview=4)
    QApplication.processEvents()
    qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert film.view.look.preview == 5
    qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert film.view.look.preview == 4


def test_that_what_waits_is_moved_paused_and_dropped_without_a_mouse(film, engine, qtbot):
    engine.hold = True
    put(film, count=3)
    film.generate()
    qtbot.waitUntil(lambda: film.variations.waiting()[0].stage is Stage.RUNNING, timeout=3000)
    head, strip = film.film.head, film.film.list
    assert head.queue.text() == "2 waiting"
    last = film.variations.waiting()[-1].number
    strip.setCurrentIndex(film.film._model.index(film.film._model.row_of(last)))
    strip.setFocus()
    qtbot.keyClick(strip, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert film.variations.queue.order[0] == last
    qtbot.keyClick(strip, Qt.Key.Key_P, Qt.KeyboardModifier.ShiftModifier)
    assert film.variations.queue.paused
    assert head.pause.text() == "Resume"
    head.pause.click()
    assert not film.variations.queue.paused
    with qtbot.waitSignal(film.variations.idle, timeout=3000):
        head.cancel.click()
    assert head.cancel.isHidden()
    assert head.pause.isHidden()


def test_that_the_menu_of_a_tile_offers_what_its_stage_allows(film, engine, qtbot):
    texts = lambda n: [a.text() for a in film.film.menu_of(film.variations.get(n)).actions()]  # noqa: E731
    assert {"Apply", "Star", "Copy seed 42", "Use its settings and seed"} <= set(texts(1))
    engine.hold = True
    put(film, count=2)
    film.generate()
    qtbot.waitUntil(lambda: film.variations.waiting()[0].stage is Stage.RUNNING, timeout=3000)
    running, queued = (v.number for v in film.variations.waiting())
    assert "Cancel" in texts(running)
    assert "Run next" not in texts(running)
    assert {"Run next", "Cancel"} <= set(texts(queued))
    assert "Apply" not in texts(queued)
    menu = film.film.menu_of(film.variations.get(queued))
    next(a for a in menu.actions() if a.text() == "Cancel").trigger()
    assert film.variations.get(queued).stage is Stage.CANCELLED
    film.variations.cancel_all()
    qtbot.waitUntil(lambda: not film.variations.waiting(), timeout=3000)


def test_that_a_failure_says_where_and_is_retried_from_the_title_bar(heart, engine, qtbot):
    good = engine.run

    def dies(function, *arguments):
        yield Progress(3, 16, "denoising")
        raise EngineDied("gone", "again")

    put(heart, count=1)
    engine.run = dies
    done(heart, qtbot)
    assert "engine stopped in denoising" in named(heart)[1]
    rows = [text for text, _ in heart.film._tile._rows(cells(heart)[1])]
    assert " ".join(rows[1:]) == "Failed: engine stopped in denoising"
    engine.run = good
    done(heart, qtbot, heart.film.head.retry.click)
    assert heart.variations.visible()[0].stage is Stage.DONE
    assert heart.film.head.retry.isHidden()


def test_that_the_status_bar_names_phase_step_and_try(heart, engine, qtbot):
    engine.hold = True
    engine.steps = 16
    put(heart, until_pass=True)
    heart.generate()
    qtbot.waitUntil(lambda: "denoise" in heart.status.phase.text(), timeout=3000)
    assert re.match(r"Try 1 of 8 · denoise \d+ of 16\b", heart.status.phase.text())
    assert not heart.panel.count.isEnabled()
    heart.variations.cancel_all()
    qtbot.waitUntil(lambda: not heart.variations.waiting(), timeout=3000)
    assert heart.status.cancel.isHidden()


def test_that_a_silent_engine_is_shown_and_later_may_be_restarted(heart, engine, qtbot):
    engine.hold = True
    put(heart, count=1)
    heart.generate()
    qtbot.waitUntil(lambda: heart.variations.waiting()[0].stage is Stage.RUNNING, timeout=3000)
    silence = [1.0]
    heart.workers.silent_s = lambda: silence[0]
    heart.running._show()
    assert heart.status.quiet.isHidden()
    silence[0] = 4.0
    heart.running._show()
    assert heart.status.quiet.text() == "engine silent for 4 s"
    assert heart.status.restart.isHidden()
    silence[0] = 16.0
    heart.running._show()
    with qtbot.waitSignal(heart.variations.idle, timeout=3000):
        heart.status.restart.click()
    assert heart.variations.all[0].message == "Failed: engine stopped in denoising"
    assert heart.status.quiet.isHidden()


def test_that_a_draft_is_shown_as_a_draft_and_cannot_be_applied(heart, engine, qtbot):
    put(heart, draft=True)
    with qtbot.waitSignal(heart.variations.drafts.made, timeout=5000):
        heart._set_class(1)
    assert heart.canvas.synthetic.picture.frame == "DRAFT"
    assert "DRAFT" in heart.panel.card.card.headline
    assert not heart.panel.apply.isEnabled()
    heart._confirm()
    assert heart.session.state.applied is None
    assert "draft, not judged" in named(heart)[1]


def test_that_every_setting_has_a_dot_that_resets_it(heart):
    popup = heart.panel._settings
    usual = heart.session.state.settings
    assert all(dot.isHidden() for dot in popup._dots.values())
    put(heart, steps=25, guidance=0.2, feather_mm=2.0, this_slice=True, seed_locked=True)
    put(heart, until_pass=True, most_tries=3, most_minutes=1, draft=True)
    changed = heart.session.state.settings
    for field, dot in popup._dots.items():
        assert not dot.isHidden(), field
        dot.click()
        assert getattr(heart.session.state.settings, field) == getattr(usual, field)
        assert dot.isHidden(), field
    assert heart.session.state.settings == usual
    heart.session.undo_stack.undo()
    assert heart.session.state.settings.draft == changed.draft


def test_that_steps_have_three_names(heart):
    popup = heart.panel._settings
    names = [button.text() for button in popup.presets.buttons()]
    assert names == ["Fast 4", "Default 6", "Careful 25"]
    for i, steps in enumerate((4, 6, 25)):
        popup.presets.button(i).click()
        assert heart.session.state.settings.steps == steps
        assert popup.presets.checkedId() == i
    put(heart, steps=11)
    assert popup.presets.checkedId() == -1


def test_that_the_front_of_the_queue_has_a_key_of_its_own(heart, engine, qtbot):
    engine.hold = True
    put(heart, count=2)
    heart.generate()
    qtbot.waitUntil(lambda: heart.variations.waiting()[0].stage is Stage.RUNNING, timeout=3000)
    put(heart, seed=500, count=1)
    heart._actions["generate_front"].trigger()
    assert [v.request.seed for v in heart.variations.waiting()][1] == 500
    heart.variations.cancel_all()
    qtbot.waitUntil(lambda: not heart.variations.waiting(), timeout=3000)


def test_that_a_tile_is_as_wide_as_its_words_once_it_is_finished(heart, engine, qtbot):
    engine.hold = True
    put(heart, count=1)
    heart.generate()
    qtbot.waitUntil(lambda: heart.variations.waiting()[0].stage is Stage.RUNNING, timeout=3000)
    engine.hold = False
    qtbot.waitUntil(lambda: not heart.variations.waiting(), timeout=5000)
    film = heart.film.list
    index = film.model().index(film.model().rowCount() - 1)
    wanted = film.itemDelegate().sizeHint(_option(film), index)
    qtbot.waitUntil(lambda: film.visualRect(index).width() >= wanted.width(), timeout=2000)


def _option(view):
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    return option


@pytest.mark.parametrize("high", [110, 150, 220])
def test_that_words_stay_in_their_tile_however_high_the_strip_is(film, qtbot, high):
    tile = film.film._tile
    film.resizeDocks([film.docks[2]], [high], Qt.Orientation.Vertical)

    def room():
        """Pixels left of the widest words, in the tightest tile."""
        left = []
        for row, cell in enumerate(cells(film)):
            if isinstance(cell, Variation):
                one = option(film, row)
                metrics = QFontMetrics(_small(one.font))
                wide = max(metrics.horizontalAdvance(text) for text, _ in tile._rows(cell))
                left.append(one.rect.right() - 2 - tile.seed_rect(one, cell).left() - wide)
        return min(left)

    qtbot.waitUntil(lambda: film.film.list.viewport().height() > high - 45, timeout=3000)
    qtbot.waitUntil(lambda: room() >= 0, timeout=3000)  # it lays out a moment after

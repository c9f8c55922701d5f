"""The Cohort mode: plan, table, review, coverage, export; no network paints here."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog

from lgesynth_gui.app.cohort_cases import PAGE
from lgesynth_gui.app.cohort_draft import template_of, templates
from lgesynth_gui.app.cohort_hearts import accepted_heart
from lgesynth_gui.app.session import State
from lgesynth_gui.cohort.plan import PLAN, Quota, read_plan
from lgesynth_gui.cohort.review import Decision, decisions_of
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.ui.cohort.case_table import COLUMNS, CaseTable
from tests.ui import cohorts, hearts
from tests.ui.test_access import faults, unreached

READ_S = 20_000
NAMES = [name for name, _ in COLUMNS]


@pytest.fixture
def mode(heart):
    """The mode, with the sample heart open in Sketch."""
    heart._actions["mode_cohort"].trigger()
    return heart.cohort


@pytest.fixture
def started(monkeypatch):
    """Starts nothing; gives what would have been started."""
    seen = []
    monkeypatch.setattr(
        "lgesynth_gui.app.cohorts.start_run", lambda *arguments: seen.append(arguments)
    )
    return seen


@pytest.fixture
def opened(mode, tmp_path, qtbot):
    """The mode with a cohort of twelve made samples."""
    return open_(mode, cohorts.made(tmp_path / "made", 12), qtbot, 12)


def open_(mode, folder, qtbot, count):
    mode.cohorts.open(folder)
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == count, timeout=READ_S)
    return mode


def shown_case(mode, qtbot, number):
    qtbot.waitUntil(
        lambda: mode.reviewing.case is not None and mode.reviewing.case.number == number,
        timeout=READ_S,
    )


def press(mode, key):
    QTest.keyClick(mode.page.review.pair.stage.synthetic.overlay, key)


def said(window):
    return window.status.text.text()


# -- the plan


def test_that_every_control_can_be_named_explained_and_reached(opened, heart, qtbot):
    page = opened.page
    page.review_case(0)
    shown_case(opened, qtbot, 0)
    for fold in (page.plan.distributions, page.plan.quotas, page.plan.more):
        fold.open()
    assert faults(page) == []
    mine = [one for one in unreached(heart) if page.isAncestorOf(one)]
    assert mine == []


def test_that_the_open_study_is_a_heart_once_its_contours_are_accepted(mode, heart):
    planning, box = mode.cohorts.planning, mode.page.plan.hearts
    box.use.click()
    assert [one.usable for one in planning.draft.hearts] == [True]
    assert box.list.item(0).text() == "✓ open study · 6 slices"
    box.use.click()
    assert len(planning.draft.hearts) == 1, "a heart is listed once"
    heart.session.open(replace(hearts.series(), label="x"), hearts.contours(accepted=False))
    heart._actions["mode_cohort"].trigger()
    box.use.click()
    assert "Nobody accepted its contours" in box.list.item(1).text()
    assert planning.ids == ("H001",), "it is listed, and not planned with"


def test_that_slices_nobody_accepted_or_with_scar_of_their_own_are_no_hosts():
    series, whole = hearts.series(), hearts.contours()
    some = list(whole.slices)
    some[0] = replace(some[0], accepted=False)
    labels = np.zeros(series.shape, np.uint8)
    labels[2, 40:48, 40:48] = 3
    found = accepted_heart("case 01", series, HeartContours(tuple(some)), labels)
    assert found.contours.outlined() == (1, 3, 4, 5)
    assert "slice 1 not accepted" in found.note
    assert "slice 3 with scar of its own" in found.note
    for index in found.contours.outlined():
        assert found.contours.level(index) == whole.level(index), "a slice keeps its ring"


def test_that_a_folder_lists_every_heart_and_says_why_one_cannot_be_used(mode, tmp_path, qtbot):
    from tests.training.annotated_files import emidec

    root = emidec(tmp_path / "lab", 3, scar=lambda k: False)
    (root / "Case_002/Contours/Case_002.nii.gz").unlink()
    mode.page.take(root)
    qtbot.waitUntil(lambda: len(mode.cohorts.planning.draft.hearts) == 3, timeout=60_000)
    found = mode.cohorts.planning.draft.hearts
    assert sorted(one.usable for one in found) == [False, True, True]
    assert next(one for one in found if not one.usable).why
    assert "lab" not in mode.page.plan.hearts.list.item(0).text()


def test_that_edits_of_the_plan_are_undone_here_and_those_of_sketch_stay(mode, heart, qtbot):
    heart.session.edit("note", "kept", "write a note")
    heart._actions["mode_cohort"].trigger()
    planning, plan = mode.cohorts.planning, mode.page.plan
    plan.hearts.use.click()
    planning.choose_template("small")
    plan.count.setFocus()
    plan.count.selectAll()
    QTest.keyClicks(plan.count, "250")
    assert planning.draft.draw.count == 250
    planning.set_draw("sizes", sizes={"> 300 mm2": 2.0})
    drafts = [planning.draft]
    while planning.undo_stack.canUndo():
        heart._actions["undo"].trigger()
        drafts.append(planning.draft)
    assert len(drafts) == 5, "hearts, template, a typed number, weights"
    assert planning.draft.hearts == ()
    assert planning.draft.draw is None
    assert heart.session.state.note == "kept"
    while planning.undo_stack.canRedo():
        heart._actions["redo"].trigger()
    assert planning.draft == drafts[0]
    assert plan.count.value() == 250


def test_that_every_template_can_be_planned():
    for one in templates():
        assert template_of(one.id).words
    assert len({one.title for one in templates()}) == len(templates())


def test_that_histograms_show_what_would_be_drawn(mode, qtbot):
    planning, plan = mode.cohorts.planning, mode.page.plan
    plan.hearts.use.click()
    planning.choose_template("small")
    plan.count.setValue(40)
    plan.controls.setValue(25)
    qtbot.waitUntil(lambda: planning.drawn.count == 40 and not planning.drawing, timeout=READ_S)
    drawn = planning.drawn
    assert set(drawn.sizes) <= {"< 50 mm2", "50-100 mm2"}
    assert 2 <= drawn.controls <= 20
    assert sum(drawn.segments.values()) + drawn.controls + drawn.failed == 40
    content = plan.distributions.content
    assert "40 of 40 samples drawn" in content.told.text()
    qtbot.waitUntil(lambda: "40 samples" in plan.dry.text(), timeout=READ_S)
    assert "not measured here yet" in plan.dry.text(), "nothing is guessed"
    assert "at most 4 tries each" in plan.dry.text()


def test_that_weights_are_set_by_mouse_and_keys_and_taken_back(mode):
    planning, plan = mode.cohorts.planning, mode.page.plan
    planning.choose_template("usual")
    content = plan.distributions.content
    sizes = content.bars["sizes"]
    sizes.resize(300, sizes.sizeHint().height())
    QTest.keyClick(sizes, Qt.Key.Key_Down)
    QTest.keyClick(sizes, Qt.Key.Key_Right)
    assert planning.draft.draw.sizes["50-100 mm2"] == 2.0
    assert planning.draft.draw.sizes["> 300 mm2"] == 1.0
    QTest.mouseClick(sizes, Qt.MouseButton.LeftButton, pos=QPoint(290, 6))
    assert planning.draft.draw.sizes["< 50 mm2"] == 10.0
    QTest.keyClick(sizes, Qt.Key.Key_Delete)
    assert planning.draft.draw.sizes == {}
    content.place.change(5, 1.0)
    assert planning.draft.draw.segments == {5: 1.0}
    content.reset.click()
    assert planning.draft.draw.segments == {}


def test_that_a_table_keeps_its_good_rows_and_names_the_bad_ones(mode, tmp_path, qtbot):
    table = tmp_path / "plan.csv"
    table.write_text(
        "heart,pattern,caption,seed\n"
        "H001,ischaemic_transmural,,7\n"
        "H009,ischaemic_transmural,,\n"
        "H001,no such pattern,,\n"
        "H001,,Subendocardial LAD 40 %,\n",
        encoding="utf-8",
    )
    plan = mode.page.plan
    plan.hearts.use.click()
    mode.page.take(table)
    qtbot.waitUntil(lambda: bool(mode.cohorts.planning.draft.parts), timeout=READ_S)
    (part,) = mode.cohorts.planning.draft.parts
    assert [row.seed for row in part.rows] == [7, None]
    told = [plan.errors.item(i).text() for i in range(plan.errors.count())]
    assert [words.split(":")[0] for words in told] == ["Row 3", "Row 4"]
    assert plan.start.isEnabled()


def test_that_start_says_what_it_waits_for_and_then_writes_and_starts(
    mode, qtbot, tmp_path, started
):
    plan = mode.page.plan
    assert not plan.start.isEnabled()
    assert plan.why.text() == "Add a heart first."
    plan.hearts.use.click()
    assert "Choose a template" in plan.why.text()
    mode.cohorts.planning.choose_template("usual")
    assert plan.start.isEnabled()
    mode.cohorts.planning.add_quota(Quota(size="< 50 mm2", count=5))
    plan.folder.setText(str(tmp_path / "new"))
    plan.start.click()
    qtbot.waitUntil(lambda: mode.cohorts.desk.folder is not None, timeout=READ_S)
    written = read_plan(tmp_path / "new" / PLAN)
    assert written.count == 100
    assert [one.origin for one in written.hosts] == ["phantom"]
    assert written.quotas[0].count == 5
    assert started == [(tmp_path / "new", mode.cohorts.workers, "", "auto")]
    assert mode.cohorts.planning.draft.count == 0, "it is planned now, and no draft any more"
    assert mode.page.centre.currentWidget() is mode.page.cases
    assert mode.page.plan.start.text() == "Go on"


def test_that_a_start_that_came_to_nothing_says_why_beside_the_button(
    mode, qtbot, tmp_path, started
):
    plan = mode.page.plan
    plan.hearts.use.click()
    mode.cohorts.planning.choose_template("usual")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "thesis.txt").write_text("years of work", encoding="utf-8")
    plan.folder.setText(str(tmp_path / "used"))
    plan.start.click()
    qtbot.waitUntil(lambda: "already holds files" in plan.why.text(), timeout=READ_S)
    assert started == []
    assert plan.start.isEnabled(), "it can be tried again"
    assert mode.cohorts.planning.draft.count == 100, "nothing that was planned is lost"
    assert [one.name for one in (tmp_path / "used").iterdir()] == ["thesis.txt"]
    plan.count.setValue(90)
    assert plan.why.text() == ""


def test_that_a_cohort_is_among_the_recent_ones_by_its_own_name_alone(mode, qtbot, tmp_path):
    from lgesynth_gui.app import recent_cohorts
    from lgesynth_gui.app.places import data_folder

    folder = cohorts.planned(tmp_path / "Doe_Jane", 4)
    mode.cohorts.open(folder)
    qtbot.waitUntil(lambda: bool(recent_cohorts.read()), timeout=READ_S)
    mode.cohorts.close()
    welcome = mode.page.welcome
    qtbot.waitUntil(lambda: welcome.recents.count() == 1, timeout=READ_S)
    assert welcome.recents.item(0).text() == "cohort · 4 samples planned"
    assert "Doe" not in (data_folder() / recent_cohorts.LIST).read_text(encoding="utf-8")
    welcome.recents.itemActivated.emit(welcome.recents.item(0))
    qtbot.waitUntil(lambda: mode.cohorts.desk.folder == folder, timeout=READ_S)
    mode.cohorts.close()
    welcome.recents.setCurrentRow(0)
    welcome.forget.click()
    qtbot.waitUntil(lambda: welcome.recents.count() == 0, timeout=READ_S)
    assert (folder / PLAN).is_file()


# -- the table


def test_that_ten_thousand_cases_are_read_where_they_are_seen(mode, tmp_path, qtbot):
    open_(mode, cohorts.large(tmp_path / "large"), qtbot, 10_000)
    table, view = mode.page.cases.table, mode.page.cases.view
    assert table.rowCount() == 10_000
    qtbot.waitUntil(lambda: table.index(0, 1).data() not in ("…", None), timeout=READ_S)
    assert len(table._rows) <= 2 * PAGE, "the rest is not read"
    view.scrollToBottom()
    qtbot.waitUntil(lambda: table.index(9999, 1).data() not in ("…", None), timeout=READ_S)
    assert len(table._rows) <= 4 * PAGE
    view.setCurrentIndex(table.index(9999, 0))
    mode.page.cases._sort(NAMES.index("dice"))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.asked.sort == "dice", timeout=READ_S)
    mode.page.cases._sort(NAMES.index("dice"))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.asked.down, timeout=READ_S)
    column = NAMES.index("dice")
    qtbot.waitUntil(lambda: table.index(1, column).data() not in ("…", None), timeout=READ_S)
    first, second = (float(table.index(row, column).data()) for row in (0, 1))
    assert first >= second > 0.9


def test_that_cases_are_filtered_and_counted(mode, tmp_path, qtbot):
    open_(mode, cohorts.large(tmp_path / "large", 2000), qtbot, 2000)
    cases, expected = mode.page.cases, list(cohorts.entries(2000))

    def found(keep):
        wanted = [one.number for one in expected if keep(one)]
        qtbot.waitUntil(lambda: list(cases.table.numbers) == wanted, timeout=READ_S)

    cases.status_box.setCurrentText("FAIL")
    found(lambda one: one.status == "FAIL")
    cases.size_box.setCurrentText("> 300 mm2")
    found(lambda one: one.status == "FAIL" and one.size == "> 300 mm2")
    assert " of 2\N{NO-BREAK SPACE}000 cases" in cases.told.text()
    cases.every.click()
    found(lambda one: True)
    cases.show_only(segment=5)
    found(lambda one: 5 in one.segments)
    cases.every.click()
    cases.text.setText("its worker was lost")
    found(lambda one: one.status == "ERROR")
    cases.text.setText("1%7")
    found(lambda one: False)
    cases.text.setText("17")
    found(lambda one: one.number == 17)


def test_that_more_cases_keep_the_chosen_one(qapp):
    from lgesynth_gui.app.cohort_cases import Found

    table, inserted = CaseTable(), []
    table.rowsInserted.connect(lambda _, first, last: inserted.append((first, last)))
    table.show_found(Found(numbers=(0, 1, 2)))
    table.show_found(Found(numbers=(0, 1, 2, 3, 4)))
    assert inserted == [(3, 4)], "rows are added, nothing is built anew"
    assert table.place_of(4) == 4
    table.show_found(Found(numbers=(4, 0)))
    assert table.place_of(1) == -1


def test_that_columns_stay_as_they_were_put(mode, heart, qtbot):
    cases = mode.page.cases
    cases._show_column(NAMES.index("co_dice"), False)
    cases.view.horizontalHeader().moveSection(1, 3)
    cases.view.setColumnWidth(NAMES.index("depth"), 222)
    qtbot.waitUntil(lambda: heart.shell.store.now.columns == cases.arrangement(), timeout=5000)
    kept = heart.shell.store.now.columns
    again = type(cases)(mode.cohorts, mode.reviewing)
    qtbot.addWidget(again)
    again.arrange(kept)
    assert again.arrangement() == kept
    again.arrange("[1, 2")
    again.arrange('[["number", 10, false]]')
    assert again.arrangement() == kept, "what is no arrangement changes nothing"


# -- the review


def test_that_a_case_is_reviewed_by_one_key(opened, heart, qtbot, tmp_path):
    page, reviewing = opened.page, opened.reviewing
    page.cases.view.setFocus()
    page.cases.view.selectRow(0)
    QTest.keyClick(page.cases.view, Qt.Key.Key_Return)
    shown_case(opened, qtbot, 0)
    press(opened, Qt.Key.Key_A)
    shown_case(opened, qtbot, 1)
    press(opened, Qt.Key.Key_5)
    assert page.review.reasons == ("seam visible",)
    press(opened, Qt.Key.Key_R)
    shown_case(opened, qtbot, 2)
    assert page.review.reasons == (), "reasons belong to one case"
    press(opened, Qt.Key.Key_U)
    shown_case(opened, qtbot, 3)
    press(opened, Qt.Key.Key_Left)
    shown_case(opened, qtbot, 2)
    assert page.review.buttons[Decision.UNSURE].isChecked()
    press(opened, Qt.Key.Key_A)
    folder = tmp_path / "made"
    qtbot.waitUntil(
        lambda: (
            {n: o[0].decision for n, o in decisions_of(folder).items()}
            == {0: Decision.ACCEPT, 1: Decision.REJECT, 2: Decision.ACCEPT}
        ),
        timeout=READ_S,
    )
    assert decisions_of(folder)[1][0].reasons == ("seam visible",)
    press(opened, Qt.Key.Key_Escape)
    assert page.centre.currentWidget() is page.cases
    assert page.cases.view.currentIndex().row() == 3
    column = NAMES.index("review")
    words = [page.cases.table.index(row, column).data() for row in range(4)]
    assert words == ["✓ accepted", "✗ rejected", "✓ accepted", ""]
    page.cases.review_box.setCurrentText("not reviewed by me")
    qtbot.waitUntil(lambda: page.cases.table.rowCount() == 9, timeout=READ_S)
    assert reviewing.words[1] == "✗ rejected"


def test_that_letters_are_dead_while_a_remark_is_typed(opened, qtbot):
    opened.page.review_case(0)
    shown_case(opened, qtbot, 0)
    text = opened.page.review.text
    text.setFocus()
    QTest.keyClicks(text, "a u r")
    assert text.text() == "a u r"
    assert opened.reviewing.number == 0
    assert opened.reviewing.decisions == {}


def test_that_letters_of_sketch_change_nothing_in_a_review(opened, heart, qtbot):
    opened.page.review_case(0)
    shown_case(opened, qtbot, 0)
    tool = heart.view.look.tool
    press(opened, Qt.Key.Key_G)
    assert heart.view.look.tool == tool
    before = opened.page.review.pair.view.look.slice_index
    press(opened, Qt.Key.Key_Down)
    assert opened.page.review.pair.view.look.slice_index == before + 1


def test_that_the_pair_has_one_window_and_says_which_is_synthetic(opened, qtbot):
    opened.page.review_case(2)
    shown_case(opened, qtbot, 2)
    stage = opened.page.review.pair.stage
    first, second = stage.original.picture, stage.synthetic.picture
    assert first.badge == "ORIGINAL"
    assert second.badge.startswith("SYNTHETIC")
    assert second.synthetic
    assert first.below == second.below, "window and level are one"
    assert {"requested", "measured"} <= {line.kind for line in second.lines}
    assert first.facts[0] == "heart H001"
    assert opened.page.review.card.card.grade is Grade.CHECK
    opened.page.review.readings.button(2).click()
    assert (
        "plus" in opened.page.review.bullseye.button(1).accessibleName()
        or "minus" in (opened.page.review.bullseye.button(1).accessibleName())
        or "points" in opened.page.review.bullseye.button(1).accessibleName()
    )


def test_that_a_blind_review_hides_what_the_judge_found(opened, qtbot):
    opened.page.review_case(2)
    shown_case(opened, qtbot, 2)
    press(opened, Qt.Key.Key_B)
    panel = opened.page.review
    kinds = {line.kind for line in panel.pair.stage.synthetic.picture.lines}
    assert "measured" not in kinds
    assert "Dice" not in panel.card.card.headline
    assert not panel.readings.button(1).isEnabled()
    press(opened, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: 2 in opened.reviewing.decisions, timeout=READ_S)
    assert opened.reviewing.decisions[2][0].blind


def test_that_an_accepted_fail_asks_for_a_remark(opened, qtbot):
    opened.page.review_case(3)
    shown_case(opened, qtbot, 3)
    assert opened.reviewing.case.status == "FAIL"
    panel = opened.page.review
    panel.decide(Decision.ACCEPT)
    opened.reviewing.show(3)
    assert "FAIL is exported only with a remark" in panel.note.text()
    panel.text.setText("an artefact, not the scar")
    panel.decide(Decision.ACCEPT)
    opened.reviewing.show(3)
    assert not panel.note.isVisible()
    assert panel.text.text() == "an artefact, not the scar"


def test_that_a_case_to_fix_opens_in_sketch_and_there_is_a_way_back(opened, heart, qtbot):
    opened.page.review_case(2)
    shown_case(opened, qtbot, 2)
    request = opened.reviewing.case.result.request
    press(opened, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: heart.modes.current == "sketch", timeout=READ_S)
    assert heart.session.state.sketch == request.sketch
    assert heart.session.state.contours == request.contours
    assert heart.shown()[0].request == request
    assert heart.session.state.series.label == "heart H001"
    heart._actions["mode_cohort"].trigger()
    assert opened.page.reviews
    assert opened.reviewing.number == 2
    assert opened.reviewing.mine(2).decision is Decision.FIX


def in_sketch(opened, heart, qtbot, number=2):
    """The case, opened to be fixed."""
    opened.page.review_case(number)
    shown_case(opened, qtbot, number)
    press(opened, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: heart.modes.current == "sketch", timeout=READ_S)
    return opened.fixing


def painted_anew(heart, grade=Grade.PASS):
    """Another picture of what is drawn, previewed."""
    state, request = heart.session.state, heart.shown()[0].request
    other = hearts.result_of(replace(request, seed=99), state.series, grade=grade, dice=0.9)
    pixels = other.pixels.copy()
    pixels[other.requested >= 3] += 7
    result = replace(other, pixels=pixels, pixels_sha256=content_hash(pixels))
    heart.variations.add((result,))
    return result


def test_that_a_fixed_case_returns_to_its_cohort(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    assert fixing.bar.isVisible()
    assert fixing.bar.words.text() == "Case 2 of the cohort"
    assert unreached(heart) == []
    result = painted_anew(heart)
    fixing.bar.put.click()
    qtbot.waitUntil(lambda: heart.modes.current == "cohort", timeout=READ_S)
    qtbot.waitUntil(lambda: opened.reviewing.case is not None, timeout=READ_S)
    case = opened.reviewing.case
    assert (case.number, case.fixed_by, case.status) == (2, "R1", "PASS")
    assert (case.result.pixels == result.pixels).all()
    qtbot.waitUntil(lambda: opened.reviewing.mine(2) is not None, timeout=READ_S)
    assert opened.reviewing.mine(2).decision is Decision.ACCEPT
    assert "fixed by R1" in opened.page.review.said.text()
    assert not fixing.bar.isVisible()
    assert not heart.projects.project.unsaved
    qtbot.waitUntil(lambda: opened.cohorts.desk.found.counts["PASS"] == 7, timeout=READ_S)
    table = opened.page.cases.table
    cell = table.index(list(table.numbers).index(2), NAMES.index("status"))
    qtbot.waitUntil(lambda: "PASS" in cell.data(), timeout=READ_S)


def test_that_who_went_on_meanwhile_loses_nothing(opened, heart, qtbot, monkeypatch):
    fixing = in_sketch(opened, heart, qtbot)
    painted_anew(heart)
    ended = []
    monkeypatch.setattr(opened.reviewing, "put", lambda case, result, done: ended.append(done))
    fixing.bar.put.click()
    heart.show_results(hearts.series(), ())
    heart.session.edit("note", "mine", "note")
    ended[0](True)
    assert heart.modes.current == "sketch"
    assert heart.projects.project.unsaved


def test_that_a_blind_review_does_not_tell_of_anothers_fix(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    painted_anew(heart)
    fixing.bar.put.click()
    panel = opened.page.review
    qtbot.waitUntil(panel.swap.isVisible, timeout=READ_S)
    opened.reviewing.set_name("R2")
    opened.reviewing.set_blind(True)
    assert not panel.swap.isVisible()
    assert "fixed" not in panel.said.text()
    opened.reviewing.set_name("R1")
    opened.reviewing.set_blind(True)
    assert panel.swap.isVisible()


def test_that_a_fix_is_taken_back(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    before = opened.reviewing.case.sha256
    panel = opened.page.review
    assert not panel.swap.isVisible()
    painted_anew(heart)
    fixing.bar.put.click()
    qtbot.waitUntil(lambda: heart.modes.current == "cohort", timeout=READ_S)
    qtbot.waitUntil(panel.swap.isVisible, timeout=READ_S)
    panel.swap.click()
    qtbot.waitUntil(
        lambda: opened.reviewing.case is not None and opened.reviewing.case.sha256 == before,
        timeout=READ_S,
    )
    assert panel.swap.text() == "With its fix"
    opened.reviewing.set_blind(True)
    assert not panel.swap.isVisible()
    opened.reviewing.set_blind(False)
    panel.swap.click()
    qtbot.waitUntil(
        lambda: opened.reviewing.case is not None and opened.reviewing.case.fixed_by == "R1",
        timeout=READ_S,
    )
    assert panel.swap.text() == "As it was made"
    assert opened.reviewing.mine(2).decision is Decision.ACCEPT  # what was said of it stands again


def test_that_without_a_new_picture_nothing_is_put_in(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    fixing.bar.put.click()
    assert "no new picture" in said(heart)
    assert heart.modes.current == "sketch"
    fixing.bar.leave.click()
    assert heart.modes.current == "cohort"
    assert opened.reviewing.mine(2).decision is Decision.FIX
    heart._actions["mode_sketch"].trigger()
    assert not fixing.bar.isVisible()


def test_that_a_fix_that_fails_is_refused_in_words(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    painted_anew(heart, Grade.FAIL)
    fixing.bar.put.click()
    qtbot.waitUntil(lambda: "must be PASS or CHECK" in said(heart), timeout=READ_S)
    assert heart.modes.current == "sketch"
    assert fixing.bar.put.isEnabled()
    assert opened.reviewing.case.fixed_by == ""


def test_that_another_study_is_no_case_of_the_cohort(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    heart._actions["mode_cohort"].trigger()
    assert not fixing.bar.isVisible()
    heart._actions["mode_sketch"].trigger()
    assert fixing.bar.isVisible()
    heart.show_results(hearts.series(), ())
    assert not fixing.bar.isVisible()
    assert fixing.case is None


def test_that_a_case_of_a_cohort_that_was_closed_is_none(opened, heart, qtbot):
    fixing = in_sketch(opened, heart, qtbot)
    opened.cohorts.close()
    assert not fixing.bar.isVisible()
    assert fixing.case is None


def test_that_controls_and_errors_are_told_and_not_shown_as_synthetic(mode, tmp_path, qtbot):
    folder = cohorts.made(tmp_path / "controls", 16, controls=0.5, dies=(0,))
    open_(mode, folder, qtbot, 16)
    mode.page.review_case(0)
    shown_case(mode, qtbot, 0)
    assert mode.page.review.card.card.headline == "✗ Not made"
    assert not mode.page.review.buttons[Decision.FIX].isEnabled()
    control = next(n for n in range(8, 16) if cohorts.status_of(folder, n) == "CONTROL")
    mode.page.review_case(control)
    shown_case(mode, qtbot, control)
    assert mode.page.review.pair.stage.synthetic.picture.badge == "CONTROL"
    assert mode.page.run.retry.isVisible()
    assert "Retry errors (8)" in mode.page.run.retry.text()


def test_that_reviewers_are_compared(opened, heart, qtbot):
    opened.page.review_case(0)
    for name, keys in (("R1", "AARA"), ("R2", "AARU")):
        assert opened.reviewing.set_name(name)
        opened.page.review_case(0)
        for place, key in enumerate(keys):
            shown_case(opened, qtbot, place)
            press(opened, getattr(Qt.Key, f"Key_{key}"))
    assert not opened.reviewing.set_name("<b>Anna</b>"), "no name that could not be a pseudonym"
    with qtbot.waitSignal(opened.reviewing.agreed, timeout=READ_S):
        opened.page.review.agreement.click()
    dialog = heart.findChildren(QDialog, "agreement")[-1]
    assert dialog.table.item(0, 0).text() == "R1, R2"
    assert dialog.table.item(0, 2).text() == "3 of 4"
    assert faults(dialog) == []
    dialog.accept()
    opened.page.to_table()
    opened.page.cases.review_box.setCurrentText("reviewers differ")
    qtbot.waitUntil(lambda: list(opened.page.cases.table.numbers) == [3], timeout=READ_S)


def test_that_what_was_kept_is_measured_in_evaluate(opened, heart, monkeypatch):
    begun = []
    heart._actions["mode_evaluate"].trigger()
    monkeypatch.setattr(
        heart.evaluate.evaluating, "begin", lambda run, told: begun.append(told) or ""
    )
    heart._actions["mode_cohort"].trigger()
    assert opened.page.run.measure.isEnabled()
    opened.page.run.measure.click()
    assert heart.modes.current == "evaluate"
    assert begun == [("evaluate", "cohort", str(opened.cohorts.desk.folder))]


# -- coverage


def test_that_gaps_are_named_and_filled(mode, tmp_path, qtbot):
    open_(mode, cohorts.large(tmp_path / "large", 3000), qtbot, 3000)
    coverage = mode.page.coverage
    qtbot.waitUntil(lambda: mode.cohorts.desk.covered is not None, timeout=READ_S)
    assert mode.cohorts.desk.covered.under == (5,)
    fill = coverage.gaps.findChildren(type(mode.page.run.new), "fill5")[0]
    fill.click()
    (part,) = mode.cohorts.planning.draft.parts
    assert part.draw.segments == {5: 1.0}
    kept = mode.cohorts.desk.covered.segments[4].kept
    assert part.count >= mode.cohorts.desk.covered.middle - kept
    assert mode.page.plan.start.text() == f"Start {part.count} more"
    assert "too few" in coverage.bullseye.button(5).accessibleName()
    rates = coverage.rates.findChildren(type(coverage.told))
    assert any("n 2" in one.text() for one in rates), "from 20 cases on a percentage with n"
    assert "keeps large bright scars more easily" in coverage.bias.text()
    assert "of 2000 kept: < 50 mm2" in coverage.quotas.text()


def test_that_few_cases_are_counted_and_not_given_as_a_percentage(opened):
    from lgesynth_gui.cohort.status import Share
    from lgesynth_gui.ui.cohort.coverage_panel import share_words

    assert share_words(Share("", "", 19, 7)) == "7 of 19"
    assert share_words(Share("", "", 20, 7)).startswith("35 % (")


# -- export


def test_that_an_export_says_what_is_left_out_and_writes_the_rest(opened, heart, qtbot, tmp_path):
    heart._actions["export"].trigger()
    assert heart.modes.current == "cohort", "the cohort's own export, not that of Sketch"
    dialog = heart.findChildren(QDialog, "cohortExport")[-1]
    qtbot.waitUntil(lambda: bool(dialog.told.text()), timeout=READ_S)
    assert faults(dialog) == []
    assert "FAIL without a reason" in dialog.left.text()
    assert dialog.why_not() == "Tick the research-use sentence."
    dialog.understood.setChecked(True)
    before = dialog.told.text()
    dialog.fails.setChecked(True)
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 3, timeout=READ_S)
    index = dialog.table.index(0, 4)
    dialog.table.setData(index, "too short")
    assert "is too short" in dialog.why_not() or "counted" in dialog.why_not()
    dialog.table.setData(index, "kept to show what a failure looks like")
    qtbot.waitUntil(lambda: "1 FAIL with a reason" in dialog.told.text(), timeout=READ_S)
    assert dialog.told.text() != before
    dialog.out.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported, timeout=60_000) as made:
        dialog.write.click()
    assert made.args[0].samples == 7
    assert (tmp_path / "out").is_dir()
    assert heart.shell.store.now.understood
    for done in heart.findChildren(QDialog, "cohortExported"):
        done.close()


def test_that_nothing_made_is_nothing_to_export(mode, heart):
    heart._actions["export"].trigger()
    assert "Nothing is made yet" in said(heart)
    assert not heart.findChildren(QDialog, "cohortExport")


# -- the window


def test_that_the_mode_never_asks_for_torch(without_torch, heart, tmp_path, qtbot):
    heart._actions["mode_cohort"].trigger()
    mode = heart.cohort
    mode.page.plan.hearts.use.click()
    mode.cohorts.planning.choose_template("usual")
    qtbot.waitUntil(lambda: mode.cohorts.planning.drawn.count > 0, timeout=READ_S)
    open_(mode, cohorts.made(tmp_path / "made", 4), qtbot, 4)
    mode.page.review_case(0)
    shown_case(mode, qtbot, 0)
    assert without_torch == []


def test_that_a_damaged_cohort_is_told_and_nothing_is_opened(mode, heart, tmp_path, qtbot):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / PLAN).write_text("{", encoding="utf-8")
    mode.cohorts.open(tmp_path / "bad")
    qtbot.waitUntil(lambda: "no valid JSON" in said(heart), timeout=READ_S)
    assert mode.cohorts.desk.folder is None
    folder = cohorts.made(tmp_path / "made", 4)
    open_(mode, folder, qtbot, 4)
    (folder / "samples/00000/00000000.npz").write_bytes(b"no pixels")
    mode.page.review_case(0)
    qtbot.waitUntil(lambda: bool(mode.reviewing.failure), timeout=READ_S)
    assert "damaged" in mode.page.review.pair.stage.synthetic.picture.message


def test_that_a_state_without_a_study_is_no_heart(mode):
    from lgesynth_gui.app.cohort_hearts import heart_of_study

    assert "No study is open" in heart_of_study(State()).why

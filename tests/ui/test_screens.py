"""Saves pictures of the window where LGESYNTH_SCREENS names a folder; else only that it paints."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from lgesynth_gui.app import words
from lgesynth_gui.app.cohort_planning import Imported
from lgesynth_gui.app.project_jobs import Left
from lgesynth_gui.app.recents import Recent, Recents
from lgesynth_gui.cohort.agreement import Agreement
from lgesynth_gui.cohort.plan import Quota
from lgesynth_gui.cohort.review import Decision
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import EngineDied
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.evaluation.panel_files import write_evaluation
from lgesynth_gui.ui.dialogs.audit import AuditDialog
from lgesynth_gui.ui.main import application
from lgesynth_gui.ui.tour import Tour
from tests.evaluation.studies import written
from tests.ui import cohorts, hearts
from tests.ui.evaluations import evaluation
from tests.ui.test_audit import FOUND

FOLDER = os.environ.get("LGESYNTH_SCREENS", "")
WINDOWS = [
    (theme, size)
    for theme in ("dark", "light")
    for size in ((1366, 768), (1920, 1080), (1000, 640))
]


def save(widget, name):
    for _ in range(3):
        QApplication.processEvents()
    picture = widget.grab()
    assert not picture.isNull()
    if FOLDER:
        folder = Path(FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(str(folder / f"{name}.png"))


def save_tools(window, tag):
    """The tools at work, the patterns' sliders, a gap that waits for a yes; then all undone."""
    over, view, bench = window.canvas.original.overlay, window.view, window.bench
    view.set(grid=False, slice_index=2, tool="brush")
    spots = [over.to_screen(hearts.at(a, 23)).toPoint() for a in range(150, 215, 5)]
    QTest.mousePress(over, Qt.MouseButton.LeftButton, pos=spots[0])
    for at in spots[1:]:
        QTest.mouseMove(over, at)
    save(window, f"brush_{tag}")
    QTest.mouseRelease(over, Qt.MouseButton.LeftButton, pos=spots[-1])
    view.set(tool="select", picked=window.session.state.sketch.regions[0])
    save(window, f"picked_{tag}")
    view.set(tool="eraser")
    window._actions["heal"].trigger()
    save(window, f"healthy_{tag}")
    bench.begin_stamp(words.patterns()[1])
    save(window, f"pattern_{tag}")
    bench.leave()
    window._actions["copy_scar"].trigger()
    view.set(slice_index=5)
    window._actions["paste_scar"].trigger()
    window._actions["interpolate"].trigger()
    save(window, f"gap_{tag}")
    bench.leave()
    while window.session.undo_stack.canUndo():
        window.session.undo_stack.undo()
    view.set(grid=True, tool="fill", slice_index=2, picked=None)


def save_teach(window, qtbot, size, tag):
    """The stage: an example with and without its key, the strip, the quiz before and after."""
    window._actions["teach"].trigger()
    teach = window.presenter.teach
    teach.showNormal()
    teach.resize(*size)
    qtbot.waitUntil(lambda: bool(teach.stage.library.examples), timeout=20_000)
    teach._actions["teach_next"].trigger()
    save(teach, f"teach_{tag}")
    teach._actions["teach_key"].trigger()
    save(teach, f"teach_key_{tag}")
    teach._actions["teach_strip"].trigger()
    save(teach, f"teach_strip_{tag}")
    teach._actions["teach_quiz"].trigger()
    save(teach, f"teach_quiz_{tag}")
    teach.side.bullseye.clicked.emit(8)
    save(teach, f"teach_answer_{tag}")
    teach.close()


def save_generating(window, qtbot, engine, tag):
    """A pair, a failure, tries, a draft, a paused queue, and the settings."""

    def put(**values):
        changed = replace(window.session.state.settings, **values)
        window.session.edit("settings", changed, "settings")

    def dies(function, *arguments):
        yield Progress(3, 16, "denoising")
        raise EngineDied("gone", "again")

    before = window.session.state.settings
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window._actions["pair"].trigger()
    good, engine.run = engine.run, dies
    put(count=1)
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window.generate()
    engine.run = good
    engine.grades = [(Grade.FAIL, 0.57)] * 3
    put(until_pass=True, most_tries=3)
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window.generate()
    save(window, f"tries_{tag}")
    put(until_pass=False, draft=True)
    with qtbot.waitSignal(window.variations.drafts.made, timeout=10_000):
        window._set_class(1)
    save(window, f"draft_{tag}")
    window.session.undo_stack.undo()
    window.panel._settings.adjustSize()
    save(window.panel._settings, f"settings_{tag}")
    put(draft=False)
    window.variations.toggle_pause()
    put(count=3, seed=900)
    window.generate()
    save(window, f"paused_{tag}")
    window.variations.cancel_all()
    window.variations.toggle_pause()
    put(**{name: getattr(before, name) for name in ("count", "seed", "most_tries")})


def save_projects(window, tag):
    """Recent projects, save as, the question at the end, what was left unsaved, a failed save."""
    entries = (Recent("a", "Teaching: LAD & no-reflow", 10), Recent("b", "My heart", 1))
    window.start.show_recents(Recents(entries))
    save(window.start, f"recents_{tag}")
    window.projects.save_as()
    window.close()
    picture = np.arange(96 * 96, dtype=np.uint8).reshape(96, 96)
    kept = ("000005.lgesynth.corrupt",)
    when = "2026-03-01T12:34:56+00:00"
    window.projects.offer(
        (
            Left(Path("a"), "Teaching: LAD & no-reflow", when, 12, picture, kept, saved=True),
            Left(Path("b"), "sample heart", when, 1, picture),
        )
    )
    window.projects._on_not_saved("Not saved: the drive is full; 12.3 MB are needed.")
    for name in ("saveProject", "closing", "recovery", "notSaved"):
        dialog = window.findChildren(QDialog, name)[-1]
        save(dialog, f"{name}_{tag}")
        dialog.reject()


def save_compared(window, tag):
    """Every way of comparing, and a border that is edited."""
    for mode in ("slider", "flicker", "difference"):
        window.view.set(compare=mode)
        save(window, f"{mode}_{tag}")
    window.view.set(compare="side", active="epi", tool="select")
    save(window, f"border_{tag}")
    window.view.set(active="scar", tool="fill")


def save_audit(window, qtbot, tag):
    dialog = AuditDialog(Path("export"), window.workers, openable=True, parent=window)
    dialog.show()
    save(dialog, f"audit_offer_{tag}")
    dialog.show_found(FOUND)
    save(dialog, f"audit_{tag}")
    dialog.close()
    window._actions["models"].trigger()
    models = window.findChild(QDialog, "models")
    qtbot.waitUntil(lambda: models.table.rowCount() > 0 and models.line.handle is None)
    save(models, f"models_{tag}")
    models.close()


def save_readings(window, tag):
    """A result against its request, the proof, words with an offer, a remark with its reason."""
    scar, line = window.panel.scar, window.panel.caption.line
    window.view.set(preview=1, slice_index=3)
    scar.readings.button(1).click()
    save(window, f"measured_{tag}")
    window.panel.card.proof.click()
    save(window, f"proof_{tag}")
    window.panel.card.proof.click()
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "transmural mid septal antoiroir")
    window.panel.caption._show_ghost()
    save(window, f"words_{tag}")
    window.panel.caption._restore()
    window._set_class(4)
    scar.hint.why.click()
    save(window, f"remark_{tag}")
    window.session.undo_stack.undo()


@pytest.mark.parametrize(("theme", "size"), WINDOWS if FOLDER else WINDOWS[:1])
def test_that_every_screen_can_be_painted(windows, qtbot, theme, size):
    application(theme)
    tag = f"{theme}_{size[0]}"
    grades = [(Grade.PASS, 0.846), (Grade.CHECK, 0.71), (Grade.FAIL, 0.597), (Grade.BLOCKED, 0.8)]
    engine = hearts.FakeEngine(grades)
    window = windows(engine, hearts.services(), theme)
    window.resize(*size)
    save(window, f"start_{tag}")
    window.start.tell("The pixels are not of the header's size. Export the series again. (PIX-04)")
    save(window, f"refused_{tag}")
    window.session.open(
        replace(hearts.series(), notes=("Two positions are missing.",)),
        hearts.contours(accepted=False),
    )
    save(window, f"proposed_{tag}")
    with qtbot.waitSignal(window.session.opened, timeout=5000):
        window.files.open_sample()
    window.view.set(grid=True, segment=7)
    save(window, f"scar_{tag}")
    save_tools(window, tag)
    with qtbot.waitSignal(window.variations.idle, timeout=10_000):
        window.generate()
    window.view.set(grid=False)
    save_compared(window, tag)
    save_generating(window, qtbot, engine, tag)
    for number, name in ((1, "pass"), (2, "check"), (3, "fail"), (4, "blocked")):
        window.view.set(preview=number)
        save(window, f"{name}_{tag}")
    save_readings(window, tag)
    window.variations.apply(1)
    for name in ("export", "failed_export"):
        window.open_export()
        dialog = window.findChildren(QDialog, "exportDialog")[-1]
        qtbot.waitUntil(lambda dialog=dialog: dialog._rehearsal is not None, timeout=5000)
        save(dialog, f"{name}_{tag}")
        dialog.reject()
        window.variations.apply(3)
    window.variations.apply(1)
    save(window, f"applied_{tag}")
    save_audit(window, qtbot, tag)
    save_teach(window, qtbot, size, tag)
    window._set_class(1)
    save(window, f"stale_{tag}")
    engine.hold = True
    window.generate()
    qtbot.waitUntil(lambda: window.variations.waiting()[0].progress is not None, timeout=3000)
    save(window, f"running_{tag}")
    window.variations.cancel_all()
    qtbot.waitUntil(lambda: not window.variations.waiting(), timeout=3000)
    save_projects(window, tag)
    window._actions["keys"].trigger()
    sheet = window.findChild(QDialog, "cheatSheet")
    save(sheet, f"keys_{tag}")
    sheet.reject()
    application("dark")


@pytest.mark.parametrize(("theme", "size"), WINDOWS if FOLDER else WINDOWS[:1])
def test_that_every_screen_around_the_work_can_be_painted(windows, qtbot, theme, size):
    tag = f"{theme}_{size[0]}"
    window = windows(hearts.FakeEngine(), hearts.services(), theme)
    window.resize(*size)
    with qtbot.waitSignal(window.session.opened, timeout=30_000):
        window.files.open_sample()
    for name in ("preferences", "palette", "about", "doctor", "diagnostics"):
        window._actions[name].trigger()
        dialog = window.findChild(QDialog, name)
        save(dialog, f"{name}_{tag}")
        if name == "preferences":
            dialog.tabs.setCurrentIndex(1)
            dialog.keys.choose("export")
            dialog.keys.field.setText("Ctrl+Z")
            dialog.keys.field.pressed.emit("Ctrl+Z")
            save(dialog, f"preferences_keys_{tag}")
        dialog.reject()
    window.shell.start_tour()
    save(window, f"tour_{tag}")
    window.findChild(Tour).end()
    window.set_scale(2.0 if window.width() >= 1366 else 1.4)
    qtbot.waitUntil(lambda: window.shell.narrow.drawer.used or window.width() > 1366, timeout=3000)
    save(window, f"largest_text_{tag}")
    window.shell.reveal_scar()
    save(window, f"drawer_{tag}")
    window.set_scale(1.0)
    application("dark")


@pytest.mark.parametrize(("theme", "size"), WINDOWS if FOLDER else WINDOWS[:1])
def test_that_evaluate_can_be_painted(windows, qtbot, tmp_path, theme, size):
    application(theme)
    tag = f"{theme}_{size[0]}"
    window = windows(hearts.FakeEngine(), hearts.services(), theme)
    window.resize(*size)
    window._actions["mode_evaluate"].trigger()
    page = window.evaluate.page
    save(window, f"evaluate_empty_{tag}")
    write_evaluation(tmp_path / "run", evaluation())
    page.open(tmp_path / "run")
    qtbot.waitUntil(lambda: page.evaluating.desk.evaluation is not None, timeout=10_000)
    for name, button in page.rail.items():
        button.click()
        save(window, f"evaluate_{name}_{tag}")
    page.rail["alignment"].click()
    bar = page.panel.verticalScrollBar()
    bar.setValue(bar.maximum())
    save(window, f"evaluate_tables_{tag}")
    if FOLDER:
        page.panel.figures[0].write(Path(FOLDER) / f"evaluate_figure_{tag}.png")
    written(tmp_path / "study", pairs=30)
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.studying.desk.study is not None, timeout=10_000)
    save(window, f"study_{tag}")
    page.study.scar.setChecked(True)
    page.study.start.click()
    save(window, f"study_reading_{tag}")
    page.reading.rest()
    page.rail["alignment"].click()
    window.set_scale(1.5)
    save(window, f"evaluate_large_{tag}")
    window.set_scale(1.0)
    application("dark")


def save_cohort_plan(window, mode, qtbot, tag):
    """The empty mode, a plan with its distributions, quotas and the rest, a table with errors."""
    planning, plan = mode.cohorts.planning, mode.page.plan
    save(window, f"cohort_empty_{tag}")
    plan.hearts.use.click()
    planning.choose_template("usual")
    planning.set_draw("sizes", sizes={"< 50 mm2": 4.0, "100-300 mm2": 2.0})
    qtbot.waitUntil(lambda: planning.drawn.count == 100 and not planning.drawing, timeout=60_000)
    qtbot.waitUntil(lambda: bool(plan.dry.text()), timeout=20_000)
    save(window, f"cohort_planned_{tag}")
    for fold, name in (
        (plan.distributions, "distributions"),
        (plan.quotas, "quotas"),
        (plan.more, "more"),
    ):
        fold.open()
        planning.add_quota(Quota(size="< 50 mm2", segment=5, count=20))
        qtbot.wait(20)
        plan.area.verticalScrollBar().setValue(fold.y() - 20)
        save(window, f"cohort_{name}_{tag}")
        fold.open(False)
    errors = ((3, "heart H009 is not in the cohort"), (4, "there is no pattern x; and more words"))
    planning.imported.emit(Imported(17, errors))
    qtbot.wait(20)
    plan.area.ensureWidgetVisible(plan.errors)
    save(window, f"cohort_csv_{tag}")


def save_cohort_fix(window, mode, qtbot, tag):
    """A case in Sketch with the bar that leads back, then the case that was fixed."""
    mode.page.review_case(2)
    qtbot.waitUntil(lambda: mode.reviewing.case is not None, timeout=20_000)
    case = mode.reviewing.case
    mode.page.review.decide(Decision.FIX)
    window.show()
    qtbot.wait(50)
    save(window, f"cohort_fixing_{tag}")
    pixels = case.result.pixels.copy()
    pixels[case.result.requested >= 3] += 9
    request = replace(case.result.request, seed=99)
    result = hearts.result_of(request, case.host.series, grade=Grade.PASS, dice=0.9)
    result = replace(result, pixels=pixels, pixels_sha256=content_hash(pixels))
    window.variations.add((result,))
    mode.fixing.put()
    qtbot.waitUntil(lambda: window.modes.current == "cohort", timeout=20_000)
    qtbot.waitUntil(mode.page.review.swap.isVisible, timeout=20_000)
    save(window, f"cohort_fixed_{tag}")
    mode.reviewing.swap_fix()
    qtbot.waitUntil(lambda: mode.page.review.swap.text() == "With its fix", timeout=20_000)
    save(window, f"cohort_fix_aside_{tag}")


def save_cohort_review(window, mode, qtbot, tag):
    """Every kind of case, blind and seen, then the export and how far reviewers agree."""
    page, reviewing = mode.page, mode.reviewing
    for number, name in ((1, "pass"), (2, "check"), (3, "fail"), (8, "error"), (6, "blind")):
        page.review_case(number)
        qtbot.waitUntil(
            lambda number=number: reviewing.case is not None and reviewing.case.number == number,
            timeout=20_000,
        )
        reviewing.set_blind(name == "blind")
        if name == "fail":
            page.review.readings.button(2).click()
            page.review.decide(Decision.ACCEPT)
            reviewing.show(number)
        qtbot.wait(20)
        save(window, f"cohort_{name}_{tag}")
    reviewing.set_blind(False)
    page.to_table()
    save_cohort_fix(window, mode, qtbot, tag)
    page.to_table()
    mode.export()
    dialog = window.findChildren(QDialog, "cohortExport")[-1]
    dialog.fails.setChecked(True)
    qtbot.waitUntil(
        lambda: dialog.table.rowCount() > 0 and bool(dialog.told.text()), timeout=20_000
    )
    save(dialog, f"cohort_export_{tag}")
    dialog.reject()
    agreed = Agreement(("R1", "R2"), 34, 0.912, 0.83, 0.71, 0.94, "hearts")
    mode._show_agreement((agreed, Agreement(("R1", "R3"), 12, 0.75, 0.4, 0.1, 0.7, "samples")))
    dialog = window.findChildren(QDialog, "agreement")[-1]
    save(dialog, f"cohort_agreement_{tag}")
    dialog.accept()


@pytest.mark.parametrize(("theme", "size"), WINDOWS if FOLDER else WINDOWS[:1])
def test_that_every_screen_of_a_cohort_can_be_painted(windows, qtbot, tmp_path, theme, size):
    application(theme)
    tag = f"{theme}_{size[0]}"
    window = windows(hearts.FakeEngine(), hearts.services(), theme)
    window.resize(*size)
    with qtbot.waitSignal(window.session.opened, timeout=30_000):
        window.files.open_sample()
    window._actions["mode_cohort"].trigger()
    mode = window.cohort
    save_cohort_plan(window, mode, qtbot, tag)
    large = cohorts.large(tmp_path / "large")
    cohorts.logged(large, {"event": "starting", "process": os.getpid()}, {"event": "start"})
    cohorts.logged(
        large,
        *({"event": "step", "made": m, "planned": 12_000, "seconds": s}
          for m, s in ((9000, 0), (10_000, 500))),
    )  # fmt: skip
    mode.cohorts.open(large)
    qtbot.waitUntil(lambda: mode.cohorts.desk.run.running, timeout=20_000)
    qtbot.waitUntil(lambda: mode.cohorts.desk.covered is not None, timeout=20_000)
    qtbot.waitUntil(lambda: mode.page.cases.table.index(0, 1).data() != "…", timeout=20_000)
    mode.page.cases.view.selectRow(3)
    save(window, f"cohort_run_{tag}")
    mode.page.show_side("coverage")
    save(window, f"cohort_coverage_{tag}")
    mode.page.show_side("plan")
    mode.cohorts.open(cohorts.made(tmp_path / "made", 16, dies=(8,)))
    qtbot.waitUntil(lambda: mode.cohorts.desk.found.total == 16, timeout=20_000)
    save_cohort_review(window, mode, qtbot, tag)
    if FOLDER:
        window.set_scale(1.5)
        mode.page.review_case(5)
        qtbot.wait(300)
        save(window, f"cohort_review_150_{tag}")
        mode.page.to_table()
        mode.cohorts.close()
        mode.page.plan.hearts.use.click()
        mode.cohorts.planning.choose_template("small")
        qtbot.wait(600)
        save(window, f"cohort_planned_150_{tag}")
        window.set_scale(1.0)
    application("dark")

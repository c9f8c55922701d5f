"""The Evaluate mode: a folder that is watched, panels, figures as files; nothing is measured."""

import csv
import os
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QComboBox, QLabel, QMessageBox

import lgesynth_gui
from lgesynth_gui.app import figure_words
from lgesynth_gui.app.evaluating import LOCK
from lgesynth_gui.app.evaluation_panels import OF_AGREEMENT, listed
from lgesynth_gui.app.figure_words import Filter
from lgesynth_gui.cohort.plan import PLAN
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import Intervals, Panel, Segments
from lgesynth_gui.evaluation.panel_files import write_evaluation
from lgesynth_gui.evaluation.plots import svg
from lgesynth_gui.io import run_process
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.quality.exact import clopper_pearson
from lgesynth_gui.quality.interval import wilson
from lgesynth_gui.ui.evaluate.page import PANELS
from lgesynth_gui.ui.evaluate.panel_page import FEW
from lgesynth_gui.ui.evaluate.segments import SegmentsView
from lgesynth_gui.ui.fold import Fold
from tests.evaluation.studies import written
from tests.ui.evaluations import SYSTEMS, evaluation
from tests.ui.test_access import HOSTILE, faults, red_pixels, unreached
from tests.ui.test_layout import SIZES, overlaps, settled, within_parents
from tests.ui.test_layout import shown as seen

SHOWN_MS = 10_000


@pytest.fixture
def page(window):
    window._actions["mode_evaluate"].trigger()
    return window.evaluate.page


@pytest.fixture
def shown(page, tmp_path, qtbot):
    """The page with a whole evaluation."""
    write_evaluation(tmp_path / "run", evaluation())
    page.open(tmp_path / "run")
    qtbot.waitUntil(lambda: page.evaluating.desk.evaluation is not None, timeout=SHOWN_MS)
    return page


def texts(widget):
    return [one.text() for one in widget.findChildren(QLabel) if one.isVisible()]


def test_that_an_empty_place_says_what_it_needs_and_offers_a_way(page, monkeypatch):
    begun = []
    monkeypatch.setattr(
        page.evaluating, "begin", lambda folder, told: begun.append((folder, told)) or ""
    )
    assert page.pages.currentWidget() is page.empty
    assert (
        page.empty.needs.text()
        == "Needs the folder of an evaluation, of a cohort, or of annotated scans."
    )
    page.empty.quick.click()
    ((folder, told),) = begun
    assert told[:2] == ("evaluate", "tables")
    assert folder.parent.name == "evaluations"


def test_that_a_folder_without_an_evaluation_says_so_and_leaves_the_way_open(
    page, tmp_path, qtbot, monkeypatch
):
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.empty.trouble.isVisible(), timeout=SHOWN_MS)
    assert "no evaluation in that folder" in page.empty.trouble.text()
    begun = []
    monkeypatch.setattr(page.evaluating, "begin", lambda run, told: begun.append(told) or "")
    page.empty.measure.click()
    assert begun == [("evaluate", "tables", "--data", str(tmp_path))]
    (tmp_path / "evaluation.json").write_text("{")
    page.open(tmp_path)
    qtbot.waitUntil(lambda: "damaged" in page.empty.trouble.text(), timeout=SHOWN_MS)
    assert page.empty.choose.isEnabled()
    assert not page.empty.measure.isVisible(), "a damaged evaluation is no folder of scans"


def test_that_a_cohort_can_be_measured(page, tmp_path, qtbot, monkeypatch):
    (tmp_path / PLAN).write_text("{}")
    page.open(tmp_path)
    qtbot.waitUntil(lambda: page.empty.trouble.isVisible(), timeout=SHOWN_MS)
    assert "This is a cohort" in page.empty.trouble.text()
    assert "Measure this cohort" in page.empty.measure.text()
    begun = []
    monkeypatch.setattr(page.evaluating, "begin", lambda run, told: begun.append(told) or "")
    page.empty.measure.click()
    assert begun == [("evaluate", "cohort", str(tmp_path))]


def test_that_no_second_evaluation_is_begun_beside_one(page, monkeypatch):
    begun = []
    monkeypatch.setattr(type(page.evaluating), "running", property(lambda self: True))
    monkeypatch.setattr(page.evaluating, "begin", lambda run, told: begun.append(told) or "")
    page.empty.quick.click()
    assert begun == []


def test_that_the_top_says_what_was_measured_on_and_warns(shown):
    told = texts(shown.head)
    for words in ("200 simulated hearts", "No network has seen", "seed 1", "Only 15 cases", "Done"):
        assert any(words in one for one in told), words
    assert shown.head.small.property("role") == "warning"
    assert "lgesynth evaluate tables" in shown.head.settings.toolTip()
    assert shown.rail["alignment"].text() == "Gate ▲", "an alarm is seen from every panel"


def test_that_small_differences_are_told_with_two_digits_that_count():
    bars = (Figure("a", 0.0297, 0.014, 0.045, 300), Figure("b", -0.0042, -0.02, 0.012, 300))
    small, large = (
        Intervals("p", "P", bars),
        Intervals("p", "P", (*bars, replace(bars[0], value=0.2))),
    )
    assert "a 0.030 (95 %: 0.014 to 0.045; n = 300)" in figure_words.plot_words(small)
    assert "b -0.004 (" in figure_words.plot_words(small)
    assert "a 0.03 (95 %" in figure_words.plot_words(large)
    assert ">0.030 (0.014 to 0.045), n 300<" in svg(small)


def test_that_many_words_are_folded_and_stay_unfolded_once_they_are_wanted(shown):
    panel = shown.evaluating.desk.evaluation.panels[0]
    many = replace(panel, words=tuple(f"Sentence {k}." for k in range(FEW + 1)))
    shown.panel.show_panel(many, Filter(), "")
    assert not any("Sentence 4." in one for one in texts(shown.panel))
    fold = shown.panel.findChild(Fold)
    fold.button.click()
    assert any("Sentence 4." in one for one in texts(shown.panel))
    assert fold.content.isVisible()
    shown.panel.show_panel(replace(many, name="other"), Filter(), "")
    assert shown.panel.findChild(Fold).content.isVisible()
    shown.panel.show_panel(replace(many, words=many.words[:FEW]), Filter(), "")
    assert any("Sentence 3." in one for one in texts(shown.panel))
    assert shown.panel.widget().findChild(Fold) is None


def test_that_every_panel_shows_its_words_its_alarms_and_its_plots(shown):
    found = shown.evaluating.desk.evaluation
    for name, *_ in PANELS:
        shown.rail[name].click()
        panel = found.panel(name)
        told = texts(shown.panel)
        assert panel.title in told
        assert all(any(words in one for one in told) for words in (*panel.words, *panel.alarms))
        assert all(any(words in one for one in told) for words in panel.missing)
        assert [card.plot.name for card in shown.panel.figures] == [p.name for p in panel.plots]
        assert [card.table.name for card in shown.panel.tables] == [t.name for t in panel.tables]
        assert shown.rail[name].isChecked()
    shown.rail["alignment"].click()
    assert any("own weights: not here" in one for one in texts(shown.panel))


def test_that_a_panel_that_was_not_measured_is_told(page, tmp_path, qtbot):
    whole = evaluation()
    write_evaluation(tmp_path / "part", replace(whole, panels=whole.panels[:1], finished=False))
    page.open(tmp_path / "part")
    qtbot.waitUntil(lambda: page.evaluating.desk.evaluation is not None, timeout=SHOWN_MS)
    page.rail["privacy"].click()
    assert "Not measured in this evaluation." in texts(page.panel)
    assert page.evaluating.desk.stage.state == "stopped"


def test_that_a_plot_tells_every_number_to_whoever_does_not_see_it(shown):
    view = shown.panel.figures[0].view
    for words in (
        "LGESynthNet, guided 0.74 (95 %: 0.71 to 0.77; n = 200)",
        "shuffled masks at 0.12",
    ):
        assert words in view.accessibleDescription()
    ticks = dict(view.item.getAxis("right")._tickLevels[0])
    assert ticks[len(SYSTEMS) - 1] == "0.74", "best first, from top to bottom"


def test_that_marks_are_inside_every_axis(shown):
    low, high = shown.panel.figures[0].view.item.getViewBox().viewRange()[0]
    assert low <= 0.06
    assert high >= 0.71


def test_that_few_cases_are_told_as_counts():
    for interval in (wilson, clopper_pearson):
        few = Figure("passed", 12 / 15, *interval(12, 15), 15)
        told = f"12 of 15 (95 %: {few.low:.2f} to {few.high:.2f})"
        assert figure_words.figure_words(few) == told
        assert figure_words.value_words(few) == "12 of 15"
    many = Figure("passed", 0.8, *wilson(16, 20), 20)
    assert figure_words.figure_words(many) == "0.80 (95 %: 0.58 to 0.92; n = 20)"
    for mean in (Figure("Dice", 0.4321, 0.2, 0.6, 15), Figure("seam ratio", 1.0, 1.0, 1.0, 6)):
        assert figure_words.value_words(mean) == f"{mean.value:.2f}", "a mean is no count"
    assert figure_words.figure_words(replace(few, n=0)) == "not measured"


def test_that_a_filter_acts_on_every_panel_and_stands_on_every_figure(shown):
    box = shown.head.findChild(QComboBox, "filter-row")
    box.setCurrentText("ControlNet")
    assert [one.name for one in shown.panel.figures[0].plot.bars] == ["ControlNet"]
    assert shown.panel.figures[0].plot.marks, "what it is read against stays"
    assert {row[0] for row in shown.panel.tables[0].model.rows} == {"ControlNet"}
    assert {row[0] for row in shown.panel.tables[1].table.cells} == {"ControlNet"}
    assert "Shown: System: ControlNet." in shown.panel.figures[0].note
    shown.rail["fidelity"].click()
    assert [one.name for one in shown.panel.figures[0].plot.bars] == ["ControlNet"]
    size = shown.head.findChild(QComboBox, "filter-size")
    size.setCurrentText("small")
    shown.rail["alignment"].click()
    assert {row[1] for row in shown.panel.tables[1].model.rows} == {"small"}
    assert len(shown.panel.tables[0].model.rows) == 1, "a table without sizes is not emptied"
    for one in (box, size):
        one.setCurrentIndex(0)
    assert len(shown.panel.figures[0].plot.bars) == len(SYSTEMS)
    assert shown.evaluating.desk.filter == Filter()


def test_that_a_table_is_sorted_by_its_numbers(shown, qtbot):
    card = shown.panel.tables[0]
    first = [card.sorted.index(r, 0).data() for r in range(3)]
    assert first == list(SYSTEMS[:3]), "as it came, at first"
    card.view.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert card.sorted.index(0, 0).data() == SYSTEMS[-1]
    card.copy()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[0] == "row"
    assert len(lines) == len(SYSTEMS) + 2


def test_that_figures_become_files_with_n_interval_and_where_they_come_from(shown, tmp_path, qtbot):
    card = shown.panel.figures[0]
    card.write(tmp_path / "dice.png")
    image = QImage(str(tmp_path / "dice.png"))
    assert image.width() == 1600
    assert len({image.pixel(x, y) for x in range(0, 1600, 7) for y in range(0, 400, 7)}) > 3
    card.write(tmp_path / "dice.svg")
    drawing = (tmp_path / "dice.svg").read_text()
    ET.fromstring(drawing)
    assert "<image" not in drawing, "no pixels"
    for words in (
        "Dice by the judge",
        "shuffled masks",
        "No network has seen",
        "Research use only",
    ):
        assert words in drawing, words
    card.write(tmp_path / "dice.csv")
    with (tmp_path / "dice.csv").open() as file:
        told = list(csv.DictReader(file))
    assert told[0] == {
        "row": "LGESynthNet, guided", "value": "0.74", "low": "0.71", "high": "0.77", "n": "200"
    }  # fmt: skip
    assert "200 simulated hearts" in told[-1]["row"]
    card.copy()
    assert QGuiApplication.clipboard().image().width() == 1600
    card.write(tmp_path / "no such folder" / "dice.csv")
    assert card.said is not None
    shown.rail["agreement"].click()
    for one in shown.panel.figures:
        one.write(tmp_path / f"{one.plot.name}.svg")
        ET.parse(tmp_path / f"{one.plot.name}.svg")


def test_that_segments_are_shaded_by_size_and_by_sign(qtbot):
    view = SegmentsView(Segments("s", "S", (("a", (0.0, 10.0, 40.0, *(float("nan"),) * 14)),), "%"))
    qtbot.addWidget(view)
    fills = [view.look_of(v)[0].name() for v in (0.0, 10.0, 40.0)]
    assert len(set(fills)) == 3
    assert view.look_of(float("nan"))[2] == "–"
    signed = SegmentsView(Segments("s", "S", (("a", (-20.0, 0.0, 20.0) + (0.0,) * 14),)))
    qtbot.addWidget(signed)
    assert [signed.look_of(v)[2] for v in (-20.0, 0.0, 20.0)] == ["-20", "+0", "+20"]
    assert signed.look_of(-20.0)[0].blue() > signed.look_of(-20.0)[0].red()
    assert "0 to 40 %" in view.scale_words()


def test_that_every_control_can_be_named_explained_and_reached(shown):
    for button in shown.rail.values():
        button.click()
        assert faults(shown) == []
        assert [one for one in unreached(shown) if one.isVisible()] == []


def test_that_names_from_a_file_are_never_read_as_marks(page, tmp_path, qtbot):
    whole = evaluation()
    bad = replace(
        whole,
        title=HOSTILE, data=HOSTILE, held_out=HOSTILE, small=HOSTILE,
        panels=(
            Panel("alignment", HOSTILE, (HOSTILE,), (HOSTILE,), plots=(
                Intervals("x", HOSTILE, (Figure(HOSTILE, 0.5, 0.4, 0.6, 30),), ((HOSTILE, 0.2),)),
            ), missing=(HOSTILE,)),
        ),
    )  # fmt: skip
    write_evaluation(tmp_path / "run", bad)
    page.open(tmp_path / "run")
    qtbot.waitUntil(lambda: page.evaluating.desk.evaluation is not None, timeout=SHOWN_MS)
    assert red_pixels(page) == 0
    for label in page.findChildren(QLabel):
        if "Anna" in label.text():
            assert label.textFormat() is Qt.TextFormat.PlainText


WORKS = """
import sys, time
from pathlib import Path
from lgesynth_gui.io.run_process import working_in
folder = Path(sys.argv[sys.argv.index("--out") + 1])
with working_in(folder, ".evaluation.lock"):
    (folder / "here").touch()
    time.sleep(120)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_that_a_run_is_shown_while_it_grows_stopped_and_taken_up_again(
    page, tmp_path, qtbot, monkeypatch
):
    """A process stands in for the command: what is tested is how it is watched."""
    real = run_process.subprocess.Popen

    def instead(command, **options):
        return real([sys.executable, "-c", WORKS, *command[3:]], **options)

    monkeypatch.setattr(run_process.subprocess, "Popen", instead)
    folder, evaluating = tmp_path / "run", page.evaluating
    told = ("evaluate", "tables", "--quick")
    assert evaluating.begin(folder, told) == ""
    qtbot.waitUntil(lambda: evaluating.running and (folder / "here").exists(), timeout=SHOWN_MS)
    assert page.pages.currentWidget() is page.work
    assert "in that folder already" in evaluating.begin(folder, told)
    log = EventLog(folder)
    log.write("step", note="painting", done=34, total=200)
    log.close()
    whole = evaluation(finished=False)
    write_evaluation(folder, replace(whole, panels=whole.panels[:1]))
    qtbot.waitUntil(lambda: evaluating.desk.evaluation is not None, timeout=SHOWN_MS)
    qtbot.waitUntil(lambda: "painting, 34 of 200" in page.head.state.text(), timeout=SHOWN_MS)
    assert len(page.evaluating.desk.evaluation.panels) == 1
    assert "Partial" in page.panel.figures[0].note
    time.sleep(0.02)  # another time stamp
    write_evaluation(folder, whole)
    qtbot.waitUntil(lambda: len(evaluating.desk.evaluation.panels) == 6, timeout=SHOWN_MS)
    page.head.stop.click()
    qtbot.waitUntil(lambda: evaluating.desk.stage.state == "stopped", timeout=SHOWN_MS)
    assert evaluating.desk.evaluation is not None, "what it found stays"
    assert page.head.resume.isVisible()
    page.head.resume.click()
    qtbot.waitUntil(lambda: evaluating.running, timeout=SHOWN_MS)
    write_evaluation(folder, evaluation())
    run_process.end(folder, LOCK)
    qtbot.waitUntil(lambda: evaluating.desk.stage.state == "done", timeout=SHOWN_MS)
    assert not page.head.resume.isVisible()


def test_that_a_run_that_cannot_start_says_why(page, tmp_path, qtbot):
    folder = tmp_path / "run"
    assert page.evaluating.begin(folder, ("evaluate", "no-such-thing")) == ""
    qtbot.waitUntil(lambda: page.evaluating.desk.stage.state == "failed", timeout=30_000)
    assert "Ended early" in page.head.state.text()
    assert str(tmp_path) not in page.head.state.text()


def test_that_a_foreign_command_is_never_run(page, tmp_path):
    from lgesynth_gui.app.evaluating import COMMAND, _command

    (tmp_path / COMMAND).write_text('{"arguments": ["models", "import", "x"]}')
    assert _command(tmp_path) == ()
    (tmp_path / COMMAND).write_text('{"arguments": ["evaluate", 3]}')
    assert _command(tmp_path) == ()


def test_that_the_mode_never_loads_torch(without_torch, shown):
    for name in shown.rail:
        shown.rail[name].click()
    assert without_torch == []


def test_that_a_dropped_evaluation_is_shown_and_anything_else_is_opened(shown, window, tmp_path):
    write_evaluation(tmp_path / "other", evaluation(small=""))
    window._on_dropped(tmp_path / "other")
    assert shown.evaluating.desk.folder == tmp_path / "other"
    (tmp_path / "scan").mkdir()
    assert not shown.take(tmp_path / "scan")


def test_that_agreement_is_cut_out_of_the_gate_and_nothing_is_lost():
    whole = evaluation()
    gate, agreement = whole.panels[:2]
    mass = replace(agreement.plots[-1], name="mass-limits")
    one = replace(whole, panels=(replace(gate, plots=(*gate.plots, mass)),))
    assert [p.name for p in listed(one, "agreement").plots] == ["mass-limits"]
    assert [p.name for p in listed(one, "alignment").plots] == [p.name for p in gate.plots]
    assert listed(one, "alignment").alarms == gate.alarms
    assert listed(whole, "agreement") == agreement, "a panel of its own goes before"
    assert listed(replace(whole, panels=(gate,)), "agreement") is None


def test_that_the_names_of_files_and_the_lock_are_those_of_the_run():
    measuring = Path(lgesynth_gui.__file__).parent / "evaluation"  # read: importing it loads torch
    assert f'\nLOCK = "{LOCK}"\n' in (measuring / "whole.py").read_text()
    told = "".join((measuring / f"panel_{n}.py").read_text() for n in ("agreement", "alignment"))
    for name in OF_AGREEMENT:
        assert f'"{name}"' in told, name
    for name in figure_words.CONTROLS:
        assert f'"{name}"' in (measuring / "alignment.py").read_text(), name


def test_that_controls_stay_in_a_plot_that_is_narrowed_down():
    bars = tuple(Figure(n, 0.5, 0.4, 0.6, 30) for n in (*figure_words.CONTROLS, "SPADE-FC", "X"))
    plot = Intervals("dice", "Dice", bars)
    shown = figure_words.narrowed_plot(plot, Filter({"row": "X"}))
    assert {one.name for one in shown.bars} == figure_words.CONTROLS | {"X"}


def test_that_a_report_is_exported_into_a_folder_of_its_own(shown, window, tmp_path, qtbot):
    (tmp_path / "lgesynth-report").mkdir()
    window.evaluate.export(tmp_path)
    folder = tmp_path / "lgesynth-report-2"
    qtbot.waitUntil(lambda: (folder / "report.pdf").is_file(), timeout=60_000)
    assert (folder / "report.pdf").read_bytes()[:5] == b"%PDF-"
    assert "200 simulated hearts" in (folder / "report.html").read_text()
    qtbot.waitUntil(lambda: not window.workers.file_jobs.busy, timeout=SHOWN_MS)


@pytest.mark.parametrize(("button", "stops"), [("Keep", 0), ("Stop", 1)])
def test_that_closing_asks_what_becomes_of_the_run(page, window, monkeypatch, button, stops):
    asked = []
    monkeypatch.setattr(type(page.evaluating), "running", property(lambda _: True))
    monkeypatch.setattr(page.evaluating, "stop", lambda: asked.append("stop") or "")
    window.close()
    assert window.isVisible()
    box = window.findChild(QMessageBox, "leavingEvaluation")
    next(one for one in box.buttons() if one.text().startswith(button)).click()
    assert not window.isVisible()
    assert len(asked) == stops


def cut(widget):
    """Texts that are given less room than their lines need."""
    return [
        one.text()
        for one in widget.findChildren(QLabel)
        if one.isVisible() and one.wordWrap() and one.height() < one.heightForWidth(one.width())
    ]


def test_that_the_pages_fit_every_size_and_text(shown, window, qtbot, tmp_path):
    """Nothing sticks out or lies over another, and what one needs is seen without scrolling."""
    long = "No network that paints or reads here was trained, tuned or chosen on these hearts. " * 2
    told = replace(evaluation(), data=long, held_out=long, small=long, finished=False)
    write_evaluation(tmp_path / "run", told)
    shown.open(tmp_path / "run")
    qtbot.waitUntil(lambda: shown.head.held_out.text() == long, timeout=SHOWN_MS)
    written(tmp_path / "run" / "study", pairs=30)
    shown.studying.open(tmp_path / "run")
    qtbot.waitUntil(lambda: shown.studying.desk.study is not None, timeout=SHOWN_MS)
    for size, scale in (*SIZES[:5:2], SIZES[-1]):
        settled(window, qtbot, size, scale)
        assert (window.width(), window.height()) == size, (size, scale)
        for name in ("alignment", "agreement", "readers"):
            shown.show_panel(name)
            qtbot.wait(20)
            needed = (
                (shown.study.start, shown.study.open)
                if name == "readers"
                else (shown.head.report, shown.head.other, *shown.rail.values())
            )
            assert [one.text() for one in needed if not seen(one)] == [], (size, scale, name)
            qtbot.waitUntil(lambda: within_parents(shown) == [], timeout=3000)  # once laid out
            assert overlaps(shown) == [], (size, scale, name)
            assert cut(shown) == [], (size, scale, name)
        shown.study.start.click()
        qtbot.wait(20)
        reading = shown.reading
        assert [one.text() for one in (*reading.buttons, reading.pause) if not seen(one)] == []
        assert min(reading.view.width(), reading.view.height()) >= 200
        qtbot.waitUntil(lambda: within_parents(shown) == [], timeout=3000)
        reading.rest()

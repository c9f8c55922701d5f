import random
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from lgesynth_gui.app.session import State
from lgesynth_gui.app.teach import (
    Library,
    Show,
    Stage,
    class_words,
    in_mode,
    own_example,
    segment_words,
)
from lgesynth_gui.app.teach_library import load_library
from lgesynth_gui.app.teach_quiz import answered, questions
from lgesynth_gui.app.teach_said import said_of
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.series import SeriesSource
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.registry.cards import find_models
from lgesynth_gui.ui.teach.window import TeachWindow
from lgesynth_gui.ui.theme import data_colour
from tests.ui import hearts

FOLDER = bundled("resources") / "teach"


def example(seed=1, fraction=0.63, segment=7, artery="LAD"):
    """The heart of circles with a scar in one segment, as a library example of two slides."""
    from lgesynth_gui.app import heart

    state = State(hearts.series(), hearts.contours())
    slices = heart.slices_for(state, segment, 0, True)
    sketch = heart.with_segment(state, segment, fraction, "endo", slices)
    request = SynthesisRequest(state.series.pixels_sha256, state.contours, sketch, seed=seed)
    result = hearts.result_of(request, state.series)
    made = own_example(replace(state, sketch=sketch), result, (400.0, 200.0), slices[0])
    return replace(made, title=f"Heart {seed}", slides=made.slides[2:4], first=0, artery=artery)


def finished():
    """A series and a finished result of it."""
    series, sketch = hearts.series(), hearts.requested_sketch()
    request = SynthesisRequest(series.pixels_sha256, hearts.contours(), sketch, seed=42)
    return series, [hearts.result_of(request, series)]


@pytest.fixture(scope="module")
def library():
    strip = tuple((p, example(9, max(p, 1) / 100)) for p in (0, 25, 50, 75, 100))
    others = (example(1), example(2, segment=10, artery="RCA"), example(3, segment=9, artery=""))
    return Library(others, strip)


@pytest.fixture
def teach(qapp, library):
    """The presentation by itself."""
    made = TeachWindow(1.5)
    made.set_stage(Stage(library, order=(0, 1)))
    made.resize(1366, 768)
    made.show()
    yield made
    made.close()


@pytest.fixture
def over(heart, library):
    """The presentation over the sample heart, its library already read."""
    heart.presenter._library = library
    heart._actions["teach"].trigger()
    yield heart.presenter.teach
    if heart.presenter.teach is not None:
        heart.presenter.teach.close()


def press(widget, qtbot, key, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(widget, key, modifier)


def scroll(view, steps):
    at = QPointF(view.rect().center())
    event = QWheelEvent(
        at,
        QPointF(view.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def frozen(window):
    """Everything a presentation must leave as it was."""
    return {
        "state": window.session.state,
        "look": window.view.look,
        "theme": window.theme,
        "scale": window.scale,
        "application font": QApplication.font().toString(),
        "sheet": QApplication.instance().styleSheet(),
        "docks": bytes(window.saveState()),
        "geometry": window.geometry(),
        "window state": window.windowState(),
        "shown docks": [dock.isVisible() for dock in window.docks],
        "focus": window.focusWidget(),
        "undo": (window.session.undo_stack.count(), window.session.undo_stack.index()),
        "variations": window.variations.all,
        "preferences": window.shell.store.now,
    }


def test_that_leaving_the_stage_brings_back_exactly_the_former_state(heart, library, qtbot):
    heart.show_results(*finished())
    heart.set_theme("light")
    heart.docks[2].hide()
    heart.view.set(slice_index=2, segment=9, tool="contour", window=321.0, grid=True)
    heart.canvas.original.overlay.setFocus()
    heart.presenter._library = library
    QApplication.processEvents()
    before = frozen(heart)
    keys = "S D T 2 Left 3 Space 1 S Space Up Down".split()  # noqa: SIM905
    for leave in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
        heart._actions["teach"].trigger()
        teach = heart.presenter.teach
        assert teach.isFullScreen()
        for key in keys:
            press(teach, qtbot, getattr(Qt.Key, f"Key_{key}"))
        scroll(teach.view, -1)
        teach.set_scale(2.0)
        press(teach, qtbot, Qt.Key.Key_3)
        teach.side.bullseye.clicked.emit(4)
        if leave == Qt.Key.Key_F11:
            teach._actions["teach_leave"].trigger()
        else:
            press(teach, qtbot, leave)
        assert heart.presenter.teach is None
        QApplication.processEvents()
        after = frozen(heart)
        assert {name for name in before if before[name] != after[name]} == set()
    heart.set_theme("dark")


def test_that_the_stage_is_two_clicks_away_from_a_start(window, qtbot):
    events = 0
    with qtbot.waitSignal(window.session.opened, timeout=10_000):
        qtbot.mouseClick(window.start.sample, Qt.MouseButton.LeftButton)
        events += 1
    window._actions["teach"].trigger()  # F11
    events += 1
    teach = window.presenter.teach
    qtbot.waitUntil(lambda: teach.scene() is not None, timeout=5000)
    assert window._actions["teach"].shortcut().toString() == "F11"
    assert events <= 2
    assert teach.isFullScreen()
    assert teach.scale == 1.5
    assert "SYNTHETIC" in teach.scene().badge
    teach.close()


def test_that_the_studys_own_result_comes_first(heart, library):
    series, (result,) = finished()
    heart.show_results(series, [result])
    heart.presenter._library = library
    heart._actions["teach"].trigger()
    teach, index = heart.presenter.teach, heart.view.look.slice_index
    assert teach.stage.examples[1:] == library.examples
    scene = teach.scene()
    assert scene.slide.name == f"slice {index + 1} of {hearts.SLICES}"
    assert np.array_equal(scene.slide.pixels, result.pixels[index])
    assert scene.badge == f"SYNTHETIC  seed {result.request.seed}"
    teach.close()


def test_that_patient_text_never_reaches_the_stage(window, qtbot):
    name = "Müller^<b>Anna</b> 1962"
    series, results = finished()
    named = replace(series, label=name, notes=(name,), source=SeriesSource("dicom"))
    window.show_results(named, results)
    assert name in window.canvas.original.picture.facts
    window._actions["teach"].trigger()
    teach = window.presenter.teach
    press(teach, qtbot, Qt.Key.Key_S)
    press(teach, qtbot, Qt.Key.Key_I)  # the corner text of the window: no key here
    told = [label.text() for label in teach.findChildren(QLabel)]
    told += [teach.windowTitle(), teach.view.accessibleDescription(), teach.scene().badge]
    told += [action.text() for action in teach.actions()]
    assert not [text for text in told if "Müller" in text or "Anna" in text]
    teach.close()


def test_that_s_shows_the_key_and_space_hides_it_again_with_the_next_example(teach, qtbot):
    assert not teach.scene().key
    assert not teach.side.segments.isVisible()
    hidden = teach.view.grab().toImage()
    press(teach, qtbot, Qt.Key.Key_S)
    assert teach.scene().key
    assert teach.side.segments.text() == "mid: 7 anterior"
    assert teach.view.grab().toImage() != hidden
    press(teach, qtbot, Qt.Key.Key_Space)
    assert teach.side.head.text() == "Heart 2"
    assert not teach.scene().key
    press(teach, qtbot, Qt.Key.Key_Left)
    assert teach.side.head.text() == "Heart 1"
    press(teach, qtbot, Qt.Key.Key_Left)
    assert teach.side.head.text() == "Heart 3"  # around


def test_that_a_hidden_key_is_not_given_away_by_the_bullseye(teach, qtbot):
    for segment in range(1, 18):
        assert "percent" not in teach.side.bullseye.button(segment).accessibleName()
        assert "%" not in teach.side.bullseye._tip(segment)
    press(teach, qtbot, Qt.Key.Key_S)
    assert "percent" in teach.side.bullseye.button(7).accessibleName()


def test_that_q_shows_the_host_only_while_it_is_held(teach, qtbot):
    shown = at_rest(teach, qtbot)
    qtbot.keyPress(teach, Qt.Key.Key_Q)
    assert teach.scene().original
    assert teach.scene().badge == "SYNTHETIC  computed heart, nothing painted"
    assert teach.view.grab().toImage() != shown
    qtbot.keyRelease(teach, Qt.Key.Key_Q)
    qtbot.waitUntil(lambda: teach.view.grab().toImage() == shown, timeout=3000)


def at_rest(teach, qtbot):
    """What the stage shows once its layout has come to rest."""
    seen = [teach.view.grab().toImage()]

    def same():
        seen.append(teach.view.grab().toImage())
        return seen[-1] == seen[-2]

    qtbot.wait(50)
    qtbot.waitUntil(same, timeout=3000)
    return seen[-1]


def test_that_a_patients_own_slice_is_called_original():
    one = replace(example(), computed=False)
    from lgesynth_gui.app.teach import badge_of

    assert badge_of(one, one.slides[0], original=True) == "ORIGINAL"
    assert badge_of(one, one.slides[0], original=False) == "SYNTHETIC  seed 1"
    untouched = replace(one.slides[0], painted=False)
    assert badge_of(one, untouched, original=False) == "SYNTHETIC  slice unchanged"


def test_that_the_wheel_goes_through_the_slices_and_stops_at_the_ends(teach):
    names = [slide.name for slide in teach.scene().example.slides]
    scroll(teach.view, -1)
    assert teach.scene().slide.name == names[1]
    scroll(teach.view, -1)
    assert teach.scene().slide.name == names[-1]
    scroll(teach.view, 1)
    assert teach.scene().slide.name == names[0]


def test_that_the_verdict_names_its_judge_and_can_be_hidden(teach, qtbot):
    assert teach.side.verdict.text() == "✓ PASS   Dice 0.84\nscar-judge 1.2"
    press(teach, qtbot, Qt.Key.Key_D)
    assert not teach.side.verdict.isVisible()
    assert "0.84" not in " ".join(teach.said().lines())


def test_that_the_copied_page_is_1920_wide_and_carries_the_badge(teach, qtbot):
    press(teach, qtbot, Qt.Key.Key_S)
    teach._actions["teach_copy"].trigger()
    assert teach._actions["teach_copy"].shortcut().toString() == "Ctrl+Shift+C"
    page = QGuiApplication.clipboard().image()
    assert (page.width(), page.height()) == (1920, 1080)
    assert page.text("Synthetic") == "YES"
    shades = np.frombuffer(
        page.convertToFormat(QImage.Format.Format_RGB32).constBits(), dtype=np.uint32
    ).reshape(1080, 1920)
    assert (shades[:80, :400] == data_colour("synthetic").rgb()).any()
    assert (shades[:, :1300] == data_colour("requested").rgb()).any()


def test_that_the_strip_slides_from_nothing_to_the_whole_wall(teach, qtbot):
    press(teach, qtbot, Qt.Key.Key_2)
    assert teach.slider.isVisible()
    seen = []
    for percent in (0, 30, 70, 100):
        teach.slider.setValue(percent)
        seen.append((teach.side.number.text(), teach.side.text.text()))
    assert seen == [
        ("0 %", "class 0, no scar"),
        ("25 %", "class 1–25 %, subendocardial"),
        ("75 %", "class 51–75 %, deep subendocardial"),
        ("100 %", "class 76–100 %, transmural"),
    ]
    press(teach.slider, qtbot, Qt.Key.Key_Left)
    assert teach.side.number.text() == "75 %"


def test_that_the_quiz_tells_nothing_before_a_click_and_all_after_it(teach, qtbot):
    press(teach, qtbot, Qt.Key.Key_3)
    assert len(teach.stage.order) == 2  # of three examples two lie in one territory
    assert not teach.scene().key
    assert not teach._actions["teach_key"].isEnabled()
    assert not teach.side.verdict.isVisible()
    assert not teach.side.segments.isVisible()
    answer = teach.stage.example(teach.now)
    segment = answer.segments()[0]
    teach.side.bullseye.focus_segment(segment)
    assert teach.now.answer is None  # tabbing answers nothing
    at = teach.side.bullseye.point_of(segment).toPoint()
    qtbot.mouseClick(teach.side.bullseye, Qt.MouseButton.LeftButton, pos=at)
    assert teach.now.answer == segment
    assert teach.scene().key
    assert teach.side.text.text().startswith(f"Yes, {answer.artery}: ")
    assert teach.side.tally.text() == "1 of 1 right. Nothing is stored."
    wrong = next(s for s in (7, 10) if s != segment)
    qtbot.mouseClick(
        teach.side.bullseye,
        Qt.MouseButton.LeftButton,
        pos=teach.side.bullseye.point_of(wrong).toPoint(),
    )
    assert teach.now.answer == segment  # the first answer counts
    press(QApplication.focusWidget() or teach, qtbot, Qt.Key.Key_Space)
    assert teach.now.answer is None
    assert not teach.scene().key


def test_that_enter_on_a_cell_answers_too(teach, qtbot):
    press(teach, qtbot, Qt.Key.Key_3)
    press(teach.side.bullseye.button(5), qtbot, Qt.Key.Key_Tab)
    teach.side.bullseye.focus_segment(5)
    press(teach.side.bullseye.button(5), qtbot, Qt.Key.Key_Return)
    assert teach.now.answer == 5
    assert teach.side.text.text().startswith("Not LCx (segment 5, basal inferolateral) but ")


def test_that_a_score_is_written_nowhere(teach, qtbot, tmp_path):
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    press(teach, qtbot, Qt.Key.Key_3)
    teach.side.bullseye.clicked.emit(7)
    assert teach.given == 1
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == before


def test_that_an_answer_is_explained_in_one_sentence():
    one = example()
    right, wrong = answered(one, 13), answered(one, 10)
    assert right.right
    assert not wrong.right
    assert right.text == (
        "Yes, LAD: the scar lies in segment 7 (mid anterior), which the left anterior descending"
        " artery usually feeds."
    )
    assert wrong.text.startswith("Not RCA (segment 10, mid inferior) but LAD: the scar lies in")
    assert wrong.text.count(".") == 1


def test_that_questions_come_in_another_order_and_only_with_a_territory(library):
    orders = {questions(library, random.Random(seed)) for seed in range(20)}
    assert orders == {(0, 1), (1, 0)}


def test_that_segments_are_named_by_ring():
    assert segment_words((7, 8)) == "mid: 7 anterior, 8 anteroseptal"
    assert segment_words((1, 13, 14, 15, 16)) == "basal: 1 anterior\napical: all, 13–16"
    assert class_words(50) == "class 26–50 %, subendocardial"


def test_that_an_empty_stage_says_so_and_ignores_keys(teach, qtbot):
    teach.set_stage(Stage())
    for key in (Qt.Key.Key_Space, Qt.Key.Key_S, Qt.Key.Key_2, Qt.Key.Key_Left, Qt.Key.Key_3):
        press(teach, qtbot, key)
        assert teach.scene() is None
        assert teach.view.message
    teach.copy_page()
    assert said_of(Stage(), in_mode(Show(), "quiz")).head == ""


def test_that_a_missing_library_is_told_on_stage(heart, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "lgesynth_gui.ui.teach.presenter.load_library", lambda: load_library(tmp_path)
    )
    heart._actions["teach"].trigger()
    teach = heart.presenter.teach
    qtbot.waitUntil(lambda: "missing" in teach.view.message, timeout=5000)
    teach.close()


def test_that_everything_on_stage_has_a_name_and_a_tip(teach):
    for widget in (*teach.findChildren(QPushButton), teach.view, teach.slider):
        assert widget.accessibleName()
        assert widget.toolTip()
    for action in teach._actions.values():
        assert action.toolTip()


def test_that_all_of_it_fits_a_laptop_at_one_and_a_half(teach, qtbot):
    press(teach, qtbot, Qt.Key.Key_S)
    QApplication.processEvents()
    for name in ("teach_back", "teach_next", "teach_key", "teach_copy", "teach_leave"):
        button = teach.bar.widgetForAction(teach._actions[name])
        assert button.isVisible()
        assert teach.rect().contains(button.mapTo(teach, QPoint(0, 0)))
    assert teach.side.bullseye.visibleRegion().boundingRect().size() == teach.side.bullseye.size()
    assert teach.view.width() > teach.side.width()


def test_that_the_window_and_the_engine_rest_while_one_teaches(over, heart, qtbot, engine):
    before = heart.view.look
    keys = "C M J Delete Space S 2 Right 3 R Up".split()  # noqa: SIM905
    for key in keys:
        press(over, qtbot, getattr(Qt.Key, f"Key_{key}"))
    assert heart.view.look == before
    assert engine.asked == []


@pytest.fixture(scope="module")
def bundled_library():
    return drive(load_library())


def test_that_the_bundled_library_shows_every_pattern_and_each_territory(bundled_library):
    from lgesynth_gui.anatomy.patterns import load_patterns

    titles = {one.title for one in bundled_library.examples}
    assert titles == {pattern.title for pattern in load_patterns()}
    arteries = [one.artery for one in bundled_library.examples if one.artery]
    assert min(arteries.count(name) for name in ("LAD", "RCA", "LCx")) >= 2
    for one in bundled_library.examples:
        assert one.computed
        assert one.words
        assert one.segments()
        assert one.slides[one.first].painted
        assert one.grade in (Grade.PASS, Grade.CHECK)


def test_that_the_bundled_strip_is_one_heart_from_0_to_100_percent(bundled_library):
    strip = bundled_library.strip
    assert [percent for percent, _ in strip] == list(range(0, 101, 5))
    first = strip[0][1].slides[0]
    assert np.array_equal(first.pixels, first.original)
    assert not first.painted
    for percent, one in strip[1:]:
        assert np.array_equal(one.slides[0].original, first.original)
        assert one.seed == strip[1][1].seed
        assert abs(100 * one.cells[7].touched - percent) < 12


def test_that_the_bundled_library_is_small_marked_and_made_by_the_bundled_models():
    from lgesynth_gui.io.strict_json import strict_value

    files = list(FOLDER.iterdir())
    assert sum(path.stat().st_size for path in files) <= 3_000_000
    told = strict_value((FOLDER / "library.json").read_bytes())
    assert told["synthetic"].startswith("SYNTHETIC")
    pictures = {path.name for path in files} - {"library.json"}
    assert pictures == set(told["pictures"])
    for name in pictures:
        assert name.startswith("SYNTHETIC_")
        assert QImage(str(FOLDER / name)).text("Synthetic") == "YES"
    known = {f"{card.reference} {card.sha256}" for card in find_models()}
    assert {model for _, model in told["models"]} <= known, "run: lgesynth teach-library"
    for one in told["examples"]:
        assert one["tries"] >= 1
        assert one["origin"]
        assert one["judge"]


@pytest.mark.parametrize("damage", ["picture", "json", "extra"])
def test_that_a_damaged_library_is_refused(tmp_path, damage):
    for path in FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    if damage == "picture":
        victim = next(tmp_path.glob("SYNTHETIC_*.png"))
        data = bytearray(victim.read_bytes())
        data[len(data) // 2] ^= 1
        victim.write_bytes(bytes(data))
    elif damage == "json":
        text = (tmp_path / "library.json").read_text().replace('"first":', '"last":')
        (tmp_path / "library.json").write_text(text)
    else:
        text = (tmp_path / "library.json").read_text().replace("SYNTHETIC_", "../x_")
        (tmp_path / "library.json").write_text(text)
    with pytest.raises(LgeSynthError, match="damaged") as refused:
        drive(load_library(tmp_path))
    assert refused.value.code == "TEA-01"

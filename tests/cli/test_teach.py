from dataclasses import replace

import numpy as np
import pytest

from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.app.teach_library import load_library
from lgesynth_gui.cli import teach
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.core.verdict import Grade, Verdict
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.synthesis import library as maker
from tests.ui import hearts


@pytest.fixture(scope="module")
def made():
    """Two examples and a strip on one computed heart, painted without a network."""
    study = maker.draw_host(np.random.default_rng(3))
    contours = maker._alone(study.contours, (1, 4, 6))

    def painted(sketch, seed):
        request = SynthesisRequest(study.series.pixels_sha256, contours, sketch, seed=seed)
        result = hearts.result_of(request, study.series)
        return replace(result, models=(("controlnet", "x/1 ab"),))

    examples = []
    for wish in (maker.Wish(0, "ischaemic_transmural", "RCA"), maker.Wish(1, "amyloid")):
        pattern = maker._placed(maker.pattern_named(wish.pattern), wish.artery)
        whole = maker.draw_pattern(pattern, study.contours, np.random.default_rng(5))
        sketch = maker._only(whole, maker._shown(study.contours, whole))
        shown = maker._alone(study.contours, maker._shown(study.contours, whole))
        request = SynthesisRequest(study.series.pixels_sha256, shown, sketch, seed=wish.number)
        result = replace(hearts.result_of(request, study.series), models=(("judge", "j/1 cd"),))
        examples.append(maker.Made(wish, study.series, shown, result, 2, (("heart", 1),)))
    level, hooks = contours.level(4), maker.anchors_in(contours, 4)
    steps = []
    for percent in (5, 50, 100):
        regions = tuple(
            maker.segment_region(s, level, hooks, 0.0, percent / 100, (4,)) for s in (7, 8)
        )
        steps.append((percent, painted(maker.ScarSketch(regions), 6)))
    alone = maker._alone(contours, (4,))
    return examples, maker.Strip(study.series, alone, 4, tuple(steps), 6, 1)


def test_that_what_is_written_is_what_is_shown(made, tmp_path):
    examples, strip = made
    content = teach.contents(examples, strip)
    assert content == teach.contents(examples, strip)
    teach.write_library(tmp_path, content)
    read = drive(load_library(tmp_path))
    for one, shown in zip(examples, read.examples, strict=True):
        assert [slide.painted for slide in shown.slides] == [
            index in one.result.slices for index in one.contours.outlined()
        ]
        assert shown.dice == pytest.approx(0.846)
        assert shown.grade is Grade.PASS
        for slide in shown.slides:
            assert slide.pixels.shape == slide.original.shape == (128, 128)
            assert slide.painted != np.array_equal(slide.pixels, slide.original)
            x, y = slide.middle
            assert 40 < x < 140
            assert 40 < y < 140
            epi = np.array(next(s.points for s in slide.strokes if s.kind == "epi"))
            assert np.abs(epi.mean(axis=0) - (x, y)).max() < 5
    assert (read.examples[0].artery, read.examples[1].artery) == ("RCA", "")
    assert [percent for percent, _ in read.strip] == [0, 5, 50, 100]
    nothing = read.strip[0][1]
    assert not nothing.segments()
    assert nothing.dice is None
    assert not [s for s in nothing.slides[0].strokes if s.kind == "requested"]
    assert read.strip[2][1].cells[7].touched == pytest.approx(0.5, abs=0.1)


def test_that_the_scar_lies_where_its_contour_is_drawn(made, tmp_path):
    examples, _ = made
    teach.write_library(tmp_path, teach.contents(examples[:1], None))
    (shown,) = drive(load_library(tmp_path)).examples
    slide = shown.slides[shown.first]
    changed = slide.pixels.astype(int) - slide.original.astype(int) > 40
    rows, columns = np.nonzero(changed)
    points = np.concatenate([np.array(s.points) for s in slide.strokes if s.kind == "requested"])
    for values, edge in ((columns * shown.spacing[1], points[:, 0]),
                         (rows * shown.spacing[0], points[:, 1])):  # fmt: skip
        assert values.min() == pytest.approx(edge.min(), abs=2.5)
        assert values.max() == pytest.approx(edge.max(), abs=2.5)


def test_that_an_older_library_is_replaced_and_other_files_are_not_touched(made, tmp_path, capsys):
    examples, strip = made
    teach.write_library(tmp_path, teach.contents(examples, strip))
    teach.write_library(tmp_path, teach.contents(examples[:1], None))
    assert len(list(tmp_path.glob("SYNTHETIC_*.png"))) == 1
    assert len(drive(load_library(tmp_path)).examples) == 1
    other = tmp_path / "mine"
    other.mkdir()
    (other / "notes.txt").write_text("keep")
    assert main(["teach-library", "--out", str(other)]) == 1
    assert "holds other files" in capsys.readouterr().err
    assert [path.name for path in other.iterdir()] == ["notes.txt"]


def test_that_an_unknown_example_is_refused_before_anything_is_written(tmp_path, capsys):
    out = tmp_path / "new"
    assert main(["teach-library", "--out", str(out), "--only", "nothing"]) == 1
    assert "There is no example nothing. Known: " in capsys.readouterr().err
    assert not out.exists()


def test_that_every_pattern_is_wished_for_and_each_infarct_in_every_territory():
    wishes = maker.wishes()
    assert [w.pattern for w in wishes][:13] == [pattern.name for pattern in load_patterns()]
    assert len({w.name for w in wishes}) == len(wishes)
    placed = {(w.pattern, w.artery) for w in wishes if w.artery}
    assert len(placed) == 9
    assert [w.number for w in wishes] == list(range(len(wishes)))


@pytest.mark.parametrize("grades", [("FAIL", "CHECK", "PASS"), ("FAIL",) * 4, ("CHECK", "FAIL")])
def test_that_the_first_pass_is_taken_and_else_the_best_of_a_bounded_number(monkeypatch, grades):
    study = make_study(np.random.default_rng(1), n_slices=8)
    queue = [*grades, *["FAIL"] * maker.TRIES]
    monkeypatch.setattr(maker, "draw_host", lambda rng: study)

    def generate(request, series, device):
        yield None
        grade = Grade(queue.pop(0))
        result = hearts.result_of(request, series)
        return replace(result, verdict=Verdict(grade, dice=0.5 + 0.01 * request.seed))

    monkeypatch.setattr(maker, "generate", generate)
    got = drive(maker.make_example(maker.Wish(2, "ischaemic_transmural", "LAD")))
    best = min(grades, key=["PASS", "CHECK", "FAIL"].index)
    assert got.result.verdict.grade.value == best
    assert got.tries == (3 if best == "PASS" else maker.TRIES)
    share = maker.share_of(got.result.requested, got.contours, got.host, maker.Artery.LAD)
    assert share >= maker.LEAST_G_SHARE
    assert len(got.contours.outlined()) in (3, 4)

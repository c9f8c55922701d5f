from types import SimpleNamespace

import numpy as np
import pytest

from lgesynth_gui.app import engine_checks, licences
from lgesynth_gui.app.engine_checks import device_job, judge_job, speed_job, store_dice, stored_dice
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import Progress, drive
from tests.ui import hearts


@pytest.fixture(autouse=True)
def sample(monkeypatch):
    def read():
        yield Progress(0, 1, "reading")
        return hearts.series(), hearts.contours(), hearts.requested_sketch(), settings()

    monkeypatch.setattr(engine_checks, "sample", read)


def settings():
    from lgesynth_gui.app.session import Settings

    return Settings()


def engine(answer):
    """The engine's `run` that answers with a value or an error."""

    def run(function, *arguments):
        yield Progress(0, 1, "working")
        found = answer(function, *arguments)
        if isinstance(found, Exception):
            raise found
        return found

    return run


def test_that_a_device_that_fails_is_one_sentence():
    broken = engine(lambda *_: LgeSynthError("The card is absent.", "Use the processor."))
    found = drive(device_job(broken))
    assert not found.ok
    assert "absent" in found.found
    assert drive(device_job(engine(lambda *_: "cpu: 0.1 ms"))).found == "cpu: 0.1 ms"


def test_that_the_speed_is_told_from_two_lengths():
    def answer(function, *arguments):
        if function.endswith(":prepare"):
            return None
        return SimpleNamespace(scores=(("seconds", 2.0 + 0.5 * arguments[0].steps),))

    found = drive(speed_job(engine(answer)))
    assert found.ok
    assert found.found == "a step takes 0.5 s, a slice in 6 steps about 5 s"


def test_that_the_chosen_device_is_the_one_that_is_timed():
    asked = []

    def answer(function, *arguments):
        asked.append(arguments[-1])
        return SimpleNamespace(scores=(("seconds", 1.0),))

    drive(speed_job(engine(answer), "cuda"))
    assert asked == ["cuda"] * 3


@pytest.fixture
def judge(monkeypatch, tmp_path):
    """A judge that marks what is bright; gives the engine."""
    monkeypatch.setattr(engine_checks, "bundled", lambda kind: tmp_path)
    card = SimpleNamespace(sha256="ab" * 32)
    monkeypatch.setattr("lgesynth_gui.registry.cards.models_of", lambda role: [card])

    def answer(function, series, contours, slices):
        labels = np.zeros(series.shape, np.uint8)
        bright = np.percentile(hearts.series().pixels, engine_checks.BRIGHT_PERCENT)
        labels[series.pixels == np.uint16(bright)] = 3
        return labels, "judge 9"

    return engine(answer)


def test_that_a_judge_that_reads_as_stored_is_in_order(judge, tmp_path):
    assert "no stored Dice" in drive(judge_job(judge)).found
    value, name, weights = drive(engine_checks.read_by_judge(judge))
    assert value > 0.5
    store_dice(value, weights, tmp_path)
    found = drive(judge_job(judge))
    assert found.ok
    assert name in found.found
    store_dice(value - 0.1, weights, tmp_path)
    assert "cannot be judged" in drive(judge_job(judge)).found


def test_that_a_missing_judge_is_said(judge):
    found = drive(judge_job(engine(lambda *_: (None, ""))))
    assert (found.ok, "There is none" in found.found) == (False, True)


def test_that_the_bundled_judge_has_a_stored_dice():
    from lgesynth_gui.registry.cards import models_of

    folder = engine_checks.Path(engine_checks.__file__).parents[2] / "resources"
    assert models_of("judge")[0].sha256 in stored_dice(folder), (
        "a new judge: measure it with read_by_judge and keep it with store_dice"
    )


def test_that_every_library_has_a_version_and_a_licence():
    rows = licences.libraries_text().splitlines()
    assert len(rows) >= 15
    for row in rows:
        name, _, licence = row.partition(": ")
        assert name.split()[1][0].isdigit(), row
        assert licence, row
        assert licence != "see the package", row


def test_that_every_model_card_is_told():
    text = licences.models_text()
    for name in ("judge/", "reward-a/", "lgesynth-net/"):
        assert name in text
    assert "learned from:" in text

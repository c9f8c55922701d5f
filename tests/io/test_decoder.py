"""Whatever happens in a decoder costs one file and is told in one sentence."""

import time
from multiprocessing.shared_memory import SharedMemory
from threading import Thread

import numpy as np
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import decoder as decoding
from lgesynth_gui.io import study
from lgesynth_gui.io.asking import checked
from lgesynth_gui.io.asking import pixels_of as asked_for
from lgesynth_gui.io.decoder import Decoder, Question
from tests.io.dicoms import dataset, pixels_of, places, save, write_stack

READER = "tests.io.strange_readers:read"


@pytest.fixture(scope="module")
def decoder():
    made = Decoder(READER, limit_s=2.0)
    yield made
    made.close()


def ask(decoder, *paths, task="header", nbytes=0):
    """The replies in the order of the paths."""
    replies = [one for one in decoder.ask([Question(p, task, nbytes) for p in paths]) if one]
    return sorted(replies, key=lambda reply: reply.index)


def touch(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"x")
    return [folder / name for name in names]


@pytest.mark.parametrize(
    ("name", "words", "code"),
    [
        ("abort", "the decoder stopped on it", "WRK-01"),
        ("kill", "the decoder stopped on it", "WRK-01"),
        ("segfault", "the decoder stopped on it", "WRK-01"),
        ("leave", "the decoder stopped on it", "WRK-01"),
        ("chatter", "its contents are damaged", "WRK-02"),
        ("exit", "its contents are damaged", "WRK-02"),
        ("panic", "its contents are damaged", "WRK-02"),
        ("traceback", "its contents are damaged", "WRK-02"),
        ("bomb", "its contents are damaged", "WRK-02"),
        ("hang", "it takes too long to read", "WRK-03"),
        ("spin", "it takes too long to read", "WRK-03"),
        ("another", "the decoder gave no proper answer", "WRK-04"),
        ("same_as_nothing", "the decoder gave no proper answer", "WRK-04"),
        ("nonsense", "the decoder gave no proper answer", "WRK-04"),
        ("unknown_code", "it is [31mred", "WRK-04"),
    ],
)
def test_that_every_end_is_one_sentence_and_the_next_file_is_read(
    decoder, tmp_path, name, words, code
):
    good = save(tmp_path / "good", dataset(pixels_of(1)[0], places(1)[0]))
    began = time.monotonic()
    bad, fine = ask(decoder, *touch(tmp_path, f"{name}.dcm"), good)
    assert time.monotonic() - began < 8.0
    assert bad.refused.code == code
    assert bad.refused.what == f"{name}.dcm was refused: {words}."
    assert bad.refused.hint
    assert "Secret" not in str(bad.refused)
    assert fine.answer.dicom is not None


def test_that_a_stack_loads_beside_files_that_kill(tmp_path, decoder):
    pixels = pixels_of(4)
    write_stack(tmp_path / "s", pixels)
    touch(tmp_path / "s", "abort.dcm", "panic.dcm", "hang.dcm")
    stack, *refused = drive(study.find(tmp_path / "s", decoder))
    assert {one.refused.code for one in refused} == {"WRK-01", "WRK-02", "WRK-03"}
    np.testing.assert_array_equal(drive(study.load(stack, decoder)).pixels, pixels)


def test_that_three_deaths_in_a_row_stop_the_reading(decoder, tmp_path):
    names = [f"abort.{i}" for i in range(6)]
    replies = ask(decoder, *touch(tmp_path, *names))
    assert [one.refused.code for one in replies].count("WRK-01") >= decoding.DEATHS
    assert replies[-1].refused.code == "WRK-05"


def test_that_nothing_is_printed_written_or_imported_that_does_not_belong(decoder, tmp_path, capfd):
    shouted, written, imported = ask(decoder, *touch(tmp_path, "shout", "write", "modules"))
    assert shouted.answer.what == "shouted"
    assert capfd.readouterr() == ("", "")
    assert written.answer is None
    assert (
        not (tmp_path / "write.written").exists() or not (tmp_path / "write.written").stat().st_size
    )
    assert imported.answer.what == "none"


def test_that_a_warm_decoder_is_used_again_and_replaced_when_it_is_worn(
    decoder, tmp_path, monkeypatch
):
    (path,) = touch(tmp_path, "pid")
    first, second = (ask(decoder, path)[0].answer.what for _ in range(2))
    assert first == second
    monkeypatch.setattr(decoding, "FILES_EACH", 1)
    ask(decoder, path)
    assert ask(decoder, path)[0].answer.what != first


def test_that_a_decoder_that_was_idle_for_long_is_not_trusted(decoder, tmp_path, monkeypatch):
    (path,) = touch(tmp_path, "pid")
    first = ask(decoder, path)[0].answer.what
    monkeypatch.setattr(decoding, "KEPT_S", 0.0)
    assert ask(decoder, path)[0].answer.what != first


def test_that_asking_does_not_make_another_idle_decoder_young_again(decoder, tmp_path):
    (path,) = touch(tmp_path, "pid")
    held = [decoder._new(), decoder._new()]
    decoder._idle += [(child, 1.0) for child in held]  # idle since long ago
    ask(decoder, path)
    assert not any(child.alive for child in held)


def test_that_closing_ends_what_is_under_way_and_frees_its_memory(decoder, tmp_path):
    made = []
    real = decoding.SharedMemory

    def counting(*args, **kwargs):
        made.append(real(*args, **kwargs))
        return made[-1]

    decoding.SharedMemory = counting
    try:
        asked = decoder.ask([Question(touch(tmp_path, "hang")[0], "pixels", 5000)])
        assert next(asked) is None
        asked.close()
    finally:
        decoding.SharedMemory = real
    (block,) = made
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=block.name)


def test_that_an_idle_decoder_holds_no_shared_memory(decoder, tmp_path, monkeypatch):
    made = []

    def counting(*args, **kwargs):
        made.append(SharedMemory(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(decoding, "SharedMemory", counting)
    write_stack(tmp_path / "s", pixels_of(5))
    (info,) = drive(study.find(tmp_path / "s", decoder))
    drive(study.load(info, decoder))
    assert 1 <= len(made) <= 4  # used again from file to file
    for block in made:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=block.name)


@pytest.mark.parametrize("name", ["wrong_pixels", "wrong_shape"])
def test_that_pixels_that_are_not_what_was_promised_are_refused(decoder, tmp_path, name):
    pixels = pixels_of(1)[0]
    save(tmp_path / name, dataset(pixels, places(1)[0]))
    (info,) = drive(study.find(tmp_path / name, decoder))
    with pytest.raises(Refused) as refused:
        drive(study.load(info, decoder))
    assert refused.value.code == "PIX-07"


def test_that_another_size_than_asked_for_is_refused(decoder, tmp_path):
    path = save(tmp_path / "a", dataset(pixels_of(1)[0], places(1)[0]))
    for nbytes in (1, 40 * 48 * 2 - 1, 40 * 48 * 2 + 1, 1 << 20):
        (reply,) = ask(decoder, path, task="pixels", nbytes=nbytes)
        assert reply.refused.code == "PIX-07"


def test_that_several_threads_may_read_at_once(tmp_path):
    pixels = pixels_of(5)
    write_stack(tmp_path / "s", pixels)
    found = []

    def read():
        (info,) = drive(study.find(tmp_path / "s"))
        found.append(drive(study.load(info)))

    threads = [Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 2
    for series in found:
        np.testing.assert_array_equal(series.pixels, pixels)


def test_that_reading_tells_progress_so_that_it_can_be_stopped(tmp_path):
    write_stack(tmp_path / "s", pixels_of(5))
    job = study.find(tmp_path / "s")
    steps = [next(job) for _ in range(3)]
    job.close()
    assert all(step.note == "looking" for step in steps if step is not None)


def test_that_a_listed_file_is_not_parsed_again_unless_it_has_changed(decoder, tmp_path):
    first, other = pixels_of(2)
    path = save(tmp_path / "a", dataset(first, places(1)[0]))
    (listed,) = ask(decoder, path)
    question = asked_for(path, listed.answer.dicom)
    (reply,) = [one for one in decoder.ask([question]) if one]
    assert reply.answer.same
    assert (reply.pixels[0] == first).all()
    save(path, dataset(other, places(1)[0]))
    (reply,) = [one for one in decoder.ask([question]) if one]
    assert not reply.answer.same
    with pytest.raises(Refused) as refused:
        checked(path, listed.answer.dicom, reply)
    assert refused.value.code == "WRK-06"  # it is another object now


def test_that_a_question_begun_by_a_decoder_that_answers_nonsense_is_asked_again(decoder, tmp_path):
    """The next question is under way while an answer is checked."""
    paths = touch(tmp_path, "nonsense")
    for number in range(6):
        paths.append(save(tmp_path / f"{number}", dataset(pixels_of(1)[0], places(1)[0])))
        paths += touch(tmp_path, f"nonsense.{number}")
    replies = ask(decoder, *paths)
    assert [r.index for r in replies] == list(range(len(paths)))
    for path, reply in zip(paths, replies, strict=True):
        assert (reply.refused is None) == path.name.isdigit(), path.name

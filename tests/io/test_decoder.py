"""Whatever happens in a decoder costs one file and is told in one sentence."""

import os
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from pydicom.uid import RLELossless

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io import decoder as decoding
from lgesynth_gui.io import shared_blocks, study
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
    until = time.monotonic() + 60.0
    while ask(decoder, path)[0].answer.what == first:  # it answers until the other one is ready
        assert time.monotonic() < until


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
    real = shared_blocks.SharedMemory

    def counting(*args, **kwargs):
        made.append(real(*args, **kwargs))
        return made[-1]

    shared_blocks.SharedMemory = counting
    try:
        asked = decoder.ask([Question(touch(tmp_path, "hang")[0], "pixels", 5000)])
        assert next(asked) is None
        asked.close()
    finally:
        shared_blocks.SharedMemory = real
    (block,) = made
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=block.name)


def test_that_an_idle_decoder_holds_no_shared_memory(decoder, tmp_path, monkeypatch):
    made = []

    def counting(*args, **kwargs):
        made.append(SharedMemory(*args, **kwargs))
        return made[-1]

    monkeypatch.setattr(shared_blocks, "SharedMemory", counting)
    write_stack(tmp_path / "s", pixels_of(40))
    (info,) = drive(study.find(tmp_path / "s", decoder))
    drive(study.load(info, decoder))
    pool = min(4, max(1, (os.cpu_count() or 1) - 1))
    assert 1 <= len(made) <= 1 + pool * decoding.AHEAD  # used again from file to file
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


def test_that_the_clock_of_a_file_starts_when_the_one_before_it_is_answered(decoder, tmp_path):
    names = [f"nap.{number}" for number in range(5)]  # 3 seconds together, 2 are allowed for each
    replies = ask(decoder, *touch(tmp_path, *names))
    assert [reply.answer.what for reply in replies] == ["slept"] * 5


@pytest.mark.parametrize("name", ["abort", "hang", "nonsense", "panic"])
def test_that_only_the_file_that_does_it_is_refused_of_those_asked_together(
    decoder, tmp_path, name
):
    paths = [
        save(tmp_path / f"{number}", dataset(pixels_of(1)[0], places(1)[0]))
        for number in range(decoding.AHEAD - 1)
    ]
    paths[3:3] = touch(tmp_path, f"{name}.dcm")
    replies = ask(decoder, *paths)
    assert [reply.index for reply in replies if reply.refused] == [3]
    assert all(reply.answer.dicom for reply in replies if reply.index != 3)


def test_that_files_asked_together_share_little_memory():
    child = decoding._Child(READER, 2.0)
    try:
        part = Question(Path("a"), "pixels", decoding.SHARED_BYTES // 4)
        asked = 0
        while child.takes(part):
            child.start(asked, part)
            asked += 1
        assert asked == 4 < decoding.AHEAD
        assert not child.takes(Question(Path("a"), "pixels", 1))
    finally:
        child.kill()
    child = decoding._Child(READER, 2.0)
    try:
        child.start(0, Question(Path("/".join(["ä" * 100] * 6))))  # the pipe could be full
        assert not child.takes(Question(Path("a")))
    finally:
        child.kill()
    large = Question(Path("a"), "pixels", decoding.SHARED_BYTES * 4)
    child = decoding._Child(READER, 2.0)
    try:
        assert child.takes(large)
    finally:
        child.kill()


def test_that_blocks_are_of_exactly_the_size_that_was_asked_for(decoder, tmp_path, monkeypatch):
    made = []

    def noting(*args, **kwargs):
        made.append(SharedMemory(*args, **kwargs))
        return made[-1]

    sizes = [(20, 24), (20, 24), (40, 48), (10, 12), (10, 12)]
    for number, shape in enumerate(sizes):
        save(tmp_path / f"{number}", dataset(pixels_of(1, shape)[0], places(1)[0]))
    paths = sorted(tmp_path.iterdir())
    listed = [reply.answer.dicom for reply in ask(decoder, *paths)]
    monkeypatch.setattr(shared_blocks, "SharedMemory", noting)
    asked = [asked_for(*one) for one in zip(paths, listed, strict=True)]
    replies = sorted((one for one in decoder.ask(asked) if one), key=lambda one: one.index)
    for reply, shape in zip(replies, sizes, strict=True):
        np.testing.assert_array_equal(reply.pixels, pixels_of(1, shape))
    assert {block.size for block in made} == {2 * rows * columns for rows, columns in sizes}


def test_that_a_worn_decoder_is_replaced_while_a_folder_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "FILES_EACH", 3)
    pixels = pixels_of(12)
    write_stack(tmp_path / "s", pixels)
    decoder, seen = Decoder(READER, limit_s=10.0), set()
    try:
        while len(seen) < 2:
            (info,) = drive(study.find(tmp_path / "s", decoder))
            np.testing.assert_array_equal(drive(study.load(info, decoder)).pixels, pixels)
            seen |= {child._process.pid for child, _ in decoder._idle}
        for child, _ in decoder._idle:
            assert child.alive
    finally:
        decoder.close()


def test_that_one_that_ended_while_it_waited_to_take_over_is_not_asked(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "FILES_EACH", 1)
    (path,) = touch(tmp_path, "pid")
    decoder = Decoder(READER, limit_s=10.0)
    try:
        ask(decoder, path)
        ask(decoder, path)
        ((child, _),) = decoder._idle
        gone = child.heir
        assert gone.pipe.poll(60)
        assert gone.ready
        gone._process.kill()
        gone._process.join()
        (reply,) = ask(decoder, path)
        assert reply.answer.what == str(child._process.pid)
        assert child.heir not in (None, gone)
    finally:
        decoder.close()


def test_that_a_decoder_that_waits_to_take_over_ends_with_the_one_it_waits_for():
    child = decoding._Child(READER, 2.0)
    child.heir = decoding._Child(READER, 2.0)
    heir = child.heir
    child.kill()
    assert not child.alive
    assert not heir.alive


def test_that_a_decoder_that_does_not_start_is_told(tmp_path):
    decoder = Decoder("tests.io.strange_readers:no_such_reader")
    with pytest.raises(LgeSynthError, match="does not start"):
        ask(decoder, *touch(tmp_path, "a"))


def test_that_a_compressed_file_is_not_parsed_again_either(decoder, tmp_path):
    pixels = pixels_of(1)
    path = save(tmp_path / "a", dataset(pixels[0], places(1)[0]), RLELossless)
    (listed,) = ask(decoder, path)
    (reply,) = [one for one in decoder.ask([asked_for(path, listed.answer.dicom)]) if one]
    assert reply.answer.same
    np.testing.assert_array_equal(reply.pixels, pixels)

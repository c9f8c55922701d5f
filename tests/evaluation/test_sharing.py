import pytest

from lgesynth_gui.core.jobs import drive
from lgesynth_gui.evaluation.sharing import claimed, made_once


def test_that_only_what_is_missing_is_made_and_in_order(tmp_path):
    (tmp_path / "b").write_text("old")
    made = []

    def make(name):
        yield None
        made.append(name)
        (tmp_path / name).write_text("new")
        return True

    drive(made_once(("c", "a", "b"), tmp_path.joinpath, make))
    assert made == ["c", "a"]
    assert (tmp_path / "b").read_text() == "old"


def test_that_what_another_process_makes_is_waited_for(tmp_path):
    def make(name):
        yield None
        (tmp_path / name).write_text("ours")
        return True

    with claimed(tmp_path / "a") as ours:
        assert ours
        with claimed(tmp_path / "a") as again:
            assert not again
        job = made_once(("a", "b"), tmp_path.joinpath, make)
        note = ""
        while "waiting" not in note:
            step = next(job)
            note = step.note if step else note
        assert (tmp_path / "b").is_file()
        assert not (tmp_path / "a").exists()
        (tmp_path / "a").write_text("theirs")
    drive(job)
    assert (tmp_path / "a").read_text() == "theirs"


def test_that_a_failure_gives_the_claim_back(tmp_path):
    def make(name):
        yield None
        raise OSError(name)

    with pytest.raises(OSError, match="a"):
        drive(made_once(("a",), tmp_path.joinpath, make))
    with claimed(tmp_path / "a") as ours:
        assert ours

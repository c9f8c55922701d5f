import numpy as np
import pytest

from lgesynth_gui.app import codecs
from lgesynth_gui.app import self_checks as checks


def test_that_every_library_is_found_with_its_version():
    assert all(one.ok for one in checks.library_checks())


def test_that_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(checks, "LIBRARIES", ("no-such-library-here",))
    assert [one.name for one in checks.library_checks() if not one.ok] == ["no-such-library-here"]


@pytest.mark.parametrize("bits", [8, 12])
def test_that_the_codec_picture_uses_its_bits(bits):
    shown = codecs.picture(bits)
    assert shown.shape == (32, 32)
    assert 2 ** (bits - 1) <= shown.max() < 2**bits


def test_that_every_codec_gives_back_what_went_in():
    found = codecs.codec_checks()
    assert len(found) == 6
    assert [one.name for one in found if not one.ok] == []


def test_that_a_codec_that_answers_wrongly_is_named(monkeypatch):
    monkeypatch.setattr(
        codecs, "_coders", lambda: (("x", 8, 0, np.zeros_like), ("y", 8, 0, lambda a: 1 // 0))
    )
    wrong, failed = codecs.codec_checks()
    assert (wrong.ok, failed.ok) == (False, False)
    assert "ZeroDivisionError" in failed.found


def test_that_a_model_folder_without_a_card_is_named(tmp_path, monkeypatch):
    (tmp_path / "net" / "1.0.0").mkdir(parents=True)
    monkeypatch.setattr(checks, "bundled", lambda kind: tmp_path)
    (found,) = checks.model_checks()
    assert (found.name, found.ok) == ("net/1.0.0", False)


def test_that_a_full_disk_is_not_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(checks, "NEEDED_GB", 1e9)
    assert not checks.disk_check(tmp_path).ok

"""Model folders come from anywhere: nothing in them may escape, execute or go unchecked."""

import json
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import (
    CARD,
    card_in,
    file_sha256,
    find_model,
    find_models,
    model_folder,
    models_of,
    parse_card,
    verify,
)
from tests.registry.folders import card_of, safetensors, write_folder

WEIGHTS = safetensors()


def text_of(**changes):
    return json.dumps(card_of(WEIGHTS, **changes)).encode()


def test_that_a_card_comes_back_as_it_was_written():
    card = parse_card(text_of())
    assert parse_card(card.to_json()) == card
    assert card.reference == "tiny/1.2.3"
    assert card.architecture.numbers["channels"] == (8, 16)
    assert card.licence == "Apache-2.0"


FILE = card_of(WEIGHTS)["files"][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"unknown": 1},
        {"format": 2},
        {"format": "1"},
        {"id": "../evil"},
        {"id": "Upper"},
        {"id": ""},
        {"id": "a" * 41},
        {"version": "1.2"},
        {"version": "1.2.3/.."},
        {"role": "shell"},
        {"architecture": {"name": "os.system", "numbers": {}}},
        {"architecture": {"name": "unet", "numbers": {"channels": "rm"}}},
        {"architecture": {"name": "unet", "numbers": {"__class__": 1}}},
        {"architecture": {"name": "unet", "numbers": {"channels": [8] * 300}}},
        {"architecture": {"name": "unet", "numbers": {"a": 1e300}}},
        {"architecture": {"name": "unet", "numbers": {}, "code": "x"}},
        {"files": []},
        {"files": [FILE, FILE]},
        {"files": [{**FILE, "name": "../w.safetensors"}]},
        {"files": [{**FILE, "name": "/etc/passwd.json"}]},
        {"files": [{**FILE, "name": "a/b.safetensors"}]},
        {"files": [{**FILE, "name": "w.pt"}]},
        {"files": [{**FILE, "name": "w.py"}]},
        {"files": [{**FILE, "name": ".hidden.json"}]},
        {"files": [{**FILE, "name": "w.safetensors\n"}]},
        {"files": [{**FILE, "name": "model.json"}]},
        {"files": [{**FILE, "name": "words.txt"}]},
        {"files": [{**FILE, "sha256": "00"}]},
        {"files": [{**FILE, "sha256": FILE["sha256"].upper()}]},
        {"files": [{**FILE, "size": 0}]},
        {"files": [{**FILE, "size": "24"}]},
        {"files": [{**FILE, "size": 2**40}]},
        {"parameters": 0},
        {"parameters": 6.0},
        {"parameters": 10**12},
        {"threshold": 0},
        {"threshold": 1.0},
        {"trained_on": {}},
        {"trained_on": {"data": "x", "patients": -1}},
        {"trained_on": {"data": "x", "names": ["A. Person"]}},
        {"metrics": [{"name": "Dice", "data": "x", "value": 0.5}]},
        {"created": "yesterday"},
        {"licence": "MIT; rm -rf"},
        {"text_encoder": "somewhere/else"},
        {"base": "base/1.0.0 " + "0" * 63},
        {"notes": "x" * 4001},
        {"title": None},
    ],
)
def test_that_a_hostile_card_is_refused(changes):
    with pytest.raises(Refused, match="MOD-04"):
        parse_card(text_of(**changes))


@pytest.mark.parametrize("key", ["id", "version", "role", "architecture", "files", "created"])
def test_that_nothing_a_card_needs_may_be_missing(key):
    card = card_of(WEIGHTS)
    del card[key]
    with pytest.raises(Refused, match="MOD-04"):
        parse_card(json.dumps(card).encode())


def test_that_a_refusal_repeats_nothing_of_the_card():
    """A hostile value must not reach the terminal or the log."""
    with pytest.raises(Refused) as told:
        parse_card(text_of(title=["\x1b[31mboo"]))
    assert "boo" not in str(told.value)
    assert "title" in str(told.value)


@given(st.binary(max_size=300))
def test_that_any_bytes_are_a_card_or_refused(data):
    with pytest.raises(Refused):
        parse_card(data)


def test_that_a_whole_folder_verifies(tmp_path):
    folder = write_folder(tmp_path)
    card = card_in(folder)
    assert verify(card, [tmp_path]) == folder
    assert verify(card, [tmp_path], full=True) == folder
    assert find_models([tmp_path]) == (card,)
    assert card.sha256 == file_sha256(folder / "w.safetensors")


def test_that_every_damaged_byte_is_noticed(tmp_path):
    folder = write_folder(tmp_path)
    card, path = card_in(folder), folder / "w.safetensors"
    good = path.read_bytes()
    for place in range(0, len(good), 7):
        bad = bytearray(good)
        bad[place] ^= 0x10
        path.write_bytes(bytes(bad))
        with pytest.raises(Refused, match="MOD-08"):
            verify(card, [tmp_path], full=True)
    path.write_bytes(good)
    verify(card, [tmp_path], full=True)


def test_that_a_changed_file_is_noticed_without_asking_for_it(tmp_path):
    folder = write_folder(tmp_path)
    card, path = card_in(folder), folder / "w.safetensors"
    verify(card, [tmp_path])
    state = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns + 10**6))
    with pytest.raises(Refused, match="MOD-08"):
        verify(card, [tmp_path])


@pytest.mark.parametrize("cut", [1, 10, 24])
def test_that_a_cut_file_is_refused(tmp_path, cut):
    folder = write_folder(tmp_path)
    path = folder / "w.safetensors"
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(Refused, match="MOD-08"):
        verify(card_in(folder), [tmp_path])


def test_that_a_missing_file_is_refused(tmp_path):
    folder = write_folder(tmp_path)
    (folder / "w.safetensors").unlink()
    with pytest.raises(Refused, match="MOD-01"):
        verify(card_in(folder), [tmp_path])


def test_that_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = write_folder(tmp_path / "models")
    outside = tmp_path / "outside.safetensors"
    (folder / "w.safetensors").rename(outside)
    (folder / "w.safetensors").symlink_to(outside)
    with pytest.raises(Refused, match="MOD-01"):
        verify(card_in(folder), [tmp_path / "models"])
    (folder / CARD).rename(tmp_path / CARD)
    (folder / CARD).symlink_to(tmp_path / CARD)
    with pytest.raises(LgeSynthError, match="holds no model"):
        card_in(folder)


def test_that_a_count_of_numbers_that_is_not_the_files_is_refused(tmp_path):
    folder = write_folder(tmp_path, parameters=7)
    with pytest.raises(Refused, match="holds 6 numbers, its card says 7"):
        verify(card_in(folder), [tmp_path])


def test_that_a_file_whose_hash_fits_but_is_no_safetensors_is_refused(tmp_path):
    folder = write_folder(tmp_path, weights=b"\x80\x04pickle" * 9)
    with pytest.raises(Refused, match=r"MOD-0[56]"):
        verify(card_in(folder), [tmp_path])


def test_that_a_card_must_bear_its_folders_name(tmp_path):
    folder = write_folder(tmp_path)
    for other in (tmp_path / "tiny" / "9.9.9", tmp_path / "other" / "1.2.3"):
        other.parent.mkdir(exist_ok=True)
        folder.rename(other)
        with pytest.raises(Refused, match="another model than its folder"):
            card_in(other)
        assert find_models([tmp_path]) == ()
        folder = other


def test_that_a_huge_description_is_not_read(tmp_path):
    folder = write_folder(tmp_path)
    (folder / CARD).write_text(" " * (1 << 20) + "{}")
    with pytest.raises(Refused, match="MOD-05"):
        card_in(folder)


def test_that_the_newest_version_is_found_by_number_not_by_letter(tmp_path):
    for version in ("1.9.0", "1.10.0", "0.99.9"):
        write_folder(tmp_path, version=version)
    write_folder(tmp_path, id="another", role="reward")
    assert find_model("tiny", [tmp_path]).version == "1.10.0"
    assert find_model("tiny/1.9.0", [tmp_path]).version == "1.9.0"
    assert [card.reference for card in find_models([tmp_path])] == [
        "another/1.2.3", "tiny/1.10.0", "tiny/1.9.0", "tiny/0.99.9",
    ]  # fmt: skip
    assert [card.reference for card in models_of("judge", [tmp_path])] == ["tiny/1.10.0"]
    assert models_of("text", [tmp_path]) == ()


def test_that_an_unreadable_folder_hides_no_other(tmp_path):
    write_folder(tmp_path)
    broken = write_folder(tmp_path, id="broken")
    (broken / CARD).write_text("{")
    assert [card.id for card in find_models([tmp_path])] == ["tiny"]


def test_that_an_earlier_folder_wins(tmp_path):
    write_folder(tmp_path / "mine", title="mine")
    write_folder(tmp_path / "theirs", title="theirs")
    folders = [tmp_path / "mine", tmp_path / "theirs"]
    assert [card.title for card in find_models(folders)] == ["mine"]
    assert find_model("tiny", folders).title == "mine"


@settings(max_examples=60)
@given(st.text(max_size=30) | st.sampled_from(["..", "../tiny", "tiny/..", "tiny/*", "*", "/etc"]))
def test_that_no_name_leads_out_of_the_models_folder(tmp_path_factory, name):
    root = tmp_path_factory.mktemp("models")
    write_folder(root)
    try:
        found = model_folder(name, [root])
    except LgeSynthError:
        return
    assert found == root / "tiny" / "1.2.3"


def test_that_the_bundled_models_are_the_ones_their_cards_name():
    cards = find_models()
    folders = [path.parent for path in bundled("models").glob(f"*/*/{CARD}")]
    assert len(cards) == len(folders)
    for card in cards:
        verify(card, full=True)
        assert card.trained_on.patients == 0


def test_that_roles_that_judge_are_not_the_networks_that_guide():
    hashes = {role: {card.sha256 for card in models_of(role)} for role in ("judge", "reward")}
    assert not hashes["judge"] & hashes["reward"]


def test_that_two_files_count_together(tmp_path):
    folder = write_folder(tmp_path)
    more = safetensors({"b": np.zeros(4, np.float16)})
    (folder / "more.safetensors").write_bytes(more)
    card = json.loads((folder / CARD).read_text())
    card["files"].append(
        {"name": "more.safetensors", "sha256": file_sha256(folder / "more.safetensors"),
         "size": len(more)}
    )  # fmt: skip
    card["parameters"] = 10
    (folder / CARD).write_text(json.dumps(card))
    assert verify(card_in(folder), [tmp_path]) == folder

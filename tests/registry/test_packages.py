"""Imported models have a place of their own and take part only when they are named."""

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.registry.archive import opened
from lgesynth_gui.registry.cards import find_model, find_weights, models_of, roots
from lgesynth_gui.registry.packages import check, file_name, pack, staged
from lgesynth_gui.registry.places import user_models
from tests.registry.folders import write_folder


def test_that_bundled_models_come_first(tmp_path):
    assert roots() == (bundled("models"), tmp_path / "models")
    assert roots([tmp_path]) == (tmp_path,)


def test_that_the_usual_place_is_the_persons_own(monkeypatch, tmp_path):
    monkeypatch.delenv("LGESYNTH_MODELS")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "data"))
    assert user_models().is_relative_to(tmp_path)
    assert user_models().parts[-2:] == ("lgesynth", "models")


def test_that_an_imported_judge_is_found_by_name_but_judges_nothing_by_itself(tmp_path):
    write_folder(tmp_path / "models", id="a-judge", role="judge")
    assert find_model("a-judge").reference == "a-judge/1.2.3"
    assert [card.id for card in models_of("judge")] == ["judge"]
    assert [card.id for card in models_of("judge", [tmp_path / "models"])] == ["a-judge"]


def test_that_a_network_is_found_by_its_hash(tmp_path):
    write_folder(tmp_path / "models")
    card = find_model("tiny")
    assert find_weights(card.sha256) == card
    assert find_weights("0" * 64) is None


def test_that_a_package_is_plain_and_always_the_same(tmp_path):
    write_folder(tmp_path)
    first, second = tmp_path / "1.lgesynth-model", tmp_path / "2.lgesynth-model"
    card = drive(pack("tiny", first, [tmp_path]))
    drive(pack("tiny/1.2.3", second, [tmp_path]))
    assert first.read_bytes() == second.read_bytes()
    assert file_name(card) == "tiny-1.2.3.lgesynth-model"
    with opened(first) as archive:
        assert list(archive.members) == ["package.json", "model.json", "w.safetensors"]
        assert drive(check(archive)) == card


def test_that_nothing_staged_is_taken_for_a_model(tmp_path):
    with staged(tmp_path / "models") as stage:
        write_folder(stage)
        assert find_weights(find_model("tiny", [stage]).sha256) is None
    assert list((tmp_path / "models").iterdir()) == []

"""An exported sample is made again from its record; whatever was changed is found and named."""

import gzip
import hashlib
import json
import os
import shutil
from dataclasses import replace
from pkgutil import resolve_name

import numpy as np
import pytest

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.app.audit import audit
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.labels import Level
from lgesynth_gui.core.series import SignalKind
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisRequest
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import load, open_path
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.evidence import SEALED, different_fields, is_exported
from lgesynth_gui.io.export import export_result
from lgesynth_gui.io.export_files import CHECKSUMS, PROVENANCE
from lgesynth_gui.io.nifti_write import nifti_bytes
from lgesynth_gui.io.provenance import chain_of, identifiers_of
from lgesynth_gui.phantom.study import make_study
from lgesynth_gui.registry import cards
from lgesynth_gui.synthesis.generate import generate_with
from lgesynth_gui.synthesis.models import load_bundle
from tests.synthesis.tiny import write_bundle

VOLUME, SIDECAR = "nifti/SYNTHETIC_LGE.nii.gz", "nifti/SYNTHETIC_LGE_synth.json"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(models, host file, result, export) with small networks."""
    root = tmp_path_factory.mktemp("world")
    models = write_bundle(root / "models")
    study = make_study(np.random.default_rng(5), n_slices=4, matrix=(112, 96), spacing=1.9)
    host = root / "hosts" / "host.nii.gz"
    host.parent.mkdir()
    host.write_bytes(nifti_bytes(study.series.pixels, study.series.geometry))
    series = load(open_path(host)[0])
    assert (series.pixels == study.series.pixels).all()
    contours = study.contours
    index = next(i for i in contours.outlined() if contours.level(i) is Level.MID)
    region = segment_region(7, contours.level(index), anchors_in(contours, index), 0, 0.6, (index,))
    request = SynthesisRequest(
        series.pixels_sha256, contours, ScarSketch((region,)), steps=1, seed=4, dice_limit=0.0
    )
    bundle = load_bundle(folders=(models,))
    result = drive(generate_with(bundle, request, series, 0.0))
    # random networks do not pass the gate, and a blocked sample is not exported
    if result.verdict.grade in (Grade.BLOCKED, Grade.NOT_JUDGED):
        pytest.fail(str(result.verdict))
    out = root / "export"
    export_result(
        result, series, out, mode="new_subject",
        formats=("dicom", "seg", "nifti", "png", "nnunet", "emidec"),
        reason="a bad one for the tests",
    )  # fmt: skip
    return models, host, result, out


@pytest.fixture
def here(world, tmp_path, monkeypatch):
    """This computer has the small networks and no others."""
    models, *_ = world
    (tmp_path / "none").mkdir()
    real = cards.bundled
    monkeypatch.setattr(cards, "bundled", lambda kind: tmp_path / "none")
    monkeypatch.setenv("LGESYNTH_MODELS", str(models))
    return real


@pytest.fixture
def export(world, tmp_path):
    """A copy of the export that may be changed."""
    shutil.copytree(world[3], tmp_path / "copy" / "export")
    return tmp_path / "copy" / "export"


def painted(function, *arguments):
    """The engine's `run`, without its process."""
    return resolve_name(function)(*arguments)


def remembered(result):
    """As `painted`, but what was painted once is not painted again."""

    def run(function, request, series, models, device):
        assert request == result.request
        yield None
        return result

    return run


def sealed_again(folder, change):
    """Change the record, and let every checksum fit it again."""
    record = json.loads((folder / PROVENANCE).read_bytes())
    change(record)
    inner = {key: value for key, value in record.items() if key not in SEALED}
    side = json.loads((folder / SIDECAR).read_bytes())
    words = {"DerivationDescription": side["DerivationDescription"]}
    (folder / SIDECAR).write_bytes(canonical({**inner, **words}) + b"\n")
    record["subject"] = identifiers_of(inner).subject
    record["files"] = {name: sha256(folder / name) for name in record["files"]}
    record["chain"] = chain_of(inner, record["files"])
    record["head"] = record["chain"][-1]["chain"]
    (folder / PROVENANCE).write_bytes(canonical(record) + b"\n")
    hashes = {**record["files"], PROVENANCE: sha256(folder / PROVENANCE)}
    (folder / CHECKSUMS).write_text("".join(f"{v}  {k}\n" for k, v in sorted(hashes.items())))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_that_an_untouched_export_is_exact(world, here, export):
    found = drive(audit(export, painted, world[1]))
    assert (found.headline, found.problems, found.good) == ("exact", (), True)
    assert {one.words for one in found.files} == {"the same bytes"}
    assert len(found.files) == len(json.loads((export / PROVENANCE).read_bytes())["files"])
    assert {one.role for one in found.models} == {"controlnet", "base", "text", "reward", "judge"}
    assert all(one.then == one.here for one in found.models)
    assert all(then == now for _, then, now in found.versions)


@pytest.mark.parametrize(
    "name",
    ["dicom", "nifti", "dicom/SYNTHETIC_LGE_002.dcm", "seg/SYNTHETIC_SEG.dcm", VOLUME, SIDECAR,
     "nifti/SYNTHETIC_measured.nii.gz", "png/SYNTHETIC_slice_002.png", PROVENANCE],
)  # fmt: skip
def test_that_each_file_alone_can_be_audited(world, here, export, name):
    place = export / name
    if not place.exists():
        place = next(place.parent.glob("*"))
    assert drive(is_exported(place))
    found = drive(audit(place, remembered(world[2]), world[1]))
    assert (found.headline, found.problems) == ("exact", ())
    assert found.files


def test_that_a_sidecar_moved_with_its_volume_is_enough(world, here, export, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(export / "nifti", alone)
    found = drive(audit(alone / "SYNTHETIC_LGE_synth.json", remembered(world[2]), world[1]))
    assert (found.headline, found.problems) == ("exact", ())
    assert [one.name for one in found.files] == [VOLUME]


def test_that_the_host_is_found_beside_the_export(world, here, export):
    shutil.copy(world[1], export.parent / "host.nii.gz")
    assert drive(audit(export, remembered(world[2]))).headline == "exact"


def test_that_a_host_that_was_put_right_by_hand_is_recognised(world, here, tmp_path):
    """Base and apex turned, and the signal said to be phase-sensitive."""
    host = world[1]
    series = replace(load(open_path(host)[0]).turned_over(), signal=SignalKind.PSIR)
    then, last = world[2].request, series.shape[0] - 1
    contours = HeartContours(then.contours.slices[::-1])
    regions = tuple(
        replace(one, slices=tuple(last - i for i in one.slices)) for one in then.sketch.regions
    )
    request = replace(
        then, host_sha256=series.pixels_sha256, contours=contours, sketch=ScarSketch(regions)
    )
    result = drive(generate_with(load_bundle(folders=(world[0],)), request, series, 0.0))
    out = tmp_path / "turned"
    export_result(result, series, out, mode="new_subject", formats=("nifti",), reason="a test")
    assert drive(audit(out, remembered(result), host)).headline == "exact"


def changed_volume(path, value=1, place=None):
    raw = bytearray(gzip.decompress(path.read_bytes()))
    at = 352 if place is None else 352 + 2 * place
    raw[at] ^= value
    path.write_bytes(gzip.compress(bytes(raw), mtime=0))


@pytest.mark.parametrize("forged", [False, True])
def test_that_a_changed_pixel_of_a_volume_is_found(world, here, export, forged):
    changed_volume(export / VOLUME)
    if forged:
        sealed_again(export, lambda record: None)
    found = drive(audit(export, remembered(world[2]), world[1]))
    assert (found.headline, found.good) == ("different", False)
    assert "SYNTHETIC_LGE.nii.gz" in found.problems[0]
    (bad,) = [one for one in found.files if one.outcome.value == "different"]
    assert bad.words == "1 pixel outside the edited zone changed"
    assert bad.largest == 1


def test_that_a_changed_pixel_inside_the_edited_zone_is_found_too(world, here, export):
    place = int(np.flatnonzero(world[2].edited)[10])
    changed_volume(export / VOLUME, place=place)
    found = drive(audit(export / VOLUME, remembered(world[2]), world[1]))
    assert found.headline == "different"
    assert found.problems == ("SYNTHETIC_LGE.nii.gz was changed since the export.",)
    assert found.files[0].words == "1 pixel differ, by 1 at most"


@pytest.mark.parametrize("forged", [False, True])
@pytest.mark.parametrize("at", [-2, 200])  # a pixel; a letter of the header
def test_that_a_changed_byte_of_an_image_is_found(world, here, export, forged, at):
    path = export / "dicom" / "SYNTHETIC_LGE_001.dcm"
    raw = bytearray(path.read_bytes())
    raw[at] ^= 1
    path.write_bytes(raw)
    if forged:
        sealed_again(export, lambda record: None)
    found = drive(audit(path, remembered(world[2]), world[1]))
    assert found.headline == "different"
    assert "SYNTHETIC_LGE_001.dcm" in found.problems[0]


def test_that_a_changed_picture_is_found(world, here, export):
    path = next((export / "png").iterdir())
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    found = drive(audit(export, remembered(world[2]), world[1]))
    assert found.problems == (f"{path.name} was changed since the export.",)
    assert found.headline == "different"


def test_that_a_changed_sidecar_is_found_and_says_where(world, here, export):
    told = json.loads((export / SIDECAR).read_bytes())
    told["verdict"]["grade"] = "PASS"
    told["verdict"]["dice"] = 0.91
    (export / SIDECAR).write_bytes(canonical(told))
    found = drive(audit(export, remembered(world[2]), world[1]))
    assert found.headline == "different"
    assert any("SYNTHETIC_LGE_synth.json" in one and "verdict" in one for one in found.problems)


@pytest.mark.parametrize(
    ("part", "key", "value", "named"),
    [
        ("verdict", "dice", 0.91, "verdict.dice"),
        ("verdict", "judge", "nobody", "verdict.judge"),
        ("host", "slope", 2.0, "host.slope"),
        ("result", "edited_pixels", 3, "result.edited_pixels"),
        ("scores", "reward Dice", 0.99, "scores.reward Dice"),
    ],
)
def test_that_a_forged_record_is_found_by_making_the_sample_again(
    world, here, export, part, key, value, named
):
    sealed_again(export, lambda record: record[part].__setitem__(key, value))
    found = drive(audit(export / PROVENANCE, remembered(world[2]), world[1]))
    assert found.headline == "different"
    assert f"The record says something else than was found: {named}." in found.problems


def test_that_a_forged_request_paints_other_pixels(world, here, export):
    sealed_again(export, lambda record: record["request"].__setitem__("seed", 5))
    found = drive(audit(export, painted, world[1]))
    assert found.headline == "different"
    assert "The pixels made again are not the ones the record names." in found.problems


def test_that_an_unsealed_change_of_the_request_is_named_at_once(world, here, export):
    told = json.loads((export / PROVENANCE).read_bytes())
    told["reason"] = "none at all"
    (export / PROVENANCE).write_bytes(canonical(told))
    found = drive(audit(export, remembered(world[2]), world[1]))
    assert "The record was changed: the subject's number is not made of it." in found.problems
    assert "The record is not the one in the list of checksums." in found.problems


def shifted(result, by, count):
    """The result of a computer that computes some edited pixels a little otherwise."""
    pixels = result.pixels.copy()
    where = np.flatnonzero(result.edited)[:count]
    pixels.reshape(-1)[where] += by
    return replace(result, pixels=pixels, pixels_sha256=content_hash(pixels))


@pytest.mark.parametrize(
    ("by", "count", "headline"),
    [
        (1, 50, "close (largest difference 1 stored grey level)"),
        (1, 10**9, "close (largest difference 1 stored grey level)"),
        (2, 50, "different"),
    ],
)
def test_that_the_last_grey_level_is_close_and_more_is_different(
    world, here, export, by, count, headline
):
    found = drive(audit(export, remembered(shifted(world[2], by, count)), world[1]))
    assert found.headline == headline
    assert found.good is headline.startswith("close")


def test_that_a_changed_pixel_is_never_close(world, here, export):
    changed_volume(export / VOLUME, place=int(np.flatnonzero(world[2].edited)[10]))
    other = shifted(world[2], 1, 50)
    assert drive(audit(export, remembered(other), world[1])).headline == "different"


def test_that_a_missing_model_is_named(world, here, export, monkeypatch, tmp_path):
    few = tmp_path / "few"
    shutil.copytree(world[0], few)
    shutil.rmtree(few / "judge")
    monkeypatch.setenv("LGESYNTH_MODELS", str(few))
    with pytest.raises(Refused, match=r"judge/1\.0\.0 \(judge, SHA-256 [0-9a-f]{12}…\).*AUD-03"):
        drive(audit(export, painted, world[1]))


def test_that_a_model_of_the_same_name_does_not_stand_in(
    world, here, export, monkeypatch, tmp_path
):
    other = write_bundle(tmp_path / "other", rewards=1)
    card = cards.find_model("judge", [other])
    (other / "judge" / "1.0.0" / "model.json").write_bytes(
        card.model_copy(update={"files": (replace_sha(card.files[0]),)}).to_json()
    )
    monkeypatch.setenv("LGESYNTH_MODELS", str(other))
    with pytest.raises(Refused, match="AUD-03"):
        drive(audit(export, painted, world[1]))


def replace_sha(one):
    return one.model_copy(update={"sha256": "0" * 64})


def test_that_a_missing_host_is_said_and_a_wrong_one_refused(world, here, export):
    with pytest.raises(Refused, match="AUD-04"):
        drive(audit(export, painted))
    with pytest.raises(Refused, match=r"not the one.*AUD-04"):
        drive(audit(export, painted, export / "nifti"))


def test_that_changed_files_are_different_also_without_a_host(here, export):
    changed_volume(export / VOLUME)
    found = drive(audit(export, painted))
    assert found.headline == "different"
    assert any("not made again" in one for one in found.notes)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda r: r["request"].__setitem__("steps", 10**9), "AUD-02"),
        (lambda r: r["request"].__setitem__("guidance", 1e9), "AUD-02"),
        (lambda r: r["request"].__setitem__("caption", "a" * 10**5), "AUD-02"),
        (lambda r: r.__setitem__("models", []), "AUD-02"),
        (lambda r: r.__setitem__("models", [{"role": "judge"}] * 4), "AUD-03"),
        (lambda r: r.__setitem__("format", "something"), "AUD-01"),
    ],
)
def test_that_a_hostile_record_is_refused(world, here, export, change, code):
    sealed_again(export, change)
    with pytest.raises(Refused, match=code):
        drive(audit(export, painted, world[1]))


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "a/b/c/d/e", "C:\\x", "..", ""]
)
def test_that_a_record_cannot_point_outside_its_folder(world, here, export, name):
    told = json.loads((export / PROVENANCE).read_bytes())
    told["files"][name] = "0" * 64
    (export / PROVENANCE).write_bytes(canonical(told))
    found = drive(audit(export, remembered(world[2]), world[1]))
    assert "The record lists files outside its folder." in found.problems


def test_that_what_was_not_exported_is_refused_in_words(world, here, tmp_path):
    with pytest.raises(Refused, match="AUD-01"):
        drive(audit(world[1], painted))
    with pytest.raises(LgeSynthError, match="nothing at that place"):
        drive(audit(tmp_path / "gone", painted))
    for data in (b"", b"{}", b"[" * 10**5, b'{"a": NaN}', b"\xff" * 99, b'{"format": 1}'):
        (tmp_path / "provenance.json").write_bytes(data)
        with pytest.raises(Refused, match="AUD-01"):
            drive(audit(tmp_path / "provenance.json", painted))
        assert not drive(is_exported(tmp_path / "provenance.json"))
    os.mkfifo(tmp_path / "x_provenance.json")
    assert not drive(is_exported(tmp_path / "x_provenance.json"))


def test_that_differences_are_named_by_their_place():
    first = {"a": {"b": 1.0, "c": [1, 2]}, "d": True}
    assert different_fields(first, first) == ()
    assert different_fields(first, {"a": {"b": 1.0, "c": [1, 3]}, "d": 1}) == ("a.c", "d")
    assert different_fields(first, {"a": {"b": 1.001, "c": [1, 2]}, "d": True}, 0.01) == ()
    assert different_fields(first, {"a": {"c": [1, 2]}, "d": True}) == ("a.b",)

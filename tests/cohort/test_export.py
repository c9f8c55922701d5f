"""An exported cohort is what its manifest says: marked, whole, and what other programs take."""

import csv
import json
import shutil
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from lgesynth_gui.cohort.export import export_cohort
from lgesynth_gui.cohort.export_cases import LabelSource, Slices, splits_of
from lgesynth_gui.cohort.export_choice import FORMATS, Choices
from lgesynth_gui.cohort.export_trail import TRAIL
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import Index
from lgesynth_gui.cohort.make import add_hearts, make_cohort
from lgesynth_gui.cohort.manifest import CHECKSUMS, CSV, JSON
from lgesynth_gui.cohort.plan import PLAN, Plan, Row, read_plan
from lgesynth_gui.cohort.results import result_of_sample
from lgesynth_gui.cohort.review import Decision, Reviewer
from lgesynth_gui.cohort.samples import Sample, file_of, read_arrays, read_record, store
from lgesynth_gui.cohort.verify_export import verify_export
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io import load, open_path, trail
from lgesynth_gui.training.annotated import load_case
from lgesynth_gui.training.cases import find_cases
from tests.cohort.made import made, planned
from tests.faults.harness import failing
from tests.io import canaries
from tests.io.results import host, study

ROOT = "nnunet_SYNTHETIC/Dataset501_LGESynthCohort"
WHY = "shows what the judge misses"


def export(folder, out, *formats, **values):
    return drive(export_cohort(folder, out, Choices(formats or ("nnunet",), **values)))


def rows_of(out):
    return json.loads((out / JSON).read_text())["images"]


def hosts_in(folder):
    return {one.id: load_host(folder, one) for one in read_plan(folder / PLAN).hosts}


@pytest.fixture(scope="module")
def everything(made_by_hand, tmp_path_factory):
    """Every format at once."""
    place = tmp_path_factory.mktemp("out")
    folder = shutil.copytree(made_by_hand, place / "cohort")  # what left it is noted there
    return place / "all", export(folder, place / "all", *FORMATS)


@pytest.mark.filterwarnings("ignore")
def test_that_nnunets_own_check_passes(everything, tmp_path, monkeypatch):
    for name in ("nnUNet_raw", "nnUNet_preprocessed", "nnUNet_results"):
        monkeypatch.setenv(name, str(tmp_path))
    nnunet = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity")
    out, _ = everything
    nnunet.verify_dataset_integrity(str(out / ROOT), num_processes=1)


def test_that_what_the_gate_accepted_and_controls_are_there_and_nothing_else(everything):
    out, told = everything
    assert (told.samples, told.controls, told.images) == (3, 1, 4)
    assert told.left_out == {
        "not accepted": 1, "could not be made": 1, "FAIL without a reason": 1,
    }  # fmt: skip
    rows = {row["image"]: row for row in rows_of(out)}
    assert sorted(rows) == [
        "CONTROL_00000003", "SYNTHETIC_00000000", "SYNTHETIC_00000001", "SYNTHETIC_00000002",
    ]  # fmt: skip
    control = rows["CONTROL_00000003"]
    assert (control["synthetic"], control["dice"], control["seed"]) == (0, None, None)
    assert control["kind"] == "control, not synthesised"
    assert all(
        row["synthetic"] == 1 and row["dice"] == 0.7 for k, row in rows.items() if k[0] == "S"
    )
    assert all("SYNTHETIC" in str(one.relative_to(out)) for one in out.rglob("*") if one.is_file())


def test_that_image_and_label_are_the_samples_own(everything, made_by_hand):
    out, _ = everything
    hosts = hosts_in(made_by_hand)
    for number in (0, 1, 2):
        record, _ = read_record(made_by_hand, number)
        result = result_of_sample(made_by_hand, record, hosts[record["heart"]])
        key = f"SYNTHETIC_{number:08d}"
        image = nibabel.load(out / ROOT / "imagesTr" / f"{key}_0000.nii.gz")
        label = nibabel.load(out / ROOT / "labelsTr" / f"{key}.nii.gz")
        assert np.array_equal(image.affine, label.affine)
        whole = number == 2  # two slices of a computed heart: its whole stack
        slices = range(4) if whole else result.slices
        stored = np.asanyarray(image.dataobj.get_unscaled()).transpose(2, 1, 0)
        assert np.array_equal(stored, result.pixels[list(slices)])
        drawn = np.asanyarray(label.dataobj).transpose(2, 1, 0)
        for place, index in enumerate(slices):
            if index in result.slices:
                assert np.array_equal(drawn[place], result.requested[index])
            else:  # the heart is labelled there, too
                assert set(np.unique(drawn[place])) == {0, 1, 2}
        lps = hosts[record["heart"]].series.geometry.position(slices[0])
        assert image.affine[:3, 3] == pytest.approx(lps * (-1, -1, 1), abs=1e-4)


def test_that_a_control_is_the_untouched_original_without_scar(everything, made_by_hand):
    out, _ = everything
    image = nibabel.load(out / ROOT / "imagesTr" / "CONTROL_00000003_0000.nii.gz")
    label = nibabel.load(out / ROOT / "labelsTr" / "CONTROL_00000003.nii.gz")
    stored = np.asanyarray(image.dataobj.get_unscaled()).transpose(2, 1, 0)
    assert np.array_equal(stored[0], hosts_in(made_by_hand)["H002"].series.pixels[1])
    assert set(np.unique(np.asanyarray(label.dataobj))) == {0, 1, 2}
    assert b"not synthesised" in image.header["descrip"].tobytes()
    assert b"SYNTHETIC" not in image.header.binaryblock


def test_that_the_manifest_tells_the_same_in_both_forms(everything, made_by_hand):
    out, _ = everything
    with (out / CSV).open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    rows = rows_of(out)
    assert [one["image"] for one in table] == [one["image"] for one in rows]
    with Index(made_by_hand) as index:
        known = {one.number: one for one in index.entries()}
    for cells, row in zip(table, rows, strict=True):
        entry = known[row["sample"]]
        assert row["record_sha256"] == cells["record_sha256"] == entry.sha256
        assert (row["size"], row["segment"]) == (entry.size, entry.segment or None)
        assert cells["label_source"] == "drawn"
        assert [int(one) for one in cells["slices"].split()] == row["slices"]
    wide = next(row for row in rows if row["sample"] == 1)
    assert {7, 8} <= {int(s) for s, share in wide["transmurality"].items() if share > 0}
    assert 0.3 < wide["transmurality"]["7"] <= 0.75  # class 2 was asked for: 26 to 50 %
    assert wide["request"]["steps"] == 1


def test_that_both_other_labels_lie_beside_and_differ(by_hand, tmp_path):
    maps = {}
    for source in LabelSource:
        out = tmp_path / source.value
        export(by_hand, out, label=source)
        label = nibabel.load(out / ROOT / "labelsTr" / "SYNTHETIC_00000001.nii.gz")
        maps[source] = np.asanyarray(label.dataobj)
        assert source.value in str(label.header["descrip"])
        beside = sorted(p.name for p in (out / "other_labels_SYNTHETIC").glob("*_00000001_*"))
        others = [one for one in ("drawn", "judge") if one != source.value]
        assert beside == [f"SYNTHETIC_00000001_{one}_measured.nii.gz" for one in others]
        kinds = {row["label_source"] for row in rows_of(out) if row["synthetic"]}
        assert kinds == {source.value}
    drawn, judge, bright = (maps[one] == 3 for one in LabelSource)
    # one pixel of the drawn scar was not made bright, and the judge does not see it
    assert (drawn & ~judge).sum() == (drawn & ~bright).sum() == 1
    assert not (judge & ~drawn).any()


def test_that_slices_are_cut_as_asked(by_hand, tmp_path):
    def shapes(name, **values):
        export(by_hand, tmp_path / name, **values)
        images = sorted((tmp_path / name / ROOT / "imagesTr").glob("SYN*"))
        return [nibabel.load(one).shape[2] for one in images]

    assert shapes("auto") == [1, 1, 4]
    assert shapes("painted", slices=Slices.PAINTED) == [1, 1, 2]
    assert shapes("stack", slices=Slices.STACK) == [4, 4, 4]


def test_that_painted_slices_that_lie_apart_become_two_images(new_cohort, tmp_path):
    folder = made(planned(new_cohort(), (Row(heart="H001", segments=(4, 15), slices=(1, 3)),)))
    export(folder, tmp_path / "x", slices=Slices.PAINTED)
    rows = rows_of(tmp_path / "x")
    assert [(row["image"][-2:], row["slices"]) for row in rows] == [("_1", [1]), ("_2", [3])]


def test_that_a_fail_needs_a_reason_and_nothing_else_takes_one(by_hand, tmp_path):
    with pytest.raises(LgeSynthError, match="too short"):
        export(by_hand, tmp_path / "x", reasons={6: "because"})
    with pytest.raises(LgeSynthError, match="Sample 4 is no FAIL"):
        export(by_hand, tmp_path / "x", reasons={4: WHY})
    told = export(by_hand, tmp_path / "x", "nnunet", "nifti", reasons={6: WHY})
    assert told.samples == 4
    row = next(row for row in rows_of(tmp_path / "x") if row["sample"] == 6)
    assert (row["verdict"], row["reason"]) == ("FAIL", WHY)
    own = tmp_path / "x/samples_SYNTHETIC/SYNTHETIC_00000006/SYNTHETIC_provenance.json"
    assert json.loads(own.read_text())["reason"] == WHY


def test_that_reviewers_decide(by_hand, tmp_path):
    with Index(by_hand) as index:
        shas = {one.number: one.sha256 for one in index.entries()}
    with Reviewer(by_hand, "R1") as one:
        one.decide(0, shas[0], Decision.ACCEPT, text="=HYPERLINK(1)")
        one.decide(1, shas[1], Decision.REJECT)
        one.decide(4, shas[4], Decision.ACCEPT)
        one.decide(2, "0" * 64, Decision.REJECT)  # of a picture that is not there any more
    export(by_hand, tmp_path / "all")
    assert [row["sample"] for row in rows_of(tmp_path / "all")] == [0, 2, 3, 4]
    told = export(by_hand, tmp_path / "reviewed", reviewed=True, controls=False)
    assert (told.samples, told.left_out["rejected"], told.left_out["control"]) == (2, 1, 1)
    row = rows_of(tmp_path / "reviewed")[0]
    assert row["reviews"][0]["text"] == "=HYPERLINK(1)"
    assert "=HYPERLINK" not in (tmp_path / "reviewed" / CSV).read_text()
    card = (tmp_path / "reviewed" / "SYNTHETIC_data_card.md").read_text()
    assert "R1" in card


def test_that_a_computed_heart_and_a_patients_are_told_apart(everything, by_hand, tmp_path):
    card = (everything[0] / "SYNTHETIC_data_card.md").read_text()
    assert "no patient is in them" in card
    assert "not anonymous" not in card
    values = json.loads((by_hand / PLAN).read_text())
    for one in values["hosts"]:
        one["origin"] = "patient"
    (by_hand / PLAN).write_text(json.dumps(values))
    export(by_hand, tmp_path / "x")
    card = (tmp_path / "x" / "SYNTHETIC_data_card.md").read_text()
    assert "pseudonymised patient data, not anonymous" in card
    image = nibabel.load(tmp_path / "x" / ROOT / "imagesTr" / "SYNTHETIC_00000002_0000.nii.gz")
    assert image.shape[2] == 2  # other slices of a patient may hold scar that no label shows


def test_that_emidecs_layout_is_read_back_as_painted_cases(everything):
    out, _ = everything
    cases = drive(find_cases([out / "emidec_SYNTHETIC"]))
    assert len(cases) == 4
    assert all(case.generated for case in cases)
    read = [drive(load_case(case)) for case in cases]
    assert sorted(bool((one.labels >= 3).any()) for one in read) == [False, True, True, True]


def test_that_no_heart_stands_on_both_sides_of_a_fold(everything):
    folds = json.loads((everything[0] / "SYNTHETIC_splits_final.json").read_text())
    hearts = {row["image"]: row["heart"] for row in rows_of(everything[0])}
    assert len(folds) == 2
    for fold in folds:
        sides = [{hearts[key] for key in fold[side]} for side in ("train", "val")]
        assert sides[0].isdisjoint(sides[1])
        assert sides[0] | sides[1] == {"H001", "H002"}
    assert splits_of({"H001": ["a"]}) == []
    assert len(splits_of({f"H{k:03d}": [str(k)] for k in range(9)})) == 5


def test_that_two_exports_are_the_same_bytes(by_hand, tmp_path):
    for name in "ab":
        export(by_hand, tmp_path / name, "nnunet", "nifti")
    first, second = ((tmp_path / name / CHECKSUMS).read_bytes() for name in "ab")
    assert first == second


def test_that_every_changed_file_of_an_export_is_named(by_hand, tmp_path):
    out = tmp_path / "x"
    export(by_hand, out, "nnunet", "png")
    assert drive(verify_export(out)).wrong == 0
    for path in sorted(one for one in out.rglob("*") if one.is_file()):
        kept = path.read_bytes()
        path.write_bytes(kept[:-2] + bytes([kept[-2] ^ 1]) + kept[-1:])
        found = drive(verify_export(out))
        assert found.wrong, path.name
        if path.name != CHECKSUMS:
            assert any(path.name in one for one in found.problems)
        path.write_bytes(kept)
    (out / "more.txt").write_text("x")
    next(out.rglob("*.png")).unlink()
    said = " ".join(drive(verify_export(out)).problems)
    assert "more.txt has no checksum" in said
    assert ".png is missing" in said


def test_that_an_export_that_cannot_end_leaves_nothing(by_hand, tmp_path, monkeypatch):
    with failing(monkeypatch, 10**6) as seen:
        export(by_hand, tmp_path / "whole")
    for n in range(1, len(seen), 23):
        with failing(monkeypatch, n), pytest.raises(LgeSynthError):
            export(by_hand, tmp_path / "x")
        assert [one.name for one in tmp_path.iterdir() if "whole" not in one.name] == ["by_hand"]
    records, wrong = trail.problems_of(by_hand / TRAIL)
    assert wrong == ()
    said = [one["action"] for one in records]
    assert said[:3] == ["begin", "export", "exported"]
    assert said.count("exported") == 1
    assert "not exported" in said
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine").write_text("x")
    with pytest.raises(LgeSynthError, match="already holds files"):
        export(by_hand, tmp_path / "used")


def test_that_a_damaged_sample_stops_the_export_with_its_number(by_hand, tmp_path):
    path = file_of(by_hand, 1, "npz")
    content = path.read_bytes()
    path.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    with pytest.raises(LgeSynthError, match="sample 1 are damaged"):
        export(by_hand, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_that_nothing_to_export_is_said_with_its_reasons(new_cohort, tmp_path):
    folder = made(planned(new_cohort()), (Grade.CHECK,))
    with pytest.raises(LgeSynthError, match="5 not accepted"):
        export(folder, tmp_path / "x", controls=False)
    with pytest.raises(LgeSynthError, match="no format"):
        export(folder, tmp_path / "x", "bmp")


def test_that_nothing_of_a_patient_reaches_a_cohort_or_its_export(tmp_path, count):
    source = tmp_path / "source" / canaries.TOKEN
    source.mkdir(parents=True)
    canaries.dicom_canaries(source, host())
    (info,) = [one for one in open_path(source) if one.usable]
    series = load(info)
    assert canaries.TOKEN in str(series.source.attributes)
    folder = tmp_path / "kept" / "cohort"
    make_cohort(folder, Plan())
    add_hearts(folder, ((series, study().contours),))
    made(planned(folder, (Row(heart="H001", pattern="ischaemic_transmural"),
                          Row(heart="H001", control=True))))  # fmt: skip
    export(folder, tmp_path / "kept" / "out", *FORMATS)
    uids = {series.source.study_uid, *(one.sop_instance_uid for one in series.source.slices)}
    needles = canaries.needles(canaries.BORN, canaries.STUDIED, *sorted(uids))
    files, size, found = canaries.hits(tmp_path / "kept", needles)
    assert found == []
    assert files > 20
    count(f"cohort and export of a patient: {files} files, {size} bytes, 0 hits")


def test_that_a_result_comes_back_from_its_sample(made_by_hand):
    record, _ = read_record(made_by_hand, 0)
    one = hosts_in(made_by_hand)[record["heart"]]
    result = result_of_sample(made_by_hand, record, one)
    assert content_hash(result.pixels) == result.pixels_sha256 == record["pixels_sha256"]
    assert result.verdict.grade is Grade.PASS
    assert result.request.contours == one.contours
    other = replace(one, entry=one.entry.model_copy(update={"sha256": "0" * 64}))
    with pytest.raises(LgeSynthError, match="another heart"):
        result_of_sample(made_by_hand, record, other)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r.pop("origin"),
        lambda r: r.update(verdict=[]),
        lambda r: r.update(models=[1]),
        lambda r: r.update(place={"size": 3}),
        lambda r: r.update(request={}),
        lambda r: r.update(tries=4),
    ],
)
def test_that_a_record_nobody_should_have_written_is_refused_in_words(by_hand, tmp_path, change):
    record, _ = read_record(by_hand, 0)
    forged = dict(record)
    change(forged)
    sha256, _ = store(by_hand, Sample(forged, read_arrays(by_hand, record)))
    with Index(by_hand, writes=True) as index:
        index._write("update samples set sha256 = ? where number = 0", [[sha256]])
    with pytest.raises(LgeSynthError, match="sample 0"):
        export(by_hand, tmp_path / "x", "nnunet", "nifti")
    assert not (tmp_path / "x").exists()

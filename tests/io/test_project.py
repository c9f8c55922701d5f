"""A project comes back exactly, or is refused in one sentence that names what is damaged."""

import json
import stat
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from lgesynth_gui.app.project_state import KEPT_STEPS, Work, plain_work, trimmed, work_of
from lgesynth_gui.app.session import Settings, State, Step
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SignalKind, SliceOrder, SourceSlice
from lgesynth_gui.io import project_archive
from lgesynth_gui.io.project import Head, read_head, read_project, write_project
from lgesynth_gui.io.project_archive import VERSION
from lgesynth_gui.io.project_pack import Packing
from lgesynth_gui.io.project_unpack import NotAValue, Unpacking
from tests.io import projects

HEAD = Head("ab" * 16, "My heart", "2026-01-02T03:04:05+00:00")


def save(path, work, head=HEAD):
    drive(
        write_project(
            path, head, work.state.series, lambda packing: plain_work(work, packing), work.results()
        )
    )


def load(path):
    opened = drive(read_project(path))
    return opened, work_of(opened.series, opened.work, opened.values)


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "a.lgesynth"
    save(path, projects.full_work())
    return path


def changed(path, edit):
    """The same file with its members edited, and its checksums made right again."""
    import hashlib

    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    edit(manifest, members)
    for name in manifest["members"]:
        if name in members:
            data = members[name]
            manifest["members"][name] = {
                "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)
            }  # fmt: skip
    text = json.dumps(manifest).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
        archive.writestr("manifest.json", text)
        archive.comment = hashlib.sha256(text).hexdigest().encode()


def test_that_a_full_work_comes_back_exactly(saved):
    opened, work = load(saved)
    projects.assert_same(work, projects.full_work())
    assert opened.head == replace(HEAD, slices=projects.N)
    assert work.state.applied is work.variations[0].result
    assert work.steps[1].after is work.state.applied


@rules(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(projects.contours, projects.sketches, projects.settings, st.lists(projects.sketches))
def test_that_any_drawing_comes_back_exactly(tmp_path, contours, sketch, settings, others):
    steps = tuple(Step("sketch", f"edit {i}", one, sketch, i + 1) for i, one in enumerate(others))
    work = Work(State(projects.host(), contours, sketch, settings), (), (), steps, len(steps))
    save(tmp_path / "a.lgesynth", work)
    projects.assert_same(load(tmp_path / "a.lgesynth")[1], work)


@pytest.mark.parametrize("dtype", ["i1", "u1", "<i2", ">u2", "<i4", "<u4", "<f4", "<f8"])
def test_that_pixels_of_every_kind_keep_their_values(tmp_path, dtype):
    values = np.random.default_rng(2).integers(0, 100, (2, 5, 7)).astype(dtype)
    plain = Geometry.plain((8.0, 1.5, 1.25))
    order = SliceOrder.CAVITY
    series = LgeSeries(values, plain, 0.5, -3.0, SignalKind.PSIR, order=order)
    contours = projects.hearts.HeartContours((None, None))
    save(tmp_path / "a.lgesynth", Work(State(series, contours)))
    back = load(tmp_path / "a.lgesynth")[0].series
    assert back.pixels_sha256 == series.pixels_sha256
    assert (back.slope, back.intercept, back.signal) == (0.5, -3.0, SignalKind.PSIR)
    assert back.spacing == series.spacing
    assert back.order is order
    assert not back.geometry.known


def test_that_a_result_that_differs_everywhere_comes_back(tmp_path):
    host = projects.host()
    odd = replace(projects.result(1), pixels=host.pixels.astype(np.float32) * np.float32(np.nan),
                  pixels_sha256="")  # fmt: skip
    work = Work(State(host, projects.hearts.contours(), applied=odd))
    save(tmp_path / "a.lgesynth", work)
    back = load(tmp_path / "a.lgesynth")[1].state.applied.pixels
    assert back.dtype == np.float32
    assert np.isnan(back).all()


def test_that_no_identity_of_the_source_is_stored(tmp_path):
    source = SeriesSource(
        "dicom",
        tuple(SourceSlice("1.2.840", f"1.2.3.98765143210.{i}") for i in range(projects.N)),
        "1.2.3.98765243210",
        "1.2.3.98765343210",
        "1.2.3.98765443210",
        (
            ("PatientName", "Canary^Wilhelmina"),
            ("StudyDate", "20210318"),
            ("StudyID", "98765543210"),
        ),
    )
    notes = ("The mask beside it is not used: Canary_Wilhelmina.nii was refused.", "Kept note.")
    series = replace(projects.host(), source=source, notes=notes)
    save(tmp_path / "a.lgesynth", Work(State(series, projects.hearts.contours())))
    data = (tmp_path / "a.lgesynth").read_bytes()
    for word in (
        b"Canary",
        b"98765143210",
        b"98765243210",
        b"98765343210",
        b"98765443210",
        b"98765543210",
        b"20210318",
    ):
        assert word not in data
    back = load(tmp_path / "a.lgesynth")[0].series
    assert back.source == SeriesSource("project")
    assert back.notes == ("Kept note.",)


def test_that_a_phantom_stays_one_and_a_nifti_keeps_its_codes(tmp_path):
    codes = (("NiftiQformCode", 1), ("NiftiSformCode", 2))
    for source in (SeriesSource("phantom"), SeriesSource("nifti", attributes=codes)):
        series = replace(projects.host(), source=source)
        save(tmp_path / "a.lgesynth", Work(State(series, projects.hearts.contours())))
        assert load(tmp_path / "a.lgesynth")[0].series.source == source


def test_that_two_hundred_steps_come_back_and_equal_work_gives_equal_bytes(tmp_path):
    sketches = [projects.ScarSketch()]
    for k in range(300):
        region = projects.ScarRegion(((float(k), 0.0), (k + 5.0, 0.2), (k + 5.0, 0.9)), (1,))
        sketches.append(sketches[-1].adding(region))
    steps = tuple(
        Step("sketch", f"stroke {i}", sketches[i], sketches[i + 1], i + 1) for i in range(300)
    )
    state = State(projects.host(), projects.hearts.contours(), sketches[290])
    work = trimmed(Work(state, (), (), steps, 290))
    assert (len(work.steps), work.done) == (KEPT_STEPS + 10, KEPT_STEPS)
    save(tmp_path / "a.lgesynth", work)
    save(tmp_path / "b.lgesynth", work)
    assert (tmp_path / "a.lgesynth").read_bytes() == (tmp_path / "b.lgesynth").read_bytes()
    projects.assert_same(load(tmp_path / "a.lgesynth")[1], work)


def test_that_a_project_is_for_its_owner_only_and_its_head_is_read_alone(saved):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    head, picture = read_head(saved)
    assert head.label == "My heart"
    assert picture.shape == (96, 96)
    assert picture.max() > 200


def test_that_saving_an_ordinary_project_takes_less_than_a_second(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 900, (10, 256, 256)).astype(np.uint16)
    series = LgeSeries(pixels, projects.host().geometry)
    edited = np.zeros(series.shape, bool)
    edited[3:6, 90:170, 90:170] = True
    results = [
        replace(
            projects.result(1),
            pixels=np.where(edited, pixels + k, pixels).astype(np.uint16),
            edited=edited,
            requested=edited.astype(np.uint8) * 3,
            measured=edited.astype(np.uint8) * 2,
            pixels_sha256="",
        )
        for k in range(1, 13)
    ]
    variations = tuple(
        projects.Variation(i + 1, 1, r.request, projects.Stage.DONE, None, r)
        for i, r in enumerate(results)
    )
    contours = projects.HeartContours((*projects.hearts.contours().slices, None, None, None, None))
    work = Work(State(series, contours), variations, (projects.Group(1),))
    begin = time.perf_counter()
    save(tmp_path / "a.lgesynth", work)
    assert time.perf_counter() - begin < 1.0
    assert (tmp_path / "a.lgesynth").stat().st_size < 4 << 20


# -- refusals


def test_that_a_newer_version_is_refused_in_one_sentence(saved):
    changed(saved, lambda manifest, members: manifest.update(version=VERSION + 1))
    with pytest.raises(Refused, match=r"a newer version .* saved it .*PRJ-04") as told:
        drive(read_project(saved))
    assert "Update" in told.value.hint


@pytest.mark.parametrize(
    "member", ["series.json", "work.json", "shared.json", "thumbnail.raw", "arrays/00000.raw"]
)
def test_that_a_damaged_member_is_named(saved, member):
    data = bytearray(saved.read_bytes())
    with zipfile.ZipFile(saved) as archive:
        info = archive.getinfo(member)
    place = info.header_offset + 30 + len(member) + info.file_size // 2
    data[place] ^= 0xFF
    saved.write_bytes(data)
    with pytest.raises(Refused, match=member.replace("/", ".")) as told:
        drive(read_project(saved))
    assert told.value.code == "PRJ-05"


def test_that_any_changed_byte_is_refused_or_changes_nothing(tmp_path):
    small = LgeSeries(
        np.arange(2 * 9 * 8, dtype=np.int16).reshape(2, 9, 8), Geometry.plain((8, 1, 1))
    )
    work = Work(State(small, projects.HeartContours((None, None))))
    path = tmp_path / "a.lgesynth"
    save(path, work)
    whole = path.read_bytes()
    rng = np.random.default_rng(5)
    refused = []
    for place in [*rng.integers(0, len(whole), 300), *range(len(whole) - 90, len(whole))]:
        data = bytearray(whole)
        data[place] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(data)
        try:
            projects.assert_same(load(path)[1], work)
        except Refused as closed:
            refused.append(closed)
    assert len(refused) > 200
    assert all(one.code.startswith("PRJ-0") and "a.lgesynth" in one.what for one in refused)


def test_that_every_cut_is_refused(saved):
    whole = saved.read_bytes()
    for share in np.linspace(0, 0.999, 20):
        saved.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(Refused, match="PRJ-03"):
            drive(read_project(saved))


def test_that_other_archives_are_no_projects(tmp_path):
    path = tmp_path / "a.lgesynth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (1 << 20))
    with pytest.raises(Refused, match="no project"):
        drive(read_project(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../evil", b"x")
    with pytest.raises(Refused, match="no project"):
        drive(read_project(path))


def pack_one(path):
    """The same with its largest member compressed."""
    with zipfile.ZipFile(path) as archive:
        comment = archive.comment
        members = {one: archive.read(one) for one in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            packed = zipfile.ZIP_DEFLATED if name == "arrays/00000.raw" else zipfile.ZIP_STORED
            archive.writestr(name, data, packed)
        archive.comment = comment


def code_of(path):
    with pytest.raises(Refused) as refused:
        load(path)
    return refused.value.code


def test_that_a_project_larger_than_its_limits_is_refused_unread(saved, monkeypatch):
    size = saved.stat().st_size
    monkeypatch.setattr(project_archive, "FILE_BYTES", size)
    load(saved)
    monkeypatch.setattr(project_archive, "FILE_BYTES", size - 1)
    assert code_of(saved) == "PRJ-06"
    monkeypatch.undo()
    monkeypatch.setattr(project_archive, "JSON_BYTES", 10)
    assert code_of(saved) == "PRJ-06"


def test_that_values_no_project_holds_are_refused_by_their_code(saved):
    changed(saved, IMPOSSIBLE["an affine"])
    assert code_of(saved) == "PRJ-07"


def test_that_packed_and_foreign_members_are_refused(saved):
    whole = saved.read_bytes()
    pack_one(saved)
    with pytest.raises(Refused, match="is packed"):
        drive(read_project(saved))
    saved.write_bytes(whole)

    def foreign(manifest, members):
        members["evil.py"] = b"print()"
        manifest["members"]["evil.py"] = {}

    changed(saved, foreign)
    with pytest.raises(Refused, match="part that no project has"):
        drive(read_project(saved))


def member(name, edit):
    def run(manifest, members):
        value = json.loads(members[name])
        edit(value)
        members[name] = json.dumps(value).encode()

    return run


IMPOSSIBLE = {
    "a huge box": member("shared.json", lambda v: v["results"][0]["pixels"].update(at=[9, 9, 900])),
    "a grid": member("shared.json", lambda v: v["results"][0]["edited"].update(shape=[4096] * 3)),
    "a slice": member("shared.json", lambda v: v["regions"][0].update(slices=[99])),
    "a region": member("shared.json", lambda v: v["regions"][0]["outline"][0].__setitem__(0, 1e9)),
    "a label": member("shared.json", lambda v: v["regions"][0].update(label="EVIL")),
    "an array kind": member("shared.json", lambda v: v["arrays"][0].update(dtype="|O")),
    "an array size": member("shared.json", lambda v: v["arrays"][0].update(shape=[6, 96, 95])),
    "an affine": member("series.json", lambda v: v.update(affine=[[0] * 4] * 4)),
    "a scale": member("series.json", lambda v: v.update(slope=0)),
    "a signal": member("series.json", lambda v: v.update(signal="x")),
    "an order": member("series.json", lambda v: v.update(order="x")),
    "a judged result": member("shared.json", lambda v: v["results"][0].update(pixels_sha256="0")),
    "a settings range": member("work.json", lambda v: v["state"]["settings"].update(count=10**9)),
    "a field": member("work.json", lambda v: v["state"].update(evil=1)),
    "a step": member("work.json", lambda v: v["steps"][0].update(field="series")),
    "a place": member("work.json", lambda v: v.update(done=99)),
    "a number": member("work.json", lambda v: v["variations"][1].update(number=1)),
    "a group": member("work.json", lambda v: v["variations"][0].update(group=77)),
    "a result": member("work.json", lambda v: v["state"].update(applied=50)),
    "a list": member("work.json", lambda v: v.update(variations={})),
}


def test_that_a_project_of_before_slices_told_their_order_is_read(saved):
    changed(saved, member("series.json", lambda v: v.pop("order")))
    assert load(saved)[0].series.order is SliceOrder.UNKNOWN


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_that_impossible_values_are_refused(saved, name):
    changed(saved, IMPOSSIBLE[name])
    with pytest.raises(LgeSynthError, match=r"refused.*PRJ-0[57]"):
        load(saved)


def test_that_values_of_other_kinds_are_not_packed():
    with pytest.raises(TypeError, match="cannot be stored"):
        Packing(projects.host().pixels).plain({"a": object()})


def test_that_more_results_than_fit_into_memory_are_refused():
    host = np.broadcast_to(np.zeros(1, np.uint16), (1000, 1000, 1000))
    shared = {"arrays": [], "regions": [], "slices": [], "results": [{}, {}]}
    with pytest.raises(NotAValue, match="memory"):
        Unpacking(shared, lambda *_: host, host)


def test_that_missing_fields_get_their_default_and_unknown_ones_are_refused():
    host = projects.host().pixels
    empty = {"arrays": [], "regions": [], "slices": [], "results": []}
    values = Unpacking(empty, lambda *_: host, host)
    assert values.value(Settings, {"seed": 3}) == Settings(seed=3)
    for wrong in ({"sneed": 3}, {"seed": "3"}, {"seed": True}, {"seed": 1 << 70}, [], None):
        with pytest.raises(NotAValue):
            values.value(Settings, wrong)

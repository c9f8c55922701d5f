"""NIfTI and Analyze, against nibabel as the other reader; masks on the grid of their series."""

import gzip
import struct

import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.series import LgeSeries, SignalKind, SliceOrder
from lgesynth_gui.io import gates, load, load_mask, nifti_read, open_path
from tests.io.dicoms import APEXWARD, BASE, DOWN, RIGHT, pixels_of, write_stack

LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"]


def short_axis(step=9.0, row=1.5, column=1.25):
    """RAS affine of voxels (column, row, slice) across the heart's usual axis."""
    lps = np.eye(4)
    lps[:3, :] = np.stack([RIGHT * column, DOWN * row, APEXWARD * step, BASE], axis=1)
    return LPS @ lps


def image(voxels, affine=None, kind=nibabel.Nifti1Image, **header):
    made = kind(voxels, short_axis() if affine is None else affine)
    for name, value in header.items():
        made.header[name] = value
    return made


def voxels_of(shape=(12, 14, 6), dtype="i2", seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 100, shape).astype(dtype)


def read(path):
    info = open_path(path)[0]
    assert info.usable, info.reason
    return load(info)


def stored(path):
    """Header and voxels without a decoder process."""
    data = path.read_bytes()
    header = nifti_read.read_header(data)
    return header, nifti_read.read_voxels(header, data)


@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from([nibabel.Nifti1Image, nibabel.Nifti2Image]),
    dtype=st.sampled_from(TYPES),
    order=st.sampled_from("<>"),
    shape=st.tuples(*[st.integers(1, 5)] * 3),
    turn=st.tuples(*[st.floats(-3, 3)] * 3),
    sizes=st.tuples(*[st.floats(0.2, 12)] * 3),
    coded=st.sampled_from(["q", "s", "both"]),
    scale=st.sampled_from([(None, None), (0.5, -3.0), (2.0, 0.0)]),
)
def test_that_nibabel_reads_the_same(
    tmp_path_factory, kind, dtype, order, shape, turn, sizes, coded, scale
):
    path = tmp_path_factory.mktemp("n") / "x.nii"
    affine = np.eye(4)
    affine[:3, :3] = _rotation(turn) * sizes
    affine[:3, 3] = turn
    voxels = voxels_of(shape, dtype)
    made = kind(voxels, affine, kind.header_class(endianness=order))
    made.header.set_data_dtype(np.dtype(dtype).newbyteorder(order))
    made.set_qform(affine, code=0 if coded == "s" else 1)
    made.set_sform(affine, code=0 if coded == "q" else 2)
    made.header.set_slope_inter(*scale)
    raw = made.to_bytes()
    path.write_bytes(raw)
    other = nibabel.load(path)
    header, found = stored(path)
    np.testing.assert_array_equal(found, np.asarray(other.dataobj.get_unscaled()).T)
    np.testing.assert_allclose(header.affine, other.affine[:3], atol=1e-4)
    assert header.oriented
    slope, inter = other.dataobj.slope, other.dataobj.inter
    assert (header.slope, header.intercept) == (slope, inter)


def _rotation(turn):
    from scipy.spatial.transform import Rotation

    return Rotation.from_rotvec(turn).as_matrix()


def test_that_affines_become_lps_and_slices_run_to_the_apex(tmp_path):
    voxels = voxels_of()
    nibabel.save(image(voxels), tmp_path / "a.nii")
    series = read(tmp_path / "a.nii")
    np.testing.assert_array_equal(series.pixels, voxels.T)
    assert series.order is SliceOrder.PLACE
    np.testing.assert_allclose(series.spacing, (9, 1.5, 1.25), atol=1e-4)
    np.testing.assert_allclose(series.geometry.position(2), BASE + 18 * APEXWARD, atol=1e-3)
    np.testing.assert_allclose(series.geometry.row_cosines, RIGHT, atol=1e-5)
    assert series.geometry.known
    flipped = short_axis()
    flipped[:3, 3] += flipped[:3, 2] * 5
    flipped[:3, 2] *= -1
    nibabel.save(image(voxels[..., ::-1], flipped), tmp_path / "b.nii.gz")
    turned = read(tmp_path / "b.nii.gz")
    np.testing.assert_array_equal(turned.pixels, voxels.T)
    np.testing.assert_allclose(turned.geometry.affine, series.geometry.affine, atol=1e-3)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_that_the_slice_axis_is_the_thick_one(tmp_path, axis):
    affine = np.diag([1.2, 1.2, 1.2, 1.0])
    affine[axis, axis] = 8.0
    nibabel.save(image(voxels_of((5, 6, 7)), affine), tmp_path / "a.nii")
    series = read(tmp_path / "a.nii")
    assert series.shape[0] == (5, 6, 7)[axis]
    np.testing.assert_allclose(series.spacing, (8.0, 1.2, 1.2), atol=1e-5)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Pair, nibabel.Nifti2Pair, nibabel.AnalyzeImage])
def test_that_pairs_are_read_and_analyze_states_no_place(tmp_path, kind, packed):
    voxels = voxels_of()
    folder = tmp_path / "p"
    folder.mkdir()
    nibabel.save(image(voxels, kind=kind), folder / "a.img")
    if packed:
        (folder / "a.img.gz").write_bytes(gzip.compress((folder / "a.img").read_bytes()))
        (folder / "a.img").unlink()
    for place in (folder / "a.hdr", folder):
        series = read(place)
        np.testing.assert_array_equal(series.pixels, voxels.T)
        assert series.geometry.known is (kind is not nibabel.AnalyzeImage)
        np.testing.assert_allclose(series.spacing, (9, 1.5, 1.25), atol=1e-4)
    if not packed:
        assert ".hdr file" in open_path(folder / "a.img")[0].reason
    (folder / "a.img").unlink(missing_ok=True)
    (folder / "a.img.gz").unlink(missing_ok=True)
    assert open_path(folder / "a.hdr")[0].refused.code == "NII-04"


def test_that_negative_values_are_phase_sensitive(tmp_path):
    nibabel.save(image(voxels_of() - 50), tmp_path / "a.nii")
    assert read(tmp_path / "a.nii").signal is SignalKind.PSIR
    nibabel.save(image(voxels_of()), tmp_path / "b.nii")
    assert read(tmp_path / "b.nii").signal is SignalKind.UNKNOWN


def test_that_64_bit_values_become_32_bit_with_a_word_when_they_change(tmp_path):
    whole = voxels_of(dtype="f8")
    nibabel.save(image(whole), tmp_path / "a.nii")
    series = read(tmp_path / "a.nii")
    assert series.pixels.dtype == np.float32
    assert not any("rounded" in note for note in series.notes)
    nibabel.save(image(whole + np.pi), tmp_path / "c.nii")
    assert any("rounded" in note for note in read(tmp_path / "c.nii").notes)
    nibabel.save(image(whole * 1e300), tmp_path / "d.nii")
    with pytest.raises(Refused, match="too large"):
        read(tmp_path / "d.nii")


def test_that_64_bit_whole_numbers_are_for_masks_only(tmp_path):
    nibabel.save(nibabel.Nifti1Image(voxels_of(), short_axis()), tmp_path / "a.nii")
    nibabel.save(
        nibabel.Nifti1Image(voxels_of(dtype="i8"), short_axis(), dtype="int64"), tmp_path / "b.nii"
    )
    with pytest.raises(Refused) as refused:
        read(tmp_path / "b.nii")
    assert refused.value.code == "NII-03"
    labels = (voxels_of() > 90).astype("i8")
    nibabel.save(nibabel.Nifti1Image(labels, short_axis(), dtype="int64"), tmp_path / "m.nii")
    mask = load_mask(tmp_path / "m.nii", read(tmp_path / "a.nii"))
    np.testing.assert_array_equal(mask, labels.T)


def test_that_single_volumes_of_4d_are_read(tmp_path):
    voxels = voxels_of((8, 8, 4, 1))
    nibabel.save(image(voxels), tmp_path / "one.nii")
    np.testing.assert_array_equal(read(tmp_path / "one.nii").pixels, voxels[..., 0].T)


def test_that_a_matrix_of_ones_beside_real_voxel_sizes_states_no_place(tmp_path):
    """As in EMIDEC and ACDC: diag(-1, -1, 1) and no origin, while pixdim is right."""
    made = image(voxels_of(), np.diag([-1.0, -1.0, 1.0, 1.0]))
    made.header["pixdim"][1:4] = 1.4, 1.4, 10.0
    made.header["qform_code"] = 0
    nibabel.save(made, tmp_path / "a.nii")
    raw = bytearray((tmp_path / "a.nii").read_bytes())
    raw[76 + 4 : 76 + 16] = struct.pack("<3f", 1.4, 1.4, 10.0)
    (tmp_path / "a.nii").write_bytes(raw)
    series = read(tmp_path / "a.nii")
    np.testing.assert_allclose(series.spacing, (10.0, 1.4, 1.4), atol=1e-6)
    assert not series.geometry.known
    assert len(series.notes) == 2


# --- images with masks beside them ---------------------------------------------------------


def heart(n=6, side=32, cavity=1, muscle=2, scar=3):
    """Labels (i, j, k): a wall around a cavity that gets smaller with k, scar in the wall."""
    y, x = np.mgrid[:side, :side] - side // 2
    radius = np.hypot(x, y)
    labels = np.zeros((side, side, n), np.uint8)
    for k in range(n):
        inner = 9.0 - k
        labels[..., k][radius < inner + 4] = muscle
        labels[..., k][(radius < inner + 4) & (x > 0) & (np.abs(y) < 4)] = scar
        labels[..., k][radius < inner] = cavity
    return labels


def unoriented(voxels):
    return nibabel.AnalyzeImage(voxels, np.diag([1.4, 1.4, 10, 1]))


@pytest.fixture
def emidec(tmp_path):
    """An EMIDEC case whose slices run from apex to base and whose place is not stated."""
    labels = heart()[..., ::-1]
    grey = (labels * np.int16(300) + pixels_of(6, (32, 32)).T % 200).astype(np.int16)
    for name, voxels in (("Images", grey), ("Contours", labels)):
        (tmp_path / name).mkdir()
        made = nibabel.Nifti1Image(voxels, np.diag([1.4, 1.4, 10, 1]))
        made.header["qform_code"] = made.header["sform_code"] = 0
        nibabel.save(made, tmp_path / name / "Case_N001.nii.gz")
    return tmp_path, grey, labels


def test_that_an_emidec_case_is_one_series_with_its_mask_turned_base_first(emidec):
    folder, grey, labels = emidec
    mask = folder / "Contours" / "Case_N001.nii.gz"
    for chosen in (folder, folder / "Images" / "Case_N001.nii.gz"):
        (info,) = open_path(chosen)
        assert info.mask == mask
        assert info.slices == 6
        series = load(info)
        np.testing.assert_array_equal(series.pixels, grey.T[::-1])
        assert series.order is SliceOrder.CAVITY
        assert series.geometry.gap_mm is None  # no thickness is stated
        np.testing.assert_array_equal(load_mask(mask, series), labels.T[::-1])
    (info,) = open_path(mask)
    assert not info.usable
    assert "labels" in info.reason


def test_that_without_a_mask_the_order_is_kept_and_doubted(emidec):
    folder, grey, _ = emidec
    (folder / "Contours" / "Case_N001.nii.gz").unlink()
    series = read(folder)
    np.testing.assert_array_equal(series.pixels, grey.T)
    assert series.order is SliceOrder.UNKNOWN
    assert any("Base and apex" in note for note in series.notes)


def test_that_masks_go_to_the_image_that_is_called_like_them(tmp_path):
    for name in ("patient1_frame01", "patient1_frame14"):
        nibabel.save(image(voxels_of((32, 32, 6))), tmp_path / f"{name}.nii.gz")
        nibabel.save(image(heart()), tmp_path / f"{name}_gt.nii.gz")
    infos = open_path(tmp_path)
    found = {(info.recipe.path.name, info.mask.name) for info in infos}
    assert found == {
        (f"patient1_frame{n}.nii.gz", f"patient1_frame{n}_gt.nii.gz") for n in ("01", "14")
    }


def test_that_nnunet_and_myops_names_are_understood(tmp_path):
    for folder, name, voxels in [
        ("imagesTr", "case_007_0000", voxels_of((32, 32, 6))),
        ("labelsTr", "case_007", heart()),
    ]:
        (tmp_path / folder).mkdir()
        nibabel.save(image(voxels), tmp_path / folder / f"{name}.nii.gz")
    (info,) = open_path(tmp_path)
    assert info.mask == tmp_path / "labelsTr" / "case_007.nii.gz"


def series_on(affine, n=6, side=32):
    lps = (LPS @ affine)[:, [2, 1, 0, 3]]
    return LgeSeries(np.zeros((n, side, side), np.int16), Geometry(lps))


@pytest.mark.parametrize("turned", [(1, 1, 1), (-1, 1, 1), (1, -1, -1), (-1, -1, -1)])
@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 0, 1)])
def test_that_masks_are_turned_by_their_affine(tmp_path, turned, order):
    labels, affine = heart(), short_axis(row=1.25)
    moved, placed = labels, affine.copy()
    for axis, sign in enumerate(turned):
        if sign < 0:
            moved = np.flip(moved, axis)
            placed[:3, 3] += placed[:3, axis] * (labels.shape[axis] - 1)
            placed[:3, axis] *= -1
    moved, placed = moved.transpose(order), placed[:, [*order, 3]]
    nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(moved), placed), tmp_path / "m.nii")
    found = load_mask(tmp_path / "m.nii", series_on(affine))
    np.testing.assert_array_equal(found, labels.T)


def test_that_a_nifti_mask_fits_a_dicom_series(tmp_path):
    pixels = pixels_of(6, (32, 32))
    write_stack(tmp_path / "s", pixels, PixelSpacing=[1.25, 1.25])
    series = read(tmp_path / "s")
    affine = LPS @ series.geometry.affine[:, [2, 1, 0, 3]]
    flipped = affine.copy()
    flipped[:3, 3] += affine[:3, 1] * 31
    flipped[:3, 1] *= -1  # as dcm2niix writes it
    nibabel.save(nibabel.Nifti1Image(heart()[:, ::-1], flipped), tmp_path / "m.nii.gz")
    np.testing.assert_array_equal(load_mask(tmp_path / "m.nii.gz", series), heart().T)


def test_that_a_mask_of_some_slices_lands_on_them(tmp_path):
    affine = short_axis(row=1.25)
    part = affine.copy()
    part[:3, 3] += affine[:3, 2] * 2
    nibabel.save(nibabel.Nifti1Image(heart()[..., 2:5], part), tmp_path / "m.nii")
    found = load_mask(tmp_path / "m.nii", series_on(affine))
    np.testing.assert_array_equal(found[2:5], heart().T[2:5])
    assert not found[[0, 1, 5]].any()


@pytest.mark.parametrize("shift", [(0.1, 0, 0), (0, 0, 4.0), (0.6, 0, 0), (40.0, 0, 0)])
def test_that_a_mask_elsewhere_is_refused_but_rounding_is_not(tmp_path, shift):
    affine = short_axis(row=1.25)
    away = affine.copy()
    away[:3, 3] += affine[:3, :3] @ (np.array(shift) / [1.25, 1.25, 9.0])
    nibabel.save(nibabel.Nifti1Image(heart(), away), tmp_path / "m.nii")
    if shift[0] == 0.1:
        assert load_mask(tmp_path / "m.nii", series_on(affine)).any()
        return
    with pytest.raises(Refused) as refused:
        load_mask(tmp_path / "m.nii", series_on(affine))
    assert refused.value.code == "GEO-08"


def test_that_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path):
    nibabel.save(unoriented(heart(n=5)), tmp_path / "m.hdr")
    with pytest.raises(Refused, match=r"5 x 32 x 32.*6 x 32 x 32"):
        load_mask(tmp_path / "m.hdr", series_on(short_axis()))


def test_that_an_unplaced_mask_of_the_same_size_is_taken_as_it_lies(tmp_path):
    nibabel.save(unoriented(heart()), tmp_path / "m.hdr")
    found = load_mask(tmp_path / "m.hdr", series_on(short_axis()))
    np.testing.assert_array_equal(found, heart().T)


@pytest.mark.parametrize(
    ("voxels", "expected"),
    [
        (heart(), heart()),
        (np.array([0, 500, 200, 333], "i2")[heart()], None),
        (np.full((32, 32, 6), 0.5, "f4"), None),
        (np.full((32, 32, 6), -1, "i2"), None),
        (np.full((32, 32, 6), 256, "i2"), None),
        (np.arange(32 * 32 * 6).reshape(32, 32, 6).astype("i2") % 17, None),
    ],
)
def test_that_only_labels_are_masks(tmp_path, voxels, expected):
    nibabel.save(image(voxels, short_axis(row=1.25)), tmp_path / "m.nii")
    series = series_on(short_axis(row=1.25))
    if expected is None:
        with pytest.raises(Refused) as refused:
            load_mask(tmp_path / "m.nii", series)
        assert refused.value.code == "NII-08"
    else:
        np.testing.assert_array_equal(load_mask(tmp_path / "m.nii", series), expected.T)


def test_that_myops_labels_become_ours(tmp_path):
    ours = heart()
    theirs = np.array([0, 500, 200, 2221], np.int16)[ours]
    theirs[0, 0] = 600
    theirs[1, 0] = 1220
    nibabel.save(image(theirs, short_axis(row=1.25)), tmp_path / "m.nii")
    expected = ours.copy()
    expected[1, 0] = 2
    found = load_mask(tmp_path / "m.nii", series_on(short_axis(row=1.25)))
    np.testing.assert_array_equal(found, expected.T)


def test_that_the_cavity_of_acdc_is_not_taken_for_scar(tmp_path):
    ours = heart(scar=2)
    theirs = np.array([0, 3, 2], np.uint8)[ours]
    theirs[:4, :10] = 1  # the right ventricle
    nibabel.save(image(theirs, short_axis(row=1.25)), tmp_path / "m.nii")
    found = load_mask(tmp_path / "m.nii", series_on(short_axis(row=1.25)))
    np.testing.assert_array_equal(found, ours.T)


# --- broken files --------------------------------------------------------------------------


def header_with(**fields):
    """A good NIfTI-1 file with raw header fields replaced: name=(place, format, values...)."""
    raw = bytearray(image(voxels_of((4, 4, 3))).to_bytes())
    for place, form, *values in fields.values():
        struct.pack_into(form, raw, place, *values)
    return bytes(raw)


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ((0, "<i", 347), "NII-01"),
        ((40, "<8h", 3, 32767, 32767, 32767, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 3, 0, 4, 3, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 3, -4, 4, 3, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 200, 4, 4, 3, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 1, 4, 4, 3, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 5, 4, 4, 3, 1, 2, 1, 1), "NII-02"),
        ((40, "<8h", 3, 4096, 4096, 9, 1, 1, 1, 1), "NII-02"),
        ((40, "<8h", 3, 4, 4, 4, 1, 1, 1, 1), "NII-04"),
        ((70, "<h", 32), "NII-03"),
        ((70, "<h", 128), "NII-03"),
        ((72, "<h", 8), "NII-03"),
        ((108, "<f", float("nan")), "NII-04"),
        ((108, "<f", 351.0), "NII-04"),
        ((108, "<f", 352.5), "NII-04"),
        ((108, "<f", 1e9), "NII-04"),
        ((112, "<ff", 1e30, 0.0), "NII-06"),
        ((112, "<ff", 1e-9, 0.0), "NII-06"),
        ((112, "<ff", 1.0, float("inf")), "NII-06"),
        ((280, "<3f", float("nan"), 0.0, 0.0), "NII-07"),
        ((280, "<12f", *[0.0] * 12), "NII-07"),
        ((280, "<12f", *[25.0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0]), "NII-07"),
        ((280, "<12f", *[1.0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0]), "NII-07"),
    ],
)
def test_that_impossible_headers_are_refused_with_their_code(field, code):
    nifti_read.read_header(header_with())
    with pytest.raises(Refused) as refused:
        nifti_read.read_header(header_with(field=field))
    assert refused.value.code == code
    assert refused.value.hint


def test_that_voxels_that_are_no_numbers_are_refused():
    for bad in (np.nan, np.inf):
        voxels = voxels_of(dtype="f4")
        voxels[1, 2, 3] = bad
        data = image(voxels).to_bytes()
        with pytest.raises(Refused) as refused:
            nifti_read.read_voxels(nifti_read.read_header(data), data)
        assert refused.value.code == "NII-06"


def test_that_unpacking_stops_at_the_limit():
    assert len(nifti_read.inflate(gzip.compress(bytes(1000)), 1000)) == 1000
    assert nifti_read.inflate(gzip.compress(b"a") + gzip.compress(b"b")) == b"ab"
    for data, words in [
        (gzip.compress(bytes(1001)), "unpacks to more"),
        (gzip.compress(bytes(100))[:-9], "cut short"),
        (gzip.compress(b"x" * 500)[:10] + b"\xff" * 9, "damaged"),
    ]:
        with pytest.raises(Refused, match=words) as refused:
            nifti_read.inflate(data, 1000)
        assert refused.value.code == "NII-05"


def test_that_a_packed_bomb_is_refused_in_words(tmp_path):
    start = header_with(dim=(40, "<8h", 3, 4096, 4096, 8, 1, 1, 1, 1))
    with gzip.open(tmp_path / "bomb.nii.gz", "wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(gates.NIFTI_INFLATED_BYTES // (8 << 20) + 2):
            file.write(bytes(8 << 20))
    (info,) = open_path(tmp_path / "bomb.nii.gz")
    assert info.refused.code == "NII-05"


def test_that_damaged_headers_end_in_words_or_in_a_sound_header():
    rng = np.random.default_rng(20)
    good = header_with()
    outcomes = set()
    for _ in range(1500):
        raw = bytearray(good)
        for _ in range(rng.choice([1, 1, 2, 4, 16])):
            place = int(rng.integers(0, 352))
            raw[place] = int(rng.choice([0, 0x7F, 0x80, 0xFF, rng.integers(256)]))
        try:
            header = nifti_read.read_header(bytes(raw))
            voxels = nifti_read.read_voxels(header, bytes(raw))
            assert np.isfinite(header.affine).all()
            assert voxels.size == np.prod(header.shape) > 0
            outcomes.add("read")
        except Refused as refused:
            outcomes.add(refused.code)
    assert {"read", "NII-01", "NII-02", "NII-03", "NII-04", "NII-07"} <= outcomes

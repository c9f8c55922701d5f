"""Gates G30 to G37 at their limits: what just passes, and what just does not."""

import gzip
import struct
from dataclasses import replace

import nibabel
import numpy as np
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io import gates, masks, nifti_read, reading
from lgesynth_gui.io.answers import Ask
from tests.io.test_gates import code_of
from tests.io.test_nifti_read import header_with, image, series_on, short_axis, voxels_of


def read(**fields):
    return code_of(nifti_read.read_header, header_with(**fields))


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("order", "<>")
def test_that_g30_both_versions_and_byte_orders_pass_and_no_other_size_does(kind, order):
    made = kind(voxels_of((4, 4, 3)), short_axis(), kind.header_class(endianness=order))
    raw = bytearray(made.to_bytes())
    assert code_of(nifti_read.read_header, bytes(raw)) is None
    (size,) = struct.unpack_from(f"{order}i", raw)
    for wrong in (size - 1, size + 1, 0, -size, size << 16):
        struct.pack_into(f"{order}i", raw, 0, wrong)
        assert code_of(nifti_read.read_header, bytes(raw)) == "NII-01"


@pytest.mark.parametrize(
    ("magic", "code"),
    [
        (b"n+1\0", None), (b"ni1\0", None), (b"\0\0\0\0", None), (b"n+2\0", "NII-01"),
        (b"n+1 ", "NII-01"),
    ],
)  # fmt: skip
def test_that_g30_only_known_magics_pass(magic, code):
    """Without one it is Analyze 7.5, whose place in the patient is not known."""
    assert read(magic=(344, "<4s", magic)) == code
    if magic == b"\0\0\0\0":
        assert not nifti_read.read_header(header_with(magic=(344, "<4s", magic))).oriented


@pytest.mark.parametrize("cut", [0, 4, 347, 348])
def test_that_g30_a_header_that_is_cut_short_is_none(cut):
    code = "NII-01" if cut < 348 else "NII-04"  # then only the voxels are missing
    assert code_of(nifti_read.read_header, header_with()[:cut]) == code


@pytest.mark.parametrize(
    ("dim", "code"),
    [
        ((1, 4, 1, 1, 1, 1, 1, 1), "NII-02"),
        ((2, 4, 4, 1, 1, 1, 1, 1), None),
        ((5, 4, 4, 3, 1, 1, 1, 1), None),
        ((6, 4, 4, 3, 1, 1, 1, 1), "NII-02"),
        ((3, 4096, 1, 1, 1, 1, 1, 1), None),
        ((3, 4097, 1, 1, 1, 1, 1, 1), "NII-02"),
        ((3, 1, 1, 4096, 1, 1, 1, 1), None),
        ((3, 1, 1, 4097, 1, 1, 1, 1), "NII-02"),
        ((3, 1, 0, 1, 1, 1, 1, 1), "NII-02"),
        ((4, 1, 1, 1, 10_000, 1, 1, 1), None),
        ((4, 1, 1, 1, 10_001, 1, 1, 1), "NII-02"),
        ((4, 1, 1, 1, 0, 1, 1, 1), "NII-02"),
        ((5, 4, 4, 1, 1, 2, 1, 1), "NII-02"),
    ],
)
def test_that_g31_dimensions_pass_up_to_their_limits(dim, code):
    size = max(1, int(np.prod([abs(one) for one in dim[1:]])))
    data = header_with(dim=(40, "<8h", *dim)) + bytes(2 * size)
    assert code_of(nifti_read.read_header, data) == code


def test_that_g31_volumes_pass_up_to_256_mib():
    header = nifti_read.read_header(header_with())
    full = replace(header, shape=(4096, 4096, 8), dtype="<i2")
    assert full.nbytes == gates.PIXEL_BYTES
    assert code_of(gates.nifti_header, full) is None
    assert code_of(gates.nifti_header, replace(full, shape=(4096, 4096, 9))) == "NII-02"
    assert code_of(gates.nifti_header, replace(full, volumes=2)) == "NII-02"


def test_that_g32_only_types_of_grey_values_pass():
    passed = [
        (code, bits)
        for code in range(-1, 2100)
        for bits in (1, 8, 16, 24, 32, 64, 128)
        if code_of(gates.nifti_type, code, bits) is None
    ]
    assert passed == [
        (2, 8), (4, 16), (8, 32), (16, 32), (64, 64), (256, 8), (512, 16), (768, 32),
        (1024, 64), (1280, 64),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("offset", "lowest", "code"),
    [
        (352.0, 352, None), (351.0, 352, "NII-04"), (544.0, 544, None), (543.0, 544, "NII-04"),
        (0.0, 0, None), (-1.0, 0, "NII-04"), (352.5, 352, "NII-04"), (float(1 << 28), 0, None),
        (float((1 << 28) + 32), 0, "NII-04"), (float("nan"), 0, "NII-04"),
        (float("inf"), 0, "NII-04"),
    ],
)  # fmt: skip
def test_that_g33_voxels_begin_where_they_can(offset, lowest, code):
    assert code_of(gates.nifti_offset, offset, lowest) == code


def test_that_g33_all_voxels_are_there_and_extensions_are_skipped():
    whole = header_with()
    assert code_of(nifti_read.read_header, whole) is None
    assert code_of(nifti_read.read_header, whole[:-1]) == "NII-04"
    voxels = voxels_of((4, 4, 3))
    made = image(voxels)
    made.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"x" * 100))
    data = made.to_bytes()
    header = nifti_read.read_header(data)
    assert header.offset > 352
    np.testing.assert_array_equal(nifti_read.read_voxels(header, data), voxels.T)


def test_that_g02_and_g34_packed_files_and_their_contents_have_limits(tmp_path, monkeypatch):
    path = tmp_path / "a.nii.gz"
    whole = image(voxels_of((20, 20, 9))).to_bytes()
    path.write_bytes(gzip.compress(whole))
    for name, size, code in (
        ("NIFTI_BYTES", path.stat().st_size, "FIL-02"),
        ("NIFTI_INFLATED_BYTES", len(whole), "FIL-02"),
    ):
        for limit, expected in ((size, None), (size - 1, code)):
            with monkeypatch.context() as patch:
                patch.setattr(gates, name, limit)
                assert code_of(reading.read, Ask(1, "header", str(path))) == expected
    inflated = len(nifti_read.inflate(path.read_bytes()))
    assert code_of(nifti_read.inflate, path.read_bytes(), inflated) is None
    assert code_of(nifti_read.inflate, path.read_bytes(), inflated - 1) == "NII-05"


@pytest.mark.parametrize(
    ("slope", "expected"), [(0.0, 1.0), (float("nan"), 1.0), (float("inf"), 1.0), (2.5, 2.5)]
)
def test_that_g35_no_scale_means_none(slope, expected):
    header = nifti_read.read_header(header_with(scale=(112, "<ff", slope, 3.0)))
    assert header.slope == expected
    assert header.intercept == (3.0 if expected == 2.5 else 0.0)


@pytest.mark.parametrize(
    ("edges", "code"),
    [
        ((0.1, 0.1, 0.1), None), ((20.0, 20.0, 20.0), None), ((0.0999, 1.0, 1.0), "NII-07"),
        ((1.0, 20.01, 1.0), "NII-07"), ((1.0, 1.0, 0.0), "NII-07"),
    ],
)  # fmt: skip
def test_that_g36_voxels_have_sizes_a_scanner_makes(edges, code):
    affine = np.diag([*edges, 1.0])[:3]
    header = nifti_read.read_header(header_with())
    rows = tuple(tuple(float(one) for one in row) for row in affine)
    assert code_of(gates.nifti_header, replace(header, affine=rows)) == code


def test_that_g36_axes_may_lean_but_not_fall_together():
    header = nifti_read.read_header(header_with())
    for angle, code in ((5.0, None), (0.06, None), (0.05, "NII-07"), (0.0, "NII-07")):
        turn = np.radians(angle)
        leaning = (
            (1.0, np.cos(turn), 0.0, 0.0),
            (0.0, np.sin(turn), 0.0, 0.0),
            (0.0, 0.0, 1.0, 0.0),
        )
        assert code_of(gates.nifti_header, replace(header, affine=leaning)) == code, angle


@pytest.mark.parametrize(("count", "code"), [(16, None), (17, "NII-08")])
def test_that_g37_a_mask_has_at_most_16_labels(count, code):
    labels = (np.arange(32 * 32 * 6) % count).reshape(32, 32, 6).astype(np.uint8)
    affine = short_axis(row=1.25)
    data = image(labels, affine).to_bytes()
    header = nifti_read.read_header(data)
    try:
        masks.from_nifti(header, nifti_read.read_voxels(header, data), series_on(affine))
        found = None
    except Refused as refused:
        found = refused.code
    assert found == code

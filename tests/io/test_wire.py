"""Answers of the decoder are believed only when they have exactly the agreed shape."""

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.io.answers import Answer
from lgesynth_gui.io.headers import DicomHeader, Frame, NiftiHeader, PixelFormat, Plane, Segment
from lgesynth_gui.io.wire import MAX_BYTES, MAX_TEXT, NotAMessage, from_json, to_json

numbers = st.integers(-(1 << 31), 1 << 31)
floats = st.floats(-1e9, 1e9)
texts = st.text(max_size=20)
triples = st.tuples(floats, floats, floats)
planes = st.builds(
    Plane,
    orientation=st.none() | st.tuples(*[floats] * 6),
    spacing=st.none() | st.tuples(floats, floats),
    thickness_mm=st.none() | floats,
    slope=floats, intercept=floats, kind=texts,
    echo_ms=st.none() | floats, inversion_ms=st.none() | floats,
)  # fmt: skip
frames = st.builds(
    Frame,
    plane=st.just(0), position=st.none() | triples, phase=st.none() | floats,
    segment=st.none() | numbers,
)  # fmt: skip
pixels = st.builds(
    PixelFormat, *[numbers] * 7, signed=st.booleans(), photometric=texts, floating=st.booleans()
)
dicoms = st.builds(
    DicomHeader, *[texts] * 6, pixels=pixels, planes=st.tuples(planes),
    frames=st.lists(frames, max_size=3).map(tuple),
    attributes=st.lists(st.tuples(texts, texts | numbers | floats), max_size=3).map(tuple),
    segments=st.lists(st.builds(Segment, numbers, texts, texts), max_size=2).map(tuple),
    notes=st.lists(texts, max_size=2).map(tuple),
)  # fmt: skip
rows = st.tuples(floats, floats, floats, floats)
niftis = st.builds(
    NiftiHeader, shape=st.tuples(*[numbers] * 3), volumes=numbers, dtype=texts, offset=numbers,
    affine=st.tuples(rows, rows, rows), oriented=st.booleans(), slope=floats,
)  # fmt: skip
answers = st.builds(
    Answer, number=numbers, outcome=st.sampled_from(["read", "refused", "failed", "other"]),
    dicom=st.none() | dicoms, nifti=st.none() | niftis, what=texts, shape=st.just((1, 2)),
)  # fmt: skip

GOOD = Answer(3, "other", what="a picture", shape=(1, 2))


@given(answers)
def test_that_answers_come_back_equal(answer):
    assert from_json(Answer, to_json(answer)) == answer


def test_that_whole_numbers_stay_whole_and_others_do_not_become_so():
    header = DicomHeader(
        *["1"] * 6, pixels=PixelFormat(1, 1, 1, 1, 8, 8, 7, False, "MONOCHROME2"),
        planes=(Plane(slope=2),), frames=(Frame(0),), attributes=(("a", 1), ("b", 1.0)),
    )  # fmt: skip
    back = from_json(Answer, to_json(replace(GOOD, dicom=header))).dicom
    assert [type(value) for _, value in back.attributes] == [int, float]


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "3"}, {"number": 3.0}, {"number": True}, {"number": None},
        {"outcome": "fine"}, {"outcome": 1}, {"what": 5}, {"what": "x" * (MAX_TEXT + 1)},
        {"shape": [1, "2"]}, {"shape": 1}, {"shape": [1.5]}, {"dicom": {}}, {"dicom": [1]},
        {"nifti": "x"}, {"surprise": 1},
    ],
)  # fmt: skip
def test_that_anything_else_is_no_message(changed):
    with pytest.raises(NotAMessage):
        from_json(Answer, json.dumps({**asdict(GOOD), **changed}).encode())


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"number": NaN}',
        to_json(GOOD)[:-1], to_json(GOOD) + b"x", b" " * MAX_BYTES + to_json(GOOD),
    ],
)  # fmt: skip
def test_that_what_is_not_json_of_the_agreed_size_is_no_message(data):
    with pytest.raises(NotAMessage):
        from_json(Answer, data)


def test_that_needed_fields_are_needed():
    for name in ("number", "outcome"):
        fields = asdict(GOOD)
        del fields[name]
        with pytest.raises(NotAMessage):
            from_json(Answer, json.dumps(fields).encode())


def test_that_a_frame_names_a_plane_that_is_there():
    header = asdict(
        DicomHeader(
            *["1"] * 6, pixels=PixelFormat(1, 1, 1, 1, 8, 8, 7, False, "MONOCHROME2"),
            planes=(Plane(),), frames=(Frame(0),),
        )
    )  # fmt: skip
    header["frames"][0]["plane"] = 1
    with pytest.raises(NotAMessage):
        from_json(Answer, json.dumps({**asdict(GOOD), "dicom": header}).encode())


def test_that_what_is_too_large_or_not_finite_is_not_sent():
    with pytest.raises(NotAMessage):
        to_json(replace(GOOD, what="x" * MAX_BYTES))
    header = NiftiHeader((1, 1, 1), 1, "<u1", 0, ((1.0, 0, 0, 0),) * 3, True, slope=float("nan"))
    with pytest.raises(NotAMessage):
        to_json(replace(GOOD, nifti=header))

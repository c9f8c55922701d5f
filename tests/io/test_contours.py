"""Contours files: what is written comes back; what is no contour is refused in words."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import Refused
from lgesynth_gui.core.labels import Level
from lgesynth_gui.io.contours import FARTHEST_MM, MAX_POINTS, read_contours, write_contours

coordinates = st.floats(-500, 500)
points = st.tuples(coordinates, coordinates)
polygons = st.lists(points, min_size=3, max_size=12).map(tuple)
slices = st.builds(
    SliceContours,
    endo=st.just(()) | polygons,
    epi=polygons,
    rv_anterior=st.none() | points,
    rv_inferior=st.none() | points,
    rv_centroid=st.none() | points,
    level=st.none() | st.sampled_from(Level),
    accepted=st.booleans(),
)
hearts = st.lists(st.none() | slices, max_size=5).map(tuple).map(HeartContours)

TRIANGLE = [[0, 0], [10, 0], [0, 10]]


def text_of(**changed):
    one = {"endo": [], "epi": TRIANGLE, **changed}
    return json.dumps({"format": "lgesynth contours", "version": 1, "slices": [None, one]})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(contours=hearts)
def test_that_written_contours_come_back_equal(tmp_path, contours):
    write_contours(tmp_path / "c.json", contours)
    assert read_contours(tmp_path / "c.json") == contours


def test_that_whole_numbers_are_read_as_millimetres(tmp_path):
    (tmp_path / "c.json").write_text(text_of())
    assert read_contours(tmp_path / "c.json").slices[1].epi == (
        (0.0, 0.0),
        (10.0, 0.0),
        (0.0, 10.0),
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "PRJ-01"),
        ("not json", "PRJ-01"),
        ("[" * 100_000, "PRJ-01"),
        ("[1, 2]", "PRJ-01"),
        ('{"format": "other"}', "PRJ-01"),
        ('{"format": "lgesynth contours", "version": 2, "slices": []}', "PRJ-01"),
        ('{"format": "lgesynth contours", "version": 1, "slices": 7}', "PRJ-01"),
        ('{"format": "lgesynth contours", "format": "lgesynth contours"}', "PRJ-01"),
        (" " * (1 << 20) + text_of(), "PRJ-01"),
        (text_of(epi=[[0, 0], [1, float("nan")], [2, 2]]), "PRJ-01"),
        (text_of(epi=TRIANGLE[:2]), "PRJ-02"),
        (text_of(epi=[[0, 0, 0]] * 3), "PRJ-02"),
        (text_of(epi=[[0, "1"]] * 3), "PRJ-02"),
        (text_of(epi=[[0, True]] * 3), "PRJ-02"),
        (text_of(epi=[[0, 10**400]] * 3), "PRJ-01"),
        (text_of(epi=[[0, 1]] * (MAX_POINTS + 1)), "PRJ-02"),
        (text_of(epi="abc"), "PRJ-02"),
        (text_of(level="upper"), "PRJ-02"),
        (text_of(level=["basal"]), "PRJ-02"),
        (text_of(accepted=1), "PRJ-02"),
        (text_of(name="somebody"), "PRJ-02"),
    ],
)
def test_that_what_is_no_contour_is_refused_by_name_and_code(tmp_path, text, code):
    (tmp_path / "strange.json").write_text(text)
    with pytest.raises(Refused) as refused:
        read_contours(tmp_path / "strange.json")
    assert refused.value.code == code
    assert "strange.json" in refused.value.what
    assert refused.value.hint


def test_that_points_are_accepted_up_to_their_limits(tmp_path):
    many = [[FARTHEST_MM, -FARTHEST_MM]] * MAX_POINTS
    (tmp_path / "c.json").write_text(text_of(epi=many))
    assert len(read_contours(tmp_path / "c.json").slices[1].epi) == MAX_POINTS
    (tmp_path / "c.json").write_text(text_of(epi=[[FARTHEST_MM * 1.001, 0], *many[1:]]))
    with pytest.raises(Refused, match="outside any picture"):
        read_contours(tmp_path / "c.json")

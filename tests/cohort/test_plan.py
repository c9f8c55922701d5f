"""Plans: only ever grow, are strict on reading, and name what is wrong."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.cohort.plan import (
    PLAN,
    Draw,
    HostEntry,
    Part,
    Plan,
    Quota,
    Row,
    read_plan,
    write_plan,
)
from lgesynth_gui.core.errors import LgeSynthError

HOSTS = tuple(HostEntry(id=f"H{k:03d}", sha256=f"{k:064x}", origin="phantom") for k in (1, 2))


def plan_of(*counts, block=4):
    parts = tuple(Part(name=f"part {k}", draw=Draw(count=n)) for k, n in enumerate(counts))
    return Plan(hosts=HOSTS, parts=parts, block=block)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 9))
def test_that_blocks_cut_the_numbers_into_pieces_that_stay_in_their_part(counts, block):
    plan = plan_of(*counts, block=block)
    found = [index for one in plan.blocks() for index in one]
    assert found == list(range(sum(counts)))
    for one in plan.blocks():
        assert 1 <= len(one) <= block
        assert len({plan.part_at(index)[0] for index in one}) == 1


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 40))
def test_that_a_part_added_later_changes_no_number_and_no_block_before_it(counts, more):
    plan = plan_of(*counts)
    grown = plan.with_part(Part(name="more", draw=Draw(count=more)))
    assert [grown.part_at(k) for k in range(plan.count)] == [
        plan.part_at(k) for k in range(plan.count)
    ]
    before = list(plan.blocks())
    assert list(grown.blocks())[: len(before)] == before


def test_that_a_plan_comes_back_from_its_file_equal(tmp_path):
    row = Row(heart="H002", slices=(2,), segments=(4, 5), layer="mid", grade=2, no_reflow=True)
    draw = Draw(
        count=7, patterns={"myocarditis": 2.0}, segments={5: 1.0}, depths={"mid-wall": 1.0},
        sizes={"< 50 mm2": 0.5, "> 300 mm2": 1.0}, no_reflow=0.1, controls=0.2, whole=True,
    )  # fmt: skip
    plan = Plan(
        name="trial (2)", seed=2**62, hosts=HOSTS,
        parts=(Part(name="rows", rows=(row, Row(heart="H001", control=True, seed=4))),
               Part(name="drawn", draw=draw)),
        quotas=(Quota(size="< 50 mm2", depth="mid-wall", segment=5, count=3),),
    )  # fmt: skip
    write_plan(tmp_path / PLAN, plan)
    assert read_plan(tmp_path / PLAN) == plan


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"parts": [{"name": "a", "rows": [{"heart": "H009", "control": True}]}]}, "H009"),
        ({"parts": [{"name": "a"}]}, "either rows or a draw"),
        ({"parts": [{"name": "a", "draw": {"count": 0}}]}, "count"),
        ({"parts": [{"name": "a", "rows": [{"heart": "H001"}]}]}, "exactly one"),
        ({"parts": [{"name": "a", "draw": {"count": 1, "patterns": {"x": 1}}}]}, "no pattern x"),
        ({"parts": [{"name": "a", "draw": {"count": 1, "sizes": {"> 300 mm2": 0}}}]}, "weight"),
        ({"parts": [{"name": "a", "draw": {"count": 1, "segments": {"18": 1}}}]}, "segments"),
        ({"hosts": [HOSTS[0].model_dump(), HOSTS[0].model_dump()]}, "twice"),
        ({"hosts": [{"id": "../../etc", "sha256": "0" * 64, "origin": "patient"}]}, "id"),
        ({"quotas": [{"depth": "deep", "count": 1}]}, "no depth deep"),
        ({"stop": {"tries": 0}}, "tries"),
        ({"sampling": {"model": "../x"}}, "model"),
        ({"surprise": 1}, "surprise"),
        ({"version": 2}, "version"),
    ],
)
def test_that_a_plan_nobody_could_run_is_refused_and_the_field_named(tmp_path, change, word):
    values = plan_of(3).model_dump(mode="json") | change
    (tmp_path / PLAN).write_text(json.dumps(values))
    with pytest.raises(LgeSynthError, match=word):
        read_plan(tmp_path / PLAN)


@pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"format": "x"}', b"\xff", b"[" * 90])
def test_that_a_file_that_is_no_plan_is_refused(tmp_path, data):
    (tmp_path / PLAN).write_bytes(data)
    with pytest.raises(LgeSynthError):
        read_plan(tmp_path / PLAN)


def test_that_a_missing_plan_is_told_without_the_path(tmp_path):
    with pytest.raises(LgeSynthError, match="no plan") as told:
        read_plan(tmp_path / "nowhere" / PLAN)
    assert str(tmp_path) not in str(told.value)


def test_that_too_many_samples_are_refused():
    with pytest.raises(LgeSynthError, match="10000000"):
        plan_of(9_999_999).with_part(Part(name="more", draw=Draw(count=2)))

"""A plan as a table: what is good is kept, what is not is told with its row."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgesynth_gui.anatomy.bins import SIZE_NAMES
from lgesynth_gui.anatomy.patterns import load_patterns
from lgesynth_gui.cohort import plan_text
from lgesynth_gui.cohort.plan import MAX_BYTES, Plan, Quota, Row
from lgesynth_gui.cohort.plan_text import (
    COLUMNS,
    csv_line,
    harmless,
    harmless_back,
    numbers_in,
    quota_of,
    read_rows,
    rows_in,
    rows_text,
    weights_of,
)
from lgesynth_gui.core.errors import LgeSynthError, Refused

HEAD = "heart,slices,pattern,caption,segments,layer,class,no_reflow,control,seed\n"
ROWS = (
    Row(heart="H001", pattern="dilated", slices=(4, 5)),
    Row(heart="H002", caption="transmural enhancement, basal anterior wall", seed=2**31 - 1),
    Row(heart="H003", segments=(1, 17), layer="mid", grade=2, no_reflow=True),
    Row(heart="H001", control=True),
)


def test_that_rows_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "plan.csv"
    path.write_bytes(rows_text(ROWS))
    assert read_rows(path).rows == ROWS
    assert read_rows(path).errors == ()


def test_that_a_bad_row_is_told_with_its_number_and_the_good_ones_are_kept():
    table = (
        "H001,,dilated,,,,,,,\n"
        "H001,,no such pattern,,,,,,,\n"
        "H001,0,dilated,,,,,,,\n"
        ",,dilated,,,,,,,\n"
        "H001,,,,,,,,,\n"
        "\n"
        "H001,,dilated,a scar,,,,,,\n"
        "H001,5-3,dilated,,,,,,,\n"
        "H001,,,,4,,7,,,\n"
        "H001,,dilated,,,,,,perhaps,\n"
        "H001,,dilated,,,,,,,-1\n"
        "H001,,dilated,,,,,,,,more\n"
        "H009,,dilated,,,,,,,\n"
        'H002,2 4,,,"3, 4",epi,1,no,,7\n'
    )
    read = rows_in((HEAD + table).encode(), hearts={"H001", "H002"})
    assert [row.heart for row in read.rows] == ["H001", "H002"]
    assert read.rows[1] == Row(
        heart="H002", slices=(2, 4), segments=(3, 4), layer="epi", grade=1, seed=7
    )
    assert [number for number, _ in read.errors] == [3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14]
    said = dict(read.errors)
    assert "no such pattern" in said[3]
    assert "exactly one of" in said[6]
    assert "H009 is not in the cohort" in said[14]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_that_what_spreadsheets_write_is_read(mark, coding):
    text = f"Heart{mark}Caption\r\nH001{mark}transmural enhancement, höher\r\n"
    if mark == ",":
        text = text.replace("transmural enhancement, höher", '"transmural enhancement, höher"')
    read = rows_in(text.encode(coding))
    assert [row.caption for row in read.rows] == ["transmural enhancement, höher"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "PLN-01"),
        (b"\xff\xfe\xff", "PLN-01"),
        (b"heart,caption\nH001,\xe4\n", "PLN-01"),
        (b"heart\nH0\x0001\n", "PLN-01"),
        (b"slices,pattern\n1,dilated\n", "PLN-01"),
        (b"heart,heart\nH001,H002\n", "PLN-01"),
        (b"heart,colour\nH001,red\n", "PLN-01"),
        (b'heart,caption\nH001,"never closed\n', "PLN-01"),
        (b"heart,caption\nH001," + b"a" * 200_000, "PLN-01"),
    ],
)
def test_that_what_is_no_table_is_refused_in_one_sentence(data, code):
    with pytest.raises(Refused) as refused:
        rows_in(data)
    assert refused.value.code == code


def test_that_size_and_number_of_rows_have_limits(monkeypatch):
    line = b"H001,," + b"a" * 100_000 + b"\n"
    whole = (HEAD.encode() + line * (MAX_BYTES // len(line) + 1))[:MAX_BYTES]
    assert all(why == "pattern is too long." for _, why in rows_in(whole).errors)
    with pytest.raises(Refused, match="16 MiB"):
        rows_in(whole + b"a")
    monkeypatch.setattr(plan_text, "MOST_ROWS", 2)
    rows_in((HEAD + "H001,,dilated,,,,,,,\n" * 2).encode())
    with pytest.raises(Refused, match="more than 2 rows"):
        rows_in((HEAD + "H001,,dilated,,,,,,,\n" * 3).encode())


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_that_no_bytes_give_anything_but_rows_or_a_refusal(data):
    try:
        read = rows_in(HEAD.encode() + data)
    except Refused:
        return
    assert all(isinstance(one, Row) for one in read.rows)


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"])
def test_that_no_cell_is_a_formula(text):
    assert csv_line([text, 1.5, -2]).decode().startswith(("'", "\"'"))
    assert csv_line(["", -2]) == b",-2\n"
    assert harmless_back(harmless(text.strip())) == text.strip()


def test_that_numbers_are_read_as_people_write_them():
    assert numbers_in("slices", "4") == (4,)
    assert numbers_in("slices", "3-5, 9 5") == (3, 4, 5, 9)
    for text in ("", "a", "5-3", "-3", "1-100", "1.5", "1--2"):
        with pytest.raises(ValueError, match="slices"):
            numbers_in("slices", text)


def test_that_weights_and_quotas_are_read_or_refused():
    names = [one.name for one in load_patterns()]
    assert weights_of(["dilated", "chagas=2.5"], names, "pattern") == {
        "dilated": 1.0,
        "chagas": 2.5,
    }
    assert weights_of(["< 50 mm2=3"], SIZE_NAMES, "size") == {"< 50 mm2": 3.0}
    for text in ("nothing", "dilated=", "dilated=x"):
        with pytest.raises(LgeSynthError):
            weights_of([text], names, "pattern")
    assert quota_of("50:< 50 mm2::5") == Quota(count=50, size="< 50 mm2", segment=5)
    assert quota_of("7") == Quota(count=7)
    for text in ("", "0", "x", "5:huge", "5::no depth", "5:::18", "1:2:3:4:5"):
        with pytest.raises(LgeSynthError):
            quota_of(text)


def test_that_a_plan_of_a_table_is_a_plan():
    rows = rows_in(rows_text(ROWS)).rows
    hosts = [{"id": f"H00{k}", "sha256": f"{k}" * 64, "origin": "phantom"} for k in range(1, 4)]
    plan = Plan.model_validate({"hosts": hosts, "parts": [{"name": "rows", "rows": rows}]})
    assert plan_text.plan_rows(plan) == ROWS
    assert len(COLUMNS) == HEAD.count(",") + 1

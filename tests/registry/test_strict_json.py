import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.io.strict_json import MAX_DEPTH
from lgesynth_gui.registry.strict_json import MAX_BYTES, parse

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
def test_that_plain_json_is_read_as_everybody_reads_it(value):
    text = json.dumps(value)
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        assert parse(text.encode()) == json.loads(text)


@given(st.binary(max_size=200))
def test_that_any_bytes_are_read_or_refused_and_nothing_else(data):
    code = ""
    try:
        parse(data)
    except Refused as refused:
        code = refused.code
    assert code in ("", "MOD-05")


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": 1, "a": 2}',
        b'{"x": {"b": 1, "b": 1}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"",
        b"{",
        b'{"a": }',
        b"[1] [2]",
        b'"\xff\xfe"',
        b"\xef\xbb\xbf{}",
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 100_000,
    ],
)
def test_that_what_is_not_strict_is_refused(text):
    with pytest.raises(Refused, match="MOD-05"):
        parse(text)


def test_that_depth_counts_brackets_outside_strings_alone():
    assert parse(b'"' + b"[{" * 100 + b'"') == "[{" * 100
    assert parse(rb'"\"[[[[[[[[[[[[[[[[[[[[[[[["') == '"' + "[" * 24
    assert parse(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
    assert parse(b"[" + b"[],{}," * 100 + b"0]")[-1] == 0


def test_that_size_is_limited():
    fits = b'"' + b"x" * (MAX_BYTES - 2) + b'"'
    assert len(parse(fits)) == MAX_BYTES - 2
    with pytest.raises(Refused, match="larger than 1 MiB"):
        parse(fits + b" ")
    with pytest.raises(Refused, match="MOD-05"):
        parse(b"[1, 2]", limit=5)

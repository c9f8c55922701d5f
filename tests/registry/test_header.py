import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.registry.header import MAX_HEADER, read_header
from tests.registry.folders import safetensors


def written(tmp_path, data):
    path = tmp_path / "w.safetensors"
    path.write_bytes(data)
    return path


def entry(dtype="F32", shape=(2, 3), offsets=(0, 24)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


@settings(max_examples=25)
@given(st.dictionaries(st.text("abc.12", min_size=1, max_size=6), st.integers(1, 5), min_size=1))
def test_that_the_librarys_own_files_are_read(tmp_path_factory, sizes):
    tensors = {name: np.ones((n, 2), np.float16) for name, n in sizes.items()}
    path = written(tmp_path_factory.mktemp("w"), save(tensors, {"made": "here"}))
    found = read_header(path)
    assert {name: one.shape for name, one in found.items()} == {
        name: value.shape for name, value in tensors.items()
    }
    assert all(one.dtype == "F16" for one in found.values())
    assert sum(one.numbers for one in found.values()) == sum(v.size for v in tensors.values())


def test_that_a_single_number_has_an_empty_shape(tmp_path):
    path = written(tmp_path, safetensors({"n": np.array(3, np.int64)}))
    assert read_header(path)["n"].numbers == 1


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"__metadata__": {"a": "b"}},
        {"a": entry(), "__metadata__": {"a": 1}},
        {"a": entry(), "__metadata__": "text"},
        {"a": entry(dtype="F8")},
        {"a": entry(dtype=["F32"])},
        {"a": entry(shape=(2, 4))},
        {"a": entry(shape=(0, 3), offsets=(0, 0))},
        {"a": entry(shape=(-2, -3))},
        {"a": entry(shape=(2.0, 3))},
        {"a": entry(shape=(True, 6))},
        {"a": entry(shape=(1,) * 7 + (2, 3))},
        {"a": entry(shape=(2**32, 2**32), offsets=(0, 2**66))},
        {"a": entry(offsets=(0, 25))},
        {"a": entry(offsets=(24, 48))},
        {"a": entry(offsets=(24, 0))},
        {"a": entry(offsets=(-24, 0))},
        {"a": entry(offsets=(0,))},
        {"a": {**entry(), "extra": 1}},
        {"a": {"dtype": "F32", "shape": [2, 3]}},
        {"a": [1, 2]},
        {"a": entry(), "b": entry()},
        {"a": entry(shape=(6,)), "b": entry(shape=(3,), offsets=(12, 24))},
        [1, 2, 3],
        "text",
    ],
)
def test_that_a_table_that_is_not_plain_is_refused(tmp_path, table):
    with pytest.raises(Refused, match=r"MOD-06"):
        read_header(written(tmp_path, safetensors(header=table)))


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:7],
        lambda data: data[:20],
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: struct.pack("<Q", len(data)) + data[8:],
        lambda data: struct.pack("<Q", MAX_HEADER + 1) + data[8:],
        lambda data: struct.pack("<Q", 2**63) + data[8:],
        lambda data: data[:8] + b"\x00" + data[9:],
    ],
)
def test_that_a_damaged_file_is_refused(tmp_path, damage):
    with pytest.raises(Refused, match=r"MOD-0[56]"):
        read_header(written(tmp_path, damage(safetensors())))


def test_that_a_tensor_named_twice_is_refused(tmp_path):
    one = json.dumps(entry())
    text = f'{{"a": {one}, "a": {one}}}'.encode()
    with pytest.raises(Refused, match=r"MOD-05"):
        read_header(written(tmp_path, struct.pack("<Q", len(text)) + text + bytes(24)))


@settings(max_examples=60)
@given(st.integers(0, 200), st.integers(0, 255))
def test_that_one_changed_byte_is_read_or_refused_and_nothing_else(tmp_path_factory, place, value):
    data = bytearray(safetensors())
    data[place % len(data)] = value
    code = ""
    try:
        read_header(written(tmp_path_factory.mktemp("w"), bytes(data)))
    except Refused as refused:
        code = refused.code
    assert code in ("", "MOD-05", "MOD-06")


def test_that_a_folder_or_nothing_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(Refused, match="MOD-06"):
            read_header(path)

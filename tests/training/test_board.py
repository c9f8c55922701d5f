"""The curves are in TensorBoard's format."""

import struct

from lgesynth_gui.training.board import Board, crc32c, masked, record


def test_that_the_check_sum_is_the_one_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert masked(b"") == 0xA282EAD8


def test_that_records_hold_the_version_and_the_figures_of_a_step(tmp_path):
    board = Board(tmp_path)
    board.add(300, {"loss": 0.5, "odd": float("nan")})
    board.close()
    board.close()
    (path,) = (tmp_path / "tensorboard").iterdir()
    assert "tfevents" in path.name
    data, found = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        one, data = data[12 : 12 + length], data[16 + length :]
        found.append(one)
    assert path.read_bytes() == b"".join(record(one) for one in found)
    assert found[0][0] == 9  # field 1, a double: the time
    assert found[0][9:] == b"\x1a\x0dbrain.Event:2"
    value = b"\x0a\x04loss" + b"\x15" + struct.pack("<f", 0.5)
    summary = b"\x0a" + bytes([len(value)]) + value
    assert found[1][9:] == b"\x10\xac\x02" + b"\x2a" + bytes([len(summary)]) + summary


def test_that_a_place_that_cannot_be_written_costs_the_curves_only(tmp_path):
    (tmp_path / "tensorboard").write_text("in the way")
    board = Board(tmp_path)
    board.add(1, {"loss": 1.0})
    board.close()

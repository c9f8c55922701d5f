"""What the first command writes can be audited with nothing replaced: exact, and never fooled."""

import json

import pytest

from lgesynth_gui.cli.main import main

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The exported folder of the sample heart."""
    out = tmp_path_factory.mktemp("demo") / "first"
    assert main(["demo", "--out", str(out)]) == 0
    return out


def audited(path, capsys):
    capsys.readouterr()
    code = main(["verify", str(path), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_that_the_demo_is_made_again_byte_by_byte_and_a_changed_byte_is_found(demo, capsys):
    code, found = audited(demo, capsys)
    assert (code, found["outcome"], found["problems"]) == (0, "exact", [])
    assert {one["found"] for one in found["files"]} == {"the same bytes"}
    assert all(one["then"] == one["here"] for one in found["models"])
    path = demo / "dicom" / "SYNTHETIC_LGE_006.dcm"
    raw = bytearray(path.read_bytes())
    raw[-4001] ^= 1
    path.write_bytes(raw)
    code, found = audited(path, capsys)
    assert (code, found["outcome"]) == (1, "different")
    assert "SYNTHETIC_LGE_006.dcm was changed since the export." in found["problems"]

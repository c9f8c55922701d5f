import csv
import json
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from lgesynth_gui.evaluation.files import plain, write_csv, write_json
from lgesynth_gui.evaluation.sheets import COLUMNS, Sheeted, write_sheet, write_sheets


@dataclass(frozen=True)
class Thing:
    name: str
    value: float
    some: frozenset[int]


def test_that_a_report_is_valid_json_whatever_it_holds(tmp_path):
    thing = Thing("a", float("nan"), frozenset({3, 1}))
    held = {"rows": (thing,), "grid": np.eye(2), 1: np.float32(0.5), "far": float("inf")}
    write_json(tmp_path / "a.json", held)
    read = json.loads((tmp_path / "a.json").read_text())
    assert read["rows"] == [{"name": "a", "value": None, "some": [1, 3]}]
    assert (read["grid"], read["1"], read["far"]) == ([[1, 0], [0, 1]], 0.5, None)
    assert plain(True) is True


def test_that_a_table_comes_back_as_it_was(tmp_path):
    write_csv(tmp_path / "a.csv", ("x", "y"), [("a, b", 0.1), ("c", float("nan"))])
    with (tmp_path / "a.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["x", "y"], ["a, b", "0.1"], ["c", ""]]


@pytest.fixture
def tile():
    host = np.full((128, 128), -0.5, np.float32)
    host[60:70] = 0.5
    wish = np.zeros((128, 128), bool)
    wish[50:60, 50:60] = True
    return Sheeted("mid-wall, Dice 0.10", host, wish, host.copy(), wish)


def test_that_a_sheet_shows_host_wish_result_and_reading(tile, tmp_path):
    write_sheet(tmp_path / "a.png", [tile] * 3)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    width = pixels.shape[1] // 2
    quarter = width // len(COLUMNS)
    coloured = np.ptp(pixels, axis=2) > 60
    shares = [coloured[:, k * quarter : (k + 1) * quarter].mean() for k in range(len(COLUMNS))]
    assert [share > 0 for share in shares] == [False, True, False, True]


def test_that_many_cases_fill_pages_and_the_worst_have_their_own(tile, tmp_path):
    write_sheets(tmp_path, "ControlNet, guided", [tile] * 17, [tile])
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "controlnet-guided-01.png", "controlnet-guided-02.png", "controlnet-guided-worst.png",
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", "\0"])
def test_that_a15_no_text_becomes_a_formula_and_numbers_stay_numbers(tmp_path, start):
    text = f'{start}HYPERLINK("http://x","y")'
    write_csv(tmp_path / "a.csv", ("name", "number"), [(text, -1.5), (f"a{start}", 2)])
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[1] == [f"'{text}".replace("\r", " "), "-1.5"]
    assert rows[2] == [f"a{start}".replace("\r", " "), "2"]

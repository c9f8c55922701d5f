"""An evaluation comes back as it was written, and nothing else is taken for one."""

from __future__ import annotations

import base64
import json
import math
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lgesynth_gui.core.errors import Refused
from lgesynth_gui.evaluation import panel_files
from lgesynth_gui.evaluation.figure import Figure
from lgesynth_gui.evaluation.panel import (
    Curves,
    Evaluation,
    Intervals,
    Line,
    Panel,
    PictureRow,
    Pictures,
    Segments,
)
from lgesynth_gui.evaluation.panel_files import FILE, read_evaluation, write_evaluation
from lgesynth_gui.evaluation.table import Table
from lgesynth_gui.evaluation.tiles import FIELD, tile_of


def pictures(rows: tuple[str, ...] = ("a", "b")) -> Pictures:
    """Every row's picture of one wish beside the true scar; each has its own pixels."""
    rng = np.random.default_rng(1)
    planes = rng.normal(0, 0.5, (len(rows) + 1, 128, 128))
    wish = np.zeros((128, 128), dtype=bool)
    wish[50:70, 40:60] = True
    tiles = (
        tile_of("", "true scar", "Dice 0.90", planes[0], (3, 0), wish=wish, found=wish.T),
        *(tile_of(one, one, "Dice 0.50", plane, (3, 0)) for one, plane in zip(rows, planes[1:],
                                                                              strict=True)),
    )  # fmt: skip
    row = PictureRow("Best of a: mid-wall, 400 mm2", tiles, (("size", "large"),))
    return Pictures("pairs", "One wish", ("Nobody chose.",), FIELD, 1, (row, row))


def evaluation() -> Evaluation:
    table = Table("alignment", ("row", "x"), (("=A", 1.5), ("b", 2)), "T", ("row",), (("a",),))
    plots = (
        Intervals("pass", "Pass rate", (Figure("a", 0.5, 0.4, 0.6, 10),), (("ceiling", 0.9),)),
        Curves("curve", "Curve", "x", "y", (Line("a", (0.0, 1.0), (1.0, 0.0)),)),
        Segments("rings", "Error", (("a", (*(0.1,) * 16, 0.2)),), "mm"),
        pictures(),
    )
    panel = Panel("alignment", "Alignment", ("w",), ("!",), (table,), plots, ("SPADE",))
    return Evaluation(
        "T", "hearts", (("seed", "1"),), "held", "few", (panel,), (("r", "a/1 ff"),), False
    )


def test_that_an_evaluation_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_evaluation(tmp_path / "run", evaluation())

    assert read_evaluation(tmp_path / "run") == evaluation()
    assert (tmp_path / "run/tables/alignment.csv").read_text() == "row,x\n'=A,1.5\nb,2\n"


def test_that_numbers_that_are_not_finite_come_back_as_nan(tmp_path: Path) -> None:
    bars = (Figure("a", math.nan, -math.inf, math.inf, 0),)
    panel = Panel("p", "P", plots=(Intervals("i", "I", bars),))
    write_evaluation(tmp_path, Evaluation("t", "d", (), "", "", (panel,)))

    (plot,) = read_evaluation(tmp_path).panels[0].plots
    assert isinstance(plot, Intervals)
    assert all(math.isnan(x) for x in (plot.bars[0].value, plot.bars[0].low, plot.bars[0].high))


def _changed(path: tuple[str | int, ...], value: Any) -> Any:
    def change(whole: Any) -> None:
        for key in path[:-1]:
            whole = whole[key]
        whole[path[-1]] = value

    return change


_PANEL = ("evaluation", "panels", 0)
_TILE = (*_PANEL, "plots", 3, "rows", 0, "tiles", 0)


@pytest.mark.parametrize(
    "change",
    [
        _changed(("format",), 2),
        _changed(("format",), True),
        _changed(("extra",), 1),
        _changed(("evaluation", "title"), 7),
        _changed(("evaluation", "finished"), 1),
        _changed(("evaluation", "panels"), {}),
        _changed(("evaluation", "settings"), [["a"]]),
        _changed((*_PANEL, "evil"), "x"),
        _changed((*_PANEL, "title"), "x" * 30_000),
        _changed((*_PANEL, "tables", 0, "name"), "../../etc"),
        _changed((*_PANEL, "tables", 0, "cells"), [["one"]]),
        _changed((*_PANEL, "tables", 0, "cells", 0, 1), {"a": 1}),
        _changed((*_PANEL, "plots", 0, "kind"), "os.system"),
        _changed((*_PANEL, "plots", 0, "bars", 0, "n"), 1.5),
        _changed((*_PANEL, "plots", 0, "bars", 0, "value"), "0.5"),
        _changed((*_PANEL, "plots", 1, "lines", 0, "y"), [1.0]),
        _changed((*_PANEL, "plots", 2, "rings", 0, 1), [0.0] * 16),
        _changed((*_PANEL, "plots", 1, "name"), "pass"),
        _changed((*_PANEL, "plots", 3, "side"), 95),
        _changed((*_PANEL, "plots", 3, "side"), 10**6),
        _changed((*_PANEL, "plots", 3, "together"), 0),
        _changed((*_TILE, "grey"), ""),
        _changed((*_TILE, "grey"), "no base64"),
        _changed((*_TILE, "grey"), base64.b64encode(zlib.compress(bytes(10**7))).decode()),
        _changed((*_TILE, "wish"), base64.b64encode(zlib.compress(bytes(3))).decode()),
    ],
)
def test_that_a_foreign_file_is_refused_in_one_sentence(tmp_path: Path, change: Any) -> None:
    write_evaluation(tmp_path, evaluation())
    whole = json.loads((tmp_path / FILE).read_text())
    change(whole)
    (tmp_path / FILE).write_text(json.dumps(whole))

    with pytest.raises(
        Refused, match=r"^The evaluation is damaged or foreign: [^.]*\. "
    ) as refused:
        read_evaluation(tmp_path)
    assert refused.value.code == "EVA-03"


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 99, b'{"a": NaN}', b"null", b'{"a":1,"a":2}']
)
def test_that_what_is_no_json_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)

    with pytest.raises(Refused, match="damaged or foreign"):
        read_evaluation(tmp_path)


def test_that_a_folder_without_an_evaluation_is_told(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no evaluation") as refused:
        read_evaluation(tmp_path)
    assert refused.value.code == "EVA-01"


def test_that_a_very_large_file_is_not_read(tmp_path: Path, monkeypatch: Any) -> None:
    write_evaluation(tmp_path, evaluation())
    monkeypatch.setattr(panel_files, "LARGEST", 100)

    with pytest.raises(Refused) as refused:
        read_evaluation(tmp_path)
    assert refused.value.code == "EVA-02"


def test_that_reading_loads_no_torch() -> None:
    code = "import sys, lgesynth_gui.evaluation.panel_files; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""The command of the whole evaluation, its measuring replaced by what it would have found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lgesynth_gui.cli.evaluate_tables import pieces
from lgesynth_gui.cli.main import main
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.evaluation.table import Table
from tests.evaluation.test_panel_files import evaluation


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    told: list[Any] = []

    def measured(folder: Path, options: Any) -> Job:
        told.append(options)
        folder.mkdir(exist_ok=True)
        yield Progress(1, 1, "measuring")
        return evaluation()

    monkeypatch.setattr("lgesynth_gui.evaluation.whole.measure_all", measured)
    return told


def test_that_tables_alarms_and_a_report_come_of_it(
    asked: list[Any], qapp: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert main(["evaluate", "tables", "--out", str(out), "--full", "--layers", "privacy"]) == 0
    text = capsys.readouterr().out
    for words in ("measured on hearts", "few", "Alarm: !", "Left out: SPADE"):
        assert words in text, words
    assert {"report.html", "report.pdf", "plots"} <= {path.name for path in out.iterdir()}
    (options,) = asked
    assert (options.full, options.layers, options.cases) == (True, ("privacy",), 500)
    assert options.command.startswith("lgesynth evaluate tables --out run --seed 7 --steps 6")
    assert str(tmp_path) not in options.command


def test_that_json_holds_the_numbers_and_no_pixels(
    asked: list[Any], qapp: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "tables", "--out", str(tmp_path / "run"), "--no-pdf", "--json"]) == 0
    (panel,) = json.loads(capsys.readouterr().out)["panels"]
    assert panel["tables"][0]["cells"] == [["=A", 1.5], ["b", 2]]
    assert [plot["name"] for plot in panel["plots"]] == ["pass", "curve", "rings"]


def test_that_a_layer_that_is_not_is_refused(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "tables", "--out", str(tmp_path), "--layers", "beauty"]) != 0
    assert "no layer 'beauty'" in capsys.readouterr().err
    assert not asked


def test_that_a_wide_table_is_printed_in_pieces_that_all_name_their_rows() -> None:
    head = ("row", *(f"c{k}" for k in range(10)))
    table = Table("a", (), (), "Wide", head, (tuple(str(k) for k in range(11)),))
    (_, first, _), (title, second, ((name, *_),)) = pieces(table)
    assert (len(first), len(second)) == (9, 3)
    assert (title, name) == ("Wide (continued)", "0")

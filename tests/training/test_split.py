"""Patients are split whole, the split is frozen, and other data is refused."""

from dataclasses import replace

import pytest

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.training.check import Finding, Outcome, Remark, judged
from lgesynth_gui.training.split import SPLIT, draw_split, freeze, read_split, run_secret


def findings(count, each=1, scar=lambda k: True):
    return tuple(
        Finding(f"case {k:03d}", f"patient {k // each:03d}", "EMIDEC", used=5, total=5,
                scarred=3 * scar(k // each), digest=f"{k:064x}", insertions=5)
        for k in range(count)
    )  # fmt: skip


def whole(count, each=1, **how):
    return judged(findings(count, each, **how), least=(1, 1))


@pytest.mark.parametrize("people", [2, 5, 9, 10, 12, 24, 40, 101])
@pytest.mark.parametrize("seed", [0, 1])
def test_that_no_patient_is_on_two_sides(people, seed):
    checked = whole(3 * people, 3)
    split = draw_split(checked, seed)
    held, watch, train = (split.people(p) for p in (split.held_out, split.watch, split.train))
    assert held + watch + train == people
    assert len(split.held_out) + len(split.watch) + len(split.train) == 3 * people
    if people >= 10:
        assert held >= 5
        assert held >= 0.2 * people
        assert watch >= 1
    assert train >= 1
    assert draw_split(checked, seed) == split
    assert str(held) in split.words


def test_that_every_part_holds_scar_where_it_can():
    for seed in range(20):
        checked = whole(20, scar=lambda k: k % 4 == 0)
        split = draw_split(checked, seed)
        scarred = {one.case for one in checked.taken if one.scarred}
        assert scarred & set(split.train)
        assert scarred & set(split.held_out)


def test_that_red_cases_must_be_excluded_first():
    first, *rest = findings(12)
    red = replace(first, remarks=(Remark("TRN-05", Outcome.REFUSED, "Empty."),))
    checked = judged((red, *rest))
    with pytest.raises(Refused, match="not excluded"):
        draw_split(checked)
    split = draw_split(checked.excluding({red.case}))
    assert red.case not in split.patients


def test_that_a_split_is_frozen_with_its_data(tmp_path):
    secret = run_secret(tmp_path)
    assert secret == run_secret(tmp_path)
    split = draw_split(whole(12), 0, secret)
    freeze(tmp_path, split)
    freeze(tmp_path, split)
    assert read_split(tmp_path) == split
    text = (tmp_path / SPLIT).read_text()
    assert f"{3:064x}" not in text  # keyed, so that nobody can look a scan up
    changed = list(findings(12))
    changed[4] = replace(changed[4], digest="f" * 64)
    for other in (judged(tuple(changed), least=(1, 1)), whole(13), whole(11)):
        with pytest.raises(Refused, match="not what this run was started with") as told:
            freeze(tmp_path, draw_split(other, 0, secret))
        assert told.value.code == "TRN-14"
    with pytest.raises(Refused, match="split otherwise"):
        freeze(tmp_path, draw_split(whole(12), 1, secret))
    assert read_split(tmp_path) == split


def test_that_leaking_splits_are_refused(tmp_path):
    split = draw_split(whole(12))
    leaking = replace(split, patients={**split.patients, split.train[0]: "x", split.watch[0]: "x"})
    same = {**split.digests, split.train[0]: split.digests[split.held_out[0]]}
    for one in (leaking, replace(split, digests=same)):
        with pytest.raises(Refused, match="both trained on and measured") as told:
            freeze(tmp_path, one)
        assert told.value.code == "TRN-12"
    (tmp_path / SPLIT).write_text('{"train": 3}')
    with pytest.raises(LgeSynthError, match="cannot be read"):
        read_split(tmp_path)
    with pytest.raises(Refused, match="One patient"):
        draw_split(whole(3, 3))

"""What a run will come to, how it stands, what it covers, and how it is made like a real cohort."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lgesynth_gui.cohort.balance import (
    Statistics,
    distance,
    matching_parts,
    matching_quotas,
    shared_out,
    statistics_of,
    variation,
)
from lgesynth_gui.cohort.coverage import coverage, coverage_of, filling_part
from lgesynth_gui.cohort.estimate import Wanted, estimate, expected, probe, project, stop_words
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import Group, Index
from lgesynth_gui.cohort.make import add_parts, add_quotas
from lgesynth_gui.cohort.plan import PLAN, Draw, Part, Plan, Quota, Row, Stop, read_plan
from lgesynth_gui.cohort.pools import HerePool
from lgesynth_gui.cohort.rates import (
    FILE,
    Bin,
    Rates,
    Settings,
    measured,
    rates_in,
    read_rates,
    remember,
    remembered,
    settings_of,
)
from lgesynth_gui.cohort.run import holding
from lgesynth_gui.cohort.status import status_of
from lgesynth_gui.cohort.wishes import wish_of
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.jobs import drive
from lgesynth_gui.io.run_log import EventLog
from lgesynth_gui.quality.interval import wilson
from tests.training.annotated_files import emidec

REAL = Path(__file__).parents[3] / "shared" / "data" / "emidec_P100"
SETTINGS = Settings(model="m/1.0.0", steps=6, guidance=0.08, half=False, tries=4, device="cpu")
RATES = Rates(
    settings=SETTINGS,
    seconds=2.0,
    samples=100,
    accepted=60,
    tries=170,
    bytes=5000,
    bins=(
        Bin(size="< 50 mm2", depth="mid-wall", painted=20, accepted=2),
        Bin(size="> 300 mm2", depth="transmural", painted=4, accepted=4),
    ),
)
GROUPS = (
    Group("< 50 mm2", "mid-wall", 1, (1,), 10, 2, 2, 40, 2),
    Group("> 300 mm2", "transmural", 4, (4, 5), 10, 9, 9, 12, 9),
    Group("> 300 mm2", "transmural", 5, (5,), 4, 4, 4, 4, 4),
)


def hand_rates(folder, least=1):
    plan = read_plan(folder / PLAN)
    return rates_in(folder, settings_of(plan.sampling, plan.stop.tries, "cpu"), least)


# -- rates


def test_that_rates_are_what_the_index_shows_and_nothing_with_too_few(made_by_hand):
    assert hand_rates(made_by_hand, 16) is None
    found = hand_rates(made_by_hand)
    assert (found.samples, found.accepted, found.tries) == (5, 3, 5)
    assert found.seconds == 0.5
    sizes = [path.stat().st_size for path in (made_by_hand / "samples").rglob("*.npz")]
    assert found.bytes > np.mean(sizes)
    assert sum(one.painted for one in found.bins) == 5


def test_that_a_bin_with_too_few_samples_takes_the_rate_of_all():
    assert RATES.accept("< 50 mm2", "mid-wall") == (2, 20)
    assert RATES.accept("> 300 mm2", "transmural") == (60, 100)


def test_that_rates_are_remembered_by_their_settings(made_by_hand, tmp_path, monkeypatch):
    monkeypatch.setattr("lgesynth_gui.cohort.rates.ENOUGH", 1)
    monkeypatch.setattr(rates_in, "__defaults__", (1,))
    home = tmp_path / "home"
    assert remembered(home, SETTINGS) is None
    kept = remember(made_by_hand, home, SETTINGS)
    assert remembered(home, SETTINGS) == kept
    other = SETTINGS.model_copy(update={"tries": 9})
    assert remembered(home, other) == kept  # the same but for how often it is tried
    assert remembered(home, SETTINGS.model_copy(update={"half": True})) is None
    remember(made_by_hand, home, other)
    remember(made_by_hand, home, other)
    assert len(read_rates(home)) == 2
    empty = tmp_path / "empty"
    assert measured(empty, home, SETTINGS).rates == kept
    assert "this cohort" in measured(made_by_hand, home, SETTINGS).source
    assert measured(empty, tmp_path, SETTINGS).rates is None
    for content in (b"", b"{", b"[]", (home / FILE).read_bytes().replace(b"0.5", b"-1.0")):
        (home / FILE).write_bytes(content)
        assert read_rates(home) == ()


# -- estimates


def test_that_nothing_is_foretold_without_rates(new_cohort):
    folder = new_cohort(stop=Stop(tries=3, hours=2.0, gigabytes=1.5), quotas=(Quota(count=5),))
    with pytest.raises(LgeSynthError, match="no sample"):
        drive(estimate(folder, None, "nothing"))
    add_parts(
        folder,
        Part(name="drawn", draw=Draw(count=20, controls=0.5)),
        Part(name="rows", rows=(Row(heart="H001", segments=(17,), slices=(1,)),)),
    )
    told = drive(estimate(folder, None, "nothing"))
    assert (told.planned, told.left, told.made) == (21, 21, 0)
    assert (told.accepted, told.seconds, told.bytes) == (None, None, None)
    assert told.wanted.looked == 21
    assert told.wanted.impossible == 1
    assert "none of these slices" in told.wanted.reason
    assert 3 <= told.wanted.controls <= 17
    words = " ".join(told.stops)
    for one in ("3 noises", "21 planned", "more rounds", "2 hours", "1.5 GB"):
        assert one in words


def test_that_every_plan_has_a_stop_rule():
    assert len(stop_words(Plan())) == 2


def test_that_an_estimate_is_rates_times_what_is_planned(new_cohort):
    folder = new_cohort()
    add_parts(folder, Part(name="drawn", draw=Draw(count=400)))
    told = drive(estimate(folder, RATES, "earlier", workers=2, looks=20))
    assert told.wanted.looked == 20
    assert told.seconds == 400 * 2.0 / 2
    assert told.bytes == 400 * 5000
    assert told.accepted.low < told.accepted.value < told.accepted.high


def test_that_what_is_accepted_follows_from_the_bins():
    wanted = Wanted(10, bins={("< 50 mm2", "mid-wall"): 5, ("100-300 mm2", "mid-wall"): 5})
    found = expected(RATES, wanted, 100)
    assert found.value == pytest.approx(100 * (0.5 * 0.1 + 0.5 * 0.6))
    alone = expected(RATES, Wanted(1, bins={("< 50 mm2", "mid-wall"): 1}), 100)
    low, high = wilson(2, 20)
    assert alone.high - alone.low == pytest.approx(min(100, 10 + 50 * (high - low)) - 0, abs=3)


def test_that_a_probe_paints_one_block_and_keeps_nothing(new_cohort, networks):
    folder = new_cohort()
    add_parts(folder, Part(name="drawn", draw=Draw(count=12)))
    before = sorted(folder.rglob("*"))
    found = drive(probe(folder, HerePool(), SETTINGS))
    assert sorted(folder.rglob("*")) == before
    assert 0 < found.samples <= 4
    assert found.seconds > 0
    assert found.bytes > 500
    paper = project(folder, found, 1_000_000)
    assert paper.files == 2_000_000
    assert paper.bytes == 1_000_000 * found.bytes
    assert paper.worker_hours == pytest.approx(found.seconds * 1e6 / 3600)


def test_that_the_index_of_a_large_cohort_is_foretold_from_its_rows(made_by_hand):
    paper = project(made_by_hand, hand_rates(made_by_hand), 700)
    assert 150 < paper.index_bytes / 700 < 600  # not the 4096 of a page with seven rows


# -- status


def test_that_the_status_counts_by_bin_with_intervals(by_hand):
    add_quotas(by_hand, Quota(count=9), Quota(count=2, segment=8))
    found = status_of(by_hand)
    assert (found.state, found.planned, found.made, found.accepted) == ("never run", 7, 7, 3)
    assert found.counts == {"PASS": 3, "CHECK": 1, "FAIL": 1, "CONTROL": 1, "ERROR": 1}
    assert (found.shares[0].painted, found.shares[0].accepted) == (5, 3)
    assert found.shares[0].interval == wilson(3, 5)
    assert sum(one.painted for one in found.shares if one.depth) == 5
    assert [one.accepted for one in found.quotas] == [3, 1]
    assert found.bytes > 0
    assert found.owner is None


def test_that_the_status_says_who_runs_it_and_how_fast(by_hand):
    with holding(by_hand):
        log = EventLog(by_hand)
        log.write("start", planned=7)
        log.write("step", made=1, planned=7, accepted=0, seconds=10.0)
        log.write("step", made=4, planned=7, accepted=2, seconds=40.0)
        log.close()
        found = status_of(by_hand)
        assert found.state == "running"
        assert found.owner is not None
        assert found.an_hour == pytest.approx(360)
        assert 0 <= found.left_s <= 30
    found = status_of(by_hand)
    assert (found.state, found.left_s) == ("stopped", None)
    assert "without a word" in found.message
    log = EventLog(by_hand)
    log.write("failed", message="The drive is full.")
    log.close()
    assert (status_of(by_hand).state, status_of(by_hand).message) == (
        "failed", "The drive is full.",
    )  # fmt: skip


# -- coverage


def test_that_segments_are_counted_asked_kept_and_real():
    found = coverage(GROUPS, shown=(1, 4, 5), real={1: 7})
    asked = {one.segment: one.asked for one in found.segments if one.asked}
    kept = {one.segment: one.kept for one in found.segments if one.kept}
    assert asked == {1: 10, 4: 10, 5: 14}
    assert kept == {1: 2, 4: 9, 5: 13}
    assert found.segments[0].real == 7
    assert found.middle == 9
    assert found.under == (1,)  # segments no heart shows are not among them
    assert found.cells[5, "> 300 mm2", "transmural"] == (14, 13)


def test_that_a_gap_is_filled_up_to_the_median_at_the_segments_own_rate():
    covered = coverage(GROUPS, shown=(1, 4, 5))
    plan = Plan(parts=(Part(name="x", draw=Draw(count=9, patterns={"dilated": 1.0}, whole=True)),))
    part = filling_part(plan, covered, 1)
    # 7 are missing, 2 of 10 were kept: 35 and a tenth more
    assert part.draw.count == 39
    assert part.draw.segments == {1: 1.0}
    assert (part.draw.patterns, part.draw.whole) == ({"dilated": 1.0}, True)
    with pytest.raises(LgeSynthError, match="not under-represented"):
        filling_part(plan, covered, 5)
    with pytest.raises(LgeSynthError, match="No heart"):
        filling_part(plan, covered, 17)


def test_that_filled_samples_lie_in_their_segment(by_hand):
    covered = drive(coverage_of(by_hand))
    assert all(one.shown for one in covered.segments[:16])
    few = replace(covered, middle=5.0)
    assert few.under
    segment = few.under[-1]
    part = filling_part(read_plan(by_hand / PLAN), few, segment)
    plan = add_parts(by_hand, part)
    heart = load_host(by_hand, plan.hosts[0]).heart
    for number in range(7, plan.count):
        assert segment in wish_of(plan.parts[-1].draw, heart, plan.seed, number).place.segments


# -- balance


def test_that_annotated_scans_are_counted_by_bin(tmp_path):
    emidec(tmp_path, 3, scar=lambda k: k < 2)
    found = drive(statistics_of([tmp_path]))
    assert (found.cases, found.unread, found.scarred) == (3, 0, 6)
    assert found.slices == 12
    assert set(found.cells) <= {("100-300 mm2", d) for _, d in found.cells}
    assert all(s in (3, 4, 5, 9, 10, 11, 15) for s in found.segments)
    with pytest.raises(LgeSynthError, match="No annotated slice"):
        drive(statistics_of([emidec(tmp_path / "none", 1, scar=lambda k: False)]))


@pytest.mark.skipif(not REAL.is_dir(), reason="no scans beside the checkout")
def test_that_a_real_scan_is_counted(count):
    found = drive(statistics_of([REAL]))
    assert found.cases == 1
    assert found.scarred > 0
    count(f"EMIDEC P100: {found.scarred} of {found.slices} slices with scar, {found.cells}")


REAL_LIKE = Statistics(
    10, 0, 80,
    {("< 50 mm2", "mid-wall", 2): 10, ("< 50 mm2", "mid-wall", 17): 10,
     ("> 300 mm2", "transmural", 5): 20},
    {2: 10, 5: 20, 17: 10},
)  # fmt: skip


def test_that_parts_ask_for_a_real_cohorts_bins_and_more_where_the_gate_keeps_few():
    plain = matching_parts(REAL_LIKE, 40)
    assert [part.count for part in plain] == [20, 20]
    assert plain[0].draw.segments == {2: 10.0, 17: 10.0}
    more = matching_parts(REAL_LIKE, 40, RATES, shown=(2, 5))
    assert [part.count for part in more] == [220, 37]  # 2 of 20 are kept, 60 of 100
    assert more[0].draw.segments == {2: 10.0}
    quotas = matching_quotas(REAL_LIKE, 7)
    assert sum(one.count for one in quotas) == 7


def test_that_a_number_is_shared_out_whole():
    cells = {("a", "x"): 1, ("b", "x"): 1, ("c", "x"): 1}
    parts = shared_out(cells, 100)
    assert sum(parts.values()) == 100
    assert set(parts.values()) == {33, 34}


def test_that_a_cohort_made_alike_is_nearer_to_the_real_one(new_cohort):
    """Without a gate the samples that are drawn have the real cohort's bins."""
    folder = new_cohort(hearts=1)
    plan = read_plan(folder / PLAN)
    heart = load_host(folder, plan.hosts[0]).heart

    def groups(parts):
        found = []
        number = 0
        for part in parts:
            for _ in range(part.count):
                try:
                    place = wish_of(part.draw, heart, 1, number).place
                except LgeSynthError:
                    place = None
                number += 1
                if place is not None:
                    found.append(
                        Group(place.size, place.depth, place.segment, place.segments, 1, 1, 1, 1, 1)
                    )
        return found

    alike = distance(groups(matching_parts(REAL_LIKE, 12, shown=range(1, 17))), REAL_LIKE)
    usual = distance(groups([Part(name="x", draw=Draw(count=12))]), REAL_LIKE)
    assert alike.cells < 0.2 < usual.cells
    assert variation({1: 1}, {1: 5}) == 0
    assert variation({1: 1}, {2: 1}) == variation({}, {1: 1}) == 1


def test_that_the_plan_on_paper_is_stored_as_plain_values(by_hand):
    add_quotas(by_hand, *matching_quotas(REAL_LIKE, 10))
    values = json.loads((by_hand / PLAN).read_text())
    assert sum(one["count"] for one in values["quotas"]) == 10


def test_that_groups_of_the_index_sum_to_its_rows(made_by_hand):
    with Index(made_by_hand) as index:
        groups = list(index.groups())
        entries = [one for one in index.entries() if one.tries]
    assert sum(one.painted for one in groups) == len(entries)
    assert sum(one.accepted for one in groups) == sum(one.accepted for one in entries)

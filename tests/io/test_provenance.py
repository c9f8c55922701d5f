import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.synthesis import Hole, SynthesisRequest
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.marks import derivation_words
from lgesynth_gui.io.provenance import identifiers_of, record_of, request_of, request_values
from tests.io.results import IDENTITY, host, patient, result_on

mm = st.floats(-500, 500)
point = st.tuples(mm, mm)
polygon = st.lists(point, min_size=3, max_size=6).map(tuple)
maybe = st.none() | point
indices = st.lists(st.integers(0, 30), max_size=4).map(tuple)
slices = st.none() | st.builds(
    SliceContours,
    endo=st.just(()) | polygon,
    epi=polygon,
    rv_anterior=maybe,
    rv_inferior=maybe,
    rv_centroid=maybe,
    level=st.none() | st.sampled_from(Level),
    accepted=st.booleans(),
)
regions = st.builds(
    ScarRegion,
    outline=polygon,
    slices=indices,
    label=st.sampled_from([Label.SCAR, Label.NO_REFLOW, Label.MYOCARDIUM]),
)
letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
requests = st.builds(
    SynthesisRequest,
    host_sha256=st.text("0123456789abcdef", min_size=64, max_size=64),
    contours=st.lists(slices, max_size=3).map(tuple).map(HeartContours),
    sketch=st.lists(regions, max_size=3).map(tuple).map(ScarSketch),
    caption=letters,
    slices=indices,
    seed=st.integers(0, 2**63),
    steps=st.integers(1, 100),
    text_scale=st.floats(1, 9),
    guidance=st.floats(0, 0.3),
    hole=st.sampled_from(Hole),
    margin_mm=st.floats(1, 10),
    feather_mm=st.floats(2, 4),
    model=letters,
    dice_limit=st.floats(0, 1),
    half=st.booleans(),
)


def record(series=None, reason="", **request):
    series = series or host()
    return record_of(result_on(series, **request), series, mode="new_subject", reason=reason)


def read_back(value):
    return json.loads(canonical(value))


@given(requests)
def test_that_any_request_comes_back_exactly(request):
    record = {"format": "lgesynth provenance", "version": 1, "request": request_values(request)}
    assert request_of(read_back(record)) == request


def test_that_a_record_holds_all_that_decided_and_judged_the_result():
    series = host()
    result = result_on(series, Grade.FAIL)
    told = read_back(record_of(result, series, mode="new_subject", reason="wanted for a figure"))
    assert request_of(told) == result.request
    assert told["synthetic"] is True
    assert told["reason"] == "wanted for a figure"
    assert told["label_source"] == "requested"
    assert told["host"]["pixels_sha256"] == series.pixels_sha256
    assert told["result"]["pixels_sha256"] == result.pixels_sha256
    assert told["verdict"]["grade"] == "FAIL"
    assert told["verdict"]["dice"] == result.verdict.dice
    assert told["verdict"]["findings"][0]["text"] == result.verdict.findings[0].text
    assert told["models"][0] == {
        "role": "synthesis", "model": "lge-default/1.0.0", "sha256": "ab" * 32
    }  # fmt: skip
    assert told["scores"] == {"reward Dice": 0.812}
    assert {"lgesynth", "numpy", "torch"} <= set(told["versions"])


def test_that_a_record_says_of_how_many_pictures_it_was_chosen():
    series = host()
    one = result_on(series)
    assert record_of(one, series, mode="new_subject")["tries"] is None
    chosen = replace(one, scores=(*one.scores, ("tries", 5.0)))
    record = record_of(chosen, series, mode="new_subject")
    assert record["tries"] == 5
    assert "tries" not in record["scores"]
    assert "Chosen from 5 made" in derivation_words(chosen)


def test_that_time_spent_changes_neither_record_nor_identifiers():
    series = host()
    fast = result_on(series)
    slow = replace(fast, scores=(("reward Dice", 0.812), ("seconds", 99.0)))
    assert record_of(fast, series, mode="new_subject") == record_of(
        slow, series, mode="new_subject"
    )


def test_that_every_other_difference_gives_other_identifiers():
    series = host()
    other = replace(series, pixels=series.pixels + 1)
    found = [
        record(),
        record(reason="wanted for a figure"),
        record(steps=9),
        record(other),
        record_of(result_on(series, Grade.CHECK), series, mode="new_subject"),
        record_of(result_on(series), series, mode="edit_of_patient"),
    ]
    assert len({identifiers_of(one).digest for one in found}) == len(found)
    assert identifiers_of(record()) == identifiers_of(record())


def test_that_identifiers_do_not_depend_on_who_the_source_is():
    somebody = patient(host())
    source = replace(somebody.source, attributes=(), study_uid="1.2.3", series_uid="1.2.4")
    other = replace(somebody, source=source)
    assert identifiers_of(record(somebody)) == identifiers_of(record(other))


def test_that_nothing_of_the_header_is_in_a_record():
    series = patient(host())
    text = canonical(record_of(result_on(series), series, mode="edit_of_patient")).decode()
    unique = [value for value in IDENTITY.values() if len(value) > 5]
    assert not [value for value in unique if value in text]
    assert series.source.study_uid not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(format="other"), "not a provenance record"),
        (lambda r: r.update(version=2), "version 2"),
        (lambda r: r.pop("request"), "no request"),
        (lambda r: r["request"].update(colour="red"), "colour"),
        (lambda r: r["request"].pop("steps"), "steps"),
        (lambda r: r["request"].update(seed="7"), "seed"),
        (lambda r: r["request"].update(seed=True), "seed"),
        (lambda r: r["request"].update(hole="square"), "hole"),
        (lambda r: r["request"]["sketch"][0].update(label="FAT"), "sketch"),
        (lambda r: r["request"]["contours"][0].update(epi=[[0, 0]]), "contours"),
        (lambda r: r["request"]["contours"][0].update(accepted="yes"), "contours"),
    ],
)
def test_that_a_record_that_cannot_be_replayed_says_which_field(change, words):
    told = read_back(record())
    change(told)
    with pytest.raises(LgeSynthError, match=words):
        request_of(told)

"""Cohorts whose samples are made by hand: the scar is written in, no network takes part."""

import numpy as np

from lgesynth_gui.cohort.block import CONTROL, ERROR, Item, _sample, request_of
from lgesynth_gui.cohort.hosts import load_host
from lgesynth_gui.cohort.index import Index, entry_of
from lgesynth_gui.cohort.make import add_parts
from lgesynth_gui.cohort.plan import PLAN, Part, Row, read_plan
from lgesynth_gui.cohort.samples import read_record, store
from lgesynth_gui.cohort.wishes import heart_of, wish_of
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict

BRIGHT = 3000
ROWS = (
    Row(heart="H001", pattern="ischaemic_transmural"),
    Row(heart="H001", segments=(7, 8), grade=2),
    Row(heart="H002", segments=(4,), slices=(1, 2)),
    Row(heart="H002", control=True, slices=(2,)),
    Row(heart="H002", pattern="dilated"),
    Row(heart="H001", segments=(17,), slices=(1,)),  # impossible there
    Row(heart="H001", caption="subendocardial enhancement in the mid anterior wall"),
)
GRADES = (Grade.PASS, Grade.PASS, Grade.PASS, None, Grade.CHECK, None, Grade.FAIL)


def planned(folder, rows=ROWS):
    """The folder, with rows planned."""
    add_parts(folder, Part(name="by hand", rows=rows))
    return folder


def made(folder, grades=GRADES):
    """Every planned sample, with the grades it is told; a grade counts for painted ones only."""
    plan = read_plan(folder / PLAN)
    hosts = {one.id: load_host(folder, one) for one in plan.hosts}
    with Index(folder, writes=True) as index:
        for number in range(plan.count):
            part, place = plan.part_at(number)
            what = plan.parts[part].at(place)
            host = hosts[heart_of(plan.parts[part], place, tuple(hosts))]
            item = Item(number, host.entry.id, what)
            sample = _made(item, host, plan, grades[number % len(grades)] or Grade.PASS)
            sha256, size = store(folder, sample)
            record, _ = read_record(folder, number)
            index.put([entry_of(record, part, sha256, size, 0.5)])
    return folder


def _made(item, host, plan, grade):
    try:
        wish = wish_of(item.what, host.heart, plan.seed, item.index)
    except LgeSynthError as error:
        return _sample(item, host, ERROR, None, error)
    if wish.control:
        return _sample(item, host, CONTROL, wish)
    result = painted(host, request_of(wish, host, plan.sampling, seed=5), grade)
    tried = {"seed": 5, "grade": grade.value, "dice": 0.7, "accepted": grade is Grade.PASS}
    return _sample(item, host, grade.value, wish, None, result, [tried])


def painted(host, request, grade):
    """A result whose scar is bright, one pixel of it excepted, and whose judge saw a part."""
    series = host.series
    requested = host.heart.labels(request.sketch)
    for index in range(len(requested)):
        if index not in request.slices:
            requested[index] = 0
    edited = requested >= 2
    pixels = series.pixels.copy()
    pixels[requested >= 3] = BRIGHT
    first = tuple(np.argwhere(requested == 3)[0])
    pixels[first] = series.pixels[first]
    measured = requested.copy()
    measured[first] = 2
    finding = Finding("judge Dice", grade, "Dice 0.70 was said by hand.")
    verdict = Verdict(
        grade,
        (finding,),
        dice=0.7,
        slice_dice=((request.slices[0], 0.7),),
        judge="judge/1.0.0",
        co_judge_dice=0.8,
        untouched=int((~edited).sum()),
    )
    return SynthesisResult(
        request=request,
        slices=request.slices,
        pixels=pixels,
        edited=edited,
        requested=requested,
        measured=measured,
        captions=tuple((index, "a scar by hand") for index in request.slices),
        verdict=verdict,
        models=(("controlnet", f"tiny/1.0.0 {'ab' * 32}"), ("judge", f"judge/1.0.0 {'cd' * 32}")),
        scores=(("reward Dice", 0.8),),
        pixels_sha256=content_hash(pixels),
    )

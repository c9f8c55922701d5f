"""Prints how fast the images follow slice, greys, comparing and drags; asserts nothing."""

import statistics
import sys
import time

from lgesynth_gui.app.session import request_of
from lgesynth_gui.ui.canvas.overlay import Pointer
from lgesynth_gui.ui.sketch.tools import Desk, Select
from lgesynth_gui.ui.sketch.tools.bend import push
from tests.ui import hearts
from tests.ui.conftest import engine, heart, window, windows, written

__all__ = ["engine", "heart", "window", "windows", "written"]
BUDGET_MS = {"slice": 33, "window/level": 33, "zoom": 33, "compare": 33, "drag": 16}


def told(name, steps, run, budget):
    """One line: median and 95th percentile of `run` called with each of `steps`, and its work.

    The work is what the processor did for it, which a busy computer changes less than the time.
    """
    spent, worked = [], []
    for step in steps:
        begin, work = time.perf_counter(), time.process_time()
        run(step)
        spent.append(1000 * (time.perf_counter() - begin))
        worked.append(1000 * (time.process_time() - work))
    spent.sort()
    late = spent[min(int(0.95 * len(spent)), len(spent) - 1)]
    sys.stdout.write(
        f"{name:28s} {statistics.median(spent):6.1f} ms median, {late:6.1f} ms at 95 %"
        f" of {len(spent)}, work {statistics.median(worked):5.1f} ms (budget {budget} ms)\n"
    )


def test_answers_of_the_images(heart, qapp, capsys):
    state = heart.session.state
    heart.variations.add([hearts.result_of(request_of(state, 2), state.series)])
    heart.view.set(preview=heart.variations.visible()[0].number, grid=True)
    qapp.processEvents()
    view, canvas = heart.view, heart.canvas

    def shown(**values):
        view.set(**values)
        qapp.processEvents()

    def cycle(_):
        canvas.cycle()
        qapp.processEvents()

    def gesture(make, points):
        pointers = [Pointer("move", at, 0.2) for at in points]
        run = make(Pointer("press", points[0], 0.2))
        next(run)

        def step(pointer):
            run.send(pointer)
            qapp.processEvents()

        return pointers, step

    with capsys.disabled():
        sys.stdout.write("\n")
        ring = [i % hearts.SLICES for i in range(18)]
        told("slice", ring, lambda i: shown(slice_index=i), BUDGET_MS["slice"])
        greys = [300.0 + 10 * i for i in range(12)]
        told("window/level", greys, lambda w: shown(window=w), BUDGET_MS["window/level"])
        zooms = [3.0 + 0.2 * i for i in range(12)]
        told("zoom", zooms, lambda z: shown(zoom=z), BUDGET_MS["zoom"])
        told("compare", range(12), cycle, BUDGET_MS["compare"])
        shares = [i / 12 for i in range(13)]
        view.set(compare="slider")
        told("slider border", shares, lambda s: shown(split=s), BUDGET_MS["compare"])
        view.set(compare="side", slice_index=2, tool="select", active="endo")
        desk = Desk(
            heart.session,
            view,
            lambda _: None,
            lambda _: None,
            outline=canvas._set_outline,
            rest=canvas._on_hand,
        )
        path = [hearts.at(92, 18 + 0.1 * i) for i in range(30)]
        moves, step = gesture(lambda press: Select().gesture(desk, press), path)
        told("drag of a border", moves, step, BUDGET_MS["drag"])
        path = [hearts.at(200, 12 + 0.2 * i) for i in range(30)]
        moves, step = gesture(lambda press: push(desk, press, "endo", 5.0), path)
        told("disc that pushes a border", moves, step, BUDGET_MS["drag"])

"""A whole evaluation made by hand: every panel, every kind of plot, alarms and a warning."""

import numpy as np

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
from lgesynth_gui.evaluation.table import Table, figure_table
from lgesynth_gui.evaluation.tiles import FIELD, tile_of
from lgesynth_gui.quality.interval import wilson

SYSTEMS = (
    "LGESynthNet, guided", "LGESynthNet", "ControlNet", "ControlNet+Template", "SPADE-FC",
    "SPADE-LC, as published", "copy-paste", "constant brightness",
)  # fmt: skip
MARKS = (("judge on real scars", 0.71), ("untouched originals", 0.06), ("shuffled masks", 0.12))


def dice(k, n=200):
    value = 0.74 - 0.05 * k
    return Figure("Dice", value, value - 0.03, value + 0.03, n)


def rows(names=SYSTEMS, n=200):
    return [
        (name, (dice(k, n), Figure("passed", (n - 20 * k) / n, 0.0, 1.0, n)))
        for k, name in enumerate(names)
    ]


def bars(names=SYSTEMS, n=200):
    return tuple(
        Figure(name, one.value, one.low, one.high, one.n) for name, (one, _) in rows(names, n)
    )


def alignment(names=SYSTEMS):
    by_bin = Table(
        "alignment-bins", ("row", "size", "depth", "value", "low", "high", "n"),
        tuple(
            (name, size, depth, 0.7, 0.6, 0.8, 30)
            for name in names for size in ("small", "large") for depth in ("endo", "mid-wall")
        ),
        "By size and depth of the scar", ("row", "size", "depth", "Dice", "n"),
        tuple(
            (name, size, depth, "0.70 (0.60 to 0.80)", "30")
            for name in names for size in ("small", "large") for depth in ("endo", "mid-wall")
        ),
    )  # fmt: skip
    return Panel(
        "alignment",
        "Gate: does the judge find the scar that was asked for?",
        ("A network that neither trained nor guided a system reads every picture.",),
        ("constant brightness scores as well as ControlNet: this judge cannot see texture.",),
        (figure_table("alignment", "Dice and pass rate", rows(names)), by_bin),
        (
            Intervals("gate-dice", "Dice by the judge, by system", bars(names), MARKS, 0.0, 1.0),
            Curves(
                "gate-distribution", "Share of samples above a Dice", "Dice", "share",
                tuple(
                    Line(name, x := tuple(np.linspace(0, 1, 21).tolist()),
                         tuple((1 / (1 + np.exp(10 * (np.array(x) - 0.8 + 0.08 * k)))).tolist()))
                    for k, name in enumerate(names[:5])
                ),
                (("limit", 0.60),),
            ),
        ),
        ("the paper's own weights: not here",),
    )  # fmt: skip


def agreement():
    rng = np.random.default_rng(1)
    asked = tuple(rng.uniform(5, 70, 17).tolist())
    off = (*rng.normal(0, 6, 16).tolist(), float("nan"))
    return Panel(
        "agreement", "Agreement", ("Asked against measured, segment by segment.",),
        plots=(
            Segments("segments-asked", "Scar asked, by segment",
                     (("asked", asked), ("measured", tuple(v * 0.9 for v in asked))), "%"),
            Segments("segments-error", "Measured minus asked", (("LGESynthNet", off),), "points"),
            Intervals("mass", "Measured minus asked scar mass, g",
                      (Figure("LGESynthNet", -0.3, -2.4, 1.8, 180),), (("no difference", 0.0),)),
        ),
    )  # fmt: skip


def heart(seed):
    """A ring on noise, with a bright part of its wall; the mask of that part."""
    rows, columns = np.indices((128, 128)) - 63.5
    far = np.hypot(rows, columns)
    wall, angle = (far > 22) & (far < 32), np.arctan2(-rows, columns)
    scar = wall & (np.abs(angle - seed % 3) < 0.6)
    plane = np.random.default_rng(seed).normal(0.2, 0.1, far.shape)
    plane[wall] -= 0.9
    plane[scar] = 1.1
    return plane, scar


def pairs(names=SYSTEMS):
    rows = []
    for case, size in enumerate(("large", "small")):
        plane, scar = heart(case)
        tiles = [tile_of("", "true scar", "Dice 0.81", plane, (3, 0))]
        tiles.append(tile_of("", "host, asked and found", "", plane - 0.1, (3, 0), wish=scar,
                             found=np.roll(scar, 4, 0)))  # fmt: skip
        tiles += [
            tile_of(name, name, f"Dice 0.{70 - k}", heart(case)[0] + 0.05 * (k + 1), (3, 0))
            for k, name in enumerate(names)
        ]
        rows.append(PictureRow(f"Case {case + 1}: mid-wall", tuple(tiles), (("size", size),)))
    words = ("The first cases in order: nobody chose.", "All at window 3, level 0.")
    return Pictures("pairs", "One wish, painted by every system", words, FIELD, 1, tuple(rows))


def nearest(names=SYSTEMS[:3]):
    tiles = []
    for k, name in enumerate(names):
        plane, scar = heart(k)
        tiles += [
            tile_of(name, name, "likeness 0.51, r 0.88", plane, (3, 0), wish=scar),
            tile_of(name, "training slice", "", heart(k + 1)[0], (3, 0)),
        ]
    row = PictureRow("Nothing is called a copy: the most alike of each", tuple(tiles))
    return Pictures("nearest-slices", "Samples beside training slices", ("All at window 3.",),
                    FIELD, 2, (row,))  # fmt: skip


def others():
    words = ("One sentence about how to read it.",)
    few = tuple(Figure(n, 12 / 15, *wilson(12, 15), 15) for n in SYSTEMS[:3])
    return (
        Panel("fidelity", "Realism", words, (), (figure_table("fidelity", "Contrast", rows()),), (
            Intervals("cnr", "Contrast of scar to remote muscle", tuple(
                Figure(n, 9.0 - k, 7.5 - k, 10.5 - k, 200) for k, n in enumerate(SYSTEMS)),
                (("real scars, 5th percentile", 3.1), ("real scars, 95th percentile", 11.8))),
            pairs(),
        )),
        Panel("utility", "Use", words, (), (), (
            Curves("utility-share", "Dice of the segmenter by share of the real data",
                   "real data, %", "Dice", (
                       Line("real only", (25.0, 50.0, 100.0), (0.41, 0.52, 0.6), (0.37, 0.48, 0.57),
                            (0.45, 0.56, 0.63)),
                       Line("+ LGESynthNet", (25.0, 50.0, 100.0), (0.5, 0.58, 0.63),
                            (0.46, 0.55, 0.6), (0.54, 0.61, 0.66)))),
        )),
        Panel("diversity", "Diversity", words, (), (), (
            Intervals("vendi", "Different samples of one request", few, (), 0.0, 1.0),)),
        Panel("privacy", "Privacy", words, (), (), (
            Intervals("membership", "Membership attack, area under the curve",
                      (Figure("LGESynthNet", 0.51, 0.46, 0.56, 300),),
                      (("chance", 0.5),), 0.0, 1.0),
            nearest(),)),
    )  # fmt: skip


def evaluation(
    finished=True, small="Only 15 cases a system: too few to conclude from.", names=SYSTEMS
):
    return Evaluation(
        "Quick evaluation of every system that is here",
        "200 simulated hearts of the test stream, no patient",
        (("seed", "1"), ("n", "200"), ("sampler", "6 steps in bfloat16"),
         ("command", "lgesynth evaluate tables --quick --seed 1 --out DIR")),
        "No network has seen any of these hearts.",
        small,
        (alignment(names), agreement(), *others()),
        (("LGESynthNet", "lgesynth-net/1.0.0 0f3c"), ("judge", "scar-judge/1.2.0 a1b2")),
        finished,
    )  # fmt: skip

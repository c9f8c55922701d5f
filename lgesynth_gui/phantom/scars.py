"""Scar outlines of the thirteen patterns (METHOD: pattern library)."""

from __future__ import annotations

import numpy as np

from lgesynth_gui.anatomy.aha import anchors_in
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

_SHARES = {
    "ischaemic_subendocardial": 0.18,
    "ischaemic_transmural": 0.26,
    "acute_no_reflow": 0.12,
    "dilated": 0.07,
    "myocarditis": 0.08,
    "chagas": 0.03,
    "hypertrophic": 0.06,
    "insertion": 0.04,
    "amyloid": 0.04,
    "fabry": 0.03,
    "sarcoid": 0.05,
    "sclerosis": 0.02,
    "eosinophilic": 0.02,
}
PATTERNS = tuple(_SHARES)
WEIGHTS = tuple(_SHARES.values())


def draw_pattern(name: str, contours: HeartContours, rng: np.random.Generator) -> ScarSketch:
    """A scar of the pattern over neighbouring slices."""
    slices = contours.outlined()
    anchors = anchors_in(contours, slices[len(slices) // 3])
    a = anchors.anterior_deg
    septum = a + anchors.septum_deg / 2
    lateral = septum + 180
    regions: list[ScarRegion] = []

    def arc(low: float, high: float) -> float:
        return float(np.clip(np.exp(rng.normal(np.log(105), 0.4)), low, high))

    def span(share: float) -> tuple[int, ...]:
        length = max(1, round(share * len(slices)))
        first = int(rng.integers(0, len(slices) - length + 1))
        return slices[first : first + length]

    def add(
        middle: float,
        width: float,
        low: float,
        high: float,
        where: tuple[int, ...],
        label: Label = Label.SCAR,
        taper: float | None = None,
    ) -> None:
        n = len(where)
        for k, i in enumerate(where):
            fade = 1 - 0.3 * abs((k + 0.5) / n - 0.5) * 2 if n > 1 else 1.0
            w = min(width * fade, 360.0)
            start = middle - w / 2 + rng.normal(0, 3)
            t = rng.uniform(0.1, 0.7) if taper is None else taper
            end = start + (360.0 if w >= 359 else w)
            regions.append(sector_region(start, end, low, high, (i,), label=label, taper=t))

    territory = {"LAD": a + 35, "RCA": a + 155, "LCx": a + 245}
    if name in ("ischaemic_subendocardial", "ischaemic_transmural", "acute_no_reflow"):
        which = str(rng.choice(list(territory), p=[0.45, 0.33, 0.22]))
        middle = territory[which] + float(rng.normal(0, 18))
        where = span(float(rng.uniform(0.25, 0.7)))
        if name == "ischaemic_subendocardial":
            add(middle, arc(30, 120), 0.0, float(rng.uniform(0.25, 0.55)), where)
        else:
            width = arc(40, 150)
            deep = float(rng.uniform(0.75, 1.02))
            add(middle, width, 0.0, deep, where)
            if name == "acute_no_reflow":
                inner = where[len(where) // 5 : len(where) - len(where) // 5] or where
                add(
                    middle + float(rng.normal(0, 0.06 * width)),
                    width * float(rng.uniform(0.3, 0.6)),
                    float(rng.uniform(0.05, 0.2)),
                    deep * float(rng.uniform(0.5, 0.7)),
                    inner,
                    Label.NO_REFLOW,
                    0.8,
                )
    elif name == "dilated":
        half = float(rng.uniform(0.08, 0.17))
        mid = float(rng.uniform(0.42, 0.58))
        add(septum, float(rng.uniform(60, 120)), mid - half, mid + half, span(0.6), taper=0.3)
    elif name == "myocarditis":
        side = lateral if rng.random() < 0.7 else septum
        for _ in range(int(rng.integers(1, 5))):
            low = float(rng.choice([0.6, 0.55, 0.35]))
            high = 1.0 if low > 0.4 else 0.7
            add(side + float(rng.normal(0, 28)), float(rng.uniform(15, 50)), low, high, span(0.35))
    elif name == "chagas":
        low, high = sorted(rng.uniform(0, 1, 2))
        low, high = (low, min(1.0, low + 0.35)) if high - low < 0.3 else (low, high)
        add(lateral - 40, float(rng.uniform(30, 90)), float(low), float(high), slices[:3])
        add(lateral - 60, float(rng.uniform(40, 110)), 0.0, float(rng.uniform(0.5, 1)), slices[-3:])
    elif name == "hypertrophic":
        for _ in range(int(rng.integers(2, 7))):
            spot = float(rng.choice([a, a + anchors.septum_deg, septum])) + float(rng.normal(0, 14))
            low = float(rng.uniform(0.2, 0.5))
            add(
                spot,
                float(rng.uniform(8, 35)),
                low,
                low + float(rng.uniform(0.25, 0.45)),
                span(0.3),
            )
    elif name == "insertion":
        spots = [a, a + anchors.septum_deg]
        for spot in spots if rng.random() < 0.5 else [spots[int(rng.integers(2))]]:
            add(spot, float(rng.uniform(12, 30)), 0.35, 0.85, span(0.4))
    elif name in ("amyloid", "eosinophilic"):
        deep = float(rng.uniform(0.3, 0.95 if name == "amyloid" else 0.5))
        add(float(rng.uniform(0, 360)), float(rng.uniform(200, 400)), 0.0, deep, slices, taper=0.5)
    elif name == "fabry":
        where = slices[: max(2, len(slices) // 2)]
        add(lateral - 30, float(rng.uniform(30, 70)), 0.33, 0.72, where)
    elif name == "sarcoid":
        for _ in range(int(rng.integers(2, 6))):
            low, high = [(0.55, 1.0), (0.3, 0.7), (0.0, 0.5), (0.0, 1.0)][
                int(rng.choice(4, p=[0.4, 0.35, 0.1, 0.15]))
            ]
            spot = septum if rng.random() < 0.6 else lateral
            add(spot + float(rng.normal(0, 30)), float(rng.uniform(12, 50)), low, high, span(0.35))
    else:
        low, high = [(0.35, 0.7), (0.6, 1.0)][int(rng.integers(2))]
        add(septum + float(rng.normal(0, 15)), float(rng.uniform(20, 60)), low, high, span(0.4))
    kept = [r for r in regions if _drawable(contours, r)]
    return ScarSketch(tuple(kept))


def _drawable(contours: HeartContours, region: ScarRegion) -> bool:
    one = contours.slices[region.slices[0]]
    return one is not None and (one.level is not Level.APEX or region.outline[0][1] <= 0.2)

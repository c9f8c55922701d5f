"""What the sample heart asks for at first: a pinned scar with its seed and settings."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from lgesynth_gui.anatomy.aha import anchors_in, level_of
from lgesynth_gui.anatomy.regions import segment_region
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.sketch import ScarSketch


@dataclass(frozen=True)
class SampleWish:
    """A scar and how it is made.

    Args:
        sketch: The scar.
        seed, steps, guidance: As in `core.synthesis.SynthesisRequest`.
    """

    sketch: ScarSketch
    seed: int
    steps: int
    guidance: float


def sample_wish(contours: HeartContours) -> SampleWish:
    """`resources/sample_request.toml`, drawn into the sample heart's contours."""
    asked = tomllib.loads((bundled("resources") / "sample_request.toml").read_text("utf-8"))
    regions = []
    for region in asked["region"]:
        segment, (shallow, deep) = region["segment"], region["depth"]
        level = level_of(segment)
        for i in contours.outlined():
            if contours.level(i) == level:
                anchors = anchors_in(contours, i)
                regions.append(segment_region(segment, level, anchors, shallow, deep, (i,)))
    return SampleWish(ScarSketch(tuple(regions)), asked["seed"], asked["steps"], asked["guidance"])

"""Scar patterns of heart disease, as data, and the scars that are drawn from them.

`resources/patterns.toml` says which numbers a pattern draws, and in which order.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np

from lgesynth_gui.anatomy.aha import Anchors, anchors_in
from lgesynth_gui.anatomy.regions import sector_region
from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label, Level
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch

FADE = 0.3  # a scar narrows by this share towards its first and last slice
DRIFT_DEG = 3.0  # spread of its middle from slice to slice
TAPER = (0.1, 0.7)
RING_DEG = 359.0  # from here on it runs all around
APEX_DEPTH = 0.2  # scar that starts deeper than this has no place in a wall without cavity

Keys = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Pattern:
    """One pattern of the library.

    Args:
        name: Identifier, for example "ischaemic_transmural".
        title: For people.
        where: Place in words.
        depth: Layer and shape in words.
        size: Extent in words.
        caption: A typical example that `captions.understand` reads.
        share: How common it is among scarred hearts; all shares sum to 1.
        pieces: What is drawn, key by key.
        core: What is drawn into the last piece, or ().
    """

    name: str
    title: str
    where: str
    depth: str
    size: str
    caption: str
    share: float
    pieces: tuple[Keys, ...] = field(repr=False)
    core: Keys = field(default=(), repr=False)


@dataclass(frozen=True)
class _Spot:
    """One focus, as far as it is drawn; angles in degrees, depth 0 to 1."""

    place: float = 0.0
    turn: float = 0.0
    off: float = 0.0
    arc: float = 0.0
    low: float = 0.0
    high: float | None = None
    thick: float | None = None
    middle: float | None = None
    slices: tuple[int, ...] = ()
    taper: float | None = None
    label: Label = Label.SCAR

    @property
    def angle(self) -> float:
        return self.place + self.turn + self.off

    @property
    def depths(self) -> tuple[float, float]:
        if self.middle is not None and self.thick is not None:
            return self.middle - self.thick / 2, self.middle + self.thick / 2
        if self.thick is not None:
            return self.low, self.low + self.thick
        return self.low, 1.0 if self.high is None else self.high


@lru_cache(maxsize=1)
def load_patterns() -> tuple[Pattern, ...]:
    """All patterns of the bundled library, in its order."""
    return tuple(
        Pattern(
            **{name: one[name] for name in ("name", "title", "where", "depth", "size", "caption")},
            share=float(one["share"]),
            pieces=tuple(tuple(piece.items()) for piece in one["scar"]),
            core=tuple(one.get("core", {}).items()),
        )
        for one in _library()["pattern"]
    )


@lru_cache(maxsize=1)
def _library() -> dict[str, Any]:
    return tomllib.loads((bundled("resources") / "patterns.toml").read_text(encoding="utf-8"))


def pattern_named(name: str) -> Pattern:
    """The pattern of some name.

    Raises:
        LgeSynthError: there is none.
    """
    for pattern in load_patterns():
        if pattern.name == name:
            return pattern
    known = ", ".join(pattern.name for pattern in load_patterns())
    raise LgeSynthError(f"There is no pattern {name!r}.", f"Known: {known}.")


def draw_pattern(pattern: Pattern, contours: HeartContours, rng: np.random.Generator) -> ScarSketch:
    """A random scar of a pattern over neighbouring slices.

    Angles hang on the anchors of one slice in the upper third, so that a scar stays straight
    along the heart.

    Args:
        pattern: Which.
        contours: Heart; slices without contours stay empty.
        rng: Decides everything.

    Raises:
        LgeSynthError: no slice has contours.
    """
    if not contours.outlined():
        raise LgeSynthError("No slice has heart contours.", "Draw or propose some.")
    hand = _Hand(contours, rng)
    regions: list[ScarRegion] = []
    for piece in pattern.pieces:
        regions += hand.draw(piece, _Spot())
    if pattern.core:
        regions += hand.draw_core(pattern.core)
    return ScarSketch(tuple(region for region in regions if _drawable(contours, region)))


def _drawable(contours: HeartContours, region: ScarRegion) -> bool:
    one = contours.slices[region.slices[0]]
    return one is not None and (one.level is not Level.APEX or region.outline[0][1] <= APEX_DEPTH)


class _Hand:
    """Draws pieces; every random number comes in the order of the keys."""

    def __init__(self, contours: HeartContours, rng: np.random.Generator) -> None:
        self.slices, self.rng = contours.outlined(), rng
        self.anchors = anchors_in(contours, self.slices[len(self.slices) // 3])
        self.last = _Spot()

    def draw(self, keys: Keys, spot: _Spot) -> list[ScarRegion]:
        """Regions of a piece; keys behind `foci` or several places are drawn for each."""
        for done, (key, value) in enumerate(keys, 1):
            if key == "foci":
                count = int(self.rng.integers(value[0], value[1] + 1))
                spots = [spot] * count
            elif key == "at":
                spots = [replace(spot, place=place) for place in self._places(value)]
            else:
                spot = self._known(spot, key, value)
                continue
            return [region for one in spots for region in self.draw(keys[done:], one)]
        self.last = spot
        return self._painted(spot)

    def draw_core(self, keys: Keys) -> list[ScarRegion]:
        """No-reflow inside the piece that was drawn last."""
        rng, outer = self.rng, self.last
        found = {"off": 0.0, "arc": 1.0, "from": 0.0, "to": 1.0, "taper": 0.0, "trim": 0.0}
        for key, value in keys:
            if key == "off":
                found[key] = float(rng.normal(0, value * outer.arc))
            else:
                found[key] = self._number(value)
        rim = int(len(outer.slices) * found["trim"])
        inner = _Spot(
            place=outer.angle,
            off=found["off"],
            arc=outer.arc * found["arc"],
            low=found["from"],
            high=outer.depths[1] * found["to"],
            slices=outer.slices[rim : len(outer.slices) - rim] or outer.slices,
            taper=found["taper"],
            label=Label.NO_REFLOW,
        )
        return self._painted(inner)

    def _known(self, spot: _Spot, key: str, value: Any) -> _Spot:
        """The spot with one more thing drawn."""
        match key:
            case "turn":
                return replace(spot, turn=float(value))
            case "off":
                return replace(spot, off=float(self.rng.normal(0, value)))
            case "arc":
                return replace(spot, arc=self._arc(value))
            case "from":
                return replace(spot, low=self._number(value))
            case "to":
                return replace(spot, high=self._number(value))
            case "thick":
                return replace(spot, thick=self._number(value))
            case "middle":
                return replace(spot, middle=self._number(value))
            case "band":
                low, high = self._band(value)
                return replace(spot, low=low, high=high)
            case "apart":
                low, high = sorted(float(depth) for depth in self.rng.uniform(0, 1, 2))
                if high - low < value["least"]:
                    high = min(1.0, low + value["else"])
                return replace(spot, low=low, high=high)
            case "slices":
                return replace(spot, slices=self._where(value))
            case "taper":
                return replace(spot, taper=float(value))
        raise LgeSynthError(f"A pattern cannot draw {key!r}.", "See resources/patterns.toml.")

    def _number(self, value: float | Sequence[float]) -> float:
        if isinstance(value, int | float):
            return float(value)
        return float(self.rng.uniform(value[0], value[1]))

    def _arc(self, value: Any) -> float:
        if not isinstance(value, Mapping):
            return self._number(value)
        drawn = np.exp(self.rng.normal(np.log(value["median"]), value["spread"]))
        return float(np.clip(drawn, *value["within"]))

    def _band(self, value: Any) -> tuple[float, float]:
        if isinstance(value, Mapping):
            low, high = value["of"][self._weighted(value["shares"])]
        elif isinstance(value[0], int | float):
            low, high = value
        else:
            low, high = value[int(self.rng.integers(len(value)))]
        return float(low), float(high)

    def _weighted(self, shares: Sequence[float]) -> int:
        return int(self.rng.choice(len(shares), p=shares))

    def _places(self, value: Any) -> list[float]:
        """Angles of one place, or of two."""
        rng = self.rng
        if value == "anywhere":
            return [float(rng.uniform(0, 360))]
        if isinstance(value, str):
            return [_angle_of(value, self.anchors)]
        if isinstance(value, Mapping) and "of" in value:
            both = [_angle_of(name, self.anchors) for name in value["of"]]
            return both if rng.random() < value["all"] else [both[int(rng.integers(len(both)))]]
        if isinstance(value, Mapping):
            names = [*value]
            return [_angle_of(names[self._weighted([*value.values()])], self.anchors)]
        return [_angle_of(value[int(rng.integers(len(value)))], self.anchors)]

    def _where(self, value: Any) -> tuple[int, ...]:
        """Slices of a piece, neighbours."""
        every = self.slices
        if value == "all":
            return every
        if isinstance(value, Mapping):
            if "first" in value:
                return every[: value["first"]]
            if "last" in value:
                return every[-value["last"] :]
            return every[: max(value["least"], int(value["first_share"] * len(every)))]
        length = max(1, round(self._number(value) * len(every)))
        first = int(self.rng.integers(0, len(every) - length + 1))
        return every[first : first + length]

    def _painted(self, spot: _Spot) -> list[ScarRegion]:
        """One region a slice, wavering a little along the heart."""
        count, regions = len(spot.slices), []
        low, high = spot.depths
        for k, i in enumerate(spot.slices):
            fade = 1 - FADE * abs((k + 0.5) / count - 0.5) * 2 if count > 1 else 1.0
            width = min(spot.arc * fade, 360.0)
            start = spot.angle - width / 2 + self.rng.normal(0, DRIFT_DEG)
            taper = self.rng.uniform(*TAPER) if spot.taper is None else spot.taper
            end = start + (360.0 if width >= RING_DEG else width)
            regions.append(
                sector_region(start, end, low, high, (i,), label=spot.label, taper=taper)
            )
        return regions


def _angle_of(name: str, anchors: Anchors) -> float:
    """Degrees of a named place of the library."""
    place = _library()["place"][name]
    base = {
        "anterior insertion": anchors.anterior_deg,
        "inferior insertion": anchors.anterior_deg + anchors.septum_deg,
        "septum": anchors.anterior_deg + anchors.septum_deg / 2,
    }[place["from"]]
    return base + float(place["turn"])

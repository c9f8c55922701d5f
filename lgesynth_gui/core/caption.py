"""The structure a caption says, in words of the AHA-17 model (grammar: `anatomy.captions`)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from lgesynth_gui.core.labels import Level


class Depth(Enum):
    """Which part of the wall's thickness enhances."""

    SUBENDOCARDIAL = "subendocardial"
    DEEP_SUBENDOCARDIAL = "deep subendocardial"
    TRANSMURAL = "transmural"
    MID_WALL = "mid-wall"
    SUBEPICARDIAL = "subepicardial"
    DEEP_SUBEPICARDIAL = "deep subepicardial"
    MIXED_LAYER = "mixed-layer"


class Extent(Enum):
    """How far around the ring: focal <= 30 degrees in one wall, extensive > 150."""

    FOCAL = "focal"
    REGIONAL = "regional"
    EXTENSIVE = "extensive"


class Site(Enum):
    """What the place words name."""

    WALLS = "walls"
    ANTERIOR_INSERTION = "anterior RV insertion point"
    INFERIOR_INSERTION = "inferior RV insertion point"
    APEX = "apex"


@dataclass(frozen=True)
class CaptionRegion:
    """One region of a caption.

    Args:
        depth: The depth word.
        segments: AHA segments 1 to 17, ascending; empty for insertion points. With `level` None
            the walls are written as the basal segments 1-6.
        site: Walls, one of the insertion points, or the apex.
        level: Ring, or None when unknown or not said.
        extent: Focal, regional (no word) or extensive. Circumferential regions are REGIONAL.
        patchy: Several islands.
        no_reflow: A non-enhancing core inside.
    """

    depth: Depth
    segments: tuple[int, ...] = ()
    site: Site = Site.WALLS
    level: Level | None = None
    extent: Extent = Extent.REGIONAL
    patchy: bool = False
    no_reflow: bool = False


@dataclass(frozen=True)
class Caption:
    """All regions of a slice or stack, in canonical order; empty means no enhancement."""

    regions: tuple[CaptionRegion, ...] = ()

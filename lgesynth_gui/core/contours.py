"""Heart contours: polygons in millimetres of the slice plane, the truth masks are rendered from."""

from __future__ import annotations

from dataclasses import dataclass, field

from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Level

Point = tuple[float, float]  # (x, y) mm in the slice plane, see SliceContours
Polygon = tuple[Point, ...]


@dataclass(frozen=True)
class SliceContours:
    """Borders of the left ventricle's wall in one slice.

    All points are plane millimetres: x = column * column spacing to the image's right,
    y = row * row spacing downwards, origin at the centre of pixel (0, 0) of the stored image.

    Args:
        endo: Endocardial polygon (at least 3 points, implicitly closed), or () when the slice
            shows wall without a cavity (apex).
        epi: Epicardial polygon around it.
        rv_anterior, rv_inferior: RV insertion points (border of segments 1|2 and 3|4) or None.
        rv_centroid: Centre of the right ventricle's cavity where it was seen, or None.
        level: Ring this slice belongs to, or None to take it from its place in the stack.
        accepted: False while it is only a proposal of the contour network.
    """

    endo: Polygon
    epi: Polygon
    rv_anterior: Point | None = None
    rv_inferior: Point | None = None
    rv_centroid: Point | None = None
    level: Level | None = None
    accepted: bool = False

    def __post_init__(self) -> None:
        if len(self.epi) < 3 or 0 < len(self.endo) < 3:
            raise LgeSynthError("A contour needs at least three points.", "Draw the contour again.")


@dataclass(frozen=True)
class HeartContours:
    """Contours of a whole stack.

    Args:
        slices: One entry a slice of the series; None where no wall is outlined.
    """

    slices: tuple[SliceContours | None, ...] = field(default=())

    def replacing(self, index: int, contours: SliceContours | None) -> HeartContours:
        """The same stack with slice `index` replaced."""
        parts = list(self.slices)
        parts[index] = contours
        return HeartContours(tuple(parts))

    def outlined(self) -> tuple[int, ...]:
        """Indices of the slices that have contours."""
        return tuple(i for i, one in enumerate(self.slices) if one is not None)

    def level(self, index: int) -> Level:
        """Ring of slice `index`: its own if set, else by thirds of the closed-ring slices.

        Slices with a cavity, in stack order (base to apex), are cut into thirds, the first
        getting ceil(n/3); a slice of wall without cavity is the apex (METHOD: AHA-17 levels,
        Cerqueira et al., Circulation 2002;105:539).
        """
        own = self.slices[index]
        if own is None:
            raise LgeSynthError(f"Slice {index + 1} has no heart contour.", "Draw or propose one.")
        if own.level is not None:
            return own.level
        if not own.endo:
            return Level.APEX
        rings = [i for i, one in enumerate(self.slices) if one is not None and one.endo]
        place, n = rings.index(index), len(rings)
        basal = -(-n // 3)
        mid = -(-(n - basal) // 2)
        if place < basal:
            return Level.BASAL
        return Level.MID if place < basal + mid else Level.APICAL

"""Contours for cases that lack them: proposed by the contour network, looked at by a person."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.segmentation.segment import propose_contours
from lgesynth_gui.training.annotated import Annotated, load_case
from lgesynth_gui.training.cases import Case


def propose_for(case: Case, device: str = "cpu") -> Job:
    """Contours for a case, for the engine to run.

    Rings that the case has of its own stay; what they lack is where the right ventricle joins them.

    Args:
        case: One whose image can be read.
        device: Where to compute.

    Returns:
        A job that returns `HeartContours`. None of the proposed ones is accepted; once a person
        has, `case.outlined(...)` takes them.

    Raises:
        Refused: the case cannot be read.
        LgeSynthError: there is no contour network.
    """
    read: Annotated = yield from load_case(case)
    proposed: HeartContours = yield from propose_contours(read.series, device)
    own = read.contours.slices
    return HeartContours(tuple(_joined(a, b) for a, b in zip(own, proposed.slices, strict=True)))


def _joined(own: SliceContours | None, proposed: SliceContours | None) -> SliceContours | None:
    if own is None or proposed is None:
        return own or proposed
    if own.rv_anterior or own.rv_inferior or own.rv_centroid:
        return own
    return replace(
        own,
        rv_anterior=proposed.rv_anterior,
        rv_inferior=proposed.rv_inferior,
        rv_centroid=proposed.rv_centroid,
    )

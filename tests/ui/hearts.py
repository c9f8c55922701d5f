"""A small heart made of circles, a fake engine and fake services: no files, no networks."""

import time
from dataclasses import replace

import numpy as np

from lgesynth_gui.app.services import SeriesRow, Services
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours, SliceContours
from lgesynth_gui.core.geometry import Geometry
from lgesynth_gui.core.jobs import Progress
from lgesynth_gui.core.series import LgeSeries, SeriesSource, SignalKind, SliceOrder
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.synthesis import SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict
from lgesynth_gui.io.export import Rehearsal

SLICES, SIZE, MM = 6, 96, 1.5
CENTRE = (72.0, 70.0)  # (x, y) mm


def circle(radius, n=72):
    t = np.arange(n) * (2 * np.pi / n)
    return tuple(
        (float(CENTRE[0] + radius * np.cos(a)), float(CENTRE[1] - radius * np.sin(a))) for a in t
    )


def at(angle_deg, radius):
    a = np.deg2rad(angle_deg)
    return float(CENTRE[0] + radius * np.cos(a)), float(CENTRE[1] - radius * np.sin(a))


def contours(accepted=True, wider=0.0):
    parts = []
    for i in range(SLICES):
        inner, outer = 20.0 - i, 30.0 - i + wider
        parts.append(
            SliceContours(
                circle(inner),
                circle(outer),
                rv_anterior=at(120, outer),
                rv_inferior=at(240, outer),
                accepted=accepted,
            )
        )
    return HeartContours(tuple(parts))


def series():
    rng = np.random.default_rng(1)
    y, x = np.mgrid[:SIZE, :SIZE] * MM
    radius = np.hypot(x - CENTRE[0], y - CENTRE[1])
    stack = np.zeros((SLICES, SIZE, SIZE))
    for i in range(SLICES):
        image = np.full((SIZE, SIZE), 140.0)
        image[(np.hypot(x - 40, y - 70) < 26) & (radius > 30 - i)] = 330
        image[radius < 30 - i] = 60
        image[radius < 20 - i] = 380
        stack[i] = image + rng.normal(0, 22, image.shape)
    affine = np.eye(4)
    affine[:3, 2] = np.array([0.70, 0.60, -0.387]) / np.linalg.norm([0.70, 0.60, -0.387]) * MM
    column = np.array([-0.4, 0.0, -0.4 * 0.70 / 0.387])
    column -= affine[:3, 2] * (column @ affine[:3, 2]) / MM**2
    affine[:3, 1] = column / np.linalg.norm(column) * MM
    normal = np.cross(affine[:3, 2], affine[:3, 1])
    affine[:3, 0] = normal / np.linalg.norm(normal) * 8.0
    return LgeSeries(
        np.clip(stack, 0, None).astype(np.uint16),
        Geometry(affine, thickness_mm=8.0),
        signal=SignalKind.MAGNITUDE,
        label="sample heart",
        source=SeriesSource("phantom"),
        order=SliceOrder.PLACE,
    )


def result_of(request, host, *, grade=Grade.PASS, dice=0.846):
    from lgesynth_gui.anatomy.render import render_stack

    wanted = render_stack(request.sketch, request.contours, host.shape, host.spacing)
    slices = request.slices or request.sketch.slices()
    rng = np.random.default_rng(request.seed)
    pixels = np.array(host.pixels)
    scar = wanted >= 3
    bright = 1.1 * np.percentile(host.pixels, 99.5)
    pixels[scar] = bright + rng.normal(0, 0.03 * bright, int(scar.sum()))
    measured = np.where(np.roll(scar, 1, axis=2) & scar, 3, 0).astype(np.uint8)
    per_slice = tuple((i, dice - 0.03 * k) for k, i in enumerate(slices))
    verdict = Verdict(
        grade,
        (
            Finding(
                "judge Dice",
                grade,
                f"Dice {dice:.3f} over {len(slices)} slices against the limit 0.60; lowest"
                f" {per_slice[-1][1]:.2f} in slice {slices[-1] + 1}.",
            ),
            Finding("co-judge", Grade.PASS, "91.0 % of the drawn scar lies above mean + 5 SD."),
            Finding("untouched zone", Grade.PASS, "0 of 54321 untouched pixels changed."),
        ),
        dice=dice,
        slice_dice=per_slice,
        judge="scar-judge 1.2",
        co_judge_dice=dice - 0.05,
        requested_g=11.23,
        measured_g=10.94,
        changed_outside=0,
        untouched=54321,
    )
    return SynthesisResult(
        request, slices, pixels, scar, wanted, measured, (), verdict, (), (), content_hash(pixels)
    )


class FakeEngine:
    """Runs nothing elsewhere: `grades` says what the next variations get, `steps` how many."""

    def __init__(self, grades=(), steps=4, hold=False):
        self.grades, self.steps, self.hold = list(grades), steps, hold
        self.asked, self.closed, self.killed = [], 0, 0

    def run(self, function, *arguments):
        if function.endswith(":prepare"):
            return None
        self.asked.append(function)
        try:
            if function.endswith(":propose_contours"):
                yield Progress(1, 1, "outlining")
                return HeartContours(contours(accepted=False).slices[: arguments[0].shape[0]])
            request, host = arguments
            for i in range(self.steps):
                yield Progress(i + 1, self.steps, "denoising")
            while self.hold:
                time.sleep(0.005)
                yield None
            grade, dice = self.grades.pop(0) if self.grades else (Grade.PASS, 0.846)
            return result_of(request, host, grade=grade, dice=dice)
        finally:
            self.closed += 1

    def kill(self):
        self.killed += 1


def requested(state):
    """A mid-anterior 63 % scar."""
    from lgesynth_gui.app import heart

    slices = heart.slices_for(state, 7, 0, True)
    return heart.with_segment(state, 7, 0.63, "endo", slices)


def requested_sketch():
    from lgesynth_gui.app.session import State

    return requested(State(series(), contours()))


def sample():
    yield Progress(0, 1, "reading")
    return series(), contours(), requested_sketch()


def services(written=None, infos=("one",), load=None):
    def find(path):
        yield Progress(0, 1, "looking")
        return tuple(
            SeriesRow(name, "looks like LGE short-axis", score=float(len(name))) for name in infos
        )

    def read(info, phase=0):
        yield Progress(0, 1, "reading")
        if load is not None:
            raise load
        return replace(series(), label="Series 7"), None

    def outline(mask, host):
        yield Progress(0, 1, "outlining the mask")
        return contours(accepted=False, wider=1.0)

    def export(result, host, folder, formats, mode, reason, note="", burn_in=False):
        yield Progress(0, 1, "writing")
        if written is not None:
            written.append((folder, formats, mode, reason))
        return (folder,)

    def rehearse(result, host, folder, formats, mode, reason, note="", burn_in=False):
        yield Progress(0, 1, "checking")
        return Rehearsal((), 3 << 20, 9 << 30, True)

    return Services(find, lambda row: row, read, outline, sample, export, rehearse)


EMPTY = ScarSketch()

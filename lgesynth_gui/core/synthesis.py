"""A request that decides every pixel, and the result it gave."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from lgesynth_gui.core.arrays import Array, LabelMap, Mask
from lgesynth_gui.core.contours import HeartContours
from lgesynth_gui.core.sketch import ScarSketch
from lgesynth_gui.core.verdict import Verdict

FLOOR = "judge Dice on the original"  # name of a score
TRIES = "tries"  # name of the score that says of how many pictures of a drawing it was chosen


STEPS = 6  # of the sampler, when nothing else is asked


class Hole(Enum):
    """Which part of the slice is painted anew."""

    AUTO = "auto"  # ring when the host already holds scar in that slice, else local
    LOCAL = "local"  # the drawn scar, dilated
    RING = "ring"  # the whole wall, dilated: removes an old scar


@dataclass(frozen=True)
class SynthesisRequest:
    """Everything, besides the host's pixels, that decides the result.

    Args:
        host_sha256: `LgeSeries.pixels_sha256` of the host it was made for.
        contours: Accepted contours of the stack.
        sketch: Requested scar; slices without scar are not generated unless `slices` names them.
        caption: Text handed to the text encoder ("" means: describe each slice from its mask).
        slices: Slices to generate; () means all slices the sketch touches.
        seed: Noise of slice i is drawn from (seed, i), so slices and samples replay alone.
        steps: Sampler steps, 1 to 100.
        text_scale: Classifier-free guidance on the caption, 1 (off) to 9.
        guidance: Step of the reward guidance per sampler step, 0 (off) to 0.3.
        hole: Which part is painted.
        margin_mm: Dilation of a local hole, 1 to 10.
        feather_mm: Width of the blended band around the hole, 2 to 4.
        model: "id" or "id/version" of the synthesis model; "" means the default.
        dice_limit: Gate's limit.
        half: Whether the diffusion networks compute in bfloat16: for many samples, faster
            where the hardware has it. It gives other pixels than full precision.
    """

    host_sha256: str
    contours: HeartContours
    sketch: ScarSketch
    caption: str = ""
    slices: tuple[int, ...] = ()
    seed: int = 0
    steps: int = STEPS
    text_scale: float = 1.0
    guidance: float = 0.08
    hole: Hole = Hole.AUTO
    margin_mm: float = 4.0
    feather_mm: float = 3.0
    model: str = ""
    dice_limit: float = 0.60
    half: bool = False


@dataclass(frozen=True, eq=False)
class SynthesisResult:
    """One sample.

    Args:
        request: What it was made from.
        slices: Generated slice indices, ascending.
        pixels: Whole stack `(slice, row, column)`, same dtype and units as the host.
        edited: True where a pixel was allowed to change (hole and feather).
        requested: Label map of the asked heart (0 background, 1 blood, 2 muscle, 3 scar, 4 core).
        measured: The judge's label map of the generated slices inside the contours; 0 elsewhere.
        captions: (slice index, caption) handed to the text encoder.
        verdict: The gate's conclusion.
        models: (role, "id/version sha256") of every network that took part.
        scores: (name, value) of further figures (reward Dice, seconds ...).
        pixels_sha256: Content hash of `pixels`.
    """

    request: SynthesisRequest
    slices: tuple[int, ...]
    pixels: Array
    edited: Mask
    requested: LabelMap
    measured: LabelMap
    captions: tuple[tuple[int, str], ...]
    verdict: Verdict
    models: tuple[tuple[str, str], ...] = ()
    scores: tuple[tuple[str, float], ...] = field(default=())
    pixels_sha256: str = ""

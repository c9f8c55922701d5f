"""The record of a result: all that is needed to make it again, and to see whether it is the same.

The request comes back exactly (`request_of`), so a record can be replayed. Nothing in it depends
on a clock: the same seed gives the same bytes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

from lgesynth_gui import __version__
from lgesynth_gui.core.arrays import content_hash
from lgesynth_gui.core.contours import HeartContours, Point
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.labels import Label
from lgesynth_gui.core.series import LgeSeries
from lgesynth_gui.core.sketch import ScarRegion, ScarSketch
from lgesynth_gui.core.synthesis import TRIES, Hole, SynthesisRequest, SynthesisResult
from lgesynth_gui.core.verdict import Finding, Grade, Verdict
from lgesynth_gui.io.atomic import canonical
from lgesynth_gui.io.chain import Record, chained
from lgesynth_gui.io.contours import slice_of, slice_values
from lgesynth_gui.io.identifiers import Identifiers
from lgesynth_gui.io.marks import NOTICE, origin_words

FORMAT = "lgesynth provenance"
VERSION = 1
CLOCKED = frozenset({"seconds"})  # scores that differ from run to run
STEPS = (  # what is done to a result, and which values of its record say so
    ("read the host", ("host", "origin")),
    ("ask", ("request", "models", "versions", "tries")),
    ("paint", ("result", "scores")),
    ("judge", ("verdict",)),
    ("export", ("mode", "reason", "note", "burned_in", "label_source", "files")),  # and the rest
)
LIBRARIES = ("numpy", "scipy", "torch", "diffusers", "pydicom", "highdicom", "nibabel")


def record_of(
    result: SynthesisResult,
    series: LgeSeries,
    *,
    mode: str,
    reason: str = "",
    note: str = "",
    burned_in: bool = False,
) -> dict[str, Any]:
    """The record of a result, as plain values for `canonical` JSON.

    Args:
        result: What was made.
        series: The host it was made for.
        mode: "new_subject" or "edit_of_patient".
        reason: Why a FAIL is kept, as typed.
        note: What the user wrote about the study.
        burned_in: A mark is drawn into the pixels of the DICOM images.

    Returns:
        No value of the source's header is in it.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "synthetic": True,
        "notice": NOTICE,
        "origin": origin_words(result, series),
        "mode": mode,
        "reason": reason,
        "note": note,
        "burned_in": burned_in,
        "label_source": "requested",
        "request": request_values(result.request),
        "host": {
            "pixels_sha256": series.pixels_sha256,
            "shape": list(series.shape),
            "dtype": series.pixels.dtype.newbyteorder("<").str,
            "spacing_mm": list(series.spacing),
            "affine_lps": series.geometry.affine.tolist(),
            "orientation_known": series.geometry.known,
            "slope": float(series.slope),
            "intercept": float(series.intercept),
            "signal": series.signal.value,
            "computed": series.source.format == "phantom",
        },
        "result": {
            "pixels_sha256": content_hash(result.pixels),
            "requested_sha256": content_hash(result.requested),
            "measured_sha256": content_hash(result.measured),
            "edited_sha256": content_hash(result.edited),
            "edited_pixels": int(result.edited.sum()),
            "slices": [int(index) for index in result.slices],
            "captions": [[int(index), text] for index, text in result.captions],
        },
        "verdict": verdict_values(result.verdict),
        "models": [_model(role, text) for role, text in result.models],
        "tries": _tries(result),
        "scores": {
            name: _number(one)
            for name, one in result.scores
            if name not in CLOCKED and name != TRIES
        },
        "versions": {"lgesynth": __version__, **library_versions()},
    }


def identifiers_of(record: Mapping[str, Any]) -> Identifiers:
    """Identifiers that follow from all a record says."""
    return Identifiers(hashlib.sha256(canonical(record)).hexdigest())


def chain_of(record: Mapping[str, Any], files: Mapping[str, str]) -> list[Record]:
    """What happened to a result, a chained record a step (see `io.chain`); it knows no clock.

    Args:
        record: From `record_of`; each of its values is covered by one step, as its SHA-256.
        files: SHA-256 of every file by name; the last step covers them.
    """
    told: Record = {**record, "files": dict(files)}
    named = {name for _, names in STEPS for name in names}
    last = (*STEPS[-1][1], *sorted(told.keys() - named))
    return chained(
        {
            "action": action,
            "sha256": {name: sha256_of(told[name]) for name in names if name in told},
        }
        for action, names in (*STEPS[:-1], (STEPS[-1][0], last))
    )


def sha256_of(value: Any) -> str:
    """SHA-256, hexadecimal, of a value's canonical JSON."""
    return hashlib.sha256(canonical(value)).hexdigest()


def request_values(request: SynthesisRequest) -> dict[str, Any]:
    """A request as plain values; `request_of` is the way back."""
    return {
        "host_sha256": request.host_sha256,
        "contours": [slice_values(one) for one in request.contours.slices],
        "sketch": [region_values(region) for region in request.sketch.regions],
        "caption": request.caption,
        "slices": [int(index) for index in request.slices],
        "seed": int(request.seed),
        "steps": int(request.steps),
        "text_scale": float(request.text_scale),
        "guidance": float(request.guidance),
        "hole": request.hole.value,
        "margin_mm": float(request.margin_mm),
        "feather_mm": float(request.feather_mm),
        "model": request.model,
        "dice_limit": float(request.dice_limit),
        "half": bool(request.half),
    }


def region_values(region: ScarRegion) -> dict[str, Any]:
    """A region as plain values; `region_of` is the way back."""
    return {
        "outline": _points(region.outline),
        "slices": [int(index) for index in region.slices],
        "label": region.label.name,
    }


def region_of(values: Any) -> ScarRegion:
    """The region that plain values stand for.

    Raises:
        KeyError, TypeError, ValueError, LgeSynthError: they stand for none.
    """
    return ScarRegion(
        _polygon(values["outline"]), _indices(values["slices"]), Label[values["label"]]
    )


def request_of(record: Mapping[str, Any]) -> SynthesisRequest:
    """The request inside a record, equal to the one it was made from.

    Raises:
        LgeSynthError: not such a record, a newer version, or a field that is missing, unknown
            or holds something else; the field is named.
    """
    if record.get("format") != FORMAT:
        raise LgeSynthError("This is not a provenance record.", "Choose another file.")
    if record.get("version") != VERSION:
        raise LgeSynthError(
            f"The record has version {record.get('version')}; version {VERSION} is known.",
            "Use the program version that wrote it.",
        )
    values = record.get("request")
    if not isinstance(values, Mapping):
        raise LgeSynthError("The record holds no request.", "Choose another file.")
    fields: dict[str, Any] = {}
    for name, read in _READERS.items():
        try:
            fields[name] = read(values[name])
        except (KeyError, TypeError, ValueError, LgeSynthError) as error:
            raise LgeSynthError(
                f"The field {name} of the request cannot be read.", "The record is damaged."
            ) from error
    if unknown := sorted(set(values) - set(_READERS)):
        raise LgeSynthError(
            f"The request has a field that is not known: {unknown[0]}.",
            "Use the program version that wrote it.",
        )
    return SynthesisRequest(**fields)


def verdict_values(verdict: Verdict) -> dict[str, Any]:
    """A verdict with all its findings; numbers unrounded."""
    return {
        "grade": verdict.grade.value,
        "dice": _number(verdict.dice),
        "slice_dice": [[int(index), _number(dice)] for index, dice in verdict.slice_dice],
        "limit": float(verdict.limit),
        "judge": verdict.judge,
        "co_judge_dice": _number(verdict.co_judge_dice),
        "requested_g": _number(verdict.requested_g),
        "measured_g": _number(verdict.measured_g),
        "changed_outside": int(verdict.changed_outside),
        "untouched": int(verdict.untouched),
        "findings": [
            {"rule": one.rule, "grade": one.grade.value, "text": one.text}
            for one in verdict.findings
        ],
    }


def verdict_of(values: Mapping[str, Any]) -> Verdict:
    """The verdict that plain values stand for; the way back of `verdict_values`.

    Raises:
        KeyError, TypeError, ValueError: they stand for none.
    """
    return Verdict(
        Grade(values["grade"]),
        tuple(
            Finding(str(one["rule"]), Grade(one["grade"]), str(one["text"]))
            for one in values["findings"]
        ),
        dice=_maybe(values["dice"]),
        slice_dice=tuple((int(index), float(dice)) for index, dice in values["slice_dice"]),
        limit=float(values["limit"]),
        judge=str(values["judge"]),
        co_judge_dice=_maybe(values["co_judge_dice"]),
        requested_g=_maybe(values["requested_g"]),
        measured_g=_maybe(values["measured_g"]),
        changed_outside=int(values["changed_outside"]),
        untouched=int(values["untouched"]),
    )


def _maybe(value: Any) -> float | None:
    return None if value is None else float(value)


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)


def _tries(result: SynthesisResult) -> int | None:
    """Of how many pictures of its drawing it was chosen; None where nobody counted."""
    tries = dict(result.scores).get(TRIES)
    return None if tries is None else int(tries)


def _model(role: str, text: str) -> dict[str, str]:
    name, _, sha256 = text.partition(" ")
    return {"role": role, "model": name, "sha256": sha256}


def library_versions() -> dict[str, str]:
    """Versions of the libraries that take part in a result or in its files."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _points(points: Sequence[Point]) -> list[list[float]]:
    return [[float(x), float(y)] for x, y in points]


def _point(value: Any) -> Point:
    x, y = value
    return float(x), float(y)


def _polygon(value: Any) -> tuple[Point, ...]:
    return tuple(_point(one) for one in value)


def _contours(value: Any) -> HeartContours:
    return HeartContours(tuple(None if one is None else slice_of(one) for one in value))


def _sketch(value: Any) -> ScarSketch:
    return ScarSketch(tuple(region_of(one) for one in value))


def _indices(value: Any) -> tuple[int, ...]:
    return tuple(_typed(int)(one) for one in value)


def _typed(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(f"{kind.__name__} expected")
        return value

    return read


_READERS: dict[str, Callable[[Any], Any]] = {
    "host_sha256": _typed(str),
    "contours": _contours,
    "sketch": _sketch,
    "caption": _typed(str),
    "slices": _indices,
    "seed": _typed(int),
    "steps": _typed(int),
    "text_scale": float,
    "guidance": float,
    "hole": Hole,
    "margin_mm": float,
    "feather_mm": float,
    "model": _typed(str),
    "dice_limit": float,
    "half": _typed(bool),
}

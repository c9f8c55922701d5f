"""The re-create audit: makes an exported sample again from its record, and compares.

A job (see `core.jobs`) for a thread that is not the window's. Files are opened by the decoder
processes, the networks run in the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.core.jobs import Job, Progress
from lgesynth_gui.core.series import LgeSeries, SignalKind
from lgesynth_gui.core.synthesis import SynthesisRequest, SynthesisResult

if TYPE_CHECKING:
    from lgesynth_gui.io.comparing import FileFinding, Outcome
    from lgesynth_gui.io.evidence import Evidence
    from lgesynth_gui.registry.cards import ModelCard

RECREATE = "lgesynth_gui.synthesis.recreate:recreate"
RunElsewhere = Callable[..., Job]  # the engine's `run`
MADE = ("origin", "request", "host", "result", "verdict", "models", "scores")
CLOSE_MADE = ("origin", "request", "host", "models")  # what no other computer computes otherwise
NEAR = 5e-3  # how far figures may be apart when the pixels are only close
NEIGHBOURS = 400  # files beside an export that are looked into for its host
LIMITS: Mapping[str, tuple[float, float]] = {
    "steps": (1, 100),
    "text_scale": (1, 9),
    "guidance": (0, 0.3),
    "margin_mm": (1, 10),
    "feather_mm": (2, 4),
    "dice_limit": (0, 1),
}


@dataclass(frozen=True)
class ModelPair:
    """A network of the record, and the one that stood in for it here.

    Args:
        role: What it did.
        then: "id/version" in the record.
        here: "id/version" of the network with the same SHA-256, or "".
        sha256: Of its main weights, as the record says.
    """

    role: str
    then: str
    here: str
    sha256: str


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Args:
        outcome: The worst of all files and of the record.
        headline: "exact", "close (largest difference 1 stored grey level)" or "different".
        files: One finding a compared file.
        problems: What is wrong, a sentence each.
        notes: What is only worth knowing, a sentence each.
        versions: (program or library, version in the record, version here).
        models: The networks, then and here.
        largest: Largest difference in stored grey levels.
    """

    outcome: Outcome
    headline: str
    files: tuple[FileFinding, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    versions: tuple[tuple[str, str, str], ...] = ()
    models: tuple[ModelPair, ...] = ()
    largest: float = 0.0

    @property
    def good(self) -> bool:
        """Whether the sample is what its record says, exactly or but for the last grey level."""
        return self.outcome.value in ("exact", "close")


def audit(path: Path, run: RunElsewhere, host: Path | None = None, device: str = "auto") -> Job:
    """Make an exported sample again and compare it with its files.

    Args:
        path: An exported file, its record, or the folder of the export.
        run: The engine's `run`.
        host: A file or folder with the series the scar was painted into; None = the sample heart
            or a series beside the export.
        device: "auto", "cpu", "cuda" or "mps".

    Returns:
        A job that returns an `Audit`.

    Raises:
        Refused: nothing there was exported by this program (AUD-01), its record asks for what
            cannot be (AUD-02), or a network is not here (AUD-03), or the host (AUD-04).
        LgeSynthError: the engine cannot paint it.
    """
    from lgesynth_gui.io import evidence as files
    from lgesynth_gui.io.comparing import compare
    from lgesynth_gui.io.provenance import request_of

    found: Evidence = yield from files.find(path)
    request = request_of(found.record)
    _require_sane(request)
    try:
        models = model_pairs(found.record)
        series = yield from _host(found, request, host)
    except Refused as refused:
        if not found.problems:
            raise
        return _not_recreated(found, refused)
    pairs = tuple((one.role, one.sha256) for one in models)
    result: SynthesisResult = yield from run(RECREATE, request, series, pairs, device)
    yield Progress(0, 1, "comparing")
    findings = yield from compare(found, result, series)
    return conclude(found, result, series, findings, models)


def conclude(
    found: Evidence,
    result: SynthesisResult,
    series: LgeSeries,
    findings: Sequence[FileFinding],
    models: Sequence[ModelPair],
) -> Audit:
    """The audit of what was compared."""
    from lgesynth_gui.io.comparing import Outcome, short, worst

    versions = version_pairs(found.record)
    told = found.record.get("result")
    stored = told.get("pixels_sha256") if isinstance(told, Mapping) else None
    same = stored == result.pixels_sha256
    problems = [*found.problems, *record_problems(found, result, series, strict=same)]
    outcomes = [one.outcome for one in findings if one.outcome is not Outcome.UNSEEN]
    notes = [*found.notes]
    if not same and Outcome.CLOSE not in outcomes:
        outcomes.append(Outcome.DIFFERENT)
        problems.append("The pixels made again are not the ones the record names.")
    if not found.sealed:
        notes.append(
            "A sidecar alone has no checksums: mode, reason and note cannot be looked into."
        )
    if any(one.outcome is Outcome.UNSEEN for one in findings):
        notes.append("Pictures and pages that other versions drew are compared by checksum alone.")
    problems += [f"{short(one.name)}: {one.words}." for one in findings
                 if one.outcome is Outcome.DIFFERENT]  # fmt: skip
    outcome = Outcome.DIFFERENT if problems else worst(outcomes)
    largest = max((one.largest for one in findings), default=0.0)
    return Audit(
        outcome, headline(outcome, largest), tuple(findings), tuple(dict.fromkeys(problems)),
        tuple(notes), versions, tuple(models), largest,
    )  # fmt: skip


def headline(outcome: Outcome, largest: float) -> str:
    """The outcome in words; a difference with its amount."""
    if outcome.value == "close":
        return f"close (largest difference {largest:.4g} stored grey level{'s' * (largest != 1)})"
    return outcome.value


def record_problems(
    found: Evidence, result: SynthesisResult, series: LgeSeries, *, strict: bool
) -> tuple[str, ...]:
    """What the record says and this computer does not find, a sentence each.

    Args:
        found: The export.
        result: Made again.
        series: Its host.
        strict: The pixels are the same, so that everything made of them must be.
    """
    from lgesynth_gui.io.evidence import different_fields
    from lgesynth_gui.io.marks import NOTICE
    from lgesynth_gui.io.provenance import record_of

    told = found.record
    fresh = record_of(result, series, mode=str(told.get("mode")), reason=str(told.get("reason")))
    exact = strict and all(then == here for _, then, here in version_pairs(told))
    wrong: list[str] = []
    for name in MADE if strict else CLOSE_MADE:
        near = 0.0 if exact or name in CLOSE_MADE else NEAR
        places = different_fields(fresh[name], told.get(name), near, name)
        if not exact:  # other libraries may read a pixel more, and word it so
            loose = ("verdict.findings", "result.measured_sha256")
            places = tuple(place for place in places if not place.startswith(loose))
        wrong += places
    if told.get("synthetic") is not True or told.get("notice") != NOTICE:
        wrong.append("synthetic")
    if not strict and _grade(told) != result.verdict.grade.value:
        wrong.append("verdict.grade")
    return tuple(f"The record says something else than was found: {place}." for place in wrong)


def _grade(record: Mapping[str, Any]) -> object:
    verdict = record.get("verdict")
    return verdict.get("grade") if isinstance(verdict, Mapping) else None


def _not_recreated(found: Evidence, refused: Refused) -> Audit:
    """Files that were changed are different, also when the sample cannot be made again here."""
    from lgesynth_gui.io.comparing import Outcome

    words = f"It was not made again: {refused.what}"
    return Audit(
        Outcome.DIFFERENT, headline(Outcome.DIFFERENT, 0.0), (), found.problems,
        (*found.notes, words), version_pairs(found.record),
    )  # fmt: skip


def version_pairs(record: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """(program or library, version in the record, version here)."""
    from lgesynth_gui import __version__
    from lgesynth_gui.io.provenance import library_versions

    told = record.get("versions")
    then = {str(k): str(v) for k, v in told.items()} if isinstance(told, Mapping) else {}
    here = {"lgesynth": __version__, **library_versions()}
    names = [*here, *sorted(set(then) - set(here))]
    return tuple((name, then.get(name, ""), here.get(name, "")) for name in names)


def model_pairs(
    record: Mapping[str, Any], folders: Sequence[Path] | None = None
) -> tuple[ModelPair, ...]:
    """The networks of a record, each with the one here that has the same SHA-256.

    Raises:
        Refused: the record names none (AUD-02), or one is not here (AUD-03).
    """
    from lgesynth_gui.registry.cards import find_weights

    told = record.get("models")
    if not isinstance(told, list) or not 3 <= len(told) <= 20:
        raise Refused("The record does not name its models.", "It cannot be audited.", "AUD-02")
    pairs, missing = [], []
    for one in told:
        values = one if isinstance(one, Mapping) else {}
        role, then, sha256 = (str(values.get(key, ""))[:64] for key in ("role", "model", "sha256"))
        card: ModelCard | None = find_weights(sha256, folders)
        if card is None or card.role != role:
            missing.append(f"{then} ({role}, SHA-256 {sha256[:12]}…)")
        else:
            pairs.append(ModelPair(role, then, card.reference, sha256))
    if missing:
        raise Refused(
            f"It was painted with models that are not here: {', '.join(missing)}.",
            "Import them: lgesynth models import FILE.",
            "AUD-03",
        )
    return tuple(pairs)


def _require_sane(request: SynthesisRequest) -> None:
    for name, (low, high) in LIMITS.items():
        if not low <= getattr(request, name) <= high:
            raise Refused(
                f"The record asks for a {name} that cannot be.", "The record is damaged.", "AUD-02"
            )
    if len(request.caption) > 2000 or len(request.slices) > len(request.contours.slices):
        raise Refused("The record's request cannot be.", "The record is damaged.", "AUD-02")


def _host(found: Evidence, request: SynthesisRequest, given: Path | None) -> Job:
    """The series the scar was painted into.

    Raises:
        Refused: it is not there (AUD-04).
    """
    sample = bundled("resources") / "sample_heart"
    if given is not None:
        if not given.exists():
            raise Refused("There is nothing at the place of the host.", "Check it.", "AUD-04")
        series = yield from _fitting(given, found, request)
    else:
        series = yield from _fitting(sample, found, request)
        for place in () if series is not None else _beside(found.root):
            series = yield from _fitting(place, found, request)
            if series is not None:
                break
    if series is None:
        words = "The series there is not the one" if given else "The series is not here"
        raise Refused(
            f"{words} that the scar was painted into.",
            "Name its folder or file: --host PATH.",
            "AUD-04",
        )
    told = found.record.get("host")
    computed = isinstance(told, Mapping) and told.get("computed") is True
    if computed and (yield from _is_sample(series, sample)):
        return replace(series, source=replace(series.source, format="phantom"))
    return series


def _fitting(path: Path, found: Evidence, request: SynthesisRequest) -> Job:
    """The series below a path whose pixels are the host's, or None."""
    from lgesynth_gui.io import study

    try:
        infos = yield from study.find(path)
    except LgeSynthError:
        return None
    told = found.record.get("host")
    shape = told.get("shape") if isinstance(told, Mapping) else None
    slices = shape[0] if isinstance(shape, list) and shape else 0
    for info in (part for whole in infos for part in whole.parts or (whole,)):
        if not info.usable or (info.slices and info.slices != slices):
            continue
        try:
            series: LgeSeries = yield from study.load(info)
        except LgeSynthError:
            continue
        for one in (series, series.turned_over()):  # base and apex may have been put right
            if one.pixels_sha256 == request.host_sha256:
                return _as_read(one, told)
    return None


def _as_read(series: LgeSeries, told: object) -> LgeSeries:
    """The series with the kind of signal the record says it was read as."""
    signal = told.get("signal") if isinstance(told, Mapping) else None
    known = signal in {one.value for one in SignalKind}
    return replace(series, signal=SignalKind(signal)) if known else series


def _is_sample(series: LgeSeries, sample: Path) -> Job:
    """Whether a series is the bundled sample heart, pixel by pixel."""
    from lgesynth_gui.io import study

    infos = yield from study.find(sample)
    if not infos:
        return False
    own: LgeSeries = yield from study.load(infos[0])
    return own.pixels_sha256 == series.pixels_sha256


def _beside(root: Path) -> tuple[Path, ...]:
    """What lies beside the folder of an export, where that is little enough to look into."""
    from lgesynth_gui.io.folder import files_in

    places = []
    count = 0
    try:
        for one in sorted(root.parent.iterdir()):
            if one == root or one.name.startswith("."):
                continue
            places.append(one)
            for _ in files_in(one):
                count += 1
                if count > NEIGHBOURS:
                    return ()
    except (OSError, LgeSynthError):
        return ()
    return tuple(places)

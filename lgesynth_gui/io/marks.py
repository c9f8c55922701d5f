"""The words that mark what leaves the program as synthetic, one wording for every format."""

from __future__ import annotations

from lgesynth_gui import __version__
from lgesynth_gui.core.series import LgeSeries, SignalKind
from lgesynth_gui.core.synthesis import TRIES, SynthesisResult
from lgesynth_gui.core.verdict import cut

MAKER = "LGESynth"
SYNTHETIC = "SYNTHETIC"
NOTICE = "Synthetic image, for research and teaching only; not for diagnosis."
BURNED_IN = f"The word {SYNTHETIC} is drawn into the pixels, outside the heart."
EQUIPMENT = ("109100", "DCM", "Synthesizing Equipment")


def series_words(signal: SignalKind, what: str = "LGE") -> str:
    """Series description, at most 64 characters."""
    kind = {SignalKind.PSIR: " PSIR", SignalKind.MAGNITUDE: " MAG"}.get(signal, "")
    return f"{SYNTHETIC}{kind} {what} ({MAKER}) NOT FOR CLINICAL USE"


def origin_words(result: SynthesisResult, series: LgeSeries) -> str:
    """Whose pixels lie outside the edited zone."""
    share = cut(100.0 * (1.0 - float(result.edited.mean())), 1)  # never 100.0 after a change
    if series.source.format == "phantom":
        return f"The host is a computed heart; no patient is in it ({share} % unchanged)."
    return (
        "Outside the edited zone the pixels are the source patient's own"
        f" ({share} % unchanged); this is not anonymous data."
    )


def derivation_words(result: SynthesisResult, reason: str = "", note: str = "") -> str:
    """How a result was made and judged, in at most 1024 bytes of UTF-8."""
    request, verdict = result.request, result.verdict
    settings = f"text scale {request.text_scale:g}, guidance {request.guidance:g}"
    judged = f"Verdict {verdict.grade.value}"
    if verdict.dice is not None:
        judged += f", Dice {verdict.dice:.4f} (limit {verdict.limit:g})"
    if verdict.judge:
        judged += f" by {verdict.judge}"
    judged += f"; {verdict.changed_outside} of {verdict.untouched} untouched pixels changed."
    parts = [
        f"{MAKER} {__version__} painted synthetic scar.",
        f"Seed {request.seed}, {request.steps} steps, {settings}.",
        judged,
    ]
    if (tries := dict(result.scores).get(TRIES)) is not None:
        parts.append(f"Chosen from {tries:.0f} made of this drawing.")
    if reason:
        parts.append(f"Kept because: {one_line(reason)[:200]}.")
    if note:
        parts.append(f"Note: {one_line(note)[:200]}.")
    parts += [f"{role}: {model}." for role, model in result.models]
    return clipped(" ".join(parts), 1024)


def one_line(text: str) -> str:
    """White space and control characters as single spaces."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def clipped(text: str, size: int) -> str:
    """The longest beginning that takes at most `size` bytes of UTF-8."""
    return text.encode()[:size].decode(errors="ignore")

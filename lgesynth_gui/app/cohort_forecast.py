"""The dry run: what a start will come to, in one paragraph; nothing in it is guessed."""

from __future__ import annotations

from pathlib import Path

from lgesynth_gui.app.cohort_draft import Draft, Drawn
from lgesynth_gui.app.pace import time_words
from lgesynth_gui.app.verdicts import spaced
from lgesynth_gui.cohort.estimate import Range, Wanted, estimate, expected
from lgesynth_gui.cohort.plan import Stop
from lgesynth_gui.cohort.rates import Measured, Rates, measured, remembered, settings_of
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.io.atomic import free_bytes


def foresee(
    folder: Path | None,
    draft: Draft,
    drawn: Drawn,
    left: int,
    workers: int,
    home: Path,
    device: str = "auto",
) -> Job:
    """What a start will come to.

    Args:
        folder: Of the cohort, or None for a new one.
        draft: What is planned anew.
        drawn: What samples of it show.
        left: Samples of the cohort that were planned before and are not made.
        workers: Engines that share the work.
        home: This person's data, where rates are remembered.
        device: Where they compute.

    Returns:
        A job that returns the words; "" as long as there is nothing to say.
    """
    yield None
    known = _known(folder, draft, home, device)
    free = free_bytes(folder if folder is not None else _standing(home))
    if not draft.count:
        if folder is None or not left:
            return ""
        found = yield from estimate(folder, known.rates, known.source, workers)
        if not found.left:
            return ""
        return words(found.wanted, found.left, 0, known, workers, free, draft.stop)
    if not drawn.count:
        return ""
    wanted = Wanted(drawn.count, drawn.controls, drawn.failed, dict(drawn.bins), drawn.why)
    return words(wanted, draft.count + left, left, known, workers, free, draft.stop)


def _known(folder: Path | None, draft: Draft, home: Path, device: str) -> Measured:
    settings = settings_of(draft.sampling, draft.stop.tries, device)
    if folder is not None:
        return measured(folder, home, settings)
    found = remembered(home, settings)
    if found is None:
        return Measured(None, "nothing was measured with these settings yet")
    return Measured(found, f"{found.samples} samples of an earlier cohort on this computer")


def _standing(path: Path) -> Path:
    """The path, or the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def words(
    wanted: Wanted, count: int, before: int, known: Measured, workers: int, free: int, stop: Stop
) -> str:
    """The paragraph."""
    painted = count * wanted.painted
    said = [f"{spaced(count)} samples"]
    if before and before < count:
        said[0] += f", {spaced(before)} of them planned before"
    if wanted.controls:
        said.append(f"about {spaced(round(count * wanted.controls / wanted.looked))} controls")
    if wanted.impossible:
        share = round(count * wanted.impossible / wanted.looked)
        said.append(f"about {spaced(share)} cannot be drawn ({wanted.reason.rstrip('.')})")
    rates = known.rates
    if rates is not None:
        said += _measured(rates, expected(rates, wanted, painted), painted, workers, free)
        said.append(f"from {known.source}")
    else:
        said.append(f"{size_words(free)} free")
        said.append("time and share kept: not measured here yet, the first samples tell")
    tries = f"at most {stop.tries} {'tries' if stop.tries > 1 else 'try'} each"
    ends = [f"Ends when all are made, {tries}"]
    if stop.hours:
        ends.append(f"or after {stop.hours:g} h")
    if stop.gigabytes:
        ends.append(f"or at {stop.gigabytes:g} GB")
    return f"{' · '.join(said)}. {' '.join(ends)}."


def _measured(rates: Rates, kept: Range, painted: float, workers: int, free: int) -> list[str]:
    time = time_words(max(1.0, painted * rates.seconds / workers))
    engines = f"{workers} engine{'s' * (workers != 1)}"
    low, high = round(kept.low), round(kept.high)
    return [
        f"about {time} with {engines}",
        f"{size_words(round(painted * rates.bytes))} of {size_words(free)} free",
        f"the gate is expected to keep {spaced(round(kept.value))} ({spaced(low)}–{spaced(high)})",
    ]


def size_words(count: int) -> str:
    """Bytes as one says them: "12 MB", "1.4 GB"."""
    if count >= 10**9:
        return f"{count / 10**9:.1f} GB"
    return f"{max(1, round(count / 10**6))} MB"

"""How a cohort is told on a terminal and to machines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgesynth_gui.cli.console import say, show_json, show_table
from lgesynth_gui.core.verdict import cut

if TYPE_CHECKING:
    from lgesynth_gui.cohort.estimate import Estimate, Project
    from lgesynth_gui.cohort.plan import Plan
    from lgesynth_gui.cohort.status import Share, Status

FEW = 20  # painted samples, below which no share is told


def hours(seconds: float | None) -> str:
    """A duration as people say it; "unknown" when it is."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.1f} days"


def size(count: float | None) -> str:
    """Bytes as people say them; "unknown" when they are."""
    if count is None:
        return "unknown"
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} TB"


def show_plan(
    folder: Path,
    plan: Plan,
    errors: Sequence[tuple[int, str]],
    notes: Sequence[str],
    as_json: bool,
) -> None:
    """What a cohort plans now."""
    from lgesynth_gui.cohort.estimate import stop_words

    if as_json:
        show_json(
            {
                "folder": folder,
                "hearts": [one.id for one in plan.hosts],
                "planned": plan.count,
                "parts": [{"name": part.name, "samples": part.count} for part in plan.parts],
                "quotas": [one.model_dump() for one in plan.quotas],
                "sampling": plan.sampling.model_dump(),
                "stops": list(stop_words(plan)),
                "errors": [{"row": number, "why": why} for number, why in errors],
                "left_out": list(notes),
            }
        )
        return
    patients = sum(one.origin == "patient" for one in plan.hosts)
    say(
        f"{plan.name}: {plan.count} samples planned in {len(plan.hosts)} hearts"
        f" ({patients} of patients, {len(plan.hosts) - patients} computed)."
    )
    if plan.parts:
        rows = [(part.name, part.count) for part in plan.parts]
        show_table("parts", ("part", "samples"), rows)
    if plan.quotas:
        rows_ = [(q.size or "any", q.depth or "any", q.segment or "any", q.count)
                 for q in plan.quotas]  # fmt: skip
        show_table("quotas", ("size", "depth", "segment", "accepted samples"), rows_)
    for words in stop_words(plan):
        say(words)


def show_estimate(told: Estimate) -> None:
    """What a run would come to."""
    wanted = told.wanted
    rows = [("samples to make", f"{told.left} of {told.planned}")]
    if wanted.looked:
        looks = f"{sum(wanted.bins.values())} scars, {wanted.controls} controls"
        looks += f", {wanted.impossible} impossible"
        rows.append((f"of {wanted.looked} drawn for a look", looks))
    if wanted.reason:
        rows.append(("why impossible", wanted.reason))
    rows.append(("time", f"{hours(told.seconds)} with {told.workers} workers"))
    rows.append(("on the drive", f"{size(told.bytes)}; {size(told.free)} are free"))
    accepted = told.accepted
    expected = (
        "unknown"
        if accepted is None
        else f"{accepted.value:.0f} ({accepted.low:.0f} to {accepted.high:.0f})"
    )
    rows += [("accepted, expected", expected), ("measured on", told.source)]
    show_table("before the start", ("", ""), rows)
    for words in told.stops:
        say(words)


def estimate_values(told: Estimate) -> dict[str, Any]:
    """The same for machines."""
    values = asdict(told)
    values["wanted"]["bins"] = [
        {"size": s, "depth": d, "samples": n} for (s, d), n in sorted(told.wanted.bins.items())
    ]
    return values | {"left": told.left}


def show_status(found: Status, stops: Sequence[str]) -> None:
    """How a cohort stands."""
    from lgesynth_gui.cohort.status import GATE_BIAS

    counts = ", ".join(f"{count} {name}" for name, count in sorted(found.counts.items()))
    rows = [
        ("state", found.state + (f": {found.message}" if found.message else "")),
        ("made", f"{found.made} of {found.planned}"),
        ("by status", counts or "-"),
        ("accepted", str(found.accepted)),
        ("noises", f"{found.tries}, {found.passed} accepted"),
    ]
    if found.owner is not None:
        rows.append(("run by", str(found.owner).removeprefix("another window").strip()))
    if found.an_hour is not None:
        rows.append(("pace", f"{found.an_hour:.0f} samples an hour"))
    if found.left_s is not None:
        rows.append(("time left", hours(found.left_s)))
    rows.append(("on the drive", f"{size(found.bytes)}, index {size(found.index_bytes)}"))
    rows.append(("free", size(found.free)))
    show_table("cohort", ("", ""), rows)
    if found.shares and found.shares[0].painted:
        show_table(
            "what the gate kept",
            ("size", "depth", "painted", "kept", "share (95 % interval)"),
            [(one.size or "all", one.depth or "all", one.painted, one.accepted, share_words(one))
             for one in found.shares],
        )  # fmt: skip
        say(GATE_BIAS)
    if found.quotas:
        show_table(
            "quotas",
            ("size", "depth", "segment", "accepted", "wanted"),
            [(q.quota.size or "any", q.quota.depth or "any", q.quota.segment or "any",
              q.accepted, q.quota.count) for q in found.quotas],
        )  # fmt: skip
    for first, (attempts, why) in sorted(found.failures.items())[:10]:
        say(f"The block of sample {first} failed {attempts} times: {why}")
    for words in stops:
        say(words)


def share_words(one: Share) -> str:
    """A share with its interval; counts alone below 20."""
    if one.painted < FEW:
        return "-"
    low, high = one.interval
    return f"{cut(one.accepted / one.painted)} ({cut(low)} to {cut(high)})"


def status_values(found: Status, paper: Project | None, source: str) -> dict[str, Any]:
    """How a cohort stands, for machines."""
    return {
        "state": found.state,
        "message": found.message,
        "planned": found.planned,
        "made": found.made,
        "counts": dict(found.counts),
        "accepted": found.accepted,
        "noises": found.tries,
        "noises_accepted": found.passed,
        "shares": [
            {
                "size": one.size,
                "depth": one.depth,
                "painted": one.painted,
                "accepted": one.accepted,
                "low": one.interval[0],
                "high": one.interval[1],
            }
            for one in found.shares
        ],
        "quotas": [{**one.quota.model_dump(), "accepted": one.accepted} for one in found.quotas],
        "an_hour": found.an_hour,
        "seconds_left": found.left_s,
        "bytes": found.bytes,
        "index_bytes": found.index_bytes,
        "free": found.free,
        "alive": found.owner is not None,
        "process": found.owner.process if found.owner is not None else None,
        "failures": [
            {"first": first, "attempts": attempts, "why": why}
            for first, (attempts, why) in sorted(found.failures.items())
        ],
        "project": None if paper is None else asdict(paper),
        "measured_on": source,
    }


def show_project(paper: Project, source: str) -> None:
    """What a cohort of some size would take."""
    accepted = paper.accepted
    rows = [
        ("samples", f"{paper.samples}, in {paper.files} files"),
        ("on the drive", size(paper.bytes)),
        ("index", size(paper.index_bytes) if paper.index_bytes else "unknown"),
        ("time", f"{paper.worker_hours:.1f} hours of one worker; N workers take an N-th of it"),
        ("accepted", f"{accepted.value:.0f} ({accepted.low:.0f} to {accepted.high:.0f})"),
        ("measured on", source),
    ]
    show_table(f"{paper.samples} samples, on paper", ("", ""), rows)

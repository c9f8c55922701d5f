"""What stands beside an exported cohort: what it is, of whom, how it was made, and its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lgesynth_gui import __version__
from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.cohort.index import Group
from lgesynth_gui.cohort.plan import Plan
from lgesynth_gui.cohort.status import GATE_BIAS, shares_of
from lgesynth_gui.io.marks import MAKER, NOTICE, SYNTHETIC

CARD = f"{SYNTHETIC}_data_card.md"
LABELS = {
    "drawn": "the scar that was drawn, which the picture was asked to show",
    "judge": "the scar that the judge network read in the picture",
    "enhanced": "the drawn scar where the picture is above remote mean + 3 SD",
}
PATIENTS = (
    "The hosts are scans of patients. Outside the painted zone every pixel is the patient's own:"
    " this is pseudonymised patient data, not anonymous data, and is handled as such."
)
COMPUTED = "The hosts are computed hearts; no patient is in them."
LIMITS = (
    "Scar was painted by a network and let through by another one: both may share blind spots.",
    GATE_BIAS,
    "Images of one heart share its anatomy: keep each heart on one side of a split.",
    f"Where there are several hearts, `{SYNTHETIC}_splits_final.json` has such folds for nnU-Net.",
    "Slices in which nothing was painted may hold the patient's own scar; no label map shows it.",
    "A control is an untouched original, not synthesised. That it has no scar rests on its plan.",
    "Not for diagnosis, and not for testing a method alone: test on real scans.",
)


@dataclass(frozen=True)
class Facts:
    """What the card is made of; see `export.Choices` and `export.Exported`."""

    plan: Plan
    label: str
    reviewed: bool
    reviewers: tuple[str, ...]
    samples: int
    controls: int
    images: int
    origins: Mapping[str, int]
    hearts: int
    bins: Mapping[tuple[str, str], int]
    segments: Mapping[int, int]
    groups: tuple[Group, ...]
    models: Mapping[str, str]
    overridden: int
    fixed: int
    left_out: Mapping[str, int]
    formats: tuple[str, ...]


def data_card(facts: Facts) -> bytes:
    """The card as Markdown; the same facts give the same bytes."""
    patients, computed = facts.origins.get("patient", 0), facts.origins.get("phantom", 0)
    lines = [f"# {SYNTHETIC} cohort: {facts.plan.name}", "", NOTICE, ""]
    lines += [PATIENTS] * bool(patients) + [COMPUTED] * (not patients) + [""]
    lines += _table(
        ("what", "count"),
        [
            ("painted samples", facts.samples),
            ("controls (untouched originals, not synthesised)", facts.controls),
            ("images in the manifest", facts.images),
            ("hearts", facts.hearts),
            ("samples and controls in patients' hearts", patients),
            ("samples and controls in computed hearts", computed),
            ("FAIL samples kept with a reason", facts.overridden),
            ("samples painted anew by a reviewer", facts.fixed),
        ],
    )
    lines += ["", "## How they were made", "", f"{MAKER} {__version__}."]
    lines += [f"- {role}: {model}" for model, role in sorted(facts.models.items())]
    one = facts.plan.sampling
    lines += [
        f"- {one.steps} steps, guidance {one.guidance:g}, text scale {one.text_scale:g}",
        f"- {'half' if one.half else 'full'} precision, seed {facts.plan.seed}",
        f"- gate: judge Dice above {one.dice_limit:g} (a scar under 100 mm2: by place and area)",
        "- and co-judge, untouched zone and seam",
        f"- at most {facts.plan.stop.tries} noises a sample",
        f"- label maps: {LABELS[facts.label]}; the others lie in `other_labels_{SYNTHETIC}`",
        f"- reviewed: {', '.join(facts.reviewers) or 'by nobody'}"
        + ("; only what a reviewer accepted is here" if facts.reviewed else ""),
    ]
    lines += ["", "## What the gate kept of the whole cohort", ""]
    lines += _table(
        ("size", "depth", "painted", "accepted", "share", "95 % interval"),
        [
            (share.size or "all", share.depth or "all", share.painted, share.accepted,
             *_interval(share.accepted, share.painted, share.interval))
            for share in shares_of(facts.groups)
        ],
    )  # fmt: skip
    lines += ["", "## What is here, by size and depth", ""]
    lines += _table(("size", "depth", "samples"), [(*cell, n) for cell, n in _sorted(facts.bins)])
    lines += ["", "## What is here, by AHA segment", ""]
    lines += _table(("segment", "samples"), [(s, facts.segments.get(s, 0)) for s in SEGMENTS])
    if facts.left_out:
        lines += ["", "## What is not here", ""]
        lines += _table(("why", "samples"), sorted(facts.left_out.items()))
    if {"dicom", "png"} & set(facts.formats) and facts.controls:
        lines += ["", "Controls are not written as DICOM or PNG: nothing in them is synthetic."]
    lines += ["", "## Limits", "", *(f"- {limit}" for limit in LIMITS), ""]
    return "\n".join(lines).encode()


def _sorted(bins: Mapping[tuple[str, str], int]) -> list[tuple[tuple[str, str], int]]:
    return sorted(bins.items())


def _interval(accepted: int, painted: int, interval: tuple[float, float]) -> tuple[str, str]:
    """Counts alone where fewer than 20 were painted."""
    if painted < 20:
        return "-", "-"
    return f"{accepted / painted:.2f}", f"{interval[0]:.2f} to {interval[1]:.2f}"


def _table(heads: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    return lines + [f"| {' | '.join(map(str, row))} |" for row in rows]

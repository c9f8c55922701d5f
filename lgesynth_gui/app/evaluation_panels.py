"""The panels as the window lists them: agreement stands apart from the gate it belongs to."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.evaluation.panel import Evaluation, Panel

GATE, AGREEMENT = "alignment", "agreement"
# What of the gate's panel says where and how judge and wish differ, by the names of the files.
OF_AGREEMENT = frozenset(
    ("scar-mass", "transmurality", "judges", "segment-errors", "mass-limits", "places")
)
READING = (
    "What the judge sees against what was asked, segment by segment, in mass and in class; and"
    " whether the co-judge, which is no network, says the same."
)


def listed(evaluation: Evaluation, name: str) -> Panel | None:
    """A panel by the window's name for it; None when it was not measured.

    Args:
        evaluation: What was measured.
        name: Of a panel, or "agreement", which is cut out of the gate's when it has none itself.
    """
    found, gate = evaluation.panel(name), evaluation.panel(GATE)
    if gate is None or name not in (GATE, AGREEMENT) or evaluation.panel(AGREEMENT) is not None:
        return found
    apart = name == AGREEMENT
    tables = tuple(one for one in gate.tables if (one.name in OF_AGREEMENT) is apart)
    plots = tuple(one for one in gate.plots if (one.name in OF_AGREEMENT) is apart)
    if not apart:
        return replace(gate, tables=tables, plots=plots)
    if not tables and not plots:
        return None
    return Panel(AGREEMENT, "Agreement", (READING,), (), tables, plots)

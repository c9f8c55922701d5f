"""The ways of comparing the original with the synthetic image."""

from __future__ import annotations

from typing import Literal

Compare = Literal["side", "slider", "flicker", "difference"]
MODES: tuple[tuple[Compare, str, str], ...] = (
    ("side", "Side by side", "Original and synthetic beside each other"),
    ("slider", "Slider", "One over the other, with a border to drag (arrows move it by 5 %)"),
    (
        "flicker",
        "Flicker",
        "One pane: hold Q for the original, or let the two change by themselves",
    ),
    ("difference", "Difference", "Synthetic minus original in colours, in stored values"),
)
TOO_NARROW = "The window is too narrow for two panes"


def effective(wanted: Compare, *, single: bool) -> Compare:
    """The mode that is really shown: without room for two panes side by side becomes flicker."""
    return "flicker" if single and wanted == "side" else wanted


def following(shown: Compare, *, single: bool) -> Compare:
    """The mode after the shown one; side by side is left out where there is no room for it."""
    names = [name for name, _, _ in MODES if not (single and name == "side")]
    here = names.index(effective(shown, single=single))
    return names[(here + 1) % len(names)]

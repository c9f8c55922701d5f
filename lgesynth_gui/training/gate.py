"""The gate for models: the default is replaced only by what beats it on held-out patients.

No torch here: the window and the command line ask it alike.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lgesynth_gui.core.errors import LgeSynthError, Refused
from lgesynth_gui.registry.cards import ModelCard, find_model, model_folder, verify
from lgesynth_gui.registry.defaults import Chosen, default_card, usual_name, write_choice
from lgesynth_gui.training.held_out_table import TABLE, HeldOut, read_table

LEAST_REASON = 10  # letters, as for an export that failed
# Five held-out patients all gain by chance once in 32 times, four once in 16, and an interval that
# is drawn over one patient has no width.
LEAST_PATIENTS = 5


@dataclass(frozen=True)
class Decision:
    """What the gate says of a model.

    Args:
        passed: It may become the default as it is.
        reasons: Why, or why not; one sentence each.
        table: Its held-out table, or None.
    """

    passed: bool
    reasons: tuple[str, ...]
    table: HeldOut | None = None

    @property
    def words(self) -> str:
        """All reasons."""
        return " ".join(self.reasons)


def decide(card: ModelCard, table: HeldOut | None, current: ModelCard) -> Decision:
    """Ask the gate.

    Args:
        card: The model that would become the default.
        table: Its held-out table.
        current: The default now.

    Returns:
        Passed only when the table is of these very two models, no alarm sounds, the interval of
        the paired gain in judge Dice over five patients or more lies above zero and the pass rate
        does not surely fall.
    """
    if card.sha256 == current.sha256:
        return Decision(True, ("It is the default already.",), table)
    if table is None:
        return Decision(False, ("It was not measured on held-out patients.",), None)
    against = []
    if table.after.rpartition(" ")[2] != card.sha256:
        against.append("The held-out table is another model's.")
    if table.before.rpartition(" ")[2] != current.sha256:
        against.append(f"It was compared with {table.before.split(' ')[0]}, not with"
                       f" {current.reference}.")  # fmt: skip
    against += table.alarms
    if len(table.computed) == 2:
        first, then = (one.dice for one in table.computed)
        if first.n and then.n and then.high < first.low:
            against.append(
                f"It forgot computed slices: judge Dice {first.text()} before, {then.text()} after."
            )
    if table.blocked:
        against.append("The memorisation test forbids it.")
    gained, told = _gained(table)
    if against or not gained:
        return Decision(False, (*against, *told), table)
    return Decision(True, told, table)


def _gained(table: HeldOut) -> tuple[bool, tuple[str, ...]]:
    """Whether the later model beats the earlier one, and why in words."""
    gain, passed, contrast = (
        table.difference.dice, table.difference.passed, table.difference.contrast
    )  # fmt: skip
    told = f"Judge Dice on {table.patients} held-out patients changed by {gain.text('+')}"
    if gain.n and gain.low > 0:
        if table.patients < LEAST_PATIENTS:
            few = f"fewer than {LEAST_PATIENTS} patients can all gain by chance"
            return False, (f"{told}: no sure gain, as {few}.",)
        if passed.n and passed.high < 0:
            return False, (f"{told}.", f"The share that passes fell by {passed.text('+')}.")
        return True, (f"{told}.",)
    words = [f"{told}: no sure gain."]
    if contrast.n and contrast.high < 0:
        words.append(
            f"Its scars' contrast came nearer to the patients' own, by {contrast.text('+')}."
        )
    return False, tuple(words)


def ask_gate(
    name: str, folders: Sequence[Path] | None = None, home: Path | None = None
) -> Decision:
    """What the gate says of a model that is here.

    Args:
        name: "id" or "id/version".
        folders: Where models live; None = the bundled ones and this person's own.
        home: Where this person's models live.

    Raises:
        LgeSynthError: there is no such model, or its table is damaged.
    """
    card = find_model(name, folders)
    table = read_table(model_folder(card.reference, folders) / TABLE)
    return decide(card, table, default_card(folders, home))


def make_default(
    name: str, reason: str = "", folders: Sequence[Path] | None = None, home: Path | None = None
) -> Decision:
    """Make a model the default, if the gate lets it, or with a typed reason.

    The usual model may always come back: nothing has to be proved for it.

    Args:
        name: "id" or "id/version".
        reason: Why, when the gate is against it; 10 letters or more, kept with the choice.
        folders: Where models live.
        home: Where the choice is kept.

    Returns:
        What the gate said.

    Raises:
        LgeSynthError: there is no such control model.
        Refused: the gate is against it and no reason was given, or its files are damaged.
    """
    card = find_model(name, folders)
    if card.role != "controlnet":
        raise LgeSynthError(f"{card.reference} paints nothing by itself.", "Name a control model.")
    if card.reference == find_model(usual_name(folders), folders).reference:
        write_choice(None, home)
        return Decision(True, ("It is the model the program came with.",))
    verify(card, folders, full=True)
    decision = ask_gate(name, folders, home)
    typed = "" if decision.passed else reason.strip()
    if not decision.passed and len("".join(typed.split())) < LEAST_REASON:
        raise Refused(
            f"{card.reference} does not become the default: {decision.words}",
            f"To take it all the same, give a reason of at least {LEAST_REASON} letters.",
            "TRN-18",
        )
    day = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    write_choice(Chosen(card.reference, card.sha256, typed, day), home)
    return decision

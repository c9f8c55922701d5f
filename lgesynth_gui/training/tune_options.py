"""What a fine-tuning may be told, and where its models are looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lgesynth_gui.core.assets import bundled
from lgesynth_gui.registry.cards import ModelCard
from lgesynth_gui.registry.defaults import default_card
from lgesynth_gui.registry.places import user_models
from lgesynth_gui.training.check import LEAST
from lgesynth_gui.training.presets import Preset, preset_of

NOT_TO_PASS_ON = "LicenseRef-not-for-distribution"


@dataclass(frozen=True)
class TuneOptions:
    """What a fine-tuning may be told.

    Args:
        preset: "quick", "standard" or "careful".
        steps, batch, learning_rate: 0 = the preset's own.
        minutes: Stop after so many minutes of training; 0 = no limit.
        start: Control model to go on from; "" = the default.
        against: Control model it is compared with; "" = the default when the run is started.
        name: The model's id; "" makes one up.
        licence: SPDX name for its card.
        seed: Of split, batches and noise.
        threads: Processor threads; 0 = those there are, at most four.
        models: Folders of models besides the bundled ones.
        excluded: Ids of cases that are left out.
        leave_red: Leave out all refused cases.
        least: Fewest (cases, patients); smaller ones are for trying the program out.
    """

    preset: str = "standard"
    steps: int = 0
    batch: int = 0
    learning_rate: float = 0.0
    minutes: float = 0.0
    start: str = ""
    against: str = ""
    name: str = ""
    licence: str = NOT_TO_PASS_ON
    seed: int = 0
    threads: int = 0
    models: tuple[Path, ...] = ()
    excluded: tuple[str, ...] = ()
    leave_red: bool = False
    least: tuple[int, int] = LEAST

    @property
    def trusted(self) -> Sequence[Path]:
        """Where judge and reward networks are looked for."""
        return (*self.models, bundled("models"))

    @property
    def folders(self) -> Sequence[Path]:
        """Where all other models are looked for, in order."""
        return (*self.trusted, user_models())

    @property
    def current(self) -> ModelCard:
        """The default model now, which a fine-tuned one must beat.

        Raises:
            LgeSynthError: there is none.
        """
        return default_card(self.models or None)

    @property
    def recipe(self) -> Preset:
        """The preset with what was told otherwise."""
        usual = preset_of(self.preset)
        steps = self.steps or usual.steps
        return replace(
            usual,
            steps=steps,
            batch=self.batch or usual.batch,
            rate=self.learning_rate or usual.rate,
            evaluate_every=max(1, min(usual.evaluate_every, steps // 2 or 1)),
        )

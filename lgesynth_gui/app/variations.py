"""Variations: what was generated for the open study, and what the user does with it."""

from __future__ import annotations

from dataclasses import replace

from lgesynth_gui.app import plan
from lgesynth_gui.app.making import Making
from lgesynth_gui.app.variation import (
    ENDED,
    Filter,
    Order,
    Stage,
    Variation,
    arranged,
    newest_model,
    same_drawing,
    tags_of,
)

__all__ = ["Stage", "Variation", "Variations"]


class Variations(Making):
    """What the filmstrip shows, and what can be done with one of it."""

    filter: Filter = "all"
    order: Order = "seed"

    def shown(self) -> tuple[Variation, ...]:
        """The visible ones as the strip shows them: filtered and ordered."""
        return arranged(self.visible(), self._session.state.starred, self.filter, self.order)

    def show_only(self, chosen: Filter) -> None:
        """Filter the strip."""
        self.filter = chosen
        self.changed.emit()

    def sort_by(self, order: Order) -> None:
        """Order the strip inside its groups."""
        self.order = order
        self.changed.emit()

    def tags(self, one: Variation) -> tuple[str, ...]:
        """What sets a variation apart from one made now, in a word or two each."""
        ready = frozenset(g.number for g in self.groups.values() if g.kind == "ready")
        newest = newest_model(self.all, ready)
        return tags_of(one, self.groups.get(one.group), self._session.state, newest)

    def plan(self) -> str:
        """What Generate will do, or why it cannot."""
        settings = self._session.state.settings
        wanted = self._requests(1 if settings.until_pass else settings.count)
        if isinstance(wanted, str):
            return wanted
        slices = len(wanted[0].slices or wanted[0].sketch.slices())
        device = self.computes_on() if self.device == "auto" else self.device
        forecast = self.pace.forecast_s(wanted[0], slices, device)
        return plan.words(settings, wanted, slices, forecast, device, waiting=len(self.waiting()))

    def new_seed(self) -> str:
        """The same settings with a seed that was not used yet."""
        state = self._session.state
        used = [v.request.seed for v in self.all if not v.draft]
        seed = max([state.settings.seed, *used]) + 1
        changed = replace(state.settings, seed=seed % 1_000_000)
        self._session.edit("settings", changed, "new seed")
        return self.generate()

    def same_again(self, number: int | None = None) -> str:
        """Paint what is drawn now with the settings and the seed of a variation."""
        one = self._selected(number)
        if one is None:
            return "Select a variation first."
        said = self.take_settings(one.number)
        now = self.requests(1, locked=True)
        if not now:
            return said
        if same_drawing(now[0], one.request):
            return f"{said} The drawing is the same, too: the picture would be the same."
        self._queue(self._new_group(), [(now[0], "")])
        return said

    def take_settings(self, number: int | None = None, *, seed: bool = True) -> str:
        """Take over the settings (and the seed) of a variation, the preview by default."""
        one = self._selected(number)
        if one is None:
            return "Select a variation first."
        request, settings = one.request, self._session.state.settings
        changed = replace(
            settings,
            seed=request.seed if seed else settings.seed,
            steps=settings.steps if one.draft else request.steps,
            guidance=settings.guidance if one.draft else request.guidance,
            feather_mm=request.feather_mm,
        )
        self._session.edit("settings", changed, f"settings of variation {one.number}")
        what = f"Settings and seed {request.seed}" if seed else "Settings"
        return f"{what} of variation {one.number} taken over."

    def _selected(self, number: int | None) -> Variation | None:
        return self.get(self._view.look.preview if number is None else number)

    def apply(self, number: int | None = None) -> str:
        """Take a variation (default: the preview) into the project; a reason when it cannot be."""
        one = self._selected(number)
        if one is None or one.result is None:
            return "There is no finished variation to apply."
        if one.draft:
            return "A draft cannot be applied. Generate makes and judges it (Ctrl+Enter)."
        self._session.edit("applied", one.result, f"apply variation {one.number}")
        self._view.set(preview=None)
        return ""

    def discard(self, number: int | None = None) -> None:
        """Throw a finished variation away; undo brings it back."""
        one = self._selected(number)
        if one is None or one.stage not in ENDED:
            return
        if one.draft:
            self._drop_draft()
            self.changed.emit()
            return
        left = [v.number for v in self.shown() if v.number != one.number and v.result is not None]
        discarded = self._session.state.discarded | {one.number}
        self._session.edit("discarded", discarded, f"discard variation {one.number}")
        if self._view.look.preview == one.number:
            self._view.set(preview=left[-1] if left else None)
        self.changed.emit()

    def star(self, number: int | None = None) -> None:
        """Star or un-star a variation."""
        one = self._selected(number)
        if one is not None and not one.draft:
            starred = self._session.state.starred ^ {one.number}
            self._session.edit("starred", starred, f"star variation {one.number}")
            self.changed.emit()

    def step(self, by: int) -> None:
        """Preview the next (+1) or former (-1) finished variation."""
        done = [v.number for v in self.shown() if v.result is not None]
        if not done:
            return
        here = done.index(self._view.look.preview) if self._view.look.preview in done else -1
        self._view.set(preview=done[max(0, min(len(done) - 1, here + by))])

"""Captions: `say` and `parse` are exact inverses, `understand` reads what people type."""

from __future__ import annotations

from lgesynth_gui.anatomy.reading import Understood, understand
from lgesynth_gui.anatomy.speech import canonical, parse, say, say_as_paper

__all__ = ["Understood", "canonical", "parse", "say", "say_as_paper", "understand"]

"""The words of `resources/lexicon.toml`: what each means, and which known word a slip meant."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from lgesynth_gui.core.assets import bundled

SHORTEST_SLIP = 5  # shorter words are never corrected: too many real words lie one letter away
LONG = 9  # from here on two wrong letters are forgiven
REMEMBERED = 1000
_READ_ONLY = "read_"


@dataclass(frozen=True)
class Meaning:
    """What a phrase stands for.

    Args:
        kind: Table of the lexicon ("depth", "wall", ...); for "grammar" the key itself ("no").
        key: Canonical word ("mid-wall", "LAD", ...).
    """

    kind: str
    key: str


class Lexicon:
    """Phrases and their meanings.

    Args:
        tables: Table name to key to phrases; `read_x` belongs to `x` but is never spoken.
    """

    def __init__(self, tables: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self._spoken: dict[tuple[str, str], tuple[str, ...]] = {}
        self.meanings: dict[tuple[str, ...], Meaning] = {}
        for name, table in tables.items():
            kind = name.removeprefix(_READ_ONLY)
            for key, phrases in table.items():
                if kind == name:
                    self._spoken[kind, key] = tuple(phrases)
                if kind == "paper":
                    continue
                meaning = Meaning(key if kind in ("grammar", "filler") else kind, key)
                for phrase in phrases:
                    self.meanings.setdefault(tuple(phrase.lower().split()), meaning)
        self._nearest: dict[str, tuple[str, ...]] = {}
        self.longest = max(len(phrase) for phrase in self.meanings)

    def spoken(self, kind: str, key: str) -> tuple[str, ...]:
        """Interchangeable phrases for a meaning, the most usual first; () when there are none."""
        return self._spoken.get((kind, key), ())

    @cached_property
    def words(self) -> frozenset[str]:
        """Every single word of any phrase."""
        return frozenset(word for phrase in self.meanings for word in phrase)

    def match(self, words: list[str]) -> tuple[int, Meaning] | None:
        """Number of words and meaning of the longest phrase that `words` begin with."""
        for length in range(min(self.longest, len(words)), 0, -1):
            meaning = self.meanings.get(tuple(words[:length]))
            if meaning is not None:
                return length, meaning
        return None

    def nearest(self, word: str) -> tuple[str, ...]:
        """Known words with the fewest wrong letters, and few enough for a slip; alphabetical."""
        if word not in self._nearest:
            if len(self._nearest) >= REMEMBERED:
                self._nearest.clear()
            self._nearest[word] = self._search(word)
        return self._nearest[word]

    def _search(self, word: str) -> tuple[str, ...]:
        if len(word) < SHORTEST_SLIP:
            return ()
        allowed = 2 if len(word) >= LONG else 1
        found: dict[int, list[str]] = {}
        for known in self.words:
            if len(known) >= SHORTEST_SLIP - 1 and abs(len(known) - len(word)) <= allowed:
                wrong = slips(word, known)
                if wrong <= allowed:
                    found.setdefault(wrong, []).append(known)
        return tuple(sorted(found[min(found)])) if found else ()


def slips(a: str, b: str) -> int:
    """Wrong, missing, extra or swapped letters between two words (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        before, last, row = row, before, [i]
        for j, right in enumerate(b, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The bundled lexicon, read on first use."""
    text = (bundled("resources") / "lexicon.toml").read_text(encoding="utf-8")
    return Lexicon(tomllib.loads(text))

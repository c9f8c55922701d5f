"""Free text to items: every phrase of the lexicon, number and percentage with what it means."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace

from lgesynth_gui.anatomy.lexicon import Lexicon, lexicon

_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+|\S|\n")
_SOFT, _HARD = frozenset(",:()[]&/"), frozenset(";.\n!?|")
_RANGE, _PERCENT = frozenset("-–—"), frozenset("%")
_MORE, _LESS = frozenset(">≥"), frozenset("<≤")
_TOPS = (25.0, 50.0, 75.0, 100.0)
_MIDDLES = (13.0, 38.0, 63.0, 88.0)  # of the classes 1-25, 26-50, 51-75 and 76-100 %
SEGMENTS = range(1, 18)


@dataclass(frozen=True)
class Item:
    """One phrase of a text.

    Args:
        kind: Table of the lexicon ("depth", "wall", ...), or "share", "segment", "soft", "hard",
            "range", "no", "unknown".
        key: Canonical word; for unknown items the word as written.
        text: As written.
        value: Percent of a share, number of a segment, else 0.
        joined: A hyphen ties it to the item before.
    """

    kind: str
    key: str
    text: str
    value: float = 0.0
    joined: bool = False


@dataclass(frozen=True)
class _Token:
    text: str  # as written
    plain: str  # lower case, or corrected
    joined: bool = False

    @property
    def is_word(self) -> bool:
        return self.plain[0].isalpha()

    @property
    def number(self) -> float | None:
        return float(self.plain.replace(",", ".")) if self.plain[0].isdigit() else None


def items_of(text: str) -> tuple[list[Item], list[str]]:
    """What a text consists of, without filler, and sentences about what was read leniently."""
    words = lexicon()
    notices: list[str] = []
    tokens = [_corrected(token, words, notices) for token in _tokens(text)]
    items: list[Item] = []
    place = 0
    while place < len(tokens):
        found, length = _item(tokens, place, words, items, notices)
        if found is not None and tokens[place].joined:
            found = replace(found, joined=True)
        if found is not None and found.kind != "filler":
            items.append(found)
        place += length
    return _ranged(items, notices), notices


def _tokens(text: str) -> list[_Token]:
    """Words, numbers and signs; a hyphen between words becomes `joined`."""
    plain = unicodedata.normalize("NFKC", text)
    raw = _TOKEN.findall(plain)
    tokens: list[_Token] = []
    joined = False
    for i, one in enumerate(raw):
        last = raw[i - 1] if i else ""
        after = raw[i + 1] if i + 1 < len(raw) else ""
        if one in _RANGE and not (last[:1].isdigit() or last in _PERCENT or after[:1].isdigit()):
            joined = bool(tokens) and tokens[-1].is_word
            continue
        tokens.append(_Token(one, one.lower(), joined))
        joined = False
    return tokens


def _corrected(token: _Token, words: Lexicon, notices: list[str]) -> _Token:
    """The token with a typing slip mended, if only one known word can be meant."""
    if not token.is_word or token.plain in words.words:
        return token
    near = words.nearest(token.plain)
    whole = [word for word in near if (word,) in words.meanings] or [*near]
    if len({words.meanings.get((word,), word) for word in whole}) != 1:
        return token
    notices.append(f'"{token.text}" is read as "{whole[0]}".')
    return replace(token, plain=whole[0])


def _item(
    tokens: list[_Token], place: int, words: Lexicon, before: list[Item], notices: list[str]
) -> tuple[Item | None, int]:
    """The item that begins at a token, and how many tokens it takes."""
    token = tokens[place]
    if token.plain in _SOFT:
        return Item("soft", token.plain, token.text), 1
    if token.plain in _HARD:
        return Item("hard", token.plain, token.text), 1
    if token.number is not None:
        return _numbered(tokens, place, before, notices)
    if token.plain in _RANGE:
        return Item("range", "-", token.text), 1
    if token.plain in _MORE | _LESS:
        return Item("more" if token.plain in _MORE else "less", token.plain, token.text), 1
    if not token.is_word:
        return None, 1
    count = 0
    while place + count < len(tokens) and count < words.longest and tokens[place + count].is_word:
        count += 1
    found = words.match([one.plain for one in tokens[place : place + count]])
    if found is None:
        return Item("unknown", token.text, token.text), 1
    length, meaning = found
    text = " ".join(one.text for one in tokens[place : place + length])
    if meaning.kind == "share":
        return Item("share", meaning.key, text, float(meaning.key)), length
    return Item(meaning.kind, meaning.key, text), length


def _numbered(
    tokens: list[_Token], place: int, before: list[Item], notices: list[str]
) -> tuple[Item | None, int]:
    """A percentage, a range of percent, a class or a segment."""
    token, percent = tokens[place], lexicon().meanings
    rest = [one.plain for one in tokens[place + 1 : place + 5]]

    def is_percent(at: int) -> int:
        if rest[at : at + 1] and rest[at] in _PERCENT:
            return 1
        for length in (2, 1):
            meaning = percent.get(tuple(rest[at : at + length]))
            if meaning is not None and meaning.kind == "percent":
                return length
        return 0

    low = token.number or 0.0
    own = is_percent(0)
    tied = rest[own : own + 1] and (rest[own] in _RANGE or rest[own] == "to")
    if tied and rest[own + 1 : own + 2] and rest[own + 1][0].isdigit():
        high = float(rest[own + 1].replace(",", "."))
        if length := is_percent(own + 2):
            size = 3 + own + length
            text = "".join(one.text for one in tokens[place : place + size])
            return _share((low + high) / 2, text, notices), size
    if own:
        text = "".join(one.text for one in tokens[place : place + 1 + own])
        return _share(_compared(low, before), text, notices), 1 + own
    if before and before[-1].kind == "class":
        before.pop()
        if low in (0, 1, 2, 3, 4):
            middle = 0.0 if low == 0 else _MIDDLES[int(low) - 1]
            return Item("share", token.text, token.text, middle), 1
        return Item("unknown", token.text, token.text), 1
    if low in SEGMENTS:
        return Item("segment", token.text, token.text, low), 1
    if before and before[-1].kind == "segment":
        notices.append(f"There is no segment {token.text}: they are numbered 1 to 17.")
    return Item("unknown", token.text, token.text), 1


def _compared(value: float, before: list[Item]) -> float:
    """`over 50 %` and the like as the middle of the class beyond; eats the comparing word."""
    if not before or before[-1].kind not in ("more", "less"):
        return value
    if before.pop().kind == "more":
        return next((m for m, top in zip(_MIDDLES, _TOPS, strict=True) if top > value), value)
    below = [m for m, top in zip(_MIDDLES, _TOPS, strict=True) if top <= value]
    return below[-1] if below else value / 2


def _share(value: float, text: str, notices: list[str]) -> Item:
    if value <= 100:
        return Item("share", text, text, value)
    notices.append(f"{text}: transmurality runs from 0 to 100 %.")
    return Item("unknown", text, text)


def _ranged(items: list[Item], notices: list[str]) -> list[Item]:
    """Ranges of levels and segments written out, leftover signs and numbering words dropped."""
    out: list[Item] = []
    place = 0
    while place < len(items):
        item = items[place]
        after = items[place + 1] if place + 1 < len(items) else None
        if item.kind == "range" and out and after is not None and out[-1].kind == after.kind:
            if after.kind == "segment":
                out += _segments_between(out[-1], after)
            elif after.kind == "level":
                out += _levels_between(out[-1], after)
        elif item.kind == "range" and out and after is not None and out[-1].kind == "level":
            if after.kind == "site" and after.key == "apex":
                out += _levels_between(out[-1], replace(after, kind="level"))
                place += 1
        elif item.kind == "level" and item.joined and out and out[-1].kind == "level":
            out += [*_levels_between(out[-1], item), item]
        elif item.kind == "site" and item.key == "apex" and out and out[-1].kind == "wall":
            out.append(replace(item, kind="level", key="apical"))
        elif item.kind not in ("range", "more", "less", "class", "head") and not (
            item.kind == "segment" and not item.value
        ):
            out.append(item)
        place += 1
    return out


def _segments_between(first: Item, last: Item) -> list[Item]:
    numbers = range(int(first.value) + 1, int(last.value))
    return [Item("segment", str(n), first.text, float(n)) for n in numbers]


LEVELS = ("basal", "mid", "apical", "apex")


def _levels_between(first: Item, last: Item) -> list[Item]:
    low, high = sorted((LEVELS.index(first.key), LEVELS.index(last.key)))
    names = [*LEVELS[low + 1 : high], *(["apex"] if last.key == "apex" else [])]
    return [Item("level", name, first.text) for name in names]

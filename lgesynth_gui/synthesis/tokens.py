"""WordPiece tokens from a `vocab.txt`, as BERT reads them: lower case, longest piece first."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lgesynth_gui.core.errors import LgeSynthError

PAD, UNKNOWN, START, END, MASKED = "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"
_SPECIAL = (PAD, UNKNOWN, START, END, MASKED)
_WORD = re.compile(r"\w+|[^\w\s]")


def words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks, accents removed."""
    plain = unicodedata.normalize("NFD", text.lower())
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    return _WORD.findall(plain)


class Tokens:
    """Turns captions into numbers.

    Args:
        pieces: The vocabulary in order; must hold the five special tokens.

    Raises:
        LgeSynthError: a special token is missing.
    """

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = tuple(pieces)
        self._number = {piece: i for i, piece in enumerate(self.pieces)}
        if any(special not in self._number for special in _SPECIAL):
            raise LgeSynthError("The vocabulary lacks a special token.", "Import the model again.")

    def __len__(self) -> int:
        return len(self.pieces)

    @classmethod
    def read(cls, path: Path) -> Tokens:
        """From a `vocab.txt`, one piece a line."""
        return cls(path.read_text(encoding="utf-8").split("\n")[:100_000])

    def text(self) -> str:
        """What `read` reads."""
        return "\n".join(self.pieces)

    def number(self, piece: str) -> int:
        """Index of a piece, or of the unknown token."""
        return self._number.get(piece, self._number[UNKNOWN])

    def _split(self, word: str) -> list[int]:
        found, start = [], 0
        while start < len(word):
            for end in range(len(word), start, -1):
                piece = word[start:end] if start == 0 else "##" + word[start:end]
                if piece in self._number:
                    found.append(self._number[piece])
                    start = end
                    break
            else:
                return [self._number[UNKNOWN]]
        return found

    def encode(
        self, texts: Sequence[str], length: int
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Token numbers and mask (1 = a real token), both `(n, length)`; longer texts are cut."""
        numbers = np.full((len(texts), length), self._number[PAD], dtype=np.int64)
        mask = np.zeros_like(numbers)
        for row, text in enumerate(texts):
            inner = [n for word in words(text)[:length] for n in self._split(word)][: length - 2]
            line = [self._number[START], *inner, self._number[END]]
            numbers[row, : len(line)] = line
            mask[row, : len(line)] = 1
        return numbers, mask

    @classmethod
    def learn(cls, texts: Iterable[str], size: int) -> Tokens:
        """A vocabulary of single characters and the most frequent words of `texts`."""
        count: Counter[str] = Counter()
        for text in texts:
            count.update(words(text))
        letters = sorted({c for word in count for c in word} | set("abcdefghijklmnopqrstuvwxyz"))
        letters += [d for d in "0123456789" if d not in letters]
        pieces = [*_SPECIAL, *letters, *("##" + c for c in letters)]
        frequent = [w for w, n in count.most_common() if n > 1 and len(w) > 1]
        return cls([*pieces, *frequent[: max(0, size - len(pieces))]])

"""Append-only records, each with a hash over all before it: what is changed or lost is named.

`h_i = sha256(h_{i-1} + canonical JSON of record i)`, the hash before as lower-case hexadecimal and
empty at first; canonical JSON has sorted keys, no spaces, UTF-8 (see `atomic.canonical`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lgesynth_gui.io.atomic import canonical

HASH, NUMBER = "chain", "sequence"
LONGEST = 100_000  # records of one chain
Record = dict[str, Any]


def chained(records: Iterable[Mapping[str, Any]], before: Sequence[Record] = ()) -> list[Record]:
    """The records with their numbers, counted from 1, and their hashes.

    Args:
        records: Plain values; none has a `sequence` or a `chain` yet.
        before: Chained records that they follow.
    """
    first, last = (before[-1][NUMBER] + 1, before[-1][HASH]) if before else (1, "")
    made: list[Record] = []
    for number, values in enumerate(records, first):
        record = {**values, NUMBER: number}
        last = link(last, record)
        made.append({**record, HASH: last})
    return made


def link(before: str, record: Mapping[str, Any]) -> str:
    """The hash of a record that follows one with the hash `before` ("" for the first)."""
    return hashlib.sha256(before.encode("ascii") + canonical(record)).hexdigest()


def head_of(chain: Sequence[Record]) -> str:
    """The hash over all records; "" when there is none."""
    return chain[-1][HASH] if chain else ""


def broken_links(chain: Any, what: str = "chain") -> tuple[str, ...]:
    """What is wrong with a chain as it was read, a sentence each, the record named by its number.

    Args:
        chain: Should be a list of chained records.
        what: What it is called in the sentences.
    """
    if not isinstance(chain, list) or not 0 < len(chain) <= LONGEST:
        return (f"The {what} is no list of records.",)
    wrong: list[str] = []
    last: Any = ""
    for place, record in enumerate(chain, 1):
        if not isinstance(record, dict) or type(record.get(NUMBER)) is not int:
            wrong.append(f"Record {place} of the {what} is no record.")
            last = None
            continue
        number = record[NUMBER]
        if number != place:
            wrong.append(f"Record {place} of the {what} is missing: number {number} stands there.")
        bare = {key: value for key, value in record.items() if key != HASH}
        try:
            good = last is not None and record.get(HASH) == link(last, bare)
        except ValueError:  # a number that is not finite
            good = False
        if not good and number == place and last is not None:
            wrong.append(f"Record {number} of the {what} was changed.")
        last = record.get(HASH)
        last = last if isinstance(last, str) and last.isascii() else None
    return tuple(wrong)

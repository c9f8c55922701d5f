"""What reviewers decided about samples: one file a reviewer that only grows, each record chained.

`reviews/<reviewer>.jsonl` holds one decision a line, each with a hash over all before it
(`io.chain`), so a line that was changed, lost or moved is named. A decision belongs to the record
it was made on: when a sample is made anew, it counts no more.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from lgesynth_gui.cohort.block import CONTROL, ERROR
from lgesynth_gui.core.errors import LgeSynthError
from lgesynth_gui.core.verdict import Grade
from lgesynth_gui.io.atomic import Appender, canonical
from lgesynth_gui.io.chain import HASH, NUMBER, Record, link
from lgesynth_gui.io.export import LEAST_REASON
from lgesynth_gui.io.marks import one_line
from lgesynth_gui.io.project_lock import Lock, Taken
from lgesynth_gui.io.strict_json import strict_value

FOLDER = "reviews"
FORMAT = "lgesynth cohort review"
REVIEWER = re.compile(r"[A-Za-z0-9 _-]{1,40}")
REASONS = (
    "scar not where it was drawn",
    "scar too faint",
    "scar too bright",
    "looks painted",
    "seam visible",
    "texture not like the rest",
    "wrong depth",
    "other scar or artefact",
    "contours wrong",
    "other",
)
LONGEST_TEXT = 500
LONGEST_LINE = 4096
LARGEST_FILE = 512 << 20
NEVER = (Grade.BLOCKED.value, Grade.NOT_JUDGED.value, ERROR)


class Decision(Enum):
    """What a reviewer says of a sample."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"
    FIX = "fix"


@dataclass(frozen=True)
class Review:
    """One decision.

    Args:
        reviewer: Pseudonym.
        sample: Number in the cohort.
        record_sha256: Of the record that was looked at.
        decision: What was decided.
        reasons: Some of `REASONS`.
        text: In the reviewer's words.
        blind: The verdict was hidden.
        time: UTC, ISO 8601, seconds.
    """

    reviewer: str
    sample: int
    record_sha256: str
    decision: Decision
    reasons: tuple[str, ...] = ()
    text: str = ""
    blind: bool = False
    time: str = ""


@dataclass(frozen=True)
class Final:
    """What becomes of a sample in the end.

    Args:
        kept: Whether it may be exported.
        why: In a few words.
        reason: Why a FAIL is kept, as typed; "" otherwise.
    """

    kept: bool
    why: str
    reason: str = ""


def require_reviewer(name: str) -> str:
    """The name, if it can be a reviewer's.

    Raises:
        LgeSynthError: it cannot.
    """
    kept = " ".join(name.split())
    if not REVIEWER.fullmatch(kept):
        raise LgeSynthError(
            "A reviewer goes by 1 to 40 letters, digits, spaces, - or _.",
            "Choose a pseudonym like R1.",
        )
    return kept


def file_for(folder: Path, reviewer: str) -> Path:
    """The file of a reviewer; its name is ours, whatever the reviewer is called."""
    name = require_reviewer(reviewer)
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:20]
    mark = hashlib.sha256(name.encode()).hexdigest()[:8]
    return folder / FOLDER / f"{word or 'reviewer'}-{mark}.jsonl"


class Reviewer:
    """The writing end of a reviewer's file; one process holds it.

    Args:
        folder: The cohort's.
        name: Pseudonym.

    Raises:
        LgeSynthError: no proper name, somebody else writes as that reviewer, the file was
            changed, or the drive is full or closed.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = require_reviewer(name)
        self.path = file_for(folder, self.name)
        self.path.parent.mkdir(exist_ok=True)
        try:
            self._lock = Lock(self.path.with_suffix(".lock"))
        except Taken as taken:
            raise LgeSynthError(
                f"Somebody is reviewing as {self.name} already.",
                "Close the other window, or choose another name.",
            ) from taken
        try:
            lines, problems, self._whole = _read(self.path)
            if problems:
                raise LgeSynthError(
                    f"The decisions of {self.name} were changed: {problems[0]}",
                    "Review under another name; the file is kept as it is.",
                )
            self._last: Record = lines[-1] if lines else {NUMBER: 0, HASH: ""}
            self._file = Appender(self.path, self._whole)
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Let go of the file; safe to call twice."""
        self._file.close()
        self._lock.release()

    def __enter__(self) -> Reviewer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def decide(
        self,
        sample: int,
        record_sha256: str,
        decision: Decision,
        reasons: Sequence[str] = (),
        text: str = "",
        *,
        blind: bool = False,
    ) -> Review:
        """Note a decision; it is on the drive when this returns. A later one replaces it.

        Args:
            sample: Its number.
            record_sha256: Of its record, as the index names it.
            decision: What.
            reasons: Some of `REASONS`.
            text: At most 500 characters; no names of patients.
            blind: The verdict was hidden.

        Raises:
            LgeSynthError: an unknown reason, a text that is too long, or the drive is full.
        """
        if unknown := [one for one in reasons if one not in REASONS]:
            raise LgeSynthError(
                f"There is no reason {unknown[0][:60]!r}.", f"Known: {', '.join(REASONS)}."
            )
        words = one_line(text)
        if len(words) > LONGEST_TEXT:
            raise LgeSynthError(f"The text is longer than {LONGEST_TEXT} letters.", "Shorten it.")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made = Review(self.name, sample, record_sha256, decision, tuple(reasons), words, blind, now)
        record = {**_values(made), NUMBER: self._last[NUMBER] + 1}
        chained = {**record, HASH: link(self._last[HASH], record)}
        self._file.append(canonical(chained) + b"\n")
        self._last = chained
        return made


def reviewers_of(folder: Path) -> tuple[str, ...]:
    """Pseudonyms of those who decided something, in order."""
    return tuple(sorted({one.reviewer for one in _every(folder)}))


def decisions_of(folder: Path) -> dict[int, tuple[Review, ...]]:
    """Decisions by sample: the last of each reviewer on each record the sample had.

    `standing` leaves those on the record it has. What stands in a file behind a changed line is
    not believed (`problems_of` names it).
    """
    last: dict[tuple[int, str, str], Review] = {}
    for one in _every(folder):
        last[one.sample, one.reviewer, one.record_sha256] = one
    found: dict[int, list[Review]] = {}
    for (sample, _, _), one in sorted(last.items()):
        found.setdefault(sample, []).append(one)
    return {sample: tuple(ones) for sample, ones in found.items()}


def standing(reviews: Sequence[Review], record_sha256: str) -> tuple[Review, ...]:
    """Those that were made on the record as it is now."""
    return tuple(one for one in reviews if one.record_sha256 == record_sha256)


def problems_of(folder: Path) -> tuple[str, ...]:
    """What is wrong with the files of the reviewers, a sentence each."""
    return tuple(
        f"{FOLDER}/{path.name}: {problem}" for path in _files(folder) for problem in _read(path)[1]
    )


def heads_of(folder: Path) -> dict[str, str]:
    """The last hash of every reviewer's file, by reviewer."""
    heads = {}
    for path in _files(folder):
        lines = _read(path)[0]
        if lines:
            heads[str(lines[-1]["reviewer"])] = str(lines[-1][HASH])
    return heads


def final(
    status: str, accepted: bool, reviews: Sequence[Review], *, reviewed: bool = False
) -> Final:
    """What becomes of a sample.

    Any reject excludes it; an accept overrides a CHECK, and a FAIL only with a typed reason;
    nothing overrides BLOCKED.

    Args:
        status: Of the sample, see `index.Entry`.
        accepted: The gate lets it through.
        reviews: The decisions that stand.
        reviewed: Only what somebody accepted is kept.
    """
    if status in NEVER:
        return Final(False, f"{status} is never kept")
    said = {one.decision for one in reviews}
    if Decision.REJECT in said:
        return Final(False, "rejected")
    if Decision.FIX in said:
        return Final(False, "to be fixed")
    if status == Grade.FAIL.value:
        reason = next((one.text for one in reviews if _gives_reason(one)), "")
        if reason:
            return Final(True, "FAIL, kept with a reason", reason)
        return Final(False, "FAIL without a reason")
    if Decision.ACCEPT in said:
        return Final(True, "accepted by a reviewer")
    if reviewed:
        return Final(False, "not accepted by a reviewer")
    if status == CONTROL:
        return Final(True, "control")
    return Final(True, "accepted by the gate") if accepted else Final(False, "not accepted")


def _gives_reason(review: Review) -> bool:
    return review.decision is Decision.ACCEPT and enough_reason(review.text)


def enough_reason(text: str) -> bool:
    """Whether a text can be the reason why a FAIL is kept."""
    return len("".join(text.split())) >= LEAST_REASON


def _values(review: Review) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "reviewer": review.reviewer,
        "sample": review.sample,
        "record_sha256": review.record_sha256,
        "decision": review.decision.value,
        "reasons": list(review.reasons),
        "text": review.text,
        "blind": review.blind,
        "time": review.time,
    }


def _review_of(values: Record) -> Review:
    if values["format"] != FORMAT or not REVIEWER.fullmatch(values["reviewer"]):
        raise ValueError("no decision")
    typed = {"sample": int, "record_sha256": str, "text": str, "blind": bool, "time": str}
    if any(type(values[name]) is not kind for name, kind in typed.items()):
        raise ValueError("no decision")
    reasons = tuple(one for one in values["reasons"] if one in REASONS)
    return Review(
        values["reviewer"], values["sample"], values["record_sha256"],
        Decision(values["decision"]), reasons, one_line(values["text"])[:LONGEST_TEXT],
        values["blind"], values["time"][:40],
    )  # fmt: skip


def _files(folder: Path) -> list[Path]:
    place = folder / FOLDER
    return sorted(place.glob("*.jsonl")) if place.is_dir() else []


def _every(folder: Path) -> Iterator[Review]:
    for path in _files(folder):
        for values in _read(path)[0]:
            yield _review_of(values)


def _read(path: Path) -> tuple[list[Record], list[str], int]:
    """(whole records, what is wrong, bytes of the whole records) of a reviewer's file."""
    lines: list[Record] = []
    if not path.is_file():
        return lines, [], 0
    if path.stat().st_size > LARGEST_FILE:
        return lines, ["the file is too large to be believed."], 0
    last, whole = "", 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                break  # was being written when the power went; nobody was told that it is kept
            wrong = _wrong(line, number, last)
            if wrong:
                return lines, [wrong], whole
            record = strict_value(line)
            lines.append(record)
            last, whole = record[HASH], whole + len(line)
    return lines, [], whole


def _wrong(line: bytes, number: int, last: str) -> str:
    """What is wrong with a line of a file, or ""."""
    try:
        if len(line) > LONGEST_LINE:
            raise ValueError("too long")
        record = strict_value(line)
        bare = {key: value for key, value in record.items() if key != HASH}
        _review_of(record)
        stands = record[NUMBER]
        good = record[HASH] == link(last, bare)
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"line {number} is no decision."
    if stands != number:
        return f"decision {number} is missing: number {stands} stands there."
    return "" if good else f"decision {number} was changed."

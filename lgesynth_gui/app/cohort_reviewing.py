"""Reviews a cohort case by case without widgets: the next one is read before it is asked for."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from lgesynth_gui.app.cohort_cases import Case, read_case
from lgesynth_gui.app.cohorts import Cohorts
from lgesynth_gui.app.jobs import JobHandle, JobRunner
from lgesynth_gui.cohort.agreement import Agreement, agreements, standing_decisions
from lgesynth_gui.cohort.fixes import put_back, put_fix, take_back
from lgesynth_gui.cohort.index import Entry
from lgesynth_gui.cohort.review import (
    Decision,
    Review,
    Reviewer,
    require_reviewer,
)
from lgesynth_gui.cohort.samples import read_record
from lgesynth_gui.core.errors import LgeSynthError, in_words
from lgesynth_gui.core.jobs import Job
from lgesynth_gui.core.synthesis import SynthesisResult

KEPT = 6  # cases with their pixels
AHEAD = (1, 2, -1)  # cases beside the shown one that are read, too
GLYPHS = {
    Decision.ACCEPT: "✓ accepted",
    Decision.REJECT: "✗ rejected",
    Decision.FIX: "→ to fix",
    Decision.UNSURE: "? unsure",
}
SHOWN = (
    "Any review",
    "not reviewed by me",
    "accepted",
    "rejected",
    "to fix",
    "unsure",
    "reviewers differ",
)
_BY_NAME = {
    "accepted": Decision.ACCEPT,
    "rejected": Decision.REJECT,
    "to fix": Decision.FIX,
    "unsure": Decision.UNSURE,
}
Decisions = Mapping[int, Sequence[Review]]


class Reviewing(QObject):
    """The case that is looked at, and what was decided of it and the others."""

    changed = Signal()  # another case, or none
    decided = Signal()  # decisions are others
    agreed = Signal(object)  # tuple of Agreement
    said = Signal(str)

    def __init__(self, cohorts: Cohorts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._cohorts = cohorts
        self.name = "R1"
        self.blind = False
        self.number: int | None = None
        self.case: Case | None = None
        self.failure = ""
        self.decisions: dict[int, tuple[Review, ...]] = {}
        self._cases: OrderedDict[int, Case] = OrderedDict()
        self._reading: set[int] = set()
        self._pending: Counter[int] = Counter()  # decisions of a case that are being written
        self._writer: Reviewer | None = None  # touched by the reader's thread alone
        self._reader = JobRunner(self, name="lgesynth-watch")
        cohorts.opened.connect(self._on_opened)

    @property
    def _folder(self) -> Path | None:
        return self._cohorts.desk.folder

    def _on_opened(self) -> None:
        self.number = self.case = None
        self._cases.clear()
        self._reading.clear()
        self.decisions = {}
        self._submit(self._close_writer, lambda _: None)
        self.refresh()
        self.changed.emit()
        self.decided.emit()

    def refresh(self) -> None:
        """Read what all reviewers decided."""
        folder = self._folder
        if folder is None:
            return

        def read() -> Job:
            yield None
            return standing_decisions(folder)[0]

        def done(found: dict[int, tuple[Review, ...]]) -> None:
            if folder == self._folder:
                here = {number: self.decisions.get(number, ()) for number in self._pending}
                self.decisions = {**found, **here}  # what is being written was not read yet
                self.decided.emit()

        self._submit(read, done)

    # -- who

    def set_name(self, name: str) -> bool:
        """Review under another pseudonym; whether it can be one."""
        try:
            kept = require_reviewer(name)
        except LgeSynthError as error:
            self.said.emit(str(error))
            return False
        if kept != self.name:
            self.name = kept
            self._submit(self._close_writer, lambda _: None)
            self.decided.emit()
        return True

    def set_blind(self, blind: bool) -> None:
        """Hide the verdict while reviewing, or show it."""
        self.blind = blind
        self.changed.emit()

    # -- where

    def show(self, number: int | None) -> None:
        """Look at a case; None ends the review."""
        self.number = number
        self.case = self._cases.get(number) if number is not None else None
        self.failure = ""
        if number is not None:
            if self.case is not None:
                self._cases.move_to_end(number)
            self._read(number)
            for by in AHEAD:
                if (beside := self.beside(by)) is not None:
                    self._read(beside)
        self.changed.emit()

    @property
    def place(self) -> tuple[int, int]:
        """(place of the shown case from 1, how many there are); place 0 when it is not listed."""
        numbers = self._cohorts.desk.found.numbers
        found = self._places().get(self.number, -1) if self.number is not None else -1
        return found + 1, len(numbers)

    def beside(self, by: int) -> int | None:
        """Number of the case so many rows further, or None."""
        numbers = self._cohorts.desk.found.numbers
        here = self._places().get(self.number, -1) if self.number is not None else -1
        place = here + by
        return numbers[place] if here >= 0 and 0 <= place < len(numbers) else None

    def _places(self) -> dict[int, int]:
        numbers = self._cohorts.desk.found.numbers
        kept = getattr(self, "_kept_places", None)
        if kept is None or kept[0] is not numbers:
            kept = (numbers, {one: place for place, one in enumerate(numbers)})
            self._kept_places = kept
        found: dict[int, int] = kept[1]
        return found

    def step(self, by: int) -> None:
        """Go on or back; at the end nothing happens."""
        if (number := self.beside(by)) is not None:
            self.show(number)
        elif self.number is not None:
            self.said.emit("This is the last case." if by > 0 else "This is the first case.")

    def _read(self, number: int) -> None:
        folder = self._folder
        if folder is None or number in self._cases or number in self._reading:
            return
        self._reading.add(number)

        def done(case: Case) -> None:
            self._reading.discard(number)
            if folder != self._folder:
                return
            self._cases[number] = case
            while len(self._cases) > KEPT:
                self._cases.popitem(last=False)
            if number == self.number:
                self.case = case
                self.changed.emit()

        def failed(error: Exception) -> None:
            self._reading.discard(number)
            if number == self.number:
                self.failure = str(error) if isinstance(error, LgeSynthError) else "Not readable."
                self.changed.emit()

        handle = self._reader.submit(lambda: read_case(folder, number))
        handle.finished.connect(done)
        handle.failed.connect(failed)

    # -- deciding

    def mine(self, number: int | None) -> Review | None:
        """What this reviewer decided of a case."""
        ones = self.decisions.get(number, ()) if number is not None else ()
        return next((one for one in ones if one.reviewer == self.name), None)

    def decide(
        self, decision: Decision, reasons: Sequence[str] = (), text: str = "", *, stay: bool = False
    ) -> None:
        """Note a decision of the shown case and go on; it is written in the background."""
        case, folder = self.case, self._folder
        if case is None or folder is None:
            return
        name, blind, sha256 = self.name, self.blind, case.sha256
        before = self.decisions.get(case.number, ())
        made = Review(name, case.number, sha256, decision, tuple(reasons), text, blind)
        self._put(case.number, (*(one for one in before if one.reviewer != name), made))

        def write() -> Job:
            writer = yield from self._writing(folder, name)
            if read_record(folder, case.number)[1] != sha256:
                raise LgeSynthError("The case was changed meanwhile.", "Look at it again.")
            writer.decide(case.number, sha256, decision, tuple(reasons), text, blind=blind)

        def failed(error: Exception) -> None:
            if folder == self._folder:
                self._put(case.number, before)
                self._cases.pop(case.number, None)
            known = isinstance(error, LgeSynthError)
            self.said.emit(f"Not kept: {error if known else type(error).__name__}")

        def ended(_: object) -> None:
            self._pending -= Counter((case.number,))

        self._pending[case.number] += 1
        handle = self._reader.submit(write)
        handle.failed.connect(failed)
        for ending in (handle.finished, handle.failed, handle.cancelled):
            ending.connect(ended)
        if not stay and self.beside(1) is not None:
            self.step(1)
        elif not stay:
            self.said.emit("This was the last case of the list.")

    def _put(self, number: int, reviews: tuple[Review, ...]) -> None:
        self.decisions = {**self.decisions, number: reviews}
        self.decided.emit()
        self.changed.emit()

    def _writing(self, folder: Path, name: str) -> Job:
        """The reviewer's file, open; on the reader's thread."""
        yield None
        if self._writer is None or self._writer.name != name:
            yield from self._close_writer()
            self._writer = Reviewer(folder, name)
        return self._writer

    # -- fixing

    def put(self, case: Case, result: SynthesisResult, done: Callable[[bool], object]) -> None:
        """Put a result in the place of a case and accept it.

        Args:
            case: That was opened in Sketch.
            result: Judged.
            done: Told whether it is in the cohort now; if not, `said` tells why.
        """
        folder, name, number = self._folder, self.name, case.number
        if folder is None:
            done(False)
            return

        def write() -> Job:
            writer = yield from self._writing(folder, name)
            entry = put_fix(folder, number, case.sha256, result, name)
            try:
                writer.decide(number, entry.sha256, Decision.ACCEPT)
            except (LgeSynthError, OSError) as error:
                return entry, f"Case {number} is fixed, but not accepted: {in_words(error)}"
            return entry, f"Case {number} is fixed and accepted: {entry.status}."

        def failed(error: Exception) -> None:
            self.said.emit(in_words(error))
            done(False)

        def finished(gave: tuple[Entry, str]) -> None:
            self._on_replaced(folder, number)
            self.said.emit(gave[1])
            done(True)

        handle = self._reader.submit(write)
        handle.finished.connect(finished)
        handle.failed.connect(failed)

    def swap_fix(self) -> None:
        """Take the fix of the case back, or put one in again that was taken back."""
        case, folder = self.case, self._folder
        if case is None or folder is None or not (case.fixed_by or case.aside):
            return
        swap = take_back if case.fixed_by else put_back

        def write() -> Job:
            yield None
            return swap(folder, case.number)

        def finished(_: Entry) -> None:
            self._on_replaced(folder, case.number)
            now = "as it was made" if case.fixed_by else "the fixed one again"
            self.said.emit(f"Case {case.number} is {now}.")

        self._submit(write, finished)

    def _on_replaced(self, folder: Path, number: int) -> None:
        """A case has other files than before."""
        if folder != self._folder:
            return
        self._cases.pop(number, None)
        self.refresh()
        self._cohorts.poll()
        self._cohorts.fetch((number,))
        if number == self.number:
            self.show(number)

    def _close_writer(self) -> Job:
        """Let go of the reviewer's file; on the reader's thread."""
        yield None
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    # -- what was decided

    @property
    def words(self) -> Mapping[int, str]:
        """Of each reviewed case, for the table: mine, and how many others there are."""
        said = {}
        for number, ones in self.decisions.items():
            own = next((one for one in ones if one.reviewer == self.name), None)
            others = len(ones) - (own is not None)
            words = GLYPHS[own.decision] if own is not None else "–"
            said[number] = f"{words} +{others}" if others else words
        return said

    def among(self, shown: str) -> tuple[frozenset[int] | None, frozenset[int]]:
        """(only these, not these) of a choice of `SHOWN`."""
        if shown == "not reviewed by me":
            return None, frozenset(n for n in self.decisions if self.mine(n) is not None)
        if shown == "reviewers differ":
            return frozenset(
                n for n, ones in self.decisions.items() if len({o.decision for o in ones}) > 1
            ), frozenset()
        if wanted := _BY_NAME.get(shown):
            return frozenset(
                n
                for n, ones in self.decisions.items()
                if any(one.decision is wanted for one in ones)
            ), frozenset()
        return None, frozenset()

    def agree(self) -> None:
        """How far the reviewers agree; comes by `agreed`."""
        folder = self._folder
        if folder is None:
            return

        def count() -> Job:
            yield None
            decided = standing_decisions(folder)
            yield None
            found: tuple[Agreement, ...] = agreements(*decided)
            return found

        self._submit(count, self.agreed.emit)

    # -- jobs

    def _submit(self, start: Callable[[], Job], done: Callable[[Any], object]) -> JobHandle:
        handle = self._reader.submit(start)
        handle.finished.connect(done)
        handle.failed.connect(self._on_failed)
        return handle

    def _on_failed(self, error: Exception) -> None:
        self.said.emit(in_words(error))

    def leave(self) -> None:
        """The window goes; what was decided is written first."""
        if not self._reader.finish(2.0):
            return
        with suppress(LgeSynthError, OSError):
            if self._writer is not None:
                self._writer.close()
                self._writer = None

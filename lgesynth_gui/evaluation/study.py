"""A reader study: people say whether a picture is real or synthetic, and where the scar is.

Nothing here loads torch. A source gives pictures; a plan says which of them are read and in which
order; a sitting is what one reader has answered so far. No picture's host is shown twice, so that
nobody compares a scan with its own painted copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lgesynth_gui.core.arrays import Array, Mask
from lgesynth_gui.core.errors import LgeSynthError

PRACTICE = 10  # cases that are not counted
LEAST = 10  # counted cases without which nothing can be said
ENOUGH = 50  # counted cases of a study that is to be published (METHOD.md, section 10)
RATINGS = (
    "surely real",
    "probably real",
    "cannot tell",
    "probably synthetic",
    "surely synthetic",
)
UNDECIDED = 3
WINDOW, LEVEL = 3.0, 0.0  # greys of pictures in the networks' own unit, the same for all
LONGEST_S = 3600.0  # of one case; a longer look is a pause that nobody noted


@dataclass(frozen=True, eq=False)
class StudyPicture:
    """One picture that may be shown.

    Args:
        id: Our name for it; says nothing of what it is or whose.
        group: Its host; pictures of one host share it.
        picture: `(row, column)` float32, all pictures of a study in the same unit.
        synthetic: Whether a scar was painted into it.
        scar: Where the scar is, the same grid; None when that is not known.
    """

    id: str
    group: str
    picture: Array
    synthetic: bool
    scar: Mask | None = None


@dataclass(frozen=True, eq=False)
class Study:
    """Pictures with what a reader is told of them.

    Args:
        title: What they are, in words.
        pictures: In no order that means anything.
        window, level: Greys of all pictures, the same for every one.
        digest: Of everything above, hexadecimal; answers belong to it.
    """

    title: str
    pictures: tuple[StudyPicture, ...]
    window: float
    level: float
    digest: str = ""

    def picture(self, id_: str) -> StudyPicture:
        """A picture by our name for it.

        Raises:
            LgeSynthError: there is none; the answers are of another study.
        """
        for one in self.pictures:
            if one.id == id_:
                return one
        raise LgeSynthError("The answers are of other pictures.", "Begin with a new reader.")


@dataclass(frozen=True)
class Answer:
    """What a reader said of one picture.

    Args:
        id: The picture.
        rating: 1 surely real to 5 surely synthetic.
        seconds: The picture was looked at.
        scar: (row, column) of the click on the scar in picture pixels, or None.
    """

    id: str
    rating: int
    seconds: float
    scar: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.rating not in range(1, len(RATINGS) + 1):
            raise ValueError(f"{self.rating} is no rating")


@dataclass(frozen=True)
class Sitting:
    """One reader's way through a study.

    Args:
        reader: 1, 2, ...; nothing else is known of who reads.
        seed: Of the choice of pictures.
        digest: Of the study.
        order: Pictures in reading order, practice first.
        practice: How many of them are not counted.
        answers: So far, in the same order.
    """

    reader: int
    seed: int
    digest: str
    order: tuple[str, ...]
    practice: int
    answers: tuple[Answer, ...] = ()

    @property
    def next(self) -> str:
        """The picture to be shown now; "" at the end."""
        return self.order[len(self.answers)] if len(self.answers) < len(self.order) else ""

    @property
    def finished(self) -> bool:
        """Whether every picture has its answer."""
        return not self.next

    @property
    def practising(self) -> bool:
        """Whether the present case is not counted."""
        return len(self.answers) < self.practice

    @property
    def counted(self) -> tuple[Answer, ...]:
        """The answers that count."""
        return self.answers[self.practice :]

    def answered(
        self, rating: int, seconds: float, scar: tuple[float, float] | None = None
    ) -> Sitting:
        """The sitting with one more answer, of the present case.

        Args:
            rating: 1 to 5.
            seconds: Looked at; cut at an hour.
            scar: Where the scar is said to be, or None.

        Raises:
            ValueError: there is no case left, or no such rating.
        """
        if self.finished:
            raise ValueError("every case has its answer")
        spent = round(min(max(float(seconds), 0.0), LONGEST_S), 2)
        one = Answer(self.next, rating, spent, scar)
        return replace(self, answers=(*self.answers, one))


def begin(study: Study, reader: int, seed: int, practice: int = PRACTICE) -> Sitting:
    """A new reader's sitting: as many real pictures as synthetic ones, in an order of their own.

    All readers of one seed read the same cases, with the same cases for practice; the order is
    the reader's own.

    Args:
        study: The pictures.
        reader: 1, 2, ...
        seed: Decides which pictures are read, and with the reader in which order.
        practice: Even; that many cases in front are not counted.

    Raises:
        LgeSynthError: there are too few pictures of either kind from different hosts.
    """
    rng = np.random.default_rng((seed, 0))
    kinds = _chosen(study.pictures, rng)
    each = min(len(one) for one in kinds)
    if 2 * each < practice + LEAST:
        raise LgeSynthError(
            f"A reader study needs {practice + LEAST} pictures of different hosts, half of them"
            f" synthetic; here are {len(kinds[0])} real and {len(kinds[1])} synthetic ones.",
            "Add scans or exports, or make pairs.",
        )
    tried = [one.id for some in kinds for one in some[: practice // 2]]
    cases = [one.id for some in kinds for one in some[practice // 2 : each]]
    mixed = np.random.default_rng((seed, reader))
    order = [tried[k] for k in mixed.permutation(len(tried))]
    order += [cases[k] for k in mixed.permutation(len(cases))]
    return Sitting(reader, seed, study.digest, tuple(order), len(tried))


def _chosen(
    pictures: Sequence[StudyPicture], rng: np.random.Generator
) -> tuple[list[StudyPicture], list[StudyPicture]]:
    """Real and synthetic pictures, equally many where that can be, no host twice."""
    mixed = sorted(pictures, key=lambda one: one.id)
    mixed = [mixed[k] for k in rng.permutation(len(mixed))]
    hosts: dict[str, dict[bool, StudyPicture]] = {}
    for one in mixed:
        hosts.setdefault(one.group, {}).setdefault(one.synthetic, one)
    kinds: tuple[list[StudyPicture], list[StudyPicture]] = ([], [])
    both = []
    for host in hosts.values():
        if len(host) == 2:
            both.append(host)
        else:
            ((synthetic, one),) = host.items()
            kinds[synthetic].append(one)
    for host in both:  # the kind there is less of takes the picture; of a tie the draw decides
        less = len(kinds[True]) - len(kinds[False])
        synthetic = bool(rng.integers(2)) if less == 0 else less < 0
        kinds[synthetic].append(host[synthetic])
    for some in kinds:  # hosts of one kind alone shall not all come first
        some[:] = [some[k] for k in rng.permutation(len(some))]
    return kinds

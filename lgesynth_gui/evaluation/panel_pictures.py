"""Pictures in the panels: one wish by every system, and samples beside training slices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from lgesynth_gui.anatomy.bins import size_of
from lgesynth_gui.evaluation.alignment import CEILING, UNTOUCHED
from lgesynth_gui.evaluation.found import Found
from lgesynth_gui.evaluation.gallery import Alike, Shown
from lgesynth_gui.evaluation.lineup import AS_PUBLISHED
from lgesynth_gui.evaluation.panel import PictureRow, Pictures, Tile
from lgesynth_gui.evaluation.privacy import EXACT
from lgesynth_gui.evaluation.study import LEVEL, WINDOW
from lgesynth_gui.evaluation.tiles import FIELD, tile_of

IN_ORDER = 3  # cases besides the best and the worst
GREYS = (WINDOW, LEVEL)
SAME = f"Every tile is shown at window {WINDOW:g}, level {LEVEL:g}, in the networks' own unit."
NEW = "The true scar is one of that drawing in the same heart."
AGAIN = "The true scar is the slice's own; it was blanked and asked for again."
LEFT_RIGHT = (
    "Left what was painted, the part that is compared in amber; right the training slice it is most"
    " alike to."
)
COMPARED = (
    "Slices are compared mirrored, shifted by up to 3 pixels and turned by up to 10 degrees, too,"
    " but shown as they were trained on."
)
OVER_LIMIT = (
    "Likeness is told over the limit: above 1 a picture is called a copy. It is by correlation (r),"
    " or by a network's features."
)
PATIENTS = "These are pictures of patients: treat the folder and its reports like the scans."


def realism_pictures(found: Found) -> tuple[Pictures, ...]:
    """The same wishes: true scar, host, ours and the others side by side; () without pictures."""
    gallery, name = found.gallery, found.guided
    if gallery is None or (ours := gallery.get(Shown, name)) is None:
        return ()
    names = (*reversed(found.ours), *_others(found))
    kept = {one: some for one in names if (some := gallery.get(Shown, one)) is not None}
    true, hosts = gallery.get(Shown, CEILING), gallery.get(Shown, UNTOUCHED)
    cases = min(len(one) for one in (*kept.values(), true or ours, hosts or ours))
    rows = []
    for words, k in _chosen(ours, cases):
        tiles = []
        if true is not None:
            score = f"Dice {true.dice[k]:.2f}"
            tiles.append(tile_of("", "true scar", score, true.pictures[k], GREYS))
        host = hosts or true
        if host is not None:
            tiles.append(
                tile_of("", "host, asked and found", "", host.pictures[k], GREYS,
                        wish=ours.wishes[k], found=ours.found[k])
            )  # fmt: skip
        tiles += [
            tile_of(row, row, f"Dice {some.dice[k]:.2f}", some.pictures[k], GREYS)
            for row, some in kept.items()
        ]
        area = float(ours.wishes[k].sum())
        title = f"{words}: {ours.names[k].replace('_', ' ')}, {area:.0f} mm2"
        facts = (("size", size_of(area)), *_depth(found, k, again=found.patients))
        rows.append(PictureRow(title, tuple(tiles), facts))
    chosen = (
        f"Of the first {cases} cases the best and the worst of {name} by the judge's Dice, then"
        f" the first {IN_ORDER} others in order: nobody chose."
    )
    lines = (
        f"On the host: asked in amber, what the judge finds in the picture of {name} in blue; where"
        " both fall together only blue is seen."
    )
    truth = AGAIN if found.patients else NEW
    told = (chosen, lines, *([truth] if true is not None else ()), SAME)
    return (_figure("pairs", "One wish, painted by every system", told, 1, rows, found),)


def _depth(found: Found, case: int, *, again: bool) -> tuple[tuple[str, str], ...]:
    """The depth word of a case's wish, by which tables can be filtered, too."""
    readings = found.readings(found.guided)
    outcomes = () if readings is None else readings.again if again else readings.placed
    return (("depth", outcomes[case].depth),) if case < len(outcomes) else ()


def _chosen(ours: Shown, cases: int) -> list[tuple[str, int]]:
    """(words, place) of the cases that are shown."""
    order = sorted(range(cases), key=lambda k: (-ours.dice[k], k))
    best, worst = order[0], order[-1]
    out = [(f"Best of {ours.row}", best)]
    if worst != best:
        out.append((f"Worst of {ours.row}", worst))
    rest = [k for k in range(cases) if k not in (best, worst)]
    return [*out, *((f"Case {k + 1}", k) for k in rest[:IN_ORDER])]


def _others(found: Found) -> list[str]:
    """Other rows than ours; a whole decoded crop only where no pasted-back one is there."""
    pasted = {f"{one}{AS_PUBLISHED}" for one in found.systems}
    return [one for one in found.systems if one not in (*found.ours, *pasted)]


def privacy_pictures(found: Found) -> tuple[Pictures, ...]:
    """What is called a copy beside its nearest training slice, else what is most alike."""
    if found.gallery is None:
        return ()
    names = (EXACT, *reversed(found.ours), *(o for o in found.systems if o not in found.ours))
    held = {one: some for one in names if (some := found.gallery.get(Alike, one)) is not None}
    flagged = {row: some for row, some in held.items() if some.copies and row != EXACT}
    quiet = {row: some for row, some in held.items() if not some.copies and row != EXACT}
    rows = []
    if flagged:
        tiles = _pairs(flagged, lambda some: min(some.copies, len(some)))
        rows.append(PictureRow(_counted(flagged), tiles))
    if quiet:
        title = "Nothing is called a copy of these systems: the most alike picture of each"
        rows.append(PictureRow(title, _pairs(quiet, lambda _: 1)))
    if not rows:
        return ()
    if EXACT in held:
        title = "To compare: planted copies, training slices that were pasted into a host"
        planted = {EXACT: held[EXACT]}
        rows.append(PictureRow(title, _pairs(planted, lambda some: min(2, len(some)))))
    words = (LEFT_RIGHT, COMPARED, OVER_LIMIT, SAME)
    title = "Samples beside the training slices they are most alike to"
    return (_figure("nearest-slices", title, words, 2, rows, found),)


def _pairs(rows: Mapping[str, Alike], count: Callable[[Alike], int]) -> tuple[Tile, ...]:
    """As many pairs of each row, the most alike first."""
    out = []
    for row, some in rows.items():
        named = "" if row == EXACT else row  # what all are read against passes every filter
        for k in range(count(some)):
            likeness, correlation = some.likeness[k], some.correlation[k]
            how = "by features" if math.isnan(correlation) else f"r {correlation:.2f}"
            told = f"likeness {likeness:.3f}, {how}"
            out += [
                tile_of(named, row, told, some.pictures[k], GREYS, wish=some.painted[k]),
                tile_of(named, "training slice", "", some.slices[k], GREYS),
            ]
    return tuple(out)


def _counted(rows: Mapping[str, Alike]) -> str:
    """How many are called a copy, and how many of them are shown."""
    total = sum(some.copies for some in rows.values())
    shown = sum(min(some.copies, len(some)) for some in rows.values())
    words = f"Called a copy, of all systems: {total}"
    return words if shown == total else f"{words} ({shown} shown, the most alike of each)"


def _figure(
    name: str,
    title: str,
    words: Sequence[str],
    together: int,
    rows: Sequence[PictureRow],
    found: Found,
) -> Pictures:
    told = (*words, *((PATIENTS,) if found.patients else ()))
    return Pictures(name, title, told, FIELD, together, tuple(rows))

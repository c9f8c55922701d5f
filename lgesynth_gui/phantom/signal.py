"""Inversion-recovery signal: what a tissue of one T1 shows at one inversion time.

`E = exp(-TR/T1)`, inversion efficiency f: `m = (1 - E)/(1 + f E)` is the magnetisation before the
inversion, `S = 1 - (1 + f m) exp(-TI/T1)` times the proton density. `ln(2) T1` is only its null's
limit for an endless TR. All times in milliseconds.
"""

from __future__ import annotations

from math import cos, exp, log, radians

from lgesynth_gui.core.errors import LgeSynthError

TRAIN_PULSES = 23
TRAIN_ANGLE_DEG = 19.0
TRAIN_STEP_MS = 6.0


def _checked(t1: float, tr: float, efficiency: float) -> None:
    if not (t1 > 0 and tr > 0 and 0 < efficiency <= 1):
        raise LgeSynthError("T1, TR and inversion efficiency must be positive.", "Check them.")


def before_inversion(t1: float, tr: float, efficiency: float = 1.0) -> float:
    """Longitudinal magnetisation before the inversion in the steady state, 0 to 1."""
    _checked(t1, tr, efficiency)
    relaxed = exp(-tr / t1)
    return (1 - relaxed) / (1 + efficiency * relaxed)


def signal(t1: float, ti: float, tr: float, efficiency: float = 1.0, density: float = 1.0) -> float:
    """Signed signal (what phase-sensitive reconstruction shows), about -1 to 1.

    Args:
        t1: Relaxation time, > 0 ms.
        ti: Inversion time, >= 0 ms.
        tr: Time between inversions, > 0 ms.
        efficiency: Share of the magnetisation that is inverted, 0 to 1.
        density: Proton density, 1 for soft tissue.

    Raises:
        LgeSynthError: a value is out of its range.
    """
    m = before_inversion(t1, tr, efficiency)
    return density * (1 - (1 + efficiency * m) * exp(-ti / t1))


def magnitude(
    t1: float, ti: float, tr: float, efficiency: float = 1.0, density: float = 1.0
) -> float:
    """Unsigned signal, as a magnitude reconstruction without noise shows it."""
    return abs(signal(t1, ti, tr, efficiency, density))


def null_time(t1: float, tr: float, efficiency: float = 1.0) -> float:
    """Inversion time at which `signal` is zero, ms: `T1 ln(1 + f m)`."""
    return t1 * log(1 + efficiency * before_inversion(t1, tr, efficiency))


def train_signal(t1: float, ti: float, tr: float, efficiency: float = 1.0) -> float:
    """Magnetisation before the centre pulse of a segmented read-out, in its steady state.

    Args:
        t1: Relaxation time, ms.
        ti: Inversion to the centre (12th) of 23 pulses of 19 degrees, 6 ms apart.
        tr: Time between inversions; one train each.
        efficiency: Share of the magnetisation that is inverted.

    Raises:
        LgeSynthError: the train does not fit between two inversions.
    """
    _checked(t1, tr, efficiency)
    half = (TRAIN_PULSES // 2) * TRAIN_STEP_MS
    if ti < half or tr < ti + half:
        raise LgeSynthError(
            "The read-out does not fit between two inversions.", "Use a longer TR or another TI."
        )
    gain, offset = -efficiency, 0.0  # Mz = gain * Mz(before inversion) + offset

    def relaxed(state: tuple[float, float], time: float) -> tuple[float, float]:
        left = exp(-time / t1)
        return state[0] * left, state[1] * left + 1 - left

    state = relaxed((gain, offset), ti - half)
    centre = state
    turned = cos(radians(TRAIN_ANGLE_DEG))
    for pulse in range(TRAIN_PULSES):
        if pulse == TRAIN_PULSES // 2:
            centre = state
        state = (state[0] * turned, state[1] * turned)
        if pulse < TRAIN_PULSES - 1:
            state = relaxed(state, TRAIN_STEP_MS)
    state = relaxed(state, tr - ti - half)
    steady = state[1] / (1 - state[0])
    return centre[0] * steady + centre[1]


def train_null_time(t1: float, tr: float, efficiency: float = 1.0) -> float:
    """Inversion time at which `train_signal` is zero, ms, to 1e-6 by bisection."""
    low = (TRAIN_PULSES // 2) * TRAIN_STEP_MS
    high = min(tr - low, 2 * t1)
    while high - low > 1e-6:
        middle = (low + high) / 2
        if train_signal(t1, middle, tr, efficiency) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2

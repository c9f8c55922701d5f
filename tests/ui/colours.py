"""Colour vision in numbers: contrast (WCAG), dichromats (Machado 2009), distance (CIELAB)."""

import numpy as np

# Machado, Oliveira, Fernandes, IEEE TVCG 2009;15:1291, severity 1.0, for linear RGB.
MACHADO = {
    "normal": np.eye(3),
    "protan": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deutan": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritan": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
D65 = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    """Linear RGB of a QColor."""
    c = np.array([colour.redF(), colour.greenF(), colour.blueF()])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """WCAG contrast of two QColors."""
    high, low = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def lab(colour, vision="normal"):
    """CIELAB of a QColor as a kind of vision sees it."""
    seen = np.clip(MACHADO[vision] @ linear(colour), 0, 1)
    t = TO_XYZ @ seen / D65
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(a, b, vision="normal"):
    """ΔE76 of two QColors."""
    return float(np.linalg.norm(lab(a, vision) - lab(b, vision)))


def closest(colours, vision):
    """The smallest distance among several QColors."""
    pairs = [(a, b) for i, a in enumerate(colours) for b in colours[:i]]
    return min(distance(a, b, vision) for a, b in pairs)

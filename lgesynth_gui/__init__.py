"""LGESynth: precise synthetic scars in late-gadolinium-enhancement cardiac MRI."""

__version__ = "0.1.0"

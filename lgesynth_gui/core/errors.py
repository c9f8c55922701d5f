"""Errors a person can act on: what happened, and what to do about it."""

from __future__ import annotations


class LgeSynthError(Exception):
    """An expected failure, told in one sentence with one piece of advice.

    Args:
        what: What happened and to which thing; no patient data.
        hint: What the user can do now.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what, hint)  # both, or it does not survive pickling between processes
        self.what, self.hint = what, hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class Refused(LgeSynthError):
    """Input that is not accepted; `code` names the gate that refused it, for example `PIX-04`."""

    def __init__(self, what: str, hint: str = "", code: str = "") -> None:
        Exception.__init__(self, what, hint, code)
        self.what, self.hint, self.code = what, hint, code

    def __str__(self) -> str:
        tail = f" ({self.code})" if self.code else ""
        return f"{self.what} {self.hint}".strip() + tail


class NoMyocardium(LgeSynthError):
    """A slice or a sector holds no myocardium where some is needed."""


class NotUnderstood(LgeSynthError):
    """Words the caption grammar cannot read."""


class EngineDied(LgeSynthError):
    """The engine process ended in the middle of a job."""


def in_words(error: Exception) -> str:
    """What a person is told of a failure: our own sentence, or what kind of thing went wrong."""
    if isinstance(error, LgeSynthError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"This could not be done: {error.strerror}."
    return f"This could not be done ({type(error).__name__})."

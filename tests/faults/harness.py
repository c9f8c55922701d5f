"""Lets the n-th operation of the one place that writes fail, or end the process."""

import errno
import os
from contextlib import contextmanager

from lgesynth_gui.io import atomic


class Counting:
    """A file whose writes are counted, too."""

    def __init__(self, file, count):
        self._file, self._count = file, count

    def write(self, data):
        self._count("write")
        return self._file.write(data)

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        self._file.__enter__()
        return self

    def __exit__(self, *how):
        return self._file.__exit__(*how)


@contextmanager
def failing(monkeypatch, n, number=errno.ENOSPC):
    """The n-th open, write, flush or rename of `io.atomic` fails with an error number.

    Yields:
        A list that tells, afterwards, which operations there were.
    """
    seen = []

    def count(what):
        seen.append(what)
        if len(seen) == n:
            raise OSError(number, os.strerror(number))

    class Watched:
        def __getattr__(self, name):
            real = getattr(os, name)
            if name in ("open", "write", "fsync"):

                def run(*arguments, **named):
                    count(name)
                    if name == "fsync":
                        return None  # what the drive does is not the question here
                    return real(*arguments, **named)

                return run
            if name == "fdopen":
                return lambda *a, **k: Counting(real(*a, **k), count)
            return real

    replace = os.replace

    def watched_replace(*arguments, **named):
        count("replace")
        return replace(*arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(atomic, "os", Watched())
        patched.setattr(os, "replace", watched_replace)
        yield seen

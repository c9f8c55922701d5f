"""Identifiers made from content: the same result always gets the same ones, a clock never."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

IMPLEMENTATION_UID = "2.25.274166403961325318166446160207446371271"


@dataclass(frozen=True)
class Identifiers:
    """Names of everything one export writes.

    Args:
        digest: SHA-256, hexadecimal, of all that decides the files. No identifier of the source
            goes into it, so none can be looked up in what comes out.
    """

    digest: str

    @property
    def subject(self) -> str:
        """Patient ID of a new synthetic subject, for example SYN-0F3A91C2B7D4."""
        return f"SYN-{self.digest[:12].upper()}"

    def uid(self, *parts: str | int) -> str:
        """DICOM UID of one object, study or series of this export, named by `parts`.

        `2.25.` and a UUID of version 8 as a number (DICOM PS3.5 B.2, RFC 9562).
        """
        text = "\0".join(("lgesynth", self.digest, *map(str, parts)))
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")
        number = number & ~(0xF << 76) | 8 << 76
        number = number & ~(0x3 << 62) | 2 << 62
        return f"2.25.{number}"

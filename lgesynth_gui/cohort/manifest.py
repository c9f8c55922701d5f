"""The list of an export's images: a table for people (CSV), the same with everything (JSON)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from lgesynth_gui.anatomy.bins import SEGMENTS
from lgesynth_gui.cohort.plan_text import csv_line
from lgesynth_gui.cohort.review import Final, Review
from lgesynth_gui.cohort.samples import FIX, tries_of
from lgesynth_gui.io.atomic import atomic_write, canonical
from lgesynth_gui.io.marks import NOTICE, SYNTHETIC

CSV, JSON = f"{SYNTHETIC}_manifest.csv", f"{SYNTHETIC}_manifest.json"
CHECKSUMS = f"{SYNTHETIC}_CHECKSUMS.sha256"
FORMAT = "lgesynth cohort manifest"
VERSION = 1
CONTROL_WORDS = "control, not synthesised"
PAINTERS = ("controlnet", "synthesis", "base")  # roles, the first that took part
PLAIN = (
    "image", "sample", "synthetic", "kind", "heart", "origin", "slices", "part", "pattern",
    "caption", "seed", "tries", "fixed_by", "model", "verdict", "accepted", "dice", "co_judge_dice",
    "limit", "size", "depth", "segment", "segments", "area_mm2",
)  # fmt: skip
ENDING = (
    "label_source", "kept_because", "reason", "reviews", "pixels_sha256", "image_sha256",
    "label_sha256", "record_sha256",
)  # fmt: skip
COLUMNS = (*PLAIN, *(f"transmurality_{segment}" for segment in SEGMENTS), *ENDING)


class Manifest(AbstractContextManager["Manifest"]):
    """Writes the list row by row, and the checksums of every file; nothing is kept in memory.

    Args:
        stage: Folder of the export.
        head: What the JSON says of all images.
    """

    def __init__(self, stage: Path, head: Mapping[str, Any]) -> None:
        self.stage = stage
        self.count = 0
        self.hashes: dict[str, str] = {}
        self._head = {"format": FORMAT, "version": VERSION, "notice": NOTICE, **head}
        self._open = ExitStack()
        self._digests: dict[str, Any] = {}
        self._files: dict[str, BinaryIO] = {}

    def __enter__(self) -> Manifest:
        for name in (CSV, JSON, CHECKSUMS):
            self._files[name] = self._open.enter_context(atomic_write(self.stage / name))
            self._digests[name] = hashlib.sha256()
        self._write(CSV, csv_line(COLUMNS))
        self._write(JSON, b'{"head":' + canonical(self._head) + b',"images":[\n')
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self.close_list()
        self._open.__exit__(kind, error, trace)

    def close_list(self) -> None:
        """End the list; its two files are in the checksums from then on. Safe to call twice."""
        if CSV in self.hashes:
            return
        self._write(JSON, b"\n]}\n" if self.count else b"]}\n")
        for name in (CSV, JSON):
            self.hashes[name] = self._digests[name].hexdigest()
            self._checksum(name, self.hashes[name])

    def file(self, name: str, content: bytes) -> str:
        """Write a file of the export, and its checksum; returns it."""
        path = self.stage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as file:
            file.write(content)
        sha256 = hashlib.sha256(content).hexdigest()
        self._checksum(name, sha256)
        return sha256

    def row(self, values: Mapping[str, Any]) -> None:
        """One image."""
        cells = [_cell(values, name) for name in COLUMNS]
        self._write(CSV, csv_line(cells))
        self._write(JSON, (b",\n" if self.count else b"") + canonical(values))
        self.count += 1

    def _checksum(self, name: str, sha256: str) -> None:
        self._write(CHECKSUMS, f"{sha256}  {name}\n".encode())

    def _write(self, name: str, data: bytes) -> None:
        self._files[name].write(data)
        self._digests[name].update(data)


def row_of(
    record: Mapping[str, Any],
    kept: Final,
    reviews: Sequence[Review],
    transmurality: Mapping[int, tuple[float, float]],
    further: Mapping[str, Any],
) -> dict[str, Any]:
    """What the manifest says of an image, from its sample's record.

    Args:
        record: Of the sample.
        kept: Why it is exported.
        reviews: The decisions that stand.
        transmurality: From `export_cases.transmurality_of`.
        further: Of the image itself: name, slices, hashes.
    """
    verdict: Mapping[str, Any] = record.get("verdict") or {}
    place: Mapping[str, Any] = record.get("place") or {}
    request: Mapping[str, Any] = record.get("request") or {}
    synthetic = record.get("synthetic") is True
    models = [(str(role), str(model)) for role, model in record.get("models", ())]
    return {
        "sample": int(record["index"]),
        "synthetic": int(synthetic),
        "kind": "synthetic" if synthetic else CONTROL_WORDS,
        "heart": str(record["heart"]),
        "origin": str(record["origin"]),
        "pattern": str(record.get("pattern", "")),
        "caption": request.get("caption") or _captions(record),
        "sketch": request.get("sketch", []),
        "seed": request.get("seed"),
        "tries": tries_of(record),
        "fixed_by": str((record.get(FIX) or {}).get("by", "")),
        "model": next((model for role, model in models if role in PAINTERS), ""),
        "models": [list(one) for one in models],
        "request": {k: v for k, v in request.items() if k not in ("sketch", "host_sha256")},
        "verdict": str(record["status"]),
        "accepted": int(record.get("accepted") is True),
        "dice": verdict.get("dice"),
        "co_judge_dice": verdict.get("co_judge_dice"),
        "limit": verdict.get("limit"),
        "judge": verdict.get("judge", ""),
        "findings": verdict.get("findings", []),
        "size": place.get("size", ""),
        "depth": place.get("depth", ""),
        "segment": place.get("segment"),
        "segments": list(place.get("segments", ())),
        "area_mm2": place.get("area_mm2"),
        "transmurality": {str(s): covered for s, (covered, _) in transmurality.items()},
        "scar_mm2": {str(s): area for s, (_, area) in transmurality.items()},
        "kept_because": kept.why,
        "reason": kept.reason,
        "reviews": [
            {
                "reviewer": one.reviewer,
                "decision": one.decision.value,
                "reasons": list(one.reasons),
                "text": one.text,
                "blind": one.blind,
            }
            for one in reviews
        ],
        **further,
    }


def _captions(record: Mapping[str, Any]) -> str:
    return " | ".join(str(text) for _, text in record.get("captions", ()))


def _cell(values: Mapping[str, Any], name: str) -> object:
    if name.startswith("transmurality_"):
        return values["transmurality"].get(name.removeprefix("transmurality_"))
    value = values.get(name)
    if name == "reviews":
        return "; ".join(f"{one['reviewer']}: {one['decision']}" for one in values["reviews"])
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return value

"""Turns one question about a file into its answer. Runs in the decoder process only."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import dicom_pixels, dicom_read, gates, nifti_read, sniffing
from lgesynth_gui.io.answers import Answer, Ask
from lgesynth_gui.io.dicom_stream import Stream
from lgesynth_gui.io.headers import DicomHeader, PixelFormat

Bytes = bytes | memoryview
State = tuple[int, int, int, int, int]  # device, number, size and times of a file
REMEMBERED = 5000  # files
_READ: dict[tuple[str, bool], tuple[State, PixelFormat, Stream]] = {}


def read(ask: Ask) -> Answer:
    """Read one file.

    Raises:
        Refused: a gate closed; see `gates`.
        OSError: it cannot be opened.
    """
    data, state = contents(Path(ask.path), gates.DICOM_BYTES)
    if ask.task == "pixels" and (known := _known(ask, state)) is not None:
        return _again(ask, data, known)
    kind, packed = sniffing.kind_of(data, Path(ask.path))
    if kind == "dicom":
        return _dicom(ask, data, state)
    if kind == "nifti":
        if packed:
            gates.regular_file(stat.S_IFREG, len(data), gates.NIFTI_BYTES)
        return _nifti(ask, nifti_read.inflate(data) if packed else data)
    return Answer(ask.number, "other", what=kind)


def contents(path: Path, limit: int) -> tuple[memoryview, State]:
    """The bytes of a regular file, mapped into memory, and what tells whether it has changed.

    Raises:
        Refused: no regular file, empty, or larger than `limit` (FIL-01, FIL-02).
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    handle = os.open(path, flags)
    try:
        found = os.fstat(handle)
        gates.regular_file(found.st_mode, found.st_size, limit)
        state = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        return memoryview(mmap.mmap(handle, 0, access=mmap.ACCESS_READ)), state
    finally:
        os.close(handle)


def _dicom(ask: Ask, data: Bytes, state: State) -> Answer:
    if ask.task == "header":
        header, stream = dicom_read.read_placed(data, any_modality=ask.any_modality)
        if stream.data is data:  # else it was unpacked
            _remember(ask, state, header, stream)
        return Answer(ask.number, "read", dicom=header)
    header, frames = dicom_read.read_pixels(data, any_modality=ask.any_modality)
    pixels = header.pixels
    answer = Answer(ask.number, "read", dicom=header, shape=pixels.shape, dtype=pixels.dtype.str)
    return replace(answer, sha256=_put(ask, frames, pixels.nbytes))


def _remember(ask: Ask, state: State, header: DicomHeader, stream: Stream) -> None:
    """Keep what says where the pixels of an uncompressed file lie."""
    if stream.pixels is not None and not stream.pixels.encapsulated:
        if len(_READ) >= REMEMBERED:
            _READ.clear()
        _READ[ask.path, ask.any_modality] = state, header.pixels, replace(stream, data=b"")


def _known(ask: Ask, state: State) -> tuple[PixelFormat, Stream] | None:
    found = _READ.get((ask.path, ask.any_modality))
    return found[1:] if found is not None and found[0] == state else None


def _again(ask: Ask, data: Bytes, known: tuple[PixelFormat, Stream]) -> Answer:
    """The pixels of a file whose header went through all gates before."""
    pixels, stream = known
    frames = dicom_pixels.read_frames(replace(stream, data=data), None, pixels)
    answer = Answer(ask.number, "read", same=True, shape=pixels.shape, dtype=pixels.dtype.str)
    return replace(answer, sha256=_put(ask, frames, pixels.nbytes))


def _nifti(ask: Ask, data: Bytes) -> Answer:
    gates.regular_file(stat.S_IFREG, len(data), gates.NIFTI_INFLATED_BYTES)
    header = nifti_read.read_header(data)
    voxels = data if header.single else _beside(Path(ask.path))
    nifti_read.require_voxels(header, len(voxels))
    if ask.task == "header":
        return Answer(ask.number, "read", nifti=header)
    stored = nifti_read.read_voxels(header, voxels, ask.volume)
    answer = Answer(ask.number, "read", nifti=header, shape=stored.shape, dtype=stored.dtype.str)
    return replace(answer, sha256=_put(ask, [stored], stored.nbytes))


def _beside(path: Path) -> Bytes:
    """The voxels of a .hdr file: the .img file beside it."""
    found = sniffing.voxels_beside(path)
    if found is None:
        gates.refuse("the .img file beside it is missing", "Copy both files.", "NII-04")
    data, _ = contents(found, gates.NIFTI_BYTES)
    return nifti_read.inflate(data) if data[:2] == sniffing.GZIP else data


def _put(ask: Ask, frames: Iterable[Array], nbytes: int) -> str:
    """Write frames one after the other into the parent's block and return their SHA-256."""
    gates.decoded(nbytes == ask.nbytes)
    block = SharedMemory(name=ask.block)
    digest, start = hashlib.sha256(), 0
    try:
        shared: Any = block.buf
        for frame in frames:
            raw = np.ascontiguousarray(frame).tobytes()
            shared[start : start + len(raw)] = raw
            digest.update(raw)
            start += len(raw)
        gates.decoded(start == nbytes)
    finally:
        block.close()
    return digest.hexdigest()

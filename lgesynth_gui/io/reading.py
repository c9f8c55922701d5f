"""Turns one question about a file into its answer. Runs in the decoder process only."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from io import BufferedReader, FileIO
from pathlib import Path
from typing import Any

import numpy as np

from lgesynth_gui.core.arrays import Array
from lgesynth_gui.io import dicom_pixels, dicom_read, gates, nifti_read, shared_blocks, sniffing
from lgesynth_gui.io.answers import Answer, Ask
from lgesynth_gui.io.dicom_elements import DataSet
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
    path = Path(ask.path)
    with _opened(path) as file:
        state = _state(file.fileno(), gates.DICOM_BYTES)
        known = _READ.get((ask.path, ask.any_modality)) if ask.task == "pixels" else None
        if known is not None and known[0] == state:
            return _again(ask, file, *known[1:])
        data = _contents(file)
    kind, packed = sniffing.kind_of(data, path)
    if kind == "dicom":
        return _dicom(ask, data, state)
    if kind == "nifti":
        if packed:
            gates.regular_file(stat.S_IFREG, len(data), gates.NIFTI_BYTES)
        return _nifti(ask, nifti_read.inflate(data) if packed else data)
    return Answer(ask.number, "other", what=kind)


def _opened(path: Path) -> FileIO:
    """The file, without waiting for a writer where it is a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    return FileIO(os.open(path, flags))


def _state(handle: int, limit: int) -> State:
    """What tells whether a file has changed.

    Raises:
        Refused: no regular file, empty, or larger than `limit` (FIL-01, FIL-02).
    """
    found = os.fstat(handle)
    gates.regular_file(found.st_mode, found.st_size, limit)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _contents(file: FileIO) -> memoryview:
    """Its bytes, mapped into memory."""
    return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _dicom(ask: Ask, data: Bytes, state: State) -> Answer:
    if ask.task == "header":
        header, stream = dicom_read.read_placed(data, any_modality=ask.any_modality)
        if stream.data is data and stream.offsets is None:  # else it was unpacked, or is large
            _remember(ask, state, header, stream)
        return Answer(ask.number, "read", dicom=header)
    header, frames = dicom_read.read_pixels(data, any_modality=ask.any_modality)
    pixels = header.pixels
    digest = _put(ask, frames, pixels.nbytes)
    shape, dtype = pixels.shape, pixels.dtype.str
    return Answer(ask.number, "read", header, shape=shape, dtype=dtype, sha256=digest)


def _remember(ask: Ask, state: State, header: DicomHeader, stream: Stream) -> None:
    """Keep what says where the pixels of a file lie, and nothing else of it."""
    if len(_READ) >= REMEMBERED:
        _READ.clear()
    placed = replace(stream, data=b"", dataset=DataSet(b""))
    _READ[ask.path, ask.any_modality] = state, header.pixels, placed


def _again(ask: Ask, file: FileIO, pixels: PixelFormat, stream: Stream) -> Answer:
    """The pixels of a file whose header went through all gates before."""
    place = stream.pixels
    if place is None:
        gates.refuse("it holds no pixels", gates.AGAIN, "PIX-09")
    file.seek(place.start)
    data = BufferedReader(file).read(place.length)
    stream = replace(stream, data=data, pixels=replace(place, start=0))
    digest = _put(ask, dicom_pixels.read_frames(stream, pixels), pixels.nbytes)
    shape, dtype = pixels.shape, pixels.dtype.str
    return Answer(ask.number, "read", same=True, shape=shape, dtype=dtype, sha256=digest)


def _nifti(ask: Ask, data: Bytes) -> Answer:
    gates.regular_file(stat.S_IFREG, len(data), gates.NIFTI_INFLATED_BYTES)
    header = nifti_read.read_header(data)
    voxels = data if header.single else _beside(Path(ask.path))
    nifti_read.require_voxels(header, len(voxels))
    if ask.task == "header":
        return Answer(ask.number, "read", nifti=header)
    stored = nifti_read.read_voxels(header, voxels, ask.volume)
    digest = _put(ask, [stored], stored.nbytes)
    shape, dtype = stored.shape, stored.dtype.str
    return Answer(ask.number, "read", nifti=header, shape=shape, dtype=dtype, sha256=digest)


def _beside(path: Path) -> Bytes:
    """The voxels of a .hdr file: the .img file beside it."""
    found = sniffing.voxels_beside(path)
    if found is None:
        gates.refuse("the .img file beside it is missing", "Copy both files.", "NII-04")
    with _opened(found) as file:
        _state(file.fileno(), gates.NIFTI_BYTES)
        data = _contents(file)
    return nifti_read.inflate(data) if data[:2] == sniffing.GZIP else data


def _put(ask: Ask, frames: Iterable[Array], nbytes: int) -> str:
    """Write frames one after the other into the parent's block and return their SHA-256."""
    gates.decoded(nbytes == ask.nbytes)
    block = shared_blocks.opened(ask.block)
    shared: Any = block.buf
    digest, start = hashlib.sha256(), 0
    for frame in frames:
        plain: Any = np.ascontiguousarray(frame)
        raw = memoryview(plain).cast("B")
        shared[start : start + len(raw)] = raw
        digest.update(raw)
        start += len(raw)
    gates.decoded(start == nbytes)
    return digest.hexdigest()

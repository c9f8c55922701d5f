"""MR objects made from scratch, one slice or many frames."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLosslessSV1,
    generate_uid,
)

MR, ENHANCED = "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.4.1"
SEG = "1.2.840.10008.5.1.4.1.1.66.4"
# Rows and columns of a short-axis picture: across the usual axis of the heart.
APEXWARD = np.array([0.65, -0.60, -0.46]) / np.linalg.norm([0.65, -0.60, -0.46])
RIGHT = np.cross([0.0, 0.0, 1.0], APEXWARD) / np.linalg.norm(np.cross([0.0, 0.0, 1.0], APEXWARD))
DOWN = np.cross(APEXWARD, RIGHT)
BASE = np.array([12.5, -140.25, 60.125])


def pixels_of(n: int, shape=(40, 48), dtype=np.uint16, seed=0, top=4000):
    """Random pictures `(n, row, column)`."""
    low = -top // 2 if np.dtype(dtype).kind == "i" else 0
    return np.random.default_rng(seed).integers(low, top, (n, *shape)).astype(dtype)


def dataset(pixels, position=None, *, series="1.2.3.7", orientation=None, **changed) -> Dataset:
    """One plain MR object; `pixels` is `(row, column)` or `(frame, row, column)`."""
    ds = Dataset()
    ds.SOPClassUID, ds.SOPInstanceUID = MR, generate_uid()
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.FrameOfReferenceUID = "1.2.3", series, "1.2.3.4"
    ds.PatientName, ds.PatientID, ds.Modality = "Secret^Name", "SECRET-ID", "MR"
    ds.SeriesNumber, ds.InstanceNumber = 7, 1
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "ND"]
    ds.SeriesDescription = "LGE SAX"
    ds.InversionTime, ds.EchoTime = 300.0, 1.5
    ds.ScanningSequence = ["GR", "IR"]
    if position is not None:
        ds.ImagePositionPatient = [f"{value:.8g}" for value in position]
        cosines = [*RIGHT, *DOWN] if orientation is None else orientation
        ds.ImageOrientationPatient = [f"{value:.10f}" for value in cosines]
    ds.PixelSpacing, ds.SliceThickness = [1.5, 1.25], 8
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        ds.NumberOfFrames = len(pixels)
    bits = 8 * pixels.dtype.itemsize
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = bits, bits, bits - 1
    ds.PixelRepresentation = int(pixels.dtype.kind == "i")
    ds.add_new("PixelData", "OB" if bits == 8 else "OW", pixels.tobytes())
    for keyword, value in changed.items():
        if value is None:
            delattr(ds, keyword)
        else:
            setattr(ds, keyword, value)
    return ds


def save(path: Path, ds: Dataset, syntax=ExplicitVRLittleEndian) -> Path:
    """Write an object; big-endian pixels are turned here."""
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = syntax
    ds.file_meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", MR)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2")
    if syntax == ExplicitVRBigEndian and ds.BitsAllocated > 8:
        raw = np.frombuffer(ds.PixelData, f"<u{ds.BitsAllocated // 8}")
        ds.PixelData = raw.astype(raw.dtype.newbyteorder(">")).tobytes()
    if syntax == JPEGLosslessSV1:
        import imagecodecs

        frames = np.frombuffer(ds.PixelData, f"<u{ds.BitsAllocated // 8}")
        frames = frames.reshape(-1, ds.Rows, ds.Columns)
        ds.PixelData = encapsulate([imagecodecs.ljpeg_encode(one) for one in frames])
        ds["PixelData"].VR = "OB"
        ds["PixelData"].is_undefined_length = True
    elif syntax.is_encapsulated:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.compress(syntax, generate_instance_uid=False)
    buffer = BytesIO()
    little = syntax != ExplicitVRBigEndian
    dcmwrite(
        buffer, ds, implicit_vr=syntax == ImplicitVRLittleEndian, little_endian=little,
        enforce_file_format=True,
    )  # fmt: skip
    path.write_bytes(buffer.getvalue())
    return path


def places(n: int, step=8.5):
    """Positions of a stack, base to apex."""
    return [BASE + step * i * APEXWARD for i in range(n)]


def write_stack(folder: Path, pixels, positions=None, *, change=None, syntax=None, **common):
    """One file a slice, in an order that file names and instance numbers do not tell."""
    folder.mkdir(exist_ok=True)
    positions = places(len(pixels)) if positions is None else positions
    rng = np.random.default_rng(1)
    names = rng.permutation(len(pixels))
    paths = []
    for i, (one, position) in enumerate(zip(pixels, positions, strict=True)):
        ds = dataset(one, position, **{"InstanceNumber": int(names[i]) + 1, **common})
        if change is not None:
            change(i, ds)
        paths.append(save(folder / f"IM{names[i]:04}", ds, syntax or ExplicitVRLittleEndian))
    return paths


def enhanced(pixels, positions, **changed) -> Dataset:
    """One enhanced MR object with a frame a slice."""
    ds = dataset(pixels, SOPClassUID=ENHANCED, InversionTime=None, PixelSpacing=None, **changed)
    ds.ImageType = ["ORIGINAL", "PRIMARY", "M", "NONE"]
    shared, orientation, measures = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [f"{value:.10f}" for value in (*RIGHT, *DOWN)]
    measures.PixelSpacing, measures.SliceThickness = [1.5, 1.25], 8
    values = Dataset()
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 2, -100, "US"
    modifier = Dataset()
    modifier.InversionTimes = 320.0
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    shared.PixelValueTransformationSequence, shared.MRModifierSequence = [values], [modifier]
    ds.SharedFunctionalGroupsSequence = [shared]
    each = []
    for position in positions:
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [f"{value:.8g}" for value in position]
        frame.PlanePositionSequence = [place]
        each.append(frame)
    ds.PerFrameFunctionalGroupsSequence = each
    return ds

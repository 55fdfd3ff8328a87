"""Sound DICOM files of every encoding and sort, small, as bytes: what the fuzz tests break."""

from __future__ import annotations

import io
from typing import Any

import imagecodecs
import numpy as np
from dicom_bytes import deflate
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID

from xrayiq_phantoms import (
    Examination,
    Identifiers,
    ReportedEvent,
    Technique,
    write_dicom,
    write_dose_report,
)

#: what must not come out of a file, whatever is wrong with it
CANARY = "Zyqvane"
_PERSON = Examination(patient_name=f"{CANARY}^Name", patient_id=f"{CANARY}ID", operator_name=f"{CANARY}^Operator")
_JPEG = "1.2.840.10008.1.2.4."
_NATIVE = ("implicit", "explicit", "big_endian", "deflated")
_ENCODED = ("rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000")
_CLINICAL = Technique(
    body_part="CHEST", view_position="PA", exposure_index=500.0, target_exposure_index=250.0, deviation_index=3.0
)


def sound_files() -> dict[str, bytes]:
    """Files by name."""
    wide, small = _pixels(36, 40), _pixels(20, 24)
    files = {name: _file(_image(small, name, transfer_syntax=name)) for name in (*_NATIVE, *_ENCODED)}
    files["clinical"] = _file(_image(wide, "clinical"))
    files["presentation"] = _file(_image(small, "presentation", intent="FOR PRESENTATION", photometric="MONOCHROME1"))
    files["flat"] = _file(_image(wide, "flat", technique=Technique(protocol_name="Flat field")))
    files["edge"] = _file(_image(small, "edge", technique=Technique(protocol_name="MTF")))
    files["signed"] = _file(_image(small.astype(np.int16) - 700, "signed", sop_class="CR", signed=True, bits_stored=16))
    for number, kind in enumerate(("uint8", "int8", "uint32", "int32")):
        files[kind] = _file(_native((small // 16).astype(kind), f"kind {number}"))
    files["frames"] = _file(_frames(small, encoded=False))
    files["encoded frames"] = _file(_frames(small, encoded=True))
    eight = (small // 16).astype(np.uint8)
    codestreams = {
        "50": imagecodecs.jpeg8_encode(eight),
        "57": imagecodecs.jpeg8_encode(small, lossless=True, predictor=6, bitspersample=12),
        "81": imagecodecs.jpegls_encode(small, level=2),
        "91": imagecodecs.jpeg2k_encode(small, codecformat="jp2", reversible=True, level=0),
        "201": imagecodecs.htj2k_encode(small, reversible=True),
    }
    for suffix, codestream in codestreams.items():
        files[f"codec {suffix}"] = _file(_encapsulated(eight if suffix == "50" else small, _JPEG + suffix, codestream))
    files["codec 8.1"] = _file(_encapsulated(small, "1.2.840.10008.1.2.8.1", deflate(small.tobytes())))
    events = [ReportedEvent(event_uid=f"2.25.{n}", dap_gy_m2=1e-5, tube_voltage_kv=70.0) for n in (1, 2)]
    files["dose report"] = _file(write_dose_report(None, events=events, examination=_PERSON))
    return files


def _pixels(rows: int, columns: int) -> NDArray[np.uint16]:
    row, column = np.mgrid[:rows, :columns]
    shape = 1500.0 + 900.0 * np.sin(row / 5.0) * np.cos(column / 7.0)
    return (shape + np.random.default_rng(1).normal(0.0, 12.0, shape.shape)).astype(np.uint16)


def _image(pixels: NDArray[Any], name: str, **fields: Any) -> Dataset:
    options = {"technique": _CLINICAL, "bits_stored": 12, "pixel_pitch_mm": 1.0, "examination": _PERSON, **fields}
    return write_dicom(None, pixels, identifiers=Identifiers(instance=f"fuzz {name}"), **options)


def _frames(pixels: NDArray[np.uint16], *, encoded: bool) -> Dataset:
    """Three frames with functional groups, as enhanced objects hold them."""
    dataset = _image(pixels, f"frames {encoded}")
    stack = np.stack([pixels, pixels // 2, pixels // 3])
    dataset.NumberOfFrames, dataset.RepresentativeFrameNumber = 3, 2
    for keyword, count in (("SharedFunctionalGroupsSequence", 1), ("PerFrameFunctionalGroupsSequence", 3)):
        groups = []
        for _ in range(count):
            calibration, group = Dataset(), Dataset()
            calibration.ObjectPixelSpacingInCenterOfBeam = [1.0, 1.0]
            group.ProjectionPixelCalibrationSequence = [calibration]
            groups.append(group)
        setattr(dataset, keyword, groups)
    if not encoded:
        dataset.PixelData = stack.tobytes()
        return dataset
    frames = [imagecodecs.jpegls_encode(frame) for frame in stack]
    return _with_fragments(dataset, _JPEG + "80", encapsulate(frames, fragments_per_frame=2))


def _native(pixels: NDArray[Any], name: str) -> Dataset:
    """Pixels of a width other than that of 16 bits."""
    dataset = _image(np.zeros(pixels.shape, np.uint16), name)
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes()
    return dataset


def _encapsulated(pixels: NDArray[Any], syntax: str, codestream: bytes) -> Dataset:
    dataset = _image(pixels.astype(np.uint16), syntax)
    if pixels.dtype == np.uint8:
        dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    return _with_fragments(dataset, syntax, encapsulate([codestream]))


def _with_fragments(dataset: Dataset, syntax: str, value: bytes) -> Dataset:
    dataset.PixelData = value
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    return dataset


def _file(dataset: Dataset) -> bytes:
    """Bytes of an object; of a syntax that pydicom does not know by changing that of one that it does."""
    buffer = io.BytesIO()
    syntax = dataset.file_meta.TransferSyntaxUID
    unknown = syntax == "1.2.840.10008.1.2.8.1"
    if unknown:  # as long as the one that stands for it
        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.9")
        dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.70")
    dataset.save_as(buffer, enforce_file_format=True)
    content = buffer.getvalue()
    return content.replace(b"1.2.840.10008.1.2.4.70", b"1.2.840.10008.1.2.8.1\0", 1) if unknown else content

"""Encoded objects whose headers have slots of fixed width, to be filled for each file."""

from __future__ import annotations

import datetime
import io
from dataclasses import dataclass, replace
from typing import Any, Final

from pydicom.dataset import Dataset

from xrayiq_phantoms.archive_images import TEST_NAMES
from xrayiq_phantoms.clinical import simulate_clinical
from xrayiq_phantoms.dicom_values import Examination, Identifiers, Technique
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.edge import simulate_edge
from xrayiq_phantoms.encodings import TransferSyntaxName
from xrayiq_phantoms.flat import simulate_flat
from xrayiq_phantoms.hospital import ABDOMEN_AP, CHEST_PA, HAND_PA, Projection
from xrayiq_phantoms.manifest import FileKind
from xrayiq_phantoms.rooms import ROOMS, Room

_CLINICAL_SHAPE: Final = (320, 320)
_CLINICAL_PITCH_MM: Final = 1.0
_TEST_SHAPE: Final = (512, 512)
TUBE_CURRENT_MA: Final = 250.0
_SYNTAXES: Final[tuple[TransferSyntaxName, ...]] = ("explicit", "jpeg_lossless", "rle")
_PLACEHOLDER: Final = Identifiers(seed="placeholder")
_PLACEHOLDER_MOMENT: Final = datetime.datetime(1901, 2, 3, 4, 5, 6, 70809)

#: text that stands in a template where each file gets its own; every one is found nowhere else in a header
_SLOTS: Final[dict[str, str]] = {
    "study_uid": _PLACEHOLDER.study_uid,
    "series_uid": _PLACEHOLDER.series_uid,
    "instance_uid": _PLACEHOLDER.instance_uid,
    "event_uid": _PLACEHOLDER.event_uid,
    "patient_id": "SIMB00000000",
    "patient_name": "Simulated^Patient00000000",
    "accession": "SIMA00000000",
    "study_id": "T00000000",
    "operator": "Simulated^Operator0",
    "date": _PLACEHOLDER_MOMENT.strftime("%Y%m%d"),
    "time": _PLACEHOLDER_MOMENT.strftime("%H%M%S.%f"),
    "voltage": "71.00001",
    "charge_mas": "71000002",
    "charge_uas": "71000003",
    "time_us": "71000004",
    "time_ms": "71000005",
    "index": "71.000006",
    "deviation": "7.1000007",
    "dap": "0.71000008",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """An encoded object with the offsets of its slots and of its pixel data."""

    content: bytes
    slots: dict[str, tuple[int, ...]]
    pixels_start: int

    def fill(self, values: dict[str, str]) -> bytearray:
        """Content with each slot replaced; values are padded with spaces to the width of their slot."""
        filled = bytearray(self.content)
        for name, offsets in self.slots.items():
            width = len(_SLOTS[name])
            value = values[name].ljust(width).encode("ascii")
            if len(value) != width:
                raise ValueError(f"value {values[name]!r} for the slot {name}; needed at most {width} characters")
            for offset in offsets:
                filled[offset : offset + width] = value
        return filled


def template_kinds() -> list[tuple[FileKind, Room, Projection | None]]:
    """Kind, room and view of each template: three views in each room, a flat field and an edge in the first."""
    views: list[tuple[FileKind, Room, Projection | None]] = [
        ("clinical", room, projection) for room in ROOMS for projection in (CHEST_PA, HAND_PA, ABDOMEN_AP)
    ]
    return [*views, ("flat_field", ROOMS[0], None), ("edge", ROOMS[0], None)]


def make_templates() -> list[Template]:
    """Templates in the order of `template_kinds`."""
    return [_template(number, *described) for number, described in enumerate(template_kinds())]


def _template(number: int, kind: FileKind, room: Room, projection: Projection | None) -> Template:
    """Encoded object of one image with a placeholder in every slot."""
    pixels: Any
    if projection is not None:
        detector = replace(room.clinical.detector, pixel_pitch_mm=_CLINICAL_PITCH_MM)
        image_format = room.clinical
        pixels = simulate_clinical(
            detector,
            anatomy=projection.anatomy,
            shape=_CLINICAL_SHAPE,
            kerma_ugy=projection.target_exposure_index / 100.0,
            seed=number,
            rotation_deg=0.5 * (number % 5 - 2),
        ).pixels
    else:
        detector, image_format = room.test.detector, room.test
        if kind == "edge":
            pixels = simulate_edge(detector, shape=_TEST_SHAPE, kerma_ugy=2.5, seed=number).pixels
        else:
            pixels = simulate_flat(detector, shape=_TEST_SHAPE, kerma_ugy=2.5, seed=number).pixels
    target = None if projection is None else projection.target_exposure_index
    technique = Technique(
        exposure_mas=None,
        exposure_time_ms=None,
        tube_current_ma=TUBE_CURRENT_MA,
        target_exposure_index=target,
        body_part=None if projection is None else projection.body_part,
        view_position=None if projection is None else projection.view_position,
        laterality="L" if projection is not None and projection.sided else None,
        protocol_name=TEST_NAMES[kind] if projection is None else projection.protocol_name,
    )
    dataset = write_dicom(
        None,
        pixels,
        pixel_pitch_mm=detector.pixel_pitch_mm,
        sop_class=room.sop_class,
        transfer_syntax=_SYNTAXES[ROOMS.index(room)],
        technique=technique,
        equipment=room.equipment,
        examination=Examination(
            patient_name=_SLOTS["patient_name"],
            patient_id=_SLOTS["patient_id"],
            operator_name=_SLOTS["operator"],
            accession_number=_SLOTS["accession"],
            study_id=_SLOTS["study_id"],
        ),
        identifiers=_PLACEHOLDER,
        acquired_at=_PLACEHOLDER_MOMENT,
        quality_control=room.flags_quality_control and projection is None,
        extra=_slotted_technique(room, with_target=target is not None),
        **image_format.header(),
    )
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    content = stream.getvalue()
    pixels_start = len(content) - len(dataset.PixelData)
    return Template(
        content=content,
        slots=_find_slots(content[:pixels_start]),
        pixels_start=pixels_start,
    )


def _slotted_technique(room: Room, *, with_target: bool) -> Dataset:
    """Technique whose values are placeholders."""
    slots = Dataset()
    slots.KVP = _SLOTS["voltage"]
    slots.Exposure = _SLOTS["charge_mas"]
    slots.ExposureInuAs = _SLOTS["charge_uas"]
    slots.ExposureTime = _SLOTS["time_ms"]
    slots.ExposureTimeInuS = _SLOTS["time_us"]
    slots.ExposureIndex = _SLOTS["index"]
    if with_target:
        slots.DeviationIndex = _SLOTS["deviation"]
    if room.reports_dap:
        slots.ImageAndFluoroscopyAreaDoseProduct = _SLOTS["dap"]
    return slots


def _find_slots(header: bytes) -> dict[str, tuple[int, ...]]:
    """Offsets of each slot that a header has."""
    found: dict[str, tuple[int, ...]] = {}
    for name, text in _SLOTS.items():
        pattern = text.encode("ascii")
        offsets = []
        offset = header.find(pattern)
        while offset >= 0:
            offsets.append(offset)
            offset = header.find(pattern, offset + len(pattern))
        if offsets:
            found[name] = tuple(offsets)
    return found

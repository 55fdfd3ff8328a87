"""A small archive whose headers are wrong in known ways, and exposures that an image, a report and a log tell of."""

from __future__ import annotations

import dataclasses
import datetime
import warnings
from pathlib import Path

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from xrayiq_phantoms.clinical import simulate_clinical
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.dicom_values import Equipment, Examination, Identifiers, Technique, simulated_uid
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.dose_report import ReportedEvent, write_dose_report

DETECTOR = Detector(
    pixel_pitch_mm=2.5, blur_sigma_mm=0.4, gain_dn_per_ugy=300.0, bits_stored=14, electronic_noise_ugy=0.01
)
START = datetime.datetime(2026, 3, 2, 9, 0, 10)
SOUND = Technique(
    body_part="CHEST",
    view_position="PA",
    tube_voltage_kv=120.0,
    exposure_mas=2.0,
    dap_gy_m2=1.0e-5,
    exposure_index=250.0,
    target_exposure_index=250.0,
)


class Archive:
    """Writes the images and reports of one folder; all images have the same pixels."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._number = folder, 0
        folder.mkdir(parents=True, exist_ok=True)
        self._pixels = simulate_clinical(DETECTOR, anatomy="chest", shape=(128, 128), kerma_ugy=2.5, seed=1).pixels

    def image(
        self, room: str, moment: datetime.datetime, technique: Technique = SOUND, *, raw: Dataset | None = None
    ) -> Dataset:
        """Image of an exposure; `raw` replaces elements as they stand, however wrong."""
        self._number += 1
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is meant to be
            return write_dicom(
                self._folder / f"image{self._number:03d}.dcm",
                self._pixels,
                pixel_pitch_mm=DETECTOR.pixel_pitch_mm,
                intent="FOR PRESENTATION",
                technique=technique,
                equipment=unit_of(room),
                examination=Examination(age_years=50, weight_kg=70.0, patient_id=f"SIM{self._number:04d}"),
                identifiers=Identifiers(study=f"study{self._number}", instance=f"{room}{self._number}"),
                acquired_at=moment,
                extra=raw,
            )

    def report(self, room: str, image: Dataset, moment: datetime.datetime, *, event_uid: str | None = None) -> None:
        """Dose report of the exposure of an image, by its irradiation event or by another one."""
        event = ReportedEvent(
            event_uid=event_uid or str(image.IrradiationEventUID),
            started_at=moment,
            body_part="CHEST",
            dap_gy_m2=1.0e-5,
            tube_voltage_kv=120.0,
            exposure_mas=2.0,
            exposure_index=250.0,
            target_exposure_index=250.0,
        )
        write_dose_report(
            self._folder / f"report{self._number:03d}.dcm",
            events=[event],
            equipment=unit_of(room),
            examination=Examination(age_years=50, weight_kg=70.0, patient_id=f"SIM{self._number:04d}"),
            identifiers=Identifiers(study=f"study{self._number}", series="dose", instance=f"report{self._number}"),
            reported_at=moment,
        )


def unit_of(room: str) -> Equipment:
    """The unit of a room."""
    return Equipment(station_name=room, serial_number=f"S-{room}", detector_id=f"D-{room}")


def raw_text(keyword: str, representation: str, *texts: str) -> Dataset:
    """One element as it stands in a file, whose text its representation does not allow."""
    found = Dataset()
    tag = Tag(keyword)
    value = "\\".join(texts).encode()
    found[tag] = RawDataElement(tag, representation, len(value), value, 0, False, True)
    return found


def dated(day: str) -> Dataset:
    """Every date of an exposure."""
    found = Dataset()
    for keyword in ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"):
        found.update(raw_text(keyword, "DA", day))
    found.update(raw_text("AcquisitionDateTime", "DT", f"{day}090000"))
    return found


def other_event(number: int) -> str:
    """Irradiation event that no image names."""
    return str(simulated_uid("no image", number))


def changed(**values: object) -> Technique:
    """Sound but for these."""
    return dataclasses.replace(SOUND, **values)  # type: ignore[arg-type]  # as the fields

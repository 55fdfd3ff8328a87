"""What a simulated exposure was made of: technique, equipment, examination, and identifiers out of a seed."""

from __future__ import annotations

import datetime
import hashlib
import uuid
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import UID

#: first exposure of a simulated archive
SIMULATED_START: Final = datetime.datetime(2025, 3, 3, 8, 0, 0)

#: SNOMED CT codes of body parts (DICOM PS3.16, CID 4009)
BODY_PARTS: Final = MappingProxyType(
    {
        "CHEST": ("816094009", "Chest"),
        "HAND": ("85562004", "Hand"),
        "ABDOMEN": ("818981001", "Abdomen"),
        "PELVIS": ("816092008", "Pelvis"),
        "LSPINE": ("122496007", "Lumbar spine"),
    }
)

#: body parts without a left and a right
UNPAIRED_BODY_PARTS: Final = frozenset({"CHEST", "ABDOMEN", "PELVIS", "LSPINE"})

#: SNOMED CT codes of views (DICOM PS3.16, CID 4010)
VIEWS: Final = MappingProxyType(
    {
        "AP": ("399348003", "antero-posterior"),
        "PA": ("272479007", "postero-anterior"),
        "LL": ("399173006", "left lateral"),
        "RL": ("399198007", "right lateral"),
        "LLO": ("399184004", "left oblique"),
        "RLO": ("399236003", "right oblique"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Technique:
    """Technique, dose and exposure indicators of one exposure; None leaves the attribute out.

    Units are those of the names; `dap_gy_m2` is written in dGy·cm² as the attribute wants it. `collimator_corners_px`
    are four (row, column) pixel centres counted from 0; they are written counted from 1.
    """

    tube_voltage_kv: float | None = 70.0
    exposure_mas: float | None = 2.0
    exposure_time_ms: float | None = 10.0
    tube_current_ma: float | None = 200.0
    exposure_control_mode: str | None = "AUTOMATIC"
    focal_spot_mm: float | None = 1.2
    grid: str | None = None
    filter_material: str | None = None
    filter_thickness_mm: float | None = None
    source_detector_distance_mm: float | None = 1800.0
    source_patient_distance_mm: float | None = None
    magnification: float | None = None
    dap_gy_m2: float | None = None
    entrance_dose_mgy: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    relative_exposure: float | None = None
    sensitivity: float | None = None
    body_part: str | None = None
    view_position: str | None = None
    laterality: str | None = None
    protocol_name: str | None = None
    collimator_corners_px: tuple[tuple[float, float], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Identity of a simulated unit and its detector."""

    manufacturer: str = "Simulated Rays"
    model: str = "Phantom DR 1"
    station_name: str = "SIMROOM1"
    serial_number: str = "SIM-0001"
    software_versions: tuple[str, ...] = ("1.0",)
    detector_id: str | None = "SIMDET-0001"
    detector_type: str = "SCINTILLATOR"
    active_dimensions_mm: tuple[float, float] | None = None
    institution: str = "Simulated Hospital"
    department: str = "Simulated Radiology"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Invented identity of the patient, the study and the people of an exposure."""

    patient_name: str = "Simulated^Patient0001"
    patient_id: str = "SIM0001"
    birth_date: datetime.date | None = datetime.date(1970, 1, 1)
    sex: str = "O"
    age_years: int | None = None
    size_m: float | None = None
    weight_kg: float | None = None
    operator_name: str | None = "Simulated^Operator1"
    physician_name: str | None = "Simulated^Physician1"
    accession_number: str = "SIMACC0001"
    study_id: str = "1"
    study_description: str | None = None
    series_description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identifiers:
    """Unique identifiers and numbers of an object within its study.

    Equal names give equal UIDs, so two objects share a study, a series or an irradiation event by sharing its name.

    Parameters
    ----------
    seed : int or str
        Enters every UID.
    study, series, instance, event : str
        Names within the seed; an empty `event` takes the name of the instance.
    series_number, instance_number : int
        Numbers as printed in a header.
    """

    seed: int | str = 0
    study: str = "study1"
    series: str = "series1"
    instance: str = "instance1"
    event: str = ""
    series_number: int = 1
    instance_number: int = 1

    @property
    def study_uid(self) -> UID:
        """Study Instance UID."""
        return simulated_uid(self.seed, "study", self.study)

    @property
    def series_uid(self) -> UID:
        """Series Instance UID."""
        return simulated_uid(self.seed, "study", self.study, "series", self.series)

    @property
    def instance_uid(self) -> UID:
        """SOP Instance UID."""
        return simulated_uid(self.seed, "study", self.study, "series", self.series, "instance", self.instance)

    @property
    def event_uid(self) -> UID:
        """Irradiation Event UID."""
        return simulated_uid(self.seed, "study", self.study, "event", self.event or self.series + self.instance)


def simulated_uid(*names: object) -> UID:
    """Unique identifier under the root 2.25 that depends on nothing but the names.

    Parameters
    ----------
    *names : object
        Taken as text; their order counts.

    Returns
    -------
    UID
        ``2.25.`` and the decimal form of a custom (version 8) UUID; always 44 characters long.
    """
    digest = hashlib.blake2b("\x1f".join(map(str, names)).encode(), digest_size=16).digest()
    return UID(f"2.25.{uuid_number(digest)}")


def uuid_number(digest: bytes) -> int:
    """Number of a version 8 UUID out of 16 bytes, with its top bit set so that it always has 39 digits."""
    number = int.from_bytes(digest, "big")
    number = number & ~(0xF << 76) | (0x8 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return uuid.UUID(int=number | 1 << 127).int


def decimal_string(value: float) -> str:
    """Number as a DICOM decimal string: at most 16 characters, no trailing zeros."""
    for digits in range(14, 5, -1):
        text = f"{value:.{digits}g}"
        if len(text) <= 16:
            return text
    return f"{value:.6g}"


def code_item(value: str, meaning: str, scheme: str = "SCT") -> Dataset:
    """One item of a code sequence."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item

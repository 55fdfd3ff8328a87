"""Exposures of the hospital whose doses are simulated, and the table of their truth."""

from __future__ import annotations

import csv
import datetime
import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

EXPOSURES_NAME: Final = "exposures.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseExposure:
    """One exposure: what is true of it, and what the archive's files state of it, to the last digit.

    Parameters
    ----------
    event_uid, study_uid, patient_id : str
        Identity.
    room : str
        Station name.
    view : str
        Name of the view; children's name the band of weights.
    body_part, view_position, protocol_name : str
        As stated.
    exposed_at : datetime
        Moment.
    operator : int
        Number of the operator.
    patient_age_years, patient_weight_kg, patient_size_m, patient_sex
        Of the patient.
    thickness_mm : int
        Of the patient where the beam goes through.
    tube_voltage_kv, exposure_mas, exposure_time_ms, tube_current_ma : float
        Technique.
    output_ugy_per_mas : float
        Kerma by charge at 1 m from the source at this voltage.
    source_detector_distance_mm, source_patient_distance_mm : int
        Distances.
    field_height_mm, field_width_mm : int
        Field at the detector.
    field_area_mm2, field_area_at_1_m_mm2 : float
        Its area there and 1 m from the source.
    dap_gy_m2 : float
        True dose-area product: output · charge · area at 1 m, exactly.
    stated_dap_gy_m2 : float
        As the files state it, read in the unit that their attribute has.
    incident_kerma_mgy : float
        Kerma at the patient's surface, without backscatter.
    stated_entrance_dose_mgy, stated_reference_kerma_mgy : float or None
        Kerma at the patient in an image, and at the reference point (300 mm ahead of the detector) in a report.
    exposure_index, target_exposure_index, deviation_index : float
        Of the receptor.
    planted : str or None
        ``thick_patient``, ``no_collimation`` or ``wrong_cell``.
    image_uid, image_path : str or None
        Its image in the archive.
    report_paths : tuple of str
        Dose reports that hold it.
    step_path : str or None
        Performed procedure step that holds it.
    """

    event_uid: str
    study_uid: str
    patient_id: str
    room: str
    view: str
    body_part: str
    view_position: str
    protocol_name: str
    exposed_at: datetime.datetime
    operator: int
    patient_age_years: int
    patient_weight_kg: float
    patient_size_m: float
    patient_sex: str
    thickness_mm: int
    tube_voltage_kv: float
    exposure_mas: float
    exposure_time_ms: float
    tube_current_ma: float
    output_ugy_per_mas: float
    source_detector_distance_mm: int
    source_patient_distance_mm: int
    field_height_mm: int
    field_width_mm: int
    field_area_mm2: float
    field_area_at_1_m_mm2: float
    dap_gy_m2: float
    stated_dap_gy_m2: float
    incident_kerma_mgy: float
    stated_entrance_dose_mgy: float | None
    stated_reference_kerma_mgy: float | None
    exposure_index: float
    target_exposure_index: float
    deviation_index: float
    planted: str | None = None
    image_uid: str | None = None
    image_path: str | None = None
    report_paths: tuple[str, ...] = ()
    step_path: str | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """All files that hold it; more than one must count once."""
        return (
            *((self.image_path,) if self.image_path else ()),
            *self.report_paths,
            *((self.step_path,) if self.step_path else ()),
        )


_COLUMNS: Final = tuple(item.name for item in fields(DoseExposure))
#: what a cell becomes; where there is no value the cell is empty
_TYPES: Final[dict[str, Any]] = {
    "exposed_at": datetime.datetime.fromisoformat,
    "report_paths": lambda text: tuple(text.split()),
    "str": str,
    "str | None": str,
    "int": int,
    "float": float,
    "float | None": float,
}
#: what an empty cell becomes other than None
_EMPTY: Final[dict[str, Any]] = {"report_paths": ()}


def exposures_text(exposures: tuple[DoseExposure, ...]) -> str:
    """Table of exposures as CSV: the shortest digits that give each number again; `files` is the number of files."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*_COLUMNS, "files"])
    for exposure in exposures:
        cells = [_cell(getattr(exposure, name)) for name in _COLUMNS]
        writer.writerow([*cells, str(len(exposure.sources))])
    return stream.getvalue()


def read_dose_exposures(folder: str | Path) -> tuple[DoseExposure, ...]:
    """Exposures of a simulated dose hospital, in the order of their moments.

    Parameters
    ----------
    folder : path
        The archive's folder.
    """
    lines = (Path(folder) / EXPOSURES_NAME).read_text(encoding="utf-8").splitlines()
    kinds = {item.name: _TYPES.get(item.name) or _TYPES[str(item.type)] for item in fields(DoseExposure)}
    return tuple(
        DoseExposure(**{name: kind(row[name]) if row[name] else _EMPTY.get(name) for name, kind in kinds.items()})  # type: ignore[arg-type]  # values fit their fields
        for row in csv.DictReader(lines)
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return " ".join(value)
    return repr(value) if isinstance(value, float) else str(value)

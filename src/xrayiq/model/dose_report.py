"""What a radiation dose report states: events, totals and its faults."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from xrayiq.model.acquisition import ObjectHeader
from xrayiq.model.dose_event import DoseEvent, ReportCode
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement
from xrayiq.model.result import Result

#: what a report is of
DoseReportKind = Literal["projection", "mammography", "computed_tomography"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseReportFault:
    """Something in a report that cannot be taken, or must not be believed, as it stands.

    Parameters
    ----------
    path : str
        Code values from the root to the item, joined by ``/``; in brackets the place of each among the items of its
        level, from 1, as dumps number them: ``113701/113706[9]/122130[7]``.
    message : str
        What was found, what was needed.
    kind : str
        ``"unreadable"``: the item is left out; ``"contradiction"``: what it says is kept and contradicts something
        else in the report.
    """

    path: str
    message: str
    kind: Literal["unreadable", "contradiction"] = "unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccumulatedDose:
    """One accumulated block of a report (TID 10002, TID 10012), as it stands; None where it is silent.

    Parameters
    ----------
    plane : ReportCode or None
        Acquisition plane.
    dap_gy_m2, fluoro_dap_gy_m2, acquisition_dap_gy_m2 : float or None
        Dose-area product: all, of fluoroscopy, of acquisitions.
    reference_point_kerma_mgy, fluoro_kerma_mgy, acquisition_kerma_mgy : float or None
        Kerma at the reference point likewise.
    average_glandular_dose_mgy, left_glandular_dose_mgy, right_glandular_dose_mgy : float or None
        Glandular dose of both breasts (their sum where the block states none) and of each.
    fluoro_time_s, acquisition_time_s : float or None
        Time of fluoroscopy and of acquisitions.
    radiographic_frames : float or None
        Number of radiographic frames.
    dose_length_product_mgy_cm, tomography_events : float or None
        Of computed tomography.
    reference_point : ReportCode or None
        Definition of the reference point.
    calibration_factor, calibration_uncertainty_fraction : float or None
        Of the dose indication; the uncertainty as a fraction of the value.
    calibrated_at : datetime or None
        When it was calibrated.
    """

    plane: ReportCode | None = None
    dap_gy_m2: float | None = None
    fluoro_dap_gy_m2: float | None = None
    acquisition_dap_gy_m2: float | None = None
    reference_point_kerma_mgy: float | None = None
    fluoro_kerma_mgy: float | None = None
    acquisition_kerma_mgy: float | None = None
    average_glandular_dose_mgy: float | None = None
    left_glandular_dose_mgy: float | None = None
    right_glandular_dose_mgy: float | None = None
    fluoro_time_s: float | None = None
    acquisition_time_s: float | None = None
    radiographic_frames: float | None = None
    dose_length_product_mgy_cm: float | None = None
    tomography_events: float | None = None
    reference_point: ReportCode | None = None
    calibration_factor: float | None = None
    calibration_uncertainty_fraction: float | None = None
    calibrated_at: datetime.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DoseReport(Result):
    """X-ray radiation dose report (DICOM PS3.16, TID 10001 and TID 10011).

    Parameters
    ----------
    header : ObjectHeader
        Identity and equipment.
    kind : str
        ``"projection"`` (also fluoroscopy and angiography), ``"mammography"`` or ``"computed_tomography"``.
    events : tuple of DoseEvent
        Irradiation events in the order of the report.
    planes : tuple of AccumulatedDose
        Accumulated blocks in the order of the report.
    total_dap_gy_m2, total_reference_point_kerma_mgy, total_average_glandular_dose_mgy : float or None
        Totals as the report states them; summed over planes where it holds several accumulated blocks.
    total_fluoro_time_s, total_radiographic_frames, total_dose_length_product_mgy_cm : float or None
        Likewise.
    scope : ReportCode or None
        What the totals are accumulated over: study, performed procedure step …
    scope_uid : str or None
        Its identifier.
    dose_sources : tuple of ReportCode
        Where the doses come from.
    has_template : bool
        Whether the report names the template that it follows.
    faults : tuple of DoseReportFault
        What could not be read, or contradicts itself; the rest is kept.
    provenance : Provenance
        The reader's version.
    """

    header: ObjectHeader
    kind: DoseReportKind = "projection"
    events: tuple[DoseEvent, ...] = ()
    planes: tuple[AccumulatedDose, ...] = ()
    total_dap_gy_m2: float | None = None
    total_reference_point_kerma_mgy: float | None = None
    total_average_glandular_dose_mgy: float | None = None
    total_fluoro_time_s: float | None = None
    total_radiographic_frames: float | None = None
    total_dose_length_product_mgy_cm: float | None = None
    scope: ReportCode | None = None
    scope_uid: str | None = None
    dose_sources: tuple[ReportCode, ...] = ()
    has_template: bool = True
    faults: tuple[DoseReportFault, ...] = ()
    provenance: Provenance = Provenance(algorithm="dose_report", algorithm_version=2)

    def measurements(self) -> tuple[Measurement, ...]:
        """Totals that the report states, and the number of its events."""
        stated = (
            ("dose_area_product_total", self.total_dap_gy_m2),
            ("reference_point_kerma_total", self.total_reference_point_kerma_mgy),
            ("average_glandular_dose_total", self.total_average_glandular_dose_mgy),
            ("fluoroscopy_time_total", self.total_fluoro_time_s),
            ("dose_length_product_total", self.total_dose_length_product_mgy_cm),
        )
        totals = tuple(Measurement(quantity=name, value=value) for name, value in stated if value is not None)
        return (*totals, Measurement(quantity="irradiation_events", value=float(len(self.events))))

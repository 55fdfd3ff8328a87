"""What a radiation dose report states: events, totals and its faults."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xrayiq.model.acquisition import ObjectHeader
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement
from xrayiq.model.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseEvent:
    """One irradiation event of a projection X-ray dose report (TID 10003); None where it is silent.

    Fields carry their unit in their name; `plane`, `event_type` and `target_region` are (code value, scheme, meaning).
    """

    irradiation_event_uid: str | None = None
    started_at: datetime.datetime | None = None
    plane: tuple[str, str, str] | None = None
    event_type: tuple[str, str, str] | None = None
    target_region: tuple[str, str, str] | None = None
    protocol: str | None = None
    dap_gy_m2: float | None = None
    reference_point_kerma_mgy: float | None = None
    entrance_dose_mgy: float | None = None
    average_glandular_dose_mgy: float | None = None
    tube_voltage_kv: float | None = None
    tube_current_ma: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    collimated_field_area_mm2: float | None = None
    collimated_field_height_mm: float | None = None
    collimated_field_width_mm: float | None = None
    acquired_image_uid: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseReportFault:
    """Something in a report that could not be taken as it stands.

    Parameters
    ----------
    path : str
        Code values from the root to the item, joined by ``/``.
    message : str
        What was found, what was needed.
    """

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DoseReport(Result):
    """Projection X-ray radiation dose report (DICOM PS3.16, TID 10001).

    Parameters
    ----------
    header : ObjectHeader
        Identity and equipment.
    events : tuple of DoseEvent
        Irradiation events in the order of the report.
    total_dap_gy_m2, total_reference_point_kerma_mgy, total_average_glandular_dose_mgy : float or None
        Totals as the report states them; summed over planes where it holds several accumulated blocks.
    faults : tuple of DoseReportFault
        What could not be read; the rest is kept.
    provenance : Provenance
        The reader's version.
    """

    header: ObjectHeader
    events: tuple[DoseEvent, ...] = ()
    total_dap_gy_m2: float | None = None
    total_reference_point_kerma_mgy: float | None = None
    total_average_glandular_dose_mgy: float | None = None
    faults: tuple[DoseReportFault, ...] = ()
    provenance: Provenance = Provenance(algorithm="dose_report", algorithm_version=1)

    def measurements(self) -> tuple[Measurement, ...]:
        """Totals that the report states, and the number of its events."""
        stated = (
            ("dose_area_product_total", self.total_dap_gy_m2),
            ("reference_point_kerma_total", self.total_reference_point_kerma_mgy),
            ("average_glandular_dose_total", self.total_average_glandular_dose_mgy),
        )
        totals = tuple(Measurement(quantity=name, value=value) for name, value in stated if value is not None)
        return (*totals, Measurement(quantity="irradiation_events", value=float(len(self.events))))

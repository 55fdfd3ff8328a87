"""Dose-area product as the system displays it against kerma times field area as measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.meter_readings import MeterReading, MeterReadings
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DapMeterCheck(Result):
    """Displayed over measured dose-area product.

    Parameters
    ----------
    ratios : 1-D array
        Displayed over measured, one for each exposure.
    displayed_gy_m2, measured_gy_m2 : 1-D arrays
        The two dose-area products.
    mean_ratio : float
        Mean of the ratios.
    worst_ratio : float
        The ratio farthest from 1.
    ratio_sd : float or None
        Standard deviation of the ratios (n − 1); None of one exposure.
    provenance : Provenance
        Where the numbers come from.
    """

    ratios: NDArray[np.float64]
    displayed_gy_m2: NDArray[np.float64]
    measured_gy_m2: NDArray[np.float64]
    mean_ratio: float
    worst_ratio: float
    ratio_sd: float | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The ratio farthest from 1, the mean, and the scatter where there are several."""
        found = [
            Measurement(quantity="dap_meter_ratio_worst", value=self.worst_ratio),
            Measurement(quantity="dap_meter_ratio", value=self.mean_ratio),
        ]
        if self.ratio_sd is not None:
            found.append(Measurement(quantity="dap_meter_ratio_sd", value=self.ratio_sd))
        return tuple(found)


def assess_dap_meter(
    displayed_gy_m2: ArrayLike,
    *,
    kerma_mgy: ArrayLike,
    field_area_mm2: ArrayLike,
    kerma_distance_mm: ArrayLike | None = None,
    field_distance_mm: ArrayLike | None = None,
) -> DapMeterCheck:
    """Displayed dose-area product over that from a chamber's kerma and the area of the field.

    Parameters
    ----------
    displayed_gy_m2 : 1-D array or float
        What the system shows for each exposure.
    kerma_mgy : 1-D array or float
        Air kerma on the axis of the beam, without backscatter.
    field_area_mm2 : 1-D array or float
        Area of the field.
    kerma_distance_mm, field_distance_mm : 1-D arrays or floats, optional
        Distances from the focus at which kerma and area were measured; without them, in one plane.

    Returns
    -------
    DapMeterCheck
        Ratios displayed / (K · A · (d_K / d_A)²), their mean, scatter and the worst.

    Raises
    ------
    InputError
        There is no exposure, the numbers of values differ, a value is not finite or not positive, or one of the two
        distances is missing.

    Notes
    -----
    The product of kerma and area does not depend on the distance, as both follow the square of it; attenuation in air
    and the course of the kerma over the field are not corrected. Sources of limits: IPEM Report 91, IEC 60601-2-54.
    """
    if (kerma_distance_mm is None) != (field_distance_mm is None):
        raise InputError(
            "one distance", needed="the distances of both kerma and field", remedy="give both, or none for one plane"
        )
    displayed = _positive("displayed_gy_m2", displayed_gy_m2, None)
    kerma = _positive("kerma_mgy", kerma_mgy, displayed.size)
    area = _positive("field_area_mm2", field_area_mm2, displayed.size)
    measured = 1e-9 * kerma * area
    if kerma_distance_mm is not None and field_distance_mm is not None:
        kerma_distance = _positive("kerma_distance_mm", kerma_distance_mm, displayed.size)
        field_distance = _positive("field_distance_mm", field_distance_mm, displayed.size)
        measured = measured * (kerma_distance / field_distance) ** 2
    return _check(displayed, measured, ())


def assess_dap_readings(readings: MeterReadings) -> DapMeterCheck:
    """Dose-area product meter check from the rows of a table that state a displayed dose-area product.

    Parameters
    ----------
    readings : MeterReadings
        Rows with displayed dose-area product, kerma, and the field's area or width and height; with the distances of
        kerma and field where these differ.

    Returns
    -------
    DapMeterCheck
        As `assess_dap_meter` gives it; rows that lack something stand in the warnings.

    Raises
    ------
    NotMeasurableError
        ``no_dap_readings``: no row is whole.
    """
    displayed, measured, warnings = [], [], [fault.text for fault in readings.faults]
    for row in readings.readings:
        if row.displayed_dap_gy_m2 is None:
            if row.test == "dap":
                warnings.append(f"line {row.line}: no displayed dose-area product")
            continue
        product = _product_gy_m2(row)
        if product is None:
            warnings.append(
                f"line {row.line}: needed kerma, field area or width and height, and both distances or none"
            )
            continue
        displayed.append(row.displayed_dap_gy_m2)
        measured.append(product)
    if not displayed:
        raise NotMeasurableError(
            "no_dap_readings",
            warnings[0] if warnings else "no row with a displayed dose-area product",
            needed="rows with displayed DAP, kerma, and field area or field width and height",
            remedy="fill in what is missing",
            source=readings.source,
        )
    return _check(np.array(displayed), np.array(measured), tuple(warnings))


def _product_gy_m2(row: MeterReading) -> float | None:
    """Kerma times area of one row; None where something is missing."""
    area = row.field_area_mm2
    if area is None and row.field_width_mm is not None and row.field_height_mm is not None:
        area = row.field_width_mm * row.field_height_mm
    if area is None or not row.kerma_ugy or (row.field_distance_mm is not None and row.distance_mm is None):
        return None
    scale = 1.0 if row.field_distance_mm is None else ((row.distance_mm or 0.0) / row.field_distance_mm) ** 2
    return 1e-12 * row.kerma_ugy * area * scale


def _check(displayed: NDArray[np.float64], measured: NDArray[np.float64], warnings: tuple[str, ...]) -> DapMeterCheck:
    ratios = displayed / measured
    return DapMeterCheck(
        ratios=ratios,
        displayed_gy_m2=displayed,
        measured_gy_m2=measured,
        mean_ratio=float(ratios.mean()),
        worst_ratio=float(ratios[np.argmax(np.abs(ratios - 1.0))]),
        ratio_sd=float(ratios.std(ddof=1)) if ratios.size > 1 else None,
        provenance=Provenance(
            algorithm="dap_meter",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("exposures", int(ratios.size)),),
            warnings=warnings,
        ),
    )


def _positive(name: str, values: ArrayLike, count: int | None) -> NDArray[np.float64]:
    """Values as a 1-D array of a number of them; one value stands for all."""
    try:
        array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(f"{name} that is no array of numbers", needed="one number for each exposure") from None
    if array.ndim != 1 or array.size == 0 or (count is not None and array.size not in (1, count)):
        raise InputError(
            f"{name} of shape {array.shape}", needed="one number for each exposure" if count is None else f"{count}"
        )
    if not np.all(np.isfinite(array) & (array > 0)):
        bad = array[~(np.isfinite(array) & (array > 0))][0]
        raise InputError(f"{name} of {bad:g}", needed="finite values above 0", remedy="leave such exposures out")
    return np.broadcast_to(array, (array.size if count is None else count,)).astype(np.float64)

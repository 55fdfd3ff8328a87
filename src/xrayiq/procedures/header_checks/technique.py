"""Technique that no tube can have done, and attributes of technique that disagree."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from xrayiq.model import Acquisition, HeaderDetail, HeaderProblem, ObjectHeader
from xrayiq.procedures.header_checks.technique_ranges import QUANTITIES, output_range, technique_range

#: mAs and mA × s of a falling load, or of a nominal current, differ by this factor at most
LOAD_FACTOR: Final = 1.5
#: single exposures: the current and time of a run are averages
_SINGLE_EXPOSURES: Final = frozenset({"CR", "DX", "MG", "IO"})
#: attributes of one quantity agree within this fraction, and one unit of the integer
_SAME: Final = 0.01
#: factors between the units of the dose-area product that are met
_DAP_FACTORS: Final = (10.0, 100.0, 1000.0, 10000.0)
_REFERENCE_KV: Final = 80.0


def check_technique(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """All checks of the technique of one header."""
    yield from not_numbers(header.detail)
    yield from zero_values(header.detail)
    yield from out_of_range(header.acquisition)
    yield from zero_exposure(header.acquisition)
    yield from truncated_or_contradictory(header.detail)
    yield from charge_disagrees(header)
    yield from dose_area_product_unit(header)
    yield from technique_missing(header.acquisition)


def not_numbers(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """Attributes whose text is no number."""
    if detail.not_numbers:
        yield HeaderProblem(
            check="not_a_number",
            attributes=detail.not_numbers,
            found=f"text that is no number in {', '.join(detail.not_numbers)}",
            needed="a decimal or whole number",
            remedy="the value counts as missing: have the export mended",
            severity="problem",
        )


def zero_values(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """0 or less where only more is possible."""
    if detail.zeros:
        yield HeaderProblem(
            check="zero_value",
            attributes=detail.zeros,
            found=f"0 or less in {', '.join(detail.zeros)}",
            needed="more than 0",
            remedy="the value stands for a missing one and counts as such",
            severity="problem",
        )


def out_of_range(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """Voltage, charge, time, current and distance outside what tubes of the modality do."""
    for name, attribute, unit in QUANTITIES:
        value: float | None = getattr(acquisition, name)
        bounds = technique_range(acquisition.modality, name)
        if value is None or value <= 0 or bounds is None or bounds[0] <= value <= bounds[1]:
            continue
        yield HeaderProblem(
            check="impossible_technique",
            attributes=(attribute,),
            found=f"{attribute} of {value:g} {unit}",
            needed=f"{bounds[0]:g} to {bounds[1]:g} {unit} for {acquisition.modality} (limit not verified against the "
            "document)",
            remedy="another unit or another quantity stands in the attribute: compare with the console",
            severity="problem",
        )


def zero_exposure(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """Charge, time or current of 0 with nothing finer beside it."""
    for name, attribute, finer, unit in (
        ("exposure_mas", "Exposure", "ExposureInuAs", "mAs"),
        ("exposure_time_ms", "ExposureTime", "ExposureTimeInuS", "ms"),
        ("tube_current_ma", "XRayTubeCurrent", "XRayTubeCurrentInuA", "mA"),
    ):
        value: float | None = getattr(acquisition, name)
        if value is not None and value <= 0:
            yield HeaderProblem(
                check="zero_exposure",
                attributes=(attribute,),
                found=f"{attribute} of {value:g} {unit}, nothing finer beside it",
                needed=f"more than 0; below 1 {unit} the whole number is cut to 0",
                remedy=f"have {finer} exported",
                severity="problem",
            )


def truncated_or_contradictory(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """Several attributes of one quantity: an integer cut short is a note, a real difference a problem."""
    for values, unit in (
        (detail.exposures_mas, "mAs"),
        (detail.exposure_times_ms, "ms"),
        (detail.tube_currents_ma, "mA"),
    ):
        if len(values) < 2:
            continue
        (fine_name, fine), (whole_name, whole) = values[0], values[-1]
        if abs(whole - fine) <= _SAME * abs(fine):
            continue
        cut = abs(whole - fine) <= 1.0 and whole == round(whole)
        yield HeaderProblem(
            check="truncated_integer" if cut else "technique_contradicts",
            attributes=(fine_name, whole_name),
            found=f"{whole_name} {whole:g} {unit} beside {fine_name} of {fine:g} {unit}",
            needed="the same quantity in both" if not cut else f"the finer one: the other is cut to whole {unit}",
            remedy="xrayiq takes the finer one" if cut else "compare with the console; xrayiq takes the finer one",
            severity="note" if cut else "problem",
        )


def charge_disagrees(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """Charge against current times time of a single exposure."""
    acquisition = header.acquisition
    charge, current, time = acquisition.exposure_mas, acquisition.tube_current_ma, acquisition.exposure_time_ms
    if acquisition.modality not in _SINGLE_EXPOSURES or (header.frames or 1) > 1:
        return
    if charge is None or current is None or time is None or min(charge, current, time) <= 0:
        return
    product = current * time / 1000.0
    rounding = 1.0 if charge == round(charge) else 0.0
    if product / LOAD_FACTOR - rounding <= charge <= product * LOAD_FACTOR + rounding:
        return
    ratio = charge / product
    hint = "one of the three is in another unit" if _near_power(ratio) else "one of the three is of something else"
    yield HeaderProblem(
        check="charge_disagrees",
        attributes=("Exposure", "XRayTubeCurrent", "ExposureTime"),
        found=f"{charge:g} mAs, {current:g} mA and {time:g} ms: {ratio:.3g} times their product",
        needed=f"mA × s = {product:.3g} mAs within a factor of {LOAD_FACTOR:g} (nominal current, falling load)",
        remedy=f"{hint}: compare with the console",
        severity="problem",
    )


def _near_power(ratio: float) -> bool:
    """Whether a ratio is 10, 100, 1000 … or one of their inverses within a quarter of the next decade."""
    decades = math.log10(ratio)
    return abs(decades) > 0.75 and abs(decades - round(decades)) < 0.12


def dose_area_product_unit(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """A dose-area product that the tube cannot have given over this image, with the unit that would explain it."""
    acquisition = header.acquisition
    bounds = _dose_area_bounds(header)
    stated = acquisition.dap_gy_m2
    if bounds is None or stated is None or stated <= 0 or bounds[0] <= stated <= bounds[2]:
        return
    least, typical, most = bounds
    decades = abs(math.log10(stated / typical))
    factor = min(_DAP_FACTORS, key=lambda known: abs(decades - math.log10(known)))
    direction = "smaller" if stated > most else "larger"
    yield HeaderProblem(
        check="dose_area_product_unit",
        attributes=("ImageAndFluoroscopyAreaDoseProduct",),
        found=f"a dose-area product of {stated * 1e5:.3g} dGy·cm²",
        needed=f"{least * 1e5:.3g} to {most * 1e5:.3g} dGy·cm² for this charge, voltage and image size",
        remedy=f"it may be in a unit {factor:g} times {direction} than dGy·cm²: compare with the console",
        severity="note",
    )


def _dose_area_bounds(header: ObjectHeader) -> tuple[float, float, float] | None:
    """Least, typical and greatest dose-area product in Gy·m² that output and image area allow, with the factor."""
    acquisition = header.acquisition
    voltage, charge = acquisition.tube_voltage_kv, acquisition.exposure_mas
    distance, pitch = acquisition.source_detector_distance_mm, acquisition.pixel_pitch_mm
    if acquisition.modality not in ("CR", "DX") or not voltage or not charge or not distance or not pitch:
        return None
    if not header.rows or not header.columns or charge <= 0 or voltage <= 0:
        return None
    output = output_range()
    area_at_1_m_m2 = header.rows * pitch[0] * header.columns * pitch[1] / distance**2
    whole_gy_m2_per_ugy = 1e-6 * charge * (voltage / _REFERENCE_KV) ** 2 * area_at_1_m_m2
    least = output.least_ugy_per_mas * output.least_area_fraction / output.suspicion_factor
    typical = output.typical_ugy_per_mas * output.typical_area_fraction
    most = output.most_ugy_per_mas * output.suspicion_factor
    return least * whole_gy_m2_per_ugy, typical * whole_gy_m2_per_ugy, most * whole_gy_m2_per_ugy


def technique_missing(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """No voltage, or neither charge nor what it is the product of."""
    missing = [] if acquisition.tube_voltage_kv is not None else ["KVP"]
    if acquisition.exposure_mas is None and None in (acquisition.tube_current_ma, acquisition.exposure_time_ms):
        missing.append("Exposure")
    if missing:
        yield HeaderProblem(
            check="technique_missing",
            attributes=tuple(missing),
            found=f"no {' and no '.join(missing)}",
            needed="voltage and charge for a dose audit and for the grouping of exposures",
            remedy="have the generator's technique exported with the image",
            severity="note",
        )

"""Incident and entrance surface air kerma of an exposure, by every way its values allow, the best founded first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Final, Literal

from xrayiq.dose.backscatter import Backscatter, backscatter_factor
from xrayiq.dose.copper_filter import copper_source, copper_transmissions, copper_uncertainty
from xrayiq.dose.dose_estimate import DoseEstimate, combined, required_positive
from xrayiq.dose.entrance_values import EntranceValues, field_side_at_skin_mm
from xrayiq.dose.sourced import Source
from xrayiq.dose.stated_doses import stated_source, stated_uncertainty
from xrayiq.dose.tube_output import TubeOutputTable, computed_tube_output, tube_output_at
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Provenance

ALGORITHM_VERSION: Final = 1

EntranceQuantity = Literal["incident_air_kerma", "entrance_surface_air_kerma"]

_METRE_MM: Final = 1000.0
_UGY_PER_MGY: Final = 1000.0
#: Gy·m² over mm² in mGy
_MGY_MM2_PER_GY_M2: Final = 1e9


def kerma_at_distance(kerma_mgy: float, *, distance_mm: float, wanted_distance_mm: float) -> float:
    """Air kerma at another distance from the focus, by the inverse square: K · (d / d′)².

    Parameters
    ----------
    kerma_mgy : float
        Without backscatter.
    distance_mm, wanted_distance_mm : float
        From the focus.

    Returns
    -------
    float
        In mGy.
    """
    first = required_positive("distance_mm", distance_mm)
    second = required_positive("wanted_distance_mm", wanted_distance_mm)
    return required_positive("kerma_mgy", kerma_mgy, zero=True) * (first / second) ** 2


def entrance_kerma_estimates(
    values: EntranceValues, *, quantity: EntranceQuantity, outputs: TubeOutputTable | None = None
) -> tuple[DoseEstimate, ...]:
    """Entrance kerma by every way that the values allow, the one of least uncertainty first.

    Parameters
    ----------
    values : EntranceValues
        What is known of the exposure.
    quantity : {"incident_air_kerma", "entrance_surface_air_kerma"}
        Without or with backscatter.
    outputs : TubeOutputTable, optional
        Output of the tube; the computed one, of 30 % uncertainty, without.

    Returns
    -------
    tuple of DoseEstimate
        Methods ``"technique"`` (Y·T·mAs·(1 m / d)², T being what added copper transmits), ``"reference_point"`` (by the
        inverse square),
        ``"dose_area_product"`` (over the field's area at the skin) and ``"header"``; empty where nothing can be told.

    Raises
    ------
    InputError
        A value that is not finite, negative, or 0 where it cannot be.

    Notes
    -----
    K_a,i is without backscatter (ICRU 74), K_a,e = B·K_a,i with it. Uncertainties are standard ones (k = 1): those of
    the output table with twice that of the distance (1 % where it is known) and 10 % of added copper; 17.5 % of a
    display; 25 % of an entrance dose of a header, whose distance is the system's; with that of the backscatter factor.
    """
    ways: tuple[Callable[[EntranceValues, TubeOutputTable], DoseEstimate | None], ...] = (
        _by_technique,
        _by_reference_point,
        _by_dose_area_product,
        _by_header,
    )
    table = computed_tube_output() if outputs is None else outputs
    backscatter = _backscatter(values, table)
    found = [_as(quantity, incident, backscatter, values) for way in ways if (incident := way(values, table))]
    return tuple(sorted(found, key=lambda estimate: estimate.relative_uncertainty))


def estimate_entrance_kerma(
    values: EntranceValues, *, quantity: EntranceQuantity, outputs: TubeOutputTable | None = None
) -> DoseEstimate:
    """Entrance kerma by the best founded way.

    Parameters
    ----------
    values, quantity, outputs
        As in `entrance_kerma_estimates`.

    Returns
    -------
    DoseEstimate
        The first of `entrance_kerma_estimates`.

    Raises
    ------
    NotMeasurableError
        ``no_entrance_kerma``: there is no way.
    """
    found = entrance_kerma_estimates(values, quantity=quantity, outputs=outputs)
    if not found:
        raise NotMeasurableError(
            "no_entrance_kerma",
            "neither an entrance dose nor values that give one",
            needed="tube voltage, mAs and the distance of the skin; reference-point kerma, or DAP and field, with "
            "distances; or an entrance dose",
        )
    return found[0]


def _by_technique(values: EntranceValues, table: TubeOutputTable) -> DoseEstimate | None:
    if values.tube_voltage_kv is None or values.exposure_mas is None or values.geometry is None:
        return None
    passed, hardened = _copper(values)
    if not math.isfinite(passed):  # copper outside the table, or of unknown thickness
        return None
    try:
        output = tube_output_at(table, tube_voltage_kv=values.tube_voltage_kv, filtration_mm_al=values.filtration_mm_al)
    except InputError:  # outside the table: this way is closed, the others are not
        return None
    charge = required_positive("exposure_mas", values.exposure_mas, zero=True)
    at_metre = output.output_ugy_per_mas * passed * charge / _UGY_PER_MGY
    filtered: dict[str, float] = {"copper_transmission": passed} if hardened else {}
    distance = values.geometry.source_skin_distance_mm
    return _incident(
        kerma_at_distance(at_metre, distance_mm=_METRE_MM, wanted_distance_mm=distance),
        combined(
            output.relative_uncertainty,
            values.geometry.square_uncertainty,
            copper_uncertainty() if hardened else 0.0,
        ),
        "technique",
        (output.source, copper_source()) if hardened else (output.source,),
        (*output.assumptions, *values.geometry.assumptions),
        output_ugy_per_mas=output.output_ugy_per_mas,
        output_measured=output.measured,
        source_skin_distance_mm=distance,
        **filtered,
    )


def _copper(values: EntranceValues) -> tuple[float, bool]:
    """What copper leaves of the output, NaN where that is not known; and whether there is copper."""
    copper = values.added_copper_mm
    if copper is None or copper == 0.0:
        return 1.0, False
    if copper < 0.0 or math.isinf(copper):
        raise InputError(f"added_copper_mm of {copper:g}", needed="a thickness, NaN where it is not known")
    return float(copper_transmissions(values.tube_voltage_kv or math.nan, copper)[0]), True


def _by_reference_point(values: EntranceValues, _table: TubeOutputTable) -> DoseEstimate | None:
    place = values.source_reference_point_distance_mm
    if values.reference_point_kerma_mgy is None or place is None or values.geometry is None:
        return None
    distance = values.geometry.source_skin_distance_mm
    return _incident(
        kerma_at_distance(values.reference_point_kerma_mgy, distance_mm=place, wanted_distance_mm=distance),
        combined(stated_uncertainty("reference_point_kerma"), values.geometry.square_uncertainty),
        "reference_point",
        (stated_source("reference_point_kerma"),),
        values.geometry.assumptions,
        source_reference_point_distance_mm=place,
        source_skin_distance_mm=distance,
    )


def _by_dose_area_product(values: EntranceValues, _table: TubeOutputTable) -> DoseEstimate | None:
    area, place = values.field_area_mm2, values.field_area_distance_mm
    if area is None and values.field_sides_mm is not None:
        area = values.field_sides_mm[0] * values.field_sides_mm[1]
    if values.dap_gy_m2 is None or area is None or place is None or values.geometry is None:
        return None
    distance = values.geometry.source_skin_distance_mm
    product = required_positive("dap_gy_m2", values.dap_gy_m2, zero=True) * _MGY_MM2_PER_GY_M2
    in_plane = product / required_positive("field_area_mm2", area)
    return _incident(
        kerma_at_distance(in_plane, distance_mm=place, wanted_distance_mm=distance),
        combined(stated_uncertainty("dose_area_product"), values.geometry.square_uncertainty),
        "dose_area_product",
        (stated_source("dose_area_product"),),
        (*values.geometry.assumptions, "even kerma over the field"),
        field_area_mm2=area,
        source_skin_distance_mm=distance,
    )


def _by_header(values: EntranceValues, _table: TubeOutputTable) -> DoseEstimate | None:
    if values.header_entrance_dose_mgy is None:
        return None
    stated = required_positive("header_entrance_dose_mgy", values.header_entrance_dose_mgy, zero=True)
    said = {True: "with backscatter", False: "without backscatter", None: "taken as without backscatter"}
    return _incident(
        stated,
        stated_uncertainty("incident_air_kerma"),
        "header",
        (stated_source("incident_air_kerma"),),
        (f"{values.header_entrance_dose_name} of the header, {said[values.header_holds_backscatter]}",),
        attribute=values.header_entrance_dose_name,
    )


def _incident(
    value: float,
    uncertainty: float,
    method: str,
    sources: tuple[Source, ...],
    assumptions: tuple[str, ...],
    **parameters: float | str | bool,
) -> DoseEstimate:
    return DoseEstimate(
        quantity="incident_air_kerma",
        value=value,
        relative_uncertainty=uncertainty,
        method=method,
        sources=sources,
        assumptions=assumptions,
        provenance=Provenance(
            algorithm="entrance_kerma", algorithm_version=ALGORITHM_VERSION, parameters=tuple(parameters.items())
        ),
    )


def _backscatter(values: EntranceValues, table: TubeOutputTable) -> Backscatter:
    layer = values.half_value_layer_mm_al
    if layer is None and values.tube_voltage_kv is not None and values.added_copper_mm:
        behind = float(copper_transmissions(values.tube_voltage_kv, values.added_copper_mm)[1])
        layer = None if math.isnan(behind) else behind
    elif layer is None and values.tube_voltage_kv is not None:
        try:
            layer = tube_output_at(
                table, tube_voltage_kv=values.tube_voltage_kv, filtration_mm_al=values.filtration_mm_al
            ).half_value_layer_mm_al
        except InputError:  # outside the table: the factor of an unknown beam
            layer = None
    return backscatter_factor(half_value_layer_mm_al=layer, field_side_mm=field_side_at_skin_mm(values))


def _as(
    quantity: EntranceQuantity, stated: DoseEstimate, backscatter: Backscatter, values: EntranceValues
) -> DoseEstimate:
    """The estimate with or without backscatter, as wanted."""
    holds = stated.method == "header" and values.header_holds_backscatter is True
    if (quantity == "entrance_surface_air_kerma") == holds:
        return dataclasses.replace(stated, quantity=quantity)
    factor = backscatter.factor if quantity == "entrance_surface_air_kerma" else 1.0 / backscatter.factor
    return dataclasses.replace(
        stated,
        quantity=quantity,
        value=stated.value * factor,
        relative_uncertainty=combined(stated.relative_uncertainty, backscatter.relative_uncertainty),
        sources=(*stated.sources, backscatter.source),
        assumptions=(*stated.assumptions, *backscatter.assumptions),
        provenance=dataclasses.replace(
            stated.provenance,
            parameters=(*stated.provenance.parameters, ("backscatter_factor", backscatter.factor)),
        ),
    )

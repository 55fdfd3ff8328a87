"""Entrance surface air kerma of many exposures at once: the best founded way of each, as `entrance_kerma_estimates`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.backscatter import backscatter_factors, backscatter_reach
from xrayiq.dose.copper_filter import copper_transmissions, copper_uncertainty
from xrayiq.dose.sourced import shipped_table
from xrayiq.dose.stated_doses import stated_uncertainty
from xrayiq.dose.tube_output import TubeOutputTable, tube_outputs_at

Floats = NDArray[np.float64]

#: of each way, in the order that counts where two are equally sure
METHODS: Final = ("technique", "reference_point", "dose_area_product", "stated")
_METRE_MM: Final = 1000.0
_UGY_PER_MGY: Final = 1000.0
_MGY_MM2_PER_GY_M2: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntranceColumns:
    """What is known of exposures of tubes with one table of outputs; 1-D arrays of one length, NaN where nothing is.

    Parameters
    ----------
    tube_voltage_kv, exposure_mas : array
        Technique.
    source_skin_distance_mm, distance_relative_uncertainty : array
        Distance of the skin, and its relative standard uncertainty.
    added_copper_mm : array
        Copper in the beam; 0 where there is none or nothing is told of it, NaN where its thickness is not known.
    dap_gy_m2, field_area_at_1_m_mm2 : array
        Dose-area product and field.
    stated_entrance_dose_mgy : array
        Of header or report, taken as without backscatter.
    reference_point_kerma_mgy, source_reference_point_distance_mm : array
        Air kerma at the reference point, and its distance from the focus.
    """

    tube_voltage_kv: Floats
    exposure_mas: Floats
    source_skin_distance_mm: Floats
    distance_relative_uncertainty: Floats
    added_copper_mm: Floats
    dap_gy_m2: Floats
    field_area_at_1_m_mm2: Floats
    stated_entrance_dose_mgy: Floats
    reference_point_kerma_mgy: Floats
    source_reference_point_distance_mm: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EntranceKermaColumns:
    """Entrance surface air kerma, with backscatter, of each exposure.

    Parameters
    ----------
    kerma_mgy, relative_uncertainty : 1-D array
        By the way of least standard uncertainty (k = 1); NaN where there is none.
    method : 1-D array of str
        One of `METHODS`, empty where there is none.
    """

    kerma_mgy: Floats
    relative_uncertainty: Floats
    method: NDArray[np.str_]


def entrance_surface_kerma(columns: EntranceColumns, *, outputs: TubeOutputTable) -> EntranceKermaColumns:
    """Entrance surface air kerma K_a,e of many exposures, each by the way of least uncertainty.

    Parameters
    ----------
    columns : EntranceColumns
        What is known of them.
    outputs : TubeOutputTable
        Of their tube, or `computed_tube_output`.

    Returns
    -------
    EntranceKermaColumns
        Equal to the first of `entrance_kerma_estimates` for each exposure.

    Notes
    -----
    Values of 0 or less of voltage, distance and field close the ways that need them; a dose of 0 is one.
    """
    output, layer = tube_outputs_at(outputs, columns.tube_voltage_kv)
    passed, behind = copper_transmissions(columns.tube_voltage_kv, columns.added_copper_mm)
    has_copper = columns.added_copper_mm != 0.0
    layer = np.where(has_copper, behind, layer)
    distance = _positive(columns.source_skin_distance_mm)
    area = _positive(columns.field_area_at_1_m_mm2)
    square = (_METRE_MM / distance) ** 2
    spread = 2.0 * columns.distance_relative_uncertainty
    charge = _from_zero(columns.exposure_mas)
    place = _positive(columns.source_reference_point_distance_mm)
    kermas = np.stack(
        [
            output * passed * charge / _UGY_PER_MGY * square,
            _from_zero(columns.reference_point_kerma_mgy) * (place / distance) ** 2,
            _from_zero(columns.dap_gy_m2) * _MGY_MM2_PER_GY_M2 / area * square,
            _from_zero(columns.stated_entrance_dose_mgy),
        ]
    )
    factor, factor_spread = _backscatter(layer, np.sqrt(area) * distance / _METRE_MM)
    ways = np.stack(
        [
            np.hypot(np.hypot(outputs.relative_uncertainty, spread), np.where(has_copper, copper_uncertainty(), 0.0)),
            np.hypot(stated_uncertainty("reference_point_kerma"), spread),
            np.hypot(stated_uncertainty("dose_area_product"), spread),
            np.full_like(spread, stated_uncertainty("incident_air_kerma")),
        ]
    )
    ways = np.where(np.isfinite(kermas), np.hypot(ways, factor_spread), np.inf)
    best = ways.argmin(axis=0)
    each = np.arange(best.size)
    known = np.isfinite(ways[best, each])
    return EntranceKermaColumns(
        kerma_mgy=np.where(known, kermas[best, each] * factor, np.nan),
        relative_uncertainty=np.where(known, ways[best, each], np.nan),
        method=np.where(known, np.array(METHODS)[best], ""),
    )


def _backscatter(layer: Floats, side_mm: Floats) -> tuple[Floats, Floats]:
    """Factors and their relative uncertainties; the common ones where beam or field are not known."""
    rows = shipped_table("backscatter")
    low, high = backscatter_reach()
    known = (layer >= low) & (layer <= high) & (side_mm > 0.0)
    own = backscatter_factors(np.where(known, layer, low), np.where(known, side_mm, 0.0))
    spreads = (rows["table"]["relative_uncertainty"], rows["unknown"]["relative_uncertainty"])
    return np.where(known, own, rows["unknown"]["factor"]), np.where(known, *spreads)


def _positive(values: Floats) -> Floats:
    return np.where(values > 0.0, values, np.nan)


def _from_zero(values: Floats) -> Floats:
    return np.where(values >= 0.0, values, np.nan)

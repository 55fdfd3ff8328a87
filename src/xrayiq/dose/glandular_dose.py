"""Average glandular dose of a compressed breast from the kerma that enters it: K·g·c·s, in tomosynthesis times T."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from xrayiq.dose.dose_estimate import DoseEstimate, combined, required_positive
from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError
from xrayiq.model import Provenance

ALGORITHM_VERSION: Final = 1


def target_filters() -> tuple[str, ...]:
    """Target and filter combinations that factors are known for, as ``"W/Rh"``."""
    return tuple(shipped_table("glandular_dose")["s"])


@dataclass(frozen=True, slots=True, kw_only=True)
class GlandularDoseCheck:
    """How far stated glandular doses may lie from estimated ones.

    Parameters
    ----------
    tolerance_fraction : float
        Of the ratio from 1.
    fewest_exposures : int
        That a median is taken of.
    source : Source
        Where it stands.
    """

    tolerance_fraction: float
    fewest_exposures: int
    source: Source


def glandular_dose_check() -> GlandularDoseCheck:
    """The tolerance of ``data/glandular_dose_check.toml``."""
    row = shipped_table("glandular_dose_check")["stated_over_estimated"]
    return GlandularDoseCheck(
        tolerance_fraction=row["tolerance_fraction"],
        fewest_exposures=row["fewest_exposures"],
        source=source_of(row),
    )


def estimate_glandular_dose(
    incident_kerma_mgy: float,
    *,
    half_value_layer_mm_al: float,
    breast_thickness_mm: float,
    target_filter: str,
    age_years: float | None,
    kerma_relative_uncertainty: float,
    tomosynthesis_factor: float | None = None,
) -> DoseEstimate:
    """Average glandular dose of one exposure of a breast (Dance 1990, 2000, 2009).

    Parameters
    ----------
    incident_kerma_mgy : float
        Air kerma at the upper surface of the compressed breast, beneath the paddle, without backscatter.
    half_value_layer_mm_al : float
        Of the beam beneath the paddle, 0.30 to 0.60 mm.
    breast_thickness_mm : float
        Compressed, 20 to 110 mm.
    target_filter : str
        One of `target_filters`.
    age_years : float or None
        Tells the glandularity typical of the thickness. None, and ages outside 40 to 64, take the nearer of the two
        tables (50 to 64 for None), and say so.
    kerma_relative_uncertainty : float
        Standard uncertainty (k = 1) of the kerma.
    tomosynthesis_factor : float, optional
        T of the unit's scan and this thickness (Dance 2011); without it the exposure is one view. None is shipped.

    Returns
    -------
    DoseEstimate
        Quantity ``average_glandular_dose``; its factors stand in the provenance.

    Raises
    ------
    InputError
        A value outside the tables, or a combination that no factor is known for; nothing is extrapolated.

    Notes
    -----
    Between half-value layers all factors are linear; between thicknesses ln g is linear in the logarithm of the
    thickness, c and s are linear. They are exact at the points of the tables.
    The uncertainty is that of kerma, factors and half-value layer. The model is not the woman's breast: newer models
    give some 30 % less (Dance and Sechopoulos 2016).
    """
    kerma = required_positive("incident_kerma_mgy", incident_kerma_mgy, zero=True)
    layer = required_positive("half_value_layer_mm_al", half_value_layer_mm_al)
    thickness = required_positive("breast_thickness_mm", breast_thickness_mm)
    tables = shipped_table("glandular_dose")
    spectrum = _spectrum_table(target_filter, tables["s"])
    group, assumptions = _age_group(age_years, tables["c"])
    parts: dict[str, Mapping[str, Any]] = {"g": tables["g"], "c": tables["c"][group], "s": spectrum}
    factors = {
        "g": _between(parts["g"], layer, thickness, power_law=True),
        "c": _between(parts["c"], layer, thickness),
        "s": _spectrum(parts["s"], thickness),
    }
    if tomosynthesis_factor is not None:
        factors["T"] = required_positive("tomosynthesis_factor", tomosynthesis_factor)
        assumptions = (*assumptions, "factor T of tomosynthesis as given")
    return DoseEstimate(
        quantity="average_glandular_dose",
        value=kerma * float(np.prod(list(factors.values()))),
        relative_uncertainty=combined(
            required_positive("kerma_relative_uncertainty", kerma_relative_uncertainty, zero=True),
            tables["model"]["relative_uncertainty"],
        ),
        method="dance",
        sources=tuple(dict.fromkeys(source_of(part) for part in parts.values())),
        assumptions=assumptions,
        provenance=Provenance(
            algorithm="glandular_dose",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(
                ("incident_kerma_mgy", kerma),
                ("half_value_layer_mm_al", layer),
                ("breast_thickness_mm", thickness),
                ("target_filter", target_filter),
                ("age_group", group),
                *factors.items(),
            ),
        ),
    )


def estimate_phantom_glandular_dose(
    incident_kerma_mgy: float,
    *,
    half_value_layer_mm_al: float,
    pmma_thickness_mm: float,
    target_filter: str,
    kerma_relative_uncertainty: float,
) -> DoseEstimate:
    """Average glandular dose of the typical breast that a slab of PMMA stands for.

    Parameters
    ----------
    incident_kerma_mgy : float
        Air kerma at the height of the breast's upper surface, without backscatter.
    half_value_layer_mm_al : float
        Of the beam beneath the paddle, 0.30 to 0.60 mm.
    pmma_thickness_mm : float
        20 to 80 mm.
    target_filter : str
        One of `target_filters`.
    kerma_relative_uncertainty : float
        Standard uncertainty (k = 1) of the kerma.

    Returns
    -------
    DoseEstimate
        K · (g·c) · s, exact at the points of the table and linear in thickness and half-value layer between them.

    Raises
    ------
    InputError
        A value outside the tables, or a combination that no factor is known for.
    """
    kerma = required_positive("incident_kerma_mgy", incident_kerma_mgy, zero=True)
    layer = required_positive("half_value_layer_mm_al", half_value_layer_mm_al)
    thickness = required_positive("pmma_thickness_mm", pmma_thickness_mm)
    tables = shipped_table("glandular_dose")
    slab, spectrum = tables["pmma"], _spectrum_table(target_filter, tables["s"])
    product = _between(slab, layer, thickness)
    breast = float(np.interp(thickness, slab["thicknesses_mm"], slab["breast_thicknesses_mm"]))
    factor = _spectrum(spectrum, breast)
    return DoseEstimate(
        quantity="average_glandular_dose",
        value=kerma * product * factor,
        relative_uncertainty=combined(
            required_positive("kerma_relative_uncertainty", kerma_relative_uncertainty, zero=True),
            tables["model"]["relative_uncertainty"],
        ),
        method="dance_pmma",
        sources=(source_of(slab), source_of(spectrum)),
        assumptions=(f"{thickness:g} mm of PMMA for a typical breast of {breast:.0f} mm",),
        provenance=Provenance(
            algorithm="glandular_dose",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(
                ("incident_kerma_mgy", kerma),
                ("half_value_layer_mm_al", layer),
                ("pmma_thickness_mm", thickness),
                ("target_filter", target_filter),
                ("g_times_c", product),
                ("s", factor),
            ),
        ),
    )


def _age_group(age_years: float | None, tables: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Name of the table for an age, and what was assumed."""
    if age_years is None:
        return "50-64", ("glandularity typical of 50 to 64 years, as no age is known",)
    age = required_positive("age_years", age_years)
    for name, row in tables.items():
        if row["ages_years"][0] <= age < row["ages_years"][1]:
            return name, ()
    nearest = "40-49" if age < 50 else "50-64"
    return nearest, (f"glandularity typical of {nearest.replace('-', ' to ')} years for an age of {age:.0f}",)


def _spectrum_table(target_filter: str, tables: Mapping[str, Any]) -> Mapping[str, Any]:
    if target_filter not in tables:
        raise InputError(f"target and filter {target_filter!r}", needed="one of " + ", ".join(tables))
    found: Mapping[str, Any] = tables[target_filter]
    return found


def _between(table: Mapping[str, Any], layer: float, thickness: float, *, power_law: bool = False) -> float:
    layers, thicknesses = table["half_value_layers_mm_al"], table["thicknesses_mm"]
    _check_inside("half-value layer", layer, layers, "mm Al")
    _check_inside("breast of", thickness, thicknesses, "mm")
    columns = [float(np.interp(layer, layers, row)) for row in table["factors"]]
    if thickness in thicknesses:
        return columns[int(thicknesses.index(thickness))]
    if power_law:
        return float(np.exp(np.interp(np.log(thickness), np.log(thicknesses), np.log(columns))))
    return float(np.interp(thickness, thicknesses, columns))


def _spectrum(table: Mapping[str, Any], thickness: float) -> float:
    if "thicknesses_mm" not in table:
        return float(table["factors"][0])
    _check_inside("breast of", thickness, table["thicknesses_mm"], "mm")
    return float(np.interp(thickness, table["thicknesses_mm"], table["factors"]))


def _check_inside(name: str, value: float, axis: list[float], unit: str) -> None:
    if not axis[0] <= value <= axis[-1]:
        raise InputError(
            f"{name} {value:g} {unit}", needed=f"{axis[0]:g} to {axis[-1]:g} {unit}, the range of the table"
        )

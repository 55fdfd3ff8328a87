"""Effective dose of an examination as an indicator of a population: mean dose-area product times a coefficient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Measurement, Provenance, Result
from xrayiq.units import to_inside_unit

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class EffectiveDose(Result):
    """Effective dose of an examination of a group of adults.

    Parameters
    ----------
    effective_dose_msv : float
        Mean of the group, at full precision; `text` has the one digit that it is worth.
    exam : str
        Examination or view that the coefficient is for.
    exposures : int
        Dose-area products in the mean.
    mean_dap_gy_m2 : float
        Their mean.
    coefficient_msv_per_gy_cm2 : float
        Of the table.
    relative_uncertainty : float
        Expanded (k = 2).
    weighting : str
        Tissue weighting factors of the coefficient: ``"ICRP 60"`` or ``"ICRP 103"``.
    source : Source
        Of the coefficient.
    warning : str
        Belongs beside every print of the number.
    provenance : Provenance
        Algorithm and parameters.
    """

    effective_dose_msv: float
    exam: str
    exposures: int
    mean_dap_gy_m2: float
    coefficient_msv_per_gy_cm2: float
    relative_uncertainty: float
    weighting: str
    source: Source
    warning: str
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The mean of the group."""
        return (Measurement(quantity="effective_dose", value=self.effective_dose_msv),)

    @property
    def text(self) -> str:
        """One significant digit, with its uncertainty and warning."""
        uncertainty = f"± {100 * self.relative_uncertainty:.0f} %"
        return f"{one_digit(self.effective_dose_msv)} mSv {uncertainty}, {self.exposures} exposures ({self.warning})"

    def _headline(self) -> list[tuple[str, str]]:
        return [("Effective dose", self.text)]


def coefficient_sets() -> dict[str, tuple[str, ...]]:
    """Names of the sets of coefficients, and the examinations or views of each."""
    return {name: tuple(row["coefficients"]) for name, row in shipped_table("effective_dose")["sets"].items()}


def coefficient_terms() -> dict[tuple[str, str], tuple[str, str]]:
    """Body part and view (empty for any) of each set and examination, as ``data/examinations.toml`` terms them."""
    sets = shipped_table("effective_dose")["sets"]
    return {(name, exam): (part, view) for name, row in sets.items() for exam, (part, view) in row["terms"].items()}


def estimate_effective_dose(
    dap_gy_m2: Sequence[float], *, ages_years: Sequence[float | None], exam: str, coefficients: str
) -> EffectiveDose:
    """Effective dose of an examination from the dose-area products of a group of adults.

    Parameters
    ----------
    dap_gy_m2 : sequence of float
        One for each exposure, or examination where the coefficients are for these.
    ages_years : sequence of float or None
        Of the patients, in the same order; None where the age is not known.
    exam : str
        Name in the set of coefficients, for example ``"chest"``.
    coefficients : str
        ``"EC RP 154"`` (examinations, ICRP 60) or ``"HPA-CRCE-028"`` (views, ICRP 103).

    Returns
    -------
    EffectiveDose
        Mean dose-area product times the coefficient.

    Raises
    ------
    InputError
        An unknown set or examination, a child (its coefficients are others), lengths that differ, or a product that is
        negative or not finite.
    NotMeasurableError
        ``too_few_exposures``: fewer than 20; it is no dose of a patient.
    """
    table = shipped_table("effective_dose")
    rule, sets = table["rule"], table["sets"]
    row = _set_with(sets, coefficients, exam)
    products = np.asarray(dap_gy_m2, dtype=np.float64)
    if products.ndim != 1 or products.size != len(ages_years):
        raise InputError(f"{products.size} products and {len(ages_years)} ages", needed="one age for each product")
    if not np.all(np.isfinite(products) & (products >= 0)):
        raise InputError("a dose-area product that is negative or not finite", needed="values of 0 or more")
    known = [age for age in ages_years if age is not None]
    if any(not math.isfinite(age) or age < rule["youngest_years"] for age in known):
        raise InputError(
            f"a patient below {rule['youngest_years']:g} years, or an age that is none",
            needed="adults",
            remedy="leave children out: their coefficients depend on age and are not shipped",
        )
    if products.size < rule["fewest_exposures"]:
        raise NotMeasurableError(
            "too_few_exposures",
            f"{products.size} exposures",
            needed=f"{rule['fewest_exposures']} or more: effective dose describes a population, not a patient",
        )
    mean, coefficient = float(products.mean()), float(row["coefficients"][exam])
    unknown = len(ages_years) - len(known)
    return EffectiveDose(
        effective_dose_msv=mean / to_inside_unit(1.0, "Gy.cm2", "dose_area_product") * coefficient,
        exam=exam,
        exposures=int(products.size),
        mean_dap_gy_m2=mean,
        coefficient_msv_per_gy_cm2=coefficient,
        relative_uncertainty=rule["relative_uncertainty"],
        weighting=row["weighting"],
        source=source_of(row),
        warning=rule["warning"],
        provenance=Provenance(
            algorithm="effective_dose",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("coefficients", coefficients), ("exam", exam), ("per", row["per"])),
            warnings=(f"{unknown} patients of unknown age, taken as adults",) if unknown else (),
        ),
    )


def one_digit(value: float) -> str:
    """A number with one significant digit, without an exponent.

    Parameters
    ----------
    value : float
        0 or more.

    Returns
    -------
    str
        As ``"0.02"`` or ``"30"``.
    """
    if value == 0:
        return "0"
    place = math.floor(math.log10(abs(value)))
    rounded = round(value, -place)
    return f"{rounded:.{max(0, -math.floor(math.log10(abs(rounded))))}f}"


def _set_with(sets: dict[str, Any], coefficients: str, exam: str) -> dict[str, Any]:
    if coefficients not in sets:
        raise InputError(f"coefficients {coefficients!r}", needed="one of " + ", ".join(sets))
    row: dict[str, Any] = sets[coefficients]
    if exam not in row["coefficients"]:
        raise InputError(f"exam {exam!r} in {coefficients}", needed="one of " + ", ".join(row["coefficients"]))
    return row

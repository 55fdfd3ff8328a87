"""Effective doses of groups of adults: an indicator for comparing examinations, never of a patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from xrayiq.audit.dose_estimates import EFFECTIVE_COLUMNS
from xrayiq.dose import coefficient_terms, estimate_effective_dose
from xrayiq.errors import NotMeasurableError

#: size bands of adults; the coefficients are for no others
_ADULTS: Final = ("adult", "adult, other size")


def effective_doses(fit: pd.DataFrame) -> pd.DataFrame:
    """Effective dose of each examination and size band of adults, at each site.

    Parameters
    ----------
    fit : DataFrame
        Exposures, doses in a probably wrong unit unknown.

    Returns
    -------
    DataFrame
        `EFFECTIVE_COLUMNS`: by radiograph where coefficients are for a view, by examination (all exposures of a study
        and body part together) where they are for that. Groups of fewer than 20 and children have no row.
    """
    adults = fit[fit["band"].isin(_ADULTS) & fit["dose_area_product"].notna()]
    adults = adults[~(adults["patient_age_years"] < 18.0)]
    rows = []
    for (name, exam), (part, view) in coefficient_terms().items():
        own = adults[adults["body_part"] == part]
        own = own[own["view"] == view] if view else own
        for (site, band), doses in _groups(own, by_study=not view):
            try:
                found = estimate_effective_dose(
                    doses.to_list(), ages_years=[None] * len(doses), exam=exam, coefficients=name
                )
            except NotMeasurableError:  # too few for a population
                continue
            rows.append(
                {
                    "site": site,
                    "per": "radiograph" if view else "examination",
                    "body_part": part,
                    "view": view,
                    "band": band,
                    "exposures": found.exposures,
                    "mean_dose_area_product": found.mean_dap_gy_m2,
                    "coefficient_msv_per_gy_cm2": found.coefficient_msv_per_gy_cm2,
                    "effective_dose": found.effective_dose_msv,
                    "relative_uncertainty_k2": found.relative_uncertainty,
                    "weighting": found.weighting,
                    "method": f"mean dose-area product times the coefficient of {name}",
                    "source": found.source.text,
                    "text": found.text,
                    "warning": found.warning,
                }
            )
    return pd.DataFrame(rows, columns=list(EFFECTIVE_COLUMNS))


def _groups(own: pd.DataFrame, *, by_study: bool) -> Iterator[tuple[tuple[str, str], pd.Series]]:
    """Site and band, and the dose-area product of each radiograph or examination."""
    for key, group in own.groupby(["site", "band"], observed=True, sort=True):
        doses = group["dose_area_product"]
        if by_study:
            study = group["study_uid"].fillna(group["subject"])
            doses = group.groupby(study, sort=False)["dose_area_product"].sum()
        yield (str(key[0]), str(key[1])), doses

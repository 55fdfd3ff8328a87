"""Audit of the doses of a store: exposures with what their technique lets expect, held against levels."""

from __future__ import annotations

import datetime
from collections.abc import Collection

import pandas as pd

from xrayiq.audit import DoseAudit, DoseEstimates, assess_dose, comparable_doses
from xrayiq.dose import LEVEL_COLUMNS, find_unit_suspicions, level_rows, shipped_substantial_dose
from xrayiq.errors import InputError
from xrayiq.procedures.audited import counted_exposures
from xrayiq.procedures.effective_doses import effective_doses
from xrayiq.procedures.expected_doses import (
    with_entrance_kerma,
    with_expected_dap,
    with_expected_kerma,
    with_stated_uncertainty,
)
from xrayiq.procedures.glandular_doses import with_glandular_dose
from xrayiq.procedures.site import Site
from xrayiq.procedures.skin_doses import skin_doses
from xrayiq.procedures.study_totals import fluoroscopic_studies
from xrayiq.records import Records

#: stated doses that technique and geometry give an expectation of
_EXPECTED = ("dose_area_product", "incident_air_kerma", "average_glandular_dose")
_UNITS: tuple[str, ...] = (
    *("site", "room", "unit", "quantity", "exposures", "median_ratio", "suspected_power", "text"),
)


def audit_dose(
    records: Records,
    *,
    site: Site | None = None,
    first: datetime.date | None = None,
    last: datetime.date | None = None,
    only_site: str = "",
    populations: Collection[str] = ("clinical",),
) -> DoseAudit:
    """Audit the doses of a store's exposures.

    Parameters
    ----------
    records : Records
        Store.
    site : Site, optional
        Settings of a site's file: register, names of examinations, outputs of tubes, reference levels of its own.
    first, last : date, optional
        Days that the exposures lie within.
    only_site : str
        Only exposures at this site.
    populations : collection of str
        Which images count; patients' exposures by default.

    Returns
    -------
    DoseAudit
        Typical values beside reference levels, units that probably state doses wrongly, excursions, creep, workload,
        dose beside image quality, effective doses of groups, and skin doses of fluoroscopy, with findings. Nothing is
        written.
    """
    settings, counted = counted_exposures(records, site, first, last, only_site, populations)
    exposures = with_expected_kerma(with_expected_dap(counted.frame, settings), settings)
    exposures, glandular = with_glandular_dose(records, exposures)
    units = unit_frame(exposures)
    exposures = with_entrance_kerma(exposures, comparable_doses(exposures, units), settings)
    exposures = with_stated_uncertainty(exposures)
    return assess_dose(
        exposures,
        levels=pd.DataFrame(level_rows(settings.reference_levels), columns=LEVEL_COLUMNS),
        units=units,
        unmapped=counted.unmapped,
        left_out=counted.left_out,
        estimates=_estimates(records, comparable_doses(exposures, units), glandular),
        studies=fluoroscopic_studies(
            records, settings, counted.equipment, first=first, last=last, only_site=counted.only_site
        ),
        levels_of_totals=pd.DataFrame(level_rows(settings.reference_levels, per="examination"), columns=LEVEL_COLUMNS),
    )


def _estimates(records: Records, fit: pd.DataFrame, glandular: pd.DataFrame) -> DoseEstimates:
    """What is estimated of exposures, doses in a probably wrong unit unknown."""
    skin = skin_doses(records, fit)
    return DoseEstimates(
        effective_dose=effective_doses(fit),
        skin_dose=skin.frame,
        skin_maps=skin.maps,
        glandular_dose=glandular,
        substantial_levels=shipped_substantial_dose().levels,
    )


def unit_frame(exposures: pd.DataFrame) -> pd.DataFrame:
    """Stated over expected doses of each unit, for each quantity that is expected; see `find_unit_suspicions`."""
    rows = []
    for quantity in _EXPECTED:
        if f"expected_{quantity}" not in exposures:
            continue
        for (name, room), group in exposures.groupby(["site", "room"], observed=True, sort=True):
            try:
                found = find_unit_suspicions(
                    group["unit"].to_list(),
                    group[quantity].to_numpy(),
                    group[f"expected_{quantity}"].to_numpy(),
                    quantity=quantity,
                )
            except InputError:  # no exposure with both doses: nothing can be said
                continue
            rows += [
                {"site": name, "room": room, "unit": one.unit, "quantity": found.quantity, "exposures": one.exposures}
                | {"median_ratio": one.median_ratio, "suspected_power": one.suspected_power, "text": one.text}
                for one in found.units
            ]
    return pd.DataFrame(rows, columns=list(_UNITS))

"""Audit of rejects and repeats: rates, charts, reasons, dose, apparent repeats, and what to look into."""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from xrayiq.audit.apparent_repeats import apparent_rate, find_apparent_repeats, is_assessable
from xrayiq.audit.counter_findings import counter_findings
from xrayiq.audit.exposure_counters import count_exposures
from xrayiq.audit.findings_table import table_of
from xrayiq.audit.reject_reasons import RejectScheme, shipped_reject_reasons
from xrayiq.audit.repeat_bounds import RepeatBounds, shipped_repeat_bounds
from xrayiq.audit.repeat_charts import rate_funnel, weekly_rates
from xrayiq.audit.repeat_findings import repeat_findings
from xrayiq.audit.repeat_rates import reason_counts, repeat_rates, wasted_dose, with_groups
from xrayiq.audit.repeat_settings import RepeatRules, shipped_repeat_rules
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import AuditFinding
from xrayiq.stats import CorrectedProportion

FRAMES: Final = (
    *("rates", "reasons", "funnel", "weeks", "candidates", "dose", "sources", "rejects", "unmapped", "exposures"),
    *("counters", "findings"),
)
_OF_ROOMS: Final = ("exposures", "rates", "funnel", "weeks", "candidates", "dose", "sources", "rejects", "counters")
#: columns of exposures that the audit is of
_KEPT: Final = (
    *("subject", "source", "exposed_at", "site", "room", "unit", "equipment_id", "body_part", "view", "laterality"),
    *("protocol_name", "band", "study_uid", "patient_key", "operator_key", "dose_area_product", "deviation_index"),
    *("field_area_mm2", "field_center_row_mm", "field_center_column_mm", "is_rejected", "reject_source", "category"),
    "reason",
)
_COUNTED: Final = (
    *("exposure_key", "exposed_at", "site", "room", "unit", "manufacturer", "detector_id", "study_uid"),
    *("exposures_since_manufacture", "exposures_since_calibration"),
)
_STEPS: Final = ("study_uid", "exposure_count")
_OF_REJECTS: Final = (
    *("subject", "exposed_at", "site", "room", "unit", "body_part", "view", "laterality", "band", "reject_source"),
    *("category", "reason", "operator_key", "dose_area_product", "deviation_index", "study_uid"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RepeatAudit:
    """Rejects and repeats of a period, and what to look into.

    Rejects are exposures that were not presented for diagnosis; repeats are images beyond the expected number that
    were: the two are counted apart, and apparent repeats are never rejects (AAPM TG-305).

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, one row for each, with `is_rejected`, `is_assessable` and `is_repeat`.
    rejected, images : int
        Those that were rejected, and accepted images that repeats were looked for among.
    apparent : CorrectedProportion or None
        Share of repeats among these; None where there is no such image.
    rates : DataFrame
        As `repeat_rates` gives them.
    reasons : DataFrame
        Pareto of reasons, as `reason_counts` gives it.
    funnel, weeks : DataFrame
        As `rate_funnel` and `weekly_rates` give them.
    candidates : DataFrame
        Apparent repeats, as `find_apparent_repeats` gives them.
    dose : DataFrame
        As `wasted_dose` gives it.
    sources : DataFrame
        Number of rejects of each room by what tells of them.
    rejects : DataFrame
        One row for each.
    counters : DataFrame
        Exposures that detectors and performed steps count, beside the stored ones, as `count_exposures` gives them:
        neither rejects nor repeats.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    bounds : RepeatBounds
        What rates were held against.
    left_out : mapping of str to int
        What does not count, by reason.
    findings : tuple of AuditFinding
        What to look into, the gravest first.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    rejected: int
    images: int
    apparent: CorrectedProportion | None
    rates: pd.DataFrame
    reasons: pd.DataFrame
    funnel: pd.DataFrame
    weeks: pd.DataFrame
    candidates: pd.DataFrame
    dose: pd.DataFrame
    sources: pd.DataFrame
    rejects: pd.DataFrame
    counters: pd.DataFrame
    unmapped: pd.DataFrame
    bounds: RepeatBounds
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "rates") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"rates"``, ``"reasons"``, ``"funnel"``, ``"weeks"``, ``"candidates"`` (apparent repeats), ``"dose"``,
            ``"sources"``, ``"rejects"``, ``"counters"``, ``"unmapped"``, ``"exposures"`` or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Fractions, not percent.

        Raises
        ------
        InputError
            There is no such table.
        """
        return table_of(self, name, FRAMES)

    def of_place(self, *, site: str, room: str) -> RepeatAudit:
        """What the audit says of one room.

        Parameters
        ----------
        site, room : str
            Names as the tables have them.

        Returns
        -------
        RepeatAudit
            Tables and findings of the room; numbers of all, reasons and what is left out stay those of all.
        """
        frames = {
            name: frame[(frame["site"] == site) & (frame["room"] == room)]
            for name in _OF_ROOMS
            for frame in (getattr(self, name),)
        }
        own = tuple(one for one in self.findings if (one.site, one.room) == (site, room))
        return dataclasses.replace(self, **frames, findings=own)

    def __repr__(self) -> str:
        """Rates and number of findings."""
        days = days_text(self.first_day, self.last_day)
        number = len(self.exposures)
        rate = f"{self.rejected / number:.1%} rejected" if number else "no exposures"
        repeated = f", {self.apparent.proportion:.1%} apparent repeats" if self.apparent else ""
        return f"RepeatAudit({number} exposures, {days}, {rate}{repeated}, {len(self.findings)} findings)"


def assess_repeats(
    exposures: pd.DataFrame,
    *,
    unmapped: pd.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
    counted_images: pd.DataFrame | None = None,
    counted_steps: pd.DataFrame | None = None,
    bounds: RepeatBounds | None = None,
    rules: RepeatRules | None = None,
    scheme: RejectScheme | None = None,
) -> RepeatAudit:
    """Audit rejects and repeats.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure of a patient, whatever tells of it: `subject`, `source` (``"report"`` where no image
        is stored), `exposed_at`, `site`, `room`, `unit`, `body_part`, `view`, `laterality`, `protocol_name`, `band`,
        `study_uid`, `patient_key`, `operator_key`, `dose_area_product`, `deviation_index`, `field_area_mm2` (NaN where
        not known), `is_rejected`, `reject_source` (what tells it; empty where accepted), `category` and `reason`.
    unmapped : DataFrame, optional
        What could not be told, as in `RepeatAudit`.
    left_out : mapping of str to int, optional
        What does not count, by reason.
    counted_images, counted_steps : DataFrame, optional
        Counters of detectors and of performed steps, as `count_exposures` takes them; nothing is said of them without.
    bounds, rules, scheme : optional
        Bounds of rates, rules of apparent repeats, and scheme of reasons; the shipped ones without.

    Returns
    -------
    RepeatAudit
        Operators have rows in the tables, by their keys, and no findings: TG-305 asks for confidentiality.
    """
    known, held, reasons_of = rules or shipped_repeat_rules(), bounds or shipped_repeat_bounds(), scheme
    reasons_of = reasons_of or shipped_reject_reasons()
    kept = [name for name in _KEPT if name in exposures.columns]
    every = exposures[kept].assign(is_rejected=exposures["is_rejected"].astype(bool))
    accepted = every[~every["is_rejected"]]
    assessable = is_assessable(accepted)
    candidates = find_apparent_repeats(accepted, rules=known)
    repeats = set(candidates.loc[candidates["counted"].astype(bool), "subject"])
    every["is_assessable"] = False
    every.loc[accepted.index[assessable], "is_assessable"] = True
    every["is_repeat"] = every["subject"].map(repeats.__contains__).astype(bool)
    rejects = every[every["is_rejected"]]
    images = int(assessable.sum())
    grouped = with_groups(every)
    rates = repeat_rates(grouped, known)
    reasons = reason_counts(rejects, reasons_of)
    funnel = rate_funnel(grouped, held)
    weeks = weekly_rates(every)
    counters = count_exposures(_or_empty(counted_images), _or_empty(counted_steps), every, held)
    sources = rejects.groupby(["site", "room", "reject_source"], observed=True).size().rename("rejects").reset_index()
    return RepeatAudit(
        **days_of(every["exposed_at"]),
        exposures=every,
        rejected=len(rejects),
        images=images,
        apparent=apparent_rate(candidates, images, rules=known) if images else None,
        rates=rates,
        reasons=reasons,
        funnel=funnel,
        weeks=weeks,
        candidates=candidates,
        dose=wasted_dose(every),
        sources=sources,
        rejects=rejects.reindex(columns=list(_OF_REJECTS)).sort_values("exposed_at", kind="stable", ignore_index=True),
        counters=counters,
        unmapped=pd.DataFrame() if unmapped is None else unmapped,
        bounds=held,
        left_out=dict(left_out or {}),
        findings=(
            *repeat_findings(every, rates=rates, funnel=funnel, weeks=weeks, reasons=reasons, bounds=held),
            *counter_findings(counters, held),
        ),
    )


def _or_empty(frame: pd.DataFrame | None) -> pd.DataFrame:
    return pd.DataFrame(columns=list(dict.fromkeys((*_COUNTED, *_STEPS)))) if frame is None else frame

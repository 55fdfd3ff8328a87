"""Findings of an audit of image quality in the order in which they are worth looking into, each with its evidence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.image_quality_noise import NoiseLevel
from xrayiq.audit.image_quality_rules import FAULTS, GROUP, UNIT, ImageQualityRules
from xrayiq.audit.levels_over_time import alike_changes, key_of
from xrayiq.audit.ranking import Ranked, in_order
from xrayiq.audit.shares import OVER
from xrayiq.audit.told_places import days_of
from xrayiq.model import AuditFinding

AUDIT: Final = "quality"
NOISE, SHARE = "noise_over_expected", "image_fault_share"
RECURRING: Final = "recurring_artefact"
#: what findings of noise are called: a level that steps or drifts, and one above the other rooms
NOISE_KINDS: Final = ("noise_step", "noise_drift", "noisier_than_rooms")
_ALL: Final = "all examinations"
_MOST_SUBJECTS: Final = 20
_NEEDED: Final = (*GROUP, "subject", "exposed_at", "unexplained_noise", "receptor_kerma_ugy")
_LOOK: Final = {
    "noise_step": "what was done that day: calibration of the detector, grid, filter, processing; then flat fields, "
    "which tell the detector from the rest",
    "noise_drift": "flat fields of the detector (gain, temperature, dose), and the grid; then the case mix",
    "noisier_than_rooms": "which detector and grid it has, and whether its exposure index is calibrated; then NPS and "
    "DQE beside the other rooms'",
    "saturation": "the images first: the anatomy is lost in them; then the exposures, and the range of the detector",
    "clipping": "the images first: where only direct exposure is clipped it does no harm; else processing and range",
    "grid_lines": "the grid: its drive, focal distance, whether it lies upside down, and software that removes lines",
    "beyond_detector": "alignment of tube and detector (detents, Bucky), and fields larger than the detector",
    "seams": "calibration of the panels and of the stitching, and patients who move between the exposures",
    RECURRING: "take a flat field and look at this place: dust, a scratch, damaged or badly corrected pixels, or an "
    "object fixed before the detector",
}


def ranked_findings(
    *,
    exposures: pd.DataFrame,
    levels: tuple[NoiseLevel, ...],
    rooms: pd.DataFrame,
    shares: pd.DataFrame,
    changes: pd.DataFrame,
    recurring: pd.DataFrame,
    rules: ImageQualityRules,
) -> tuple[Ranked, ...]:
    """All findings, the weightiest first.

    Parameters
    ----------
    exposures : DataFrame
        From `with_faults`.
    levels : tuple of NoiseLevel
        From `noise_over_time`.
    rooms, shares, changes : DataFrame
        From `noise_of_rooms`, `fault_shares` and `fault_changes`.
    recurring : DataFrame
        Places that recur on detectors; see `assess_image_quality`.
    rules : ImageQualityRules
        Bounds.

    Returns
    -------
    tuple of Ranked
        One cause is told once: a unit of which most examinations change or lie apart alike in place of these, and a
        change in place of the difference from the other rooms that it makes. Less noise is no finding.
    """
    book = _Book(exposures, rules)
    whole = {
        unit: alike
        for unit, alike in alike_changes(
            levels,
            place=UNIT,
            least=rules["judging"]["unit_groups"],
            fraction=rules["judging"]["unit_fraction"],
        ).items()
        if alike[0].change > 0.0
    }
    for unit, alike in whole.items():
        book.noise_change(alike, UNIT, unit)
    moved = {key_of(one, GROUP) for one in levels if one.signal}
    for one in levels:
        if one.signal and one.change > 0.0 and key_of(one, UNIT) not in whole:
            book.noise_change((one,), GROUP, key_of(one, GROUP))
    apart = [
        row
        for row in rooms.to_dict("records")
        if row["adjusted_p_value"] <= rules["judging"]["false_discovery_rate"]
        and row["low"] > rules["noise"]["rooms_ratio"]
        and key_of(row, UNIT) not in whole
        and key_of(row, GROUP) not in moved
    ]
    compared = rooms.groupby(list(UNIT), observed=True).size()
    for unit in dict.fromkeys(key_of(row, UNIT) for row in apart):
        own = [row for row in apart if key_of(row, UNIT) == unit]
        judging = rules["judging"]
        if len(own) >= max(judging["unit_groups"], judging["unit_fraction"] * int(compared[unit])):
            book.noisier(own, UNIT)
        else:
            for row in own:
                book.noisier([row], GROUP)
    _faults(book, shares, changes, rules)
    for _, places in recurring.groupby([*UNIT, "detector"], observed=True, sort=True):
        book.recurring(places.to_dict("records"))
    return in_order(book.ranked)


def _faults(book: _Book, shares: pd.DataFrame, changes: pd.DataFrame, rules: ImageQualityRules) -> None:
    changed = {(*key_of(row, GROUP), row["measure"]): row for row in changes.to_dict("records")}
    rows = shares[shares["measure"].isin(list(FAULTS))].to_dict("records")
    over = [row for row in rows if row["body_part"] and row["verdict"] == OVER]
    for row in rows:
        if row["body_part"]:
            continue
        alike = [one for one in over if key_of(one, (*UNIT, "measure")) == key_of(row, (*UNIT, "measure"))]
        own = [one for one in alike if not _as_elsewhere(one, rules)]
        change = changed.get((*key_of(row, GROUP), row["measure"]))
        since = change is not None and change["after_low"] > change["permitted"]
        if len(own) != 1 and (since or (row["verdict"] == OVER and len(own) >= len(alike) / 2)):
            book.fault(row, change, UNIT)
        else:
            for one in own:
                book.fault(one, changed.get((*key_of(one, GROUP), one["measure"])), GROUP)


def _as_elsewhere(row: Mapping[Any, Any], rules: ImageQualityRules) -> bool:
    """Whether the other rooms clip about as often, as images of direct exposure do by design."""
    if row["measure"] != "clipping" or math.isnan(row["others_share"]):
        return False
    return bool(row["low"] <= rules["clipping"]["rooms_ratio"] * row["others_share"])


class _Book:
    """Findings as they are written."""

    def __init__(self, exposures: pd.DataFrame, rules: ImageQualityRules) -> None:
        self.ranked: list[Ranked] = []
        self._rules = rules
        self._exposures = exposures[[*_NEEDED, *(column for column, _ in FAULTS.values())]]
        named: tuple[tuple[str, ...], ...] = (UNIT, GROUP)
        self._places: dict[tuple[str, ...], Any] = {
            by: exposures.groupby(list(by), observed=True).indices for by in named
        }

    def noise_change(self, alike: tuple[NoiseLevel, ...], by: tuple[str, ...], key: tuple[str, ...]) -> None:
        """Noise that rises without an exposure that explains it."""
        bound = self._rules["noise"]["least_rise"]
        largest = max(alike, key=lambda one: int(one.counts.sum()))
        factor = math.exp(float(np.median([one.change for one in alike])))
        days = sorted(str(one.changed_on[-1]) for one in alike if one.changed_on)
        day = days[len(days) // 2] if days else str(largest.moments[0])[:10]
        own = self._own(by, key)
        groups = own.set_index(list(GROUP)).index
        own = own[groups.isin([key_of(one, GROUP) for one in alike])]
        own = own[own["unexplained_noise"].notna()]
        is_after = (own["exposed_at"] >= pd.Timestamp(day)).to_numpy(dtype=bool)
        signals = [one.signal for one in alike]
        kind = f"noise_{max(set(signals), key=signals.count)}"
        verb, since = ("steps", "on") if kind == "noise_step" else ("drifts", "from")
        many = f" in {len(alike)} examinations alike" if len(alike) > 1 else ""
        self._write(
            kind,
            by,
            dict(zip(by, key, strict=True)),
            own[is_after].sort_values("unexplained_noise", ascending=False, kind="stable"),
            quantity=NOISE,
            value=factor,
            bound=bound,
            source=f"EWMA of what the exposure leaves unexplained out of its limits, and {bound:g} times or more",
            sentence=f"noise in the anatomy {verb} to {factor:.2f} times what the exposure explains {since} {day}{many}"
            f"{_exposure_text(own, is_after)}",
            weight=int(is_after.sum()) * _decibels(factor),
        )

    def noisier(self, rows: list[dict[Any, Any]], by: tuple[str, ...]) -> None:
        """A room with more noise at equal exposure than the others."""
        middle = sorted(rows, key=lambda row: row["ratio"])[len(rows) // 2]
        bound, exposures = self._rules["noise"]["rooms_ratio"], sum(int(row["exposures"]) for row in rows)
        own = self._own(by, key_of(middle, by))
        many = f"in {len(rows)} examinations, in the middle of them " if by is UNIT else ""
        dose = middle["ratio"] ** 2
        self._write(
            "noisier_than_rooms",
            by,
            middle,
            own[own["unexplained_noise"].notna()].sort_values("unexplained_noise", ascending=False, kind="stable"),
            quantity=NOISE,
            value=middle["ratio"],
            bound=bound,
            source=f"whole interval above {bound:g} times the noise of the other rooms at equal receptor kerma, false "
            f"discovery rate {self._rules['judging']['false_discovery_rate']:.0%} (Benjamini and Hochberg)",
            sentence=f"at equal receptor kerma {many}{middle['ratio']:.2f} times the noise of the other rooms (95 % "
            f"interval {middle['low']:.2f} to {middle['high']:.2f}; {middle['exposures']} exposures against "
            f"{middle['others']}): it takes {dose:.1f} times their exposure for their noise",
            exposures=exposures,
            weight=exposures * _decibels(middle["ratio"]),
        )

    def fault(self, row: Mapping[Any, Any], change: Mapping[Any, Any] | None, by: tuple[str, ...]) -> None:
        """A unit, or one of its examinations, with too many images of one fault."""
        name = row["measure"]
        column, words = FAULTS[name]
        own = self._own(by, key_of(row, by))
        own = own[own[column].notna()]
        told: dict[str, Any] = {"share": row["share"], "low": row["low"], "high": row["high"]}
        told |= {"events": int(row["events"]), "exposures": int(row["exposures"]), "since": ""}
        if change is not None and change["after"] > change["before"]:
            told = {"share": change["after"], "low": change["after_low"], "high": change["after_high"]}
            told |= {"events": int(change["events_after"]), "exposures": int(change["exposures_after"])}
            told["since"] = f" since {change['changed_on']}; {_percent(change['before'])} before"
            own = own[own["exposed_at"] >= pd.Timestamp(change["changed_on"])]
        others = row["others_share"]
        beside = "" if math.isnan(others) else f"; {_percent(others)} in the other rooms"
        self._write(
            name,
            by,
            row,
            own[own[column] == 1.0].sort_values("exposed_at", ascending=False, kind="stable"),
            quantity=SHARE,
            value=told["share"],
            bound=row["permitted"],
            source=self._rules.sources[name],
            sentence=f"{words} in {told['events']} of {told['exposures']} images ({_percent(told['share'])}, 95 % "
            f"interval {_percent(told['low'])} to {_percent(told['high'])}){told['since']}{beside}",
            exposures=told["exposures"],
            weight=told["events"] * self._rules[name]["weight"],
        )

    def recurring(self, places: list[dict[Any, Any]]) -> None:
        """A detector with places that recur over its images, told by the surest."""
        surest, bound = places[0], self._rules["recurring"]["least_share"]
        of = f"detector {surest['detector']}" if surest["detector"] else "the detector"
        many = f"; {len(places) - 1} more such places" if len(places) > 1 else ""
        self._write(
            RECURRING,
            UNIT,
            surest,
            self._own(UNIT, key_of(surest, UNIT)).sort_values("exposed_at", ascending=False, kind="stable"),
            quantity=SHARE,
            value=surest["image_count"] / surest["of_images"],
            bound=bound,
            source=f"{self._rules.sources['recurring']}; {bound:.0%} of the images or more, and more than chance and "
            "the places around explain (conditional test, 1 false detector in 1000)",
            sentence=f"{_what(surest)} recurs on {of} at row {surest['row_mm']:.1f} mm, column "
            f"{surest['column_mm']:.1f} mm from its upper left corner, in {surest['image_count']} of "
            f"{surest['of_images']} images of different patients ({surest['expected_count']:.1f} expected){many}",
            exposures=int(surest["of_images"]),
            weight=surest["image_count"] * self._rules["recurring"]["weight"],
        )

    def _own(self, by: tuple[str, ...], key: tuple[str, ...]) -> pd.DataFrame:
        found: pd.DataFrame = self._exposures.iloc[self._places[by][key]]
        return found

    def _write(
        self,
        kind: str,
        by: tuple[str, ...],
        row: Mapping[Any, Any],
        concerned: pd.DataFrame,
        *,
        sentence: str,
        weight: float,
        **evidence: Any,
    ) -> None:
        where = row["unit"] or row["room"] or "unit not told"
        about = _examination(row) if by is GROUP else _ALL
        told: dict[str, Any] = {name: str(row[name]) for name in UNIT}
        told |= {"exposures": len(concerned)} | evidence
        finding = AuditFinding(
            audit=AUDIT,
            kind=kind,
            about=about,
            ratio=float(told["value"] / told["bound"]) if told["bound"] else math.inf,
            sentence=f"{where}, {about}: {sentence}",
            suggestion=_LOOK[kind],
            subjects=tuple(map(str, concerned["subject"].head(_MOST_SUBJECTS))),
            **told,
            **days_of(concerned["exposed_at"]),
        )
        self.ranked.append(Ranked(finding=finding, weight=float(weight)))


def _exposure_text(own: pd.DataFrame, is_after: np.ndarray[Any, np.dtype[np.bool_]]) -> str:
    """What the exposure did meanwhile, like exposures compared."""
    usual = own.groupby(list(GROUP), observed=True)["receptor_kerma_ugy"].transform("median")
    relative = (own["receptor_kerma_ugy"] / usual).to_numpy(dtype=np.float64)
    before, after = relative[~is_after], relative[is_after]
    if np.isfinite(before).sum() < 1 or np.isfinite(after).sum() < 1:
        return ""
    return f", with {np.nanmedian(after) / np.nanmedian(before):.2f} times the exposure of before"


def _what(place: Mapping[Any, Any]) -> str:
    """Kind of a place, and its contrast where there is one."""
    kind = "a spot" if place["kind"] == "spot" else f"a piece of a {place['kind']}"
    contrast = place["contrast"]
    return kind if contrast is None or math.isnan(contrast) else f"{kind} of {100.0 * contrast:+.1f} % signal"


def _decibels(factor: float) -> float:
    """Exposure that a factor of noise stands for, in units of the deviation index."""
    return 20.0 * math.log10(factor)


def _examination(row: Mapping[Any, Any]) -> str:
    return f"{row['body_part']} {row['view']}, {row['patients']}"


def _percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"

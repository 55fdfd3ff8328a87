"""What an exposure audit finds, each with its evidence in one sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from xrayiq.audit.exposure_drift import ExposureDrift
from xrayiq.audit.exposure_indices import AEC, FAULTS, GROUP, UNIT
from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.audit.levels_over_time import key_of
from xrayiq.audit.ranking import Ranked
from xrayiq.audit.told_places import days_of
from xrayiq.model import AuditFinding

AUDIT: Final = "exposure"
DI: Final = "deviation_index"
#: exposures that a finding names
_MOST_SUBJECTS: Final = 20
#: largest deviation that counts towards the order
_MOST_SCORE: Final = 10.0
_LOOK: Final = {
    "text": "what the unit writes into ExposureIndex (0018,1411): ask the maker's service for a number",
    "not_positive": "images without anatomy or a segmentation that failed; leave them out of statistics",
    "older_scale": "the software version: have the index of IEC 62494-1 switched on",
    "target_not_positive": "the table of targets of the unit's protocols",
    "missing": "the export of the exposure index: have it switched on",
    "target_missing": "the table of targets: set one for each protocol, then the deviation index can be audited",
}


class FindingBook:
    """Findings as they are written."""

    def __init__(self, indexed: pd.DataFrame, rules: ExposureRules) -> None:
        self.ranked: list[Ranked] = []
        self._rules = rules
        self._indexed = indexed[["subject", "exposed_at", "deviation_index", "di_difference", "fault"]]
        groups: tuple[tuple[str, ...], ...] = (UNIT, GROUP)
        self._places: dict[tuple[str, ...], Any] = {
            by: indexed.groupby(list(by), observed=True).indices for by in groups
        }

    def unit_off(self, row: Mapping[Any, Any]) -> None:
        """A unit whose examinations are off alike: its index, or its exposures."""
        offset, factor = row["offset"], 10.0 ** (row["offset"] / 10.0)
        number = max(row["high"], row["low"])
        told, calibration = _cause(row, self._rules)
        self._write(
            "index_calibration" if calibration else "unit_off_target",
            UNIT,
            row,
            about="all examinations",
            value=offset,
            bound=math.copysign(self._rules["most_mean"], offset),
            source=f"{self._rules['unit_fraction']:.0%} or more of a unit's groups off target in one direction",
            sentence=f"{number} of {row['judged']} examinations lie {_side(offset)} target, by a deviation index of "
            f"{offset:+.1f} ({factor:.2f} times the target){told}",
            suggestion=(
                "calibration of the exposure index: hold it against a dosemeter at three kermas (IEC 62494-1)"
                if calibration
                else "cut-off dose of the exposure control, and the unit's table of targets"
            ),
            weight=row["exposures"] * abs(offset),
        )

    def pixels(self, row: Mapping[Any, Any], *, told: bool) -> None:
        """A unit whose index is not what its pixels say."""
        if not _apart(row, self._rules) or told:
            return
        self._write(
            "index_against_pixels",
            UNIT,
            row,
            about="estimated over stated exposure index",
            quantity="estimated_over_stated_index",
            value=row["pixel_ratio"],
            bound=self._rules["pixel_factor"] ** math.copysign(1.0, math.log(row["pixel_ratio"])),
            source=f"factor of {self._rules['pixel_factor']:g} between estimate and stated index",
            sentence=f"the index estimated from the pixels of {row['pixel_exposures']} images is "
            f"{row['pixel_ratio']:.2f} times the stated one (95 % interval {row['pixel_low']:.2f} to "
            f"{row['pixel_high']:.2f})",
            suggestion="calibration of the index, the response that pixels are read with, and the maker's region",
            exposures=int(row["pixel_exposures"]),
            weight=row["pixel_exposures"] * abs(10.0 * math.log10(row["pixel_ratio"])),
        )

    def group_off(self, row: Mapping[Any, Any], target: Mapping[Any, Any] | None) -> None:
        """A group whose mean is off target."""
        mean = row["mean"]
        suggestion = "exposure control, technique and target of this protocol"
        if target is not None and not math.isnan(target["suggested"]):
            suggestion += f"; its own indices allow a target of {target['suggested']:.0f}"
        self._write(
            "off_target",
            GROUP,
            row,
            value=mean,
            bound=math.copysign(self._rules["most_mean"], mean),
            source=f"mean deviation index beyond ±{self._rules['most_mean']:g}, its 95 % interval without 0",
            sentence=f"mean deviation index {mean:+.1f} (95 % interval {row['mean_low']:+.1f} to "
            f"{row['mean_high']:+.1f}) of {row['indexed']} exposures, {_side(mean)} target",
            suggestion=suggestion,
            exposures=int(row["indexed"]),
            weight=row["indexed"] * abs(mean),
        )

    def spread(self, row: Mapping[Any, Any]) -> None:
        """A group that spreads more than exposures of its kind do."""
        bound = self._rules["most_sd_aec" if row["control"] == AEC else "most_sd_manual"]
        if row["indexed"] < self._rules["least"] or not row["robust_sd_low"] > bound:
            return
        self._write(
            "spread",
            GROUP,
            row,
            quantity="deviation_index_spread",
            value=row["robust_sd"],
            bound=bound,
            source=f"whole interval of the robust standard deviation above {bound:g}",
            sentence=f"deviation indices spread by a robust standard deviation of {row['robust_sd']:.1f} (95 % "
            f"interval {row['robust_sd_low']:.1f} to {row['robust_sd_high']:.1f}) in {row['indexed']} exposures",
            suggestion="positioning over the chambers, technique chart, and protocols chosen for the wrong part",
            exposures=int(row["indexed"]),
            weight=row["indexed"] * (row["robust_sd"] - bound),
        )

    def change(self, one: ExposureDrift) -> None:
        """A group whose level changes."""
        self._changed([one], GROUP, {name: getattr(one, name) for name in GROUP}, _changed_text(one))

    def unit_change(self, unit: tuple[str, ...], alike: tuple[ExposureDrift, ...]) -> None:
        """A unit whose groups change alike."""
        largest = max(alike, key=lambda one: int(one.counts.sum()))
        sentence = f"{len(alike)} examinations change alike; {_examination(largest)}: {_changed_text(largest)}"
        self._changed(list(alike), UNIT, dict(zip(UNIT, unit, strict=True)), sentence)

    def _changed(self, alike: list[ExposureDrift], by: tuple[str, ...], row: Mapping[str, Any], sentence: str) -> None:
        signals = [one.signal for one in alike]
        kind = max(set(signals), key=signals.count)
        change = float(pd.Series([one.change for one in alike]).median())
        exposures = sum(int(one.counts.sum()) for one in alike)
        self._write(
            kind,
            by,
            row,
            value=change,
            bound=math.copysign(self._rules["least_change"], change),
            source=f"EWMA out of its limits, and a change of {self._rules['least_change']:g} or more",
            sentence=sentence,
            suggestion="what was done to the unit that day: calibration, detector, software, protocol, chambers"
            if kind == "step"
            else "what changes slowly: chambers, detector gain, tube output, technique habits, case mix",
            exposures=exposures,
            weight=exposures * abs(change),
        )

    def shift(self, row: Mapping[Any, Any]) -> None:
        """A shift that exposes otherwise than the others of its unit."""
        self._write(
            "shift_apart",
            UNIT,
            row,
            about=f"{row['shift']} shift",
            value=row["difference"],
            bound=math.copysign(self._rules["least_shift_difference"], row["difference"]),
            source="median of like exposures against the other shifts, false discovery rate "
            f"{self._rules['false_discovery_rate']:.0%} (Benjamini and Hochberg)",
            sentence=f"like exposures of the {row['shift']} shift lie {row['difference']:+.1f} from those of the "
            f"others (95 % interval {row['low']:+.1f} to {row['high']:+.1f}), {row['exposures']} exposures",
            suggestion="who works then and how: manual technique, portable work, training",
            exposures=int(row["exposures"]),
            weight=row["exposures"] * abs(row["difference"]),
        )

    def faults(self, row: Mapping[Any, Any]) -> None:
        """Indices of a unit that cannot be used, and stated deviation indices that disagree."""
        counts = [(name, int(row[name]), FAULTS[name], _LOOK[name], 1.0) for name in FAULTS]
        apart = abs(row["median_difference"]) if row["di_disagrees"] else 0.0
        text = (
            f"stated deviation index apart from 10·log10(EI / EIT) by more than {self._rules['most_di_difference']:g}"
        )
        look = "the maker's definition of the stated value; the computed one is used"
        counts.append(("di_disagrees", int(row["di_disagrees"]), text, look, max(apart, 0.5)))
        for name, number, words, look, weight in counts:
            if number < max(self._rules["fault_least"], self._rules["fault_fraction"] * row["exposures"]):
                continue
            self._write(
                f"index_{name}" if name != "di_disagrees" else name,
                UNIT,
                row,
                about=words,
                quantity="exposure_fault_fraction",
                value=number / row["exposures"],
                bound=self._rules["fault_fraction"],
                source=f"{self._rules['fault_fraction']:.0%} of a unit's exposures, and "
                f"{self._rules['fault_least']:.0f} or more",
                sentence=f"{words} in {number} of {row['exposures']} exposures",
                suggestion=look,
                exposures=number,
                weight=number * weight,
                fault=name,
            )

    def _write(
        self, kind: str, by: tuple[str, ...], row: Mapping[Any, Any], *, weight: float, fault: str = "", **evidence: Any
    ) -> None:
        own = self._indexed.iloc[self._places[by][key_of(row, by)]]
        if fault:
            own = own[own["fault"] == fault] if fault in FAULTS else own[own["di_difference"].notna()]
        where = row["unit"] or row["room"] or "unit not told"
        examination = f", {_examination(row)}" if by is GROUP else ""
        told: dict[str, Any] = {
            "quantity": DI,
            "about": _examination(row) if by is GROUP else "",
            "exposures": len(own),
        }
        told |= {name: str(row[name]) for name in UNIT} | evidence
        told["sentence"] = f"{where}{examination}: {told['sentence']}"
        finding = AuditFinding(
            audit=AUDIT,
            kind=kind,
            **told,
            ratio=_ratio(told["value"], told["bound"]),
            **days_of(own["exposed_at"]),
            subjects=tuple(map(str, _telling(own)["subject"].head(_MOST_SUBJECTS))),
        )
        self.ranked.append(Ranked(finding=finding, weight=float(min(weight, _MOST_SCORE * max(len(own), 1)))))


def _ratio(value: float, bound: float) -> float:
    """How far a value lies beyond its bound, both ways."""
    if bound > 0.0 and value > 0.0:
        return value / bound if value >= bound else bound / value
    return value / bound


def _telling(own: pd.DataFrame) -> pd.DataFrame:
    """Exposures, the farthest from the target first."""
    return own.iloc[(-own["deviation_index"].abs().fillna(0.0)).argsort(kind="stable")]


def _cause(row: Mapping[Any, Any], rules: ExposureRules) -> tuple[str, bool]:
    """What speaks for a wrong index and what for wrong exposures, and whether it is the index."""
    told, calibration = [], False
    beside = row["offset"] - (0.0 if math.isnan(row["others_offset"]) else row["others_offset"])
    if not math.isnan(row["others_offset"]):
        told.append(f"the other rooms {row['others_offset']:+.1f} for the same")
    if row["charge_ratio"] > 0.0:
        told.append(f"with {row['charge_ratio']:.2f} times their charge")
        calibration = abs(10.0 * math.log10(row["charge_ratio"]) - beside) > 0.5 * abs(beside)
    if row["pixel_ratio"] > 0.0:
        told.append(f"the index estimated from pixels is {row['pixel_ratio']:.2f} times the stated one")
        calibration = _apart(row, rules) and (row["pixel_ratio"] < 1.0) == (row["offset"] > 0.0)
    return ("; " + ", ".join(told) if told else ""), calibration


def _apart(row: Mapping[Any, Any], rules: ExposureRules) -> bool:
    """Whether estimate and stated index lie apart with the whole interval of their ratio."""
    factor = rules["pixel_factor"]
    return bool(row["pixel_low"] > factor or row["pixel_high"] < 1.0 / factor)


def _changed_text(one: ExposureDrift) -> str:
    days = ", ".join(str(day) for day in one.changed_on) or "the first day"
    verb = "steps" if one.signal == "step" else "drifts"
    slope = f"; {one.change_per_year:+.1f} a year (95 % interval {one.low:+.1f} to {one.high:+.1f})"
    since = "on" if one.signal == "step" else "from"
    return f"deviation index {verb} by {one.change:+.1f} {since} {days}" + ("" if one.signal == "step" else slope)


def _side(deviation: float) -> str:
    return "above" if deviation > 0.0 else "below"


def _examination(row: Mapping[Any, Any] | ExposureDrift) -> str:
    told = {name: getattr(row, name) for name in GROUP} if isinstance(row, ExposureDrift) else row
    return f"{told['body_part']} {told['view']}, {told['control']}, {told['patients']}"

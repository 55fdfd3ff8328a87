"""Chapters of the section on exposure: figures and tables that say why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from xrayiq import plots
from xrayiq.audit import ExposureAudit
from xrayiq.audit.exposure_groups import ON_TARGET, TOO_FEW
from xrayiq.report.chapter import Chapter
from xrayiq.report.tables import Marked, figure, table
from xrayiq.report.wording import clean, counted, grouped, percent

MOST_ROWS: Final = 60
MOST_PICTURES: Final = 6
_SOURCE: Final = 200
_EXAMINATION: Final = ("Unit", "Examination")


def chapters(audit: ExposureAudit) -> tuple[Chapter, ...]:
    """All, also those that have nothing in them."""
    every = (_groups(audit), _bands(audit), _targets(audit), _changes(audit), _compared(audit), _indicators(audit))
    return (*every, _unmapped(audit))


def _groups(audit: ExposureAudit) -> Chapter:
    groups = audit.groups.sort_values("mean", key=lambda values: -values.abs(), kind="stable")
    rows = [
        (
            *_names(row),
            grouped(row["indexed"]),
            _interval(row["median"], row["low"], row["high"]),
            _interval(row["robust_sd"], row["robust_sd_low"], row["robust_sd_high"], sign=False),
            _interval(row["mean"], row["mean_low"], row["mean_high"]),
            "–" if math.isnan(row["sd"]) else f"{_number(row['review_low'])} to {_number(row['review_high'])}",
            "–" if math.isnan(row["sd"]) else f"{_number(row['action_low'])} to {_number(row['action_high'])}",
            _standing(row["standing"]),
        )
        for row in groups.to_dict("records")
    ]
    columns = (*_EXAMINATION, "#Exposures", "#Median DI", "#Robust SD", "#Mean DI", "#Review", "#Action", "Standing")
    judged = int((audit.groups["standing"] != TOO_FEW).sum())
    drawn = (
        (
            figure(
                "exposure audit groups",
                "Deviation index of groups of like exposures beside their target",
                lambda ax: plots.plot_exposure_groups(audit, ax=ax),
                plots.exposure_groups_size(audit),
                plots.exposure_groups_size(audit, narrow=True),
            ),
        )
        if judged
        else ()
    )
    return Chapter(
        title="Groups of like exposures",
        told=counted(judged, "group") + " judged",
        explanation=(
            f"Median and robust standard deviation with 95 % intervals; from {audit.rules['least']:.0f} exposures on a "
            f"group is judged: off target where its mean is beyond ±{audit.rules['most_mean']:g} and the "
            f"interval of the "
            f"mean leaves out 0. Review and action: a site's own limits, mean ± {audit.rules['review_sd']:g} and "
            f"± {audit.rules['action_sd']:g} standard deviations ({audit.rules.sources['site_limits']})."
        ),
        pictures=drawn,
        tables=(("", table(columns, rows, most=MOST_ROWS)),),
    )


def _bands(audit: ExposureAudit) -> Chapter:
    rows = []
    for _, own in audit.bands.groupby(["site", "room", "unit", "body_part", "view", "control", "patients"], sort=True):
        first = own.iloc[0].to_dict()
        shares = own.sort_values("band", key=lambda names: names.map(_places(audit)))
        cells = [f"{percent(row['fraction'])}" for row in shares.to_dict("records")]
        rows.append((*_names(first), grouped(int(first["exposures"])), *cells))
    columns = (*_EXAMINATION, "#Exposures", *(f"#{band.label}" for band in audit.rules.bands))
    return Chapter(
        title="Classes of single exposures",
        told=counted(len(rows), "group"),
        explanation=(
            f"Share of exposures in each class of {audit.rules.sources['bands']}; intervals (Wilson) stand in "
            f"the table "
            "bands of xrayiq audit exposure. Single exposures outside are usual: many sites spread by 1.3 to 3.6."
        ),
        tables=(("", table(columns, rows, most=MOST_ROWS)),),
    )


def _targets(audit: ExposureAudit) -> Chapter:
    known = audit.targets[audit.targets["suggested"].notna()]
    known = known.sort_values("change", key=lambda values: -values.abs(), kind="stable")
    rows = [
        (
            *_names(row),
            grouped(row["exposures"]),
            "none" if math.isnan(row["target"]) else f"{row['target']:.0f}",
            f"{row['suggested']:.0f}",
            "–" if math.isnan(row["change"]) else _number(row["change"]),
        )
        for row in known.to_dict("records")
    ]
    columns = (*_EXAMINATION, "#Exposures", "#Target now", "#Suggested", "#Change (DI)")
    rule = audit.rules
    return Chapter(
        title="Targets that a group's own indices allow",
        told=f"{len(known)} of {counted(len(audit.targets), 'group')}",
        explanation=(
            f"The median index may become the target where the spread is below {rule['most_sd']:g}, the "
            f"skewness within "
            f"±{rule['most_skewness']:g} and the excess kurtosis above {rule['least_excess_kurtosis']:g}, "
            f"without values "
            f"beyond {rule['outlier_sd']:g} standard deviations ({rule.sources['target_rule']}). It says what "
            f"is usual, "
            "not what is right: judge the images too."
        ),
        tables=(("", table(columns, rows, most=MOST_ROWS)),),
    )


def _changes(audit: ExposureAudit) -> Chapter:
    told = sorted(
        (one for one in audit.drifts if one.signal), key=lambda one: -abs(one.change) * float(one.counts.sum())
    )
    rows = [
        (
            *_names({name: getattr(one, name) for name in _KEYS}),
            grouped(int(one.counts.sum())),
            one.signal,
            ", ".join(map(str, one.changed_on)) or "–",
            _number(one.change),
        )
        for one in told
    ]
    drawn = tuple(
        figure(
            f"exposure audit drift {place}",
            f"{clean(one.body_part)} {clean(one.view)}: level of the deviation index of {clean(one.unit) or 'a unit'}",
            lambda ax, one=one: plots.plot_exposure_drift(one, ax=ax),  # type: ignore[misc]  # bound
            plots.EXPOSURE_DRIFT,
        )
        for place, one in enumerate(told[:MOST_PICTURES])
    )
    more = len(told) - len(drawn)
    return Chapter(
        title="Over time",
        told=counted(len(told), "change"),
        explanation=(
            "Medians of exposures that follow each other with their exponentially weighted average. A change is told "
            f"where that leaves its limits, the level goes {audit.rules['least_change']:g} or more from the "
            f"first, and a "
            "step or a line explains the medians at the least cost."
        ),
        pictures=drawn,
        not_drawn=f"{counted(more, 'further change')} not drawn." if more else "",
        tables=(("", table((*_EXAMINATION, "#Exposures", "What", "=From", "#Change"), rows, most=MOST_ROWS)),),
    )


def _compared(audit: ExposureAudit) -> Chapter:
    rooms = audit.rooms.sort_values("difference", key=lambda values: -values.abs(), kind="stable")
    of_rooms = [(*_names(row), *_difference(row)) for row in rooms.to_dict("records")]
    of_shifts = [(_unit(row), clean(row["shift"]), *_difference(row)) for row in audit.shifts.to_dict("records")]
    numbers = ("#Exposures", "#Others", "#Difference (95 % interval)", "#Adjusted p")
    return Chapter(
        title="Rooms and shifts beside each other",
        told=f"{counted(len(of_rooms), 'comparison')} of rooms, {grouped(len(of_shifts))} of shifts",
        explanation=(
            "Difference of medians of the deviation index from the other rooms, and from the other shifts of "
            "the unit for "
            "like exposures; p-values are adjusted for their number (Benjamini and Hochberg)."
        ),
        tables=(
            ("Rooms", table((*_EXAMINATION, *numbers), of_rooms, most=MOST_ROWS)),
            ("Shifts", table(("Unit", "Shift", *numbers), of_shifts, most=MOST_ROWS)),
        ),
    )


def _indicators(audit: ExposureAudit) -> Chapter:
    rows = [
        (
            _unit(row),
            clean(row["indicator"]) or "none",
            clean(row["standing"]).replace("_", " "),
            grouped(row["exposures"]),
            "–" if math.isnan(row["receptor_kerma_ugy"]) else f"{row['receptor_kerma_ugy']:.2f} µGy",
            "–"
            if math.isnan(row["receptor_kerma_uncertainty"])
            else f"{100.0 * row['receptor_kerma_uncertainty']:.0f} %",
            clean(row["reference_beam"]),
            clean(row["kerma_source"], longest=_SOURCE),
        )
        for row in audit.indicators.to_dict("records")
    ]
    columns = (
        *("Unit", "Indicator", "Standing", "#Exposures", "#Median receptor kerma"),
        *("#Uncertainty", "Beam", "From"),
    )
    return Chapter(
        title="Exposure indicators of the units",
        told=counted(audit.indicators["indicator"].nunique(), "indicator"),
        explanation=(
            "Told by maker, model, software and modality. The kerma is that of the indicator's reference beam, not of "
            "the patient's. Local: by the site's own calibration, with its standard uncertainty (k = 1); of a document "
            "the uncertainty is how far its formula may be off. What has neither is not converted."
        ),
        tables=(("", table(columns, rows, most=MOST_ROWS)),),
    )


def _unmapped(audit: ExposureAudit) -> Chapter:
    names = ("protocol_name", "body_part", "view_position")
    rows = [
        (*(clean(row[name]) or "–" for name in names), grouped(row["exposures"]))
        for row in audit.unmapped.to_dict("records")
    ]
    return Chapter(
        title="Examinations that nothing tells",
        told=counted(int(audit.unmapped["exposures"].sum()), "exposure"),
        explanation="In no group. Rows of the site's file, [[examinations]] of site.toml, say what they are.",
        tables=(("", table(("Protocol", "Body part", "View", "#Exposures"), rows, most=MOST_ROWS)),),
    )


_KEYS: Final = ("site", "room", "unit", "body_part", "view", "control", "patients")


def _names(row: Mapping[Any, Any]) -> tuple[str, str]:
    child = ", child" if row["patients"] == "child" else ""
    return _unit(row), f"{clean(row['body_part'])} {clean(row['view'])}, {clean(row['control'])}{child}"


def _unit(row: Mapping[Any, Any]) -> str:
    return clean(row["unit"]) or clean(row["room"]) or "unit not told"


def _places(audit: ExposureAudit) -> dict[str, int]:
    return {band.name: place for place, band in enumerate(audit.rules.bands)}


def _standing(standing: str) -> str | Marked:
    if standing in (ON_TARGET, TOO_FEW):
        return standing
    return Marked(text=standing, status="warning", why="mean beyond the bound with its whole interval on one side of 0")


def _difference(row: Mapping[Any, Any]) -> tuple[str, ...]:
    p_value = row["adjusted_p_value"]
    return (
        grouped(row["exposures"]),
        grouped(row["others"]),
        _interval(row["difference"], row["low"], row["high"]),
        "< 0.001" if p_value < 0.001 else f"{p_value:.3f}",
    )


def _number(value: float, *, sign: bool = True) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:+.1f}".replace("-", "−") if sign else f"{value:.1f}"


def _interval(value: float, low: float, high: float, *, sign: bool = True) -> str:
    if math.isnan(value):
        return "–"
    return f"{_number(value, sign=sign)} ({_number(low, sign=sign)} to {_number(high, sign=sign)})"

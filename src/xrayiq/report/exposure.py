"""How images were exposed: the distribution of the deviation index by unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from xrayiq import plots
from xrayiq.model import Limit
from xrayiq.plots.style import BAND
from xrayiq.report.counted import left_out_text, of_exposures
from xrayiq.report.evidence import Evidence
from xrayiq.report.findings import allowed_text, limit_of
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import grouped, percent, range_text, value_text

QUANTITY: Final = "deviation_index"
MOST_PICTURES: Final = 12
_ROWS: Final = 40
#: half width of the axis that all units share
_SPAN: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """Section on exposure.

    Parameters
    ----------
    numbers : Table
        By unit: number of exposures, median, spread and shares in the bands of the limit.
    pictures : tuple of Picture
        Distribution of each unit, widest departure first.
    pictures_left_out : int
        Units without a picture.
    limit : str
        The limit whose bands are used, with its source; empty where nothing was judged.
    left_out : str
        Objects that do not count, by reason.
    """

    numbers: Table
    pictures: tuple[Picture, ...]
    pictures_left_out: int
    limit: str
    left_out: str


def exposure(evidence: Evidence) -> Exposure | None:
    """Deviation index by unit; None where no exposure of a patient has one."""
    values = evidence.measurements
    values = of_exposures(values[(values["quantity"] == QUANTITY) & values["value"].notna()])
    if values.empty:
        return None
    verdicts = of_exposures(evidence.verdicts[evidence.verdicts["quantity"] == QUANTITY])
    limits = {int(str(number)): limit_of(rows.iloc[-1].to_dict()) for number, rows in verdicts.groupby("unit")}
    units = [(int(str(number)), rows["value"]) for number, rows in values.groupby("unit")]
    units.sort(key=lambda item: -abs(item[1].median()))
    shares = {number: _shares(verdicts[verdicts["unit"] == number]) for number, _ in units}
    columns = ["Unit", "#Exposures", "#Median", "#10th to 90th percentile", *(f"#{name}" for name in BANDS)]
    rows = [(_name(evidence, number), *_spread(numbers), *shares[number]) for number, numbers in units]
    return Exposure(
        numbers=table(columns, rows, most=_ROWS),
        pictures=tuple(
            _picture(_name(evidence, number), number, numbers, limits.get(number))
            for number, numbers in units[:MOST_PICTURES]
        ),
        pictures_left_out=max(0, len(units) - MOST_PICTURES),
        limit=_limit_text(next(iter(limits.values()), None)),
        left_out=left_out_text(evidence.objects),
    )


#: shares of the judged images, from far too low to far too high
BANDS: Final = ("Far too low", "Low", "On target", "High", "Far too high")


def _shares(verdicts: pd.DataFrame) -> tuple[str, ...]:
    if verdicts.empty:
        return ("–",) * len(BANDS)
    places = pd.Series([_band(row) for row in verdicts.to_dict("records")])
    return tuple(percent(float((places == place).mean())) for place in range(len(BANDS)))


def _band(row: Mapping[Any, Any]) -> int:
    """Place in `BANDS`."""
    step = {"fail": 2, "warning": 1}.get(str(row["status"]), 0)
    limit = limit_of(row)
    low = limit.fail_low if step == 2 else limit.warning_low
    return 2 - step if low is not None and row["compared"] < low else 2 + step


def _spread(values: pd.Series) -> tuple[str, ...]:
    ends = (float(values.quantile(share)) for share in (0.1, 0.9))
    return (
        grouped(len(values)),
        value_text(QUANTITY, float(values.median())),
        range_text(QUANTITY, *ends) if len(values) > 1 else "–",
    )


def _picture(name: str, number: int, values: pd.Series, limit: Limit | None) -> Picture:
    numbers = values.to_numpy()
    beyond = int((abs(numbers) > _SPAN).sum())
    return Picture(
        svg=picture_svg(
            lambda ax: plots.plot_deviation_indices(numbers, ax=ax, limit=limit, span=_SPAN),
            f"deviation index {number}",
            "Distribution of the deviation index",
            BAND,
        ),
        title=name,
        note=f"{beyond} beyond ±{_SPAN:g} stand in the outermost bins." if beyond else "",
    )


def _name(evidence: Evidence, number: int) -> str:
    return evidence.unit_name(number) or "No unit"


def _limit_text(limit: Limit | None) -> str:
    if limit is None:
        return ""
    parts = [
        f"{word} {allowed}"
        for word, allowed in (
            ("on target", allowed_text(limit, "warning")),
            ("out of limits beyond", allowed_text(limit, "fail")),
        )
        if allowed
    ]
    return f"{', '.join(parts)} ({limit.source})"

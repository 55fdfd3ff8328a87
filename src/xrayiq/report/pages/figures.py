"""Figures of pages: trends, and maps and curves of the last test beside the baseline's."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from xrayiq import plots
from xrayiq.metrics.dqe import Dqe
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.model import Limit, Result
from xrayiq.plots.style import PICTURE
from xrayiq.procedures.constancy import Series
from xrayiq.records import Records
from xrayiq.report.evidence import load
from xrayiq.report.pages.trend_choice import TrendRow, limits_of
from xrayiq.report.tables import Picture, picture_svg
from xrayiq.report.wording import clean, counted

_CURVES: Final = (3.9, 3.3)
#: width and height in inches of a trend that stands beside another
_TREND: Final = (5.6, 4.2)
_MOST_WARNINGS: Final = 3
_AXES: Final = {"columns": "u", "rows": "v"}

#: procedures whose maps or curves are drawn, of two of one kind the first
DRAWN_PROCEDURES: Final = ("uniformity", "mtf_iec", "mtf", "nps_level", "nps", "dqe")

Kind = TypeVar("Kind", bound=Result)
#: words for some outcomes of one day, and their rows
Labelled = tuple[str, list[Mapping[Any, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPicture:
    """Trend with what a reader should know of it.

    Parameters
    ----------
    wide, narrow : Markup
        The drawing for a page or screen, and for a phone.
    why, mode, warnings : str
        What it tells, what its results have in common, and which rules it met; plain text.
    status : str
        Of its last result.
    """

    wide: Markup
    narrow: Markup
    why: str
    mode: str
    warnings: str
    status: str


class Gallery:
    """Figures that are drawn once, though they stand on the pages of a unit and of its detector.

    Parameters
    ----------
    records : Records
        The store that holds the results.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._trends: dict[Any, TrendPicture] = {}
        self._pictures: dict[Any, list[Picture]] = {}

    def trend(self, row: TrendRow, series: Series, limits: Sequence[Limit]) -> TrendPicture:
        """Figure of a series with limits, baseline and events, for both widths."""
        own = limits_of(series, limits)
        shown = tuple((value.outcome_id, value.direction) for value in series.values)
        key = (row.id, series.key.mode, shown, series.trend.events, own)
        if key not in self._trends:
            self._trends[key] = _trend(row, series, own, name=f"trend {len(self._trends)}")
        return self._trends[key]

    def comparison(self, outcomes: pd.DataFrame, renewed: Sequence[datetime.date]) -> list[Picture]:
        """Maps and curves of the last test beside the baseline's; see `comparison_pictures`."""
        key = (tuple(outcomes["id"]), tuple(renewed))
        if key not in self._pictures:
            name = f"last {len(self._pictures)}"
            self._pictures[key] = comparison_pictures(self._records, outcomes, renewed=renewed, name=name)
        return self._pictures[key]


def _trend(row: TrendRow, series: Series, own: Sequence[Limit], *, name: str) -> TrendPicture:
    label = f"Trend of {series.key.quantity}"

    def draw(ax: Axes) -> None:
        plots.plot_trend(series.trend, ax=ax, limits=own)

    return TrendPicture(
        wide=picture_svg(draw, f"{name} wide", label, _TREND),
        narrow=picture_svg(draw, f"{name} narrow", label, plots.TREND_NARROW),
        why=row.why,
        mode=clean(series.key.mode),
        warnings=_warnings(series),
        status=series.trend.status,
    )


def _warnings(series: Series) -> str:
    """Statistical warnings of the series in one sentence, the last ones named."""
    found = series.trend.warnings
    if not found:
        return ""
    days = list(dict.fromkeys(signal.date.date().isoformat() for signal in found))
    last = "; ".join(f"{signal.date.date().isoformat()} {signal.text}" for signal in found[-_MOST_WARNINGS:])
    return f"Statistical warnings on {counted(len(days), 'day')}, last: {last}."


def comparison_pictures(
    records: Records, outcomes: pd.DataFrame, *, renewed: Sequence[datetime.date], name: str
) -> list[Picture]:
    """Maps and curves of the last test, beside the first after the last renewal of the baseline.

    Parameters
    ----------
    records : Records
        The store that holds the results.
    outcomes : DataFrame
        Measured outcomes of tests of one detector in the order of exposure, with columns ``day`` and ``mode``.
    renewed : sequence of date
        Days on which a new baseline began.
    name : str
        Tells the figures from others of the page.

    Returns
    -------
    list of Picture
        As far as there are results.
    """
    pairs = {
        procedure: _last_and_baseline(outcomes[outcomes["procedure"] == procedure], renewed)
        for procedure in DRAWN_PROCEDURES
    }
    return pictures_of(records, pairs, name=name)


def pictures_of(records: Records, pairs: Mapping[str, Sequence[Labelled]], *, name: str) -> list[Picture]:
    """Maps one beside the other and curves one over the other, of labelled outcomes by procedure."""
    found = [_uniformity(records, pair, f"{name} uniformity {place}") for place, pair in enumerate(pairs["uniformity"])]
    found.append(_mtf(records, pairs["mtf_iec"] or pairs["mtf"], f"{name} mtf"))
    found.append(_nnps(records, pairs["nps_level"] or pairs["nps"], f"{name} nnps"))
    found.append(_dqe(records, pairs["dqe"], f"{name} dqe"))
    return [picture for picture in found if picture is not None]


def _last_and_baseline(outcomes: pd.DataFrame, renewed: Sequence[datetime.date]) -> list[Labelled]:
    """Outcomes of the last day and of the first day under its baseline, of one mode, each with its words."""
    if outcomes.empty:
        return []
    last = outcomes.iloc[-1]
    own = outcomes[outcomes["mode"] == last["mode"]]
    begin = max((day for day in renewed if day <= last["day"]), default=datetime.date.min)
    since = own[own["day"] >= begin]
    days = sorted(since["day"].unique())
    found: list[Labelled] = []
    if days[0] != days[-1]:
        rows = since[since["day"] == days[0]].to_dict("records")
        found.append((f"baseline {days[0].isoformat()}", rows))
    return [*found, (f"last {days[-1].isoformat()}", since[since["day"] == days[-1]].to_dict("records"))]


def _uniformity(records: Records, labelled: Labelled, name: str) -> Picture | None:
    label, rows = labelled
    result = load(records, int(rows[-1]["id"]), Uniformity)
    svg = picture_svg(lambda ax: plots.plot_uniformity(result, ax=ax), name, f"Uniformity map, {label}", PICTURE)
    return Picture(svg=svg, title=f"Uniformity, {label}", note=f"Tiles of {result.roi_mm:g} mm.")


def _mtf(records: Records, pairs: Sequence[Labelled], name: str) -> Picture | None:
    curves: dict[tuple[str, str], tuple[str, Mtf]] = {}
    for label, result in _loaded(records, pairs, Mtf):
        curves[label, result.across] = (f"{label}, {_AXES[result.across]}", result)
    return _several(list(curves.values()), plots.plot_mtfs, "MTF", name)


def _nnps(records: Records, pairs: Sequence[Labelled], name: str) -> Picture | None:
    curves = {label: (label, result) for label, result in _loaded(records, pairs, Nps) if result.mean_signal > 0}
    return _several(list(curves.values()), plots.plot_nnps_group, "NNPS, radial mean", name)


def _dqe(records: Records, pairs: Sequence[Labelled], name: str) -> Picture | None:
    found = _loaded(records, pairs, Dqe)
    if not found:
        return None
    usual = found[-1][1].kerma_ugy
    curves: dict[tuple[str, str], tuple[str, Dqe]] = {}
    for label, result in found:
        held = curves.get((label, result.across))
        if held is None or abs(result.kerma_ugy - usual) < abs(held[1].kerma_ugy - usual):
            curves[label, result.across] = (f"{label}, {_AXES[result.across]}", result)
    return _several(list(curves.values()), plots.plot_dqes, f"DQE at {usual:.3g} µGy", name)


def _loaded(records: Records, pairs: Sequence[Labelled], kind: type[Kind]) -> list[tuple[str, Kind]]:
    return [(label, load(records, int(row["id"]), kind)) for label, rows in pairs for row in rows]


def _several(curves: Sequence[Any], draw: Callable[..., Axes], title: str, name: str) -> Picture | None:
    if not curves:
        return None

    def drawn(ax: Axes) -> None:
        draw(curves, ax=ax)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.19), ncols=2, handlelength=2.0, fontsize=8)

    return Picture(svg=picture_svg(drawn, name, title, _CURVES), title=title)

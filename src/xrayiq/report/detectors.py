"""What was measured on detectors: per unit the numbers, the uniformity map, MTF and NNPS curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from xrayiq import plots
from xrayiq.metrics.field_congruence import FieldCongruence
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.nps import Nps
from xrayiq.records import Records
from xrayiq.report.checks import STATUS_ORDER
from xrayiq.report.curves import coincide_text, coinciding, tell_apart
from xrayiq.report.evidence import DETECTOR_PROCEDURES, Evidence, Unit, load
from xrayiq.report.maps import uniformity_map
from xrayiq.report.physics import Physics, physics
from xrayiq.report.tables import Marked, Picture, Table, picture_svg, table
from xrayiq.report.wording import clean, day, label_of, range_text, value_text

#: units with figures, and curves in one figure
MOST_UNITS: Final = 12
MOST_MTF: Final = 4
MOST_NNPS: Final = 5
_ROWS: Final = 60
_COLUMNS: Final = ("Quantity", "!Latest is", "#Latest", "Date", "#Median", "#Range", "#n")
#: width and height in inches of curves with their legend below
_CURVES: Final = (3.9, 3.5)
#: height of the axis of an MTF
_MTF_EXTENT: Final = 1.08
_STATUS: Final = 1
#: procedures whose numbers stand level by level in a table of their own
_IN_TABLES: Final = ("nps_level", "dqe", "defect_map")
#: what tells numbers of one quantity apart
_MODE_WORDS: Final = {"mtf_iec": ", full edge spread function"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """Section of one unit.

    Parameters
    ----------
    unit : Unit or None
        None for what belongs to no unit.
    judged, numbers : Table
        Quantities that a limit applies to, and all quantities.
    pictures : tuple of Picture
        Uniformity map, MTF, NNPS and the light field, as far as they were measured.
    physics : Physics or None
        Last detector test, from images that belong together.
    """

    unit: Unit | None
    judged: Table
    numbers: Table
    pictures: tuple[Picture, ...]
    physics: Physics | None


def detectors(evidence: Evidence, records: Records) -> tuple[tuple[Detector, ...], int]:
    """Sections of the units with detector measurements, and the number of units left out.

    Parameters
    ----------
    evidence : Evidence
        Frames of the store.
    records : Records
        The store, for the results that are drawn.

    Returns
    -------
    tuple of (sections, int)
        At most `MOST_UNITS` sections.
    """
    measured = evidence.outcomes[
        evidence.outcomes["procedure"].isin(DETECTOR_PROCEDURES) & (evidence.outcomes["kind"] == "measured")
    ].sort_values(["exposed_at", "id"], na_position="first")
    numbers = sorted(measured["unit"].unique().tolist(), key=lambda number: (number < 0, number))
    sections = tuple(_detector(evidence, records, measured, number) for number in numbers[:MOST_UNITS])
    return sections, max(0, len(numbers) - MOST_UNITS)


def _detector(evidence: Evidence, records: Records, measured: pd.DataFrame, number: int) -> Detector:
    own = measured[measured["unit"] == number]
    drawn = (
        _uniformity(records, own),
        _mtf(evidence, records, own),
        _nnps(evidence, records, own),
        _congruence(records, own),
    )
    lines = _numbers(evidence, own)
    return Detector(
        unit=evidence.unit(number),
        judged=table(_COLUMNS, [line for line in lines if line[_STATUS] != "none"], most=_ROWS),
        numbers=table(_COLUMNS, lines, most=_ROWS),
        pictures=tuple(picture for picture in drawn if picture is not None),
        physics=physics(evidence, records, number),
    )


def _numbers(evidence: Evidence, own: pd.DataFrame) -> list[tuple[str | Marked, ...]]:
    place = {name: position for position, name in enumerate(DETECTOR_PROCEDURES)}
    rows = evidence.measurements[evidence.measurements["outcome_id"].isin(own["id"])]
    rows = rows[~rows["procedure"].isin(_IN_TABLES)]
    rows = rows.assign(place=rows["procedure"].map(place)).sort_values(
        ["exposed_at", "outcome_id"], na_position="first", kind="stable"
    )
    verdicts = evidence.verdicts[evidence.verdicts["outcome_id"].isin(own["id"])]
    worst = _worst_verdicts(verdicts)
    names = _first_seen(rows)
    keys = rows[["place", "quantity", "direction"]].drop_duplicates().itertuples(index=False, name=None)
    lines: list[tuple[str | Marked, ...]] = []
    for place_of, name, direction in sorted(keys, key=lambda key: (key[0], names.index(key[1]), key[2])):
        values = rows[(rows["place"] == place_of) & (rows["quantity"] == name) & (rows["direction"] == direction)]
        latest = values.iloc[-1]
        known = values["value"].dropna()
        lines.append(
            (
                label_of(name, clean(direction)) + _MODE_WORDS.get(DETECTOR_PROCEDURES[place_of], ""),
                worst.get((int(latest["outcome_id"]), name, direction), "none"),
                value_text(name, latest["value"]),
                day(latest["exposed_at"]),
                value_text(name, known.median()) if len(values) > 1 else "–",
                _range(verdicts, name, direction, known) if len(values) > 1 else "–",
                str(len(values)),
            )
        )
    return lines


def _range(verdicts: pd.DataFrame, name: str, direction: str, known: pd.Series) -> str | Marked:
    """Least and greatest value, marked where one of the values is outside its limits."""
    text = range_text(name, known.min(), known.max())
    own = verdicts[(verdicts["quantity"] == name) & (verdicts["direction"] == direction)]
    outside = own[own["status"].isin(["fail", "warning"])]
    if outside.empty:
        return text
    status = "fail" if (outside["status"] == "fail").any() else "warning"
    return Marked(text=text, status=status, why=f"{outside['outcome_id'].nunique()} of {len(known)} outside limits")


def _first_seen(rows: pd.DataFrame) -> list[str]:
    """Quantities in the order in which results list them, headline numbers first."""
    return [str(name) for name in rows.sort_values("outcome_id", kind="stable")["quantity"].unique()]


def _worst_verdicts(verdicts: pd.DataFrame) -> dict[tuple[int, str, str], str]:
    worst: dict[tuple[int, str, str], str] = {}
    for row in verdicts.to_dict("records"):
        key = (int(row["outcome_id"]), str(row["quantity"]), str(row["direction"]))
        before = worst.get(key, "none")
        worst[key] = min(before, str(row["status"]), key=STATUS_ORDER.index)
    return worst


def _uniformity(records: Records, own: pd.DataFrame) -> Picture | None:
    rows = own[own["procedure"] == "uniformity"]
    if rows.empty:
        return None
    latest = rows.iloc[-1]
    return uniformity_map(records, int(latest["id"]), f"uniformity {latest['id']}", _dated("Uniformity", latest))


def _mtf(evidence: Evidence, records: Records, own: pd.DataFrame) -> Picture | None:
    rows = own[own["procedure"] == "mtf"]
    angles = evidence.measurements[evidence.measurements["quantity"] == "edge_angle"]
    direction = dict(zip(angles["outcome_id"], angles["direction"], strict=True))
    chosen = _latest_of_each(rows.assign(across=rows["id"].map(direction)), ["across"], MOST_MTF)
    if not chosen:
        return None
    curves = [(row, load(records, int(row["id"]), Mtf)) for row in chosen]
    labelled = [(_label("u" if curve.across == "columns" else "v", row), curve) for row, curve in curves]
    name = "mtf " + " ".join(str(row["id"]) for row in chosen)
    groups = coinciding([(curve.frequencies_per_mm, curve.values) for _, curve in labelled], extent=_MTF_EXTENT)

    def draw(ax: Axes) -> None:
        tell_apart(plots.plot_mtfs(labelled, ax=ax), groups)

    coincide = coincide_text([label for label, _ in labelled], groups)
    return Picture(
        svg=picture_svg(draw, name, "Presampled MTF over frequency", _CURVES),
        title="MTF, latest edges",
        note=" ".join(part for part in ("u across columns (solid), v across rows (dashed).", coincide) if part),
    )


def _nnps(evidence: Evidence, records: Records, own: pd.DataFrame) -> Picture | None:
    exposure = evidence.objects.set_index("subject")["exposure_mas"]
    rows = own[own["procedure"] == "nps"]
    rows = rows.assign(exposure_mas=rows["subject"].map(exposure))
    chosen = _latest_of_each(rows, ["exposure_mas"], MOST_NNPS)
    curves = [(row, load(records, int(row["id"]), Nps)) for row in chosen]
    labelled = [
        (_label("" if pd.isna(row["exposure_mas"]) else f"{row['exposure_mas']:g} mAs", row), curve)
        for row, curve in curves
        if curve.mean_signal > 0
    ]
    if not labelled:
        return None
    name = "nnps " + " ".join(str(row["id"]) for row in chosen)
    heights = [_logarithm(curve.nnps_radial) for _, curve in labelled]
    known = np.concatenate([height[np.isfinite(height)] for height in heights])
    extent = float(np.ptp(known)) if known.size else 0.0
    frequencies = [curve.radial_frequencies_per_mm for _, curve in labelled]
    groups = coinciding(list(zip(frequencies, heights, strict=True)), extent=extent)

    def draw(ax: Axes) -> None:
        tell_apart(plots.plot_nnps_group(labelled, ax=ax), groups)

    coincide = coincide_text([label for label, _ in labelled], groups)
    return Picture(
        svg=picture_svg(draw, name, "NNPS over frequency", _CURVES),
        title="NNPS, latest flat fields",
        note=" ".join(part for part in ("Radial mean, without the samples on the axes.", coincide) if part),
    )


def _congruence(records: Records, own: pd.DataFrame) -> Picture | None:
    """Light field and X-ray field of the last test."""
    rows = own[own["procedure"] == "field_congruence"]
    if rows.empty:
        return None
    latest = rows.iloc[-1]
    result = load(records, int(latest["id"]), FieldCongruence)
    title = _dated("Light field and X-ray field", latest)
    name = f"congruence {latest['id']}"
    svg = picture_svg(lambda ax: plots.plot_field_congruence(result, ax=ax), name, title, plots.FIELD_CONGRUENCE)
    return Picture(svg=svg, title=title, note="; ".join(result.provenance.warnings))


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logarithm to base 10, NaN where there is none."""
    return np.log10(np.where(values > 0, values, np.nan))


def _latest_of_each(rows: pd.DataFrame, names: Sequence[str], most: int) -> list[Mapping[Any, Any]]:
    """Latest row of each day and value of `names`, newest days first, at most `most`, in the order of time."""
    if rows.empty:
        return []
    days = rows.assign(day=rows["exposed_at"].dt.date)
    newest = days.drop_duplicates(["day", *names], keep="last").tail(most)
    return list(newest.to_dict("records"))


def _label(what: str, row: Mapping[Any, Any]) -> str:
    return ", ".join(part for part in (day(row["exposed_at"]) or "undated", what) if part)


def _dated(what: str, row: Mapping[Any, Any] | pd.Series) -> str:
    when = day(row["exposed_at"])
    return f"{what}, {when}" if when else what

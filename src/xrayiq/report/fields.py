"""How fields were collimated: sizes by unit, and the fields that a person should look at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from xrayiq import plots
from xrayiq.metrics.collimation import Collimation
from xrayiq.plots.style import OVERLAY
from xrayiq.records import Records
from xrayiq.report.evidence import Evidence, load
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import clean, day, grouped, percent, value_text

#: overlays on the page: half the least confident, half the smallest fields
MOST_PICTURES: Final = 12
#: below it a field of which a side was seen is called doubtful
DOUBTFUL: Final = 0.5
#: sides at the border of the image data in a field without any blade: there is nothing to doubt
_ALL_SIDES: Final = 4
_ROWS: Final = 40
_OUTLINE: Final = "outline only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Section on collimation.

    Parameters
    ----------
    numbers : Table
        By unit.
    pictures : tuple of Picture
        Overlays.
    pictures_left_out : int
        Images without one.
    outlines : int
        Overlays without the image under them.
    """

    numbers: Table
    pictures: tuple[Picture, ...]
    pictures_left_out: int
    outlines: int


def fields(evidence: Evidence, records: Records) -> Fields | None:
    """Collimated fields; None where none was measured."""
    values = evidence.measurements[evidence.measurements["procedure"] == "collimation"]
    if values.empty:
        return None
    wide = values.pivot_table(index="outcome_id", columns="quantity", values="value", aggfunc="last")
    about = values.drop_duplicates("outcome_id").set_index("outcome_id")
    wide = wide.join(about[["unit", "subject", "exposed_at", "body_part", "view_position"]])
    chosen = _chosen(wide)
    pictures = tuple(_picture(evidence, records, key, wide.loc[[key]].to_dict("records")[0]) for key in chosen)
    return Fields(
        numbers=_numbers(evidence, wide),
        pictures=pictures,
        pictures_left_out=len(wide) - len(chosen),
        outlines=sum(_OUTLINE in picture.note for picture in pictures),
    )


def _numbers(evidence: Evidence, wide: pd.DataFrame) -> Table:
    rows = []
    for number, own in wide.groupby("unit"):
        area = own["field_area"].median() if "field_area" in own else float("nan")
        rows.append(
            (
                evidence.unit_name(int(str(number))) or "No unit",
                grouped(len(own)),
                "–" if pd.isna(area) else value_text("field_area", float(area)),
                value_text("field_fraction", float(own["field_fraction"].median())),
                percent(float(_bladeless(own).mean())),
                percent(float(_doubtful(own).mean())),
            )
        )
    columns = [
        "Unit",
        "#Images",
        "#Median field area",
        "#Median share of the image",
        "#No blade visible",
        "#Doubtful fields",
    ]
    return table(columns, rows, most=_ROWS)


def _bladeless(wide: pd.DataFrame) -> pd.Series[bool]:
    """Which fields are the whole of the image data, no blade being visible."""
    return wide["field_sides_at_border"] == _ALL_SIDES


def _doubtful(wide: pd.DataFrame) -> pd.Series[bool]:
    """Which fields may not be what was found: low confidence although a side was seen."""
    return (wide["collimation_confidence"] < DOUBTFUL) & ~_bladeless(wide)


def _chosen(wide: pd.DataFrame) -> list[int]:
    """Outcomes to draw: the least confident with a blade, then the smallest fields, none twice."""
    doubtful = _first(wide[~_bladeless(wide)], "collimation_confidence")[: MOST_PICTURES // 2]
    small = [key for key in _first(wide, "field_fraction") if key not in doubtful]
    return [*doubtful, *small[: MOST_PICTURES - len(doubtful)]]


def _first(wide: pd.DataFrame, name: str) -> list[int]:
    """Outcomes by a quantity, the least first."""
    return [int(key) for key in wide.sort_values(name, kind="stable").index]


def _picture(evidence: Evidence, records: Records, outcome_id: int, row: Mapping[Any, Any]) -> Picture:
    result = load(records, outcome_id, Collimation)
    what = " ".join(part for part in (clean(row["body_part"]), clean(row["view_position"])) if part)
    parts = (what, evidence.unit_name(int(row["unit"])))
    return Picture(
        svg=picture_svg(
            lambda ax: plots.plot_collimation(result, ax=ax),
            f"collimation {outcome_id}",
            "Collimated field over the image",
            OVERLAY,
        ),
        title=", ".join(part for part in parts if part) or "Field",
        note=", ".join(
            part for part in (day(row["exposed_at"]), "" if result.preview is not None else _OUTLINE) if part
        ),
        subject=clean(row["subject"]),
    )

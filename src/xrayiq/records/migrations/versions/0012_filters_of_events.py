"""Filters and reference points of reported events, out of the stored reports into columns."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBERS = (
    *("filter_thickness_min_mm", "filter_thickness_max_mm", "added_copper_mm"),
    "reference_point_distance_mm",
)
#: as the reader had them at this version
_MATERIALS = {
    **dict.fromkeys(("12503006", "105830007", "C-120F9", "C-12000"), "ALUMINUM"),
    **dict.fromkeys(("66925006", "C-127F9", "C-12700"), "COPPER"),
}
_FIRST_VERSION = 2


def upgrade() -> None:
    """Add the columns and fill them from the reports as they are stored."""
    with op.batch_alter_table("dose_events") as events:
        events.add_column(sa.Column("filter_material", sa.Text()))
        for name in _NUMBERS:
            events.add_column(sa.Column(name, sa.Double()))
    outcomes = sa.table(
        "outcomes", *(sa.column(name) for name in ("id", "result_type", "algorithm_version", "result_json"))
    )
    names = ("outcome_id", "ordinal", "filter_material", *_NUMBERS)
    dose_events = sa.table("dose_events", *(sa.column(name) for name in names))
    reports = sa.select(outcomes.c.id, outcomes.c.result_json).where(
        outcomes.c.result_type == "DoseReport", outcomes.c.algorithm_version >= _FIRST_VERSION
    )
    connection = op.get_bind()
    change = (
        sa.update(dose_events)
        .where(dose_events.c.outcome_id == sa.bindparam("of"), dose_events.c.ordinal == sa.bindparam("at"))
        .values({name: sa.bindparam(f"new_{name}") for name in names[2:]})
    )
    numbers = [row[0] for row in connection.execute(sa.select(reports.subquery().c.id))]
    for number in numbers:
        told = json.loads(connection.execute(reports.where(outcomes.c.id == number)).one()[1] or "{}")
        rows = [
            {"of": number, "at": place} | {f"new_{name}": value for name, value in _told(event).items()}
            for place, event in enumerate(told.get("events", ()))
        ]
        if rows:
            connection.execute(change, rows)


def _told(event: dict[str, Any]) -> dict[str, Any]:
    filters = (event.get("beam") or {}).get("filters") or []
    names = [_name(one.get("material")) for one in filters]
    one = filters[0] if len(filters) == 1 else {}
    copper = [
        one.get("thickness_max_mm") if one.get("thickness_max_mm") is not None else one.get("thickness_min_mm")
        for one, name in zip(filters, names, strict=True)
        if name == "COPPER"
    ]
    return {
        "filter_material": "\\".join(name for name in names if name) or None,
        "filter_thickness_min_mm": one.get("thickness_min_mm"),
        "filter_thickness_max_mm": one.get("thickness_max_mm"),
        "added_copper_mm": None if not filters or None in copper else float(sum(copper)),
        "reference_point_distance_mm": _distance(event),
    }


def _name(material: list[str] | None) -> str | None:
    return None if material is None else _MATERIALS.get(material[0]) or material[2].upper().partition(" ")[0] or None


def _distance(event: dict[str, Any]) -> float | None:
    geometry = event.get("geometry") or {}
    stated, isocentre = (geometry.get(f"source_{name}_distance_mm") for name in ("reference_point", "isocenter"))
    if stated is not None or isocentre is None:
        return stated
    return isocentre - 150.0 if (event.get("reference_point") or [])[:2] == ["113860", "DCM"] else None

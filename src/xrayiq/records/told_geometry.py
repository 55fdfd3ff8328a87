"""Geometry that headers of images tell, read out of the stored headers without unpacking them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, literal_column, select
from sqlalchemy.sql.elements import ColumnClause

from xrayiq.records.store import Records
from xrayiq.records.tables import OBJECTS

if TYPE_CHECKING:
    import pandas as pd

#: places in the stored header
_TOLD: Final = (
    ("acquisition", "collimator_corners_px"),
    ("acquisition", "pixel_pitch_mm"),
    ("detail", "detector_active_dimensions_mm"),
)


def told_geometry(records: Records) -> pd.DataFrame:
    """Collimator, pixel pitch and detector that the headers of a store's images tell.

    Parameters
    ----------
    records : Records
        The store.

    Returns
    -------
    pandas.DataFrame
        `subject`, `rows`, `columns` and `told`: JSON of a list with the collimator's corners (row, column; pixels
        counted from 0), the pixel pitch and the active dimensions of the detector (mm; rows, columns), null where not
        told.
    """
    from xrayiq.records.cells import frame_of  # pandas loads when a frame is asked for, not for a run

    with records._read() as connection:
        told = _json(connection.dialect.name).label("told")
        query = select(OBJECTS.c.subject, OBJECTS.c.rows, OBJECTS.c.columns, told)
        return frame_of(connection, query.where(OBJECTS.c.population != "no_image").order_by(OBJECTS.c.id))


def _json(dialect: str) -> ColumnClause[str]:
    """Expression for a list of `_TOLD` as JSON."""
    if dialect == "sqlite":
        paths = ", ".join(f"'$.{part}.{name}'" for part, name in _TOLD)
        return literal_column(f"json_extract(header_json, {paths})", Text())
    places = ", ".join(f"CAST(header_json AS JSON) #> '{{{part},{name}}}'" for part, name in _TOLD)
    return literal_column(f"CAST(json_build_array({places}) AS TEXT)", Text())

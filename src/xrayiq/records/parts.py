"""Frames of a store a part at a time, so that an export of any size fits into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Column, Select, func, select

from xrayiq.errors import InputError
from xrayiq.records.store import Records

if TYPE_CHECKING:
    import pandas as pd

#: rows of the table that a frame is ordered by, which are read at a time
_KEYS_AT_A_TIME: Final = 5000


def frame_names() -> tuple[str, ...]:
    """Names that `Records.frame` knows."""
    from xrayiq.records.frames import FRAME_NAMES

    return FRAME_NAMES


def frame_parts(
    records: Records, *names: str, superseded: bool = False, keys_at_a_time: int = _KEYS_AT_A_TIME
) -> Iterator[tuple[pd.DataFrame, ...]]:
    """Frames of the same key, read together in ranges of it.

    Parameters
    ----------
    records : Records
        Store.
    *names : str
        As for `Records.frame`; of several, each begins with the same column, as ``"measurements"`` and ``"verdicts"``
        begin with `outcome_id`.
    superseded : bool
        As for `Records.frame`.
    keys_at_a_time : int
        Length of a range: outcomes of measurements and verdicts, rows of other frames.

    Yields
    ------
    tuple of pandas.DataFrame
        Rows of one range, one frame for each name; at least one part, which may be empty. Rows written while the parts
        are read may stand in the last ones.

    Raises
    ------
    InputError
        There is no such frame, or the frames have different keys.
    """
    from xrayiq.records.cells import frame_of
    from xrayiq.records.frames import query_of

    queries = [query_of(name, superseded=superseded) for name in names]
    keys = [_key(query) for query in queries]
    if len({key.name for key in keys}) != 1:
        raise InputError("frames " + ", ".join(names), needed="frames that begin with the same column")
    with records._read() as connection:
        last = max(connection.scalar(select(func.max(key))) or 0 for key in keys)
    for after in range(0, max(last, 1), keys_at_a_time):
        with records._read() as connection:  # not open while the caller works
            yield tuple(
                frame_of(connection, query.where(key > after, key <= after + keys_at_a_time))
                for query, key in zip(queries, keys, strict=True)
            )


def _key(query: Select[Any]) -> Column[Any]:
    return cast(Column[Any], query.selected_columns[0])

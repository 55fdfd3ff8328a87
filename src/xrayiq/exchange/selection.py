"""What of a store goes out: tables, a period, one unit; never the index of files."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.errors import InputError
from xrayiq.exchange.results import results_of
from xrayiq.records import Records, frame_names, frame_parts

#: paths name patients' folders; what a run's process was is of no use elsewhere
_NEVER: Final = "files"
_LEFT_OUT: Final = ("process",)
RESULTS: Final = "results"
EVENTS: Final = "events"
_EVENT_COLUMNS: Final = {
    "number": "Int64",
    "at": "datetime64[us, UTC]",
    "actor": "string",
    "kind": "string",
    "subject": "string",
    "reason": "string",
    "details": "object",
    "mac": "string",
}
#: kind of what stands for a day of results from elsewhere
IMPORTED: Final = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Part of a store.

    Parameters
    ----------
    since, until : date or None
        First and last day of the exposure, by the modality's clock.
    serial_number : str or None
        Of the X-ray unit.
    superseded : bool
        Also outcomes of earlier settings or versions.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    serial_number: str | None = None
    superseded: bool = False

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise InputError(f"a period from {self.since} to {self.until}", needed="a last day not before the first")

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a frame that belong to it; frames without exposures or units are given whole."""
        kept = pd.Series(True, index=frame.index)
        if "exposed_at" in frame.columns:
            day = frame["exposed_at"].dt.normalize()
            if self.since is not None:
                kept &= (day >= pd.Timestamp(self.since)).fillna(False)
            if self.until is not None:
                kept &= (day <= pd.Timestamp(self.until)).fillna(False)
        if self.serial_number is not None and "serial_number" in frame.columns:
            kept &= (frame["serial_number"] == self.serial_number).fillna(False).astype(bool)
        return frame if bool(kept.all()) else frame[kept].reset_index(drop=True)


def table_names() -> tuple[str, ...]:
    """Tables that can go out: ``"results"``, the frames of a store without the index of files, and ``"events"``."""
    return (RESULTS, *(name for name in frame_names() if name != _NEVER), EVENTS)


def check_tables(names: Sequence[str]) -> tuple[str, ...]:
    """Names of tables, each once.

    Raises
    ------
    InputError
        There is none, or one is unknown or not for export.
    """
    unique = tuple(dict.fromkeys(names))
    if _NEVER in unique:
        raise InputError("the table 'files'", needed="another: paths may name patients and do not leave the store")
    unknown = [name for name in unique if name not in table_names()]
    if unknown or not unique:
        found = f"table {unknown[0]!r}" if unknown else "no table"
        raise InputError(found, needed="some of " + ", ".join(table_names()))
    return unique


def parts_of(records: Records, name: str, selection: Selection) -> Iterator[pd.DataFrame]:
    """A table in parts of the same columns; at least one, which may be empty."""
    if name == RESULTS:
        pairs = frame_parts(records, "measurements", "verdicts", superseded=selection.superseded)
        for measurements, verdicts in pairs:
            yield results_of(selection.of(measurements), verdicts)
        return
    if name == EVENTS:
        yield _events(records)
        return
    for (frame,) in frame_parts(records, name, superseded=selection.superseded):
        yield selection.of(frame.drop(columns=[column for column in _LEFT_OUT if column in frame.columns]))


def tests_only(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of test images and of imported results: what may go where nothing of a patient may."""
    kept = (frame["population"] == "quality_control") | (frame["object_kind"] == IMPORTED)
    return frame[kept.fillna(False).astype(bool)].reset_index(drop=True)


def _events(records: Records) -> pd.DataFrame:
    """The audit trail: what was done, by whom and why; `mac` seals each with the one before it."""
    events = records.events()
    return pd.DataFrame(
        {name: pd.Series([getattr(each, name) for each in events], dtype=kind) for name, kind in _EVENT_COLUMNS.items()}
    )

"""What of a store goes out: tables, a period, one unit; never the index of files."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.errors import InputError
from xrayiq.exchange.register_table import register_table
from xrayiq.exchange.results import results_of
from xrayiq.model import Event
from xrayiq.procedures.places import Places, places_of
from xrayiq.procedures.site_trail import events_of_places
from xrayiq.records import Records, frame_names, frame_parts

#: paths name patients' folders; what a run's process was is of no use elsewhere
_NEVER: Final = "files"
_LEFT_OUT: Final = ("process",)
RESULTS: Final = "results"
REGISTER: Final = "register"
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
    places : Places or None
        One site or unit; None for all.
    superseded : bool
        Also outcomes of earlier settings or versions.
    """

    since: datetime.date | None = None
    until: datetime.date | None = None
    places: Places | None = None
    superseded: bool = False

    def __post_init__(self) -> None:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise InputError(f"a period from {self.since} to {self.until}", needed="a last day not before the first")

    @property
    def is_of_a_place(self) -> bool:
        """Whether only one site or unit belongs to it."""
        return self.places is not None and not self.places.keeps_all

    def of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a frame that belong to it; frames without exposures or units are given whole."""
        kept = pd.Series(True, index=frame.index)
        if "exposed_at" in frame.columns:
            day = frame["exposed_at"].dt.normalize()
            if self.since is not None:
                kept &= (day >= pd.Timestamp(self.since)).fillna(False)
            if self.until is not None:
                kept &= (day <= pd.Timestamp(self.until)).fillna(False)
        if self.is_of_a_place and "equipment_id" in frame.columns:
            kept &= pd.Series(self.places.kept(frame), index=frame.index, dtype="bool")  # type: ignore[union-attr]
        return frame if bool(kept.all()) else frame[kept].reset_index(drop=True)


def table_names() -> tuple[str, ...]:
    """Tables that can go out: results, the register, the frames of a store without the index of files, and events."""
    return (RESULTS, REGISTER, *(name for name in frame_names() if name != _NEVER), EVENTS)


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
        places = selection.places or places_of(records)
        pairs = frame_parts(records, "measurements", "verdicts", superseded=selection.superseded)
        for measurements, verdicts in pairs:
            yield results_of(selection.of(measurements), verdicts, places)
        return
    if name == REGISTER:
        yield register_table(records, selection.places or places_of(records))
        return
    if name == EVENTS:
        yield _events(_events_of(records, selection))
        return
    rows = _rows_of_place(records, name, selection)
    for (frame,) in frame_parts(records, name, superseded=selection.superseded):
        if rows is not None:
            frame = frame[frame["id"].isin(rows)].reset_index(drop=True)
        yield selection.of(frame.drop(columns=[column for column in _LEFT_OUT if column in frame.columns]))


def tests_only(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of test images and of imported results: what may go where nothing of a patient may."""
    kept = (frame["population"] == "quality_control") | (frame["object_kind"] == IMPORTED)
    return frame[kept.fillna(False).astype(bool)].reset_index(drop=True)


def runs_of_places(records: Records, places: Places) -> set[int]:
    """Runs that measured something of a site or unit."""
    found: set[int] = set()
    for (frame,) in frame_parts(records, "outcomes", superseded=True):
        found |= {int(run) for run in frame.loc[places.kept(frame), "run_id"]}
    return found


def _events_of(records: Records, selection: Selection) -> tuple[Event, ...]:
    if selection.places is None or not selection.is_of_a_place:
        return records.events()
    return events_of_places(records, selection.places, runs=runs_of_places(records, selection.places))


def _rows_of_place(records: Records, name: str, selection: Selection) -> set[int] | None:
    """Rows that belong to the site or unit, of tables that have neither exposures nor units; None for all."""
    if selection.places is None or not selection.is_of_a_place:
        return None
    if name == "runs":
        return runs_of_places(records, selection.places)
    if name != "equipment":
        return None
    found: set[int] = set()
    for (frame,) in frame_parts(records, "objects"):
        found |= {int(key) for key in frame.loc[selection.places.kept(frame), "equipment_id"].dropna()}
    return found


def _events(events: Sequence[Event]) -> pd.DataFrame:
    """The audit trail: what was done, by whom and why; `mac` seals each with the one before it."""
    return pd.DataFrame(
        {name: pd.Series([getattr(each, name) for each in events], dtype=kind) for name, kind in _EVENT_COLUMNS.items()}
    )

"""What a report is made from: the store's frames, with every row under its unit and only the latest outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import pandas as pd

from xrayiq.errors import RecordsError
from xrayiq.model import Result
from xrayiq.procedures import RESULT_TYPES
from xrayiq.records import Records
from xrayiq.report.wording import clean

#: attributes that make one unit with its detector; a new software version is still the same unit
_IDENTITY: Final = ("manufacturer", "model", "station_name", "serial_number", "detector_id")
NO_UNIT: Final = -1
NOT_STATED: Final = "Equipment not stated in the header"
#: procedures that test a detector
DETECTOR_PROCEDURES: Final = (
    *("uniformity", "mtf", "nps"),
    *("signal_transfer", "noise_components", "temporal_noise", "line_noise", "artefacts"),
    *("defects", "defect_map", "defect_change"),
    *("mtf_iec", "nps_level", "dqe"),
)

Kind = TypeVar("Kind", bound=Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An X-ray unit with its detector, as headers name it.

    Parameters
    ----------
    number : int
        Its place in the report.
    name : str
        What the page calls it.
    detail : str
        The rest of its identity.
    """

    number: int
    name: str
    detail: str

    @property
    def anchor(self) -> str:
        """Identifier of its section in the page."""
        return f"unit-{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Frames of the store, ready to be counted.

    Parameters
    ----------
    units : tuple of Unit
        By name; equipment not stated in the header last.
    runs, objects, files, outcomes, measurements, verdicts : DataFrame
        As `Records.frame` gives them, with a column ``unit`` (number of the unit, −1 where there is none). Of several
        outcomes of one subject and procedure only the latest is kept.
    """

    units: tuple[Unit, ...]
    runs: pd.DataFrame
    objects: pd.DataFrame
    files: pd.DataFrame
    outcomes: pd.DataFrame
    measurements: pd.DataFrame
    verdicts: pd.DataFrame

    def unit(self, number: int) -> Unit | None:
        """Unit of a number, None for what belongs to none."""
        return self.units[number] if 0 <= number < len(self.units) else None

    @property
    def damaged(self) -> frozenset[str]:
        """Subjects of objects that are known by their header alone: every file of theirs could not be read whole."""
        status = self.files["status"]
        unreadable = set(self.files.loc[status == "unreadable", "subject"].dropna())
        whole = set(self.files.loc[status == "object", "subject"].dropna())
        return frozenset(str(subject) for subject in (unreadable - whole) & set(self.objects["subject"]))

    def unit_name(self, number: int) -> str:
        """Name of a unit, empty for what belongs to none."""
        unit = self.unit(number)
        return unit.name if unit else ""


def gather(records: Records) -> Evidence:
    """Everything a report needs from a store, but the results themselves.

    Parameters
    ----------
    records : Records
        An open store.

    Returns
    -------
    Evidence
        Its frames.
    """
    units, number_of = _units(records.frame("equipment"))
    outcomes = _latest(_with_unit(records.frame("outcomes"), number_of))
    kept = set(outcomes["id"])
    measurements, verdicts = (
        _with_unit(frame[frame["outcome_id"].isin(kept)], number_of)
        for frame in (records.frame("measurements"), records.frame("verdicts"))
    )
    return Evidence(
        units=units,
        runs=records.frame("runs"),
        objects=_with_unit(records.frame("objects"), number_of),
        files=records.frame("files").drop(columns="relative_path"),
        outcomes=outcomes,
        measurements=measurements,
        verdicts=verdicts,
    )


def load(records: Records, outcome_id: int, kind: type[Kind]) -> Kind:
    """Stored result of a known class.

    Raises
    ------
    RecordsError
        It is of another class.
    """
    result = records.load_result(outcome_id, RESULT_TYPES).result
    if not isinstance(result, kind):
        raise RecordsError(
            f"outcome {outcome_id} holds a {type(result).__name__}",
            needed=f"a {kind.__name__}",
            remedy="check the store",
        )
    return result


def _latest(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Of several versions or parameter sets of one measurement, the last that was stored."""
    return outcomes.sort_values("id").drop_duplicates(["subject", "procedure"], keep="last")


def _with_unit(frame: pd.DataFrame, number_of: Mapping[int, int]) -> pd.DataFrame:
    numbers = [NO_UNIT if pd.isna(key) else number_of.get(int(key), NO_UNIT) for key in frame["equipment_id"]]
    return frame.assign(unit=pd.Series(numbers, index=frame.index, dtype="int64"))


def _units(equipment: pd.DataFrame) -> tuple[tuple[Unit, ...], dict[int, int]]:
    stated = {int(row["id"]): _identity(row) for row in equipment.to_dict("records")}
    identities = {key: _completed(identity, set(stated.values())) for key, identity in stated.items()}
    distinct = sorted(set(identities.values()), key=lambda identity: (not any(identity), _name(identity), identity))
    units = tuple(
        Unit(number=number, name=_told_apart(identity, distinct), detail=_detail(identity))
        for number, identity in enumerate(distinct)
    )
    place = {identity: number for number, identity in enumerate(distinct)}
    return units, {key: place[identity] for key, identity in identities.items()}


def _identity(row: Mapping[Any, object]) -> tuple[str, ...]:
    return tuple(clean(row[name]) for name in _IDENTITY)


def _completed(identity: tuple[str, ...], every: set[tuple[str, ...]]) -> tuple[str, ...]:
    """The one fuller identity that agrees with all this one states: a dose report does not name the detector.

    Without a station name or a serial number, or where several would fit, it stays as it is.
    """
    _, _, station, serial, _ = identity
    if not (station or serial):
        return identity
    fuller = [
        other
        for other in every
        if other != identity and all(mine in ("", theirs) for mine, theirs in zip(identity, other, strict=True))
    ]
    return fuller[0] if len(fuller) == 1 else identity


def _name(identity: tuple[str, ...]) -> str:
    manufacturer, model, station, _, detector = identity
    return station or " ".join(part for part in (manufacturer, model) if part) or detector or NOT_STATED


def _told_apart(identity: tuple[str, ...], distinct: list[tuple[str, ...]]) -> str:
    """Name with the first attribute that tells it from all others of the same name."""
    name = _name(identity)
    same = [other for other in distinct if _name(other) == name]
    if len(same) == 1:
        return name
    manufacturer, model, _, serial, detector = range(len(_IDENTITY))
    for attribute in (detector, serial, model, manufacturer):
        if identity[attribute] and [other[attribute] for other in same].count(identity[attribute]) == 1:
            return f"{name}, {identity[attribute]}"
    return f"{name}, no. {same.index(identity) + 1}"


def _detail(identity: tuple[str, ...]) -> str:
    manufacturer, model, station, serial, detector = identity
    maker = " ".join(part for part in (manufacturer, model) if part)
    parts = (maker if station else "", f"serial {serial}" if serial else "", f"detector {detector}" if detector else "")
    return " · ".join(part for part in parts if part)

"""What a report is made from: the store's frames, every row under its unit of the register, and the latest outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import pandas as pd

from xrayiq.errors import RecordsError
from xrayiq.model import Equipment, Result
from xrayiq.procedures import RESULT_TYPES, Site
from xrayiq.procedures.places import Places, places_of
from xrayiq.procedures.whereabouts import header_name
from xrayiq.records import Records
from xrayiq.report.wording import clean

NO_UNIT: Final = -1
NOT_STATED: Final = "Equipment not stated in the header"
#: procedures that test a detector
DETECTOR_PROCEDURES: Final = (
    *("uniformity", "mtf", "nps"),
    *("signal_transfer", "noise_components", "temporal_noise", "line_noise", "artefacts"),
    *("defects", "defect_map", "defect_change"),
    *("mtf_iec", "nps_level", "dqe"),
    "field_congruence",
)

Kind = TypeVar("Kind", bound=Result)
#: names that the register has for a unit and its detector
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An X-ray unit with its detector, as the register has it.

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


def gather(records: Records, *, site: Site | None = None, only_site: str = "") -> Evidence:
    """Everything a report needs from a store, but the results themselves.

    Parameters
    ----------
    records : Records
        An open store.
    site : Site, optional
        Settings that name equipment.
    only_site : str
        Leave out everything of other sites.

    Returns
    -------
    Evidence
        Its frames.

    Raises
    ------
    InputError
        The store knows no such site.
    """
    places = places_of(records, site=site, only_site=only_site)
    objects, outcomes, measurements, verdicts = (
        places.place(records.frame(name)) for name in ("objects", "outcomes", "measurements", "verdicts")
    )
    units, number_of = _units(objects, places)
    outcomes = _latest(_with_unit(outcomes, number_of))
    kept = outcomes["id"]
    runs, files = records.frame("runs"), records.frame("files").drop(columns="relative_path")
    return Evidence(
        units=units,
        runs=runs[runs["id"].isin(outcomes["run_id"])] if only_site else runs,
        objects=_with_unit(objects, number_of),
        files=files[files["subject"].isin(objects["subject"])] if only_site else files,
        outcomes=outcomes,
        measurements=_with_unit(measurements[measurements["outcome_id"].isin(kept)], number_of),
        verdicts=_with_unit(verdicts[verdicts["outcome_id"].isin(kept)], number_of),
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


def _with_unit(frame: pd.DataFrame, number_of: Mapping[_Key, int]) -> pd.DataFrame:
    numbers = [NO_UNIT if key is None else number_of.get(key, NO_UNIT) for key in _keys(frame)]
    return frame.assign(unit=pd.Series(numbers, index=frame.index, dtype="int64"))


def _keys(frame: pd.DataFrame) -> list[_Key | None]:
    """Unit and detector of the register of each row; None for what is of no equipment."""
    named = zip(frame["unit_name"], frame["detector_name"], frame["equipment_id"].isna(), strict=True)
    return [None if nothing else (str(unit), str(detector)) for unit, detector, nothing in named]


def _units(objects: pd.DataFrame, places: Places) -> tuple[tuple[Unit, ...], dict[_Key, int]]:
    stated: dict[_Key, tuple[str, ...]] = {}
    for key, equipment, room in zip(_keys(objects), objects["equipment_id"], objects["room_name"], strict=True):
        if key is not None:
            identity = _identity(places.equipment[int(equipment)], key[0], str(room))
            if sum(map(bool, identity)) >= sum(map(bool, stated.get(key, ()))):  # a log names little of its unit
                stated[key] = identity
    steps_alone = set(stated) - {key for key in _keys(objects[objects["kind"] != "performed_step"]) if key is not None}
    whole = {key: _completed(key, stated, by_station=key in steps_alone) for key in stated}
    distinct = sorted(set(whole.values()), key=lambda key: (not any(stated[key]), _name(stated[key]), stated[key], key))
    identities = [stated[key] for key in distinct]
    units = tuple(
        Unit(number=number, name=_told_apart(number, identities), detail=_detail(identity))
        for number, identity in enumerate(identities)
    )
    return units, {key: distinct.index(own) for key, own in whole.items()}


def _identity(equipment: Equipment, unit: str, room: str) -> tuple[str, ...]:
    """Texts that tell equipment apart; a name that the site gave the unit stands in place of the station's."""
    told = unit if unit != header_name(equipment) else room
    texts = (equipment.manufacturer, equipment.model, told, equipment.serial_number, equipment.detector_id)
    return tuple(clean(text or "") for text in texts)


def _completed(key: _Key, every: Mapping[_Key, tuple[str, ...]], *, by_station: bool) -> _Key:
    """The only detector of the unit, where none is named: a dose report does not name it, a step only the station.

    Without a station name or a serial number, or where the unit has several, it stays as it is.
    """
    _, _, station, serial, detector = every[key]
    if detector or not (station or serial):
        return key
    fuller = [other for other in every if other[0] == key[0] and other != key]
    if by_station and station and not serial and not fuller:
        fuller = [other for other in every if every[other][2] == station and other != key]
    return fuller[0] if len(fuller) == 1 else key


def _name(identity: tuple[str, ...]) -> str:
    manufacturer, model, station, _, detector = identity
    return station or " ".join(part for part in (manufacturer, model) if part) or detector or NOT_STATED


def _told_apart(place: int, distinct: Sequence[tuple[str, ...]]) -> str:
    """Name with the first attribute that tells it from all others of the same name."""
    identity = distinct[place]
    name = _name(identity)
    same = [other for other in distinct if _name(other) == name]
    if len(same) == 1:
        return name
    manufacturer, model, _, serial, detector = range(len(identity))
    for attribute in (detector, serial, model, manufacturer):
        if identity[attribute] and [other[attribute] for other in same].count(identity[attribute]) == 1:
            return f"{name}, {identity[attribute]}"
    return f"{name}, no. {sum(_name(other) == name for other in distinct[: place + 1])}"


def _detail(identity: tuple[str, ...]) -> str:
    manufacturer, model, station, serial, detector = identity
    maker = " ".join(part for part in (manufacturer, model) if part)
    parts = (maker if station else "", f"serial {serial}" if serial else "", f"detector {detector}" if detector else "")
    return " · ".join(part for part in parts if part)

"""The tables as pandas frames, joined so that nobody needs SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from sqlalchemy import Column, Connection, Label, Select, Table, case, func, literal, select
from sqlalchemy.sql import ColumnElement, FromClause

from xrayiq.errors import InputError
from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.cells import frame_of
from xrayiq.records.counting import in_force, with_objects
from xrayiq.records.dose_event_rows import STEP
from xrayiq.records.tables import (
    DOSE_EVENTS,
    EQUIPMENT,
    FILES,
    MEASUREMENTS,
    OBJECTS,
    OUTCOMES,
    REJECTS,
    RESPONSES,
    RUNS,
    SETS,
    TOLD_NUMBERS,
    TOLD_TEXTS,
)

_EQUIPMENT_NAMES: Final = tuple(column.name for column in EQUIPMENT.columns if column.name not in ("id", "identity"))
_EXPOSURE_NAMES: Final = (
    *("modality", "body_part", "view_position", "laterality", "exposed_at", "quality_control"),
    *("exposure_key", "population"),
)
_EXPOSED_NAMES: Final = (
    *("modality", "body_part", "view_position", "laterality", "protocol_name", "exposed_at", "intent"),
    *("study_uid", "irradiation_event_uid", "patient_key", "operator_key", "tube_voltage_kv", "exposure_mas"),
    *("exposure_time_ms", "dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy", "exposure_index"),
    *("target_exposure_index", "deviation_index"),
)
_PATIENT_NAMES: Final = ("patient_key", "patient_age_years", "patient_weight_kg", "patient_size_m", "patient_sex")
_OUTCOME_NAMES: Final = ("subject", "procedure", "algorithm_version", "parameter_digest")


def _all(table: FromClause, *, without: tuple[str, ...] = ()) -> list[ColumnElement[Any]]:
    return [column for column in table.columns if column.name not in without]


def _named(table: Table, names: tuple[str, ...]) -> list[ColumnElement[Any]]:
    return [table.columns[name] for name in names]


def _of_object() -> list[ColumnElement[Any]]:
    """Columns that say what was exposed, and where."""
    return [
        OBJECTS.c.kind.label("object_kind"),
        *_named(OBJECTS, _EXPOSURE_NAMES),
        OBJECTS.c.equipment_id,
        *_named(EQUIPMENT, _EQUIPMENT_NAMES),
    ]


def _with_equipment(query: Select[Any]) -> Select[Any]:
    return with_objects(query).outerjoin(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)


def _of_outcomes(table: FromClause) -> Select[Any]:
    """Measurements or verdicts with their outcome, object and equipment."""
    own = _all(table, without=("outcome_id", "ordinal"))
    columns = [table.c.outcome_id, *_named(OUTCOMES, _OUTCOME_NAMES), *own, *_of_object(), OUTCOMES.c.run_id]
    query = select(*columns).select_from(table).join(OUTCOMES, table.c.outcome_id == OUTCOMES.c.id)
    return _with_equipment(query).order_by(table.c.outcome_id, table.c.ordinal)


def _objects() -> Select[Any]:
    columns = [
        *_all(OBJECTS, without=("header_json", "technique_key", "own_population", "seal", "role_seal")),
        *_named(EQUIPMENT, _EQUIPMENT_NAMES),
    ]
    query = select(*columns).select_from(OBJECTS).join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)
    return query.order_by(OBJECTS.c.id)


def _of_sets(table: Table) -> Select[Any]:
    """Sets or responses with the unit and time of the set's first object."""
    own = _all(table, without=("object_id",))
    query = select(*own, *_of_object()).select_from(table).join(OBJECTS, table.c.object_id == OBJECTS.c.id)
    return query.join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id).order_by(table.c.id)


def _outcomes() -> Select[Any]:
    own = _all(OUTCOMES, without=("result_json", "result_npz", "object_id", "standing_seal"))
    return _with_equipment(select(*own, *_of_object()).select_from(OUTCOMES)).order_by(OUTCOMES.c.id)


def _exposures() -> Select[Any]:
    """Images with what statistics about exposures group and weigh by."""
    columns = [
        *_named(OBJECTS, ("id", "subject", "kind", "exposure_key", "population", *_EXPOSED_NAMES)),
        *_named(OBJECTS, (*TOLD_NUMBERS, *TOLD_TEXTS, "not_numbers", "header_checks", "study_at")),
        OBJECTS.c.equipment_id,
        *_named(EQUIPMENT, _EQUIPMENT_NAMES),
    ]
    query = select(*columns).select_from(OBJECTS).join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)
    return query.where(OBJECTS.c.population != "no_image").order_by(OBJECTS.c.id)


def _dose_events() -> Select[Any]:
    """Irradiation events with the report or performed step that tells of them, its patient and its equipment."""
    is_step = OUTCOMES.c.result_type == STEP
    columns = [
        DOSE_EVENTS.c.outcome_id,
        case((is_step, literal("mpps")), else_=literal("report")).label("source"),
        *_all(DOSE_EVENTS, without=("outcome_id", "operator_key")),
        *_named(OUTCOMES, ("subject", "run_id")),
        func.coalesce(DOSE_EVENTS.c.operator_key, OBJECTS.c.operator_key).label("operator_key"),
        *_named(OBJECTS, ("modality", "study_uid", "exposed_at", "is_test_patient", *_PATIENT_NAMES)),
        OBJECTS.c.equipment_id,
        *_named(EQUIPMENT, _EQUIPMENT_NAMES),
    ]
    query = select(*columns).select_from(DOSE_EVENTS).join(OUTCOMES, DOSE_EVENTS.c.outcome_id == OUTCOMES.c.id)
    return _with_equipment(query).order_by(DOSE_EVENTS.c.outcome_id, DOSE_EVENTS.c.ordinal)


def _rejects() -> Select[Any]:
    """Rejects with the note or log that tells of them and its equipment."""
    columns = [
        REJECTS.c.outcome_id,
        *_all(REJECTS, without=("outcome_id",)),
        *_named(OUTCOMES, ("subject", "run_id")),
        OBJECTS.c.exposed_at.label("noted_at"),
        OBJECTS.c.is_test_patient,
        OBJECTS.c.equipment_id,
        *_named(EQUIPMENT, _EQUIPMENT_NAMES),
    ]
    query = select(*columns).select_from(REJECTS).join(OUTCOMES, REJECTS.c.outcome_id == OUTCOMES.c.id)
    return _with_equipment(query).order_by(REJECTS.c.outcome_id, REJECTS.c.ordinal)


_QUERIES: Final = {
    "runs": select(*_all(RUNS, without=("seal",))).order_by(RUNS.c.id),
    "equipment": select(*_all(EQUIPMENT, without=("identity",))).order_by(EQUIPMENT.c.id),
    "objects": _objects(),
    "exposures": _exposures(),
    "files": select(*_all(FILES, without=("seal",))).order_by(FILES.c.id),
    "outcomes": _outcomes(),
    "dose_events": _dose_events(),
    "rejects": _rejects(),
    "measurements": _of_outcomes(MEASUREMENTS),
    "verdicts": _of_outcomes(ALL_VERDICTS),
    "sets": _of_sets(SETS),
    "responses": _of_sets(RESPONSES),
}
_OF_OUTCOMES: Final = ("outcomes", "dose_events", "rejects", "measurements", "verdicts")
FRAME_NAMES: Final = tuple(_QUERIES)


def query_of(name: str, *, superseded: bool = False, columns: Sequence[str] = ()) -> Select[Any]:
    """Query behind a frame, of some of its columns or all.

    Raises
    ------
    InputError
        There is no frame of that name, or no such column.
    """
    try:
        query = _QUERIES[name]
    except KeyError:
        raise InputError(f"frame {name!r}", needed="one of " + ", ".join(FRAME_NAMES)) from None
    if columns:
        known = {column.name: column for column in query.selected_columns if isinstance(column, (Column, Label))}
        if unknown := [one for one in columns if one not in known]:
            raise InputError(f"column {unknown[0]!r} of frame {name!r}", needed="one of " + ", ".join(known))
        query = query.with_only_columns(*(known[one] for one in columns))
    return query.where(in_force()) if name in _OF_OUTCOMES and not superseded else query


def read_frame(connection: Connection, name: str, *, superseded: bool, columns: Sequence[str]) -> pd.DataFrame:
    """Frame of a table; see `Records.frame`."""
    return frame_of(connection, query_of(name, superseded=superseded, columns=columns))

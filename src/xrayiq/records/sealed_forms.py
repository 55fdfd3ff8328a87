"""What of each row its seals cover, in one form on every database.

The lists of columns are part of the seals of stores that exist: a column that is added later gets into a seal only
under a new name of its form.
"""

from __future__ import annotations

import datetime
import hashlib
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Date, DateTime, Double, Integer, LargeBinary, Table
from sqlalchemy.types import TypeEngine

from xrayiq.records.column_types import PathText, StorableText, UtcDateTime, path_as_stored, text_as_stored
from xrayiq.records.derived_rows import repeats_result
from xrayiq.records.object_rows import repeats_header
from xrayiq.records.tables import (
    BASELINE_VERDICTS,
    EQUIPMENT,
    FILES,
    MEASUREMENTS,
    OBJECTS,
    OUTCOMES,
    RESPONSES,
    RUNS,
    SETS,
    VERDICTS,
)

Cell = Any  # what JSON holds


class Form:
    """Some columns of a table as a list that JSON holds, equal for what is written and what is read back.

    Parameters
    ----------
    table : Table
        The table.
    names : str
        Its columns, separated by blanks.
    without_addition : str
        Column of which only what stands before the first ``~`` counts.
    """

    def __init__(self, table: Table, names: str, *, without_addition: str = "") -> None:
        self.names: Final = tuple(names.split())
        self._steps = [
            (name, _before_addition if name == without_addition else _normaliser(table.columns[name].type))
            for name in self.names
        ]

    def __call__(self, row: Mapping[str, Any]) -> list[Cell]:
        """Cells of a row.

        Raises
        ------
        TypeError, ValueError, AttributeError, OverflowError
            A column holds what its type does not allow: SQLite stores anything in any column.
        """
        return [None if (value := row[name]) is None else step(value) for name, step in self._steps]


def _before_addition(value: Any) -> Cell:
    return str.partition(value, "~")[0]


def _normaliser(kind: TypeEngine[Any]) -> Callable[[Any], Cell]:
    for types, normaliser in _NORMALISERS:
        if isinstance(kind, types):
            return normaliser
    return _digest_of_text  # plain text: whole headers and results


def _digest(value: Any) -> Cell:
    return hashlib.sha256(value).hexdigest()


def _digest_of_text(value: Any) -> Cell:
    return hashlib.sha256(str.encode(value)).hexdigest()


def _utc(value: Any) -> Cell:
    return str(value.astimezone(datetime.UTC).isoformat())


def _isoformat(value: Any) -> Cell:
    return str(value.isoformat())


def _number(value: Any) -> Cell:
    return float(value + 0.0)  # SQLite keeps no negative zero


_NORMALISERS: Final[tuple[tuple[Any, Callable[[Any], Cell]], ...]] = (
    (PathText, path_as_stored),
    (StorableText, text_as_stored),
    (UtcDateTime, _utc),
    ((DateTime, Date), _isoformat),
    (Double, _number),
    (Boolean, bool),
    (Integer, operator.index),
    (LargeBinary, _digest),
    (JSON, lambda value: value),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """How the rows of a table are sealed.

    Parameters
    ----------
    kind : str
        Name in ``seals``.
    table : Table
        The table.
    lasting : Form
        What never changes after the row was written, covered by its row in ``seals``.
    states : mapping of str to Form
        What changes on purpose, each covered by a column of the row itself.
    repeats : callable, optional
        Whether what no seal covers, columns of the row and rows that belong to it, says what the sealed columns say.
    """

    kind: str
    table: Table
    lasting: Form
    states: Mapping[str, Form] = field(default_factory=dict)
    repeats: Callable[[Mapping[str, Any], Mapping[str, Sequence[dict[str, Any]]]], bool] | None = None


RUN: Final = Sealed(
    kind="run",
    table=RUNS,
    lasting=Form(RUNS, "started_at archive_key xrayiq_version kernel_digest plan_digest site_digest process"),
    states={"seal": Form(RUNS, "id status finished_at counts")},
)
UNIT: Final = Sealed(
    kind="equipment",
    table=EQUIPMENT,
    lasting=Form(
        EQUIPMENT,
        "identity manufacturer model station_name serial_number detector_id software_versions institution department",
    ),
)
OBJECT: Final = Sealed(
    kind="object",
    table=OBJECTS,
    lasting=Form(OBJECTS, "subject"),
    states={
        "seal": Form(
            OBJECTS,
            "subject kind equipment_id modality body_part view_position laterality protocol_name exposed_at "
            "utc_offset_min intent quality_control tube_voltage_kv exposure_mas exposure_time_ms dap_gy_m2 "
            "entrance_dose_mgy average_glandular_dose_mgy exposure_index target_exposure_index deviation_index "
            "study_uid series_uid sop_class_uid irradiation_event_uid transfer_syntax_uid patient_key operator_key "
            "rows columns frames bits_stored header_json technique_key own_population",
        ),
        "role_seal": Form(OBJECTS, "subject exposure_key population"),
    },
    repeats=repeats_header,
)
#: without the time of change, which only saves reading a file again
FILE: Final = Sealed(
    kind="file",
    table=FILES,
    lasting=Form(FILES, "archive_key relative_path"),
    states={
        "seal": Form(
            FILES, "archive_key relative_path size digest subject status plan_digest response_id response_mode"
        )
    },
)
SET: Final = Sealed(
    kind="set",
    table=SETS,
    lasting=Form(
        SETS,
        "subject group_key day beam members subjects plan_digest response_id object_id run_id created_at",
    ),
)
RESPONSE: Final = Sealed(
    kind="response",
    table=RESPONSES,
    lasting=Form(RESPONSES, "mode valid_from response_id model a b c kerma_min_ugy kerma_max_ugy set_id object_id"),
)
#: an error that steps aside gets an addition to its parameter digest
OUTCOME: Final = Sealed(
    kind="outcome",
    table=OUTCOMES,
    lasting=Form(
        OUTCOMES,
        "subject procedure algorithm_version parameter_digest kind reason message object_id run_id created_at "
        "result_type result_json result_npz",
        without_addition="parameter_digest",
    ),
    states={"standing_seal": Form(OUTCOMES, "subject procedure algorithm_version parameter_digest plan_digest")},
    repeats=repeats_result,
)
MEASUREMENT: Final = Form(MEASUREMENTS, "ordinal quantity direction value unit")
_JUDGED: Final = (
    "quantity direction value unit status compared baseline limit_id limit_procedure basis warning_low warning_high "
    "fail_low fail_high document edition confidence note limit_site limit_room limit_unit limit_reason limit_author"
)
VERDICT: Final = Form(VERDICTS, f"ordinal {_JUDGED}")
BASELINE_VERDICT: Final = Sealed(
    kind="baseline_verdict",
    table=BASELINE_VERDICTS,
    lasting=Form(BASELINE_VERDICTS, f"outcome_id run_id created_at {_JUDGED}"),
)
SEALED: Final = (RUN, UNIT, OBJECT, FILE, SET, RESPONSE, OUTCOME, BASELINE_VERDICT)


def outcome_content(
    outcome: Mapping[str, Any], measurements: list[dict[str, Any]], verdicts: list[dict[str, Any]]
) -> list[Cell]:
    """What the seal of an outcome covers: its row, and its measurements and verdicts in their order."""
    return [OUTCOME.lasting(outcome), [MEASUREMENT(row) for row in measurements], [VERDICT(row) for row in verdicts]]

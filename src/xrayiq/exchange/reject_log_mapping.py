"""What the columns and reasons of a maker's reject log are: a mapping file in TOML, shipped or a site's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from xrayiq.audit import RejectReason, shipped_reject_reasons
from xrayiq.errors import SiteError
from xrayiq.exchange.toml_tables import check_keys, read_toml, value_of
from xrayiq.units import units_of

#: numbers of a log, and the dimension of those whose unit a mapping may tell
NUMBERS: Final = MappingProxyType(
    {
        "patient_age_years": "",
        "tube_voltage_kv": "voltage",
        "exposure_mas": "exposure",
        "exposure_time_ms": "time",
        "dap_gy_m2": "dose_area_product",
        "exposure_index": "",
        "target_exposure_index": "",
        "deviation_index": "",
        "source_detector_distance_mm": "length",
    }
)
#: texts that are kept as they stand
TEXTS: Final = (
    *("image_uid", "event_uid", "study_uid", "body_part", "view_position", "laterality", "protocol_name"),
    *("exposure_control_mode", "grid"),
)
UNITS: Final = ("manufacturer", "model", "station_name", "serial_number")
#: persons, of whom only keyed hashes are kept
PERSONS: Final = ("patient", "operator")
_OTHERS: Final = ("date", "time", "moment", "status", "reason")
_COLUMNS: Final = (*_OTHERS, *UNITS, *TEXTS, *PERSONS, *NUMBERS)
_TABLE: Final = ("separator", "encodings", "decimal", "date_formats", "time_formats", "row", "sheet")
_KEYS: Final = ("maker", "document", "confidence", "table", "columns", "units", "status", "reasons", "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectLogMapping:
    """How a reject log is read.

    Parameters
    ----------
    maker, document, confidence : str
        Whose layout it is, from where, and how sure: C is not verified against an export.
    separator, row, sheet : str
        Of CSV; element of a row in XML; sheet of a workbook (the first where empty).
    encodings : tuple of str
        Tried one after the other.
    decimal : str
        ``"."``, ``","`` or ``"any"``: then a single comma or point is the decimal sign.
    date_formats, time_formats : tuple of str
        For `strptime`; ISO 8601 is always tried first.
    columns : mapping of str to tuple of str
        Headings that each field may have.
    units : mapping of str to str
        Unit of the numbers of a field; that of its name where none is given.
    status : mapping of str to bool
        Whether a text, in lower case, says that the exposure was rejected.
    reasons : mapping of str to RejectReason
        By what the log says, in lower case.
    unit : mapping of str to str
        Identity of the unit where the log names none.
    source, text : str
        Name of the mapping, and its content for a digest.
    """

    maker: str
    document: str
    confidence: str
    separator: str
    row: str
    sheet: str
    encodings: tuple[str, ...]
    decimal: str
    date_formats: tuple[str, ...]
    time_formats: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    units: Mapping[str, str]
    status: Mapping[str, bool]
    reasons: Mapping[str, RejectReason]
    unit: Mapping[str, str]
    source: str
    text: str


def shipped_reject_logs() -> tuple[str, ...]:
    """Names of the shipped mappings."""
    files = resources.files("xrayiq").joinpath("data", "reject_logs").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_reject_log_mapping(mapping: str | Path) -> RejectLogMapping:
    """Mapping by the name of a shipped one, or from a file.

    Parameters
    ----------
    mapping : str or path
        One of `shipped_reject_logs`, or a TOML file: copy a shipped one and change it.

    Returns
    -------
    RejectLogMapping
        Checked.

    Raises
    ------
    SiteError
        It cannot be read, has an unknown key, unit, category or reason, or no date.
    """
    if str(mapping) in shipped_reject_logs():
        with resources.as_file(resources.files("xrayiq").joinpath("data", "reject_logs", f"{mapping}.toml")) as path:
            table = read_toml(path)
    else:
        table = read_toml(mapping)
    return _mapping(table, Path(mapping).name)


def _mapping(table: Mapping[str, Any], source: str) -> RejectLogMapping:
    check_keys(table, _KEYS, where="the file", source=source)
    form = dict(table.get("table", {}))
    check_keys(form, _TABLE, where="[table]", source=source)
    columns = {name: _texts(value, f"columns.{name}", source) for name, value in table.get("columns", {}).items()}
    check_keys(columns, _COLUMNS, where="[columns]", source=source)
    if not {"date", "moment"} & set(columns):
        raise SiteError("[columns] without date and moment", needed="the heading of either", source=source)
    units = dict(table.get("units", {}))
    check_keys(units, [name for name, dimension in NUMBERS.items() if dimension], where="[units]", source=source)
    for name, unit in units.items():
        if unit not in units_of(NUMBERS[name]):
            known = ", ".join(units_of(NUMBERS[name]))
            raise SiteError(f"unit {unit!r} of {name}", needed=f"one of {known}", source=source)
    status = dict(table.get("status", {}))
    check_keys(status, ("rejected", "accepted"), where="[status]", source=source)
    told = {
        text.casefold(): name == "rejected" for name, texts in status.items() for text in _texts(texts, name, source)
    }
    identity = dict(table.get("unit", {}))
    check_keys(identity, UNITS, where="[unit]", source=source)
    decimal = value_of(form, "decimal", str, "any", where="[table]", source=source)
    if decimal not in (".", ",", "any"):
        raise SiteError(f"decimal {decimal!r}", needed="'.', ',' or 'any'", source=source)
    return RejectLogMapping(
        maker=value_of(table, "maker", str, "", where="the file", source=source),
        document=value_of(table, "document", str, "", where="the file", source=source),
        confidence=value_of(table, "confidence", str, "C", where="the file", source=source),
        separator=value_of(form, "separator", str, ",", where="[table]", source=source),
        row=value_of(form, "row", str, "", where="[table]", source=source),
        sheet=value_of(form, "sheet", str, "", where="[table]", source=source),
        encodings=_texts(form.get("encodings", ["utf-8-sig"]), "encodings", source),
        decimal=decimal,
        date_formats=_texts(form.get("date_formats", []), "date_formats", source),
        time_formats=_texts(form.get("time_formats", []), "time_formats", source),
        columns=MappingProxyType(columns),
        units=MappingProxyType(units),
        status=MappingProxyType(told),
        reasons=MappingProxyType(_reasons(table.get("reasons", {}), source)),
        unit=MappingProxyType(identity),
        source=source,
        text=repr(sorted(table.items(), key=str)),
    )


def _reasons(rows: Mapping[str, Any], source: str) -> dict[str, RejectReason]:
    scheme = shipped_reject_reasons()
    found = {}
    for text, target in rows.items():
        category, _, reason = str(target).partition("/")
        if not scheme.knows(category, reason):
            needed = "one of " + ", ".join(scheme.titles) + ", or one of these / a reason of it"
            raise SiteError(f"reason {target!r} of {text!r}", needed=needed, source=source)
        found[text.casefold()] = RejectReason(category=category, reason=reason)
    return found


def _texts(value: Any, name: str, source: str) -> tuple[str, ...]:
    told = [value] if isinstance(value, str) else value
    if not isinstance(told, list) or not all(isinstance(one, str) and one for one in told):
        raise SiteError(f"{name} = {value!r}", needed="a text or a list of texts", source=source)
    return tuple(told)

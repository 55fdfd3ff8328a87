"""Measurements of a period as a QuAAC 1.0 document (Quality Assurance Archive and Communication), YAML or JSON.

Written after the models of the reference implementation (``quaac`` 1.0.2 on PyPI, models.py and common.py): users and
equipment stand once, and are referred to by name and digest; each entry has the MD5 digest of its fields as JSON with
sorted keys. The digest of the whole document is left out: it hangs on the order of a set there.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import json
import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd

from xrayiq.errors import InputError
from xrayiq.exchange.placing import placed_file
from xrayiq.exchange.selection import Selection, parts_of, tests_only
from xrayiq.exchange.tables import ExportedTable
from xrayiq.exchange.text import clean, plain
from xrayiq.exchange.yaml_text import yaml_lines
from xrayiq.model import quantity
from xrayiq.model.packing import Json
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site
from xrayiq.records import Records

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_ENDINGS: Final = (".yaml", ".yml", ".json")
_UNKNOWN: Final = "unknown"
#: what is told of a verdict, by its column; reason and author of a limit that is a site's own
_VERDICT: Final = {
    **{name: name for name in ("status", "limit", "document", "edition")},
    "reason": "limit_reason",
    "author": "limit_author",
}
_Row = dict[str, Any]


def export_quaac(
    records: Records,
    path: str | Path,
    *,
    performer_name: str,
    performer_email: str,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    unit: str = "",
    only_site: str = "",
    site: Site | None = None,
) -> ExportedTable:
    """Write the measurements of test images in a period as one QuAAC 1.0 document.

    Parameters
    ----------
    records : Records
        Store.
    path : path
        File that ends in ``.yaml``, ``.yml`` or ``.json``.
    performer_name, performer_email : str
        Who did the tests; QuAAC demands both, and no header tells them.
    since, until : date, optional
        First and last day of the exposure.
    unit, only_site : str
        Only of this X-ray unit, by any name that only it has, and only of this site.
    site : Site, optional
        Settings that name equipment.

    Returns
    -------
    ExportedTable
        Number of data points. Images of patients and values that are no number are left out.

    Raises
    ------
    InputError
        The e-mail address or the file's name cannot be used, or there is nothing to write.
    """
    target = Path(path)
    if target.suffix.lower() not in _ENDINGS:
        raise InputError(f"QuAAC file {target.name!r}", needed="a name that ends in " + ", ".join(_ENDINGS))
    if not performer_name.strip() or not _EMAIL.fullmatch(performer_email):
        raise InputError(
            "no usable name and e-mail address of the performer", needed="both, as in a signature", source="QuAAC"
        )
    places = places_of(records, site=site, only_site=only_site, unit=unit)
    selection = Selection(since=since, until=until, places=places)
    document = quaac_document(records, selection, user_entry(performer_name.strip(), performer_email))
    points = document["datapoints"]
    if not points:
        raise InputError("no measurement of a test image", needed="some in the period", source="QuAAC")
    with placed_file(target) as place, place.open("w", encoding="utf-8", newline="\n") as file:
        if target.suffix.lower() == ".json":
            json.dump(document, file, indent=1, allow_nan=False)
        else:
            file.writelines(yaml_lines(document))
    return ExportedTable(name="quaac", rows=len(points), file=target.name)


def user_entry(name: str, email: str) -> dict[str, Json]:
    """Entry of a user, with its digest."""
    return _hashed({"name": name, "email": email})


def quaac_document(records: Records, selection: Selection, performer: dict[str, Json]) -> dict[str, Any]:
    """Whole document as plain values."""
    equipment: dict[str, dict[str, Json]] = {}
    points: list[dict[str, Json]] = []
    for part in parts_of(records, "results", selection):
        for rows in _measurements(tests_only(part)):
            unit, detector = _unit(rows[0]), _detector(rows[0])
            for entry in (unit, detector):
                if entry is not None:
                    equipment[str(entry["hash"])] = entry
            points.append(_point(rows, performer, unit, detector))
    return {
        "version": "1.0",
        "datapoints": points,
        "equipment": list(equipment.values()),
        "users": [performer],
        "attachments": [],
    }


def _measurements(part: pd.DataFrame) -> Iterator[list[_Row]]:
    """Rows of each measurement with a number and a date, one row per limit that it met."""
    names = list(part.columns)
    rows = ({n: plain(v) for n, v in zip(names, row, strict=True)} for row in part.itertuples(index=False, name=None))
    usable = (row for row in rows if row["value"] is not None and row["exposed_at"] is not None)
    key = operator.itemgetter("outcome_id", "quantity", "direction", "value")
    for _, group in itertools.groupby(usable, key):
        yield list(group)


def _unit(row: _Row) -> dict[str, Json]:
    name = row["station_name"] or row["model"] or row["serial_number"] or _UNKNOWN
    return _equipment(row, name=name, kind=row["modality"] or "X-ray unit", serial=row["serial_number"])


def _detector(row: _Row) -> dict[str, Json] | None:
    known = row["detector_id"]
    return None if known is None else _equipment(row, name=known, kind="X-ray detector", serial=known)


def _equipment(row: _Row, *, name: str, kind: str, serial: str | None) -> dict[str, Json]:
    fields: dict[str, Json] = {
        "name": _text(name),
        "type": _text(kind),
        "serial_number": _text(serial),
        "manufacturer": _text(row["manufacturer"]),
        "model": _text(row["model"]),
    }
    return _hashed(fields)


def _point(
    rows: list[_Row], performer: dict[str, Json], unit: dict[str, Json], detector: dict[str, Json] | None
) -> dict[str, Json]:
    row = rows[0]
    known = quantity(row["quantity"])
    name = f"{known.label} ({row['direction']})" if row["direction"] else known.label
    baselines = [each["baseline"] for each in rows if each["baseline"] is not None]
    fields: dict[str, Json] = {
        "name": name,
        "perform_datetime": row["exposed_at"].isoformat(),
        "measurement_value": row["value"],
        "measurement_unit": row["unit"],
        "reference_value": baselines[0] if baselines else None,
        "description": known.definition.strip(),
        "procedure": f"xrayiq {row['procedure']}, algorithm version {row['algorithm_version']}",
        "performer": _reference(performer),
        "performer_comment": "",
        "primary_equipment": _reference(unit),
        "reviewer": None,
        "parameters": {
            "quantity": row["quantity"],
            "parameter_digest": row["parameter_digest"],
            "software_versions": _text(row["software_versions"]),
            "unit": _text(row["unit_name"]),
            "site": _text(row["site_name"]),
            "room": _text(row["room_name"]),
            "verdicts": [
                {name: each[key] for name, key in _VERDICT.items() if each[key]}
                for each in rows
                if each["status"] is not None
            ],
        },
        "ancillary_equipment": [] if detector is None else [_reference(detector)],
        "attachments": [],
    }
    return _hashed(fields)


def _text(value: str | None) -> str:
    return clean(value).strip() or _UNKNOWN if value else _UNKNOWN


def _reference(entry: dict[str, Json]) -> str:
    return f"({entry['name']}) {entry['hash']}"


def _hashed(fields: dict[str, Json]) -> dict[str, Json]:
    """Entry under the names of the file, with the digest of its fields under the names of the models."""
    text = json.dumps(fields, sort_keys=True)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return {name.replace("_", " "): value for name, value in fields.items()} | {"hash": digest}

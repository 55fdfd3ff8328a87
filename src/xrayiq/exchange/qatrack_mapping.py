"""Which numbers go to which tests of QATrack+: a mapping file in TOML."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from xrayiq.errors import ReadError, SiteError
from xrayiq.exchange.toml_tables import check_keys, read_toml, value_of
from xrayiq.exchange.web import JsonServer
from xrayiq.model import quantities

TOKEN_VARIABLE: Final = "XRAYIQ_QATRACK_TOKEN"  # noqa: S105 - the name of a variable
Take = Literal["last", "first", "mean", "least", "greatest"]
Send = Literal["value", "status"]

_SERVER_KEYS: Final = ("url", "token_file", "timeout_s", "allow_http")
_LIST_KEYS: Final = (
    *("test_list", "day", "serial_number", "detector_id", "unit_number", "unit_serial_number", "unit_name"),
    "tests",
)
_TEST_KEYS: Final = ("procedure", "quantity", "direction", "factor", "take", "send", "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedTest:
    """What a test of QATrack+ gets.

    Parameters
    ----------
    procedure, quantity, direction : str
        The measurement.
    factor : float
        Stored value times this is sent: 100 for a test in percent.
    take : {"last", "first", "mean", "least", "greatest"}
        Which of several values of a day.
    send : {"value", "status"}
        The number; or the verdict, as true where none is out of limits, or as its word to a test of words.
    file : Path or None
        File for an upload, in place of a measurement.
    """

    procedure: str = ""
    quantity: str = ""
    direction: str = ""
    factor: float = 1.0
    take: Take = "last"
    send: Send = "value"
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedList:
    """A test list of a unit.

    Parameters
    ----------
    test_list : str
        Its name in QATrack+.
    serial_number, detector_id : str or None
        Of the unit here.
    unit_number, unit_serial_number, unit_name : optional
        Of the unit in QATrack+.
    day : int
        Of a cycle.
    tests : mapping of str to MappedTest
        By macro name.
    """

    test_list: str
    serial_number: str | None
    detector_id: str | None
    unit_number: int | None
    unit_serial_number: str | None
    unit_name: str | None
    day: int
    tests: Mapping[str, MappedTest]


@dataclass(frozen=True, slots=True, kw_only=True)
class QatrackMapping:
    """A server and the lists that are filled there.

    Parameters
    ----------
    server : JsonServer
        With its token.
    lists : tuple of MappedList
        At least one.
    """

    server: JsonServer
    lists: tuple[MappedList, ...]


def load_qatrack_mapping(path: str | Path) -> QatrackMapping:
    """Mapping from a TOML file; the token from the environment, or from a file that it names.

    Parameters
    ----------
    path : path
        ``[server]`` with ``url`` and, unless the environment has ``XRAYIQ_QATRACK_TOKEN``, ``token_file``;
        ``[[lists]]`` with ``test_list``, the unit here (``serial_number`` or ``detector_id``) and there
        (``unit_number``, ``unit_serial_number`` or ``unit_name``), and ``[lists.tests.MACRO]`` with ``procedure`` and
        ``quantity``.

    Returns
    -------
    QatrackMapping
        Checked.

    Raises
    ------
    SiteError
        The file contradicts itself, or there is no token.
    """
    place = Path(path)
    table, source = read_toml(place), place.name
    check_keys(table, ("server", "lists"), where="the file", source=source)
    lists = table.get("lists")
    if not isinstance(lists, list) or not lists:
        raise SiteError("no [[lists]]", needed="a test list at least", source=source)
    return QatrackMapping(
        server=_server(table.get("server", {}), place),
        lists=tuple(_list(row, place, f"[[lists]] {number}") for number, row in enumerate(lists, 1)),
    )


def _server(table: Mapping[str, Any], place: Path) -> JsonServer:
    where, source = "[server]", place.name
    check_keys(table, _SERVER_KEYS, where=where, source=source)
    token_file = value_of(table, "token_file", str, "", where=where, source=source)
    return JsonServer(
        root=value_of(table, "url", str, "", where=where, source=source),
        token=_token(place.parent / token_file if token_file else None, source),
        timeout_s=value_of(table, "timeout_s", float, 30.0, where=where, source=source),
        allow_http=value_of(table, "allow_http", bool, False, where=where, source=source),
    )


def _token(file: Path | None, source: str) -> str:
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token and file is not None:
        try:
            token = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ReadError(
                f"cannot be read ({type(error).__name__})", needed="a token of QATrack+", source=file.name
            ) from None
    if not token:
        raise SiteError("no token of QATrack+", needed=f"{TOKEN_VARIABLE} or a token_file", source=source)
    return token


def _list(row: Mapping[str, Any], place: Path, where: str) -> MappedList:
    source = place.name
    check_keys(row, _LIST_KEYS, where=where, source=source)

    def word(key: str) -> str | None:
        return value_of(row, key, str, "", where=where, source=source) or None

    test_list, tests = word("test_list"), row.get("tests", {})
    if test_list is None or not isinstance(tests, dict) or not tests:
        raise SiteError(f"{where} without test_list or tests", needed="both", source=source)
    number = row.get("unit_number")
    if number is not None and (not isinstance(number, int) or isinstance(number, bool)):
        raise SiteError(f"unit_number = {number!r} in {where}", needed="an int", source=source)
    mapped = MappedList(
        test_list=test_list,
        serial_number=word("serial_number"),
        detector_id=word("detector_id"),
        unit_number=number,
        unit_serial_number=word("unit_serial_number"),
        unit_name=word("unit_name"),
        day=value_of(row, "day", int, 0, where=where, source=source),
        tests={macro: _test(test, place, f"{where}, {macro}") for macro, test in tests.items()},
    )
    if mapped.serial_number is None and mapped.detector_id is None:
        raise SiteError(f"{where} without a unit here", needed="serial_number or detector_id", source=source)
    if (mapped.unit_number, mapped.unit_serial_number, mapped.unit_name) == (None, None, None):
        needed = "unit_number, unit_serial_number or unit_name"
        raise SiteError(f"{where} without a unit in QATrack+", needed=needed, source=source)
    return mapped


def _test(row: Any, place: Path, where: str) -> MappedTest:
    source = place.name
    if not isinstance(row, dict):
        raise SiteError(f"{row!r} in {where}", needed="a table with procedure and quantity", source=source)
    check_keys(row, _TEST_KEYS, where=where, source=source)

    def word(key: str, default: str = "") -> str:
        return value_of(row, key, str, default, where=where, source=source)

    if word("file"):
        return MappedTest(file=place.parent / word("file"))
    take, send = word("take", "last"), word("send", "value")
    for key, value, known in (("take", take, get_args(Take)), ("send", send, get_args(Send))):
        if value not in known:
            raise SiteError(f"{key} = {value!r} in {where}", needed="one of " + ", ".join(known), source=source)
    if not word("procedure") or word("quantity") not in quantities():
        raise SiteError(
            f"procedure = {word('procedure')!r}, quantity = {word('quantity')!r} in {where}",
            needed="a procedure, and a quantity of the closed list",
            source=source,
        )
    return MappedTest(
        procedure=word("procedure"),
        quantity=word("quantity"),
        direction=word("direction"),
        factor=value_of(row, "factor", float, 1.0, where=where, source=source),
        take=cast(Take, take),
        send=cast(Send, send),
    )

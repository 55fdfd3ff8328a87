"""Client of QATrack+'s REST API: find what a unit owes, and hand in a test list instance.

Follows ``qatrack/api/qa/serializers.py`` and ``filters.py`` of QATrack+ 3.
"""

from __future__ import annotations

import base64
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from xrayiq.errors import ExchangeError, InputError, ReadError
from xrayiq.exchange.web import JsonServer, RefusedError

#: types of tests by what is handed in for them
NUMERIC: Final = ("simple", "wraparound")
WORDS: Final = ("string", "multchoice")
YES_NO: Final = "boolean"
FILE: Final = "upload"
CALCULATED: Final = ("composite", "scomposite")
_CONSTANT: Final = "constant"
_LONGEST_KEY: Final = 255
_MOST_FILE_BYTES: Final = 20_000_000

Handed = Literal["created", "known"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QatrackTest:
    """A test of a list.

    Parameters
    ----------
    macro : str
        Its macro name (slug).
    kind : str
        Its type as QATrack+ calls it, for example ``"simple"``.
    calculation : str
        Python text of a calculated test.
    """

    macro: str
    kind: str
    calculation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QatrackCollection:
    """A test list that a unit owes.

    Parameters
    ----------
    url : str
        Of the unit test collection.
    is_cycle : bool
        Whether its lists follow each other day by day; then an instance needs the day.
    tests : tuple of QatrackTest
        Of the list (of the day), those of its sublists among them.
    """

    url: str
    is_cycle: bool
    tests: tuple[QatrackTest, ...]


class QatrackClient:
    """Speaks to one QATrack+ server.

    Parameters
    ----------
    server : JsonServer
        With the address of QATrack+ and a token.
    """

    def __init__(self, server: JsonServer) -> None:
        self._server = server

    @classmethod
    def log_in(cls, server: JsonServer, *, username: str, password: str) -> str:
        """Token of a user, for `JsonServer`.

        Parameters
        ----------
        server : JsonServer
            Without a token.
        username, password : str
            Of an account that may perform tests.

        Returns
        -------
        str
            Keep it where only you can read it.
        """
        answer = server.post("api/get-token/", {"username": username, "password": password})
        if not isinstance(answer, dict) or not isinstance(answer.get("token"), str):
            raise ExchangeError("an answer without a token", needed="the address of QATrack+")
        return str(answer["token"])

    def find_collection(
        self,
        *,
        test_list: str,
        unit_number: int | None = None,
        unit_serial_number: str | None = None,
        unit_name: str | None = None,
        day: int = 0,
    ) -> QatrackCollection:
        """The one active unit test collection of a unit with a list.

        Parameters
        ----------
        test_list : str
            Name of the list or cycle, exactly.
        unit_number, unit_serial_number, unit_name : optional
            One at least; the number is the surest.
        day : int
            Of a cycle, from 0.

        Returns
        -------
        QatrackCollection
            With its tests.

        Raises
        ------
        InputError
            No unit is named.
        ExchangeError
            There is none or more than one, or the server refuses.
        """
        named: dict[str, str | int | None] = {
            "unit__number": unit_number,
            "unit__serial_number": unit_serial_number,
            "unit__name": unit_name,
        }
        chosen = {name: value for name, value in named.items() if value is not None}
        if not chosen:
            raise InputError("no unit", needed="its number, serial number or name in QATrack+")
        path = "api/qa/unittestcollections/"
        for kind in ("test_list", "test_list_cycle"):
            found = list(self._server.pages(path, **chosen, **{f"{kind}__name": test_list}, active="true"))
            if len(found) > 1:
                raise ExchangeError(f"{len(found)} collections of this unit with the list {test_list!r}", needed="one")
            if found:
                return self._collection(found[0], is_cycle=kind == "test_list_cycle", day=day)
        raise ExchangeError(
            f"no unit test collection with the list {test_list!r}",
            needed="the list assigned to the unit and visible to the token's user",
            remedy="check both names as QATrack+ spells them",
        )

    def _collection(self, row: Mapping[str, Any], *, is_cycle: bool, day: int) -> QatrackCollection:
        place = str(row["tests_object"])
        if is_cycle:
            listing = self._server.pages("api/qa/testlistcyclememberships/", cycle=_number(place), order=day)
            lists = [str(member["test_list"]) for member in listing]
            if len(lists) != 1:
                raise ExchangeError(f"a cycle without day {day}", needed="a day of the cycle, from 0")
            place = lists[0]
        tests = {test.macro: test for test in self._tests(self._server.get(place), depth=0)}
        return QatrackCollection(url=str(row["url"]), is_cycle=is_cycle, tests=tuple(tests.values()))

    def _tests(self, test_list: Mapping[str, Any], *, depth: int) -> list[QatrackTest]:
        if depth > 3:
            raise ExchangeError("sublists without end")
        tests = []
        for link in test_list["tests"]:
            row = self._server.get(str(link))
            tests.append(
                QatrackTest(
                    macro=str(row["slug"]),
                    kind=str(row["type"]),
                    calculation=str(row.get("calculation_procedure") or ""),
                )
            )
        for sublist in self._server.pages("api/qa/sublists/", parent__slug=str(test_list["slug"])):
            tests += self._tests(self._server.get(str(sublist["child"])), depth=depth + 1)
        return tests

    def hand_in(self, instance: Mapping[str, Any]) -> tuple[Handed, str]:
        """Post a test list instance, once.

        Parameters
        ----------
        instance : mapping
            From `make_instance`.

        Returns
        -------
        status : {"created", "known"}
            ``known`` where an instance of this key stands already: nothing was changed.
        url : str
            Page of the instance; empty where it stood already.

        Raises
        ------
        ExchangeError
            The server refuses or does not answer.
        """
        try:
            answer = self._server.post("api/qa/testlistinstances/", instance)
        except RefusedError as refusal:
            if refusal.status == 400 and _is_repeat(refusal.said):
                return "known", ""
            raise
        page = answer.get("site_url") or answer.get("url") or "" if isinstance(answer, dict) else ""
        return "created", str(page)


def make_instance(
    collection: QatrackCollection,
    values: Mapping[str, float | str | bool | Path],
    *,
    key: str,
    work_started: datetime.datetime,
    work_completed: datetime.datetime,
    comment: str = "",
    comments: Mapping[str, str] | None = None,
    day: int = 0,
    attachments: Sequence[Path] = (),
) -> dict[str, Any]:
    """Test list instance that QATrack+ takes.

    Parameters
    ----------
    collection : QatrackCollection
        Where it belongs.
    values : mapping of str to number, str, bool or path
        By macro name; NumPy's numbers are taken too. Tests without one are handed in as skipped.
    key : str
        Identity of the instance: the same one is never stored twice.
    work_started, work_completed : datetime
        By the server's clock.
    comment : str
        On the instance.
    comments : mapping of str to str, optional
        On tests, by macro name.
    day : int
        Of a cycle.
    attachments : sequence of Path
        Files that go along.

    Returns
    -------
    dict
        Plain values, fit for JSON.

    Raises
    ------
    InputError
        A macro is not on the list or calculated by QATrack+, a value is of the wrong type or not finite, an upload has
        no file, the key is too long, or the work ends before it begins.
    """
    if not 0 < len(key) <= _LONGEST_KEY:
        raise InputError(f"a key of {len(key)} characters", needed=f"1 to {_LONGEST_KEY}")
    if work_completed < work_started:
        raise InputError("work that is completed before it is started", needed="the times in their order")
    known = {test.macro: test for test in collection.tests}
    unknown = [macro for macro in values if macro not in known]
    if unknown:
        raise InputError(
            f"macro {unknown[0]!r}", needed="a test of the list", remedy="one of " + ", ".join(sorted(known))
        )
    said = comments or {}
    tests = {
        test.macro: entry
        for test in collection.tests
        if (entry := _entry(test, values, said.get(test.macro, ""))) is not None
    }
    instance = {
        "unit_test_collection": collection.url,
        "in_progress": False,
        "include_for_scheduling": True,
        "work_started": _moment(work_started),
        "work_completed": _moment(work_completed),
        "user_key": key,
        "tests": tests | _without_basis(collection, tests),
    }
    if collection.is_cycle:
        instance["day"] = day
    if comment:
        instance["comment"] = comment
    if attachments:
        instance["attachments"] = [_file(path) for path in attachments]
    return instance


def _entry(test: QatrackTest, values: Mapping[str, Any], comment: str) -> dict[str, Any] | None:
    given = values.get(test.macro)
    if test.kind in (*CALCULATED, _CONSTANT):
        if given is not None:
            raise InputError(f"a value for {test.macro!r}", needed="none: QATrack+ calculates it or knows it")
        return None
    if given is None and test.kind == FILE:
        raise InputError(f"no file for {test.macro!r}", needed="one: QATrack+ does not let an upload be skipped")
    if given is None:
        return {"skipped": True}
    entry = _file(given) if test.kind == FILE else {"value": _value(test, given)}
    return entry | ({"comment": comment} if comment else {})


def _value(test: QatrackTest, given: Any) -> float | int | str | bool:
    plain = given.item() if hasattr(given, "item") else given
    wrong = InputError(f"a {type(plain).__name__} for {test.macro!r}", needed=f"a value of its type {test.kind!r}")
    if test.kind == YES_NO and isinstance(plain, bool):
        return plain
    if test.kind in NUMERIC and isinstance(plain, (int, float)) and not isinstance(plain, bool):
        if not math.isfinite(plain):
            raise InputError(f"{plain} for {test.macro!r}", needed="a finite number, or no value")
        return plain
    if test.kind in WORDS and isinstance(plain, str):
        return plain
    raise wrong


def _without_basis(collection: QatrackCollection, tests: Mapping[str, Any]) -> dict[str, Any]:
    """Calculated tests whose calculation names a skipped one, in any number of steps: skipped too."""
    skipped = {macro for macro, entry in tests.items() if entry.get("skipped")}
    calculated = [test for test in collection.tests if test.kind in CALCULATED]
    found: set[str] = set()
    while True:
        names = skipped | found
        more = {
            test.macro
            for test in calculated
            if test.macro not in found and names & set(re.findall(r"[^\W\d]\w*", test.calculation))
        }
        if not more:
            return {macro: {"skipped": True} for macro in sorted(found)}
        found |= more


def _file(path: Any) -> dict[str, str]:
    if not isinstance(path, Path):
        raise InputError(f"a {type(path).__name__}", needed="the path of a file to upload")
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_FILE_BYTES + 1)
    except OSError as error:
        raise ReadError(f"cannot be read ({error.strerror})", needed="a file to upload", source=path.name) from None
    if not content or len(content) > _MOST_FILE_BYTES:
        raise InputError(f"{path.name!r} of {len(content)} bytes", needed=f"1 to {_MOST_FILE_BYTES}")
    return {"filename": path.name, "value": base64.b64encode(content).decode("ascii"), "encoding": "base64"}


def _moment(moment: datetime.datetime) -> str:
    return moment.isoformat(sep=" ", timespec="seconds")


def _is_repeat(said: Any) -> bool:
    """Whether a refusal is because of the key alone."""
    if not isinstance(said, dict) or set(said) != {"user_key"}:
        return False
    return any("already exists" in str(line) for line in said["user_key"])


def _number(link: str) -> str:
    return str(link).rstrip("/").rpartition("/")[2]

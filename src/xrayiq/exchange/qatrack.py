"""Client of QATrack+'s REST API: find what a unit owes, and hand in a test list instance.

Follows ``qatrack/api/qa/serializers.py`` and ``filters.py`` of QATrack+ 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from xrayiq.errors import ExchangeError, InputError
from xrayiq.exchange.web import JsonServer, RefusedError

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


def _is_repeat(said: Any) -> bool:
    """Whether a refusal is because of the key alone."""
    if not isinstance(said, dict) or set(said) != {"user_key"}:
        return False
    return any("already exists" in str(line) for line in said["user_key"])


def _number(link: str) -> str:
    return str(link).rstrip("/").rpartition("/")[2]

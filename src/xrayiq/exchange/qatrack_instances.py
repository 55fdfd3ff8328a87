"""Test list instances as QATrack+'s serializer takes them: every rule is checked before anything is sent."""

from __future__ import annotations

import base64
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from xrayiq.errors import InputError, ReadError
from xrayiq.exchange.qatrack import QatrackCollection, QatrackTest

#: types of tests by what is handed in for them
NUMERIC: Final = ("simple", "wraparound")
WORDS: Final = ("string", "multchoice")
YES_NO: Final = "boolean"
FILE: Final = "upload"
CALCULATED: Final = ("composite", "scomposite")
_CONSTANT: Final = "constant"
_LONGEST_KEY: Final = 255
_MOST_FILE_BYTES: Final = 20_000_000


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

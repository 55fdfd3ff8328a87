"""A server that enforces the contract of QATrack+'s API, as qatrack/api/qa/serializers.py states it."""

from __future__ import annotations

import base64
import binascii
import contextlib
import datetime
import json
import threading
import time
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from numbers import Number
from typing import Any

TOKEN = "0123456789abcdef0123456789abcdef01234567"  # noqa: S105 - of this server alone
PAGE = 2
NUMERICAL = ("composite", "constant", "simple", "wraparound")
STRINGS = ("string", "scomposite", "multchoice")
AUTO = ("constant", "upload", "composite", "scomposite")


class RequestRefusedError(Exception):
    def __init__(self, status: int, said: Any) -> None:
        self.status, self.said = status, said


class FakeQatrack:
    """Units, lists and what was handed in. `may_perform` is the permission; `fault` a status for every answer."""

    def __init__(self) -> None:
        self.tests: list[dict[str, Any]] = []
        self.lists: list[dict[str, Any]] = []
        self.sublists: list[dict[str, Any]] = []
        self.cycles: list[dict[str, Any]] = []
        self.units: list[dict[str, Any]] = []
        self.collections: list[dict[str, Any]] = []
        self.instances: list[dict[str, Any]] = []
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.may_perform = True
        self.fault = 0
        self.delay_s = 0.0
        self.redirect_to = ""
        self.root = ""

    # what there is

    def add_test(self, slug: str, type: str = "simple", procedure: str = "", constant: float | None = None) -> int:
        self.tests.append({"slug": slug, "type": type, "calculation_procedure": procedure, "constant_value": constant})
        return len(self.tests) - 1

    def add_list(self, name: str, *tests: int) -> int:
        links = [self.link("tests", test) for test in tests]
        self.lists.append({"name": name, "slug": name.lower().replace(" ", "-"), "tests": links})
        return len(self.lists) - 1

    def add_cycle(self, name: str, *lists: int) -> int:
        self.cycles.append({"name": name, "lists": list(lists)})
        return len(self.cycles) - 1

    def add_unit(self, **known: Any) -> int:
        self.units.append({"number": len(self.units) + 1, "serial_number": "", "name": "", **known})
        return len(self.units) - 1

    def add_collection(self, unit: int, number: int, *, cycle: bool = False, active: bool = True) -> int:
        self.collections.append({"unit": unit, "number": number, "cycle": cycle, "active": active})
        return len(self.collections) - 1

    def link(self, kind: str, number: int) -> str:
        # a proxy stands before the server: links name the inner host
        return f"http://inner.invalid{urllib.parse.urlsplit(self.root).path}/api/qa/{kind}/{number}/"

    # GET

    def get(self, path: str, query: dict[str, str]) -> Any:
        kind, _, number = path.removeprefix("/api/qa/").strip("/").partition("/")
        if number:
            rows = {"tests": self.tests, "testlists": self.lists}.get(kind)
            if rows is None or int(number) >= len(rows):
                raise RequestRefusedError(404, {"detail": "Not found."})
            return rows[int(number)]
        listing = {
            "unittestcollections": self._collections,
            "sublists": self._sublists,
            "testlistcyclememberships": self._memberships,
        }.get(kind)
        if listing is None:
            raise RequestRefusedError(404, {"detail": "Not found."})
        offset = int(query.pop("offset", 0))
        query.pop("limit", None)
        rows = list(listing(query))
        whole = f"{self.link(kind, 0)[:-2]}?{urllib.parse.urlencode({**query, 'limit': PAGE, 'offset': offset + PAGE})}"
        following = whole if offset + PAGE < len(rows) else None
        return {"count": len(rows), "next": following, "previous": None, "results": rows[offset : offset + PAGE]}

    def _collections(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        for number, row in enumerate(self.collections):
            unit = self.units[row["unit"]]
            held = (self.cycles if row["cycle"] else self.lists)[row["number"]]["name"]
            facts = {f"unit__{name}": str(value) for name, value in unit.items()}
            facts |= {"test_list_cycle__name" if row["cycle"] else "test_list__name": held}
            facts["active"] = str(row["active"]).lower()
            if all(facts.get(name) == value for name, value in query.items()):
                kind = "testlistcycles" if row["cycle"] else "testlists"
                yield {"url": self.link("unittestcollections", number), "tests_object": self.link(kind, row["number"])}

    def _sublists(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        for row in self.sublists:
            if self.lists[row["parent"]]["slug"] == query["parent__slug"]:
                yield {"child": self.link("testlists", row["child"])}

    def _memberships(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        for order, number in enumerate(self.cycles[int(query["cycle"])]["lists"]):
            if order == int(query["order"]):
                yield {"test_list": self.link("testlists", number), "order": order}

    # POST

    def post(self, path: str, data: Any) -> Any:
        if path != "/api/qa/testlistinstances/":
            raise RequestRefusedError(404, {"detail": "Not found."})
        if not self.may_perform:
            raise RequestRefusedError(403, {"detail": "You do not have permission to perform this action."})
        self._check_fields(data)
        tests = self._tests_of(data)
        messages = self._messages(data, tests)
        if messages:
            raise RequestRefusedError(400, {"non_field_errors": ["\n".join(messages)]})
        self.instances.append(data)
        number = len(self.instances)
        return {"url": self.link("testlistinstances", number), "site_url": f"{self.root}/qa/session/{number}/"}

    def _check_fields(self, data: Any) -> None:
        errors: dict[str, list[str]] = {}
        for field in ("unit_test_collection", "work_started", "tests"):
            if field not in data:
                errors[field] = ["This field is required."]
        for field in ("work_started", "work_completed"):
            with contextlib.suppress(KeyError):
                try:
                    datetime.datetime.fromisoformat(data[field])
                except ValueError:
                    errors[field] = ["Datetime has wrong format."]
        key = data.get("user_key")
        if key is not None and len(key) > 255:
            errors["user_key"] = ["Ensure this field has no more than 255 characters."]
        if key is not None and any(instance.get("user_key") == key for instance in self.instances):
            errors["user_key"] = ["test list instance with this user key already exists."]
        wrong = [slug for slug, test in data.get("tests", {}).items() if not isinstance(test, dict)]
        if wrong:
            errors["tests"] = [f"{wrong} field(s) have errors. Test data must be a dictionary"]
        for attachment in data.get("attachments", []):
            if not isinstance(attachment, dict) or not {"filename", "value"} <= set(attachment):
                errors["attachments"] = ["`attachments` field must be list of form ..."]
            elif attachment.get("encoding", "base64") == "base64" and not is_base64(attachment["value"]):
                errors["attachments"] = ["base64 encoding requested but content does not appear to be base64"]
        if errors:
            raise RequestRefusedError(400, errors)

    def _tests_of(self, data: Any) -> list[dict[str, Any]]:
        number = int(data["unit_test_collection"].rstrip("/").rpartition("/")[2])
        collection = self.collections[number]
        lists = self.cycles[collection["number"]]["lists"] if collection["cycle"] else [collection["number"]]
        if collection["cycle"] and "day" not in data:
            raise RequestRefusedError(
                400, {"non_field_errors": ["You must include the 'day' key when performing a Test List Cycle"]}
            )
        day = data.get("day", 0)
        if not 0 <= day < len(lists):
            raise RequestRefusedError(
                400, {"non_field_errors": [f"'{day}' is not a valid day for this Test Collection."]}
            )
        return self._all_tests(lists[day])

    def _all_tests(self, number: int) -> list[dict[str, Any]]:
        own = [self.tests[int(link.rstrip("/").rpartition("/")[2])] for link in self.lists[number]["tests"]]
        below = [row["child"] for row in self.sublists if row["parent"] == number]
        return own + [test for child in below for test in self._all_tests(child)]

    def _messages(self, data: Any, tests: list[dict[str, Any]]) -> list[str]:
        given, missing, wrong, automatic, messages = data["tests"], [], [], [], []
        for test in tests:
            slug, kind, entry = test["slug"], test["type"], given.get(test["slug"])
            if kind == "constant" and entry and entry.get("value") not in ("", None, test["constant_value"]):
                messages.append(f"Incorrect constant value passed for {slug}")
            elif kind == "upload" and "filename" not in (entry or {}):
                messages.append(f"{slug} is missing the filename field")
            elif kind == "upload" and not is_base64(entry["value"]):
                messages.append("base64 encoding requested but content does not appear to be base64")
            elif kind in ("composite", "scomposite"):
                basis = [other["slug"] for other in tests if other["slug"] in test["calculation_procedure"]]
                lacks = any(given.get(name, {}).get("skipped") for name in basis)
                if entry and entry.get("value") not in (None, ""):
                    automatic.append(slug)
                elif lacks and not (entry or {}).get("skipped"):
                    wrong.append(slug)
            elif kind not in AUTO and entry is None:
                missing.append(slug)
            elif kind not in AUTO and not entry.get("skipped") and not type_okay(kind, entry.get("value")):
                wrong.append(slug)
        if missing:
            messages.append("Missing data for tests: " + ", ".join(missing))
        if wrong:
            messages.append("Wrong value type (number/string) for tests: " + ", ".join(wrong))
        if automatic:
            messages.append("The following tests are calculated automatically and should not have values provided")
        if data.get("work_completed", "9") < data["work_started"]:
            messages.append("work_completed date must be after work_started")
        return messages


def type_okay(kind: str, value: Any) -> bool:
    if kind in NUMERICAL:
        return isinstance(value, Number)
    return value is not None if kind in STRINGS else True


def is_base64(text: Any) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except (binascii.Error, TypeError, ValueError):
        return False


@contextlib.contextmanager
def serving(qatrack: FakeQatrack, prefix: str = "/qa") -> Iterator[FakeQatrack]:
    """Serve on a free port of this machine, below a path."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def _answer(self, body: bytes | None) -> None:
            parts = urllib.parse.urlsplit(self.path)
            qatrack.requests.append((self.command, self.path))
            time.sleep(qatrack.delay_s)
            try:
                status, said = (201 if body is not None else 200), self._said(parts, body)
            except RequestRefusedError as refused:
                status, said = refused.status, refused.said
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                if 300 <= status < 400:
                    self.send_header("Location", qatrack.redirect_to)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def _said(self, parts: urllib.parse.SplitResult, body: bytes | None) -> Any:
            if qatrack.fault:
                raise RequestRefusedError(qatrack.fault, b"<html>fault</html>")
            path = parts.path.removeprefix(prefix)
            if path == parts.path:
                raise RequestRefusedError(404, b"<html>not here</html>")
            document = None
            if body is not None:
                qatrack.bodies.append(body)
                document = json.loads(body, parse_constant=refuse_constant)
            if path == "/api/get-token/":
                if document != {"username": "qa", "password": "secret"}:
                    raise RequestRefusedError(
                        400, {"non_field_errors": ["Unable to log in with provided credentials."]}
                    )
                return {"token": TOKEN}
            if self.headers.get("Authorization") != f"Token {TOKEN}":
                raise RequestRefusedError(401, {"detail": "Invalid token."})
            if body is not None:
                return qatrack.post(path, document)
            return qatrack.get(path, dict(urllib.parse.parse_qsl(parts.query)))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    qatrack.root = f"http://127.0.0.1:{server.server_address[1]}{prefix}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield qatrack
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def refuse_constant(name: str) -> None:
    raise RequestRefusedError(
        400, {"detail": f"JSON parse error - Out of range float values are not JSON compliant: {name}"}
    )

"""JSON over HTTP to one server: a token that goes nowhere else, time-outs, and errors that say what to do."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Final, cast

from xrayiq.errors import ExchangeError, InputError

_MOST_BYTES: Final = 32_000_000
_MOST_SAID: Final = 300
_HERE: Final = ("localhost", "127.0.0.1", "::1")
_REMEDIES: Final = {
    400: "mend what it names; nothing was stored",
    401: "give a token that the server knows",
    403: "let the token's user add test list instances",
    404: "check the address of the server",
    429: "wait, and send again",
}


class RefusedError(ExchangeError):
    """An answer with another status than success.

    Parameters
    ----------
    status : int
        Status of HTTP.
    said : object
        The answer's JSON, or its text.
    found, needed, remedy, source : str
        As in `XrayiqError`.
    """

    def __init__(
        self, status: int, said: Any, found: str, *, needed: str = "", remedy: str = "", source: str = ""
    ) -> None:
        self.status = status
        self.said = said
        super().__init__(found, needed=needed, remedy=remedy, source=source)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Redirects are refused: the token would go along."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        """Nothing: the redirect is an answer like others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonServer:
    """A server that speaks JSON.

    Parameters
    ----------
    root : str
        Its address, ``https://host/path``. Plain ``http`` only to this machine, or where `allow_http` says so.
    token : str
        Sent as ``Authorization: Token``, to this server alone; empty for none.
    timeout_s : float
        Longest wait for an answer.
    allow_http : bool
        Whether the token may go over an unencrypted connection.
    """

    root: str
    token: str = field(default="", repr=False)
    timeout_s: float = 30.0
    allow_http: bool = False

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.root)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.username:
            raise InputError("the address of the server", needed="https://host or https://host/path")
        if parts.scheme == "http" and not self.allow_http and parts.hostname not in _HERE:
            raise InputError(
                "a server without encryption", needed="https", remedy="allow_http = true, if the network is trusted"
            )
        if not self.token.isprintable() or " " in self.token or not self.token.isascii():
            raise InputError("a token with characters that no token has", needed="the token alone")

    def get(self, path: str, **parameters: str | int) -> Any:
        """Answer to GET; a link of the server's own answers is taken by its path."""
        return self._send("GET", path, parameters, None)

    def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """Answer to POST of a JSON document; one with NaN is refused before it is sent."""
        try:
            body = json.dumps(document, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InputError(f"a document that is no JSON ({error})", needed="plain, finite values") from None
        return self._send("POST", path, {}, body.encode())

    def pages(self, path: str, **parameters: str | int) -> Iterator[dict[str, Any]]:
        """Results of all pages of a listing."""
        answer, seen = self.get(path, **parameters), set()
        while True:
            if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
                raise ExchangeError("an answer without results", remedy="check the address", source=self._name())
            yield from answer["results"]
            link = answer.get("next")
            if not link:
                return
            if link in seen:
                raise ExchangeError("pages that go round", source=self._name())
            seen.add(link)
            answer = self.get(link)

    def _send(self, method: str, path: str, parameters: Mapping[str, str | int], body: bytes | None) -> Any:
        request = urllib.request.Request(self._address(path, parameters), data=body, method=method)  # noqa: S310 - checked
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_unredirected_header("Authorization", f"Token {self.token}")
        opener = urllib.request.build_opener(_NoRedirect)
        try:
            with opener.open(request, timeout=self.timeout_s) as response:
                return self._json(response.read(_MOST_BYTES + 1))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error.code, error.read(_MOST_BYTES)) from None
        except (OSError, HTTPException) as error:
            raise self._silence(error) from None

    def _address(self, path: str, parameters: Mapping[str, str | int]) -> str:
        """Address at this server, whatever host a link names: behind a proxy that may be another one."""
        root = urllib.parse.urlsplit(self.root)
        link = urllib.parse.urlsplit(path)
        prefix = "" if link.scheme or link.netloc else root.path.rstrip("/") + "/"
        query = link.query or urllib.parse.urlencode(parameters)
        whole = prefix + (link.path.lstrip("/") if prefix else link.path)
        return urllib.parse.urlunsplit((root.scheme, root.netloc, whole, query, ""))

    def _json(self, content: bytes) -> Any:
        if len(content) > _MOST_BYTES:
            raise ExchangeError(f"an answer of more than {_MOST_BYTES} bytes", source=self._name())
        try:
            return json.loads(content)
        except ValueError:
            raise ExchangeError(
                "an answer that is no JSON", needed="the address of the server's API", source=self._name()
            ) from None

    def _refusal(self, status: int, content: bytes) -> RefusedError:
        text = content.decode("utf-8", errors="replace")
        try:
            said: Any = json.loads(text)
        except ValueError:
            said = text
        shown = json.dumps(said, ensure_ascii=False) if status == 400 else ""
        shown = "".join(char if char.isprintable() else " " for char in shown)[:_MOST_SAID]
        found = f"status {status}" + (f": {shown}" if shown else "")
        if 300 <= status < 400:
            remedy = "give the address that it redirects to; the token is not sent on"
        else:
            remedy = _REMEDIES.get(status, "try again later; nothing was stored" if status >= 500 else "")
        return RefusedError(status, said, found, remedy=remedy, source=self._name())

    def _silence(self, error: Exception) -> ExchangeError:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            found = f"no answer within {self.timeout_s:g} s"
            remedy = "send again: what was stored already is not stored twice"
        else:
            said = getattr(reason, "strerror", None) or getattr(reason, "verify_message", None) or type(reason).__name__
            found = f"no connection ({str(said).lower()})"
            remedy = "check the address and the network"
        return ExchangeError(found, remedy=remedy, source=self._name())

    def _name(self) -> str:
        return cast(str, urllib.parse.urlsplit(self.root).hostname)

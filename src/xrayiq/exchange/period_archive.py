"""Sealed archives of a period: everything that was measured and decided, readable and provable without the store."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.exchange.placing import placed_file
from xrayiq.exchange.selection import runs_of_places
from xrayiq.key_file import load_key
from xrayiq.model import Event, Fault, Verification
from xrayiq.procedures import Site, require_whole
from xrayiq.procedures.places import Places, places_of
from xrayiq.procedures.site_trail import events_of_places
from xrayiq.records import Records, period_rows

ARCHIVED: Final = "archived"
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.hmac"
FORMAT: Final = "xrayiq archive of a period, 1"

_LARGEST_MANIFEST: Final = 1 << 20
_BLOCK: Final = 1 << 20


def write_archive(
    records: Records,
    out: str | Path,
    *,
    first: datetime.date,
    last: datetime.date,
    actor: str,
    reason: str,
    only_site: str = "",
    site: Site | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Event:
    """Write the sealed archive of a period; nothing is taken from the store.

    Parameters
    ----------
    records : Records
        The store; every row of it is examined first.
    out : path
        ZIP file to write, whole or not at all.
    first, last : date
        First and last day of exposure; of what has no date, of measuring.
    actor, reason : str
        Who archives, and why.
    only_site : str
        Only what was made at this site, and the events that belong to it; everything where empty.
    site : Site, optional
        Settings that name equipment.
    progress : callable, optional
        As for `Records.verify`.

    Returns
    -------
    Event
        Its details hold the period, the number of rows of each table, the head of the trail that is in the archive,
        and the SHA-256 digest of its manifest.

    Raises
    ------
    InputError
        The period ends before it begins, the store knows no such site, or the place cannot be written to.
    RecordsError
        The store is not as it was written, or sealed with another key.

    Notes
    -----
    The archive holds JSON lines, one file a table, see `period_rows`; ``manifest.json`` with the digest of each; and
    its HMAC-SHA-256 under a key derived from the key file. It holds no file path and no name of a patient. A few rows
    at a time are in memory.
    """
    if last < first:
        raise InputError(f"a period from {first} to {last}", needed="a last day not before the first")
    target = Path(out)
    places = places_of(records, site=site, only_site=only_site)
    require_whole(records, progress=progress)
    with placed_file(target) as place:
        files: dict[str, dict[str, Any]] = {}
        trail = _Trail(None if places.keeps_all else _numbers(records, places))
        keeps = None if places.keeps_all else places.keeps_exposure
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive:
            with period_rows(records, first, last, keeps=keeps) as tables:
                for name, rows in tables.items():
                    told = trail.of(rows) if name == "events" else rows
                    files[f"{name}.jsonl"] = _write_lines(archive, f"{name}.jsonl", told)
            manifest: dict[str, Any] = {"format": FORMAT, "from": first.isoformat(), "to": last.isoformat()}
            manifest |= {"head": trail.head, "site": places.only_site, "files": files}
            content = json.dumps(manifest, indent=2, sort_keys=True).encode()
            archive.writestr(MANIFEST, content)
            archive.writestr(SEAL, _seal(content) + "\n")
        counts = {name.removesuffix(".jsonl"): int(told["rows"]) for name, told in files.items()}
        details: dict[str, Any] = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "rows": counts,
            "head": trail.head,
        }
        details["site"] = places.only_site
        return records.append_event(
            kind=ARCHIVED,
            subject=f"period:{first.isoformat()} to {last.isoformat()}"
            + (f", site {places.only_site}" if only_site else ""),
            actor=actor,
            reason=reason,
            details=details | {"manifest_sha256": hashlib.sha256(content).hexdigest()},
        )


def verify_archive(path: str | Path) -> Verification:
    """Examine a sealed archive without its store: whether every file in it is as it was written.

    Parameters
    ----------
    path : path
        As `write_archive` made it.

    Returns
    -------
    Verification
        With the head that the archive holds; faults name its files.

    Raises
    ------
    InputError
        The file cannot be read or is no ZIP file, or the key file cannot be used.
    """
    source = Path(path)
    try:
        with zipfile.ZipFile(source) as archive:
            return _examined(archive)
    except zipfile.BadZipFile:
        raise InputError("no whole ZIP file", needed="an archive as it was written", source=source.name) from None
    except OSError as error:
        said = (error.strerror or type(error).__name__).lower()
        raise InputError(f"cannot be read ({said})", needed="an archive", source=source.name) from None


class _Trail:
    """Events of the store that are archived, those of some numbers or all, and the head of the whole trail."""

    def __init__(self, numbers: Collection[int] | None) -> None:
        self._numbers = numbers
        self.head = ""

    def of(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        for row in rows:
            self.head = f"{row['number']}:{row['mac']}"
            if self._numbers is None or row["number"] in self._numbers:
                yield row


def _numbers(records: Records, places: Places) -> set[int]:
    runs = runs_of_places(records, places)
    return {event.number for event in events_of_places(records, places, runs=runs)}


def _write_lines(archive: zipfile.ZipFile, name: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Write rows as lines, and give digest and number."""
    digest, count = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as file:
        for row in rows:
            line = json.dumps(row, sort_keys=True, ensure_ascii=False, allow_nan=False).encode() + b"\n"
            file.write(line)
            digest.update(line)
            count += 1
    return {"sha256": digest.hexdigest(), "rows": count}


def _examined(archive: zipfile.ZipFile) -> Verification:
    names = archive.namelist()
    content, seal = (_content(archive, name) for name in (MANIFEST, SEAL))
    if content is None or seal is None:
        return _verification([_fault(MANIFEST, "removed", "the manifest or its seal is missing or cannot be read")])
    if not hmac.compare_digest(seal.strip(), _seal(content).encode()):
        text = "the manifest does not fit its seal: it was altered, or the archive was sealed with another key file"
        return _verification([_fault(MANIFEST, "key", text)])
    manifest = json.loads(content)
    faults, counts = [], {}
    for name, told in manifest["files"].items():
        counts[name.removesuffix(".jsonl")] = int(told["rows"])
        if name not in names:
            faults.append(_fault(name, "removed", f"{name} was removed"))
        elif _digest(archive, name) != told["sha256"]:
            faults.append(_fault(name, "altered", f"{name} was altered"))
    known = {*manifest["files"], MANIFEST, SEAL}
    strange = [name for place, name in enumerate(names) if name not in known or name in names[:place]]
    faults += [_fault(name, "inserted", f"{name} was inserted") for name in strange]
    return _verification(faults, head=str(manifest["head"]), counts=counts)


def _content(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """A small member; None where it is missing, too large or broken."""
    try:
        with archive.open(name) as file:
            content = file.read(_LARGEST_MANIFEST + 1)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return None
    return content if len(content) <= _LARGEST_MANIFEST else None


def _digest(archive: zipfile.ZipFile, name: str) -> str:
    """Digest of a member; empty where it is broken."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        return ""
    return digest.hexdigest()


def _seal(content: bytes) -> str:
    key = hmac.digest(load_key(), b"xrayiq records: manifests of archives", "sha256")
    return hmac.digest(key, content, "sha256").hex()


def _fault(name: str, damage: Any, description: str) -> Fault:
    return Fault(table=name, row=None, damage=damage, description=description)


def _verification(faults: list[Fault], *, head: str = "", counts: Mapping[str, int] | None = None) -> Verification:
    return Verification(head=head, counts=counts or {}, faults=tuple(faults), more_faults=0, notes=())

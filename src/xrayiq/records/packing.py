"""Outcomes and results as text and bytes for the store: JSON, and an NPZ for arrays, compressed where that helps."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import RecordsError
from xrayiq.model import ObjectHeader, Outcome, Result, Verdict, pack, unpack
from xrayiq.model.packing import Json

Kind = TypeVar("Kind")

#: zlib level: measured arrays are noise in their low bits, so higher levels only cost time
_COMPRESSION_LEVEL: Final = 1
#: pieces of an array that are tried first, their length in bytes, and the part to which they must shrink
_PIECES: Final = 4
_PIECE: Final = 8192
_WORTHWHILE: Final = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedOutcome:
    """An outcome ready for the store: small, picklable and independent of result classes.

    Fields are those of `xrayiq.model.Outcome` with the result as `result_type`, `result_json` and `result_npz` (all
    None where there is no result, the last also where the result holds no array). `measurements` are (quantity,
    direction, value, unit).
    """

    subject: str
    procedure: str
    kind: str
    algorithm_version: int
    parameter_digest: str
    reason: str
    message: str
    result_type: str | None
    result_json: str | None
    result_npz: bytes | None
    measurements: tuple[tuple[str, str, float, str], ...]
    verdicts: tuple[Verdict, ...]

    @property
    def key(self) -> tuple[str, str, int, str]:
        """What an outcome is unique by."""
        return (self.subject, self.procedure, self.algorithm_version, self.parameter_digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedHeader:
    """A header with the text that the store keeps of it.

    Parameters
    ----------
    header : ObjectHeader
        The header.
    text : str
        All of it as JSON.
    """

    header: ObjectHeader
    text: str


def pack_header(header: ObjectHeader) -> PackedHeader:
    """Header with its text; a worker may do this to spare the process that writes."""
    return PackedHeader(header=header, text=pack_value(header)[0])


def pack_outcome(outcome: Outcome) -> PackedOutcome:
    """Outcome with its result packed; a worker may do this to spare the process that writes.

    Parameters
    ----------
    outcome : Outcome
        Of any kind.

    Returns
    -------
    PackedOutcome
        What `Records.add` stores.

    Raises
    ------
    InputError
        A measurement names a quantity that is not on the closed list.
    TypeError
        The result holds something that is neither plain nor an array of numbers.
    """
    result_type, text, arrays = None, None, None
    if outcome.result is not None:
        result_type = type(outcome.result).__name__
        text, arrays = pack_value(outcome.result)
    return PackedOutcome(
        subject=outcome.subject,
        procedure=outcome.procedure,
        kind=outcome.kind,
        algorithm_version=outcome.algorithm_version,
        parameter_digest=outcome.parameter_digest,
        reason=outcome.reason,
        message=outcome.message,
        result_type=result_type,
        result_json=text,
        result_npz=arrays,
        measurements=tuple((row.quantity, row.direction, float(row.value), row.unit) for row in outcome.measurements),
        verdicts=outcome.verdicts,
    )


def pack_value(value: object) -> tuple[str, bytes | None]:
    """JSON text of a frozen value and the NPZ of its arrays, None where it has none.

    Numbers that JSON does not know (NaN and infinities) stand in it as strings; `unpack_value` turns them back.
    """
    packed, arrays = pack(value)
    text = json.dumps(packed, allow_nan=False, separators=(",", ":"))
    return text, _npz(arrays) if arrays else None


def unpack_value(kind: type[Kind], text: str, npz: bytes | None, *, source: str) -> Kind:
    """Value of a known class from what `pack_value` gave.

    Raises
    ------
    RecordsError
        The stored text or bytes do not fit the class, or are damaged.
    """
    try:
        value = unpack(kind, cast(Json, json.loads(text)), {} if npz is None else _arrays(npz))
        if not isinstance(value, kind):
            raise TypeError(f"a {type(value).__name__}")
    except (TypeError, KeyError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise RecordsError(
            f"stored {kind.__name__} that does not fit its class ({type(error).__name__})",
            needed="a result written by this or an earlier version",
            remedy="update xrayiq, or measure the object again",
            source=source,
        ) from error
    return value


def result_class(name: str, types: Mapping[str, type[Result]], *, source: str) -> type[Result]:
    """Class of a stored result.

    Raises
    ------
    RecordsError
        The caller's table does not hold it.
    """
    try:
        return types[name]
    except KeyError:
        raise RecordsError(
            f"stored result of type {name}",
            needed="one of " + ", ".join(sorted(types)),
            remedy="give its class, or ask for the procedures that you know",
            source=source,
        ) from None


def _npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as the bytes of an NPZ file; equal arrays give equal bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive:
        for name, array in arrays.items():
            if array.dtype.hasobject:
                raise TypeError(f"cannot pack the array {name!r} of {array.dtype}")
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(array), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy")
            packed = content.getvalue()
            member.compress_type = zipfile.ZIP_DEFLATED if _shrinks(packed) else zipfile.ZIP_STORED
            archive.writestr(member, packed, compresslevel=_COMPRESSION_LEVEL)
    return target.getvalue()


def _shrinks(content: bytes) -> bool:
    """Whether compression is worth its time, told from pieces: the digits of noise do not shrink."""
    if len(content) <= _PIECES * _PIECE:
        return True
    starts = [number * (len(content) - _PIECE) // (_PIECES - 1) for number in range(_PIECES)]
    pieces = b"".join(content[start : start + _PIECE] for start in starts)
    return len(zlib.compress(pieces, 1)) < _WORTHWHILE * len(pieces)


def _arrays(npz: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(npz), allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}

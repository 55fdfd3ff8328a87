"""Frozen values to plain JSON and back, with arrays kept apart.

`pack` turns a dataclass into JSON-ready values and a dict of arrays (for a compressed NPZ); `unpack` rebuilds it from
the type hints of its class. No pickle takes part.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
Value = TypeVar("Value")

_ARRAY_KEY = "array"
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def pack(value: object) -> tuple[Json, dict[str, NDArray[Any]]]:
    """JSON-ready form of a frozen value, and its arrays by name.

    Parameters
    ----------
    value : object
        Dataclass, tuple, mapping, date, number, string, bool, None or array; nested at will.

    Returns
    -------
    tuple of (JSON value, dict of arrays)
        An array stands in the JSON as ``{"array": name}``; the name is its path of fields.
    """
    arrays: dict[str, NDArray[Any]] = {}
    return _pack(value, "", arrays), arrays


def _pack(value: object, path: str, arrays: dict[str, NDArray[Any]]) -> Json:
    if isinstance(value, np.ndarray):
        arrays[path] = value
        return {_ARRAY_KEY: path}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _pack(getattr(value, field.name), f"{path}.{field.name}".lstrip("."), arrays)
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        return {str(key): _pack(item, f"{path}.{key}".lstrip("."), arrays) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_pack(item, f"{path}.{index}".lstrip("."), arrays) for index, item in enumerate(value)]
    return _plain(value)


def _plain(value: object) -> Json:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    raise TypeError(f"cannot pack a {type(value).__name__}")


def to_plain(value: object) -> Json:
    """JSON-ready form of a frozen value, arrays as nested lists."""
    packed, arrays = pack(value)
    return _with_lists(packed, arrays)


def _with_lists(packed: Json, arrays: dict[str, NDArray[Any]]) -> Json:
    if isinstance(packed, dict):
        if set(packed) == {_ARRAY_KEY} and packed[_ARRAY_KEY] in arrays:
            return typing.cast(Json, arrays[str(packed[_ARRAY_KEY])].tolist())
        return {key: _with_lists(item, arrays) for key, item in packed.items()}
    if isinstance(packed, list):
        return [_with_lists(item, arrays) for item in packed]
    return packed


def unpack(kind: type[Value], packed: Json, arrays: Mapping[str, NDArray[Any]]) -> Value:
    """Rebuild a value of a known class from what `pack` gave.

    Parameters
    ----------
    kind : type
        The dataclass to rebuild.
    packed : JSON value
        As `pack` gave it, or as it came back from a JSON text.
    arrays : mapping of str to array
        The arrays that `packed` names.

    Returns
    -------
    kind
        Equal to the packed value, field by field.

    Raises
    ------
    TypeError
        The JSON does not fit the class.
    """
    return typing.cast(Value, _unpack(kind, packed, arrays))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _unpack(hint: Any, packed: Json, arrays: Mapping[str, NDArray[Any]]) -> object:
    if isinstance(packed, dict) and set(packed) == {_ARRAY_KEY} and packed[_ARRAY_KEY] in arrays:
        return arrays[str(packed[_ARRAY_KEY])]
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and isinstance(packed, dict):
        hints = _hints(hint)
        return hint(**{name: _unpack(hints[name], item, arrays) for name, item in packed.items()})
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _unpack_union(arguments, packed, arrays)
    if origin is tuple and isinstance(packed, list):
        kinds = [arguments[0]] * len(packed) if arguments[-1] is Ellipsis else list(arguments)
        return tuple(_unpack(kind, item, arrays) for kind, item in zip(kinds, packed, strict=True))
    if origin in (dict, Mapping) and isinstance(packed, dict):
        return {key: _unpack(arguments[1], item, arrays) for key, item in packed.items()}
    return _unpack_scalar(hint, packed)


def _unpack_union(choices: tuple[Any, ...], packed: Json, arrays: Mapping[str, NDArray[Any]]) -> object:
    if packed is None:
        return None
    for choice in choices:
        if choice is type(None):
            continue
        if isinstance(choice, type) and isinstance(packed, choice):
            return packed
    remaining = [choice for choice in choices if choice is not type(None)]
    return _unpack(remaining[0], packed, arrays)


def _unpack_scalar(hint: Any, packed: Json) -> object:
    if hint is float and isinstance(packed, str):
        return _NON_FINITE[packed]
    if hint is float and isinstance(packed, int):
        return float(packed)
    if hint is datetime.datetime and isinstance(packed, str):
        return datetime.datetime.fromisoformat(packed)
    if hint is datetime.date and isinstance(packed, str):
        return datetime.date.fromisoformat(packed)
    return packed

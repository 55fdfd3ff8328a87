"""Plain values as YAML: block style, quoted text, numbers that YAML 1.1 and 1.2 read alike."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

from xrayiq.model.packing import Json


def yaml_lines(value: Json) -> Iterator[str]:
    """Lines of a document, each with its end.

    Parameters
    ----------
    value : Json
        Mappings, lists, text, finite numbers, booleans and None.

    Yields
    ------
    str
        A line.
    """
    yield from (line + "\n" for line in _block(value))


def _block(value: Json) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _entry(f"{json.dumps(key)}:", item)
    elif isinstance(value, list) and value:
        for item in value:
            first, *rest = _block(item)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)
    else:
        yield _scalar(value)


def _entry(key: str, item: Json) -> Iterator[str]:
    if isinstance(item, (dict, list)) and item:
        yield key
        yield from (f"  {line}" for line in _block(item))
    else:
        yield f"{key} {_scalar(item)}"


def _scalar(value: Json) -> str:
    if isinstance(value, float):
        return _number(value)
    return json.dumps(value)  # JSON's text, words and empty collections are YAML's


def _number(value: float) -> str:
    """Number with a point, which YAML 1.1 asks for: ``1e-07`` alone is text there."""
    if not math.isfinite(value):
        raise ValueError(f"cannot write {value}")
    mantissa, exponent, power = repr(value).partition("e")
    point = "" if "." in mantissa else ".0"
    sign = "+" if exponent and power[0] not in "+-" else ""
    return mantissa + point + exponent + sign + power

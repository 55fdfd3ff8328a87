"""Codes of measurements in structured reports, from ``data/measurement_codes.toml``."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from xrayiq.errors import InputError
from xrayiq.model import quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedName:
    """A coded concept.

    Parameters
    ----------
    value, scheme, meaning : str
        As in the attributes of a code sequence.
    """

    value: str
    scheme: str
    meaning: str


def quantity_code(name: str) -> CodedName:
    """Code of a quantity: DICOM's where it has one of the same meaning, else a private one.

    Parameters
    ----------
    name : str
        From the closed list of quantities.

    Returns
    -------
    CodedName
        The meaning of a private code is the quantity's label.

    Raises
    ------
    InputError
        The quantity is unknown, or has no code yet.
    """
    known = quantity(name)
    table = _table()
    if name in table["standard"]:
        value, scheme, meaning = table["standard"][name]
        return CodedName(value=value, scheme=scheme, meaning=meaning)
    try:
        return CodedName(value=table["quantities"][name], scheme=private_scheme(), meaning=known.label)
    except KeyError:
        raise InputError(f"quantity {name!r} without a code", needed="a line in data/measurement_codes.toml") from None


def direction_code(direction: str) -> CodedName | None:
    """Code of the axis that a profile runs along; None for measurements without one."""
    if not direction:
        return None
    value, meaning = _table()["directions"][direction]
    return CodedName(value=value, scheme=private_scheme(), meaning=meaning)


def private_scheme() -> str:
    """Designator of the private coding scheme."""
    return str(_table()["scheme"]["designator"])


@functools.cache
def _table() -> Mapping[str, Any]:
    text = resources.files("xrayiq").joinpath("data/measurement_codes.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))

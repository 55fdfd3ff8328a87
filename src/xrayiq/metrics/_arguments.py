"""Numbers given as arguments, checked one by one with their name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from typing import TypeGuard

import numpy as np

from xrayiq.errors import InputError


def as_length_mm(name: str, value: object, *, zero_allowed: bool = False) -> float:
    """Length in millimetres.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What the caller gave.
    zero_allowed : bool
        Whether 0 will do.

    Returns
    -------
    float
        The finite, positive length.

    Raises
    ------
    InputError
        It is no number, not finite, negative, or 0 where that will not do.
    """
    if is_number(value) and (value > 0 or (zero_allowed and value == 0)):
        return float(value)
    raise InputError(
        f"{name}={value!r}",
        needed="a length of 0 or more, as a number" if zero_allowed else "a positive length, as a number",
        remedy=f"give {name} in millimetres",
    )


def as_rising_lengths_mm(name: str, values: Sequence[float]) -> list[float]:
    """Lengths in millimetres, each once, from the least to the greatest.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    values : sequence of float
        What the caller gave, in any order.

    Returns
    -------
    list of float
        One or more finite, positive lengths.

    Raises
    ------
    InputError
        There is none, or one of them is no positive number.
    """
    given = np.asarray(values)
    if given.ndim != 1 or given.size == 0:
        raise InputError(f"{name}={values!r}", needed="one length or more", remedy=f"give {name} as a list of mm")
    return sorted({as_length_mm(name, value) for value in given.tolist()})


def as_positive(name: str, value: object) -> float:
    """Number above zero.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What the caller gave.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InputError
        It is no number, not finite, or not above zero.
    """
    if is_number(value) and value > 0:
        return float(value)
    raise InputError(f"{name}={value!r}", needed="a number above zero", remedy=f"give {name} as one number")


def as_fraction_below_one(name: str, value: object) -> float:
    """Part of a whole, from 0 to below 1.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What the caller gave.

    Returns
    -------
    float
        The part.

    Raises
    ------
    InputError
        It is no number, or outside.
    """
    if is_number(value) and 0.0 <= value < 1.0:
        return float(value)
    raise InputError(f"{name}={value!r}", needed="a part from 0 to below 1", remedy=f"give {name}=0.5 for a half")


def as_whole_number(name: str, value: object, *, least: int) -> int:
    """Whole number of at least some size.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What the caller gave; 256.0 will do for 256.
    least : int
        Least number that will do.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InputError
        It is no number, not whole, or too small.
    """
    if is_number(value) and value == int(value) and value >= least:
        return int(value)
    raise InputError(
        f"{name}={value!r}", needed=f"one whole number of {least} or more", remedy=f"give {name} as a number of pixels"
    )


def as_uncertainty(name: str, value: object) -> float:
    """Standard uncertainty of 0 or more.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        What the caller gave.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InputError
        It is no number, not finite, or below 0.
    """
    if is_number(value) and value >= 0.0:
        return float(value)
    raise InputError(f"{name}={value!r}", needed="a number of 0 or more", remedy=f"give {name}=0.05 for 5 %")


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is one finite real number, not text and not a truth value."""
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)

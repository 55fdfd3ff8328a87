"""The closed list of quantities: one unit and one definition each."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType

from xrayiq.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A measurable quantity.

    Parameters
    ----------
    name : str
        Stable name, used in records and limits.
    unit : str
        UCUM unit of every stored value.
    label : str
        How a report calls it.
    display_unit : str
        Unit on paper.
    display_factor : float
        Stored value times this factor gives the value on paper (100 for fractions shown in percent).
    decimals : int
        Decimals on paper.
    definition : str
        What it is, with the document that defines it.
    """

    name: str
    unit: str
    label: str
    display_unit: str
    display_factor: float
    decimals: int
    definition: str

    def text(self, value: float) -> str:
        """Value as printed, with its unit on paper."""
        number = f"{value * self.display_factor:.{self.decimals}f}"
        return f"{number} {self.display_unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One stored number.

    Parameters
    ----------
    quantity : str
        Name from the closed list (`quantities`).
    value : float
        Full precision, in the quantity's unit.
    direction : str
        ``"rows"`` or ``"columns"`` (the axis that the profile runs along) or empty.
    """

    quantity: str
    value: float
    direction: str = ""

    @property
    def unit(self) -> str:
        """UCUM unit of the value."""
        return quantity(self.quantity).unit


@functools.cache
def quantities() -> Mapping[str, Quantity]:
    """All quantities by name, from ``data/quantities.toml``."""
    text = resources.files("xrayiq").joinpath("data/quantities.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return MappingProxyType(
        {
            name: Quantity(
                name=name,
                unit=row["unit"],
                label=row["label"],
                display_unit=row.get("display_unit", ""),
                display_factor=float(row.get("display_factor", 1.0)),
                decimals=row["decimals"],
                definition=row["definition"],
            )
            for name, row in table.items()
        }
    )


def quantity(name: str) -> Quantity:
    """One quantity of the closed list.

    Parameters
    ----------
    name : str
        Its stable name.

    Returns
    -------
    Quantity
        Unit, label and definition.

    Raises
    ------
    InputError
        The name is not on the list.
    """
    try:
        return quantities()[name]
    except KeyError:
        raise InputError(f"quantity {name!r}", needed="a name from data/quantities.toml") from None

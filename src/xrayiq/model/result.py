"""What every result can do: name its numbers, print itself, become plain values."""

from __future__ import annotations

import dataclasses
import html
from typing import Any, TypeVar, cast

import numpy as np

from xrayiq.model.packing import Json, to_plain
from xrayiq.model.provenance import Provenance
from xrayiq.model.quantity import Measurement, quantity

Kind = TypeVar("Kind", bound="Result")


class Result:
    """Base of the frozen results of metrics; their arrays are read-only.

    A subclass is a frozen, slotted, keyword-only dataclass without generated ``==`` and ``repr``
    (``@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)``) whose fields carry their unit in their
    name, with a field ``provenance`` and a method `measurements`.
    """

    __slots__ = ()

    provenance: Provenance

    def __post_init__(self) -> None:
        for field in dataclasses.fields(cast(Any, self)):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                view = value.view()
                view.flags.writeable = False
                object.__setattr__(self, field.name, view)

    def measurements(self) -> tuple[Measurement, ...]:
        """Scalars that go into the record, headline numbers first."""
        raise TypeError(f"{type(self).__name__} names no measurements")

    def to_dict(self) -> dict[str, Json]:
        """All fields as plain JSON-ready values, arrays as nested lists, with the class name under ``"type"``."""
        return {"type": type(self).__name__, **cast(dict[str, Json], to_plain(self))}

    def _headline(self) -> list[tuple[str, str]]:
        rows = []
        for measurement in self.measurements()[:6]:
            known = quantity(measurement.quantity)
            label = f"{known.label} ({measurement.direction})" if measurement.direction else known.label
            rows.append((label, known.text(measurement.value)))
        return rows

    def __repr__(self) -> str:
        """Class name with the headline numbers."""
        return f"{type(self).__name__}(" + ", ".join(f"{label} {text}" for label, text in self._headline()) + ")"

    def _repr_html_(self) -> str:
        """Table of the headline numbers for notebooks."""
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(label)}</th><td>{html.escape(text)}</td></tr>"
            for label, text in self._headline()
        )
        return f"<table><caption>{type(self).__name__}</caption>{rows}</table>"

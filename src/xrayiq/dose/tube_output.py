"""Tube output and half-value layer over tube voltage and filtration: a tube's own table, or a computed one."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError

#: a filtration that differs by less is the table's own
_SAME_MM_AL: Final = 0.01

Floats = NDArray[np.float64]
Rows = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeOutputTable:
    """Air kerma per mAs at 1 m from the focus, over tube voltage and total filtration.

    Parameters
    ----------
    voltages_kv : tuple of float
        Rising; nothing is told outside them.
    filtrations_mm_al : tuple of float
        Total filtration, rising; one for a tube's own table.
    outputs_ugy_per_mas : tuple of tuple of float
        One row for each filtration.
    half_value_layers_mm_al : tuple of tuple of float or None
        As the outputs; None where they are not known.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1) of the output of any one tube.
    assumed_filtration_mm_al : float or None
        Filtration taken where none is known; None where it must be given, unless there is one only.
    measured : bool
        Whether it is a tube's own.
    unit : str
        Unit of a site that it is for; empty for any.
    source : Source
        Where the numbers come from.
    """

    voltages_kv: tuple[float, ...]
    filtrations_mm_al: tuple[float, ...]
    outputs_ugy_per_mas: Rows
    half_value_layers_mm_al: Rows | None = None
    relative_uncertainty: float
    assumed_filtration_mm_al: float | None = None
    measured: bool = False
    unit: str = ""
    source: Source

    def __post_init__(self) -> None:
        for name in ("voltages_kv", "filtrations_mm_al"):
            _check_axis(name, getattr(self, name))
        shape = (len(self.filtrations_mm_al), len(self.voltages_kv))
        _check_rows("outputs_ugy_per_mas", self.outputs_ugy_per_mas, shape)
        if self.half_value_layers_mm_al is not None:
            _check_rows("half_value_layers_mm_al", self.half_value_layers_mm_al, shape)
        if not 0 < self.relative_uncertainty < 1:
            raise InputError(f"relative_uncertainty of {self.relative_uncertainty:g}", needed="a fraction, 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class TubeOutput:
    """Output of a tube at one voltage and filtration.

    Parameters
    ----------
    output_ugy_per_mas : float
        Air kerma per mAs at 1 m from the focus, without backscatter.
    half_value_layer_mm_al : float or None
        Of the beam, where the table holds it.
    filtration_mm_al : float
        Total filtration that it is for.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1).
    measured : bool
        Whether the tube's own output was measured.
    source : Source
        Of the table.
    assumptions : tuple of str
        What was taken for granted.
    """

    output_ugy_per_mas: float
    half_value_layer_mm_al: float | None
    filtration_mm_al: float
    relative_uncertainty: float
    measured: bool
    source: Source
    assumptions: tuple[str, ...] = ()


@functools.cache
def computed_tube_output() -> TubeOutputTable:
    """The table for tubes that nobody has measured, from ``data/tube_output.toml``."""
    row = shipped_table("tube_output")["tungsten, computed"]
    return TubeOutputTable(
        voltages_kv=tuple(row["voltages_kv"]),
        filtrations_mm_al=tuple(row["filtrations_mm_al"]),
        outputs_ugy_per_mas=_rows(row["outputs_ugy_per_mas"]),
        half_value_layers_mm_al=_rows(row["half_value_layers_mm_al"]),
        relative_uncertainty=row["relative_uncertainty"],
        assumed_filtration_mm_al=row["assumed_filtration_mm_al"],
        source=source_of(row),
    )


def tube_output_of_row(row: Mapping[str, Any]) -> TubeOutputTable:
    """A tube's own table as a site's file states it.

    Parameters
    ----------
    row : mapping
        ``filtration_mm_al``, ``voltages_kv``, ``outputs_ugy_per_mas`` (at 1 m) and ``uncertainty_fraction`` (k = 1),
        and any of ``half_value_layers_mm_al``, ``unit`` and ``document`` (who measured it, and when).

    Returns
    -------
    TubeOutputTable
        Marked as measured.

    Raises
    ------
    InputError
        A key is missing or not known, or the numbers do not make a table.
    """
    needed = {"filtration_mm_al", "voltages_kv", "outputs_ugy_per_mas", "uncertainty_fraction"}
    known = needed | {"half_value_layers_mm_al", "unit", "document"}
    if unknown := sorted(set(row) - known):
        raise InputError(f"unknown key {unknown[0]!r}", needed="one of " + ", ".join(sorted(known)))
    if missing := sorted(needed - set(row)):
        raise InputError(f"{missing[0]} missing", needed=", ".join(sorted(needed)))
    layers = row.get("half_value_layers_mm_al")
    try:
        return TubeOutputTable(
            voltages_kv=tuple(float(each) for each in row["voltages_kv"]),
            filtrations_mm_al=(float(row["filtration_mm_al"]),),
            outputs_ugy_per_mas=_rows([row["outputs_ugy_per_mas"]]),
            half_value_layers_mm_al=None if layers is None else _rows([layers]),
            relative_uncertainty=float(row["uncertainty_fraction"]),
            measured=True,
            unit=str(row.get("unit", "")),
            source=Source(document=str(row.get("document", "")) or "measured by the site", confidence="A"),
        )
    except (TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("a table that is no lists of numbers", needed="one number for each voltage") from None


def tube_output_at(
    table: TubeOutputTable, *, tube_voltage_kv: float, filtration_mm_al: float | None = None
) -> TubeOutput:
    """Output of a tube between the points of its table.

    Parameters
    ----------
    table : TubeOutputTable
        Measured, or `computed_tube_output`.
    tube_voltage_kv : float
        Within the table.
    filtration_mm_al : float, optional
        Total filtration. A table of one filtration is taken as the tube's own and needs none; a computed one takes what
        it assumes, and says so.

    Returns
    -------
    TubeOutput
        Exact at the points of the table.

    Raises
    ------
    InputError
        Voltage or filtration outside the table; nothing is extrapolated.

    Notes
    -----
    Between voltages the logarithm of the output is linear in the logarithm of the voltage, piece by piece (its exponent
    falls from 1.9 near 60 kV to 1.65 near 100 kV); between filtrations the logarithm of the output is linear in the
    filtration. Half-value layers are interpolated in the same way.
    """
    low, high = table.voltages_kv[0], table.voltages_kv[-1]
    if not low <= tube_voltage_kv <= high:
        raise InputError(
            f"tube voltage of {tube_voltage_kv:g} kV",
            needed=f"{low:g} to {high:g} kV, the range of the table of outputs",
            remedy="measure the tube's output there" if table.measured else "give the tube's own table",
        )
    filtration, assumptions = _filtration_of(table, filtration_mm_al)
    layers = table.half_value_layers_mm_al
    return TubeOutput(
        output_ugy_per_mas=_between(table, table.outputs_ugy_per_mas, tube_voltage_kv, filtration),
        half_value_layer_mm_al=None if layers is None else _between(table, layers, tube_voltage_kv, filtration),
        filtration_mm_al=filtration,
        relative_uncertainty=table.relative_uncertainty,
        measured=table.measured,
        source=table.source,
        assumptions=assumptions,
    )


def tube_outputs_at(table: TubeOutputTable, tube_voltages_kv: Floats) -> tuple[Floats, Floats]:
    """Outputs and half-value layers at many voltages, at the table's own or assumed filtration; see `tube_output_at`.

    Parameters
    ----------
    table : TubeOutputTable
        Measured, or `computed_tube_output`.
    tube_voltages_kv : 1-D array
        NaN where not known.

    Returns
    -------
    outputs_ugy_per_mas, half_value_layers_mm_al : 1-D array
        NaN outside the table, and where it holds no layers.

    Raises
    ------
    InputError
        A table of several filtrations that assumes none.
    """
    filtration, _ = _filtration_of(table, None)
    found = []
    for rows in (table.outputs_ugy_per_mas, table.half_value_layers_mm_al):
        values = np.full(tube_voltages_kv.shape, np.nan)
        if rows is not None:
            at = [_between(table, rows, voltage, filtration) for voltage in table.voltages_kv]
            known = np.log(np.where(tube_voltages_kv > 0.0, tube_voltages_kv, np.nan))
            logs = np.interp(known, np.log(table.voltages_kv), np.log(at), np.nan, np.nan)
            values = np.exp(logs)
        found.append(values)
    return found[0], found[1]


def _filtration_of(table: TubeOutputTable, stated: float | None) -> tuple[float, tuple[str, ...]]:
    """Filtration within the table, and what was assumed of it."""
    low, high = table.filtrations_mm_al[0], table.filtrations_mm_al[-1]
    unmeasured = () if table.measured else (f"computed tube output: {table.source.note}",)
    if stated is None:
        if low == high:
            return low, unmeasured
        if table.assumed_filtration_mm_al is None:
            raise InputError("no filtration", needed=f"total filtration, {low:g} to {high:g} mm Al")
        taken = table.assumed_filtration_mm_al
        return taken, (*unmeasured, f"total filtration of {taken:g} mm Al, as none is known")
    if not low - _SAME_MM_AL <= stated <= high + _SAME_MM_AL:
        raise InputError(
            f"total filtration of {stated:g} mm Al",
            needed=f"{low:g} to {high:g} mm Al" if low < high else f"{low:g} mm Al, for which the output was measured",
            remedy="give the tube's own table for this filtration",
        )
    return min(max(stated, low), high), unmeasured


def _between(table: TubeOutputTable, rows: Rows, voltage_kv: float, filtration: float) -> float:
    columns = [_power_law(voltage_kv, table.voltages_kv, row) for row in rows]
    for place, known in enumerate(table.filtrations_mm_al):
        if filtration == known:
            return columns[place]
    return math.exp(float(np.interp(filtration, table.filtrations_mm_al, np.log(columns))))


def _power_law(voltage_kv: float, voltages_kv: tuple[float, ...], values: tuple[float, ...]) -> float:
    """Value at a voltage by a power law between neighbours, exact at the points."""
    if voltage_kv in voltages_kv:
        return values[voltages_kv.index(voltage_kv)]
    return math.exp(float(np.interp(math.log(voltage_kv), np.log(voltages_kv), np.log(values))))


def _rows(rows: Any) -> Rows:
    return tuple(tuple(float(value) for value in row) for row in rows)


def _check_axis(name: str, values: tuple[float, ...]) -> None:
    if (
        not values
        or any(not math.isfinite(value) or value <= 0 for value in values)
        or sorted(set(values)) != [*values]
    ):
        raise InputError(f"{name} of {values}", needed="one or more numbers above 0, rising")


def _check_rows(name: str, rows: Rows, shape: tuple[int, int]) -> None:
    if len(rows) != shape[0] or any(len(row) != shape[1] for row in rows):
        raise InputError(
            f"{name} of {[len(row) for row in rows]} numbers",
            needed=f"{shape[1]} numbers for each of {shape[0]} filtrations",
        )
    if any(not math.isfinite(value) or value <= 0 for row in rows for value in row):
        raise InputError(f"{name} with a value that is not above 0", needed="numbers above 0")

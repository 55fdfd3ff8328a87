"""Tests of tube and generator: a panel for each, with the limits of what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from xrayiq.dose.generator import GeneratorTests
from xrayiq.dose.generator_test import GeneratorTest, MeterSeries
from xrayiq.dose.permitted import (
    minimum_half_value_layer,
    minimum_range_kv,
    permitted_charge_error_mas,
    permitted_time_error_ms,
)
from xrayiq.model import Limit, judge, quantity
from xrayiq.plots.style import BLUE, CYCLE, GREEN, INK, MUTED, ORANGE, SAND, canvas, plain_log, soft_grid

_COLUMNS: Final = 3
#: width of the figure and height of a row of panels in inches
_WIDTH: Final = 9.6
_ROW_HEIGHT: Final = 2.35
_STATUS_COLOURS: Final = {"pass": GREEN, "warning": SAND, "fail": ORANGE, "indeterminate": MUTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """How one test is drawn: title, axes, factor from stored value to the axis, and words about its number."""

    title: str
    along: str
    up: str
    factor: float = 100.0
    is_bounded: bool = False
    is_numbered: bool = False
    is_logarithmic: bool = False
    words: str = "{}"


_PANELS: Final = {
    "voltage_accuracy": _Panel(title="Tube voltage", along="Set tube voltage / kV", up="Error / %", is_bounded=True),
    "output_reproducibility": _Panel(
        title="Reproducibility", along="Exposure", up="Output, from its mean / %", is_numbered=True, words="CV {}"
    ),
    "output_linearity": _Panel(
        title="Linearity",
        along="Setting / mAs or mA",
        up="Output / µGy/mAs",
        factor=1.0,
        is_logarithmic=True,
        words="neighbours {}",
    ),
    "half_value_layer": _Panel(title="Half-value layer", along="Tube voltage / kV", up="HVL / mm Al", factor=1.0),
    "tube_output": _Panel(
        title="Output at 80 kV", along="Set tube voltage / kV", up="Output at 1 m / µGy/mAs", factor=1.0
    ),
    "timer_accuracy": _Panel(
        title="Exposure time", along="Set time / ms", up="Error / %", is_logarithmic=True, words="{} of permitted"
    ),
    "charge_accuracy": _Panel(
        title="Exposure", along="Set exposure / mAs", up="Error / %", is_logarithmic=True, words="{} of permitted"
    ),
    "aec_repeatability": _Panel(
        title="AEC repeatability", along="Exposure", up="From its mean / %", is_numbered=True, words="CV {}"
    ),
    "aec_tracking": _Panel(
        title="AEC tracking", along="Thickness / mm, or voltage / kV", up="From the mean / %", is_bounded=True
    ),
    "aec_chamber_balance": _Panel(
        title="AEC chambers", along="Chamber", up="From the mean / %", is_bounded=True, is_numbered=True
    ),
    "guard_timer": _Panel(
        title="Guard timer", along="Set tube voltage / kV", up="Ended at / mAs", factor=1.0, is_bounded=True
    ),
    "leakage": _Panel(
        title="Leakage", along="Reading", up="At 1 m / mGy/h", factor=1.0, is_bounded=True, is_numbered=True
    ),
}


def generator_size(result: GeneratorTests) -> tuple[float, float]:
    """Width and height in inches of a figure of these tests."""
    rows = -(-len(result.measured) // _COLUMNS)
    return _WIDTH, _ROW_HEIGHT * rows


def plot_generator(result: GeneratorTests, *, ax: Axes | None = None, limits: Iterable[Limit] = ()) -> Axes:
    """Tests of tube and generator, a panel for each that was measured.

    Parameters
    ----------
    result : GeneratorTests
        What `assess_generator` gave.
    ax : Axes, optional
        Where to draw; its area is parted among the panels. A new figure without.
    limits : iterable of Limit, optional
        Limits whose bounds are drawn and by which the headline of each panel is coloured. Permitted errors of time and
        exposure and least half-value layers are drawn always.

    Returns
    -------
    Axes
        Without axes of its own; the panels are its children, with quantities and units on theirs.
    """
    known = tuple(limits)
    tests = result.measured
    rows = -(-len(tests) // _COLUMNS)
    with canvas(ax, generator_size(result)) as axes:
        axes.set_axis_off()
        for number, test in enumerate(tests):
            row, column = divmod(number, _COLUMNS)
            left = (column + 0.17) / _COLUMNS
            bottom = 1.0 - (row + 0.78) / rows
            panel = axes.inset_axes((left, bottom, 0.78 / _COLUMNS, 0.60 / rows))
            _draw(panel, test, [limit for limit in known if limit.procedure in ("", "generator")])
    return axes


def _draw(axes: Axes, test: GeneratorTest, limits: Sequence[Limit]) -> None:
    panel = _PANELS[test.name]
    for number, series in enumerate(test.series):
        _points(axes, series, panel, CYCLE[number % len(CYCLE)], test.name)
    extra = _EXTRAS.get(test.name)
    if extra is not None:
        extra(axes, test)
    if panel.is_bounded:
        _bounds(axes, test, limits, panel.factor)
    if panel.is_logarithmic and _is_wide(test.series):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_formatter(NullFormatter())
    if panel.is_numbered:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        axes.set_xlim(0.5, max(series.positions.max() for series in test.series) + 0.5)
    if panel.factor != 1.0:
        low, high = axes.get_ylim()
        half = max(abs(low), abs(high), 1.0)
        axes.set_ylim(-half, half)
        axes.axhline(0.0, color=MUTED, linewidth=0.8, zorder=1)
    else:
        axes.set_ylim(0.0, 1.12 * max(axes.get_ylim()[1], 1e-9))
    axes.margins(x=0.08)
    axes.set_xlabel(panel.along)
    axes.set_ylabel(panel.up)
    soft_grid(axes)
    axes.set_title(panel.title)
    _headline(axes, test, limits, panel.words)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc="best", fontsize=7.5, handlelength=1.4)


def _points(axes: Axes, series: MeterSeries, panel: _Panel, colour: str, name: str) -> None:
    order = np.argsort(series.positions, kind="stable")
    joined = "-" if name in ("output_linearity", "tube_output", "half_value_layer") else "none"
    axes.plot(
        series.positions[order],
        panel.factor * series.values[order],
        marker="o",
        markersize=4.5,
        linestyle=joined,
        linewidth=1.2,
        color=colour,
        zorder=3,
    )


def _is_wide(series: Sequence[MeterSeries]) -> bool:
    positions = np.concatenate([each.positions for each in series])
    return bool(positions.min() > 0 and positions.max() > 8.0 * positions.min())


def _headline(axes: Axes, test: GeneratorTest, limits: Sequence[Limit], words: str) -> None:
    """Value of the test at the upper right, coloured by the worst verdict on its numbers."""
    verdicts = [
        judge(measurement, limit).status
        for measurement in test.measurements
        for limit in limits
        if limit.quantity == measurement.quantity
    ]
    worst = next((status for status in ("fail", "warning", "pass") if status in verdicts), "")
    first = test.measurements[0]
    text = words.format(quantity(first.quantity).text(first.value).replace("-", "−"))
    axes.set_title(text, loc="right", color=_STATUS_COLOURS.get(worst, INK), fontweight="normal")


def _bounds(axes: Axes, test: GeneratorTest, limits: Sequence[Limit], factor: float) -> None:
    """Bounds of the limits of the test's quantities as lines; a deviation is bounded on either side."""
    for limit in limits:
        if limit.basis != "absolute" or limit.quantity not in {each.quantity for each in test.measurements}:
            continue
        for low, high, colour in (
            (limit.warning_low, limit.warning_high, SAND),
            (limit.fail_low, limit.fail_high, ORANGE),
        ):
            mirrored = -high if test.name.startswith("aec") and high is not None else low
            for bound in (mirrored, high):
                if bound is not None:
                    axes.axhline(factor * bound, color=colour, linewidth=1.0, linestyle=(0, (4, 2)), zorder=2)


def _minimum_layers(axes: Axes, test: GeneratorTest) -> None:
    low, high = minimum_range_kv()
    positions = np.concatenate([series.positions for series in test.series])
    first, last = max(low, positions.min() - 10.0), min(high, positions.max() + 10.0)
    voltages = np.linspace(first, last, 101)
    least = np.array([minimum_half_value_layer(float(voltage)) for voltage in voltages])
    axes.plot(voltages, least[:, 1], color=ORANGE, linewidth=1.0, linestyle=(0, (4, 2)), label="minimum from 2006")
    axes.plot(voltages, least[:, 0], color=SAND, linewidth=1.0, linestyle=(0, (4, 2)), label="minimum before")


def _permitted_time(axes: Axes, test: GeneratorTest) -> None:
    _permitted(axes, test, permitted_time_error_ms)


def _permitted_charge(axes: Axes, test: GeneratorTest) -> None:
    _permitted(axes, test, permitted_charge_error_mas)


def _permitted(axes: Axes, test: GeneratorTest, permitted: Callable[[float], float]) -> None:
    """Curves of the permitted relative error over the set value."""
    positions = test.series[0].positions
    values = np.geomspace(0.8 * positions.min(), 1.25 * positions.max(), 101)
    errors = 100.0 * np.array([permitted(float(value)) for value in values]) / values
    for sign, label in ((1.0, "permitted"), (-1.0, None)):
        axes.plot(values, sign * errors, color=ORANGE, linewidth=1.0, linestyle=(0, (4, 2)), label=label)


def _reference_output(axes: Axes, test: GeneratorTest) -> None:
    value = test.measurements[0].value
    axes.plot([80.0], [value], marker="D", markersize=7, color=BLUE, markerfacecolor="none", linestyle="none", zorder=4)


_EXTRAS: Final[dict[str, Callable[[Axes, GeneratorTest], None]]] = {
    "half_value_layer": _minimum_layers,
    "timer_accuracy": _permitted_time,
    "charge_accuracy": _permitted_charge,
    "tube_output": _reference_output,
}

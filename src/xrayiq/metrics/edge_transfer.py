"""MTF of a located edge in each of the modes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.edge_constancy import (
    CONSTANCY_HALF_WIDTH_MM,
    ConstancyWindow,
    constancy_line_spread,
    constancy_window,
    gaussian_bias,
)
from xrayiq.metrics.edge_iso12233 import ISO_OVERSAMPLING, iso_line_spread, iso_transfer_function
from xrayiq.metrics.edge_spread import OVERSAMPLING, EdgeSpread, line_spread, transfer_function
from xrayiq.metrics.slanted_edge import SlantedEdge

Floats = NDArray[np.float64]
Mode = Literal["constancy", "iec", "iso12233"]

MODES: Final = ("constancy", "iec", "iso12233")
FREQUENCY_STEP_PER_MM: Final = 0.01
#: a bias of the constancy mode foreseen above this is told; the foresight is a little low
_TOLD_BIAS: Final = 0.0015


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EdgeTransfer:
    """MTF of an edge with what it was transformed from.

    Parameters
    ----------
    values : 1-D array
        MTF.
    spread : EdgeSpread
        Edge spread function.
    lsf_positions_mm, lsf_values : 1-D arrays
        Line spread function, window included.
    oversampling : int
        Bins per pixel.
    window : ConstancyWindow or None
        Of the constancy mode.
    warnings : tuple of str
        What a user should know.
    """

    values: Floats
    spread: EdgeSpread
    lsf_positions_mm: Floats
    lsf_values: Floats
    oversampling: int
    window: ConstancyWindow | None = None
    warnings: tuple[str, ...] = ()


def edge_transfer(edge: SlantedEdge, mode: Mode) -> tuple[Floats, EdgeTransfer]:
    """MTF of an edge from 0 to twice the Nyquist frequency.

    Parameters
    ----------
    edge : SlantedEdge
        A located edge.
    mode : {"constancy", "iec", "iso12233"}
        As in `measure_mtf`.

    Returns
    -------
    frequencies_per_mm : 1-D array
        Steps of 0.01 mm⁻¹.
    transfer : EdgeTransfer
        At these frequencies.
    """
    count = int(np.floor(1.0 / (edge.pitch_mm[1] * FREQUENCY_STEP_PER_MM) + 1e-9)) + 1
    frequencies = np.arange(count, dtype=np.float64) * np.float64(FREQUENCY_STEP_PER_MM)
    return frequencies, (_iso_transfer(edge, count) if mode == "iso12233" else _transfer(edge, mode, count))


def _transfer(edge: SlantedEdge, mode: Mode, count: int) -> EdgeTransfer:
    window = constancy_window(edge.spread) if mode == "constancy" else None
    positions, lsf = line_spread(edge.spread) if window is None else constancy_line_spread(edge.spread, window)
    values = transfer_function(
        lsf,
        spacing_mm=edge.spread.spacing_mm,
        bin_variance_mm2=edge.spread.bin_variance_mm2,
        step_per_mm=FREQUENCY_STEP_PER_MM,
        count=count,
    )
    return EdgeTransfer(
        values=values,
        spread=edge.spread,
        lsf_positions_mm=positions,
        lsf_values=lsf,
        oversampling=OVERSAMPLING,
        window=window,
        warnings=() if window is None else tuple(_doubts_about_window(edge, window, count)),
    )


def _iso_transfer(edge: SlantedEdge, count: int) -> EdgeTransfer:
    spread = edge.quarter_spread
    positions, lsf = iso_line_spread(spread)
    values = iso_transfer_function(lsf, spacing_mm=spread.spacing_mm, step_per_mm=FREQUENCY_STEP_PER_MM, count=count)
    return EdgeTransfer(
        values=values,
        spread=spread,
        lsf_positions_mm=positions,
        lsf_values=lsf,
        oversampling=ISO_OVERSAMPLING,
    )


def _doubts_about_window(edge: SlantedEdge, window: ConstancyWindow, count: int) -> list[str]:
    """What a user of the constancy mode should know about this edge."""
    doubts = []
    if window.half_width_mm < CONSTANCY_HALF_WIDTH_MM - edge.pitch_mm[1]:
        doubts.append(
            f"line spread function of ±{window.half_width_mm:.1f} mm instead of ±{CONSTANCY_HALF_WIDTH_MM:g} mm: "
            "more of the edge's surroundings was not free"
        )
    bias = gaussian_bias(edge.spread, window, step_per_mm=FREQUENCY_STEP_PER_MM, count=count)
    if bias > _TOLD_BIAS:
        doubts.append(
            f"blur of {window.blur_mm:.2f} mm (standard deviation) too wide for a line spread function of "
            f'±{window.half_width_mm:.1f} mm: the MTF may be off by more than 0.002; use mode "iec" on an edge with '
            "more free surroundings"
        )
    return doubts

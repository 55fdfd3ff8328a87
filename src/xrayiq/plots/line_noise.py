"""Row and column noise: the profiles of a flat field beside what noise without lines would give."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes

from xrayiq.metrics.line_noise import LineNoise
from xrayiq.plots.style import BLUE, CURVE, INK, ORANGE, canvas, soft_grid

#: standard deviations of noise without lines on either side of zero that are marked
_MARKED: Final = 2.0


def plot_line_noise(result: LineNoise, *, ax: Axes | None = None) -> Axes:
    """Profiles over columns and over rows, as deviation from the surroundings in percent of the signal.

    Parameters
    ----------
    result : LineNoise
        What `measure_line_noise` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Position in mm against deviation in percent, the rows' profile below that of the columns; broken lines at ± 2
        standard deviations of noise without lines. The legend gives the index and the one expected without lines.
    """
    rows_mm, columns_mm = result.pixel_pitch_mm
    drawn = (
        ("columns", result.columns, columns_mm, BLUE),
        ("rows", result.rows, rows_mm, ORANGE),
    )
    reach = 100.0 * max(float(np.abs(profile.deviations).max()) for _, profile, _, _ in drawn)
    with canvas(ax, CURVE) as axes:
        for number, (name, profile, pitch_mm, colour) in enumerate(drawn):
            level = -2.4 * reach * number
            positions_mm = profile.positions_px * pitch_mm
            share = profile.index_expected / profile.index if profile.index > 0 else 0.0
            half = _MARKED * share * 100.0 * profile.relative_sd * result.local_noise_fraction
            for end in (level - half, level + half):
                axes.hlines(end, *positions_mm[[0, -1]], color=INK, linewidth=0.8, linestyle=(0, (4, 3)), zorder=3)
            axes.plot(
                positions_mm,
                level + 100.0 * profile.deviations,
                color=colour,
                linewidth=0.7,
                label=f"{name}: CNI {profile.index:.2f}, without lines {profile.index_expected:.2f}",
            )
        step = _step(reach)
        axes.set_yticks(
            [-2.4 * reach * number + sign * step for number in (0, 1) for sign in (-1, 0, 1)],
            [f"{sign * step:+g}".replace("-", "−") if sign else "0" for _ in (0, 1) for sign in (-1, 0, 1)],
        )
        axes.set_ylim(-3.7 * reach, 1.3 * reach)
        axes.set_xlabel("Position / mm")
        axes.set_ylabel("Line mean against its surroundings / %")
        axes.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=1)
        soft_grid(axes, "x")
    return axes


def _step(reach: float) -> float:
    """Round number below the reach."""
    decade = 10.0 ** np.floor(np.log10(max(reach, 1e-12)))
    return float(max(factor for factor in (1.0, 2.0, 5.0) if factor * decade <= reach) * decade)

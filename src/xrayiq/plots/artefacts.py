"""Artefacts: where seams, spots and low frequencies lie, and the power of rows and columns with its peaks."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.patches import Circle
from matplotlib.ticker import LogFormatter

from xrayiq.metrics.artefacts import Artefacts
from xrayiq.plots.style import BLUE, INK, ORANGE, PICTURE, PURPLE, canvas, signed, soft_grid

#: seams and spots that are drawn, the first of the result
_MOST_DRAWN: Final = 200
#: those of them that have their strength written beside them
_MOST_NAMED: Final = 6
#: least radius of a spot's outline as part of the image's side
_LEAST_RADIUS: Final = 0.012
#: white behind words on the map
_BEHIND: Final = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.7}
#: least deviation at the ends of the colour scale in percent
_LEAST_SPAN: Final = 1.0


def plot_artefacts(result: Artefacts, *, ax: Axes | None = None) -> Axes:
    """Map of the deviation from the quadratic fit in percent, with seams drawn and spots outlined.

    Parameters
    ----------
    result : Artefacts
        What `find_artefacts` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Column against row in pixels; the colour bar is in percent. The strongest seams and spots have their step or
        contrast written beside them; the title names the strongest wave.
    """
    rows, columns = result.image_shape_px
    deviations = 100.0 * result.deviation_map.astype(np.float64)
    span = max(_LEAST_SPAN, float(np.quantile(np.abs(deviations), 0.999)))
    size = 8 * deviations.shape[1] - 0.5, 8 * deviations.shape[0] - 0.5
    with canvas(ax, PICTURE) as axes:
        picture = axes.imshow(
            deviations,
            cmap="RdBu_r",
            norm=Normalize(-span, span),
            extent=(-0.5, size[0], size[1], -0.5),
            interpolation="nearest",
        )
        _draw_seams(axes, result)
        _draw_blobs(axes, result)
        axes.set_xlim(-0.5, columns - 0.5)
        axes.set_ylim(rows - 0.5, -0.5)
        axes.set_xlabel("Column / px")
        axes.set_ylabel("Row / px")
        axes.spines[:].set_visible(False)
        axes.set_title(_title(result), fontweight="normal", color=INK)
        bar = axes.figure.colorbar(picture, ax=axes, shrink=0.85, pad=0.02)
        bar.set_label("Deviation from the fit / %")
        bar.outline.set_visible(False)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, handlelength=1.2)
    return axes


def plot_artefact_power(result: Artefacts, *, ax: Axes | None = None) -> Axes:
    """Average power of the rows and of the columns over frequency, with peaks and the limit that makes them.

    Parameters
    ----------
    result : Artefacts
        What `find_artefacts` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Frequency in mm⁻¹ against power density of the relative signal in mm, logarithmic. Dotted: 6 times the running
        median. Each peak has frequency, angle and amplitude written at it; a dashed line stands where lines of the
        stated density have to show.
    """
    with canvas(ax) as axes:
        for power, colour, name in (
            (result.along_rows, BLUE, "along rows"),
            (result.along_columns, ORANGE, "along columns"),
        ):
            axes.plot(power.frequencies_per_mm[1:], power.values_mm[1:], color=colour, linewidth=1.0, label=name)
            axes.plot(
                power.frequencies_per_mm[1:], 6.0 * power.medians_mm[1:], color=colour, linewidth=0.7, linestyle=":"
            )
        if result.expected_alias_per_mm is not None:
            density = result.grid_line_density_per_mm
            axes.axvline(
                result.expected_alias_per_mm,
                color=PURPLE,
                linewidth=1.0,
                linestyle=(0, (4, 2)),
                zorder=1,
                label=f"grid of {density:g} lines per mm",
            )
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        top = axes.get_ylim()[1]
        axes.set_ylim(top=10.0 * top)
        for peak in result.peaks[:_MOST_NAMED]:
            angle = np.deg2rad(peak.angle_deg)
            columns = peak.across == "columns"
            power = result.along_rows if columns else result.along_columns
            place = peak.frequency_per_mm * abs(np.cos(angle) if columns else np.sin(angle))
            height = float(np.interp(place, power.frequencies_per_mm, power.values_mm))
            lines = (f"{peak.frequency_per_mm:.2f} mm⁻¹", f"{signed(peak.angle_deg, 1)}°")
            axes.annotate(
                "\n".join((*lines, f"{100.0 * peak.amplitude_fraction:.2f} %")),
                (place, height),
                xytext=(0, 3),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7,
                color=INK,
            )
        soft_grid(axes)
        axes.set_xlim(left=0.0)
        axes.set_xlabel("Frequency / mm⁻¹")
        axes.set_ylabel("Power density / mm")
        axes.legend(loc="lower left", fontsize=7.5)
    return axes


def _draw_seams(axes: Axes, result: Artefacts) -> None:
    for number, seam in enumerate(result.seams[:_MOST_DRAWN]):
        along = [seam.start_px - 0.5, seam.start_px + seam.length_px - 0.5]
        across = [seam.index_px - 0.5, seam.index_px - 0.5]
        x, y = (along, across) if seam.orientation == "row" else (across, along)
        label = f"seams: {len(result.seams)}" if number == 0 else None
        axes.plot(x, y, color=INK, linewidth=1.1, linestyle=(0, (5, 1.5)), label=label)
        if number < _MOST_NAMED:
            text = f"{signed(100.0 * seam.step_fraction, 2)} %"
            middle = (sum(x) / 2, sum(y) / 2)
            turned = 90 if seam.orientation == "column" else 0
            axes.text(
                *middle,
                text,
                fontsize=7,
                rotation=turned,
                ha="right" if turned else "center",
                va="bottom",
                bbox=_BEHIND,
            )


def _draw_blobs(axes: Axes, result: Artefacts) -> None:
    pitch = float(np.sqrt(result.pixel_pitch_mm[0] * result.pixel_pitch_mm[1]))
    least = _LEAST_RADIUS * max(result.image_shape_px)
    for number, blob in enumerate(result.blobs[:_MOST_DRAWN]):
        radius = max(0.75 * blob.diameter_mm / pitch, least)
        label = f"spots: {len(result.blobs)}" if number == 0 else None
        axes.add_patch(
            Circle((blob.column_px, blob.row_px), radius, fill=False, edgecolor=PURPLE, linewidth=1.1, label=label)
        )
        if number < _MOST_NAMED:
            axes.annotate(
                f"{blob.diameter_mm:.1f} mm, {signed(100.0 * blob.contrast_fraction, 1)} %",
                (blob.column_px, blob.row_px - radius),
                xytext=(0, 2),
                textcoords="offset points",
                ha="center",
                va="bottom",
                fontsize=7,
                color=PURPLE,
                bbox=_BEHIND,
            )


def _title(result: Artefacts) -> str:
    if not result.peaks:
        return "No wave" if result.seams or result.blobs else "No artefact"
    peak = result.peaks[0]
    return (
        f"Wave of {peak.frequency_per_mm:.2f} mm⁻¹ at {signed(peak.angle_deg, 1)}°: "
        f"{100.0 * peak.amplitude_fraction:.2f} %"
    )

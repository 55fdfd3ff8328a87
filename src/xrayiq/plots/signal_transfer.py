"""Signal transfer of a detector: flat fields, the response fitted to them, saturated levels apart."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from xrayiq.metrics.signal_transfer import SignalTransfer
from xrayiq.plots.response import FORMS
from xrayiq.plots.style import BLUE, INK, ORANGE, canvas, plain_log, soft_grid


def plot_signal_transfer(result: SignalTransfer, *, ax: Axes | None = None) -> Axes:
    """Mean stored value of each flat field over its kerma, with the fitted response.

    Parameters
    ----------
    result : SignalTransfer
        What `measure_signal_transfer` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Air kerma at the detector in µGy, on a logarithmic axis, against stored value.
    """
    response = result.response
    curve = np.geomspace(response.kerma_min_ugy, response.kerma_max_ugy, 201)
    with canvas(ax) as axes:
        axes.plot(curve, response.to_pixel_values(curve), color=BLUE, label=f"{FORMS[response.model]} fit", zorder=1)
        used = result.used
        axes.plot(
            result.kerma_ugy[used],
            result.pixel_values[used],
            "o",
            color=INK,
            markersize=4,
            label="flat fields",
            zorder=2,
        )
        if not used.all():
            axes.plot(
                result.kerma_ugy[~used],
                result.pixel_values[~used],
                "o",
                color=ORANGE,
                markerfacecolor="none",
                markersize=5,
                label="saturated, left out",
            )
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(plain_log))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("Air kerma at the detector / µGy")
        axes.set_ylabel("Stored value")
        axes.set_title(f"Largest residual {100.0 * result.largest_residual_fraction:.2g} % of the kerma")
        axes.legend(loc="best")
        soft_grid(axes)
    return axes

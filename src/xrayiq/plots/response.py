"""Response of a detector: stored value over air kerma, with the range it was fitted to."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from xrayiq.model import Response
from xrayiq.plots.style import BLUE, MUTED, WITHIN, canvas, soft_grid

FORMS = {"linear": "linear", "log": "logarithmic", "power": "power law"}


def plot_response(result: Response, *, ax: Axes | None = None) -> Axes:
    """Stored value over air kerma; the range of the fit is shaded, outside it the curve is dashed.

    Parameters
    ----------
    result : Response
        What `fit_response` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Air kerma at the detector in µGy against stored value.
    """
    low = result.kerma_min_ugy
    high = result.kerma_max_ugy if np.isfinite(result.kerma_max_ugy) else max(10.0, 10.0 * low)
    bounded = np.isfinite(result.kerma_max_ugy)
    first = 1e-3 * high if result.model == "log" else 0.0
    fitted = np.linspace(max(low, first), high, 201)
    with canvas(ax) as axes:
        axes.plot(fitted, result.to_pixel_values(fitted), color=BLUE, label="fitted range")
        if bounded:
            axes.axvspan(low, high, color=WITHIN, linewidth=0, zorder=0)
            beyond = [np.linspace(high, 1.25 * high, 51)]
            if low > first:
                beyond.append(np.linspace(max(first, 0.2 * low), low, 51))
            for number, kerma in enumerate(beyond):
                label = None if number else "extrapolation"
                axes.plot(kerma, result.to_pixel_values(kerma), color=MUTED, linestyle="--", label=label)
            axes.legend(loc="best")
        axes.set_xlim(0.0, (1.25 if bounded else 1.0) * high)
        axes.set_xlabel("Air kerma at the detector / µGy")
        axes.set_ylabel("Stored value")
        axes.set_title(f"Response, {FORMS[result.model]}")
        soft_grid(axes)
    return axes

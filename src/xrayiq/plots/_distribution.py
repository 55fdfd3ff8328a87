"""What every distribution of one number over many images shares."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.plots.style import INK, soft_grid


def finite_numbers(values: ArrayLike, *, what: str) -> NDArray[np.float64]:
    """Numbers of a distribution, those not finite left out.

    Parameters
    ----------
    values : 1-D array
        One number for each image.
    what : str
        What they are, for the message.

    Returns
    -------
    1-D array
        May be empty.

    Raises
    ------
    InputError
        The values are not a 1-D array.
    """
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise InputError(f"array of shape {numbers.shape}", needed=f"a 1-D array of {what}")
    return numbers[np.isfinite(numbers)]


def mark_median(ax: Axes, numbers: NDArray[np.float64], text: Callable[[float], str]) -> None:
    """Line at the median, and a title with the median as text and the number of images; nothing without numbers."""
    if numbers.size:
        median = float(np.median(numbers))
        ax.axvline(median, color=INK, linewidth=1.4)
        ax.set_title(f"median {text(median)}, n = {numbers.size}", fontweight="normal")


def count_images(ax: Axes) -> None:
    """Whole numbers of images along y."""
    ax.set_ylabel("Images")
    ax.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
    soft_grid(ax, "y")

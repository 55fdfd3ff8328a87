"""Noise in the anatomy of one clinical image, and SNR over many."""

from __future__ import annotations

import math

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from xrayiq.metrics.clinical_noise import ClinicalNoise
from xrayiq.plots._distribution import count_images, finite_numbers, mark_median
from xrayiq.plots.style import BAND, BLUE, PALE, canvas

#: how a unit of the signal stands on an axis
SIGNAL_UNIT = {"uGy": "µGy", "1": "relative unit"}


def plot_clinical_noise(result: ClinicalNoise, *, ax: Axes | None = None) -> Axes:
    """Mean signal in the anatomy with the noise about it.

    Parameters
    ----------
    result : ClinicalNoise
        What `measure_clinical_noise` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Signal in its unit along x; the bar is ± one standard deviation of the noise.
    """
    with canvas(ax, BAND) as axes:
        axes.barh([0.0], [result.mean_signal], height=0.5, color=PALE)
        axes.errorbar(
            [result.mean_signal], [0.0], xerr=[result.noise], color=BLUE, capsize=5, marker="o", linewidth=1.8
        )
        axes.set_xlim(0.0, 1.15 * (result.mean_signal + result.noise))
        axes.set_ylim(-0.6, 0.6)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(f"Mean signal ± noise / {SIGNAL_UNIT.get(result.signal_unit, result.signal_unit)}")
        axes.set_title(f"SNR {result.snr:.1f} in {result.block_count} blocks of the anatomy")
    return axes


def plot_snr_distribution(values: ArrayLike, *, ax: Axes | None = None) -> Axes:
    """Distribution of the SNR in the anatomy over many images.

    Parameters
    ----------
    values : 1-D array
        SNR of each image; those not finite are left out.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        SNR (no unit) against number of images.

    Raises
    ------
    InputError
        The values are not a 1-D array.
    """
    numbers = finite_numbers(values, what="signal-to-noise ratios")
    with canvas(ax, BAND) as axes:
        axes.hist(numbers, bins=_bins(numbers.size), color=BLUE, edgecolor="white", linewidth=0.5)
        mark_median(axes, numbers, lambda median: f"{median:.1f}")
        axes.set_xlabel("SNR in the anatomy")
        count_images(axes)
    return axes


def _bins(count: int) -> int:
    """Bins that a number of values can fill."""
    return min(20, max(1, round(2 * math.sqrt(count))))

"""Places of the wires of a grid in an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from xrayiq.errors import NotMeasurableError

#: wires of each direction that are needed
LEAST_LINES: Final = 4
#: found spacing over the stated one that is taken for the same grid
SPACING_RANGE: Final = (0.85, 1.15)
#: greatest slope of the wires against the pixel matrix
MOST_SLOPE: Final = 0.1
#: height of a wire over the scatter of the profile between wires
_LEAST_HEIGHT: Final = 6.0
#: wires are no closer than this part of the spacing
_APART: Final = 0.7
#: wires less than half as deep as the typical one are none
_LEAST_DEPTH: Final = 0.5
#: step from band to band that a wire may make, as a part of the spacing
_STEP: Final = 0.25

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridLines:
    """Wires that run down the image: x = start + period · n + slope · y, all in pixels.

    Parameters
    ----------
    start_px, period_px, slope : float
        Of the least-squares fit to all places found.
    numbers : 1-D array of int
        Numbers n of the wires found.
    width_px : float
        Width of a wire at half height.
    """

    start_px: float
    period_px: float
    slope: float
    numbers: NDArray[np.int64]
    width_px: float

    def columns_px(self, rows_px: Floats, numbers: NDArray[np.int64]) -> Floats:
        """Columns of wires (one for each number) at rows, as rows × wires."""
        return np.asarray(self.start_px + self.period_px * numbers[None, :] + self.slope * rows_px[:, None])


def find_grid_lines(values: Floats, *, spacing_px: float, source: str) -> GridLines:
    """Wires that run down an image, by their places in bands of rows.

    Parameters
    ----------
    values : 2-D array
        Signal without NaN; wires are dark.
    spacing_px : float
        Stated spacing along a row.
    source : str
        Name for messages.

    Returns
    -------
    GridLines
        Fitted wires.

    Raises
    ------
    NotMeasurableError
        ``no_grid`` where no wires stand out, ``too_few_lines``, or ``spacing_differs`` where they are not about
        `spacing_px` apart.

    Notes
    -----
    Each band is as high as the spacing; its median over the rows leaves out the crossing wires.
    """
    height = max(8, round(spacing_px))
    starts = np.arange(0, values.shape[0] - height + 1, height)
    found: list[tuple[float, Floats]] = []
    widths = []
    for start in starts:
        profile = np.median(values[start : start + height], axis=0)
        places, width = _places(profile, spacing_px)
        if places.size >= LEAST_LINES:
            found.append((start + (height - 1) / 2.0, places))
            widths.append(width)
    if len(found) < LEAST_LINES:
        raise NotMeasurableError(
            "no_grid" if not found else "too_few_lines",
            f"{len(found)} of {starts.size} bands with {LEAST_LINES} wires or more that stand out",
            needed=f"{LEAST_LINES}, in either direction",
            remedy=f"place dark wires {spacing_px:.0f} pixels apart over the field, nearly parallel to its sides",
            source=source,
        )
    steps = np.concatenate([np.diff(places) for _, places in found])
    period = float(np.median(steps)) / spacing_px
    if not SPACING_RANGE[0] <= period <= SPACING_RANGE[1]:
        raise NotMeasurableError(
            "spacing_differs",
            f"wires {period * spacing_px:.1f} pixels apart",
            needed=f"{spacing_px:.1f} pixels, the stated spacing, to {100 * (SPACING_RANGE[1] - 1):.0f} %",
            remedy="check spacing_mm and the pixel pitch",
            source=source,
        )
    return _fit(found, period * spacing_px, float(np.median(widths)))


def refined_px(depths: Floats, guesses_px: Floats, reach_px: int) -> Floats:
    """Places of greatest depth near guesses, row by row, to a part of a pixel.

    Parameters
    ----------
    depths : 2-D array
        Smoothed depth of the wires.
    guesses_px : 2-D array, rows × wires
        Columns to look at.
    reach_px : int
        How far from them.

    Returns
    -------
    2-D array
        Columns by a parabola through three pixels; NaN at the rim of the image, or where the greatest depth lies at the
        end of the reach.
    """
    whole = np.rint(guesses_px).astype(np.int64)
    inside = (whole - reach_px - 1 >= 0) & (whole + reach_px + 1 < depths.shape[1])
    offsets = np.arange(-reach_px - 1, reach_px + 2)
    columns = np.where(inside, whole, reach_px + 1)[..., None] + offsets
    window = depths[np.arange(depths.shape[0])[:, None, None], columns]
    best = np.argmax(window[..., 1:-1], axis=-1) + 1
    low, middle, high = (np.take_along_axis(window, (best + k)[..., None], -1)[..., 0] for k in (-1, 0, 1))
    bend = low - 2.0 * middle + high
    part = np.divide(0.5 * (low - high), bend, out=np.zeros_like(bend), where=bend < 0)
    usable = inside & (bend < 0) & (np.abs(part) <= 1.0) & (best > 1) & (best < offsets.size - 2)
    return np.where(usable, whole + offsets[best] + part, np.nan)


def _places(profile: Floats, spacing_px: float) -> tuple[Floats, float]:
    """Places of dips in a profile and their width at half height."""
    from scipy.signal import find_peaks, peak_widths  # loads for a second: not with every process

    nothing = np.empty(0), 0.0
    depth = gaussian_filter1d(profile.max() - profile, 1.0)
    peaks, _ = find_peaks(depth, distance=max(1, int(_APART * spacing_px)))
    if peaks.size < LEAST_LINES:
        return nothing
    ground = float(np.median(depth))
    heights = depth[peaks] - ground
    scatter = 1.4826 * float(np.median(np.abs(depth - ground)))
    typical = float(np.median(heights))
    if not typical > _LEAST_HEIGHT * scatter:
        return nothing
    peaks = peaks[heights > _LEAST_DEPTH * typical]
    peaks = peaks[(peaks > 2) & (peaks < depth.size - 3)]
    if peaks.size < LEAST_LINES:
        return nothing
    width = float(np.median(peak_widths(depth, peaks, rel_height=0.5)[0]))
    smooth = gaussian_filter1d(depth, max(1.0, width / 2.35))
    places = refined_px(smooth[None, :], peaks[None, :].astype(np.float64), max(1, round(width / 2)))[0]
    return places[np.isfinite(places)], width


def _fit(found: list[tuple[float, Floats]], period_px: float, width_px: float) -> GridLines:
    """Number the places, band by band from the one before, and fit the regular grid to them."""
    bands, numbers, places = [], [], []
    known_numbers = np.rint((found[0][1] - found[0][1][0]) / period_px).astype(np.int64)
    known_places = found[0][1]
    for band, each in found:
        nearest = np.argmin(np.abs(each[:, None] - known_places[None, :]), axis=1)
        close = np.abs(each - known_places[nearest]) < _STEP * period_px
        if np.count_nonzero(close) < 2:
            continue
        anchor = int(np.flatnonzero(close)[0])
        own = known_numbers[nearest[anchor]] + np.rint((each - each[anchor]) / period_px).astype(np.int64)
        bands.append(np.full(each.size, band))
        numbers.append(own)
        places.append(each)
        known_numbers, known_places = own, each
    x, y, n = np.concatenate(places), np.concatenate(bands), np.concatenate(numbers)
    keep = np.ones(x.size, dtype=np.bool_)
    for _ in range(3):
        terms = np.column_stack([np.ones(x.size), n, y])
        start, period, slope = np.linalg.lstsq(terms[keep], x[keep], rcond=None)[0]
        residuals = x - terms @ np.array([start, period, slope])
        keep = np.abs(residuals) < _STEP * period_px
    return GridLines(
        start_px=float(start),
        period_px=float(period),
        slope=float(slope),
        numbers=np.unique(n[keep]),
        width_px=width_px,
    )

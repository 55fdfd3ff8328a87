"""Bar pattern: groups of equal bars and gaps, each bar an exact strip through blur and aperture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import edge_profile
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom

Roi = tuple[int, int, int, int]

#: harmonics of the square wave that count: the 201st passes nothing through any pixel
_HARMONICS = 201
#: a group is at least this wide, so that several periods lie clear of its ends
_LEAST_WIDTH_MM = 3.0
_LEAST_PAIRS = 6
#: rows and columns of cells
_CELL_MM = 14.0
_BAR_LENGTH_MM = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTruth:
    """Truth of a bar pattern.

    Parameters
    ----------
    frequencies_per_mm : tuple of float
        Line pairs per mm of the groups.
    group_rois_px : tuple of (row_start, row_stop, column_start, column_stop)
        Part of each group in which at least a whole bar lies beyond on every side.
    bright_roi_px, dark_roi_px : tuple of int
        Parts without and behind the absorber.
    angle_deg : float
        Signed angle of the bars to their nearer axis, as in `EdgeTruth`.
    across : {"columns", "rows"}
        Axis that crosses the bars.
    bright_ugy, dark_ugy : float
        Kerma of gaps and bars before the blur.
    detector : Detector
        Gives blur and aperture.
    """

    frequencies_per_mm: tuple[float, ...]
    group_rois_px: tuple[Roi, ...]
    bright_roi_px: Roi
    dark_roi_px: Roi
    angle_deg: float
    across: Literal["columns", "rows"]
    bright_ugy: float
    dark_ugy: float
    detector: Detector

    def mtf(self, frequencies_per_mm: NDArray[Any] | float) -> NDArray[np.float64]:
        """Presampled MTF across the bars."""
        return self.detector.presampled_mtf(frequencies_per_mm, angle_deg=self.angle_deg)

    def contrast_transfer(self, frequencies_per_mm: NDArray[Any] | float) -> NDArray[np.float64]:
        """Contrast of an endless square wave between the middles of bar and gap: 4/π·Σ ±T(kf)/k over odd k.

        The aperture's sinc keeps its sign here: it turns the wave over beyond its zeros.
        """
        f = np.asarray(frequencies_per_mm, dtype=np.float64)
        alpha, pitch = math.radians(self.angle_deg), self.detector.pixel_pitch_mm
        total = np.zeros(f.shape)
        for order in range(1, _HARMONICS, 2):
            kf = order * f
            blur = np.exp(-2.0 * (np.pi * self.detector.blur_sigma_mm * kf) ** 2)
            passed = blur * np.sinc(kf * pitch * math.cos(alpha)) * np.sinc(kf * pitch * math.sin(alpha))
            total += (-1.0) ** ((order - 1) // 2) * passed / order
        return np.asarray(4.0 / np.pi * total, dtype=np.float64)


def simulate_bars(
    detector: Detector,
    *,
    frequencies_per_mm: Sequence[float],
    angle_deg: float = 3.0,
    across: Literal["columns", "rows"] = "columns",
    kerma_ugy: float = 8.0,
    transmission: float = 0.1,
    seed: int = 0,
    noise: bool = True,
) -> Phantom[BarTruth]:
    """Image of groups of bars in cells of 14 mm, with a large dark square in the last cell.

    Parameters
    ----------
    detector : Detector
        What sees it.
    frequencies_per_mm : sequence of float
        Line pairs per mm of the groups, from the upper left cell on.
    angle_deg : float
        Signed angle of the bars to their nearer axis.
    across : {"columns", "rows"}
        Axis that crosses the bars.
    kerma_ugy : float
        Kerma of the gaps.
    transmission : float
        Kerma of the bars as a part of it.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `BarTruth`. A group has at least six line pairs and 3 mm, and bars of 10 mm; along their length, bars end
        in exact edges too.
    """
    pitch = detector.pixel_pitch_mm
    cell = round(_CELL_MM / pitch)
    per_row = math.ceil(math.sqrt(len(frequencies_per_mm) + 2))
    rows = math.ceil((len(frequencies_per_mm) + 2) / per_row)
    absorbed = np.zeros((rows * cell, per_row * cell))
    rois = []
    for index, frequency in enumerate(frequencies_per_mm):
        corner = index // per_row * cell, index % per_row * cell
        part = absorbed[corner[0] : corner[0] + cell, corner[1] : corner[1] + cell]
        pairs = max(_LEAST_PAIRS, math.ceil(_LEAST_WIDTH_MM * frequency))
        starts = np.asarray((np.arange(pairs) - pairs / 2.0 + 0.25) / frequency, dtype=np.float64)
        part += _bars(part.shape, starts, 0.5 / frequency, detector, angle_deg)
        rois.append(_inner_roi(corner, cell, pairs / frequency, 1.0 / frequency, pitch, angle_deg))
    last = rows * cell - cell, per_row * cell - cell
    dark = absorbed[last[0] :, last[1] :]
    dark += _bars(dark.shape, np.array([-5.0]), 10.0, detector, angle_deg)
    quarter, half = cell // 4, cell // 2
    dark_roi = last[0] + half - quarter, last[0] + half + quarter, last[1] + half - quarter, last[1] + half + quarter
    spare = divmod(len(frequencies_per_mm), per_row)
    top, left = spare[0] * cell + half - quarter, spare[1] * cell + half - quarter
    bright_roi = top, top + 2 * quarter, left, left + 2 * quarter
    if across == "rows":
        absorbed = np.ascontiguousarray(absorbed.T)
        rois = [_turned(roi) for roi in rois]
        dark_roi, bright_roi = _turned(dark_roi), _turned(bright_roi)
    truth = BarTruth(
        frequencies_per_mm=tuple(float(frequency) for frequency in frequencies_per_mm),
        group_rois_px=tuple(rois),
        bright_roi_px=bright_roi,
        dark_roi_px=dark_roi,
        angle_deg=angle_deg,
        across=across,
        bright_ugy=kerma_ugy,
        dark_ugy=kerma_ugy * transmission,
        detector=detector,
    )
    return expose(detector, kerma_ugy * (1.0 - (1.0 - transmission) * absorbed), truth, seed=seed, noise=noise)


def _bars(
    shape: tuple[int, ...], starts_mm: NDArray[np.float64], width_mm: float, detector: Detector, angle_deg: float
) -> NDArray[np.float64]:
    """Coverage by parallel bars about the middle of an array, across its columns."""
    pixel = {"pitch_mm": detector.pixel_pitch_mm, "sigma_mm": detector.blur_sigma_mm, "angle_deg": angle_deg}
    alpha = math.radians(angle_deg)
    lines = (np.arange(shape[0]) - (shape[0] - 1) / 2.0)[:, None] * detector.pixel_pitch_mm
    columns = (np.arange(shape[1]) - (shape[1] - 1) / 2.0) * detector.pixel_pitch_mm
    place = columns * math.cos(alpha) - lines * math.sin(alpha)
    along = columns * math.sin(alpha) + lines * math.cos(alpha)
    half = _BAR_LENGTH_MM / 2.0
    length = edge_profile(along + half, **pixel) - edge_profile(along - half, **pixel)
    total = np.zeros(shape)
    for start in starts_mm:
        total += edge_profile(place - start, **pixel) - edge_profile(place - start - width_mm, **pixel)
    return total * length


def _inner_roi(
    corner: tuple[int, int], cell: int, width_mm: float, period_mm: float, pitch_mm: float, angle_deg: float
) -> Roi:
    """Rectangle inside a group, a period and half a millimetre off its ends."""
    half_length = _BAR_LENGTH_MM / 2.0 - 1.0
    lean = half_length * abs(math.tan(math.radians(angle_deg)))
    half_width = max(width_mm / 2.0 - period_mm - lean, period_mm)
    middle = cell / 2.0
    sizes = (half_length / pitch_mm, half_width / pitch_mm)
    top, left = (round(start + middle - size) for start, size in zip(corner, sizes, strict=True))
    bottom, right = (round(start + middle + size) for start, size in zip(corner, sizes, strict=True))
    return top, bottom, left, right


def _turned(roi: Roi) -> Roi:
    return roi[2], roi[3], roi[0], roi[1]

"""Round spots of a flat field: dust, stains and ghosts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.artefact_field import in_blocks, robust_sd

Signals = NDArray[np.float32]

#: diameters of the discs that the filters are matched to
DIAMETERS_MM: Final = tuple(float(value) for value in np.geomspace(1.0, 10.0, 9))
#: response above which a blob is told from noise: 5 would leave some false ones on a whole detector, which has a
#: million places for one
BLOB_LIMIT_SD: Final = 6.5
#: a disc of diameter d answers most to a filter of d over this
_DIAMETER_PER_SIGMA: Final = 2.0 * math.sqrt(2.0)
#: least standard deviation of a filter in pixels of the image that it is applied to
_LEAST_SIGMA_PX: Final = 1.15
#: least ratio of the curvatures of a spot; lines and seams have about 0
_LEAST_ROUNDNESS: Final = 0.4
#: a weaker answer of less than this part within this many radii of a stronger one belongs to it
_SIDE_LOBE: Final = 0.35
_SIDE_LOBE_RADII: Final = 3.0
#: core and ring, in diameters, whose means make the contrast
_CORE: Final = 0.25
_RING: Final = (0.8, 1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A round spot.

    Parameters
    ----------
    row_px, column_px : float
        Its middle.
    diameter_mm : float
        Of the disc that answers alike; of a Gaussian spot 2.8 standard deviations.
    contrast_fraction : float
        Mean within a quarter of the diameter from the middle over the mean in a ring around, less 1.
    response_sd : float
        Answer of the matched filter in standard deviations of its noise; below 0 where the spot is darker.
    """

    row_px: float
    column_px: float
    diameter_mm: float
    contrast_fraction: float
    response_sd: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Answer:
    """Filtered image of one size, in blocks: answer in parts of the signal, its noise, and ratio of curvatures."""

    sigma_mm: float
    sigma_px: float
    block_px: int
    values: Signals
    noise: float
    roundness: Signals


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    row_px: float
    column_px: float
    level: int
    value: float
    response_sd: float


def blobs_in(values: Signals, *, pitch_mm: float) -> tuple[Blob, ...]:
    """Round spots of 1 to 10 mm, the most significant first.

    Parameters
    ----------
    values : 2-D array of float32
        Flat field over its trend, without seams.
    pitch_mm : float
        Distance of neighbouring pixels, alike in both directions.

    Returns
    -------
    tuple of Blob
        Spots whose middle is closer to the border than a radius are not looked for.

    Notes
    -----
    Scale-normalised Laplacian of a Gaussian, −σ²∇²G, at nine sizes; a disc of diameter 2·√2·σ answers most. An extreme
    of its answer over place counts from 6.5 robust standard deviations of the answer over the image on, if its
    curvatures in the two directions differ by less than 2.5 times. Of those that overlap the one with the greatest
    answer is kept, whose size follows from a parabola over the logarithm of σ.
    """
    answers = [_answer(values, diameter / _DIAMETER_PER_SIGMA, pitch_mm) for diameter in DIAMETERS_MM]
    answers = [answer for answer in answers if min(answer.values.shape) > 0 and answer.noise > 0]
    candidates = [found for level in range(len(answers)) for found in _extremes(answers[level], level)]
    kept: list[_Candidate] = []
    for candidate in sorted(candidates, key=lambda found: -abs(found.value)):
        if not any(_belongs(candidate, stronger, answers, pitch_mm) for stronger in kept):
            kept.append(candidate)
    blobs = [_blob(candidate, answers, values, pitch_mm) for candidate in kept]
    return tuple(sorted(blobs, key=lambda blob: -abs(blob.response_sd)))


def _answer(values: Signals, sigma_mm: float, pitch_mm: float) -> _Answer:
    sigma_px = sigma_mm / pitch_mm
    side = max(1, int(sigma_px / _LEAST_SIGMA_PX))
    if min(values.shape) < side * 4:
        side = 1
    image = in_blocks(values, side)
    # the mean over a block has widened what it holds by the variance of its pixels' places
    sigma = math.sqrt(max(sigma_px**2 - (side**2 - 1) / 12.0, 0.25)) / side
    reach = math.ceil(4.0 * sigma)
    places = np.arange(-reach, reach + 1, dtype=np.float64)
    smooth = np.exp(-0.5 * (places / sigma) ** 2)
    smooth /= smooth.sum()
    slope = smooth * places / sigma**2
    curve = smooth * (places**2 / sigma**4 - 1.0 / sigma**2)
    curve -= smooth * curve.sum()
    flat = image - np.float32(1.0)
    down = _filtered(flat, smooth, curve)
    right = _filtered(flat, curve, smooth)
    mixed = _filtered(flat, slope, slope)
    total, spread = down + right, np.sqrt((down - right) ** 2 + 4.0 * mixed**2)
    size = np.abs(total)
    roundness = (size - spread) / np.maximum(size + spread, np.float32(1e-20))
    response = -total * np.float32((sigma_px / side) ** 2)
    return _Answer(
        sigma_mm=sigma_mm,
        sigma_px=sigma_px / side,
        block_px=side,
        values=response,
        noise=robust_sd(response),
        roundness=np.asarray(roundness, dtype=np.float32),
    )


def _filtered(image: Signals, along_rows: NDArray[np.float64], along_columns: NDArray[np.float64]) -> Signals:
    """Correlation with a separable filter, mirrored at the border."""
    return np.asarray(
        cv2.sepFilter2D(image, cv2.CV_32F, along_rows, along_columns, borderType=cv2.BORDER_REFLECT_101),
        dtype=np.float32,
    )


def _extremes(answer: _Answer, level: int) -> Iterator[_Candidate]:
    """Places where the size of the answer is greatest of 3 × 3, out of the noise and round."""
    size = np.abs(answer.values)
    greatest = cv2.dilate(size, np.ones((3, 3), dtype=np.uint8))
    found = (size >= greatest) & (size > np.float32(BLOB_LIMIT_SD * answer.noise))
    found &= answer.roundness >= _LEAST_ROUNDNESS
    # nearer to the border than a radius of the disc the mirror image takes part
    margin = math.ceil(math.sqrt(2.0) * answer.sigma_px)
    found[:margin], found[-margin:], found[:, :margin], found[:, -margin:] = False, False, False, False
    for row, column in np.argwhere(found).tolist():
        near = answer.values[row - 1 : row + 2, column - 1 : column + 2]
        value = float(near[1, 1])
        yield _Candidate(
            row_px=(row + _top(near[:, 1]) + 0.5) * answer.block_px - 0.5,
            column_px=(column + _top(near[1]) + 0.5) * answer.block_px - 0.5,
            level=level,
            value=value,
            response_sd=value / answer.noise,
        )


def _top(three: NDArray[np.float32] | NDArray[np.float64]) -> float:
    """Place of the extreme of a parabola through three values at −1, 0 and 1, held within half a step."""
    bend = float(three[0] - 2.0 * three[1] + three[2])
    return 0.0 if bend == 0 else min(max(0.5 * float(three[0] - three[2]) / bend, -0.5), 0.5)


def _belongs(candidate: _Candidate, stronger: _Candidate, answers: list[_Answer], pitch_mm: float) -> bool:
    """Whether a weaker candidate overlaps a stronger one, or is an answer to its surroundings."""
    radii = [answers[found.level].sigma_mm * math.sqrt(2.0) / pitch_mm for found in (candidate, stronger)]
    apart = math.hypot(candidate.row_px - stronger.row_px, candidate.column_px - stronger.column_px)
    if apart < radii[0] + radii[1]:
        return True
    return apart < _SIDE_LOBE_RADII * max(radii) and abs(candidate.value) < _SIDE_LOBE * abs(stronger.value)


def _blob(candidate: _Candidate, answers: list[_Answer], values: Signals, pitch_mm: float) -> Blob:
    level = candidate.level
    place = 0.0
    if 0 < level < len(answers) - 1:
        near = [_value_at(answers[number], candidate) for number in (level - 1, level, level + 1)]
        place = _top(np.array(near))
    ratio = DIAMETERS_MM[1] / DIAMETERS_MM[0]
    diameter = answers[level].sigma_mm * _DIAMETER_PER_SIGMA * ratio**place
    return Blob(
        row_px=candidate.row_px,
        column_px=candidate.column_px,
        diameter_mm=diameter,
        contrast_fraction=_contrast(values, candidate, diameter / pitch_mm),
        response_sd=candidate.response_sd,
    )


def _value_at(answer: _Answer, candidate: _Candidate) -> float:
    places = ((candidate.row_px + 0.5) / answer.block_px, (candidate.column_px + 0.5) / answer.block_px)
    row, column = (min(int(place), size - 1) for place, size in zip(places, answer.values.shape, strict=True))
    return float(answer.values[row, column])


def _contrast(values: Signals, candidate: _Candidate, diameter_px: float) -> float:
    reach = math.ceil(_RING[1] * diameter_px)
    top, left = max(0, round(candidate.row_px) - reach), max(0, round(candidate.column_px) - reach)
    near = values[top : top + 2 * reach + 1, left : left + 2 * reach + 1].astype(np.float64)
    down, right = np.ogrid[: near.shape[0], : near.shape[1]]
    radii = np.hypot(down + top - candidate.row_px, right + left - candidate.column_px) / diameter_px
    core = near[radii <= max(_CORE, 0.75 / diameter_px)]
    ring = near[(radii >= _RING[0]) & (radii <= _RING[1])]
    return float(core.mean() / ring.mean() - 1.0) if core.size and ring.size else math.nan

"""What the geometry of the beam leaves in a flat field (heel effect, distance), and how it is taken out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Pitch, SignalImage
from xrayiq.metrics._image_sequence import Images, exactly
from xrayiq.metrics._tiles import NOTHING_MASKED
from xrayiq_kernels.quadratic import quadratic_moments, quadratic_values

Geometry = Literal["none", "quadratic", "pair"]
Area = tuple[slice, slice]

#: flat fields that each way of removal needs
IMAGES: Final[dict[Geometry, int]] = {"none": 1, "quadratic": 1, "pair": 2}
#: powers of row and column in a polynomial of second degree
_TERMS: Final = ((0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2))
#: relative difference of the signals of a pair above which their noise is not of one level
_LEVEL_DIFFERENCE: Final = 0.10
#: fall over the field that is worth a word, and its share that a turned exposure must take away
_FALL: Final = 0.01
_FALL_LEFT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatField:
    """A flat field without the geometry of the beam.

    Parameters
    ----------
    exposures : tuple of SignalImage
        The one image, or the two of a pair on one level of signal.
    removed_fraction : float
        What was taken out: (max − min) / mean of it over the area that is used.
    warnings : tuple of str
        What a user of the numbers should know.
    """

    exposures: tuple[SignalImage, ...]
    removed_fraction: float = 0.0
    warnings: tuple[str, ...] = ()

    def mean(self) -> SignalImage:
        """The image that the signal is taken from: the mean of the exposures."""
        first = self.exposures[0]
        if len(self.exposures) == 1:
            return first
        values = np.mean([signal.values for signal in self.exposures], axis=0)
        return dataclasses.replace(first, corrected=values, left_out=first.padding)


def read_flat_fields(images: Images, geometry: Geometry, pixel_pitch_mm: Pitch | None) -> list[SignalImage]:
    """The flat field, or the two of a pair.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        One flat field, two for a pair.
    geometry : {"none", "quadratic", "pair"}
        How the geometry of the beam will be removed.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the headers'.

    Returns
    -------
    list of SignalImage
        One or two.

    Raises
    ------
    InputError
        An unknown geometry, another number of images than it needs, or images that differ.
    NotMeasurableError
        As `as_signal`.
    """
    if geometry not in IMAGES:
        raise InputError(
            f"geometry={geometry!r}",
            needed="'none', 'quadratic' or 'pair'",
            remedy="give 'quadratic' to divide by a fitted surface, 'pair' for exposures at 0 and 180 degrees",
        )
    return exactly(images, IMAGES[geometry], procedure="uniformity", pixel_pitch_mm=pixel_pitch_mm)


def without_geometry(signals: list[SignalImage], geometry: Geometry, area: Area) -> FlatField:
    """Flat field without the course that the beam's geometry gives it.

    Parameters
    ----------
    signals : list of SignalImage
        As `read_flat_fields` gives them.
    geometry : {"none", "quadratic", "pair"}
        ``quadratic`` divides by the polynomial of second degree that fits the area best; ``pair`` leaves the mean of
        the two exposures, in which what is opposite at opposite places has cancelled.
    area : pair of slices
        The part of the image that is used.

    Returns
    -------
    FlatField
        Its mean signal over the area is that of the first image.

    Raises
    ------
    NotMeasurableError
        ``signal_not_positive`` where the mean signal or the fitted surface is not above zero.
    """
    if geometry == "none":
        return FlatField(exposures=(signals[0],))
    if geometry == "quadratic":
        return _divided(signals[0], area)
    return _paired(signals[0], signals[1], area)


def fit_quadratic(values: NDArray[np.float64], excluded: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    """Least-squares polynomial of second degree in row and column.

    Parameters
    ----------
    values : 2-D array
        Finite where it is not excluded.
    excluded : 2-D array of bool or None
        Pixels that do not count.

    Returns
    -------
    array of shape (3, 3)
        Coefficients of row power and column power, both coordinates from −1 on the first to 1 on the last line.
    """
    return solve_quadratic(*quadratic_equations(values, excluded))


def quadratic_equations(
    values: NDArray[np.float64], excluded: NDArray[np.bool_] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix and right side of the six equations of `fit_quadratic`, for `solve_quadratic`."""
    down, across = (_coordinates(count) for count in values.shape)
    weights, right = quadratic_moments(
        np.ascontiguousarray(values),
        NOTHING_MASKED if excluded is None else np.ascontiguousarray(excluded),
        down,
        across,
    )
    matrix = np.array([[weights[a + c, b + d] for c, d in _TERMS] for a, b in _TERMS])
    return matrix, np.array([right[term] for term in _TERMS])


def solve_quadratic(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients (3, 3) that solve `quadratic_equations`."""
    coefficients = np.zeros((3, 3))
    for term, value in zip(_TERMS, np.linalg.lstsq(matrix, right, rcond=None)[0], strict=True):
        coefficients[term] = value
    return coefficients


def quadratic_surface(
    coefficients: NDArray[np.float64], shape: tuple[int, ...], area: Area | None = None
) -> NDArray[np.float64]:
    """Values of a polynomial that was fitted over an area, on every pixel of the image.

    Parameters
    ----------
    coefficients : array of shape (3, 3)
        As `fit_quadratic` gives them.
    shape : (int, int)
        Rows and columns of the image.
    area : pair of slices, optional
        Where it was fitted; the whole image without.

    Returns
    -------
    2-D array
        Of that shape.
    """
    lines: list[NDArray[np.float64]] = []
    for axis in (0, 1):
        start, stop, _ = (slice(None) if area is None else area[axis]).indices(shape[axis])
        half = max(stop - 1 - start, 1) / 2.0
        lines.append((np.arange(shape[axis], dtype=np.float64) - (start + stop - 1) / 2.0) / half)
    return quadratic_values(coefficients, lines[0], lines[1])


def _coordinates(count: int) -> NDArray[np.float64]:
    return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)


def _divided(signal: SignalImage, area: Area) -> FlatField:
    inside = None if signal.padding is None else signal.padding[area]
    surface = quadratic_surface(fit_quadratic(signal.values[area], inside), signal.values.shape, area)
    low, high = float(surface[area].min()), float(surface[area].max())
    mean = float(surface[area].mean() if inside is None else surface[area][~inside].mean())
    if not low > 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"fitted surface that falls to {low:g}",
            needed="a signal above zero over the whole area, which it is divided by",
            remedy="give the detector's response, which removes its offset, or use geometry='none'",
            source=signal.source,
        )
    # outside the area the surface is only a continuation
    divided = signal.values * (mean / np.maximum(surface, low))
    exposure = dataclasses.replace(signal, corrected=divided, left_out=signal.padding)
    return FlatField(exposures=(exposure,), removed_fraction=(high - low) / mean)


def _paired(first: SignalImage, second: SignalImage, area: Area) -> FlatField:
    excluded = _either(first.padding, second.padding)
    inside = None if excluded is None else excluded[area]
    levels, slopes = [], []
    for signal in (first, second):
        part = signal.values[area]
        level = float(part.mean() if inside is None else part[~inside].mean())
        if not level > 0:
            raise NotMeasurableError(
                "signal_not_positive",
                f"mean signal of {level:g}",
                needed="a signal above zero in both exposures",
                remedy="give the detector's response, which removes its offset",
                source=signal.source,
            )
        fitted = fit_quadratic(part, inside) / level
        levels.append(level)
        slopes.append(np.array([fitted[1, 0], fitted[0, 1]]))
    exposures = tuple(
        dataclasses.replace(signal, corrected=signal.values * (levels[0] / level), left_out=excluded)
        for signal, level in zip((first, second), levels, strict=True)
    )
    return FlatField(
        exposures=exposures,
        removed_fraction=_fall((slopes[0] - slopes[1]) / 2.0),
        warnings=tuple(_pair_warnings(levels, slopes)),
    )


def _fall(slopes: NDArray[np.float64]) -> float:
    """Difference between the ends of a plane over its mean."""
    return 2.0 * float(np.abs(slopes).sum())


def _pair_warnings(levels: list[float], slopes: list[NDArray[np.float64]]) -> list[str]:
    found = []
    if abs(levels[1] / levels[0] - 1.0) > _LEVEL_DIFFERENCE:
        found.append(f"the exposures of the pair have mean signals of {levels[0]:.4g} and {levels[1]:.4g}")
    before, left = max(_fall(slope) for slope in slopes), _fall((slopes[0] + slopes[1]) / 2.0)
    if before > _FALL and left > _FALL_LEFT * before:
        found.append(
            f"a fall of {100.0 * before:.2g} % over the field stays at {100.0 * left:.2g} % in the mean of the pair: "
            "the second exposure seems not to be turned by 180 degrees against the detector"
        )
    return found


def _either(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other

"""Signal transfer of a detector from flat fields at several levels of kerma."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, as_radiograph
from xrayiq.metrics._image_sequence import Images, check_one_detector, each_image
from xrayiq.metrics.response import fit_response
from xrayiq.metrics.response_fit import ModelChoice
from xrayiq.model import Measurement, Provenance, Radiograph, Response, Result

ALGORITHM_VERSION: Final = 1
#: share of the image area, in its centre, over which pixel values are averaged
AREA_FRACTION: Final = 0.1
#: kerma at which the sensitivity is reported (µGy)
REFERENCE_KERMA_UGY: Final = 2.5
_RECOMMENDED_LEVELS: Final = 5
#: robust standard deviations beyond which a pixel is defective, and left out
_OUTLIER_SDS: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SignalTransfer(Result):
    """Stored value over air kerma at the detector, and the response fitted to it.

    Parameters
    ----------
    kerma_ugy : 1-D array
        Air kerma of each flat field, rising.
    pixel_values : 1-D array
        Mean stored value over the central region.
    pixel_value_sds : 1-D array
        Standard deviation of the stored values there.
    fitted_pixel_values : 1-D array
        What the response gives at the kerma.
    residual_fractions : 1-D array
        Kerma by the response over the kerma given, minus 1.
    used : 1-D array of bool
        False for levels left out of the fit because the detector is saturated there.
    response : Response
        The fit, with its range of validity.
    coefficient_of_determination : float
        R² of the fit in stored values, over the levels used.
    largest_residual_fraction : float
        Greatest residual, without its sign, over the levels used.
    sensitivity_per_ugy : float
        Slope of the stored value over the kerma at 2.5 µGy.
    saturation_kerma_ugy : float or None
        Lowest kerma at which the detector is saturated; None where no level is.
    roi_px : tuple of int
        (row_start, row_stop, column_start, column_stop) of the central region; stops are exclusive.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    kerma_ugy: NDArray[np.float64]
    pixel_values: NDArray[np.float64]
    pixel_value_sds: NDArray[np.float64]
    fitted_pixel_values: NDArray[np.float64]
    residual_fractions: NDArray[np.float64]
    used: NDArray[np.bool_]
    response: Response
    coefficient_of_determination: float
    largest_residual_fraction: float
    sensitivity_per_ugy: float
    saturation_kerma_ugy: float | None
    roi_px: tuple[int, int, int, int]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """R², largest residual, sensitivity at 2.5 µGy and, where it was reached, the saturation."""
        rows = [
            ("response_determination", self.coefficient_of_determination),
            ("response_residual", self.largest_residual_fraction),
            ("response_sensitivity", abs(self.sensitivity_per_ugy)),
        ]
        if self.saturation_kerma_ugy is not None:
            rows.append(("saturation_kerma", self.saturation_kerma_ugy))
        return tuple(Measurement(quantity=name, value=value) for name, value in rows)


def measure_signal_transfer(images: Images, *, kerma_ugy: ArrayLike, model: ModelChoice = "auto") -> SignalTransfer:
    """Signal transfer property of a detector from flat fields of known kerma.

    Parameters
    ----------
    images : sequence of Radiograph or 2-D array
        Flat fields of one size, in any order; three levels or more, better seven. Stored values are taken as they are,
        whatever the header says of them; a response that an image carries is not used.
    kerma_ugy : 1-D array
        Air kerma at the detector of each image (µGy), above zero.
    model : {"auto", "linear", "log", "power"}
        Form of the response, as `fit_response` takes it.

    Returns
    -------
    SignalTransfer
        Mean stored values over the central tenth of the area, the response fitted to them, its residuals and
        saturation. Padding, pixels that are not finite and
        defective pixels (beyond 8 robust standard deviations from the median) are left out.

    Raises
    ------
    InputError
        Kerma that is missing, not above zero or not one for each image; images of different size or detector; fewer
        than three levels that are not saturated; stored values that do not follow the kerma (see `fit_response`).
    NotMeasurableError
        ``presentation_image``; ``only_padding`` where half of the central region holds no image.

    Notes
    -----
    Each mean weighs by its standard error, taken as no less than 0.2 % of the value. The heel of the beam is
    symmetrical about the centre to first order, so the mean over the central region is that of its middle.

    Source: IEC 62220-1-1:2015 (conversion function); IEC 62494-1:2008 (central tenth of the area).
    """
    points, roi, first = _points(images, kerma_ugy)
    kerma, values, sds, counts = points
    order = np.argsort(kerma, kind="stable")
    kerma, values, sds, counts = kerma[order], values[order], sds[order], counts[order]
    response = fit_response(values, kerma, model=model, pixel_value_sd=_standard_errors(values, sds, counts))
    used = (kerma >= response.kerma_min_ugy) & (kerma <= response.kerma_max_ugy)
    fitted = response.to_pixel_values(kerma)
    residuals = response.to_kerma_ugy(values) / kerma - 1.0
    slope = float(np.diff(response.to_pixel_values(REFERENCE_KERMA_UGY * np.array([0.999, 1.001])))[0])
    return SignalTransfer(
        kerma_ugy=kerma,
        pixel_values=values,
        pixel_value_sds=sds,
        fitted_pixel_values=fitted,
        residual_fractions=residuals,
        used=used,
        response=response,
        coefficient_of_determination=_determination(values[used], fitted[used]),
        largest_residual_fraction=float(np.abs(residuals[used]).max()),
        sensitivity_per_ugy=slope / (0.002 * REFERENCE_KERMA_UGY),
        saturation_kerma_ugy=None if used.all() else float(kerma[~used].min()),
        roi_px=roi,
        provenance=Provenance(
            algorithm="signal_transfer",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("model", model), ("area_fraction", AREA_FRACTION)),
            signal_unit="stored",
            intent=(first.acquisition.intent or "").strip().upper(),
            warnings=(*first.warnings, *_doubts(kerma, used)),
        ),
    )


def _points(
    images: Images, kerma_ugy: ArrayLike
) -> tuple[tuple[NDArray[np.float64], ...], tuple[int, int, int, int], Radiograph]:
    """Kerma, mean, standard deviation and number of pixels of each image; the region; the first image."""
    kerma = _checked_kerma(kerma_ugy)
    first: Radiograph | None = None
    roi = (0, 0, 0, 0)
    rows: list[tuple[float, float, float]] = []
    for image in each_image(images):
        radiograph = as_radiograph(image)
        if first is None:
            first, roi = radiograph, central_region(radiograph.pixels.shape)
        check_one_detector(radiograph, first)
        if radiograph.pixels.shape != first.pixels.shape:
            raise InputError(
                "flat fields of {} × {} and {} × {} pixels".format(*first.pixels.shape, *radiograph.pixels.shape),
                needed="images of one size",
                remedy="measure images of different size apart",
                source=radiograph.source,
            )
        rows.append(_region_statistics(radiograph, roi))
    if first is None or len(rows) != kerma.size:
        raise InputError(
            f"{len(rows)} images and {kerma.size} values of kerma", needed="one value of kerma for each image"
        )
    mean, sd, count = np.array(rows, dtype=np.float64).T
    return (kerma, mean, sd, count), roi, first


def central_region(shape: tuple[int, ...], fraction: float = AREA_FRACTION) -> tuple[int, int, int, int]:
    """Rows and columns (start, stop, start, stop) of the central part of an image, of its form."""
    sides = [max(1, round(count * float(np.sqrt(fraction)))) for count in shape]
    starts = [(count - side) // 2 for count, side in zip(shape, sides, strict=True)]
    return starts[0], starts[0] + sides[0], starts[1], starts[1] + sides[1]


def _region_statistics(image: Radiograph, roi: tuple[int, int, int, int]) -> tuple[float, float, float]:
    if (image.acquisition.intent or "").strip().upper() == PRESENTATION:
        raise NotMeasurableError(
            "presentation_image",
            "image processed for presentation, its values no longer follow the kerma",
            needed="flat fields FOR PROCESSING",
            remedy="send the unprocessed images",
            source=image.source,
        )
    part = (slice(roi[0], roi[1]), slice(roi[2], roi[3]))
    values = np.asarray(image.pixels[part], dtype=np.float64)
    valid = np.isfinite(values)
    padding = image.padding_mask()
    if padding is not None:
        valid &= ~padding[part]
    count = int(np.count_nonzero(valid))
    if 2 * count < values.size:
        raise NotMeasurableError(
            "only_padding",
            f"{count} of {values.size} pixels of the central region hold the image",
            needed="half of them or more",
            remedy="use images that cover the detector",
            source=image.source,
        )
    inside = _without_outliers(values[valid])
    return float(inside.mean()), float(inside.std()), float(count)


def _without_outliers(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values within 8 robust standard deviations of their median: one hot pixel would shift the mean of a low level."""
    away = np.abs(values - np.median(values))
    spread = 1.4826 * float(np.median(away))
    return values[away <= _OUTLIER_SDS * spread] if spread > 0 else values


def _checked_kerma(kerma_ugy: ArrayLike) -> NDArray[np.float64]:
    needed = "the air kerma of each image at the detector (µGy), above zero"
    try:
        kerma = np.asarray(kerma_ugy, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("kerma that is no number", needed=needed) from None
    if kerma.ndim != 1:
        raise InputError(f"kerma of shape {kerma.shape}", needed=needed)
    bad = np.flatnonzero(~(np.isfinite(kerma) & (kerma > 0)))
    if bad.size:
        raise InputError(
            f"kerma of {kerma[bad[0]]:g} µGy for image {bad[0] + 1} of {kerma.size}",
            needed=needed,
            remedy="leave out dark images and images without a known kerma",
        )
    return kerma


def _standard_errors(
    values: NDArray[np.float64], sds: NDArray[np.float64], counts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Standard error of each mean, and in any case above zero."""
    least = 1e-12 * max(float(np.abs(values).max()), 1.0)
    return np.maximum(sds / np.sqrt(counts), least)


def _determination(values: NDArray[np.float64], fitted: NDArray[np.float64]) -> float:
    spread = float(np.sum((values - values.mean()) ** 2))
    return 1.0 - float(np.sum((values - fitted) ** 2)) / spread


def _doubts(kerma: NDArray[np.float64], used: NDArray[np.bool_]) -> list[str]:
    found = []
    levels = np.unique(np.round(np.log(kerma[used]) / np.log(1.01))).size
    if levels < _RECOMMENDED_LEVELS:
        found.append(f"{levels} levels of kerma; {_RECOMMENDED_LEVELS} or more are recommended")
    if not used.all():
        found.append(f"{int(np.count_nonzero(~used))} flat fields from {kerma[~used].min():g} µGy on are saturated")
    return found

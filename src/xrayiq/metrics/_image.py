"""What every metric asks of an image first: linear signal, a pixel pitch, and pixels that hold something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.model import Provenance, Radiograph, pitch_pair
from xrayiq_kernels import KERNEL_DIGEST

#: what a metric accepts as one image
Image = Radiograph | ArrayLike
Pitch = float | tuple[float, float]

PRESENTATION: Final = "FOR PRESENTATION"
#: share of the pixels at one end value above which nothing but saturation was recorded
SATURATED_SHARE: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SignalImage:
    """One image on a linear scale, ready to be measured.

    Parameters
    ----------
    values : 2-D array of float64
        Signal; pixels under `padding` have no meaning and may be NaN.
    pixel_pitch_mm : tuple of (float, float) or None
        Distance of neighbouring rows and of neighbouring columns.
    unit : str
        UCUM unit of the signal: ``"uGy"``, ``"1"`` (relative), or ``"stored"`` where linear signal was not needed and
        the image has none.
    pitch_source : str
        Attribute the pitch was taken from, or ``"argument"``.
    intent : str
        PresentationIntentType, empty where the header is silent.
    response_id : str
        Identity of the response used, empty if none.
    warnings : tuple of str
        What a user of the numbers should know.
    source : str
        Name for messages.
    padding : 2-D array of bool or None
        True where a pixel is padding or not finite; None where there is no such pixel.
    radiograph : Radiograph
        The image itself, with its stored values and header.
    """

    values: NDArray[np.float64]
    pixel_pitch_mm: tuple[float, float] | None
    unit: str
    pitch_source: str
    intent: str
    response_id: str
    warnings: tuple[str, ...]
    source: str
    padding: NDArray[np.bool_] | None
    radiograph: Radiograph

    @property
    def pitch(self) -> tuple[float, float]:
        """Distance of neighbouring rows and of neighbouring columns (mm).

        Raises
        ------
        NotMeasurableError
            The image has no pixel pitch and none was given.
        """
        if self.pixel_pitch_mm is None:
            raise NotMeasurableError(
                "no_pixel_spacing",
                "no pixel spacing",
                needed="the distance of neighbouring pixels at the detector",
                remedy="give pixel_pitch_mm",
                source=self.source,
            )
        return self.pixel_pitch_mm


def as_radiograph(image: Image) -> Radiograph:
    """The radiograph itself, or one made of a bare 2-D array, taken as linear."""
    return image if isinstance(image, Radiograph) else Radiograph.from_array(image)


def as_signal(
    image: Image,
    *,
    procedure: str,
    pixel_pitch_mm: Pitch | None = None,
    needs_pitch: bool = True,
    needs_signal: bool = True,
) -> SignalImage:
    """Image on a linear scale, or the reason why it cannot be measured.

    Parameters
    ----------
    image : Radiograph or 2-D array
        A bare array is taken as linear; its pixels that are not finite are masked.
    procedure : str
        What is to be measured, for messages.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's and is recorded as ``"argument"``.
    needs_pitch : bool
        Whether an image without pixel pitch is refused.
    needs_signal : bool
        False where geometry alone is measured: presentation images and images of unknown response are then taken as
        they are, rescaled and turned so that values grow with the kerma, in the unit ``"stored"``.

    Returns
    -------
    SignalImage
        The image with everything a metric asks for.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``presentation_image``, ``no_linear_signal``, ``no_pixel_spacing``, ``only_padding``, ``constant_image`` or
        ``all_saturated``.
    """
    radiograph = as_radiograph(image)
    intent = (radiograph.acquisition.intent or "").strip().upper()
    if needs_signal and intent == PRESENTATION:
        raise NotMeasurableError(
            "presentation_image",
            "image processed for presentation, its values no longer follow the kerma",
            needed=f"an image FOR PROCESSING to measure {procedure}",
            remedy="send the unprocessed image of the same exposure",
            source=radiograph.source,
        )
    padding = radiograph.padding_mask()
    _check_range(radiograph, padding)
    if needs_signal or (intent != PRESENTATION and _has_signal(radiograph)):
        values, unit = radiograph.signal(), radiograph.signal_unit
    else:
        values, unit = radiograph.relation.rescale(radiograph.pixels) * radiograph.relation.sign, "stored"
    signal = SignalImage(
        values=values,
        pixel_pitch_mm=radiograph.pixel_pitch_mm if pixel_pitch_mm is None else pitch_pair(pixel_pitch_mm),
        unit=unit,
        pitch_source=radiograph.pixel_pitch_source if pixel_pitch_mm is None else "argument",
        intent=intent,
        response_id="" if radiograph.response is None or unit == "stored" else radiograph.response.id,
        warnings=radiograph.warnings,
        source=radiograph.source,
        padding=_with_non_finite(values, padding),
        radiograph=radiograph,
    )
    if needs_pitch:
        _ = signal.pitch
    return signal


def provenance_of(
    signal: SignalImage,
    *,
    algorithm: str,
    version: int,
    parameters: Mapping[str, str | int | float | bool | None],
    warnings: Sequence[str] = (),
) -> Provenance:
    """Provenance of a number measured on this signal.

    Parameters
    ----------
    signal : SignalImage
        What was measured; of several images, the first.
    algorithm : str
        Name of the algorithm, as in the outcome's procedure.
    version : int
        Its version.
    parameters : mapping of str to scalar
        Every parameter that the numbers depend on.
    warnings : sequence of str
        What the metric noticed, beside the image's own warnings.

    Returns
    -------
    Provenance
        With the kernels' digest, the response's identity and the pitch's source.
    """
    return Provenance(
        algorithm=algorithm,
        algorithm_version=version,
        parameters=tuple(parameters.items()),
        kernel_digest=KERNEL_DIGEST,
        response_id=signal.response_id,
        signal_unit=signal.unit,
        pixel_pitch_source=signal.pitch_source,
        intent=signal.intent,
        quantitative=signal.intent != PRESENTATION,
        warnings=(*signal.warnings, *warnings),
    )


def no_pixels(radiograph: Radiograph) -> NotMeasurableError:
    """Refusal of an image that is all padding, or without any finite value."""
    padded = radiograph.padding_mask() is not None
    return NotMeasurableError(
        "only_padding",
        "no pixel that is not padding" if padded else "no pixel with a finite value",
        needed="an image with pixels",
        remedy="check the padding values of the header" if padded else "check how the pixel values were computed",
        source=radiograph.source,
    )


def _has_signal(radiograph: Radiograph) -> bool:
    return radiograph.response is not None or radiograph.relation.relation == "linear"


def _check_range(radiograph: Radiograph, padding: NDArray[np.bool_] | None) -> None:
    """Refuse images whose pixels hold nothing: no pixel, one value, or one end value nearly everywhere."""
    pixels: NDArray[Any] = radiograph.pixels if padding is None else radiograph.pixels[~padding]
    if pixels.dtype.kind == "f" and not np.isfinite(pixels.sum(dtype=np.float64)):
        pixels = pixels[np.isfinite(pixels)]
    if pixels.size == 0:
        raise no_pixels(radiograph)
    low, high = pixels.min(), pixels.max()
    stored_max = radiograph.relation.stored_max
    if low == high and (stored_max is None or high < stored_max):
        raise NotMeasurableError(
            "constant_image",
            f"every pixel has the value {high.item():g}",
            needed="an exposed image",
            remedy="check the exposure and the detector",
            source=radiograph.source,
        )
    for end in (low, high):
        share = np.count_nonzero(pixels == end) / pixels.size
        if share > SATURATED_SHARE:
            raise NotMeasurableError(
                "all_saturated",
                f"{100.0 * share:.1f} % of the pixels have the end value {end.item():g}",
                needed=f"at most {100.0 * SATURATED_SHARE:g} % at one end of the range",
                remedy="repeat the exposure within the detector's range",
                source=radiograph.source,
            )


def _with_non_finite(values: NDArray[np.float64], padding: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if np.isfinite(values.sum()):
        return padding
    invalid: NDArray[np.bool_] = ~np.isfinite(values)
    if padding is not None:
        invalid |= padding
    return invalid if invalid.any() else None

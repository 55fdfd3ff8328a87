"""What every metric asks of an image first: linear signal, a pixel pitch, and pixels that hold something."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._stored_values import (
    BlockMeans,
    ValueScale,
    check_range,
    float_block_means,
    kernel_pixels,
    scaled_block_means,
    stored_range,
    value_scale,
)
from xrayiq.model import Provenance, Radiograph, pitch_pair
from xrayiq_kernels import KERNEL_DIGEST

#: what a metric accepts as one image
Image = Radiograph | ArrayLike
Pitch = float | tuple[float, float]

PRESENTATION: Final = "FOR PRESENTATION"


@dataclass(frozen=True, kw_only=True, eq=False)
class SignalImage:
    """One image on a linear scale, ready to be measured.

    Parameters
    ----------
    radiograph : Radiograph
        The image itself, with its stored values and header.
    to_signal : callable
        Signal of stored values; that of padding has no meaning and may be NaN.
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
    corrected : 2-D array of float64 or None
        Signal after a correction; None where it is that of the stored values.
    left_out : 2-D array of bool or None
        Padding of a corrected signal.
    """

    radiograph: Radiograph
    to_signal: Callable[[NDArray[Any]], NDArray[np.float64]]
    pixel_pitch_mm: tuple[float, float] | None
    unit: str
    pitch_source: str
    intent: str
    response_id: str
    warnings: tuple[str, ...]
    source: str
    corrected: NDArray[np.float64] | None = None
    left_out: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.radiograph.pixels.shape
        return rows, columns

    @cached_property
    def scale(self) -> ValueScale | None:
        """Signal of the stored values that occur; None for floats, wide integers and corrected signals."""
        if self.corrected is not None:
            return None
        return self.radiograph.kept(("scale", self.unit), lambda: value_scale(self.radiograph, self.to_signal))

    @cached_property
    def values(self) -> NDArray[np.float64]:
        """Signal of all pixels (2-D); those under `padding` have no meaning and may be NaN."""
        if self.corrected is not None:
            return self.corrected
        return self.to_signal(self.radiograph.pixels) if self.unit == "stored" else self.radiograph.signal()

    @cached_property
    def padding(self) -> NDArray[np.bool_] | None:
        """True where a pixel is padding or its signal not finite; None where there is no such pixel."""
        if self.corrected is not None:
            return self.left_out
        padding = stored_range(self.radiograph).padding
        if self.scale is not None and np.isfinite(self.scale.table).all():
            return padding
        return _with_non_finite(self.values, padding)

    def block_means(
        self, factor: int, part: tuple[slice, slice] | None = None, *, finest: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Means of the signal over square blocks of a part of the image, padding left out.

        Parameters
        ----------
        factor : int
            Side of the blocks in pixels; the last row and column of blocks may be narrower.
        part : pair of slices, optional
            Rows and columns; all where not given.
        finest : int
            Side of smaller blocks, kept with the image, that these are put together from where they hold whole numbers
            of them, so that the pixels are gone through once for several sizes.

        Returns
        -------
        tuple of 2-D arrays
            Means, NaN where a block is all padding; True there. They must not be changed.
        """
        cut = (slice(0, self.shape[0]), slice(0, self.shape[1])) if part is None else part
        is_kept = finest > 0 and factor % finest == 0 and self.corrected is None
        found = self._kept_block_means(factor, cut, finest) if is_kept else self._block_means(factor, cut)
        return found.means, found.holes

    def _kept_block_means(self, factor: int, cut: tuple[slice, slice], finest: int) -> BlockMeans:
        def make() -> BlockMeans:
            if factor == finest:
                return self._block_means(factor, cut)
            # a grid of half the pitch is wanted too, as a rule
            base = factor // 2 if factor % (2 * finest) == 0 else finest
            return self._kept_block_means(base, cut, finest).joined(factor // base)

        places = ((side.start, side.stop) for side in cut)
        return self.radiograph.kept(("block_means", self.unit, factor, finest, *places), make)

    def _block_means(self, factor: int, cut: tuple[slice, slice]) -> BlockMeans:
        excluded = None if self.padding is None else np.ascontiguousarray(self.padding[cut])
        if self.scale is None:
            return float_block_means(np.ascontiguousarray(self.values[cut]), excluded, factor)
        return scaled_block_means(kernel_pixels(self.radiograph, cut), excluded, self.scale, factor)

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
    check_range(radiograph)
    if needs_signal or (intent != PRESENTATION and _has_signal(radiograph)):
        unit = radiograph.signal_unit
        _ = radiograph.signal_of(radiograph.pixels[:1, :1])  # images without linear signal are refused here
    else:
        unit = "stored"
    signal = SignalImage(
        radiograph=radiograph,
        to_signal=_rescaled(radiograph) if unit == "stored" else radiograph.signal_of,
        pixel_pitch_mm=radiograph.pixel_pitch_mm if pixel_pitch_mm is None else pitch_pair(pixel_pitch_mm),
        unit=unit,
        pitch_source=radiograph.pixel_pitch_source if pixel_pitch_mm is None else "argument",
        intent=intent,
        response_id="" if radiograph.response is None or unit == "stored" else radiograph.response.id,
        warnings=radiograph.warnings,
        source=radiograph.source,
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


def _has_signal(radiograph: Radiograph) -> bool:
    return radiograph.response is not None or radiograph.relation.relation == "linear"


def _rescaled(radiograph: Radiograph) -> Callable[[NDArray[Any]], NDArray[np.float64]]:
    """Stored values rescaled, and turned so that they grow with the kerma."""
    relation = radiograph.relation
    return lambda stored: relation.rescale(stored) * relation.sign


def _with_non_finite(values: NDArray[np.float64], padding: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if np.isfinite(values.sum()):
        return padding
    invalid: NDArray[np.bool_] = ~np.isfinite(values)
    if padding is not None:
        invalid |= padding
    return invalid if invalid.any() else None

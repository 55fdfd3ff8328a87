"""An X-ray image: stored pixels, what they mean, and how they were made."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model.acquisition import Acquisition, ObjectHeader
from xrayiq.model.pixel_relation import PixelRelation
from xrayiq.model.response import Response

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Radiograph:
    """One X-ray image with its meaning.

    Parameters
    ----------
    pixels : 2-D array
        Stored values in their own dtype, read-only; rows run down, columns to the right.
    pixel_pitch_mm : tuple of (float, float) or None
        Distance of neighbouring rows and of neighbouring columns at the detector.
    pixel_pitch_source : str
        Attribute that the pitch comes from, or ``"argument"``; empty where there is none.
    relation : PixelRelation
        Meaning of the stored values.
    response : Response or None
        Calibrated response; turns `signal` into µGy.
    header : ObjectHeader
        Identity, technique and indicators.
    frame_number : int
        Frame of a multi-frame object that the pixels come from, counted from 1.
    warnings : tuple of str
        What the reader noticed and a user of the image should know.
    source : str
        Name for messages: file name without its folder, or ``"array"``.
    """

    pixels: NDArray[Any]
    pixel_pitch_mm: tuple[float, float] | None = None
    pixel_pitch_source: str = ""
    relation: PixelRelation = field(default_factory=PixelRelation)
    response: Response | None = None
    header: ObjectHeader = field(default_factory=lambda: ObjectHeader(subject="array"))
    frame_number: int = 1
    warnings: tuple[str, ...] = ()
    source: str = "array"
    _kept: dict[Hashable, Any] = field(init=False, default_factory=dict)

    @classmethod
    def from_array(
        cls,
        pixels: ArrayLike,
        *,
        pixel_pitch_mm: float | tuple[float, float] | None = None,
        response: Response | None = None,
        acquisition: Acquisition | None = None,
        source: str = "array",
    ) -> Radiograph:
        """Radiograph of a bare array, taken as linear unless a response is given.

        Parameters
        ----------
        pixels : 2-D array
            Stored values: integers or floats.
        pixel_pitch_mm : float or (rows, columns) pair, optional
            Pixel pitch at the detector.
        response : Response, optional
            Calibrated response of the detector.
        acquisition : Acquisition, optional
            Technique and indicators, where known.
        source : str
            Name used in messages.

        Returns
        -------
        Radiograph
            Its pixels are a read-only view of the array.

        Raises
        ------
        InputError
            The array is not 2-D, is empty or is not numeric, or the pitch is not positive.
        """
        try:
            array = np.asarray(pixels)
        except ValueError:  # rows of different length
            raise InputError(
                "rows of different length",
                needed="a non-empty 2-D array",
                remedy="give every row the same number of pixels",
                source=source,
            ) from None
        if array.dtype.kind not in "uif" or array.dtype.itemsize > 8:
            raise InputError(
                f"{type(pixels).__name__} of {array.dtype}",
                needed="integers or floats of at most 64 bits in a 2-D array",
                remedy="convert the pixels with numpy, or read a file with xrayiq.read",
                source=source,
            )
        if array.ndim != 2 or array.size == 0:
            raise InputError(
                f"array of shape {array.shape}",
                needed="a non-empty 2-D array",
                remedy="give one image, its rows along the first axis",
                source=source,
            )
        pitch = None if pixel_pitch_mm is None else pitch_pair(pixel_pitch_mm)
        view = array.view()
        view.flags.writeable = False
        limits = np.iinfo(array.dtype) if array.dtype.kind in "ui" else None
        return cls(
            pixels=view,
            pixel_pitch_mm=pitch,
            pixel_pitch_source="" if pitch is None else "argument",
            relation=PixelRelation(
                stored_min=None if limits is None else int(limits.min),
                stored_max=None if limits is None else int(limits.max),
            ),
            response=response,
            header=ObjectHeader(
                subject=source,
                rows=array.shape[0],
                columns=array.shape[1],
                frames=1,
                acquisition=acquisition or Acquisition(),
            ),
            source=source,
        )

    @property
    def acquisition(self) -> Acquisition:
        """Technique, exposure indicators and equipment from the header."""
        return self.header.acquisition

    @property
    def signal_unit(self) -> str:
        """UCUM unit of `signal`: ``"uGy"`` with a calibrated response, ``"1"`` (relative) without."""
        return "1" if self.response is None else "uGy"

    def signal(self) -> NDArray[np.float64]:
        """Pixels on a scale linear in the air kerma at the detector.

        Returns
        -------
        2-D array of float64
            µGy with a calibrated response; otherwise the rescaled values of an image whose header calls them linear,
            in a relative unit, turned so that they grow with the kerma. Padding is not removed: see `padding_mask`.

        Raises
        ------
        NotMeasurableError
            No response was given and the header does not say that values are linear.
        """
        return self._per_value(self.signal_of)

    def signal_of(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Signal that stored values of this image stand for.

        Parameters
        ----------
        stored : array of any shape
            Stored values.

        Returns
        -------
        array of float64, same shape
            In the unit of `signal`.

        Raises
        ------
        NotMeasurableError
            No response was given and the header does not say that values are linear.
        """
        if self.response is not None:
            return self.response.to_kerma_ugy(stored)
        relation = self.relation
        if relation.relation != "linear":
            raise NotMeasurableError(
                "no_linear_signal",
                f"pixel values are {'of ' + relation.relation if relation.relation == 'unknown' else relation.relation}"
                + (" relation to kerma" if relation.relation == "unknown" else ", not linear in kerma"),
                needed="linear pixel values or a calibrated response",
                remedy="measure the detector's response with flat fields of known kerma and give it",
                source=self.source,
            )
        if relation.sign > 0:
            return relation.rescale(stored)
        top = 0.0 if relation.stored_max is None else float(relation.rescale(np.array([relation.stored_max]))[0])
        bottom = 0.0 if relation.stored_min is None else float(relation.rescale(np.array([relation.stored_min]))[0])
        return max(top, bottom) - relation.rescale(stored)

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """What follows from this image alone, made when it is first asked for and kept with the image.

        Parameters
        ----------
        key : hashable
            Says what it is, with everything but the image that it depends on.
        make : callable
            Makes it; what it raises is raised again each time.

        Returns
        -------
        object
            The same each time: it must not be changed.
        """
        if key not in self._kept:
            self._kept[key] = make()
        return cast(Kept, self._kept[key])

    def padding_mask(self) -> NDArray[np.bool_] | None:
        """True where a pixel is padding, None where the image has none."""
        if self.relation.padding is None:
            return None
        low, high = self.relation.padding
        mask = (self.pixels >= low) & (self.pixels <= high)
        return mask if mask.any() else None

    def _per_value(self, convert: Any) -> NDArray[np.float64]:
        """Apply a function of the stored value, once per value for integers of up to 16 bits."""
        pixels = self.pixels
        if pixels.dtype.kind not in "ui" or pixels.dtype.itemsize > 2 or pixels.size < 65536:
            converted: NDArray[np.float64] = convert(pixels)
            return converted
        limits = np.iinfo(pixels.dtype)
        table: NDArray[np.float64] = convert(np.arange(limits.min, limits.max + 1))
        return table[pixels.astype(np.int64) - limits.min] if limits.min else table[pixels]

    def __repr__(self) -> str:
        """Size, pitch and meaning in one line."""
        rows, columns = self.pixels.shape
        pitch = "no pixel pitch" if self.pixel_pitch_mm is None else f"{self.pixel_pitch_mm[0]:g} mm"
        unit = "uGy" if self.response is not None else self.relation.relation
        return f"Radiograph({self.source}: {rows}x{columns} {self.pixels.dtype}, {pitch}, {unit})"


def pitch_pair(pixel_pitch_mm: float | tuple[float, float]) -> tuple[float, float]:
    """Pixel pitch as (row distance, column distance) in mm.

    Raises
    ------
    InputError
        It is not a positive number or a pair of them.
    """
    try:
        given = np.asarray(pixel_pitch_mm)
    except ValueError:  # parts of different length
        given = np.asarray("")
    if (
        given.dtype.kind not in "uif"
        or given.shape not in ((), (1,), (2,))
        or not np.all(np.isfinite(given))
        or np.any(given <= 0)
    ):
        raise InputError(
            f"pixel pitch of {pixel_pitch_mm!r} mm",
            needed="a positive length, or a pair of them for rows and columns",
            remedy="give the distance of neighbouring pixels at the detector in millimetres",
        )
    pair = np.broadcast_to(given.astype(np.float64), (2,))
    return float(pair[0]), float(pair[1])

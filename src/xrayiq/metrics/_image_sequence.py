"""One image or several of one size, pixel pitch and response, measured one at a time so that memory stays flat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from xrayiq.errors import InputError
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal
from xrayiq.model import Radiograph

#: what a metric accepts as one image or several of one size
Images = Radiograph | ArrayLike | Iterable[Radiograph | ArrayLike]


def images_as_signals(
    images: Images,
    *,
    procedure: str,
    pixel_pitch_mm: Pitch | None = None,
    needs_pitch: bool = True,
    needs_signal: bool = True,
) -> Iterator[SignalImage]:
    """Signals of one image or of several of one size, one at a time so that memory stays flat.

    Parameters
    ----------
    images : Radiograph, 2-D array, or iterable of them
        The images; a 3-D array is a sequence of 2-D arrays, a list of rows is one image.
    procedure : str
        What is to be measured, for messages.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the headers'.
    needs_pitch : bool
        Whether images without pixel pitch are refused.
    needs_signal : bool
        Whether images without linear signal are refused; see `as_signal`.

    Yields
    ------
    SignalImage
        As `as_signal` gives it.

    Raises
    ------
    InputError
        There is no image, or the images differ in size, pixel pitch, detector or unit.
    NotMeasurableError
        As `as_signal`.
    """
    first: SignalImage | None = None
    for image in each_image(images):
        signal = as_signal(
            image,
            procedure=procedure,
            pixel_pitch_mm=pixel_pitch_mm,
            needs_pitch=needs_pitch,
            needs_signal=needs_signal,
        )
        if first is None:
            first = signal
        _check_alike(signal, first)
        yield signal
    if first is None:
        raise InputError(
            "no image", needed=f"at least one image to measure {procedure}", remedy="give an image, or a list of images"
        )


def exactly(images: Images, count: int, *, procedure: str, pixel_pitch_mm: Pitch | None = None) -> list[SignalImage]:
    """Signals of a known number of images of one size.

    Parameters
    ----------
    images : Radiograph, 2-D array, or iterable of them
        The images.
    count : int
        How many there must be.
    procedure : str
        What is to be measured, for messages.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the headers'.

    Returns
    -------
    list of SignalImage
        All of them.

    Raises
    ------
    InputError
        There are more or fewer images, or they differ in size, pixel pitch or unit.
    NotMeasurableError
        As `as_signal`.
    """
    given = list(each_image(images))
    if len(given) != count:
        raise InputError(
            f"{len(given)} images",
            needed=f"{'one image' if count == 1 else f'{count} images'} to measure {procedure}",
            remedy="give the images one by one" if len(given) > count else "give all images in a list",
        )
    return list(images_as_signals(given, procedure=procedure, pixel_pitch_mm=pixel_pitch_mm))


def each_image(images: Images) -> Iterator[Image]:
    """Images one by one: a 3-D array is a sequence of 2-D arrays, a list of rows is one image."""
    if isinstance(images, Radiograph):
        yield images
    elif hasattr(images, "__array__"):
        array = np.asarray(images)
        if array.ndim == 3:
            yield from array
        else:
            yield array
    elif isinstance(images, Iterable) and not isinstance(images, (str, bytes)) and not _is_list_of_rows(images):
        yield from images
    else:
        yield cast(ArrayLike, images)


def check_one_detector(image: Radiograph, first: Radiograph) -> None:
    """Refuse images of different detectors, as far as their headers name them.

    Raises
    ------
    InputError
        Serial number or detector ID differ.
    """
    for name in ("serial_number", "detector_id"):
        one, other = getattr(first.acquisition, name), getattr(image.acquisition, name)
        if one and other and one != other:
            raise InputError(
                f"images of two detectors: {name.replace('_', ' ')} {one} and {other}",
                needed="images of one detector",
                remedy="measure the images of each detector apart",
                source=image.source,
            )


def _is_list_of_rows(images: Iterable[Image]) -> bool:
    """Whether a list holds the rows of one image; other iterables hold images."""
    if not isinstance(images, Sequence) or len(images) == 0 or isinstance(images[0], Radiograph):
        return False
    first = images[0]
    if isinstance(first, Sequence):
        return len(first) == 0 or not isinstance(first[0], (Sequence, np.ndarray))
    return np.ndim(first) < 2


def _check_alike(signal: SignalImage, first: SignalImage) -> None:
    check_one_detector(signal.radiograph, first.radiograph)
    if signal.shape != first.shape:
        raise InputError(
            f"images of {_size(first)} and {_size(signal)} pixels",
            needed="images of one size",
            remedy="measure images of different size apart",
            source=signal.source,
        )
    if not _same_pitch(signal.pixel_pitch_mm, first.pixel_pitch_mm):
        raise InputError(
            f"images with pixel pitch {_pitch(first)} and {_pitch(signal)}",
            needed="images of one pixel pitch",
            remedy="measure images of different pixel pitch apart",
            source=signal.source,
        )
    if signal.unit != first.unit or signal.response_id != first.response_id:
        raise InputError(
            "images with different responses",
            needed="all images with the same calibrated response, or all without",
            remedy="give every image the response of its detector",
            source=signal.source,
        )


def _same_pitch(pitch: tuple[float, float] | None, first: tuple[float, float] | None) -> bool:
    if pitch is None or first is None:
        return pitch is first
    return np.allclose(pitch, first, rtol=1e-6, atol=0.0)


def _pitch(signal: SignalImage) -> str:
    return "not stated" if signal.pixel_pitch_mm is None else f"{signal.pixel_pitch_mm} mm"


def _size(signal: SignalImage) -> str:
    return f"{signal.shape[0]} × {signal.shape[1]}"

"""Images with their defective pixels replaced from the neighbours, as a manufacturer's correction does."""

from __future__ import annotations

import dataclasses
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._image import as_radiograph
from xrayiq.metrics.defect_map import DefectMap
from xrayiq.metrics.defects import Defects
from xrayiq.model import Radiograph

#: good pixels that a defective one is replaced from, at least
_LEAST_NEIGHBOURS: Final = 3


def correct_defects(image: Radiograph | ArrayLike, defects: Defects | DefectMap) -> Radiograph:
    """Image in which every defective pixel has the median of the good pixels around it.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Of the detector that the defects were found on.
    defects : Defects or DefectMap
        What `find_defects` or `make_defect_map` gave.

    Returns
    -------
    Radiograph
        Stored values in their own dtype; a warning tells how many pixels were replaced, and stands in the provenance of
        what is measured on it. Without defects the image itself. The window around a pixel is 3 × 3 and grows by 2
        until three good pixels are in it; padding counts as good.

    Raises
    ------
    InputError
        The image is of another size than the defects, or all of it is defective.
    """
    radiograph = as_radiograph(image)
    if radiograph.pixels.shape != defects.image_shape_px:
        raise InputError(
            "image of {} × {} and defects of {} × {} pixels".format(*radiograph.pixels.shape, *defects.image_shape_px),
            needed="the defects of the same detector in the same read-out mode",
            source=radiograph.source,
        )
    wrong = defects.mask()
    places = np.argwhere(wrong)
    if not len(places):
        return radiograph
    if wrong.all():
        raise InputError("every pixel is defective", needed="good pixels to replace from", source=radiograph.source)
    corrected = np.array(radiograph.pixels)
    for row, column in places.tolist():
        corrected[row, column] = _from_neighbours(radiograph.pixels, wrong, row, column)
    corrected.flags.writeable = False
    warning = f"{len(places)} defective pixels replaced by the median of their neighbours"
    return dataclasses.replace(radiograph, pixels=corrected, warnings=(*radiograph.warnings, warning))


def _from_neighbours(pixels: NDArray[np.generic], wrong: NDArray[np.bool_], row: int, column: int) -> np.float64:
    reach = 1
    while True:
        window = (
            slice(max(row - reach, 0), row + reach + 1),
            slice(max(column - reach, 0), column + reach + 1),
        )
        good = pixels[window][~wrong[window]]
        if good.size >= _LEAST_NEIGHBOURS or good.size == np.count_nonzero(~wrong):
            return np.float64(np.median(good.astype(np.float64)))
        reach += 1

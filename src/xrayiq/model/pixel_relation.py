"""What the stored values of an image mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Relation = Literal["linear", "log", "display", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelRelation:
    """What stored values mean, as the header says it.

    Parameters
    ----------
    relation : {"linear", "log", "display", "unknown"}
        Relation of the rescaled values to the kerma at the detector (PixelIntensityRelationship).
    sign : int
        +1 if values grow with the kerma, −1 if they fall (PixelIntensityRelationshipSign).
    rescale_slope, rescale_intercept : float
        Of the Modality LUT's linear form; 1 and 0 where there is none.
    modality_lut : tuple of float or None
        Output value of each stored value from `modality_lut_first` on, where the Modality LUT is a table.
    modality_lut_first : int
        Stored value of the table's first entry.
    stored_min, stored_max : int or None
        Least and greatest value that BitsStored and PixelRepresentation allow; None for float pixels.
    padding : tuple of (int, int) or None
        Inclusive range of stored values that are padding, not image.
    """

    relation: Relation = "linear"
    sign: int = 1
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    modality_lut: tuple[float, ...] | None = None
    modality_lut_first: int = 0
    stored_min: int | None = None
    stored_max: int | None = None
    padding: tuple[int, int] | None = None

    def rescale(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Output of the Modality LUT or rescale for stored values."""
        if self.modality_lut is not None:
            table = np.asarray(self.modality_lut, dtype=np.float64)
            index = np.clip(stored.astype(np.int64) - self.modality_lut_first, 0, table.size - 1)
            return table[index]
        return np.asarray(stored, dtype=np.float64) * self.rescale_slope + self.rescale_intercept

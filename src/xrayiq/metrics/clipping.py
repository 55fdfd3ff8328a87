"""Share of an image's pixels that stand at the ends of its range."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.model import Measurement, Provenance, Result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Clipping(Result):
    """Clipped pixels of one image, in stored values.

    Parameters
    ----------
    clipped_low_fraction, clipped_high_fraction : float
        Share of the image's pixels (padding left out) at the lower and at the upper end of the stored range, or at a
        plateau that ends the occupied range.
    low_value, high_value : float
        Stored value of either end: the least and the greatest that occur.
    pixel_count : int
        Pixels counted.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    clipped_low_fraction: float
    clipped_high_fraction: float
    low_value: float
    high_value: float
    pixel_count: int
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Both fractions."""
        return (
            Measurement(quantity="clipped_low_fraction", value=self.clipped_low_fraction),
            Measurement(quantity="clipped_high_fraction", value=self.clipped_high_fraction),
        )

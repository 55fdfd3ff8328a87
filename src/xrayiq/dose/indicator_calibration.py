"""A site's own calibration of an exposure indicator: what kerma at the receptor one unit's number stands for."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.indicator_scales import IndicatorScale, indicator_scales
from xrayiq.model import Equipment, same_name

Form = Literal["power", "exponential"]
#: what of equipment a calibration may name
MATCHED: Final = ("serial_number", "model", "manufacturer", "station_name", "detector_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorCalibration:
    """Kerma at the receptor over the exposure indicator of some equipment, as a site measured it.

    Parameters
    ----------
    indicator : str
        Name of the scale, or one of the site's for an indicator of no known scale.
    attribute : str
        Keyword of the attribute that holds it; empty for whichever holds a number of that scale.
    equipment : Equipment
        What headers must state; anything where it states nothing.
    form : {"power", "exponential"}
        K = factor·xⁿ, or K = factor·10^(n·x) for indicators that are logarithms of the kerma; between points the
        logarithm of the kerma is interpolated along the logarithm of x, or along x.
    points : tuple of (float, float)
        Indicator and kerma in µGy, the indicators rising; none where `factor_ugy` and `exponent`, or `local`, tell it.
    factor_ugy, exponent : float
        Of the form; NaN where they do not tell it.
    local : tuple of (str, float)
        What the shipped scale of that name needs.
    low, high : float
        Indicators that it holds for; it is not carried on outside.
    beam : str
        Beam that the kerma was measured in.
    calibrated_on : date
        Day of the measurement.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1) of the kerma.
    valid_from, valid_to : date
        First and last day of exposures that it holds for; no last one if None.
    source : str
        Where it stands, as printed.
    """

    indicator: str
    attribute: str
    equipment: Equipment
    form: Form
    points: tuple[tuple[float, float], ...]
    factor_ugy: float
    exponent: float
    local: tuple[tuple[str, float], ...]
    low: float
    high: float
    beam: str
    calibrated_on: datetime.date
    relative_uncertainty: float
    valid_from: datetime.date
    valid_to: datetime.date | None
    source: str

    @property
    def named(self) -> int:
        """How much of the equipment it names: of two that hold, the one that names more counts."""
        return sum(getattr(self.equipment, name) is not None for name in MATCHED)

    def holds_for(self, equipment: Equipment, day: datetime.date | None) -> bool:
        """Whether it is of this equipment on the day of an exposure; on an unknown day it is not."""
        if day is None or day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        stated = ((getattr(self.equipment, name), getattr(equipment, name)) for name in MATCHED)
        return all(own is None or same_name(own, found or "") for own, found in stated)

    def is_of(self, *, indicator: str, attribute: str) -> bool:
        """Whether it is of a number that stands in an attribute and was taken for an indicator."""
        return same_name(self.attribute, attribute) if self.attribute else same_name(self.indicator, indicator)

    def receptor_kerma_ugy(self, values: ArrayLike) -> NDArray[np.float64]:
        """Kerma at the receptor that indicators stand for.

        Parameters
        ----------
        values : array
            The indicators.

        Returns
        -------
        array
            µGy of the calibration's beam, of the shape of `values`; NaN where an indicator is NaN or outside `low` to
            `high`.
        """
        numbers = np.asarray(values, dtype=np.float64)
        known = (numbers >= self.low) & (numbers <= self.high)
        fit = np.where(known, numbers, self.low)
        if self.local:
            kerma = scale_named(self.indicator).receptor_kerma_ugy(fit, **dict(self.local))  # type: ignore[union-attr]
        elif self.points:
            indicators, kermas = (np.array(column) for column in zip(*self.points, strict=True))
            kerma = np.exp(np.interp(self._along(fit), self._along(indicators), np.log(kermas)))
        elif self.form == "power":
            kerma = self.factor_ugy * fit**self.exponent
        else:
            kerma = self.factor_ugy * 10.0 ** (self.exponent * fit)
        return np.where(known, kerma, np.nan)

    def _along(self, indicators: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.log(indicators) if self.form == "power" else indicators


def calibrations_for(
    calibrations: Iterable[IndicatorCalibration], equipment: Equipment, day: datetime.date | None
) -> tuple[IndicatorCalibration, ...]:
    """Calibrations that hold for some equipment on a day, the one that counts first.

    Parameters
    ----------
    calibrations : iterable of IndicatorCalibration
        A site's.
    equipment : Equipment
        Of a header.
    day : date or None
        Of the exposure.

    Returns
    -------
    tuple of IndicatorCalibration
        Those that name more of the equipment before others, then the later measured ones.
    """
    held = [one for one in calibrations if one.holds_for(equipment, day)]
    return tuple(sorted(held, key=lambda one: (-one.named, -one.calibrated_on.toordinal())))


def scale_named(name: str) -> IndicatorScale | None:
    """Shipped scale of a name, whatever the case of its letters; None where there is none."""
    return next((scale for scale in indicator_scales() if same_name(scale.name, name)), None)

"""Whether a unit states its doses in a wrong unit: stated over expected doses of its exposures, as powers of ten."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.dose_estimate import required_positive
from xrayiq.errors import InputError
from xrayiq.model import Measurement, Provenance, Result, quantity
from xrayiq.units import to_inside_unit, units_of

ALGORITHM_VERSION: Final = 1

#: distance of the decimal logarithm of the median from a whole number within which a power of ten is suspected
NEAR_DECADES: Final = 0.3
#: powers of ten that are looked for: mGy·cm² told as Gy·m² is a factor of 10⁷
MOST_DECADES: Final = 7
#: exposures that a median is worth something from
FEWEST_EXPOSURES: Final = 10
#: scaled median absolute deviation of a normal distribution
_MAD_TO_SD: Final = 1.4826
_UGY_PER_GY: Final = 1e6
_MM2_PER_M2: Final = 1e6
#: dimension, and unit that the attribute is read as, of each quantity of a header
_READ_AS: Final = {
    "dose_area_product": ("dose_area_product", "dGy.cm2"),
    "incident_air_kerma": ("kerma", "mGy"),
    "entrance_surface_air_kerma": ("kerma", "mGy"),
    "reference_point_kerma": ("kerma", "Gy"),
    "average_glandular_dose": ("kerma", "dGy"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRatio:
    """Stated over expected doses of one unit.

    Parameters
    ----------
    unit : str
        The X-ray unit.
    exposures : int
        Ratios of which the median is taken.
    median_ratio : float
        Stated over expected.
    spread_decades : float
        Scaled median absolute deviation (1.4826 MAD) of the decimal logarithms.
    low_ratio, high_ratio : float
        Quartiles.
    suspected_power : int
        Power of ten that the median is near, other than 0; 0 where none is suspected.
    too_few : bool
        Fewer exposures than 10: nothing is suspected.
    text : str
        What to look at.
    """

    unit: str
    exposures: int
    median_ratio: float
    spread_decades: float
    low_ratio: float
    high_ratio: float
    suspected_power: int
    too_few: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class UnitSuspicions(Result):
    """Stated over expected doses by unit; nothing is corrected.

    Parameters
    ----------
    quantity : str
        Which dose.
    read_as : str
        Unit that the stated doses were read as.
    units : tuple of UnitRatio
        In the order of their names.
    ratios : 1-D array
        All ratios, unit by unit in the same order.
    left_out : int
        Exposures without a stated or an expected dose above 0.
    provenance : Provenance
        Algorithm and parameters.
    """

    quantity: str
    read_as: str
    units: tuple[UnitRatio, ...]
    ratios: NDArray[np.float64]
    left_out: int
    provenance: Provenance

    @property
    def suspected(self) -> tuple[UnitRatio, ...]:
        """Units whose doses are probably told in another unit."""
        return tuple(unit for unit in self.units if unit.suspected_power)

    def measurements(self) -> tuple[Measurement, ...]:
        """The median ratio farthest from 1."""
        farthest = max(self.units, key=lambda unit: abs(math.log10(unit.median_ratio)))
        return (Measurement(quantity="stated_over_expected_dose", value=farthest.median_ratio),)

    def _headline(self) -> list[tuple[str, str]]:
        return [("Suspected", "; ".join(unit.text for unit in self.suspected) or "none")]


def expected_dap_gy_m2(
    *, output_ugy_per_mas: ArrayLike, exposure_mas: ArrayLike, field_area_at_1_m_mm2: ArrayLike
) -> NDArray[np.float64]:
    """Dose-area product that technique and field give: Y·mAs·A at 1 m, where both are taken; it holds at any distance.

    Parameters
    ----------
    output_ugy_per_mas, exposure_mas, field_area_at_1_m_mm2 : array-like
        Output at 1 m, charge, and area of the field at 1 m.

    Returns
    -------
    array
        In Gy·m².
    """
    kerma_gy = np.asarray(output_ugy_per_mas, dtype=np.float64) * np.asarray(exposure_mas) / _UGY_PER_GY
    return np.asarray(kerma_gy * np.asarray(field_area_at_1_m_mm2) / _MM2_PER_M2, dtype=np.float64)


def area_at_1_m_mm2(field_area_mm2: float, *, distance_mm: float) -> float:
    """Area of a field 1 m from the focus, from that at another distance.

    Parameters
    ----------
    field_area_mm2 : float
        At the distance.
    distance_mm : float
        From the focus.

    Returns
    -------
    float
        In mm².
    """
    distance = required_positive("distance_mm", distance_mm)
    return required_positive("field_area_mm2", field_area_mm2) * (1000.0 / distance) ** 2


def find_unit_suspicions(
    units: Sequence[str],
    stated: ArrayLike,
    expected: ArrayLike,
    *,
    quantity: str,
    read_as: str | None = None,
    fewest_exposures: int = FEWEST_EXPOSURES,
) -> UnitSuspicions:
    """Units whose stated doses are a power of ten from what their exposures give.

    Parameters
    ----------
    units : sequence of str
        X-ray unit of each exposure.
    stated, expected : 1-D array-like
        Doses as header or report state them, and as technique gives them, in one unit; NaN, 0 and less are left out.
    quantity : str
        ``"dose_area_product"``, ``"incident_air_kerma"``, ``"entrance_surface_air_kerma"``,
        ``"reference_point_kerma"`` or ``"average_glandular_dose"``.
    read_as : str, optional
        Unit code that the stated doses were read as, for what they may have been written in; that of the header's
        attribute without.
    fewest_exposures : int
        That a median is taken of.

    Returns
    -------
    UnitSuspicions
        One `UnitRatio` for each unit.

    Raises
    ------
    InputError
        Lengths that differ, another quantity, or no exposure with both doses.

    Notes
    -----
    With r the median of stated over expected and k the whole number nearest to log10 r, a k other than 0 with log10 r
    less than 0.3 from it is a suspicion of 10^k, k from −7 to 7. Computed outputs are too high by up to 1/0.6 (0.22 of
    a decade), which this still bears. Values are never corrected.
    """
    if quantity not in _READ_AS:
        raise InputError(f"quantity {quantity!r}", needed="one of " + ", ".join(_READ_AS))
    dimension, attribute_unit = _READ_AS[quantity]
    code = attribute_unit if read_as is None else read_as
    if code not in units_of(dimension):
        raise InputError(f"unit {code!r}", needed="one of " + ", ".join(units_of(dimension)))
    first, second = np.asarray(stated, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    names = np.asarray(units, dtype=str)
    if first.ndim != 1 or not first.shape == second.shape == names.shape:
        shapes = f"{names.shape}, {first.shape} and {second.shape}"
        raise InputError(f"units, stated and expected doses of {shapes}", needed="one of each for every exposure")
    usable = np.isfinite(first) & np.isfinite(second) & (first > 0) & (second > 0)
    if not usable.any():
        raise InputError("no exposure with both doses", needed="stated and expected doses above 0")
    found, ratios = [], []
    for name in sorted(set(names[usable].tolist())):
        mine = first[usable & (names == name)] / second[usable & (names == name)]
        ratios.append(mine)
        found.append(_ratio_of(name, mine, quantity, dimension, code, fewest_exposures))
    return UnitSuspicions(
        quantity=quantity,
        read_as=code,
        units=tuple(found),
        ratios=np.concatenate(ratios),
        left_out=int(np.count_nonzero(~usable)),
        provenance=Provenance(
            algorithm="unit_suspicion",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("quantity", quantity), ("read_as", code), ("fewest_exposures", fewest_exposures)),
        ),
    )


def _ratio_of(
    name: str, ratios: NDArray[np.float64], dose: str, dimension: str, read_as: str, fewest: int
) -> UnitRatio:
    logs = np.log10(ratios)
    middle = float(np.median(logs))
    power = round(middle)
    too_few = ratios.size < fewest
    if too_few or abs(middle - power) >= NEAR_DECADES or abs(power) > MOST_DECADES:
        power = 0
    low, high = (float(10.0**each) for each in np.quantile(logs, [0.25, 0.75]))
    label = quantity(dose).label
    if too_few:
        text = f"{name}: {ratios.size} exposures, needed {fewest}"
    elif power:
        text = (
            f"{label} of {name} is about {10.0**power:g} times what its technique gives (median of {ratios.size} "
            f"exposures {10.0**middle:.3g}): {_hint(dimension, read_as, power)}"
        )
    else:
        text = f"{label} of {name} is {10.0**middle:.3g} times what its technique gives ({ratios.size} exposures)"
    return UnitRatio(
        unit=name,
        exposures=int(ratios.size),
        median_ratio=10.0**middle,
        spread_decades=_MAD_TO_SD * float(np.median(np.abs(logs - middle))),
        low_ratio=low,
        high_ratio=high,
        suspected_power=power,
        too_few=too_few,
        text=text,
    )


def _hint(dimension: str, read_as: str, power: int) -> str:
    """Units in which the numbers may have been written, if they were read as another."""
    wanted = to_inside_unit(1.0, read_as, dimension) / 10.0**power
    fitting = [
        code for code in units_of(dimension) if math.isclose(to_inside_unit(1.0, code, dimension), wanted, rel_tol=1e-9)
    ]
    fitting = [code for code in fitting if "." in code] or fitting  # UCUM's spelling before those met in reports
    if not fitting:
        return f"check the unit that it is written in (read as {_printed(read_as)})"
    return f"probably written in {' or '.join(map(_printed, fitting))} and read as {_printed(read_as)}"


def _printed(code: str) -> str:
    """A unit code as it stands on paper."""
    return re.sub(r"m2$", "m²", re.sub("^u", "µ", code)).replace(".", "·")

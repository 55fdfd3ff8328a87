"""Calibrations of exposure indicators out of a settings file, checked key by key."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from xrayiq.dose.indicator_calibration import MATCHED, Form, IndicatorCalibration, scale_named
from xrayiq.dose.indicator_scales import ATTRIBUTES, STANDARD, IndicatorScale, indicator_scales
from xrayiq.errors import InputError
from xrayiq.model import Equipment, same_name

_COEFFICIENTS: Final = ("factor_ugy", "exponent", "range")
_LOCAL: Final = ("speed_class", "target_kerma_ugy", "reference_value", "reference_kerma_ugy")
_REQUIRED: Final = ("indicator", "beam", "date", "relative_uncertainty")
_KEYS: Final = (
    *(*_REQUIRED, *MATCHED, "attribute", "form", "points", *_COEFFICIENTS, *_LOCAL),
    *("valid_from", "valid_to", "document"),
)
_WAYS: Final = (
    "points = [[indicator, receptor kerma in µGy], …], or factor_ugy, exponent and range, or what the scale needs ("
    + ", ".join(_LOCAL)
    + ")"
)


def indicator_calibration_of_row(row: Mapping[str, Any], *, source: str = "") -> IndicatorCalibration:
    """Calibration out of a table of a settings file.

    Parameters
    ----------
    row : mapping
        ``indicator`` (a name of `indicator_scales`, or another with ``attribute`` and ``form``), ``serial_number`` or
        ``model`` (also ``manufacturer``, ``station_name``, ``detector_id``), ``points`` or ``factor_ugy``, ``exponent``
        and ``range`` or what the scale `needs`, ``beam``, ``date``, ``relative_uncertainty`` and, if need be,
        ``valid_from`` (else the date), ``valid_to`` and ``document``.
    source : str
        Where it stands, for what prints it.

    Raises
    ------
    InputError
        A key is unknown, missing or holds what it cannot; the message names it.
    """
    if unknown := [key for key in row if key not in _KEYS]:
        raise InputError(f"unknown key {unknown[0]!r}", needed="any of " + ", ".join(_KEYS))
    if missing := [key for key in _REQUIRED if key not in row]:
        raise InputError(f"{missing[0]} missing", needed=", ".join(_REQUIRED))
    indicator, beam = _text(row, "indicator"), _text(row, "beam")
    scale, calibrated_on = scale_named(indicator), _day(row, "date")
    valid_from = _day(row, "valid_from") if "valid_from" in row else calibrated_on
    valid_to = _day(row, "valid_to") if "valid_to" in row else None
    if valid_to is not None and valid_to < valid_from:
        raise InputError(f"valid_to = {valid_to}", needed=f"a day from valid_from ({valid_from}) on")
    form = _form(row, scale)
    document = f", {_text(row, 'document')}" if "document" in row else ""
    return IndicatorCalibration(
        indicator=indicator if scale is None else scale.name,
        attribute=_attribute(row, scale),
        equipment=_equipment(row),
        form=form,
        **_conversion(row, form, scale),
        beam=beam,
        calibrated_on=calibrated_on,
        relative_uncertainty=_number(
            row, "relative_uncertainty", 0.0, 1.0, "a fraction between 0 and 1 (0.07 for 7 %)"
        ),
        valid_from=valid_from,
        valid_to=valid_to,
        source=", ".join(part for part in (source, f"local calibration of {calibrated_on}") if part) + document,
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row[key]
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{key} = {value!r}", needed="text in quotes")
    return value.strip()


def _day(row: Mapping[str, Any], key: str) -> datetime.date:
    value = row[key]
    if not isinstance(value, datetime.date) or isinstance(value, datetime.datetime):
        raise InputError(f"{key} = {value!r}", needed="a date without quotes, such as 2026-01-31")
    return value


def _number(row: Mapping[str, Any], key: str, low: float, high: float, needed: str) -> float:
    """A number between two ends, these left out."""
    value = row[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < value < high:
        raise InputError(f"{key} = {value!r}", needed=needed)
    return float(value)


def _equipment(row: Mapping[str, Any]) -> Equipment:
    named: dict[str, Any] = {key: _text(row, key) for key in MATCHED if key in row}
    if not set(named) & {"serial_number", "model"}:
        raise InputError("neither serial_number nor model", needed="one of them, as headers state it")
    return Equipment(**named)


def _attribute(row: Mapping[str, Any], scale: IndicatorScale | None) -> str:
    if "attribute" not in row:
        if scale is None or not scale.attributes:
            names = ", ".join(one.name for one in indicator_scales() if one.attributes)
            raise InputError(
                f"indicator = {row['indicator']!r}", needed=f"one of {names}, or attribute and form beside it"
            )
        return ""
    allowed = [keyword for name, keyword in ATTRIBUTES.items() if (name == "exposure_index") == _is_standard(scale)]
    attribute = next((one for one in allowed if same_name(one, _text(row, "attribute"))), None)
    if attribute is None:
        raise InputError(f"attribute = {row['attribute']!r}", needed="one of " + ", ".join(allowed))
    return attribute


def _is_standard(scale: IndicatorScale | None) -> bool:
    return scale is not None and scale.name == STANDARD


def _form(row: Mapping[str, Any], scale: IndicatorScale | None) -> Form:
    known: Form | None = None
    if scale is not None and scale.formula != "none":
        known = "exponential" if scale.formula == "exponential" else "power"
    stated = row.get("form", known)
    if stated not in ("power", "exponential"):
        found = f"form = {stated!r}" if "form" in row else "form missing"
        raise InputError(found, needed='"power" (K goes with a power of the indicator) or "exponential"')
    if known is not None and stated != known:
        raise InputError(f"form = {stated!r}", needed=f"{known!r}, as {row['indicator']} is")
    return stated  # type: ignore[no-any-return]  # one of the two


def _conversion(row: Mapping[str, Any], form: Form, scale: IndicatorScale | None) -> dict[str, Any]:
    """How kerma comes from the indicator: by exactly one of three ways."""
    nothing: dict[str, Any] = {"points": (), "factor_ugy": math.nan, "exponent": math.nan, "local": ()}
    ways = ("points" in row, any(key in row for key in _COEFFICIENTS), any(key in row for key in _LOCAL))
    if sum(ways) != 1:
        raise InputError("none of these" if not any(ways) else "more than one of these", needed=_WAYS)
    if ways[0]:
        points = _points(row["points"], form)
        return nothing | {"points": points, "low": points[0][0], "high": points[-1][0]}
    if ways[1]:
        return nothing | _coefficients(row, form)
    needs = () if scale is None else scale.needs
    given = [key for key in _LOCAL if key in row]
    if scale is None or set(given) != set(needs):
        asked = ", ".join(needs) or "points, or factor_ugy, exponent and range"
        raise InputError(f"{', '.join(given)} for {row['indicator']}", needed=asked)
    local = tuple((key, _number(row, key, 0.0, math.inf, "a number above 0")) for key in needs)
    return nothing | {"local": local, "low": scale.low, "high": scale.high}


def _points(rows: Any, form: Form) -> tuple[tuple[float, float], ...]:
    needed = "two or more pairs of an indicator and a kerma in µGy above 0, with the indicators rising"
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) < 2:
        raise InputError(f"points = {rows!r}", needed=needed)
    for place, row in enumerate(rows, start=1):
        pair = list(row) if isinstance(row, Sequence) and not isinstance(row, str) else []
        if len(pair) != 2 or not all(_is_finite(value) for value in pair) or pair[1] <= 0.0:
            raise InputError(f"points, pair {place}: {row!r}", needed=needed)
        if form == "power" and pair[0] <= 0.0:
            raise InputError(f"points, pair {place}: {row!r}", needed='indicators above 0 for the form "power"')
    points = tuple((float(indicator), float(kerma)) for indicator, kerma in rows)
    steps = [(b[0] - a[0], b[1] - a[1]) for a, b in itertools.pairwise(points)]
    if any(indicator <= 0.0 for indicator, _ in steps):
        raise InputError(f"points with indicators {[one for one, _ in points]}", needed=needed)
    if not (all(kerma > 0.0 for _, kerma in steps) or all(kerma < 0.0 for _, kerma in steps)):
        raise InputError(
            f"points with kermas {[one for _, one in points]}", needed="kermas that rise or fall with the indicator"
        )
    return points


def _coefficients(row: Mapping[str, Any], form: Form) -> dict[str, Any]:
    if missing := [key for key in _COEFFICIENTS if key not in row]:
        raise InputError(f"{missing[0]} missing", needed=", ".join(_COEFFICIENTS))
    ends = row["range"]
    needed = "[lowest, highest] indicator that it holds for" + (", above 0" if form == "power" else "")
    pair = list(ends) if isinstance(ends, Sequence) and not isinstance(ends, str) else []
    if len(pair) != 2 or not all(_is_finite(value) for value in pair) or not pair[0] < pair[1]:
        raise InputError(f"range = {ends!r}", needed=needed)
    if form == "power" and pair[0] <= 0.0:
        raise InputError(f"range = {ends!r}", needed=needed)
    exponent = _number(row, "exponent", -math.inf, math.inf, "a number other than 0")
    if exponent == 0.0:
        raise InputError("exponent = 0", needed="a number other than 0")
    return {
        "factor_ugy": _number(row, "factor_ugy", 0.0, math.inf, "a number above 0, in µGy"),
        "exponent": exponent,
        "low": float(pair[0]),
        "high": float(pair[1]),
    }


def _is_finite(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)

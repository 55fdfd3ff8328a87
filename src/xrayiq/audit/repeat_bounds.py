"""Bounds that rates of rejects and repeats are held against: shipped ones, and a site's own in their place."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from xrayiq.audit.repeat_settings import printed_source, settings_table
from xrayiq.audit.rule_parts import known_table
from xrayiq.errors import SiteError

_RATES: Final = ("target", "investigate", "suspiciously_low")
#: settings of each part of a site's ``[repeat_audit]``, and where they go
_OF_ALL: Final = {
    "other_reasons": {"most": "most_other"},
    "judging": {"least_images": "least_images", "least_trials": "least_trials"},
    "counters": {"most_undocumented": "most_undocumented", "most_per_gap": "most_per_gap"},
}
_PARTS: Final = dict.fromkeys(("general", "children"), _RATES) | {part: tuple(names) for part, names in _OF_ALL.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateBounds:
    """Bounds of a rate, fractions, each with its source."""

    target: float
    investigate: float
    suspiciously_low: float
    target_source: str
    investigate_source: str
    low_source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatBounds:
    """Bounds that rates of rejects and repeats are held against.

    Parameters
    ----------
    general, children : RateBounds
        Of all patients, and of children.
    most_other : float
        Greatest share of reasons that are other or not told.
    other_source : str
        Where that is from.
    least_images, least_trials : int
        Images that a rate must rest on before it is judged, and before it takes part in a funnel.
    judging_source : str
        Where these are from.
    most_undocumented : float
        Greatest share of counted exposures that nothing tells of.
    most_per_gap : int
        Greatest gap of a detector's counter that counts as exposures without image.
    counter_source : str
        Where these are from.
    """

    general: RateBounds
    children: RateBounds
    most_other: float
    other_source: str
    least_images: int
    least_trials: int
    judging_source: str
    most_undocumented: float
    most_per_gap: int
    counter_source: str


@functools.cache
def shipped_repeat_bounds() -> RepeatBounds:
    """Bounds of `data/repeat_rates.toml`."""
    table = settings_table("repeat_rates.toml")
    return RepeatBounds(
        general=_bounds(table["general"]),
        children=_bounds(table["children"]),
        most_other=table["other_reasons"]["most"],
        other_source=printed_source(table["other_reasons"]),
        least_images=table["judging"]["least_images"],
        least_trials=table["judging"]["least_trials"],
        judging_source=printed_source(table["judging"]),
        most_undocumented=table["counters"]["most_undocumented"],
        most_per_gap=table["counters"]["most_per_gap"],
        counter_source=printed_source(table["counters"]),
    )


def site_repeat_bounds(rows: object, source: str) -> RepeatBounds:
    """Shipped bounds with a site's ``[repeat_audit]`` in their place.

    Parameters
    ----------
    rows : dict
        Any of ``general`` and ``children`` (each with any of ``target``, ``investigate`` and ``suspiciously_low``,
        fractions), ``other_reasons`` (``most``, a fraction), ``judging`` (``least_images``, ``least_trials``) and
        ``counters`` (``most_undocumented``, a fraction, ``most_per_gap``); each may name the site's ``document``.
    source : str
        Name of the site's file; printed with the document as where a changed bound is from.

    Raises
    ------
    SiteError
        It is no table, holds an unknown part or setting, a rate that is no fraction, a number that is none of images,
        or bounds that are not in the order suspiciously low, target, investigate.
    """
    shipped = shipped_repeat_bounds()
    own = {part: _part(rows, part, source) for part in known_table(rows, "repeat_audit", _PARTS, source)}
    told = {part: _told(own.get(part, {}), part, source) for part in _PARTS}
    held = RepeatBounds(
        general=_changed(shipped.general, own.get("general", {}), told["general"]),
        children=_changed(shipped.children, own.get("children", {}), told["children"]),
        most_other=own.get("other_reasons", {}).get("most", shipped.most_other),
        other_source=told["other_reasons"] if "most" in own.get("other_reasons", {}) else shipped.other_source,
        least_images=own.get("judging", {}).get("least_images", shipped.least_images),
        least_trials=own.get("judging", {}).get("least_trials", shipped.least_trials),
        judging_source=told["judging"] if own.get("judging") else shipped.judging_source,
        most_undocumented=own.get("counters", {}).get("most_undocumented", shipped.most_undocumented),
        most_per_gap=own.get("counters", {}).get("most_per_gap", shipped.most_per_gap),
        counter_source=told["counters"] if own.get("counters") else shipped.counter_source,
    )
    for part in ("general", "children"):
        _check_order(getattr(held, part), part, source)
    return held


def _part(rows: Any, part: str, source: str) -> dict[str, Any]:
    """Settings of one part, checked one by one."""
    what = f"repeat_audit.{part}"
    known = dict.fromkeys((*_PARTS[part], "document"))
    row = dict(known_table(rows[part], what, known, source))
    for name, value in row.items():
        _check(name, value, what, source)
    return row


def _check(name: str, value: Any, what: str, source: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if name == "document":
        needed = "" if isinstance(value, str) and value.strip() else "the name of a document"
    elif name.startswith("least_") or name == "most_per_gap":
        needed = "" if is_number and isinstance(value, int) and value >= 1 else "a whole number, 1 or more"
    else:
        needed = "" if is_number and 0.0 <= value < 1.0 else "a fraction from 0 to below 1, such as 0.08 for 8 %"
    if needed:
        raise SiteError(f"{what}: {name} = {value!r}", needed=needed, source=source)


def _told(row: Mapping[str, Any], part: str, source: str) -> str:
    """How a site's own setting is printed."""
    document = f": {row['document']}" if "document" in row else ""
    return f"{Path(source).name}, [repeat_audit.{part}]{document}"


def _changed(shipped: RateBounds, own: Mapping[str, Any], told: str) -> RateBounds:
    values = {name: float(own[name]) for name in _RATES if name in own}
    sources = {_SOURCES[name]: told for name in values}
    return dataclasses.replace(shipped, **values, **sources)  # type: ignore[arg-type]  # numbers and texts by name


_SOURCES: Final = {
    "target": "target_source",
    "investigate": "investigate_source",
    "suspiciously_low": "low_source",
}


def _check_order(bounds: RateBounds, part: str, source: str) -> None:
    if bounds.suspiciously_low < bounds.target <= bounds.investigate:
        return
    raise SiteError(
        f"repeat_audit.{part}: suspiciously_low {bounds.suspiciously_low:g}, target {bounds.target:g}, investigate "
        f"{bounds.investigate:g}",
        needed="suspiciously_low below target, and target up to investigate (those not given are the shipped ones)",
        source=source,
    )


def _bounds(row: Mapping[str, Any]) -> RateBounds:
    told = printed_source(row)
    return RateBounds(
        target=row["target"],
        investigate=row["investigate"],
        suspiciously_low=row["suspiciously_low"],
        target_source=told,
        investigate_source=told,
        low_source=printed_source(row, confidence=row["low_confidence"]),
    )

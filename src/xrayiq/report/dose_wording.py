"""Words of the section on doses: places, examinations, ratios, what was audited and what was left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.model import Quantity, quantity
from xrayiq.report.wording import clean, counted, grouped

#: significant digits of a dose; small children's would be lost in the fixed decimals of their quantity
_DIGITS: Final = 3


def place_text(audit: DoseAudit, site: object, room: object) -> str:
    """Room, after its site where the audit is of several."""
    name = clean(room) or "room not told"
    several = audit.exposures["site"].nunique() > 1
    return f"{clean(site)} · {name}" if several and clean(site) else name


def examination_text(row: Mapping[Any, Any]) -> str:
    """Body part, view and size band as words."""
    return f"{clean(row['body_part'])} {clean(row['view'])}, {clean(row['band'])}"


def quantity_text(name: str, relative_uncertainty: float = 0.0) -> str:
    """Quantity as tables name it: that it is an estimate, and its expanded uncertainty where that is known."""
    if relative_uncertainty > 0.0:
        return f"{quantity(name).label}, estimate ± {200.0 * relative_uncertainty:.0f}\u00a0%"
    return quantity(name).label if name in STATED else f"{quantity(name).label}, estimate"


def dose_text(name: str, value: float) -> str:
    """Dose with its unit on paper and three significant digits or more; a dash where it is not known."""
    if math.isnan(value):
        return "–"
    known = quantity(name)
    return f"{_number(known, value)} {known.display_unit}".rstrip()


def interval_text(name: str, low: float, high: float) -> str:
    """Both ends of an interval with the unit once; a dash where they are not known."""
    if math.isnan(low) or math.isnan(high):
        return "–"
    return f"{_number(quantity(name), low)} to {dose_text(name, high)}"


def _number(known: Quantity, value: float) -> str:
    shown = abs(value * known.display_factor)
    small = 0 if shown == 0.0 else _DIGITS - 1 - math.floor(math.log10(shown))
    return f"{value * known.display_factor:.{max(known.decimals, small)}f}"


def ratio_text(ratio: float) -> str:
    """Ratio without unit; a dash where it is not known."""
    return "–" if math.isnan(ratio) else f"{ratio:.2f}" if ratio < 10.0 else f"{ratio:.3g}"


def counted_text(audit: DoseAudit) -> str:
    """What was audited: exposures, units and days."""
    days = f", {audit.first_day} to {audit.last_day}" if audit.first_day else ", dates not known"
    units = counted(len(audit.exposures[["site", "unit"]].drop_duplicates()), "unit")
    return f"{counted(len(audit.exposures), 'exposure')} of patients on {units}{days}. Each exposure counts once."


def left_out_text(audit: DoseAudit) -> str:
    """What does not count, by reason."""
    parts = [f"{grouped(number)} {clean(reason).replace('_', ' ')}" for reason, number in audit.left_out.items()]
    return "; ".join(parts)

"""How a site's markers of the light field stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from xrayiq.errors import SiteError

#: coins or washers that touch the edges from inside, as the usual test with them has it
SHIPPED_MARKERS: Final = "touching"
_PLACEMENTS: Final = ("touching", "centred")


def light_field_markers(table: Any, source: str) -> str | float:
    """Setting of a site's ``[light_field]``.

    Parameters
    ----------
    table : mapping
        ``markers``: ``"touching"``, ``"centred"``, or the distance in mm, seen at the detector, by which their centres
        lie inside the light field's edge; ``"touching"`` without.
    source : str
        For messages.

    Raises
    ------
    SiteError
        It is anything else.
    """
    if not isinstance(table, Mapping) or not set(table) <= {"markers"}:
        raise SiteError("light_field", needed="markers = …", source=source)
    markers = table.get("markers", SHIPPED_MARKERS)
    if markers in _PLACEMENTS:
        return str(markers)
    if not isinstance(markers, bool) and isinstance(markers, int | float) and markers >= 0:
        return float(markers)
    raise SiteError(
        f"light_field with markers {markers!r}",
        needed="one of " + ", ".join(_PLACEMENTS) + ", or a distance in mm",
        source=source,
    )

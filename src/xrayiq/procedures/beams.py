"""Standard beam of a test exposure, as far as its header tells."""

from __future__ import annotations

import re
from typing import Final

from xrayiq.metrics import beam_qualities
from xrayiq.model import Acquisition

#: tube voltage and aluminium that a header may differ by from those of the standard beam
_VOLTAGE_TOLERANCE_KV: Final = 4.0
_FILTER_TOLERANCE_MM: Final = 1.0
_ALUMINIUM: Final = re.compile("^ALUMIN", re.IGNORECASE)


def beam_of(acquisition: Acquisition, *, edition: str) -> str:
    """Name of the standard beam with the edition of its table.

    Parameters
    ----------
    acquisition : Acquisition
        Of the exposure.
    edition : str
        Edition of the table of quanta per kerma that is wanted.

    Returns
    -------
    str
        From the protocol name where that holds one, for example ``RQA 5``; else from tube voltage (within 4 kV; the
        standards let it be tuned to the half-value layer) and added aluminium (within 1 mm). Empty where neither fits.
    """
    for name, quality in beam_qualities().items():
        if quality.edition == edition and (_is_named(acquisition, name) or _is_like(acquisition, name)):
            return name
    return ""


def _is_named(acquisition: Acquisition, name: str) -> bool:
    letters, number = re.fullmatch(r"([A-Za-z-]+)(.*)", name.partition("/")[0]).groups()  # type: ignore[union-attr]  # names of the table start with letters
    pattern = rf"\b{re.escape(letters)}[ -]?{re.escape(number)}\b"
    return re.search(pattern, acquisition.protocol_name or "", re.IGNORECASE) is not None


def _is_like(acquisition: Acquisition, name: str) -> bool:
    quality = beam_qualities()[name]
    return (
        _ALUMINIUM.match(acquisition.filter_material or "") is not None
        and _near(acquisition.tube_voltage_kv, quality.tube_voltage_kv, _VOLTAGE_TOLERANCE_KV)
        and _near(acquisition.filter_thickness_max_mm, quality.added_filtration_mm_al, _FILTER_TOLERANCE_MM)
    )


def _near(stated: float | None, standard: float | None, tolerance: float) -> bool:
    return stated is not None and standard is not None and abs(stated - standard) <= tolerance

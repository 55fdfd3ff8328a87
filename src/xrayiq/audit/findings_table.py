"""Findings of an audit as a table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from xrayiq.model import AuditFinding

COLUMNS: Final = (
    *("kind", "site", "room", "unit", "about", "quantity", "value", "bound", "ratio", "exposures"),
    *("first_day", "last_day", "evidence", "look_first", "source"),
)
_RENAMED: Final = {"evidence": "sentence", "look_first": "suggestion"}


def findings_table(findings: Iterable[AuditFinding]) -> pd.DataFrame:
    """One row for each finding, in their order: what, where, the value and what it is held against, and the evidence.

    Parameters
    ----------
    findings : iterable of AuditFinding
        Of one audit.

    Returns
    -------
    DataFrame
        `COLUMNS`; units of the closed list of quantities.
    """
    rows = [[getattr(one, _RENAMED.get(name, name)) for name in COLUMNS] for one in findings]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        {"value": "float64", "bound": "float64", "ratio": "float64"}
    )

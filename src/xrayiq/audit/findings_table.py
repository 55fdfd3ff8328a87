"""Findings of an audit as a table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import pandas as pd

from xrayiq.errors import InputError
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


def table_of(audit: Any, name: str, names: Collection[str], **held_as: str) -> pd.DataFrame:
    """One table of an audit by its name.

    Parameters
    ----------
    audit : audit
        Has `findings`, and its tables as attributes.
    name : str
        One of `names`.
    names : collection of str
        Tables that the audit has.
    **held_as : str
        Attributes of those that are not called by their name.

    Raises
    ------
    InputError
        There is no such table.
    """
    if name not in names:
        raise InputError(f"table {name!r}", needed="one of " + ", ".join(names))
    if name == "findings":
        return findings_table(audit.findings)
    return getattr(audit, held_as.get(name, name))  # type: ignore[no-any-return]  # a frame each

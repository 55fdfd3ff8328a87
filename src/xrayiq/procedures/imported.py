"""Results that were taken from tables of earlier ones: under which procedure, and which one of this program it is."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources
from typing import Final

from xrayiq.procedures.site import load_site

#: stands before the procedure of a result that was imported
IMPORTED_PREFIX: Final = "imported:"


def is_imported(procedure: str) -> bool:
    """Whether results of a procedure were taken from a table."""
    return procedure.startswith(IMPORTED_PREFIX)


def measured_as(procedure: str) -> str:
    """Procedure that gives what was imported: it does the same tests and meets the same limits."""
    return procedure.removeprefix(IMPORTED_PREFIX)


def only_procedure_of(quantity: str) -> str:
    """The procedure of a quantity by the shipped trends and limits; empty where these name none or several."""
    found = _procedures().get(quantity, frozenset())
    return next(iter(found)) if len(found) == 1 else ""


@functools.cache
def _procedures() -> dict[str, frozenset[str]]:
    text = resources.files("xrayiq").joinpath("data/trends.toml").read_text(encoding="utf-8")
    pairs = {(row["quantity"], row["procedure"]) for row in tomllib.loads(text).values()}
    pairs |= {(limit.quantity, limit.procedure) for limit in load_site().limits if limit.procedure}
    return {name: frozenset(procedure for other, procedure in pairs if other == name) for name, _ in pairs}

"""Which measurements statistics about patients' exposures count, and what is left out of them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from xrayiq.model import OF_PATIENTS
from xrayiq.report.wording import counted

#: "not_classed" is of stores that no run has classed yet: counted as before
_COUNTED: Final = (*OF_PATIENTS, "not_classed")
_LEFT_OUT: Final = MappingProxyType(
    {
        "twin": ("image of an exposure counted once already", "images of exposures counted once already"),
        "copy": ("copy under another identifier", "copies under other identifiers"),
        "quality_control": ("test image", "test images"),
        "test_patient": ("image of a test patient", "images of test patients"),
        "imported": ("object of equipment outside the register", "objects of equipment outside the register"),
    }
)


def of_exposures(measurements: pd.DataFrame) -> pd.DataFrame:
    """Rows of patients' exposures, each exposure once.

    Parameters
    ----------
    measurements : DataFrame
        Measurements or verdicts as `Records.frame` gives them.

    Returns
    -------
    DataFrame
        For each exposure, procedure, quantity and direction one row: that of the image that stands for the exposure,
        or of another image of it where that one has none.
    """
    rows = measurements[measurements["population"].isin(_COUNTED)]
    place = rows["population"].map({name: number for number, name in enumerate(_COUNTED)})
    ordered = rows.assign(_place=place).sort_values(["_place", "subject"], kind="stable")
    kept = ordered.drop_duplicates(["exposure_key", "procedure", "quantity", "direction"])
    return kept.drop(columns="_place").sort_index()


def left_out_text(objects: pd.DataFrame) -> str:
    """What the store holds beside the exposures that count, empty where there is nothing."""
    numbers = objects["population"].value_counts()
    parts = [counted(int(numbers[name]), *words) for name, words in _LEFT_OUT.items() if numbers.get(name)]
    return ", ".join(parts)

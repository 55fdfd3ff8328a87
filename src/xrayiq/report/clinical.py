"""Noise and clipping of clinical images, by unit and body part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq import plots
from xrayiq.plots.style import BAND
from xrayiq.report.counted import left_out_text, of_exposures
from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Picture, Table, picture_svg, table
from xrayiq.report.wording import clean, grouped, value_text

MOST_PICTURES: Final = 6
_ROWS: Final = 60
#: images below which a distribution is not drawn
_FEWEST: Final = 5
_QUANTITIES: Final = ("clinical_snr", "clinical_noise", "clipped_low_fraction", "clipped_high_fraction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinical:
    """Section on clinical images.

    Parameters
    ----------
    numbers : Table
        By unit and body part.
    pictures : tuple of Picture
        Distribution of the SNR by unit.
    left_out : str
        Objects that do not count, by reason.
    """

    numbers: Table
    pictures: tuple[Picture, ...]
    left_out: str


def clinical(evidence: Evidence) -> Clinical | None:
    """Noise and clipping of clinical images; None where neither was measured."""
    values = evidence.measurements
    values = of_exposures(
        values[(values["object_kind"] == "clinical") & values["quantity"].isin(_QUANTITIES) & values["value"].notna()]
    )
    if values.empty:
        return None
    values = values.assign(body=values["body_part"].map(clean).replace("", "not stated"))
    rows = [
        (evidence.unit_name(int(str(key[0]))) or "No unit", str(key[1]), *_cells(own))
        for key, own in values.groupby(["unit", "body"])
        if isinstance(key, tuple)
    ]
    columns = ["Unit", "Body part", "#Exposures", "#Median SNR", "#10th to 90th percentile", "#Median noise"]
    columns += ["#Clipped low, greatest", "#Clipped high, greatest"]
    return Clinical(
        numbers=table(columns, rows, most=_ROWS),
        pictures=_pictures(evidence, values),
        left_out=left_out_text(evidence.objects),
    )


def _cells(own: pd.DataFrame) -> tuple[str, ...]:
    by_name = {name: own.loc[own["quantity"] == name, "value"] for name in _QUANTITIES}
    snr = by_name["clinical_snr"]
    low, high = (_text("clinical_snr", float(snr.quantile(share))) for share in (0.1, 0.9))
    return (
        grouped(own["exposure_key"].nunique()),
        _text("clinical_snr", snr.median()),
        f"{low} to {high}" if len(snr) > 1 else "–",
        _text("clinical_noise", by_name["clinical_noise"].median()),
        _text("clipped_low_fraction", by_name["clipped_low_fraction"].max()),
        _text("clipped_high_fraction", by_name["clipped_high_fraction"].max()),
    )


def _text(name: str, value: float) -> str:
    return "–" if pd.isna(value) else value_text(name, float(value))


def _pictures(evidence: Evidence, values: pd.DataFrame) -> tuple[Picture, ...]:
    snr = values[values["quantity"] == "clinical_snr"]
    units = [(int(str(number)), rows["value"].to_numpy()) for number, rows in snr.groupby("unit")]
    units = sorted((item for item in units if item[1].size >= _FEWEST), key=lambda item: -item[1].size)
    return tuple(
        Picture(
            svg=picture_svg(
                lambda ax, numbers=numbers: plots.plot_snr_distribution(numbers, ax=ax),
                f"snr {number}",
                "Distribution of the signal-to-noise ratio",
                BAND,
            ),
            title=evidence.unit_name(number) or "No unit",
        )
        for number, numbers in units[:MOST_PICTURES]
    )

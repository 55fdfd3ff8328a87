"""What each exposure's field is: found in the image, told by header and dose report, and how these agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.collimation_rules import CollimationRules, ReferenceField
from xrayiq.audit.size_bands import ADULT, ADULT_OTHER

#: columns that an audit needs, NaN where not known; lengths at the detector, positions from the centre of the image
FOUND: Final = (
    *("found_height_mm", "found_width_mm", "found_offset_rows_mm", "found_offset_columns_mm", "found_area_mm2"),
    *("rotation_deg", "confidence", "visible_borders", "sides_at_border", "beside_anatomy_fraction"),
)
TOLD: Final = (
    *("image_height_mm", "image_width_mm", "detector_height_mm", "detector_width_mm", "source_detector_distance_mm"),
    *("header_top_mm", "header_bottom_mm", "header_left_mm", "header_right_mm", "header_area_mm2", "report_area_mm2"),
)
#: pairs that are compared: name, and the columns of their deviation
PAIRS: Final = {
    "image and header": "header_deviation_mm",
    "image and dose report": "report_deviation_mm",
    "header and dose report": "told_deviation_mm",
}
#: greatest rotation at which sides are compared with those of a header, which runs along rows and columns
_UPRIGHT_DEG: Final = 3.0
_ALL_SIDES: Final = 4
#: what a header rounds away
_ROUNDING_MM: Final = 1.0


def with_measures(
    exposures: pd.DataFrame, rules: CollimationRules, references: Sequence[ReferenceField] = ()
) -> pd.DataFrame:
    """Exposures with what a collimation audit goes by.

    Parameters
    ----------
    exposures : DataFrame
        One row for each image, with `FOUND`, `TOLD`, `body_part`, `view` and `band`.
    rules : CollimationRules
        Tolerances.
    references : sequence of ReferenceField
        The site's own, which win over those of the rules.

    Returns
    -------
    DataFrame
        Further columns, NaN or missing where something is not known: `counts` (the field is sure enough to be judged);
        `tolerance_mm`; deviations as in `PAIRS`; `irradiated_area_mm2` and `irradiated_source` (``"image"``, or
        ``"header"`` or ``"dose report"`` where these tell of a field beyond the stored image); `crop_fraction` (what of
        the irradiated area is not stored); `detector_fraction` and `reference_ratio` (irradiated area over the
        detector's and the reference field's); `unexposed_fraction` (of the image); `offset_rows_fraction` and
        `offset_columns_fraction` (of the distance, where all four borders are seen); and, as 1.0, 0.0 or NaN,
        `is_open`, `is_cropped`, `is_evident` (enough borders seen), `header_disagrees`, `report_disagrees`.
    """
    own = exposures.copy()
    for name in (*FOUND, *TOLD):
        own[name] = own[name].astype("float64") if name in own else np.nan
    own["counts"] = (own["confidence"] >= rules["judging"]["least_confidence"]) & own["found_area_mm2"].notna()
    sure = own["counts"].to_numpy(dtype=bool)
    distance = own["source_detector_distance_mm"].where(lambda value: value > 0.0)
    agreement = rules["agreement"]
    own["tolerance_mm"] = agreement["tolerance_sid_fraction"] * distance.fillna(agreement["assumed_sid_mm"])
    own = own.assign(**_agreement(own, sure))
    own = own.assign(**_irradiated(own, sure))
    found, stored = own["found_area_mm2"].where(sure), own["image_height_mm"] * own["image_width_mm"]
    own["unexposed_fraction"] = (1.0 - found / stored).clip(lower=0.0)
    detector = own["detector_height_mm"] * own["detector_width_mm"]
    own["detector_fraction"] = own["irradiated_area_mm2"] / detector.fillna(stored).where(lambda area: area > 0.0)
    own["reference_ratio"] = own["irradiated_area_mm2"] / _reference_areas(own, (*references, *rules.references))
    seen = sure & (own["visible_borders"] == _ALL_SIDES)
    for axis in ("rows", "columns"):
        own[f"offset_{axis}_fraction"] = own[f"found_offset_{axis}_mm"].where(seen) / distance
    return own.assign(**_verdicts(own, rules, sure))


def _agreement(own: pd.DataFrame, sure: NDArray[np.bool_]) -> dict[str, pd.Series]:
    """Deviations of what tells of one field; a field beyond the stored image is compared with its part on it."""
    half_height, half_width = own["image_height_mm"] / 2.0, own["image_width_mm"] / 2.0
    on_image = {
        "top": own["header_top_mm"].clip(lower=-half_height),
        "bottom": own["header_bottom_mm"].clip(upper=half_height),
        "left": own["header_left_mm"].clip(lower=-half_width),
        "right": own["header_right_mm"].clip(upper=half_width),
    }
    found = {
        "top": own["found_offset_rows_mm"] - own["found_height_mm"] / 2.0,
        "bottom": own["found_offset_rows_mm"] + own["found_height_mm"] / 2.0,
        "left": own["found_offset_columns_mm"] - own["found_width_mm"] / 2.0,
        "right": own["found_offset_columns_mm"] + own["found_width_mm"] / 2.0,
    }
    apart = pd.concat([(found[side] - on_image[side]).abs() for side in found], axis=1).max(axis=1, skipna=False)
    turned = own["rotation_deg"].abs() > _UPRIGHT_DEG
    sides = np.sqrt(own["found_area_mm2"])
    box = (own["header_bottom_mm"] - own["header_top_mm"]) * (own["header_right_mm"] - own["header_left_mm"])
    part = (on_image["bottom"] - on_image["top"]) * (on_image["right"] - on_image["left"])
    header = own["header_area_mm2"] * (part / box.where(box > 0.0)).clip(lower=0.0, upper=1.0)
    apart = apart.mask(turned, (np.sqrt(header) - sides).abs()).where(sure)
    report = np.sqrt(own["report_area_mm2"])
    beyond = own["sides_at_border"] > 0.0  # the image may not hold all of what was irradiated
    of_report = (sides - report).mask(beyond & (report > sides), 0.0).abs().where(sure)
    whole = np.sqrt(own["header_area_mm2"])
    return {
        "header_on_image_mm2": header,
        "header_deviation_mm": apart,
        "report_deviation_mm": of_report.where(own["report_area_mm2"].notna()),
        "told_deviation_mm": (whole - report).abs(),
    }


def _irradiated(own: pd.DataFrame, sure: NDArray[np.bool_]) -> dict[str, pd.Series]:
    """Irradiated area, what tells it, and what of it is not stored."""
    found = own["found_area_mm2"].where(sure)
    cut = own["sides_at_border"] > 0.0  # where all four borders are seen, the whole field is stored
    outside = np.sqrt(own["header_area_mm2"]) - np.sqrt(own["header_on_image_mm2"]) > _ROUNDING_MM
    by_header = cut & outside & (own["header_deviation_mm"] <= own["tolerance_mm"])
    by_report = cut & ~by_header & (own["report_area_mm2"] > found)
    area = found.mask(by_header, own["header_area_mm2"]).mask(by_report, own["report_area_mm2"])
    source = pd.Series(np.where(by_header, "header", np.where(by_report, "dose report", "image")), index=own.index)
    stored = found.mask(by_header, own["header_on_image_mm2"])
    known = own["header_area_mm2"].notna() | own["report_area_mm2"].notna()
    crop = (1.0 - stored / area.where(area > 0.0)).clip(lower=0.0)
    return {
        "irradiated_area_mm2": area,
        "irradiated_source": source.where(area.notna(), ""),
        "crop_fraction": crop.where(known),
    }


def _reference_areas(own: pd.DataFrame, references: Sequence[ReferenceField]) -> pd.Series:
    """Area of the reference field of each adult's examination; NaN where there is none."""
    table: dict[str, float] = {}
    for one in references:
        table.setdefault(f"{one.body_part}\n{one.view}", one.area_mm2)
    keys = own["body_part"].astype(str) + "\n" + own["view"].astype(str)
    return keys.map(table).astype("float64").where(own["band"].isin([ADULT, ADULT_OTHER]))


def _verdicts(own: pd.DataFrame, rules: CollimationRules, sure: NDArray[np.bool_]) -> dict[str, pd.Series]:
    """What each exposure is, as 1.0 and 0.0; NaN where it cannot be told."""
    opened = rules["open"]
    over = own["reference_ratio"] > opened["over_reference"]
    full = own["detector_fraction"] >= opened["detector_fraction"]
    fits = own["reference_ratio"].notna() & ~over  # a reference field as large as the detector may fill it
    is_open = (over | (full & ~fits)).where(own["irradiated_area_mm2"].notna())
    cropped = (own["crop_fraction"] >= rules["cropping"]["least_fraction"]).where(own["crop_fraction"].notna())
    evident = (own["visible_borders"] >= rules["borders"]["enough"]).where(sure & own["visible_borders"].notna())
    found = {"is_open": is_open, "is_cropped": cropped, "is_evident": evident}
    for name in ("header", "report"):
        apart = own[f"{name}_deviation_mm"]
        found[f"{name}_disagrees"] = (apart > own["tolerance_mm"]).where(apart.notna())
    return {name: column.astype("float64") for name, column in found.items()}

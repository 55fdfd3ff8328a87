"""Thickness of a patient along the beam from body part, view and size, where nothing states it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.sourced import Source, shipped_table, source_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientThickness:
    """Thicknesses of many patients.

    Parameters
    ----------
    thickness_mm : 1-D array
        Along the beam; NaN for body parts that the table does not hold.
    relative_uncertainty : 1-D array
        Relative standard uncertainty (k = 1).
    source : Source
        Of the table and of how it goes with size.
    """

    thickness_mm: Floats
    relative_uncertainty: Floats
    source: Source


def assumed_thickness(
    body_parts: ArrayLike, views: ArrayLike, *, weight_kg: ArrayLike, size_m: ArrayLike, bands: ArrayLike
) -> PatientThickness:
    """Thickness that is taken for granted.

    Parameters
    ----------
    body_parts, views : 1-D array-like of str
        Terms of ``data/examinations.toml``.
    weight_kg, size_m : 1-D array-like
        Of the patients; NaN where not known.
    bands : 1-D array-like of str
        Size bands, which stand for the weight of a child where that is not known; others count as standard adults.

    Returns
    -------
    PatientThickness
        That of an adult of 70 kg and 1.70 m by ``data/patient_thickness.toml``, times the root of weight over size by
        theirs, or times the cube root of the weight where the size is not known.
    """
    table = shipped_table("patient_thickness")
    rule, rows = table["rule"], table["thickness_mm"]
    pairs = list(zip(*(np.asarray(texts, dtype=object).tolist() for texts in (body_parts, views)), strict=True))
    known = {pair: row.get(pair[1], row["any"]) if (row := rows.get(pair[0])) else np.nan for pair in set(pairs)}
    adult = np.array([known[pair] for pair in pairs], dtype=np.float64)
    weight = np.asarray(weight_kg, dtype=np.float64)
    told = weight > 0.0
    usual = np.array(
        [rule["band_weights_kg"].get(band, rule["weight_kg"]) for band in np.asarray(bands, object).tolist()]
    )
    heavy = np.where(told, weight, usual) / rule["weight_kg"]
    tall = np.asarray(size_m, dtype=np.float64) / rule["size_m"]
    sized = told & (tall > 0.0)
    scale = np.where(sized, np.sqrt(heavy / np.where(sized, tall, 1.0)), np.cbrt(heavy))
    return PatientThickness(
        thickness_mm=adult * scale,
        relative_uncertainty=np.where(told, rule["weight_told"], rule["weight_not_told"]),
        source=source_of(rule),
    )


def assumed_gap_mm(source_detector_distance_mm: ArrayLike, source_patient_distance_mm: ArrayLike) -> Floats:
    """Distance from the patient to the detector: as stated where that can be of a support, else the usual one.

    Parameters
    ----------
    source_detector_distance_mm, source_patient_distance_mm : 1-D array-like
        As headers state them; the second is that of the support (DICOM PS3.3, C.8.11.4), but of the skin in some.
    """
    rule = shipped_table("patient_thickness")["rule"]
    stated = np.asarray(source_detector_distance_mm, np.float64) - np.asarray(source_patient_distance_mm, np.float64)
    usable = (stated >= 0.0) & (stated <= rule["most_gap_mm"]) & (np.asarray(source_patient_distance_mm) > 0.0)
    return np.where(usable, stated, rule["gap_mm"])

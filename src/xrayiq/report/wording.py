"""Words and numbers as they stand on the page."""

from __future__ import annotations

import math
import unicodedata
from types import MappingProxyType
from typing import Final

import pandas as pd

from xrayiq.model import Finding, FindingStep, quantity
from xrayiq.procedures.imported import is_imported, measured_as

#: longest text from a header that a page shows
_LONGEST: Final = 80

STATUS_WORDS: Final = MappingProxyType(
    {
        "pass": "Within limits",
        "warning": "Warning",
        "fail": "Out of limits",
        "indeterminate": "Not judged",
        "none": "No limit",
    }
)

KIND_WORDS: Final = MappingProxyType(
    {
        "flat_field": "Flat field",
        "edge": "Edge",
        "collimated_field": "Collimated field",
        "test_object": "Test object",
        "clinical": "Clinical image",
        "dose_report": "Dose report",
        "performed_step": "Performed procedure step",
        "reject_note": "Reject note",
        "meter": "Meter readings",
        "other": "Other",
    }
)

PROCEDURE_WORDS: Final = MappingProxyType(
    {
        "read": "Reading",
        "uniformity": "Uniformity",
        "mammography_flat_field": "Mammography flat field",
        "mtf": "MTF",
        "nps": "Noise power spectrum",
        "signal_transfer": "Signal transfer",
        "noise_components": "Noise components",
        "defects": "Defects",
        "defect_map": "Defect map",
        "defect_change": "Defects since the last map",
        "temporal_noise": "Temporal and structured noise",
        "line_noise": "Row and column noise",
        "artefacts": "Artefacts",
        "mtf_iec": "MTF, full edge spread function",
        "nps_level": "Noise power spectrum of a level",
        "dqe": "DQE",
        "acquisition_set": "Acquisition set",
        "collimation": "Collimation",
        "exposure_index": "Exposure index",
        "clinical_noise": "Noise in the anatomy",
        "clipping": "Clipping",
        "dose_report": "Dose report",
        "reject_note": "Reject note",
        "performed_step": "Performed procedure step",
        "generator": "Tube and generator",
        "dap_meter": "Dose-area product meter",
        "half_value_layer": "Half-value layer",
        "aec_repeatability": "AEC repeatability",
        "aec_tracking": "AEC tracking",
        "aec_chamber_balance": "AEC chambers",
    }
)

FILE_WORDS: Final = MappingProxyType(
    {
        "object": "DICOM objects",
        "duplicate": "Duplicates of objects already met",
        "not_dicom": "Not DICOM",
        "unreadable": "Unreadable",
    }
)

#: files that are DICOM objects by their header alone
DAMAGED_WORDS: Final = "Damaged DICOM objects: only the header reads"


def clean(value: object, *, longest: int = _LONGEST) -> str:
    """Text of a stored value: no control or direction-changing characters, cut to a length, empty for nothing."""
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = "".join(" " if unicodedata.category(letter) in ("Cc", "Cf") else letter for letter in str(value))
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def words(name: str, known: MappingProxyType[str, str]) -> str:
    """Plain words of a stored name, the name itself in plain letters where there are none."""
    return known.get(name) or clean(name).replace("_", " ").capitalize()


def procedure_words(procedure: str) -> str:
    """Plain words of a procedure; of one whose results were taken from a table they say so."""
    told = words(measured_as(procedure), PROCEDURE_WORDS)
    return f"{told} (imported)" if is_imported(procedure) else told


def counted(number: int, noun: str, plural: str = "") -> str:
    """Number with its noun: ``1 image``, ``2 images``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}".replace(",", "\u202f")


def grouped(number: int) -> str:
    """Whole number in groups of three digits."""
    return f"{number:,}".replace(",", "\u202f")


def day(moment: object) -> str:
    """Date of a moment, empty where it is not known."""
    return "" if pd.isna(moment) else pd.Timestamp(moment).strftime("%Y-%m-%d")  # type: ignore[call-overload,arg-type]


def minute(moment: object) -> str:
    """Date and time of a moment, empty where it is not known."""
    return "" if pd.isna(moment) else pd.Timestamp(moment).strftime("%Y-%m-%d %H:%M")  # type: ignore[call-overload,arg-type]


def period(moments: pd.Series) -> str:
    """First and last day of dates, some of which may be missing."""
    known = moments.dropna()
    if known.empty:
        return "dates not known"
    first, last = day(known.min()), day(known.max())
    return first if first == last else f"{first} to {last}"


def value_text(name: str, value: float) -> str:
    """Value of a quantity with its unit on paper and a real minus."""
    return "not a number" if math.isnan(value) else quantity(name).text(value).replace("-", "−", 1)


def range_text(name: str, low: float, high: float) -> str:
    """Two values of a quantity with its unit once."""
    unit = quantity(name).display_unit
    return f"{value_text(name, low).removesuffix(unit).rstrip()} to {value_text(name, high)}"


def worst_text(finding: Finding) -> str:
    """Worst value of a finding as its limit takes it: of a relative one with its deviation from the baseline."""
    text = value_text(finding.quantity, finding.worst)
    if finding.basis != "relative_to_baseline" or finding.worst_compared is None:
        return text
    deviation = f"{100.0 * finding.worst_compared:+.1f} %".replace("-", "−")
    if finding.worst_baseline is None:
        return f"{text}, {deviation} from the baseline"
    return f"{text}, {deviation} from the baseline {value_text(finding.quantity, finding.worst_baseline)}"


def allowed_text(finding: Finding) -> str:
    """What the limit of a finding allows."""
    low, high = (math.nan if bound is None else bound for bound in (finding.fail_low, finding.fail_high))
    return bounds_text(finding.quantity, finding.basis, low, high)


def acceptance_text(finding: Finding, step: FindingStep) -> str:
    """How far an acceptance goes; empty where it says nothing."""
    told = [f"until {step.until.isoformat()}"] if step.until is not None else []
    if step.worst is not None:
        bound = bounds_text(finding.quantity, finding.basis, math.nan, step.worst).removeprefix("at most ")
        told.append(f"up to {bound}")
    return "accepted " + ", ".join(told) if told else ""


def label_of(name: str, direction: str = "") -> str:
    """Label of a quantity, with the axis that the profile runs along."""
    label = quantity(name).label
    return f"{label}, across {direction}" if direction else label


def percent(share: float) -> str:
    """Share of a whole in percent."""
    return f"{100.0 * share:.0f} %"


def bounds_text(name: str, basis: str, low: float, high: float) -> str:
    """Range that a pair of bounds allows, empty where there is none."""
    if math.isnan(low) and math.isnan(high):
        return ""
    relative = basis == "relative_to_baseline"

    def text(bound: float) -> str:
        return f"{100.0 * bound:+.0f} %".replace("-", "−") if relative else value_text(name, bound)

    if math.isnan(low):
        allowed = f"at most {text(high)}"
    elif math.isnan(high):
        allowed = f"at least {text(low)}"
    else:
        allowed = f"{text(low)} to {text(high)}" if relative else range_text(name, low, high)
    return f"{allowed} of the baseline" if relative else allowed

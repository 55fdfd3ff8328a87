"""Known faults of real radiation dose reports, planted in simulated ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Final, Literal

from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import code_item
from xrayiq_phantoms.stated_doses import SimulatedReport

DoseFault = Literal[
    "milligray",
    "decigray_square_centimetre",
    "unknown_unit",
    "empty_value",
    "no_template",
    "contradicting_meaning",
    "no_date",
    "past_midnight",
    "negative_dose",
    "not_a_number",
    "wrong_value_type",
    "no_concept",
    "no_coded_value",
    "repeated_event",
    "wrong_total",
]

_EVENT: Final = "113706"
_DAP: Final = "122130"
_KERMA: Final = "113738"
_STARTED: Final = "111526"


def plant_dose_fault(report: SimulatedReport, fault: DoseFault) -> SimulatedReport:
    """A projection report with one fault, in its last event or its first accumulated block.

    Parameters
    ----------
    report : SimulatedReport
        Its dataset is altered.
    fault : str
        ``"milligray"`` and ``"decigray_square_centimetre"`` are the same doses in other units that a reader knows; the
        others make one item contradict another, or unreadable.

    Returns
    -------
    SimulatedReport
        With the path of the item in `faults` where a reader must name it: code values from the root, each with its
        place among the items of its level, from 1.
    """
    path = _PLANTS[fault](report.dataset)
    return dataclasses.replace(report, faults={} if path is None else {path: fault})


def _name(item: Dataset) -> str:
    return str(item.ConceptNameCodeSequence[0].CodeValue) if item.get("ConceptNameCodeSequence") else ""


def _below(parent: Dataset, path: str) -> Iterator[tuple[Dataset, str]]:
    for place, item in enumerate(parent.get("ContentSequence", ()), start=1):
        own = f"{path}/{_name(item)}[{place}]"
        yield item, own
        yield from _below(item, own)


def _last(dataset: Dataset, code: str) -> tuple[Dataset, str]:
    return [(item, path) for item, path in _below(dataset, "113701") if _name(item) == code][-1]


def _converted(code: str, unit: str, factor: float) -> Callable[[Dataset], str | None]:
    def plant(dataset: Dataset) -> None:
        for item, _ in _below(dataset, ""):
            if _name(item) == code:
                value = item.MeasuredValueSequence[0]
                value.NumericValue = f"{float(value.NumericValue) * factor:.10g}"
                value.MeasurementUnitsCodeSequence = [code_item(unit, unit, "UCUM")]

    return plant


def _unknown_unit(dataset: Dataset) -> str:
    item, path = _last(dataset, _DAP)
    item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence = [code_item("Gy.parsec2", "Gy.m2", "UCUM")]
    return path


def _empty_value(dataset: Dataset) -> str:
    item, path = _last(dataset, _DAP)
    item.MeasuredValueSequence = []
    return path


def _no_template(dataset: Dataset) -> None:
    del dataset.ContentTemplateSequence


def _contradicting_meaning(dataset: Dataset) -> str:
    item, path = _last(dataset, _KERMA)
    item.ConceptNameCodeSequence[0].CodeMeaning = "Dose Area Product"
    return path


def _no_date(dataset: Dataset) -> str:
    item, path = _last(dataset, _STARTED)
    item.DateTime = ""
    return path


def _past_midnight(dataset: Dataset) -> str:
    moments = [item for item, _ in _below(dataset, "") if _name(item) == _STARTED]
    for item in moments:
        item.DateTime = "20250304235900"
    moments[-1].DateTime = "20250304000030"
    return _last(dataset, _EVENT)[1]


def _written(text: str) -> Callable[[Dataset], str | None]:
    def plant(dataset: Dataset) -> str:
        item, path = _last(dataset, _DAP)
        with disable_value_validation():
            item.MeasuredValueSequence[0].add_new("NumericValue", "LO", text)
        return path

    return plant


def _wrong_value_type(dataset: Dataset) -> str:
    item, path = _last(dataset, _DAP)
    item.ValueType = "TEXT"
    item.TextValue = str(item.MeasuredValueSequence[0].NumericValue)
    del item.MeasuredValueSequence
    return path


def _no_concept(dataset: Dataset) -> str:
    item, path = _last(dataset, _DAP)
    item.ConceptNameCodeSequence[0].CodeValue = ""
    return path.replace(f"/{_DAP}[", "/?[")


def _no_coded_value(dataset: Dataset) -> str:
    event, _ = _last(dataset, _EVENT)
    item = event.ContentSequence[0]
    item.ConceptCodeSequence = []
    return _last(dataset, "113764")[1]


def _repeated_event(dataset: Dataset) -> str:
    uids = [item for item, _ in _below(dataset, "") if _name(item) == "113769"]
    uids[-1].UID = uids[0].UID
    return _last(dataset, _EVENT)[1]


def _wrong_total(dataset: Dataset) -> str:
    item, path = _last(dataset, "113722")
    value = item.MeasuredValueSequence[0]
    value.NumericValue = f"{float(value.NumericValue) * 1e5:.10g}"
    return path


_PLANTS: Final[dict[DoseFault, Callable[[Dataset], str | None]]] = {
    "milligray": _converted(_KERMA, "mGy", 1e3),
    "decigray_square_centimetre": _converted(_DAP, "dGy.cm2", 1e5),
    "unknown_unit": _unknown_unit,
    "empty_value": _empty_value,
    "no_template": _no_template,
    "contradicting_meaning": _contradicting_meaning,
    "no_date": _no_date,
    "past_midnight": _past_midnight,
    "negative_dose": _written("-2e-6"),
    "not_a_number": _written("NaN"),
    "wrong_value_type": _wrong_value_type,
    "no_concept": _no_concept,
    "no_coded_value": _no_coded_value,
    "repeated_event": _repeated_event,
    "wrong_total": _wrong_total,
}
#: all faults
DOSE_FAULTS: Final = tuple(_PLANTS)

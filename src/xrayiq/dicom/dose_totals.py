"""Accumulated blocks of dose reports (DICOM PS3.16, TID 10002 and below, TID 10012), and whether the events agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from xrayiq.dicom.content import ContentItem
from xrayiq.dicom.dose_events import LATERALITY
from xrayiq.dicom.dose_items import ContainerItems, written_step
from xrayiq.model import AccumulatedDose, DoseEvent, DoseReportFault
from xrayiq.units import UnknownUnitError

#: code values of a plane that stands for all of them
_ALL_PLANES: Final = "113890"
#: field: (code value, dimension)
_NUMBERS: Final = {
    "dap_gy_m2": ("113722", "dose_area_product"),
    "fluoro_dap_gy_m2": ("113726", "dose_area_product"),
    "acquisition_dap_gy_m2": ("113727", "dose_area_product"),
    "reference_point_kerma_mgy": ("113725", "kerma"),
    "fluoro_kerma_mgy": ("113728", "kerma"),
    "acquisition_kerma_mgy": ("113729", "kerma"),
    "fluoro_time_s": ("113730", "duration"),
    "acquisition_time_s": ("113855", "duration"),
    "radiographic_frames": ("113731", "count"),
    "dose_length_product_mgy_cm": ("113813", "dose_length_product"),
    "tomography_events": ("113812", "count"),
}
_GLANDULAR: Final = "111637"
#: breasts (SRT, SCT)
_BOTH: Final = frozenset({"T-04080", "63762007"})
_LEFT: Final = frozenset({"T-04030", "80248007", "G-A101", "7771000"})
_RIGHT: Final = frozenset({"T-04020", "73056007", "G-A100", "24028007"})
#: total, its parts: fields and the code value of the total
_PARTS: Final = (
    ("dap_gy_m2", ("fluoro_dap_gy_m2", "acquisition_dap_gy_m2")),
    ("reference_point_kerma_mgy", ("fluoro_kerma_mgy", "acquisition_kerma_mgy")),
)
#: total: (code value of an event's share, unit in messages)
_SHARES: Final = {
    "dap_gy_m2": ("122130", "Gy.m2"),
    "reference_point_kerma_mgy": ("113738", "mGy"),
    "dose_length_product_mgy_cm": ("113838", "mGy.cm"),
}
#: rounding of the sum of a report's numbers, as a fraction
_SUMMATION: Final = 1e-9


def read_accumulated(item: ContentItem, faults: list[DoseReportFault]) -> AccumulatedDose:
    """Totals of one block; what cannot be taken is added to the faults."""
    items = ContainerItems(item, faults, "block")
    numbers = {field: items.number(code, dimension=dimension) for field, (code, dimension) in _NUMBERS.items()}
    return AccumulatedDose(
        plane=items.code("113764"),
        reference_point=items.code_where_coded("113780"),
        calibration_factor=items.number("122322", dimension="number"),
        calibration_uncertainty_fraction=items.number("113763", dimension="fraction"),
        calibrated_at=items.moment("113723"),
        **_glandular(items),
        **numbers,
    )


def _glandular(items: ContainerItems) -> dict[str, float | None]:
    """Glandular dose by breast; of both, what the block states or the sum over the breasts."""
    found: dict[str, tuple[ContentItem, float]] = {}
    for item in items.items(_GLANDULAR):
        value = items.value(item, "kerma")
        if value is None:
            continue
        side = _side(item)
        if side in found:
            items.fault(item, f"second total of {side or 'no'} breast in one block; needed one, the first was taken")
        else:
            found[side] = item, value
    left, right = (found[side][1] if side in found else None for side in ("left", "right"))
    both = next((found[side][1] for side in ("both", "") if side in found), None)
    sides = [value for value in (left, right) if value is not None]
    return {
        "left_glandular_dose_mgy": left,
        "right_glandular_dose_mgy": right,
        "average_glandular_dose_mgy": both if both is not None or not sides else sum(sides),
    }


def _side(item: ContentItem) -> str:
    names = {code for code, _ in LATERALITY}
    coded = next((child.coded[0] for child in item.children if child.concept[0] in names and child.coded), "")
    sides = (("both", _BOTH), ("left", _LEFT), ("right", _RIGHT))
    return next((side for side, codes in sides if coded in codes), "")


def counted_blocks(blocks: Sequence[AccumulatedDose]) -> tuple[AccumulatedDose, ...]:
    """Blocks that are summed: where one stands for all planes, it alone."""
    whole = tuple(block for block in blocks if block.plane is not None and block.plane[0] == _ALL_PLANES)
    return whole or tuple(blocks)


def summed(blocks: Sequence[AccumulatedDose], field: str) -> float | None:
    """Sum of a field over blocks, None where none of them states it."""
    values = [value for block in blocks if (value := getattr(block, field)) is not None]
    return sum(values) if values else None


def contradictions(
    items: Sequence[ContentItem],
    blocks: Sequence[AccumulatedDose],
    events: Sequence[tuple[ContentItem, DoseEvent]],
) -> list[DoseReportFault]:
    """Totals that their parts, or the events of their plane, contradict by more than the digits written.

    Parameters
    ----------
    items : sequence of ContentItem
        Accumulated blocks.
    blocks : sequence of AccumulatedDose
        What they state, in the same order.
    events : sequence of (ContentItem, DoseEvent)
        Irradiation events.
    """
    found: list[DoseReportFault] = []
    placed = len(blocks) == 1 or all(event.plane is not None for _, event in events)
    planes = [block.plane[0] if block.plane else "" for block in blocks]
    for item, block, plane in zip(items, blocks, planes, strict=True):
        if planes.count(plane) > 1:
            message = f"{planes.count(plane)} accumulated blocks of one plane; their sum was taken"
            found.append(DoseReportFault(path=item.path, message=message, kind="contradiction"))
        found += _against_parts(item, block)
        if block.tomography_events is not None and len(blocks) == 1 and block.tomography_events != len(events):
            message = f"{block.tomography_events:g} events stated; the report holds {len(events)}"
            found.append(_contradiction(item, "tomography_events", message))
        if placed and planes.count(plane) == 1:
            own = events if len(blocks) == 1 or plane == _ALL_PLANES else _of_plane(events, plane)
            found += _against_events(item, block, own)
    return found


def _of_plane(events: Sequence[tuple[ContentItem, DoseEvent]], plane: str) -> list[tuple[ContentItem, DoseEvent]]:
    return [(item, event) for item, event in events if event.plane is not None and event.plane[0] == plane]


def _against_parts(item: ContentItem, block: AccumulatedDose) -> list[DoseReportFault]:
    found = []
    for field, parts in _PARTS:
        total, values = getattr(block, field), [getattr(block, part) for part in parts]
        if total is None or None in values:
            continue
        allowed = sum(_step(item, name) for name in (field, *parts)) / 2 + _SUMMATION * total
        if abs(total - sum(values)) > allowed:
            message = f"total {total:.6g} {_SHARES[field][1]}; fluoroscopy and acquisitions give {sum(values):.6g}"
            found.append(_contradiction(item, field, message))
    return found


def _against_events(
    item: ContentItem, block: AccumulatedDose, events: Sequence[tuple[ContentItem, DoseEvent]]
) -> list[DoseReportFault]:
    found = []
    for field, (share, unit) in _SHARES.items():
        total = getattr(block, field)
        values = [value for _, event in events if (value := _share(event, field)) is not None]
        if total is None or not values:
            continue
        finest = min((step for one, _ in events for step in _steps(one, share, _NUMBERS[field][1])), default=0.0)
        step = _step(item, field)
        allowed = (step + len(values) * finest) / 2 + _SUMMATION * max(total, sum(values))
        difference = total - sum(values)
        if -difference > allowed or (difference > allowed and len(values) == len(events)):
            ratio = f" (ratio {total / sum(values):.6g})" if sum(values) else ""
            message = f"total {total:.6g} {unit}; {len(values)} events give {sum(values):.6g}{ratio}"
            found.append(_contradiction(item, field, message))
    return found


def _share(event: DoseEvent, field: str) -> float | None:
    if field == "dose_length_product_mgy_cm":
        return None if event.tomography is None else event.tomography.dose_length_product_mgy_cm
    value: float | None = getattr(event, field)
    return value


def _named(item: ContentItem, code: str) -> list[ContentItem]:
    return [one for one in item.walk() if one.is_named(code) and one.number is not None]


def _steps(item: ContentItem, code: str, dimension: str) -> list[float]:
    try:
        return [written_step(one, dimension) for one in _named(item, code) if one.number]
    except UnknownUnitError:
        return []


def _step(item: ContentItem, field: str) -> float:
    code, dimension = _NUMBERS[field]
    return max(_steps(item, code, dimension), default=0.0)


def _contradiction(item: ContentItem, field: str, message: str) -> DoseReportFault:
    named = _named(item, _NUMBERS[field][0])
    return DoseReportFault(path=(named or [item])[0].path, message=message, kind="contradiction")

"""Content of dose reports of mammography and of computed tomography."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Final

import numpy as np
from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import code_item
from xrayiq_phantoms.report_items import (
    coded_item,
    container_item,
    content_item,
    number_item,
    other_item,
    started_item,
    text_item,
    uid_item,
)
from xrayiq_phantoms.stated_doses import Built, StatedEvent, accumulated_block, event_block, filter_block

_BREASTS: Final = {"right": ("T-04020", "Right breast"), "left": ("T-04030", "Left breast")}
_VIEWS: Final = (("R-10242", "cranio-caudal"), ("R-10226", "medio-lateral oblique"))


def mammography_content(
    generator: np.random.Generator, uids: Sequence[str], moments: Sequence[datetime.datetime]
) -> Built:
    """Events of both breasts in turn; the blocks state a glandular dose for each."""
    sides = [("right", "left")[index % 2] for index in range(len(uids))]
    doses = [int(generator.integers(8000, 30000)) for _ in uids]
    content, stated = [], []
    for index, (uid, at, side, dose) in enumerate(zip(uids, moments, sides, doses, strict=True)):
        thickness, force = int(generator.integers(20, 90)), int(generator.integers(40, 180))
        target = other_item(("123014", "Target Region"), ("T-04000", "Breast"), "SRT")
        target.ContentSequence = [_laterality(side)]
        items = [
            coded_item("CONTAINS", ("113721", "Irradiation Event Type"), ("113611", "Stationary Acquisition")),
            target,
            other_item(("111031", "Image View"), _VIEWS[index // 2 % 2], "SRT"),
            number_item(("111631", "Average Glandular Dose"), dose / 1e6, "dGy"),
            number_item(("111636", "Entrance Exposure at RP"), dose / 2500, "mGy"),
            other_item(("111632", "Anode Target Material"), ("C-150F9", "Tungsten or Tungsten compound"), "SRT"),
            filter_block("Rh", 0.05),
            number_item(("111634", "Half Value Layer"), 0.55, "mm"),
            number_item(("113733", "KVP"), 29, "kV"),
            number_item(("113736", "Exposure"), 95000, "uA.s"),
            number_item(("111647", "Compression Force"), force, "N"),
            number_item(("111633", "Compression Thickness"), thickness, "mm"),
        ]
        content.append(event_block(uid, at, "single", items))
        numbers = {
            "average_glandular_dose_mgy": dose / 1e4,
            "compression_force_n": float(force),
            "compression_thickness_mm": float(thickness),
        }
        stated.append(StatedEvent(event_uid=uid, started_at=at, side=side, numbers=numbers))
    totals, by_side = [], {}
    for side in _BREASTS:
        own = sum(dose for dose, of in zip(doses, sides, strict=True) if of == side)
        item = number_item(("111637", "Accumulated Average Glandular Dose"), own / 1e6, "dGy")
        item.ContentSequence = [_laterality(side)]
        totals.append(item)
        by_side[f"{side}_glandular_dose_mgy"] = own / 1e4
    by_side["average_glandular_dose_mgy"] = sum(doses) / 1e4
    procedure = content_item("HAS CONCEPT MOD", "CODE", code_item("121058", "Procedure reported", "DCM"))
    procedure.ConceptCodeSequence = [code_item("P5-40010", "Mammography", "SRT")]
    return [procedure, accumulated_block("single", totals), *content], stated, {"single": by_side}


def _laterality(side: str) -> Dataset:
    item = content_item("HAS CONCEPT MOD", "CODE", code_item("G-C171", "Laterality", "SRT"))
    item.ConceptCodeSequence = [code_item(*_BREASTS[side], "SRT")]
    return item


def tomography_content(
    generator: np.random.Generator, uids: Sequence[str], moments: Sequence[datetime.datetime]
) -> Built:
    """Acquisitions with dose index and dose-length product, in an accumulated block their total."""
    products = [int(generator.integers(500, 90000)) for _ in uids]
    content, stated = [], []
    for uid, at, product in zip(uids, moments, products, strict=True):
        index = int(generator.integers(100, 4000)) / 100
        dose = container_item(("113829", "CT Dose"), "10013")
        dose.ContentSequence = [
            number_item(("113830", "Mean CTDIvol"), index, "mGy"),
            coded_item("CONTAINS", ("113835", "CTDIw Phantom Type"), ("113691", "IEC Body Dosimetry Phantom")),
            number_item(("113838", "DLP"), product / 100, "mGy.cm"),
        ]
        source = container_item(("113831", "CT X-Ray Source Parameters"), "10013")
        source.ContentSequence = [
            number_item(("113733", "KVP"), 120, "kV"),
            number_item(("113734", "X-Ray Tube Current"), 180, "mA"),
        ]
        parameters = container_item(("113822", "CT Acquisition Parameters"), "10013")
        parameters.ContentSequence = [number_item(("113824", "Exposure Time"), 3.5, "s"), source]
        event = container_item(("113819", "CT Acquisition"), "10013")
        event.ContentSequence = [
            text_item(("125203", "Acquisition Protocol"), "Simulated abdomen"),
            coded_item("CONTAINS", ("113820", "CT Acquisition Type"), ("113805", "Constant Angle Acquisition")),
            uid_item("CONTAINS", ("113769", "Irradiation Event UID"), uid),
            started_item(at),
            parameters,
            dose,
        ]
        content.append(event)
        numbers = {"mean_ctdi_vol_mgy": index, "dose_length_product_mgy_cm": product / 100}
        stated.append(StatedEvent(event_uid=uid, started_at=at, numbers=numbers))
    total = sum(products) / 100
    block = container_item(("113811", "CT Accumulated Dose Data"), "10012")
    block.ContentSequence = [
        number_item(("113812", "Total Number of Irradiation Events"), len(uids), "{events}", "events"),
        number_item(("113813", "CT Dose Length Product Total"), total, "mGy.cm"),
    ]
    procedure = content_item("HAS CONCEPT MOD", "CODE", code_item("121058", "Procedure reported", "DCM"))
    procedure.ConceptCodeSequence = [code_item("P5-08000", "Computed Tomography X-Ray", "SRT")]
    return [procedure, block, *content], stated, {"single": {"dose_length_product_mgy_cm": total}}

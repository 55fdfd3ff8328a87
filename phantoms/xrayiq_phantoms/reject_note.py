"""Key object selections that reject images (DICOM PS3.16, TID 2010)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydicom.dataset import Dataset
from pydicom.uid import UID

from xrayiq_phantoms.dicom_values import SIMULATED_START, Equipment, Examination, Identifiers, code_item
from xrayiq_phantoms.dicom_writer import DX_PROCESSING_CLASS, file_meta
from xrayiq_phantoms.dose_report import report_document
from xrayiq_phantoms.report_items import Code, coded_item, content_item, template_item, text_item

KEY_OBJECT_CLASS: Final = UID("1.2.840.10008.5.1.4.1.1.88.59")
REJECTED_FOR_QUALITY: Final[Code] = ("113001", "Rejected for Quality Reasons")
#: reasons (CID 7011) under the words of reject logs
REASONS: Final[Mapping[str, Code]] = MappingProxyType(
    {
        "positioning": ("111209", "Positioning"),
        "motion": ("111210", "Motion blur"),
        "under-exposed": ("111211", "Under exposed"),
        "over-exposed": ("111212", "Over exposed"),
        "artefact on the patient": ("111207", "Image artifact(s)"),
    }
)


def write_reject_note(
    path: str | Path | None,
    *,
    image_uids: Iterable[str],
    title: Code = REJECTED_FOR_QUALITY,
    reasons: Iterable[Code] = (),
    text: str = "",
    study_uid: str | None = None,
    equipment: Equipment | None = None,
    examination: Examination | None = None,
    identifiers: Identifiers | None = None,
    noted_at: datetime.datetime = SIMULATED_START,
) -> Dataset:
    """Key object selection that refers to images.

    Parameters
    ----------
    path : path or None
        File to write; None only builds the dataset.
    image_uids : iterable of str
        Images that it refers to.
    title : Code
        Root title (CID 7010).
    reasons : iterable of Code
        Title modifiers (CID 7011).
    text : str
        Key object description.
    study_uid : str, optional
        Study of the images; that of the note's own identifiers without.
    equipment, examination, identifiers : optional
        What the header says; the defaults are simulated values.
    noted_at : datetime
        Moment of the note.

    Returns
    -------
    Dataset
        The note with its file meta information, as written.
    """
    identifiers = identifiers or Identifiers()
    dataset = report_document(equipment or Equipment(), examination or Examination(), identifiers, noted_at)
    dataset.SOPClassUID = KEY_OBJECT_CLASS
    dataset.Modality = "KO"
    dataset.ConceptNameCodeSequence = [code_item(*title, "DCM")]
    dataset.ContentTemplateSequence = [template_item("2010")]
    listed = tuple(image_uids)
    modifier = ("113011", "Document Title Modifier")
    items = [coded_item("HAS CONCEPT MOD", modifier, reason) for reason in reasons]
    if text:
        items.append(text_item(("113012", "Key Object Description"), text))
    for uid in listed:
        item = content_item("CONTAINS", "IMAGE", code_item("", "", "DCM"))
        del item.ConceptNameCodeSequence
        item.ReferencedSOPSequence = [_reference(uid)]
        items.append(item)
    dataset.ContentSequence = items
    series, study = Dataset(), Dataset()
    series.SeriesInstanceUID = identifiers.series_uid
    series.ReferencedSOPSequence = [_reference(uid) for uid in listed]
    study.StudyInstanceUID = study_uid or identifiers.study_uid
    study.ReferencedSeriesSequence = [series]
    dataset.CurrentRequestedProcedureEvidenceSequence = [study]
    dataset.file_meta = file_meta(dataset, "explicit")
    if path is not None:
        dataset.save_as(path, enforce_file_format=True)
    return dataset


def _reference(uid: str) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = DX_PROCESSING_CLASS, uid
    return item

"""One object's header as the archive's index keeps it."""

from __future__ import annotations

from pydicom.dataset import Dataset

from xrayiq.dicom.acquisition import acquisition_of
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.frame_choice import chosen_frame
from xrayiq.dicom.header_detail import header_detail
from xrayiq.dicom.layout import frame_count
from xrayiq.dicom.opening import OpenedHeader, Source, open_header, opened_dataset
from xrayiq.dicom.privacy import names_test_patient, person_key
from xrayiq.model import Acquisition, ObjectHeader


def read_header(source: Source, *, key: bytes | None = None, test_patients: str | None = None) -> ObjectHeader:
    """Identity, size, technique and equipment of a DICOM object, without its pixels.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The object; it need not be an image.
    key : bytes, optional
        Secret key (`xrayiq.key_file.load_key`) for the hashes that stand for patient and operator; without it
        both are None.
    test_patients : str, optional
        Regular expression that the name or number of a test patient matches, whatever the case of its letters.

    Returns
    -------
    ObjectHeader
        Holds no name, number, address or birth date of a person.

    Raises
    ------
    ReadError
        One of its kinds: the source is no DICOM object, is damaged or is encoded unknowably.
    """
    return object_header(open_header(source), key, test_patients=test_patients)


def read_acquisition(source: Source) -> Acquisition:
    """Technique, exposure indicators, dose and equipment of a DICOM object, without its pixels.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The object.

    Returns
    -------
    Acquisition
        None where the header is silent; 0 is a value.

    Raises
    ------
    ReadError
        One of its kinds: the source is no DICOM object, is damaged or is encoded unknowably.
    """
    return read_header(source).acquisition


def dataset_header(
    dataset: Dataset,
    key: bytes | None = None,
    name: str = "dataset",
    *,
    frame: int | None = None,
    test_patients: str | None = None,
) -> ObjectHeader:
    """Index row of an opened object.

    Parameters
    ----------
    dataset : Dataset
        As `open_object` gives it, with or without pixel data.
    key : bytes, optional
        Secret key for the hashes of persons.
    name : str
        Name used in messages.
    frame : int, optional
        Frame whose functional groups are read, from 1; without it the one that `read` takes.
    test_patients : str, optional
        As for `read_header`.

    Returns
    -------
    ObjectHeader
        See `read_header`. Its subject is the object, whatever the frame.

    Raises
    ------
    InputError
        The object has no such frame.
    """
    return object_header(opened_dataset(dataset, name), key, frame, test_patients=test_patients)


def object_header(
    opened: OpenedHeader, key: bytes | None = None, frame: int | None = None, *, test_patients: str | None = None
) -> ObjectHeader:
    """Index row of an opened header; the parameters are those of `dataset_header`."""
    with guarded(opened.name):
        elements = Elements.of(opened.content, chosen_frame(opened.content, frame, opened.name))
        meta = Elements(() if opened.meta is None else (opened.meta,))
        rows, columns = elements.integer("Rows"), elements.integer("Columns")
        return ObjectHeader(
            subject=opened.subject,
            sop_class_uid=elements.uid("SOPClassUID") or meta.uid("MediaStorageSOPClassUID"),
            study_uid=elements.uid("StudyInstanceUID"),
            series_uid=elements.uid("SeriesInstanceUID"),
            irradiation_event_uid=elements.uid("IrradiationEventUID"),
            transfer_syntax_uid=meta.uid("TransferSyntaxUID"),
            patient_key=person_key(key, "patient", elements.text("PatientID"), elements.text("IssuerOfPatientID")),
            operator_key=person_key(key, "operator", elements.text("OperatorsName")),
            is_test_patient=names_test_patient(test_patients, elements.text("PatientName"), elements.text("PatientID")),
            report_title=_report_title(elements),
            rows=rows,
            columns=columns,
            frames=None if rows is None or columns is None else frame_count(elements),
            bits_stored=elements.integer("BitsStored"),
            acquisition=acquisition_of(elements),
            detail=header_detail(elements, meta),
        )


def _report_title(elements: Elements) -> str | None:
    title = Elements(elements.items("ConceptNameCodeSequence")[:1])
    return title.text("CodeValue") if title.text("CodingSchemeDesignator") in ("DCM", None) else None

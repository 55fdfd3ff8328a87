"""DICOM in: images, headers, dose reports and archives as frozen values. The only importer of pydicom."""

from pydicom.dataset import Dataset as DicomObject

from xrayiq.dicom.codec_plugin import register_decoders
from xrayiq.dicom.dose_reports import read_dose_report
from xrayiq.dicom.header import dataset_header, read_acquisition, read_header
from xrayiq.dicom.opening import open_object
from xrayiq.dicom.performed_steps import read_performed_step, step_header
from xrayiq.dicom.pixels import dataset_radiograph
from xrayiq.dicom.privacy import path_key, person_key
from xrayiq.dicom.reading import read
from xrayiq.dicom.reject_notes import read_reject_note
from xrayiq.dicom.sources import (
    Arrivals,
    FolderSource,
    ListSource,
    MediaSource,
    Source,
    SourceFile,
    content_digest,
    open_source,
    scan_folder,
    stream_digest,
)
from xrayiq.dicom.uid_names import uid_name

__all__ = [
    "Arrivals",
    "DicomObject",
    "FolderSource",
    "ListSource",
    "MediaSource",
    "Source",
    "SourceFile",
    "content_digest",
    "dataset_header",
    "dataset_radiograph",
    "open_object",
    "open_source",
    "path_key",
    "person_key",
    "read",
    "read_acquisition",
    "read_dose_report",
    "read_header",
    "read_performed_step",
    "read_reject_note",
    "register_decoders",
    "scan_folder",
    "step_header",
    "stream_digest",
    "uid_name",
]

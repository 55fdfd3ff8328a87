"""DICOM in: images, headers, dose reports and archives as frozen values. The only importer of pydicom."""

from xrayiq.dicom.header import dataset_header, read_acquisition, read_header
from xrayiq.dicom.opening import open_object
from xrayiq.dicom.pixels import dataset_radiograph
from xrayiq.dicom.privacy import load_key
from xrayiq.dicom.reading import read

__all__ = [
    "dataset_header",
    "dataset_radiograph",
    "load_key",
    "open_object",
    "read",
    "read_acquisition",
    "read_header",
]

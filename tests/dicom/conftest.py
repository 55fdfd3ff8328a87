"""Tiny objects built with pydicom alone, and their bytes."""

import io

import numpy as np
import pytest
from pydicom import dcmwrite
from pydicom.config import disable_value_validation
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

DX_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"


@pytest.fixture
def pixels():
    """12-bit ramp with a different value in every pixel."""
    return (np.arange(48, dtype=np.uint16) * 85).reshape(6, 8)


@pytest.fixture
def make_dataset(pixels):
    """Factory of a small DX FOR PROCESSING dataset; keyword arguments replace attributes, None removes them."""

    def make(stored=None, **attributes):
        stored = pixels if stored is None else stored
        dataset = Dataset()
        dataset.SOPClassUID = DX_PROCESSING
        dataset.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
        dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.2"
        dataset.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.3"
        dataset.Modality = "DX"
        dataset.PatientName = "Simulated^Patient"
        dataset.PatientID = "SIM-0001"
        dataset.PresentationIntentType = "FOR PROCESSING"
        dataset.PhotometricInterpretation = "MONOCHROME2"
        dataset.SamplesPerPixel = 1
        dataset.Rows, dataset.Columns = stored.shape[-2:]
        dataset.BitsAllocated = stored.dtype.itemsize * 8
        dataset.BitsStored = 12 if stored.dtype.itemsize == 2 else stored.dtype.itemsize * 8
        dataset.HighBit = dataset.BitsStored - 1
        dataset.PixelRepresentation = int(stored.dtype.kind == "i")
        dataset.PixelIntensityRelationship = "LIN"
        dataset.PixelIntensityRelationshipSign = 1
        dataset.ImagerPixelSpacing = [0.15, 0.15]
        dataset.PixelData = stored.tobytes() + b"\0" * (stored.nbytes % 2)
        for keyword, value in attributes.items():
            with disable_value_validation():
                if value is None:
                    del dataset[keyword]
                else:
                    setattr(dataset, keyword, value)
        dataset["PixelData"].VR = "OW"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
        dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.826.0.1.3680043.8.498.1"
        return dataset

    return make


@pytest.fixture
def to_bytes():
    """Bytes of a dataset as a DICOM file, or as a bare data set without prefix and file meta."""

    def write(dataset, *, syntax=None, bare=False):
        buffer = io.BytesIO()
        if syntax is not None:
            dataset.file_meta.TransferSyntaxUID = UID(syntax)
        if bare:
            body = Dataset(dataset)
            body.remove_private_tags()
            implicit = UID(syntax or ExplicitVRLittleEndian).is_implicit_VR
            dcmwrite(buffer, body, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
            content = buffer.getvalue()
            start = content.index(b"\x08\x00\x16\x00")
            return content[start:]
        dcmwrite(buffer, dataset, enforce_file_format=True)
        return buffer.getvalue()

    return write

"""An archive with known names in every text attribute, file and folder: canaries, to be searched for afterwards.

The closed list below is that of the design: equipment, protocol and anatomy. Whatever else holds text holds a canary.
"""

from __future__ import annotations

import zipfile

import pydicom
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from xrayiq_phantoms import Identifiers, ReportedEvent, Technique, write_dicom, write_dose_report

#: letters that stand in no other text; every canary begins with them
STEM = "Zyqvane"
BIRTH_DATE = "19010203"
TEXT_VRS = ("PN", "LO", "SH", "ST", "LT", "UT", "UC", "AE")
#: text that is stored: equipment, protocol, anatomy
CLOSED_LIST = frozenset(
    {
        "Manufacturer",
        "ManufacturerModelName",
        "StationName",
        "DeviceSerialNumber",
        "SoftwareVersions",
        "DetectorID",
        "PlateID",
        "CassetteID",
        "InstitutionName",
        "InstitutionalDepartmentName",
        "ProtocolName",
        "AcquisitionDeviceProcessingDescription",
        "FilterMaterial",
        "Grid",
    }
)
CLINICAL = Technique(
    body_part="CHEST", view_position="PA", exposure_index=500.0, target_exposure_index=250.0, deviation_index=3.0
)


def text_keywords():
    """Keyword and VR of every text attribute of the standard that may stand at the top of an object."""
    for tag, (vr, _, _, _, keyword) in sorted(DicomDictionary.items()):
        plain = tag >> 16 not in (0, 2, 4) and keyword == keyword_for_tag(tag)
        if keyword and plain and vr in TEXT_VRS and keyword not in CLOSED_LIST:
            yield keyword, vr


def fill_with_canaries(dataset):
    for number, (keyword, vr) in enumerate(text_keywords()):
        setattr(dataset, keyword, f"{STEM}^{number}" if vr == "PN" else f"{STEM}{number}")
    dataset.PatientBirthDate = BIRTH_DATE
    request = Dataset()
    request.RequestedProcedureDescription = request.ScheduledProcedureStepID = f"{STEM}n"
    dataset.RequestAttributesSequence = Sequence([request])
    other = Dataset()
    other.PatientID = other.IssuerOfPatientID = f"{STEM}o"
    dataset.OtherPatientIDsSequence = Sequence([other])
    block = dataset.private_block(0x0011, f"{STEM} private", create=True)
    block.add_new(0x01, "LO", f"{STEM}p")
    block.add_new(0x02, "UN", f"{STEM}u ".encode())


def fill_report_with_canaries(dataset):
    """Text and names in the items of a report, at every level."""
    for item in dataset.get("ContentSequence", []):
        if item.ValueType == "TEXT":
            item.TextValue = f"{STEM}text"
        if item.ValueType == "PNAME":
            item.PersonName = f"{STEM}^item"
        for name in item.get("ConceptNameCodeSequence", []):
            name.CodeMeaning = f"{STEM}meaning"
        fill_report_with_canaries(item)


def image(pixels, path, *, instance, fill=fill_with_canaries, **fields):
    """One file of an image whose header is changed by `fill`."""
    dataset = write_dicom(None, pixels, pixel_pitch_mm=0.3, identifiers=Identifiers(instance=instance), **fields)
    fill(dataset)
    dataset.save_as(path, enforce_file_format=True)
    return path


def make_archive(root, pixels):
    """Good, damaged and foreign files in folders that are named after patients."""
    chest, flat, edge = pixels
    folder = root / f"{STEM}^Folder"
    folder.mkdir(parents=True)
    good = image(chest, folder / f"{STEM}_chest.dcm", instance="chest", technique=CLINICAL)
    image(flat, folder / f"{STEM}_flat.dcm", instance="flat", technique=Technique(protocol_name="Flat field"))
    image(flat, folder / f"{STEM}_log.dcm", instance="log", technique=CLINICAL, relationship="LOG")
    made = image(edge, folder / f"{STEM}_edge.dcm", instance="edge", technique=Technique(protocol_name="MTF"))
    (folder / f"{STEM}_cut.dcm").write_bytes(made.read_bytes()[:-200_000])
    (folder / f"{STEM}_header_cut.dcm").write_bytes(made.read_bytes()[:3000])
    (folder / f"{STEM}_letter.txt").write_text(f"Dear {STEM}")
    (folder / f"{STEM}_copy.dcm").write_bytes(good.read_bytes())
    (folder / "kerma.csv").write_text(f"file,kerma_ugy\n{STEM}_flat.dcm,{STEM}\n")
    (folder / f"{STEM}_link.dcm").symlink_to(folder / f"{STEM}_gone.dcm")
    with zipfile.ZipFile(folder / f"{STEM}.zip", "w") as packed:
        packed.writestr(f"{STEM}/{STEM}.dcm", good.read_bytes()[:-100])
    broken = pydicom.dcmread(good)
    broken.Rows, broken.SOPInstanceUID = 3, "1.2.3"
    broken.add_new("PixelSpacing", "LO", f"{STEM}spacing")
    broken.add_new("ExposureIndex", "LO", f"{STEM}index")
    broken.save_as(folder / f"{STEM}_odd.dcm", enforce_file_format=False)
    event = ReportedEvent(event_uid="1.2.3.4", tube_voltage_kv=70.0, exposure_mas=2.0, dap_gy_m2=1e-5)
    report = write_dose_report(None, events=[event])
    fill_with_canaries(report)
    fill_report_with_canaries(report)
    report.save_as(folder / f"{STEM}_dose.dcm", enforce_file_format=True)
    notes = write_dose_report(None, events=[event], identifiers=Identifiers(instance="note"))
    fill_with_canaries(notes)
    notes.SOPClassUID = notes.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.59"
    notes.Modality = "KO"
    notes.save_as(folder / f"{STEM}_note.dcm", enforce_file_format=True)
    return root

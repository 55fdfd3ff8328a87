"""No name of a person leaves an archive: known names stand in every text attribute, file and folder, and are searched.

The closed list below is that of the design: equipment, protocol and anatomy. Whatever else holds text holds a canary.
"""

from __future__ import annotations

import base64
import re
import sqlite3
import subprocess
import sys
import unicodedata
import warnings
import zipfile
from io import BytesIO

import pydicom
import pytest
from pydicom.datadict import DicomDictionary, keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

import xrayiq
from xrayiq.procedures import RESULT_TYPES
from xrayiq_phantoms import (
    Detector,
    Identifiers,
    ReportedEvent,
    Technique,
    simulate_clinical,
    simulate_edge,
    simulate_flat,
    write_dicom,
    write_dose_report,
)

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
#: what a terminal, a browser or a spreadsheet would act on
HOSTILE = "=1+1\x1b[31mred\x1b]0;t\x07\u202e\u2066\x9b<script>x</script>"


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


@pytest.fixture(autouse=True)
def own_key(tmp_path, monkeypatch):
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))


@pytest.fixture(scope="module")
def pixels():
    detector = Detector(pixel_pitch_mm=0.3)
    chest = simulate_clinical(detector, anatomy="chest", shape=(400, 400), kerma_ugy=2.5, seed=1).pixels
    flat = simulate_flat(detector, shape=(512, 512), kerma_ugy=2.5, seed=1).pixels
    return chest, flat, simulate_edge(detector, shape=(512, 512), angle_deg=3.0, seed=1).pixels


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


def command(*arguments, cwd):
    done = subprocess.run(
        [sys.executable, "-c", "from xrayiq.cli import main; main()", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1, 3), done.stderr.decode()
    return done.stdout + done.stderr


def found_in(content: bytes) -> list[bytes]:
    """Where a canary stands in some bytes, in any of the usual encodings."""
    lowered = content.lower()
    hits = [
        lowered[max(at.start() - 40, 0) : at.end() + 20]
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        for at in re.finditer(re.escape(STEM.lower().encode(encoding)), lowered)
    ]
    return hits + [birth for birth in (BIRTH_DATE.encode(), b"1901-02-03") if birth in lowered]


def store_content(database):
    """Every table and column but the index of paths, packed arrays unpacked."""
    with sqlite3.connect(database) as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = store.execute(f"SELECT * FROM {table}")  # noqa: S608 - names from the database itself
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if (table, column) == ("files", "relative_path"):
                        continue
                    yield f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode()
                    if isinstance(value, bytes) and value[:2] == b"PK":
                        with zipfile.ZipFile(BytesIO(value)) as arrays:
                            yield f"{table}.{column}", b"".join(arrays.read(name) for name in arrays.namelist())


def test_names_leave_neither_attributes_nor_files(pixels, tmp_path):
    archive = make_archive(tmp_path / f"{STEM}_archive", pixels)
    assert len(list(text_keywords())) > 500
    work = tmp_path / "work"
    work.mkdir()
    said = command("run", archive, "--workers", "1", "--log", "run.jsonl", cwd=work)
    assert not found_in(said), found_in(said)
    log = (work / "run.jsonl").read_bytes()
    assert log.count(b'"object"') > 10
    assert not found_in(log), found_in(log)
    assert archive.name.encode() not in log

    searched = 0
    for place, content in store_content(work / "xrayiq.db"):
        assert not found_in(content), (place, found_in(content))
        searched += 1
    assert searched > 1000

    said = command("report", "--out", "report.html", cwd=work)
    assert not found_in(said), found_in(said)
    page = (work / "report.html").read_bytes()
    assert not found_in(page), found_in(page)
    for encoded in re.findall(rb"base64,([A-Za-z0-9+/=]+)", page):
        assert not found_in(base64.b64decode(encoded))

    with xrayiq.open_records(f"sqlite:///{work / 'xrayiq.db'}") as records:
        for name in ("runs", "equipment", "objects", "outcomes", "measurements", "verdicts", "sets", "responses"):
            assert not found_in(records.frame(name).to_csv().encode()), name
        assert not found_in(records.frame("files").drop(columns="relative_path").to_csv().encode())
        for stored in records.results(RESULT_TYPES):
            assert not found_in(str(stored).encode())


def test_names_leave_no_single_file_either(pixels, tmp_path):
    archive = make_archive(tmp_path / f"{STEM}_archive", pixels)
    plain = tmp_path / "plain"  # the name of a file that the user gives is shown, so it is no name here
    plain.mkdir()
    for number, file in enumerate(sorted(archive.rglob("*.dcm"))):
        if file.is_file():
            (plain / f"{number}.dcm").write_bytes(file.read_bytes())
    for name, *options in (("score", "--format", "json"), ("inspect", "--html", "page.html")):
        said = command(name, plain, *options, cwd=tmp_path)
        assert not found_in(said), (name, found_in(said))
    page = (tmp_path / "page.html").read_bytes()
    assert b"base64," in page
    assert not found_in(page), found_in(page)
    for encoded in re.findall(rb"base64,([A-Za-z0-9+/=]+)", page):
        assert not found_in(base64.b64decode(encoded))
    for file in sorted(plain.iterdir()):
        for call in (xrayiq.read, xrayiq.read_acquisition, xrayiq.read_dose_report):
            try:
                said = repr(call(file))
            except xrayiq.errors.XrayiqError as error:
                said = str(error)
            assert not found_in(said.encode()), said


def test_text_of_headers_is_shown_without_what_acts(pixels, tmp_path):
    def fill(dataset):
        dataset.SpecificCharacterSet = "ISO_IR 192"
        for keyword in sorted(CLOSED_LIST - {"Grid", "FilterMaterial"}):
            setattr(dataset, keyword, HOSTILE)
        dataset.BodyPartExamined = "=1+1\x1b[31mA"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library that writes such a header for us
        made = image(pixels[0], tmp_path / "a.dcm", instance="hostile", fill=fill, technique=CLINICAL)
    said = [command("run", made, "--workers", "1", cwd=tmp_path)]
    for name, output in (("score", "table"), ("inspect", "table"), ("inspect", "csv")):
        said.append(command(name, made, "--format", output, cwd=tmp_path))
    for text in (each.decode() for each in said):
        acting = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")} - {"\n"}
        assert not acting, (acting, text)
    in_csv = said[-1].decode()
    assert "'=1+1" in in_csv
    assert ",=1+1" not in in_csv
    command("report", "--out", "report.html", cwd=tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert "\x1b" not in page

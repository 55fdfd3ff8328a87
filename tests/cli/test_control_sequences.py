"""Nothing that a terminal acts on gets through the command line: not from headers, nor from names of files."""

import os
import sys
import unicodedata
import warnings
import zipfile

import numpy as np
import pytest
from pydicom.datadict import dictionary_VR

from xrayiq.cli import main
from xrayiq_phantoms import Identifiers, ReportedEvent, Technique, write_dicom, write_dose_report

#: clearing, colours, titles, hyperlinks, queries; bells, backspaces, returns; C1; bidirectional overrides; separators
ACTING = {
    "csi": "\x1b[2J\x1b[31m",
    "osc": "\x1b]0;title\x07\x1b]8;;http://x\x1b\\",
    "query": "\x1b[6n\x1bP$q\x1b\\",
    "overwrite": "good\rbad \b\b\b\x7f",
    "c1": "\x9b31m\x9d0;t\x9c\x85",
    "bidi": "\u202eevil\u2066\u2069\u200f\u061c",
    "lines": "one\ntwo\x0b\x0c\u2028\u2029\ufeff",
}
#: text that is kept, and some that is not
KEYWORDS = (
    *("Manufacturer", "ManufacturerModelName", "StationName", "DeviceSerialNumber", "InstitutionName", "ProtocolName"),
    *("BodyPartExamined", "ViewPosition", "SoftwareVersions", "DetectorID", "Grid", "FilterMaterial", "PatientName"),
    *(
        "StudyDescription",
        "SeriesDescription",
        "AcquisitionDeviceProcessingDescription",
        "CollimatorShape",
        "OperatorsName",
    ),
    *("PhotometricInterpretation", "PixelIntensityRelationship", "ImageType", "QualityControlImage", "ExposureIndex"),
    *("AcquisitionDate", "PixelSpacing", "KVP", "PatientAge", "Modality", "LossyImageCompression"),
)
pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have no such names of files")


def hostile(text, keywords):
    """A small image whose attributes hold this text."""
    pixels = np.random.default_rng(1).integers(400, 900, (24, 30)).astype(np.uint16)
    technique = Technique(body_part="CHEST", exposure_index=400.0, target_exposure_index=300.0)
    name = f"{text!r}{len(keywords)}"
    dataset = write_dicom(None, pixels, pixel_pitch_mm=1.0, technique=technique, identifiers=Identifiers(instance=name))
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in keywords:
        vr = dictionary_VR(keyword)
        dataset.add_new(keyword, vr if vr in ("SH", "PN") else "LO", text)
    return dataset


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A folder of hostile names with files of hostile names, of hostile content, damaged and packed."""
    folder = tmp_path_factory.mktemp("hostile") / f"archive{ACTING['csi']}"
    folder.mkdir()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library that writes such headers for us
        for number, (name, text) in enumerate(ACTING.items()):
            all_of_it = hostile(text, KEYWORDS)
            all_of_it.save_as(folder / f"{number} all {name}{text.replace('/', '')}.dcm", enforce_file_format=True)
            hostile(text, KEYWORDS[:16]).save_as(folder / f"{number} text{text.replace('/', '')}.dcm")
        report = write_dose_report(None, events=[ReportedEvent(event_uid="2.25.1", dap_gy_m2=1e-5)])
        for item in report.ContentSequence:
            for code in item.get("ConceptNameCodeSequence", []):
                code.CodeMeaning = ACTING["csi"] + ACTING["c1"]
        report.save_as(folder / "report.dcm", enforce_file_format=True)
    (folder / f"letter{ACTING['osc'].replace('/', '')}.txt").write_text(ACTING["osc"])
    sound = next(folder.glob("0 text*")).read_bytes()
    (folder / f"cut{ACTING['bidi']}.dcm").write_bytes(sound[:-500])
    (folder / f"syntax{ACTING['c1']}.dcm").write_bytes(
        sound.replace(b"1.2.840.10008.1.2.1\0", b"1.2\x1b[2J\x9b1m0008.1.2", 1)
    )
    (folder / f"link{ACTING['overwrite']}.dcm").symlink_to("nowhere\x1b[2J")
    (folder / "kerma.csv").write_text(f"file,kerma_ugy\n{ACTING['csi']},{ACTING['osc']}\n")
    with zipfile.ZipFile(folder / f"packed{ACTING['query']}.zip", "w") as packed:
        for number, text in enumerate(ACTING.values()):
            packed.writestr(f"{number}{text}.dcm", sound)
    os.mkfifo(folder / f"pipe{ACTING['csi']}")
    return folder


@pytest.fixture
def said(tmp_path, monkeypatch, capfd):
    """What a command prints on both streams, with its exit code."""
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["xrayiq", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return left.value.code, out, err

    return call


def acting(text):
    """Characters that a terminal acts on, with what stands around them."""
    kinds = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
    return [
        text[max(at - 30, 0) : at + 5] for at, c in enumerate(text) if c != "\n" and unicodedata.category(c) in kinds
    ]


@pytest.mark.parametrize("output", ["table", "csv", "json"])
@pytest.mark.parametrize("command", ["inspect", "score"])
def test_file_of_hostile_text_is_shown_harmless(command, output, archive, said):
    code, out, err = said(command, str(archive), "--format", output)
    assert code in (0, 1, 3)
    assert len(out) > 5000
    assert acting(out) == []
    assert acting(err) == []


def test_run_and_pages_hold_nothing_that_acts(archive, said, tmp_path):
    for arguments in (
        *(["run", str(archive), "--workers", "1", "--format", output] for output in ("table", "csv", "json")),
        ["run", str(archive), "--dry-run"],
        ["report", "--out", "page.html"],
        ["inspect", str(archive), "--html", "one.html"],
    ):
        code, out, err = said(*arguments)
        assert code in (0, 1, 3)
        assert acting(out + err) == []
    for page in ("page.html", "one.html"):
        text = (tmp_path / page).read_text()
        assert {c for c in text if unicodedata.category(c) == "Cc"} <= {"\n", "\t"}
        assert not set(text) & set("\u202e\u2066\u2028\u2029")


@pytest.mark.parametrize(
    "arguments",
    [
        *(["inspect", "none{}.dcm"], ["score", "none{}.dcm"], ["run", "none{}"], ["run", ".", "--site", "{}.toml"]),
        *(["{}"], ["--{}"], ["score", "--{}"], ["inspect", "-{}"], ["score", "--{}=1"], ["score", "--frame={}", "."]),
        *(["score", ".", "--format", "{}"], ["score", ".", "--frame", "{}"], ["run", ".", "--workers", "{}"]),
        *(["run", ".", "--records", "{}"], ["report", "--records", "sqlite:///{}/none/x.db"]),
        ["report", "--records", "sqlite:///{}.db", "--out", "{}.html"],
    ],
    ids=" ".join,
)
def test_hostile_arguments_are_told_harmless(arguments, said):
    """A name that a shell puts in place of ``*`` may be gone, or be taken for an option."""
    text = "".join(ACTING.values()).replace("/", "")
    code, out, err = said(*(each.replace("{}", text) for each in arguments))
    assert code in (2, 4)
    assert err
    assert acting(out) == []
    assert acting(err) == []

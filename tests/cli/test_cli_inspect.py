"""`xrayiq inspect`: what a file is, what can be measured, what its header lacks; safe text and no person."""

import csv
import io
import json
import re

import numpy as np
import pytest
from pydicom.dataset import Dataset
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq.cli.inspections import show_inspections
from xrayiq.cli.printing import Format
from xrayiq.errors import InputError
from xrayiq.model import Limit, Measurement, Outcome, judge
from xrayiq.procedures import Inspection
from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_clinical, write_dicom

PERSON = "Zoffmeister"
DETECTOR = Detector(pixel_pitch_mm=0.3)
EXAM = {"body_part": "CHEST", "view_position": "PA", "exposure_index": 320.0, "target_exposure_index": 250.0}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A sound image, one whose deviation index disagrees, a damaged one, and a text."""
    folder = tmp_path_factory.mktemp("inspected")
    chest = simulate_clinical(DETECTOR, anatomy="chest", shape=(600, 600), kerma_ugy=2.5, seed=1).pixels

    def write(name, **extra):
        elements = Dataset()
        elements.PatientName = PERSON
        elements.OperatorsName = PERSON
        elements.ReferringPhysicianName = PERSON
        elements.StudyDescription = PERSON
        for keyword, value in extra.items():
            setattr(elements, keyword, value)
        write_dicom(
            folder / name,
            chest,
            pixel_pitch_mm=0.3,
            technique=Technique(**EXAM),
            identifiers=Identifiers(instance=name),
            extra=elements,
        )
        return folder / name

    sound = write("sound.dcm")
    (folder / "cut.dcm").write_bytes(sound.read_bytes()[:-5000])
    (folder / "notes.txt").write_text("no image")
    return {
        "sound": sound,
        "wrong": write("wrong.dcm", DeviationIndex="-1.1", KVP="7000", Manufacturer="<b>=Evil</b>"),
        "cut": folder / "cut.dcm",
        "text": folder / "notes.txt",
    }


def inspect(*arguments):
    done = CliRunner().invoke(application, ["inspect", *map(str, arguments)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def explained(files, tmp_path_factory):
    """The table of all files and the page beside it."""
    page = tmp_path_factory.mktemp("page") / "page.html"
    return inspect(*files.values(), "--html", page), page.read_text()


def test_table_says_what_it_is_what_was_measured_and_what_is_wrong(explained):
    text, _ = explained
    assert "Digital X-Ray Image Storage - For Processing" in text
    assert "Deviation index DI 1.07 (warning)" in text  # 10 log10(320 / 250) = 1.072
    assert "✕ DeviationIndex -1.1 beside EI 320 and EIT 250; needed 10 log10(EI / EIT) = 1.07" in text
    assert "✕ KVP of 7000 kV" in text
    assert "not a DICOM file" in text
    assert "cut.dcm" in text


def test_defect_of_the_outline_costs_the_picture_only(files, tmp_path, monkeypatch):
    flat = tmp_path / "flat.dcm"
    write_dicom(
        flat,
        np.full((200, 200), 100, np.uint16),
        pixel_pitch_mm=0.3,
        technique=Technique(protocol_name="Flat field"),
        identifiers=Identifiers(instance="flat"),
    )

    def broken(image):
        raise ValueError("a defect of ours")

    monkeypatch.setattr("xrayiq.batch.inspection.find_collimation", broken)
    text = inspect(flat, files["text"])
    assert "flat field" in text
    assert "not a DICOM file" in text


def test_verdict_stands_beside_its_own_number_wherever_that_stands(capsys):
    numbers = tuple(
        Measurement(quantity="deviation_index", value=float(value), direction=str(value)) for value in range(7)
    )
    limit = Limit(id="t", quantity="deviation_index", document="a test", edition="", confidence="A", fail_high=4.5)
    outcome = Outcome(
        subject="1.2.3",
        procedure="exposure_index",
        kind="measured",
        measurements=numbers,
        verdicts=(judge(numbers[1], limit), judge(numbers[5], limit)),
    )
    explained = Inspection(
        name="a", kind="clinical", evidence="", header=None, sop_class="", transfer_syntax="", outcomes=(outcome,)
    )
    show_inspections([explained], output=Format.table)
    (line,) = (line for line in capsys.readouterr().out.splitlines() if "exposure index:" in line)
    told = dict(re.findall(r"across (\d) [\d.]+(?: \((\w+)\))?", line))
    assert told == {"0": "", "1": "pass", "2": "", "3": "", "5": "fail"}


def test_no_person_of_the_header_is_shown(explained):
    for text in explained:
        assert PERSON not in text
        assert PERSON.upper() not in text


def test_page_escapes_text_shows_pictures_and_asks_for_nothing(explained, files):
    _, page = explained
    assert "<b>=Evil" not in page
    assert "&lt;b&gt;=Evil" in page
    assert page.count("<svg") == 2  # the sound and the wrong image
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert all(path.name in page for path in files.values())
    assert str(files["sound"].parent) not in page


def test_json_and_csv_hold_the_problems_with_their_attributes(files):
    (document,) = json.loads(inspect(files["wrong"], "--format", "json"))
    problems = {problem["check"]: problem for problem in document["problems"]}
    assert problems["deviation_disagrees"]["attributes"][0] == "DeviationIndex"
    assert problems["impossible_technique"]["severity"] == "problem"
    assert document["judgement"] == "warning"
    assert document["header"]["detail"]["high_bit"] == 13
    rows = list(csv.DictReader(io.StringIO(inspect(files["wrong"], "--format", "csv"))))
    assert {"identity", "measured", "problem", "header"} <= {row["about"] for row in rows}
    index = next(row for row in rows if row["what"] == "exposure_index Deviation index DI")
    assert float(index["value"]) == 10.0 * np.log10(320.0 / 250.0)


def test_a_folder_as_page_is_refused_with_a_sentence(files, tmp_path):
    done = CliRunner().invoke(application, ["inspect", str(files["text"]), "--html", str(tmp_path)])
    assert isinstance(done.exception, InputError)
    assert "is a folder" in str(done.exception)

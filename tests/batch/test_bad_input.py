"""Everything that an archive may wrongly hold ends in a stored outcome that says what was found and needed."""

import re

import numpy as np
import pydicom
import pytest

import xrayiq
from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_edge, simulate_flat, write_dicom

DETECTOR = Detector(pixel_pitch_mm=0.3)


def write(path, pixels, *, protocol, pitch=0.3, **fields):
    write_dicom(
        path,
        pixels,
        pixel_pitch_mm=pitch,
        technique=Technique(protocol_name=protocol),
        identifiers=Identifiers(instance=path.name),
        **fields,
    )


def changed(path, source, change):
    dataset = pydicom.dcmread(source)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"2.25.{int.from_bytes(path.name.encode())}"
    change(dataset)
    dataset.save_as(path)


@pytest.fixture(scope="module")
def reasons(tmp_path_factory):
    """Reasons of all outcomes by file name, after one run over the bad files."""
    root = tmp_path_factory.mktemp("bad")
    flat = simulate_flat(DETECTOR, shape=(400, 400), kerma_ugy=2.5, seed=1).pixels
    write(root / "good.dcm", flat, protocol="Flat field")
    content = (root / "good.dcm").read_bytes()
    (root / "text.dcm").write_text("This is no DICOM object but a text that is long enough to be looked at. " * 10)
    (root / "empty.dcm").write_bytes(b"")
    (root / "cut_in_pixels.dcm").write_bytes(content[: len(content) // 2])
    (root / "cut_in_header.dcm").write_bytes(content[:601])
    unknown = content.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0", 1)
    (root / "syntax.dcm").write_bytes(unknown)
    changed(root / "no_rows.dcm", root / "good.dcm", lambda dataset: delattr(dataset, "Rows"))

    def make_absurd(dataset):
        dataset.Rows = dataset.Columns = 65535

    changed(root / "absurd.dcm", root / "good.dcm", make_absurd)
    write(root / "no_pitch.dcm", flat, protocol="Flat field", pitch=None, sop_class="CR")
    write(root / "constant.dcm", np.full((400, 400), 500, np.uint16), protocol="Flat field")
    saturated = np.full((400, 400), 16383, np.uint16)
    saturated[0, :5] = 16000
    write(root / "saturated.dcm", saturated, protocol="Flat field")
    write(root / "small.dcm", flat[:60, :60], protocol="Flat field")
    straight = simulate_edge(DETECTOR, shape=(400, 400), angle_deg=0.3, seed=1).pixels
    write(root / "straight.dcm", straight, protocol="MTF")
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'qa.db'}"
    summary = xrayiq.run(root, url, workers=1)
    with xrayiq.open_records(url) as records:
        files, outcomes = records.frame("files"), records.frame("outcomes")
    rows = files.merge(outcomes[["subject", "procedure", "reason", "message", "kind"]], on="subject")
    return summary, dict(list(rows.groupby("relative_path")))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("text.dcm", "not_dicom"),
        ("empty.dcm", "not_dicom"),
        ("cut_in_pixels.dcm", "truncated"),
        ("cut_in_header.dcm", "truncated"),
        ("syntax.dcm", "transfer_syntax"),
        ("no_rows.dcm", "header"),
        ("absurd.dcm", "header"),
        ("no_pitch.dcm", "no_pixel_spacing"),
        ("constant.dcm", "constant_image"),
        ("saturated.dcm", "all_saturated"),
        ("small.dcm", "smaller_than_roi"),
        ("straight.dcm", "edge_angle"),
    ],
)
def test_bad_file_has_an_outcome_that_names_its_fault(reasons, name, reason):
    rows = reasons[1][name]
    failed = rows[rows["kind"] != "measured"]
    assert set(failed["reason"]) == {reason}
    # what was found; what is needed: what to do
    assert all(re.search(r".+; needed .+: .+", message) for message in failed["message"])


def test_every_file_of_the_run_is_there(reasons):
    summary, rows = reasons
    assert summary.files == len(rows) == 13
    assert summary.exit_code == 3


def test_the_good_file_among_them_is_measured(reasons):
    assert set(reasons[1]["good.dcm"]["kind"]) == {"measured"}

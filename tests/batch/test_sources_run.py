"""One archive as folder, zip, tar, medium and list gives the same outcomes and values."""

import io
import os
import shutil
import tarfile
import zipfile

import pytest
from executor_here import Here
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

import xrayiq
from xrayiq.dicom import ListSource
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

FORMS = (
    "zip",
    "tar",
    "tar.gz",
    "medium",
    "list",
    *(pytest.param(form, marks=pytest.mark.slow) for form in ("zips_in_a_folder", "tar.bz2", "tar.xz")),
)


@pytest.fixture(scope="module")
def whole(archive, tmp_path_factory):
    """Folder of bad files, a copy, a dose report and a logarithmic detector whose response a set tells."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("notes.txt", "empty.dcm", "dose.dcm", "qc/log.dcm"):
        shutil.copy(archive / name, folder)
    (folder / "bad").mkdir()
    shutil.copy(archive / "Canary^Folder" / "cut.dcm", folder / "bad")
    shutil.copy(archive / "qc" / "log.dcm", folder / "bad" / "copy of log.dcm")
    simulate_detector_tests(
        folder / "tests", rooms=(ROOMS[1],), kermas_ugy=(0.5, 1.0, 2.5, 8.0), flats=1, edges=0, shape=(420, 420), seed=1
    )
    return folder


def paths_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def make(form, folder, target):
    """The folder's files in another form."""
    if form == "zip":
        with zipfile.ZipFile(target / "all.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            for path in paths_of(folder):
                packed.write(path, path.relative_to(folder))
        return target / "all.zip"
    if form == "zips_in_a_folder":
        for part in folder.iterdir():
            if part.is_dir():
                shutil.make_archive(str(target / "all" / part.name), "zip", folder, part.name)
            else:
                shutil.copy(part, target / "all")
        return target / "all"
    if form.startswith("tar"):
        with tarfile.open(target / f"all.{form}", f"w:{form[4:]}") as packed:
            packed.add(folder, "all")
        return target / f"all.{form}"
    if form == "list":
        return ListSource(io.BytesIO(b"\n".join(os.fsencode(path) for path in paths_of(folder)) + b"\n"))
    shutil.copytree(folder, target / "medium")
    return write_dicomdir(target / "medium")


def write_dicomdir(root):
    """DICOMDIR that refers to every file below a folder."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    dataset.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.FileSetID = "SET"
    dataset.DirectoryRecordSequence = []
    for path in paths_of(root):
        record = Dataset()
        record.RecordInUseFlag = 0xFFFF
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = list(path.relative_to(root).parts)
        dataset.DirectoryRecordSequence.append(record)
    dataset.save_as(root / "DICOMDIR", enforce_file_format=True)
    return root / "DICOMDIR"


def run(place, folder):
    """Summary, and outcomes and values sorted by subject and procedure."""
    url = f"sqlite:///{folder / 'qa.db'}"
    summary = xrayiq.run(place, url, client=Here())
    with xrayiq.open_records(url) as records:
        outcomes, values = records.frame("outcomes"), records.frame("measurements")
    named = ["subject", "procedure"]
    outcomes = outcomes[[*named, "kind", "reason", "message"]]
    values = values[[*named, "quantity", "direction", "value", "unit"]]
    return (
        summary,
        sorted(outcomes.itertuples(index=False, name=None)),
        sorted(values.itertuples(index=False, name=None)),
    )


@pytest.fixture(scope="module")
def of_folder(whole, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(tmp_path_factory.mktemp("key") / "person.key"))
        return run(whole, tmp_path_factory.mktemp("store"))


def test_the_folder_tells_a_response(of_folder, whole):
    # otherwise nothing below would look files up a second time
    summary, outcomes, _ = of_folder
    assert summary.files == len(paths_of(whole))
    assert "signal_transfer" in {outcome[1] for outcome in outcomes}


@pytest.mark.filterwarnings("ignore:invalid value for VR:UserWarning")  # names that no medium would have
@pytest.mark.parametrize("form", FORMS)
def test_outcomes_and_values_are_those_of_the_folder(of_folder, whole, tmp_path, form):
    summary, outcomes, values = run(make(form, whole, tmp_path), tmp_path)
    assert outcomes == of_folder[1]
    assert values == of_folder[2]
    assert summary.file_counts == of_folder[0].file_counts


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_second_run_over_archives_repeats_nothing(archive, tmp_path, form):
    place = make(form, archive / "qc", tmp_path)
    first, _, _ = run(place, tmp_path)
    again, _, _ = run(place, tmp_path)
    assert (first.files, again.unchanged, again.new_outcomes) == (3, 3, 0)


def test_rewritten_archive_is_compared_by_content(archive, tmp_path):
    place = make("zip", archive / "qc", tmp_path)
    run(place, tmp_path)
    os.utime(place, ns=(1, 1))
    again, _, _ = run(place, tmp_path)
    assert (again.unchanged, again.new_outcomes) == (3, 0)


def test_refused_and_damaged_entries_have_outcomes(archive, tmp_path):
    edge = (archive / "qc" / "edge.dcm").read_bytes()
    folder = tmp_path / "all"
    folder.mkdir()
    with zipfile.ZipFile(folder / "Canary^Name.zip", "w") as packed:
        packed.writestr("../Canary^Escape.dcm", edge)
        packed.writestr("edge.dcm", edge)
    (folder / "cut.zip").write_bytes((folder / "Canary^Name.zip").read_bytes()[:-30])
    (folder / "cut.tar").write_bytes(edge[:5000])
    summary, outcomes, _ = run(folder, tmp_path)
    assert sorted((outcome[1], outcome[3]) for outcome in outcomes if outcome[2] == "error") == [
        ("read", "damaged_archive"),
        ("read", "damaged_archive"),
        ("read", "refused_entry"),
    ]
    assert summary.file_counts == {"object": 1, "unreadable": 3}
    assert "Canary" not in str(outcomes)
    assert not (tmp_path / "Canary^Escape.dcm").exists()

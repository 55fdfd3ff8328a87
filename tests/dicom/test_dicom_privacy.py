"""No person in what is kept; the key in its own file."""

import dataclasses
import multiprocessing
import os
import stat

import pytest
from pydicom.dataset import Dataset

from xrayiq.dicom import read, read_header
from xrayiq.errors import InputError, XrayiqError
from xrayiq.key_file import load_key

PERSONAL = {
    "PatientName": "Secretname^Given",
    "PatientID": "SECRETID77",
    "PatientBirthDate": "19700131",
    "PatientAddress": "Secretstreet 5",
    "OtherPatientNames": "Secretalias",
    "PatientTelephoneNumbers": "5550123",
    "OperatorsName": "Secretoperator^One",
    "ReferringPhysicianName": "Secretreferrer",
    "PerformingPhysicianName": "Secretperformer",
    "PatientComments": "Secretcomment",
    "ImageComments": "Secretremark",
    "StudyDescription": "Secretstudytext",
    "AccessionNumber": "SECRETACC",
}
KEY = bytes(range(32))


def contents(value):
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from contents(getattr(value, field.name))
    elif isinstance(value, tuple):
        for one in value:
            yield from contents(one)
    else:
        yield str(value)


def test_nothing_personal_is_kept(make_dataset, to_bytes):
    content = to_bytes(make_dataset(**PERSONAL))
    kept = " ".join(contents(read_header(content, key=KEY))) + " ".join(contents(read(content).header))
    for value in ("secret", "19700131", "1970-01-31", "5550123", "given"):
        assert value not in kept.lower()


@pytest.mark.parametrize("keyword", ["Rows", "BitsAllocated", "PixelData"])
def test_errors_quote_no_person(keyword, make_dataset, to_bytes):
    content = to_bytes(make_dataset(**PERSONAL))
    dataset_without = make_dataset(**PERSONAL, **({} if keyword == "PixelData" else {keyword: None}))
    damaged = content[:-50] if keyword == "PixelData" else to_bytes(dataset_without)
    with pytest.raises(XrayiqError) as caught:
        read(damaged)
    assert "secret" not in str(caught.value).lower()
    assert caught.value.__cause__ is None


def test_log_of_the_libraries_quotes_no_person(make_dataset, to_bytes, caplog):
    odd = {"PatientBirthDate": "Secretdate", "PatientAge": "Secretage"}
    content = to_bytes(make_dataset(**{**PERSONAL, **odd, "SpecificCharacterSet": "ISO_IR 13"}))
    caplog.clear()
    with caplog.at_level("DEBUG"):
        read(content)
        read_header(content, key=KEY)
    assert "secret" not in caplog.text.lower()


def test_keyed_hash_is_stable_separate_by_role_and_absent_without_key(make_dataset, to_bytes):
    content = to_bytes(make_dataset(PatientID="A1", OperatorsName="A1"))
    header = read_header(content, key=KEY)
    assert header.patient_key == read_header(to_bytes(make_dataset(PatientID=" a1 ")), key=KEY).patient_key
    assert len(header.patient_key) == 64
    assert header.patient_key != header.operator_key
    assert header.patient_key != read_header(content, key=bytes(32)).patient_key
    silent = read_header(content)
    assert silent.patient_key is None
    assert silent.operator_key is None
    assert read_header(Dataset(), key=KEY).patient_key is None
    other = read_header(to_bytes(make_dataset(PatientID="A1", IssuerOfPatientID="Elsewhere")), key=KEY)
    assert other.patient_key != header.patient_key


def test_key_is_created_once_for_its_owner_only(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "identity.key"
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(path))
    key = load_key()
    assert len(key) == 32
    assert load_key() == key
    assert load_key(path) == key
    assert [file.name for file in path.parent.iterdir()] == ["identity.key"]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_key_of_the_user_when_nothing_is_set(tmp_path, monkeypatch):
    monkeypatch.delenv("XRAYIQ_KEY_FILE", raising=False)
    monkeypatch.setattr("platformdirs.user_data_dir", lambda *args, **kwargs: str(tmp_path))
    assert load_key() == bytes.fromhex((tmp_path / "identity.key").read_text())


def test_processes_that_start_together_share_one_key(tmp_path):
    path = tmp_path / "identity.key"
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        keys = pool.map(load_key, [path] * 6, chunksize=1)
    assert len(set(keys)) == 1


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_key_that_others_can_read_is_refused(tmp_path):
    path = tmp_path / "identity.key"
    load_key(path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="mode 644; needed 600"):
        load_key(path)


@pytest.mark.parametrize("content", ["", "abc", "zz" * 32, "00" * 31])
def test_damaged_key_is_never_replaced(content, tmp_path):
    path = tmp_path / "identity.key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(InputError, match="holds no key; needed 64 hexadecimal digits"):
        load_key(path)
    assert path.read_text() == content


def test_folder_in_place_of_the_key(tmp_path):
    with pytest.raises(InputError, match="cannot be used"):
        load_key(tmp_path)

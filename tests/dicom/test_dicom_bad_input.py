"""Every damage has its named error; nothing of other libraries leaks out, whatever the bytes."""

import io
import struct
import zlib

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from xrayiq.dicom import (
    dataset_header,
    dataset_radiograph,
    open_object,
    read,
    read_acquisition,
    read_dose_report,
    read_header,
)
from xrayiq.errors import (
    HeaderError,
    InputError,
    NotDicomError,
    NotMeasurableError,
    ReadError,
    TransferSyntaxError,
    TruncatedFileError,
    XrayiqError,
)
from xrayiq_phantoms.dicom_writer import write_dicom

EXPLICIT = "1.2.840.10008.1.2.1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"hello world, this is no image\n" * 20,
        bytes(5000),
        b"\x89PNG\r\n\x1a\n" + bytes(500),
        b"PK\x03\x04" * 90,
    ],
    ids=["empty", "one byte", "text", "zeros", "png", "zip"],
)
def test_what_is_not_dicom_says_so(content, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    for reader in (read, read_acquisition, read_dose_report, read_header):
        with pytest.raises(NotDicomError, match=r"notes\.txt: (empty file|not a DICOM file); needed a DICOM object: "):
            reader(path)


def test_bare_bytes_that_only_begin_like_dicom_are_refused():
    with pytest.raises(XrayiqError):
        read(b"\x08\x00" + b"some words that happen to begin with a backspace and a zero" * 20)


@pytest.mark.parametrize("fraction", [0.05, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_file_cut_anywhere_is_truncated(fraction, make_dataset, to_bytes):
    content = to_bytes(make_dataset(np.zeros((60, 80), np.uint16)))
    with pytest.raises((TruncatedFileError, NotDicomError)) as caught:
        read(content[: int(len(content) * fraction)])
    assert isinstance(caught.value, TruncatedFileError) or fraction == 0.05


def test_every_cut_of_a_small_file_is_a_named_error(make_dataset, to_bytes):
    content = to_bytes(make_dataset())
    header_starts = 132
    for cut in range(len(content)):
        with pytest.raises((TruncatedFileError, NotDicomError, HeaderError)) as caught:
            read(content[:cut])
        assert isinstance(caught.value, NotDicomError) == (cut < header_starts)


def test_cut_inside_a_sequence_is_truncated(make_dataset, to_bytes):
    dataset = make_dataset()
    item = Dataset()
    item.CodeValue = "123"
    item.CodeMeaning = "a meaning of some length"
    dataset.ViewCodeSequence = Sequence([item])
    dataset["ViewCodeSequence"].is_undefined_length = True
    dataset.ViewCodeSequence[0].is_undefined_length_sequence_item = True
    content = to_bytes(dataset)
    end = content.index(b"a meaning") + 12
    with pytest.raises(ReadError):
        read(content[:end])


def test_native_pixel_data_shorter_than_rows_and_columns(make_dataset, to_bytes):
    with pytest.raises(
        TruncatedFileError, match="pixel data of 96 bytes; needed 9600 for 1 x 60 x 80 pixels of 2 bytes"
    ):
        read(to_bytes(make_dataset(Rows=60, Columns=80)))


def test_header_without_its_pixel_data(make_dataset, to_bytes):
    content = to_bytes(make_dataset())
    start = content.index(b"\xe0\x7f\x10\x00")
    with pytest.raises(TruncatedFileError, match="ends before its pixel data"):
        read(content[:start])
    assert read_acquisition(content[:start]).modality == "DX"


@pytest.mark.parametrize("syntax", ["1.2.3.4.5", "1.2.840.113619.5.2", "1.2.840.10008.5.1.4.1.1.1"])
def test_unknown_transfer_syntax(syntax, make_dataset, to_bytes):
    content = to_bytes(make_dataset())
    known = EXPLICIT.encode() + b"\0"
    assert content.count(known) == 1
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    at = content.index(known)
    changed = content[: at - 2] + struct.pack("<H", len(uid)) + uid + content[at + len(known) :]
    with pytest.raises(
        TransferSyntaxError, match=f"unknown transfer syntax {syntax}; needed a transfer syntax of the DICOM"
    ):
        read(changed)


def test_compressed_data_without_a_syntax_that_names_the_codec(make_dataset, to_bytes):
    dataset = make_dataset()
    dataset.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\4\0\0\0abcd"
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    content = to_bytes(dataset, syntax="1.2.840.10008.1.2.4.80").replace(
        b"1.2.840.10008.1.2.4.80", b"1.2.840.10008.1.2.1\0\0\0"
    )
    with pytest.raises(TransferSyntaxError, match="compressed pixel data under Explicit VR Little Endian"):
        read(content)


@pytest.mark.parametrize("keyword", ["Rows", "Columns", "BitsAllocated"])
def test_missing_size_is_named(keyword, make_dataset, to_bytes):
    with pytest.raises(HeaderError, match=rf"no {keyword} \(0028,0\d\d\d\); needed a positive number"):
        read(to_bytes(make_dataset(**{keyword: None})))


def test_zero_rows(make_dataset, to_bytes):
    with pytest.raises(HeaderError, match=r"Rows \(0028,0010\) of 0"):
        read(to_bytes(make_dataset(Rows=0)))


def test_absurd_size_is_refused_before_anything_is_allocated(make_dataset, to_bytes):
    with pytest.raises(HeaderError, match="65535 x 65535; needed at most"):
        read(to_bytes(make_dataset(Rows=65535, Columns=65535)))
    with pytest.raises(TruncatedFileError):
        read(to_bytes(make_dataset(NumberOfFrames=2**31 - 1)))


@pytest.mark.parametrize(
    "bits",
    [{"BitsAllocated": 12}, {"BitsAllocated": 1}, {"BitsStored": 17, "HighBit": 16}, {"HighBit": 3}, {"BitsStored": 0}],
)
def test_contradicting_bits(bits, make_dataset, to_bytes):
    with pytest.raises(HeaderError, match="needed 8, 16 or 32 bits allocated"):
        read(to_bytes(make_dataset(**bits)))


def test_element_length_beyond_the_file_asks_for_no_memory(make_dataset, to_bytes):
    content = bytearray(to_bytes(make_dataset()))
    at = content.index(b"\xe0\x7f\x10\x00OW")
    content[at + 8 : at + 12] = struct.pack("<I", 0xFFFFFFF0)
    with pytest.raises(TruncatedFileError, match="the pixel data end after 96 of 4294967280 bytes"):
        read(bytes(content))


def test_deflate_bomb_is_refused(make_dataset, to_bytes, monkeypatch):
    content = to_bytes(make_dataset(np.zeros((600, 800), np.uint16)), syntax="1.2.840.10008.1.2.1.99")
    monkeypatch.setattr("xrayiq.dicom.expansion._INFLATED_MAX", 10_000)
    with pytest.raises(HeaderError, match=r"the deflated data set of \d+ bytes holds \d+ and more"):
        read(content)


def test_deflated_data_without_end(make_dataset, to_bytes):
    content = to_bytes(make_dataset(np.zeros((60, 80), np.uint16)), syntax="1.2.840.10008.1.2.1.99")
    with pytest.raises((TruncatedFileError, ReadError)):
        read(content[:-20])
    with pytest.raises(zlib.error):
        zlib.decompress(content[-20:])


def test_object_without_pixels_names_its_kind():
    plain = Dataset()
    plain.SOPClassUID = "1.2.840.10008.5.1.4.1.1.88.67"
    plain.SOPInstanceUID = "1.2.3"
    with pytest.raises(HeaderError, match=r"no pixel data \(X-Ray Radiation Dose SR Storage\); needed an X-ray image"):
        read(plain)


def test_image_is_no_dose_report(make_dataset, to_bytes):
    with pytest.raises(NotMeasurableError, match=r"needed an X-ray radiation dose report \(TID 10001\)") as caught:
        read_dose_report(to_bytes(make_dataset()))
    assert caught.value.reason == "not_a_dose_report"


def test_missing_folder_and_wrong_type(tmp_path):
    with pytest.raises(ReadError, match=r"none\.dcm: cannot be read \(No such file"):
        read(tmp_path / "none.dcm")
    with pytest.raises(ReadError, match="it is a folder"):
        read(tmp_path)
    with pytest.raises(InputError, match="a source of type int; needed a path"):
        read(42)


def test_deeply_nested_sequences_are_refused(make_dataset, to_bytes):
    opening = b"\x40\x00\x75\x02SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    content = to_bytes(make_dataset())
    start = content.index(b"\xe0\x7f\x10\x00")
    with pytest.raises(ReadError):
        read(content[:start] + opening * 3000)


@pytest.mark.parametrize("seed", range(4))
def test_no_change_of_bytes_leaks_a_foreign_exception(seed, make_dataset, to_bytes):
    dataset = make_dataset()
    item = Dataset()
    item.CodeValue, item.CodeMeaning = "R-10226", "medio-lateral oblique"
    dataset.ViewCodeSequence = [item]
    dataset.AcquisitionDateTime, dataset.PatientAge, dataset.SpecificCharacterSet = (
        "20240101120000",
        "040Y",
        "ISO_IR 192",
    )
    content = to_bytes(dataset)
    random = np.random.default_rng(seed)
    for _ in range(150):
        changed = bytearray(content)
        for position in random.integers(0, len(content), random.integers(1, 6)):
            changed[position] = random.integers(0, 256)
        for reader in (read, read_header, read_dose_report):
            try:
                reader(bytes(changed))
            except XrayiqError as error:
                assert "Simulated" not in str(error)


@pytest.mark.parametrize("seed", range(2))
def test_no_change_of_compressed_bytes_leaks_a_foreign_exception(seed, tmp_path):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 4096, (12, 10)).astype(np.uint16)
    for syntax in ("rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000"):
        path = tmp_path / f"{syntax}.dcm"
        write_dicom(path, pixels, pixel_pitch_mm=0.15, bits_stored=12, transfer_syntax=syntax)
        content = path.read_bytes()
        for _ in range(30):
            changed = bytearray(content)
            changed[random.integers(len(content) - 300, len(content))] = random.integers(0, 256)
            try:
                image = read(bytes(changed))
            except XrayiqError as error:
                assert "Simulated" not in str(error)
            else:
                assert image.pixels.dtype == np.uint16


def test_header_of_a_damaged_dataset_in_memory_is_ours_too(make_dataset, to_bytes):
    dataset, name = open_object(io.BytesIO(to_bytes(make_dataset())))
    del dataset["PixelData"]
    assert dataset_header(dataset, None, name).rows == 6
    with pytest.raises(TruncatedFileError):
        dataset_radiograph(dataset, None, name)
    skipped, _ = open_object(to_bytes(make_dataset()), stop_before_pixels=True)
    with pytest.raises(HeaderError, match="no pixel data"):
        dataset_radiograph(skipped)

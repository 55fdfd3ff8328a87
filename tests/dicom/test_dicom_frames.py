"""The frame that was asked for, alone, with its own attributes."""

import numpy as np
import pytest
from imagecodecs import jpegls_encode
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended

from xrayiq.batch import score_paths
from xrayiq.dicom import read, read_acquisition
from xrayiq.errors import DecodeError, InputError

EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
JPEG_LS = "1.2.840.10008.1.2.4.80"


@pytest.fixture
def frames(pixels):
    return np.stack([pixels, pixels[::-1], pixels // 3])


def many(make_dataset, frames, encoded=None, **attributes):
    dataset = make_dataset(frames, NumberOfFrames=len(frames), **attributes)
    if encoded is not None:
        dataset.PixelData = encoded
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    return dataset


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("syntax", [EXPLICIT, DEFLATED, BIG_ENDIAN])
def test_native_frame_is_the_one_asked_for(syntax, number, make_dataset, to_bytes, frames):
    dataset = many(make_dataset, frames)
    if syntax == BIG_ENDIAN:
        dataset.PixelData = frames.byteswap().tobytes()
    image = read(to_bytes(dataset, syntax=syntax), frame=number)
    np.testing.assert_array_equal(image.pixels, frames[number - 1])
    assert image.frame_number == number
    assert f"frame {number} of 3 was taken" in image.warnings


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_odd_frames_of_bytes_in_big_endian_words(number, make_dataset, to_bytes):
    frames = np.arange(4 * 15, dtype=np.uint8).reshape(4, 3, 5)
    dataset = many(make_dataset, frames)
    dataset.PixelData = frames.ravel().view(np.uint16).byteswap().tobytes()
    dataset["PixelData"].VR = "OW"
    image = read(to_bytes(dataset, syntax=BIG_ENDIAN), frame=number)
    np.testing.assert_array_equal(image.pixels, frames[number - 1])


def test_only_the_bytes_of_the_frame_are_kept(make_dataset, to_bytes, frames):
    image = read(to_bytes(many(make_dataset, frames)), frame=2)
    holder = image.pixels
    while isinstance(holder.base, np.ndarray):
        holder = holder.base
    assert holder.nbytes == frames[1].nbytes
    assert holder.flags.owndata


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("table", ["none", "basic", "extended", "fragments", "fragments without table"])
def test_compressed_frame_is_found_by_every_table(table, number, make_dataset, to_bytes, frames):
    encoded = [bytes(jpegls_encode(np.ascontiguousarray(frame))) for frame in frames]
    offsets = {}
    if table == "extended":
        content, starts, lengths = encapsulate_extended(encoded)
        offsets = {"ExtendedOffsetTable": starts, "ExtendedOffsetTableLengths": lengths}
    else:
        pieces = 3 if table.startswith("fragments") else 1
        content = encapsulate(encoded, fragments_per_frame=pieces, has_bot=table in ("basic", "fragments"))
    image = read(to_bytes(many(make_dataset, frames, content, **offsets), syntax=JPEG_LS), frame=number)
    np.testing.assert_array_equal(image.pixels, frames[number - 1])


def test_other_frames_are_not_decoded(make_dataset, to_bytes, frames):
    encoded = [b"no codestream", bytes(jpegls_encode(np.ascontiguousarray(frames[1]))), b"nor this"]
    content = to_bytes(many(make_dataset, frames, encapsulate(encoded)), syntax=JPEG_LS)
    np.testing.assert_array_equal(read(content, frame=2).pixels, frames[1])
    with pytest.raises(DecodeError, match="it has no sound frame header"):
        read(content, frame=1)


@pytest.mark.parametrize("offset", [7, 10**6, 2**63 - 1, 2**64 - 1])
def test_extended_table_that_points_elsewhere_is_an_error(offset, make_dataset, to_bytes, frames):
    content, _, lengths = encapsulate_extended([bytes(jpegls_encode(frames[0].copy()))] * 3)
    table = np.full(3, offset, dtype="<u8").tobytes()
    dataset = many(make_dataset, frames, content, ExtendedOffsetTable=table, ExtendedOffsetTableLengths=lengths)
    with pytest.raises(DecodeError):
        read(to_bytes(dataset, syntax=JPEG_LS), frame=2)


@pytest.mark.parametrize(("stated", "taken"), [(3, 3), (1, 1), (0, 1), (4, 1), (None, 1)])
def test_without_a_number_the_representative_frame_is_taken(stated, taken, make_dataset, to_bytes, frames):
    attributes = {} if stated is None else {"RepresentativeFrameNumber": stated}
    image = read(to_bytes(many(make_dataset, frames, **attributes)))
    np.testing.assert_array_equal(image.pixels, frames[taken - 1])
    assert image.frame_number == taken
    assert f"frame {taken} of 3 was taken" in image.warnings


@pytest.mark.parametrize("number", [0, -1, 4, 1.5, True, "2"])
def test_frame_that_is_not_there_says_how_many_there_are(number, make_dataset, to_bytes, frames):
    with pytest.raises(InputError, match="needed a number from 1 to 3: the object has 3 frames"):
        read(to_bytes(many(make_dataset, frames)), frame=number)
    with pytest.raises(InputError, match="from 1 to 1: the object has 1 frame:"):
        read(to_bytes(make_dataset()), frame=2)


def enhanced(make_dataset, frames, **attributes):
    dataset = many(make_dataset, frames, ImagerPixelSpacing=None, **attributes)
    shared = Dataset()
    shared.PixelIntensityRelationshipLUTSequence = []
    dataset.SharedFunctionalGroupsSequence = [shared]
    groups = []
    for kilovolts, spacing_mm in ((70, 0.1), (80, 0.2), (90, 0.3)):
        acquisition, plane, group = Dataset(), Dataset(), Dataset()
        acquisition.KVP = kilovolts
        plane.PixelSpacing = [spacing_mm, spacing_mm]
        group.FrameAcquisitionSequence, group.PixelMeasuresSequence = [acquisition], [plane]
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = groups
    return dataset


@pytest.mark.parametrize("number", [1, 2, 3])
def test_functional_groups_are_those_of_the_frame(number, make_dataset, to_bytes, frames):
    image = read(to_bytes(enhanced(make_dataset, frames)), frame=number)
    assert image.acquisition.tube_voltage_kv == 60 + 10 * number
    assert image.pixel_pitch_mm == (pytest.approx(number / 10), pytest.approx(number / 10))


def test_header_alone_speaks_of_the_frame_that_reading_takes(make_dataset, to_bytes, frames):
    content = to_bytes(enhanced(make_dataset, frames, RepresentativeFrameNumber=3))
    assert read_acquisition(content).tube_voltage_kv == 90
    assert read(content).acquisition.tube_voltage_kv == 90


def test_groups_of_fewer_frames_than_there_are_give_nothing_of_another_frame(make_dataset, to_bytes, frames):
    dataset = enhanced(make_dataset, frames)
    del dataset.PerFrameFunctionalGroupsSequence[2]
    image = read(to_bytes(dataset), frame=3)
    assert image.acquisition.tube_voltage_kv is None
    assert image.pixel_pitch_mm is None


def test_subject_is_the_object_whatever_the_frame(make_dataset, to_bytes, frames):
    content = to_bytes(many(make_dataset, frames))
    assert {read(content, frame=number).header.subject for number in (1, 2, 3)} == {"1.2.826.0.1.3680043.8.498.1"}


def test_scoring_a_frame_measures_that_frame(make_dataset, to_bytes, tmp_path):
    flats = np.stack([np.full((400, 400), level, dtype=np.uint16) for level in (500, 1000)])
    flats += np.random.default_rng(6).integers(0, 9, flats.shape).astype(np.uint16)
    path = tmp_path / "flats.dcm"
    path.write_bytes(to_bytes(many(make_dataset, flats)))
    for number in (1, 2):
        (scored,) = score_paths([path], frame=number)
        marks = [outcome.result.provenance.warnings for outcome in scored.outcomes if outcome.result is not None]
        assert marks
        assert all(f"frame {number} of 2 was taken" in warnings for warnings in marks)
    (scored,) = score_paths([path], frame=3)
    assert [(outcome.kind, outcome.reason) for outcome in scored.outcomes] == [("error", "no_such_frame")]
    assert "the object has 2 frames" in scored.outcomes[0].message

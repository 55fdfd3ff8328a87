"""Every transfer syntax on one 9-megapixel image of 12 bits, beside pydicom reading the uncompressed file."""

import imagecodecs
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import UID

import xrayiq
from xrayiq_phantoms.dicom_writer import write_dicom

SIDE_PX = 3072
BITS = 12
WRITTEN = ("explicit", "implicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000")
GROUP = "reading 9 megapixels of 12 bits"


@pytest.fixture(scope="module")
def image():
    """Smooth structure with noise of 12 values."""
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX]
    noise = np.random.default_rng(2).normal(0.0, 12.0, (SIDE_PX, SIDE_PX))
    return np.clip(2000 + 900 * np.sin(rows / 300) * np.cos(columns / 500) + noise, 0, 2**BITS - 1).astype(np.uint16)


@pytest.fixture(scope="module")
def make_file(image, tmp_path_factory):
    """Path of the image in a transfer syntax, written once."""
    folder = tmp_path_factory.mktemp("decoding")

    def make(name):
        path = folder / f"{name}.dcm"
        if name in WRITTEN and not path.exists():
            write_dicom(path, image, pixel_pitch_mm=0.15, bits_stored=BITS, transfer_syntax=name)
        elif not path.exists():
            dataset = write_dicom(None, image, pixel_pitch_mm=0.15, bits_stored=BITS)
            dataset.PixelData = encapsulate([bytes(imagecodecs.htj2k_encode(image, reversible=True))])
            dataset["PixelData"].VR = "OB"
            dataset["PixelData"].is_undefined_length = True
            dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.4.201")
            dataset.save_as(path, enforce_file_format=True)
        return path

    return make


@pytest.mark.benchmark(group=GROUP)
@pytest.mark.parametrize("syntax", [*WRITTEN, "htj2k"])
def test_read(benchmark, syntax, make_file, image):
    path = make_file(syntax)
    np.testing.assert_array_equal(xrayiq.read(path).pixels, image)
    benchmark.pedantic(xrayiq.read, args=(path,), rounds=3 if syntax in ("deflated", "jpeg_2000") else 7)


@pytest.mark.benchmark(group=GROUP)
def test_pydicom_uncompressed(benchmark, make_file, image):
    path = make_file("explicit")
    np.testing.assert_array_equal(dcmread(path).pixel_array, image)
    benchmark.pedantic(lambda: dcmread(path).pixel_array, rounds=7)

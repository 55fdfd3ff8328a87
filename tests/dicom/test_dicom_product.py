"""Every sensible combination of object, encoding, bits and meaning is read back exactly."""

import itertools

import numpy as np
import pytest

from xrayiq.dicom import read
from xrayiq.errors import NotMeasurableError
from xrayiq_phantoms import write_dicom

SYNTAXES = ("implicit", "explicit", "big_endian", "deflated", "rle", "jpeg_lossless", "jpeg_ls", "jpeg_2000")


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(("sop_class", "signed"), [("DX", False), ("CR", False), ("CR", True)])
def test_every_combination_reads_back(tmp_path, syntax, sop_class, signed):
    combinations = itertools.product(
        (10, 12, 14, 16), ("FOR PROCESSING", "FOR PRESENTATION"), ("MONOCHROME1", "MONOCHROME2"), ("LIN", "LOG")
    )
    for bits, intent, photometric, relationship in combinations:
        low = -(2 ** (bits - 1)) if signed else 0
        values = np.random.default_rng(bits).integers(low, low + 2**bits, (9, 7))
        pixels = values.astype(np.int16 if signed else np.uint16)
        path = tmp_path / "object.dcm"
        write_dicom(
            path,
            pixels,
            pixel_pitch_mm=0.15,
            sop_class=sop_class,
            intent=intent,
            photometric=photometric,
            relationship=relationship,
            bits_stored=bits,
            signed=signed,
            transfer_syntax=syntax,
        )
        image = read(path)
        np.testing.assert_array_equal(image.pixels, pixels)
        assert image.pixels.dtype == pixels.dtype
        assert image.acquisition.intent == intent
        assert image.acquisition.photometric_interpretation == photometric
        assert (image.relation.stored_min, image.relation.stored_max) == (low, low + 2**bits - 1)
        if relationship == "LIN":
            np.testing.assert_array_equal(image.signal(), pixels)
        else:
            with pytest.raises(NotMeasurableError):
                image.signal()

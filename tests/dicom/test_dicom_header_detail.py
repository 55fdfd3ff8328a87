"""Attributes beside each other, as the header gives them."""

import datetime

from pydicom.uid import generate_uid

from xrayiq.dicom import read_header
from xrayiq.model import HeaderDetail


def detail_of(make_dataset, to_bytes, **attributes):
    return read_header(to_bytes(make_dataset(**attributes))).detail


def test_values_of_one_quantity_are_kept_beside_each_other_in_its_unit(make_dataset, to_bytes):
    detail = detail_of(make_dataset, to_bytes, Exposure="0", ExposureInuAs="400", ExposureTime="12", KVP="0")
    assert detail.exposures_mas == (("ExposureInuAs", 0.4), ("Exposure", 0.0))
    assert detail.exposure_times_ms == (("ExposureTime", 12.0),)
    assert detail.zeros == ("KVP",)


def test_text_in_place_of_a_number_is_named_and_not_kept(make_dataset, to_bytes):
    content = to_bytes(make_dataset(ExposureIndex="12345")).replace(b"12345", b"Meier")
    detail = read_header(content).detail
    assert detail.not_numbers == ("ExposureIndex",)
    assert "Meier" not in repr(detail)


def test_codes_outside_their_list_are_not_kept(make_dataset, to_bytes):
    detail = detail_of(
        make_dataset,
        to_bytes,
        LossyImageCompression="MEIER",
        PresentationLUTShape="MEIER",
        PixelSpacingCalibrationType="MEIER",
        PresentationIntentType="MEIER",
    )
    assert "MEIER" not in repr(detail)
    kept = detail_of(make_dataset, to_bytes, LossyImageCompression="01", PresentationLUTShape="INVERSE")
    assert (kept.lossy_image_compression, kept.presentation_lut_shape) == ("01", "INVERSE")


def test_geometry_dates_and_identity_are_read(make_dataset, to_bytes):
    detail = detail_of(
        make_dataset,
        to_bytes,
        PixelSpacing=[0.12, 0.13],
        EstimatedRadiographicMagnificationFactor="1.2",
        DetectorActiveDimensions=[430.0, 350.0],
        FieldOfViewOrigin=["12", "34"],
        DetectorActiveOrigin=["2", "3"],
        FieldOfViewRotation="270",
        FieldOfViewHorizontalFlip="YES",
        GridPitch="0.25",
        CollimatorLeftVerticalEdge="1",
        CollimatorRightVerticalEdge="8",
        CollimatorUpperHorizontalEdge="2",
        CollimatorLowerHorizontalEdge="6",
        AcquisitionDate="20260504",
        ContentDate="20260505",
        IrradiationEventUID=[generate_uid(entropy_srcs=["a"]), generate_uid(entropy_srcs=["b"])],
    )
    assert detail.imager_pixel_spacing_mm == (0.15, 0.15)
    assert detail.pixel_spacing_mm == (0.12, 0.13)
    assert detail.magnification == 1.2
    assert detail.detector_active_dimensions_mm == (430.0, 350.0)
    assert detail.field_of_view_origin_px == (12.0, 34.0)
    assert detail.detector_active_origin_px == (2.0, 3.0)
    assert (detail.field_of_view_rotation_deg, detail.field_of_view_flipped) == (270.0, True)
    assert detail.grid_pitch_mm == 0.25
    assert detail.collimator_edges_px == (1.0, 8.0, 2.0, 6.0)
    assert (detail.acquired_on, detail.content_on) == (datetime.date(2026, 5, 4), datetime.date(2026, 5, 5))
    assert detail.irradiation_events == 2
    assert detail.sop_instance_uid == detail.file_sop_instance_uid == "1.2.826.0.1.3680043.8.498.1"
    assert (detail.bits_allocated, detail.high_bit, detail.samples_per_pixel) == (16, 11, 1)


def test_silent_header_gives_nothing():
    assert HeaderDetail().exposures_mas == ()
    assert HeaderDetail().magnification is None

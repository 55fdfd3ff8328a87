"""Performed procedure steps: exposures and totals in their units, images that they name."""

import datetime

import pytest
from pydicom.dataset import Dataset

from xrayiq.dicom import read_performed_step
from xrayiq.errors import NotMeasurableError
from xrayiq.model import exposures_of_step


def exposure(kv, microampere, ms):
    item = Dataset()
    item.KVP, item.XRayTubeCurrentInuA, item.ExposureTime, item.RadiationMode = kv, microampere, ms, "PULSED"
    item.FilterMaterial = "COPPER"
    return item


@pytest.fixture
def step():
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = "1.2.840.10008.3.1.2.3.3", "1.2.3.4"
    dataset.Modality, dataset.PerformedProcedureStepID, dataset.OperatorsName = "DX", "PPS1", "Secret^Operator"
    dataset.PerformedProcedureStepStartDate, dataset.PerformedProcedureStepStartTime = "20250304", "101500"
    dataset.TotalTimeOfFluoroscopy, dataset.TotalNumberOfExposures = 37, 2
    dataset.ImageAndFluoroscopyAreaDoseProduct, dataset.EntranceDoseInmGy = "12.5", "0.64"
    dataset.DistanceSourceToDetector, dataset.DistanceSourceToEntrance = "1800", "1500"
    dataset.ExposedArea = [35, 43]
    dataset.ExposureDoseSequence = [exposure("80", "250000", "8"), exposure("81", "200000", "0")]
    scheduled, series, image = Dataset(), Dataset(), Dataset()
    scheduled.StudyInstanceUID = "1.9"
    image.ReferencedSOPInstanceUID = "1.5"
    series.ReferencedImageSequence = [image]
    dataset.ScheduledStepAttributesSequence, dataset.PerformedSeriesSequence = [scheduled], [series]
    return dataset


def test_totals_are_in_the_units_of_their_names(step):
    found = read_performed_step(step)
    assert found.total_dap_gy_m2 == pytest.approx(12.5e-5, rel=1e-12)
    assert (found.total_entrance_dose_mgy, found.total_fluoro_time_s, found.exposure_count) == (0.64, 37.0, 2.0)
    assert found.header.acquisition.source_entrance_distance_mm == 1500.0
    assert found.header.acquisition.exposed_area_mm == (350.0, 430.0)
    assert found.started_at == datetime.datetime(2025, 3, 4, 10, 15)
    assert (found.study_uid, found.image_uids) == ("1.9", ("1.5",))


def test_exposures_keep_technique_and_zero(step):
    first, second = read_performed_step(step).exposures
    assert (first.tube_voltage_kv, first.tube_current_ma, first.exposure_time_ms) == (80.0, 250.0, 8.0)
    assert first.exposure_mas == pytest.approx(2.0, rel=1e-12)
    assert (first.radiation_mode, first.filter_material) == ("PULSED", "COPPER")
    assert second.exposure_time_ms == 0.0
    assert [one.place for one in exposures_of_step(read_performed_step(step))] == [1, 2]


def test_the_operator_stands_as_a_hash(step):
    assert "Secret" not in repr(read_performed_step(step, key=bytes(32)))


def test_another_object_is_no_step():
    other = Dataset()
    other.SOPClassUID, other.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.1.1", "1.2.3"
    with pytest.raises(NotMeasurableError, match="needed a modality performed procedure step"):
        read_performed_step(other)

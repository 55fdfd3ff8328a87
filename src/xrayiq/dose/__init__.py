"""Dose quantities from exposure values; tests of tube, generator and DAP meter from a meter's readings."""

from xrayiq.dose.backscatter import Backscatter, backscatter_factor, backscatter_factors, equivalent_side_mm
from xrayiq.dose.dap_meter import DapMeterCheck, assess_dap_meter, assess_dap_readings
from xrayiq.dose.dose_estimate import DoseEstimate
from xrayiq.dose.entrance_kerma import entrance_kerma_estimates, estimate_entrance_kerma, kerma_at_distance
from xrayiq.dose.entrance_values import EntranceGeometry, EntranceValues, entrance_geometry, entrance_values_of
from xrayiq.dose.generator import GeneratorTests, assess_generator
from xrayiq.dose.generator_test import GeneratorTest, MeterSeries
from xrayiq.dose.meter_readings import MeterFault, MeterReading, MeterReadings, is_meter_table, read_meter_readings
from xrayiq.dose.permitted import minimum_half_value_layer
from xrayiq.dose.sourced import Source
from xrayiq.dose.tube_output import (
    TubeOutput,
    TubeOutputTable,
    computed_tube_output,
    tube_output_at,
    tube_output_of_row,
)

__all__ = [
    "Backscatter",
    "DapMeterCheck",
    "DoseEstimate",
    "EntranceGeometry",
    "EntranceValues",
    "GeneratorTest",
    "GeneratorTests",
    "MeterFault",
    "MeterReading",
    "MeterReadings",
    "MeterSeries",
    "Source",
    "TubeOutput",
    "TubeOutputTable",
    "assess_dap_meter",
    "assess_dap_readings",
    "assess_generator",
    "backscatter_factor",
    "backscatter_factors",
    "computed_tube_output",
    "entrance_geometry",
    "entrance_kerma_estimates",
    "entrance_values_of",
    "equivalent_side_mm",
    "estimate_entrance_kerma",
    "is_meter_table",
    "kerma_at_distance",
    "minimum_half_value_layer",
    "read_meter_readings",
    "tube_output_at",
    "tube_output_of_row",
]

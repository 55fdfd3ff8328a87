"""Dose quantities from exposure values: tests of tube, generator and DAP meter from a meter's readings."""

from xrayiq.dose.dap_meter import DapMeterCheck, assess_dap_meter, assess_dap_readings
from xrayiq.dose.generator import GeneratorTests, assess_generator
from xrayiq.dose.generator_test import GeneratorTest, MeterSeries
from xrayiq.dose.meter_readings import MeterFault, MeterReading, MeterReadings, is_meter_table, read_meter_readings
from xrayiq.dose.permitted import minimum_half_value_layer

__all__ = [
    "DapMeterCheck",
    "GeneratorTest",
    "GeneratorTests",
    "MeterFault",
    "MeterReading",
    "MeterReadings",
    "MeterSeries",
    "assess_dap_meter",
    "assess_dap_readings",
    "assess_generator",
    "is_meter_table",
    "minimum_half_value_layer",
    "read_meter_readings",
]

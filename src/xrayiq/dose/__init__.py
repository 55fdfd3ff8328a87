"""Dose quantities from exposure values; tests of tube, generator and DAP meter from a meter's readings."""

from xrayiq.dose.backscatter import Backscatter, backscatter_factor, backscatter_factors, equivalent_side_mm
from xrayiq.dose.copper_filter import copper_transmissions, copper_uncertainty
from xrayiq.dose.dap_meter import DapMeterCheck, assess_dap_meter, assess_dap_readings
from xrayiq.dose.dose_estimate import DoseEstimate
from xrayiq.dose.effective_dose import EffectiveDose, coefficient_sets, coefficient_terms, estimate_effective_dose
from xrayiq.dose.entrance_kerma import entrance_kerma_estimates, estimate_entrance_kerma, kerma_at_distance
from xrayiq.dose.entrance_kerma_columns import EntranceColumns, EntranceKermaColumns, entrance_surface_kerma
from xrayiq.dose.entrance_values import (
    EntranceGeometry,
    EntranceValues,
    copper_of_header,
    entrance_geometry,
    entrance_values_of,
)
from xrayiq.dose.exposure_indicators import ExposureIndicator, IndicatorReading, identify_exposure_indicator
from xrayiq.dose.generator import GeneratorTests, assess_generator
from xrayiq.dose.generator_test import GeneratorTest, MeterSeries
from xrayiq.dose.glandular_dose import (
    GlandularDoseCheck,
    estimate_glandular_dose,
    estimate_phantom_glandular_dose,
    glandular_dose_check,
    target_filters,
)
from xrayiq.dose.indicator_calibration import IndicatorCalibration, calibrations_for
from xrayiq.dose.indicator_calibration_rows import indicator_calibration_of_row
from xrayiq.dose.indicator_scales import (
    IndicatorScale,
    indicator_scale,
    indicator_scales,
    legacy_scale_of,
    makers_scales,
)
from xrayiq.dose.level_matching import LEVEL_COLUMNS, LevelMatch, level_rows, levels_for
from xrayiq.dose.meter_readings import MeterFault, MeterReading, MeterReadings, is_meter_table, read_meter_readings
from xrayiq.dose.patient_thickness import PatientThickness, assumed_gap_mm, assumed_thickness
from xrayiq.dose.permitted import minimum_half_value_layer
from xrayiq.dose.reference_levels import DiagnosticReferenceLevel, reference_levels_of, shipped_reference_levels
from xrayiq.dose.report_events import entrance_values_of_event, skin_exposure_of
from xrayiq.dose.skin_dose import SkinDose, SkinModel, estimate_skin_dose, usual_skin_model
from xrayiq.dose.skin_exposure import SkinExposure
from xrayiq.dose.skin_phantom import SkinCells, SkinPhantom, skin_cells, usual_skin_phantom
from xrayiq.dose.sourced import Source
from xrayiq.dose.stated_doses import stated_uncertainty
from xrayiq.dose.substantial_dose import SubstantialDose, shipped_substantial_dose
from xrayiq.dose.tube_output import (
    TubeOutput,
    TubeOutputTable,
    computed_tube_output,
    tube_output_at,
    tube_output_of_row,
    tube_outputs_at,
)
from xrayiq.dose.unit_suspicion import (
    UnitRatio,
    UnitSuspicions,
    area_at_1_m_mm2,
    expected_dap_gy_m2,
    find_unit_suspicions,
)

__all__ = [
    "LEVEL_COLUMNS",
    "Backscatter",
    "DapMeterCheck",
    "DiagnosticReferenceLevel",
    "DoseEstimate",
    "EffectiveDose",
    "EntranceColumns",
    "EntranceGeometry",
    "EntranceKermaColumns",
    "EntranceValues",
    "ExposureIndicator",
    "GeneratorTest",
    "GeneratorTests",
    "GlandularDoseCheck",
    "IndicatorCalibration",
    "IndicatorReading",
    "IndicatorScale",
    "LevelMatch",
    "MeterFault",
    "MeterReading",
    "MeterReadings",
    "MeterSeries",
    "PatientThickness",
    "SkinCells",
    "SkinDose",
    "SkinExposure",
    "SkinModel",
    "SkinPhantom",
    "Source",
    "SubstantialDose",
    "TubeOutput",
    "TubeOutputTable",
    "UnitRatio",
    "UnitSuspicions",
    "area_at_1_m_mm2",
    "assess_dap_meter",
    "assess_dap_readings",
    "assess_generator",
    "assumed_gap_mm",
    "assumed_thickness",
    "backscatter_factor",
    "backscatter_factors",
    "calibrations_for",
    "coefficient_sets",
    "coefficient_terms",
    "computed_tube_output",
    "copper_of_header",
    "copper_transmissions",
    "copper_uncertainty",
    "entrance_geometry",
    "entrance_kerma_estimates",
    "entrance_surface_kerma",
    "entrance_values_of",
    "entrance_values_of_event",
    "equivalent_side_mm",
    "estimate_effective_dose",
    "estimate_entrance_kerma",
    "estimate_glandular_dose",
    "estimate_phantom_glandular_dose",
    "estimate_skin_dose",
    "expected_dap_gy_m2",
    "find_unit_suspicions",
    "glandular_dose_check",
    "identify_exposure_indicator",
    "indicator_calibration_of_row",
    "indicator_scale",
    "indicator_scales",
    "is_meter_table",
    "kerma_at_distance",
    "legacy_scale_of",
    "level_rows",
    "levels_for",
    "makers_scales",
    "minimum_half_value_layer",
    "read_meter_readings",
    "reference_levels_of",
    "shipped_reference_levels",
    "shipped_substantial_dose",
    "skin_cells",
    "skin_exposure_of",
    "stated_uncertainty",
    "target_filters",
    "tube_output_at",
    "tube_output_of_row",
    "tube_outputs_at",
    "usual_skin_model",
    "usual_skin_phantom",
]

"""Figures of results. The only package that imports matplotlib."""

from __future__ import annotations

import functools

from matplotlib.axes import Axes

from xrayiq.audit import (
    CollimationAudit,
    DoseAudit,
    DoseCreep,
    ExposureAudit,
    ExposureDrift,
    ImageQualityAudit,
    MetadataAudit,
    NoiseLevel,
    ProtocolAudit,
    RepeatAudit,
    Trend,
)
from xrayiq.dose.dap_meter import DapMeterCheck
from xrayiq.dose.generator import GeneratorTests
from xrayiq.dose.skin_dose import SkinDose
from xrayiq.dose.unit_suspicion import UnitSuspicions
from xrayiq.errors import InputError
from xrayiq.metrics.artefacts import Artefacts
from xrayiq.metrics.bar_pattern import BarPattern
from xrayiq.metrics.clinical_noise import ClinicalNoise
from xrayiq.metrics.clipping import Clipping
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.contrast import Contrast
from xrayiq.metrics.contrast_detail import ContrastDetail
from xrayiq.metrics.dark_noise import DarkNoise
from xrayiq.metrics.defect_change import DefectChange
from xrayiq.metrics.defect_map import DefectMap
from xrayiq.metrics.defects import Defects
from xrayiq.metrics.detectability import Detectability
from xrayiq.metrics.disc_ring import DiscRing
from xrayiq.metrics.dqe import Dqe
from xrayiq.metrics.edges import Edges
from xrayiq.metrics.effective_dqe import EffectiveDqe
from xrayiq.metrics.exposure_index import ExposureIndex
from xrayiq.metrics.field_congruence import FieldCongruence
from xrayiq.metrics.fixed_pattern import FixedPatternNps
from xrayiq.metrics.focal_spot import FocalSpot
from xrayiq.metrics.geometry import Geometry
from xrayiq.metrics.ghost_factor import GhostFactor
from xrayiq.metrics.ghosting import Ghosting
from xrayiq.metrics.lag import Lag
from xrayiq.metrics.line_noise import LineNoise
from xrayiq.metrics.local_variance import LocalVariance
from xrayiq.metrics.mammography_flat_field import MammographyFlatField
from xrayiq.metrics.mtf import Mtf
from xrayiq.metrics.neq import Neq
from xrayiq.metrics.noise import Noise
from xrayiq.metrics.nps import Nps
from xrayiq.metrics.recurring_artefacts import RecurringArtefacts
from xrayiq.metrics.sdnr import SdnrOverThickness
from xrayiq.metrics.signal_transfer import SignalTransfer
from xrayiq.metrics.stitching import Stitching
from xrayiq.metrics.temporal_noise import TemporalNoise
from xrayiq.metrics.threshold_contrast import ThresholdContrast
from xrayiq.metrics.uniformity import Uniformity
from xrayiq.model import DoseReport, Response, Result
from xrayiq.plots.accuracy import accuracy_size, plot_accuracy
from xrayiq.plots.artefacts import plot_artefact_power, plot_artefacts
from xrayiq.plots.bar_pattern import plot_bar_pattern
from xrayiq.plots.clinical_noise import plot_clinical_noise, plot_snr_distribution
from xrayiq.plots.clipping import plot_clipping
from xrayiq.plots.collimation import plot_collimation
from xrayiq.plots.collimation_audit import FIELD_CENTRES, field_shares_size, plot_field_centres, plot_field_shares
from xrayiq.plots.contrast import plot_contrast
from xrayiq.plots.contrast_detail import plot_contrast_detail
from xrayiq.plots.dap_meter import plot_dap_meter
from xrayiq.plots.dark_noise import plot_dark_noise
from xrayiq.plots.defects import plot_defect_change, plot_defect_map, plot_defects
from xrayiq.plots.detectability import plot_detectability
from xrayiq.plots.disc_ring import plot_disc_ring
from xrayiq.plots.dose_and_quality import DOSE_AND_QUALITY, plot_dose_and_quality
from xrayiq.plots.dose_creep import DOSE_CREEP, plot_dose_creep
from xrayiq.plots.dose_report import plot_dose_report
from xrayiq.plots.dqe import plot_dqe, plot_dqes, plot_effective_dqe, plot_neq
from xrayiq.plots.edges import plot_edges
from xrayiq.plots.excursions import EXCURSIONS, plot_excursions
from xrayiq.plots.exposure_audit import (
    EXPOSURE_DRIFT,
    exposure_groups_size,
    plot_exposure_drift,
    plot_exposure_groups,
)
from xrayiq.plots.exposure_index import plot_deviation_indices, plot_exposure_index
from xrayiq.plots.field_congruence import FIELD_CONGRUENCE, plot_field_congruence
from xrayiq.plots.field_picture import plot_field_picture
from xrayiq.plots.focal_spot import plot_focal_spot
from xrayiq.plots.generator import generator_size, plot_generator
from xrayiq.plots.geometry import plot_geometry
from xrayiq.plots.ghost_factor import plot_ghost_factor
from xrayiq.plots.image_quality_audit import (
    NOISE_AND_EXPOSURE,
    NOISE_LEVEL,
    image_faults_size,
    plot_image_faults,
    plot_noise_and_exposure,
    plot_noise_level,
)
from xrayiq.plots.lag import plot_ghosting, plot_lag
from xrayiq.plots.line_noise import plot_line_noise
from xrayiq.plots.local_levels import LOCAL_LEVELS, plot_local_levels
from xrayiq.plots.local_variance import plot_local_variance
from xrayiq.plots.mammography_flat_field import plot_mammography_flat_field
from xrayiq.plots.metadata_audit import completeness_size, plot_completeness
from xrayiq.plots.mtf import plot_mtf, plot_mtfs
from xrayiq.plots.noise import plot_noise
from xrayiq.plots.nps import plot_fixed_pattern_nps, plot_nnps_group, plot_nps
from xrayiq.plots.protocol_audit import PROTOCOL_CHANGE, plot_protocol_change
from xrayiq.plots.recurring_artefacts import RECURRING_ARTEFACTS, plot_recurring_artefacts
from xrayiq.plots.rendering import to_png, to_svg
from xrayiq.plots.repeat_audit import (
    REPEAT_FUNNEL,
    REPEAT_WEEKS,
    plot_reject_reasons,
    plot_repeat_funnel,
    plot_repeat_rates,
    plot_repeat_weeks,
    reject_reasons_size,
    repeat_rates_size,
)
from xrayiq.plots.response import plot_response
from xrayiq.plots.sdnr import plot_sdnr_over_thickness
from xrayiq.plots.signal_transfer import plot_signal_transfer
from xrayiq.plots.skin_dose import SKIN_MAP, plot_skin_dose
from xrayiq.plots.stated_and_expected import STATED_AND_EXPECTED, plot_stated_and_expected
from xrayiq.plots.stitching import plot_stitching
from xrayiq.plots.temporal_noise import plot_temporal_noise
from xrayiq.plots.threshold_contrast import plot_threshold_contrast
from xrayiq.plots.trend import TREND_NARROW, TREND_WIDE, plot_trend
from xrayiq.plots.tube_output import plot_tube_output
from xrayiq.plots.typical_doses import plot_typical_doses, typical_doses_size
from xrayiq.plots.uniformity import plot_uniformity
from xrayiq.plots.unit_suspicion import plot_unit_suspicions, unit_suspicion_size
from xrayiq.plots.workload import plot_workload, plot_workload_by_voltage, workload_by_voltage_size, workload_size

__all__ = [
    "DOSE_AND_QUALITY",
    "DOSE_CREEP",
    "EXCURSIONS",
    "EXPOSURE_DRIFT",
    "FIELD_CENTRES",
    "FIELD_CONGRUENCE",
    "LOCAL_LEVELS",
    "NOISE_AND_EXPOSURE",
    "NOISE_LEVEL",
    "PROTOCOL_CHANGE",
    "RECURRING_ARTEFACTS",
    "REPEAT_FUNNEL",
    "REPEAT_WEEKS",
    "SKIN_MAP",
    "STATED_AND_EXPECTED",
    "TREND_NARROW",
    "TREND_WIDE",
    "accuracy_size",
    "completeness_size",
    "exposure_groups_size",
    "field_shares_size",
    "generator_size",
    "image_faults_size",
    "plot",
    "plot_accuracy",
    "plot_artefact_power",
    "plot_artefacts",
    "plot_bar_pattern",
    "plot_clinical_noise",
    "plot_clipping",
    "plot_collimation",
    "plot_completeness",
    "plot_contrast",
    "plot_contrast_detail",
    "plot_dap_meter",
    "plot_dark_noise",
    "plot_defect_change",
    "plot_defect_map",
    "plot_defects",
    "plot_detectability",
    "plot_deviation_indices",
    "plot_disc_ring",
    "plot_dose_and_quality",
    "plot_dose_creep",
    "plot_dose_report",
    "plot_dqe",
    "plot_dqes",
    "plot_edges",
    "plot_effective_dqe",
    "plot_excursions",
    "plot_exposure_drift",
    "plot_exposure_groups",
    "plot_exposure_index",
    "plot_field_centres",
    "plot_field_congruence",
    "plot_field_picture",
    "plot_field_shares",
    "plot_fixed_pattern_nps",
    "plot_focal_spot",
    "plot_generator",
    "plot_geometry",
    "plot_ghost_factor",
    "plot_ghosting",
    "plot_image_faults",
    "plot_lag",
    "plot_line_noise",
    "plot_local_levels",
    "plot_local_variance",
    "plot_mammography_flat_field",
    "plot_mtf",
    "plot_mtfs",
    "plot_neq",
    "plot_nnps_group",
    "plot_noise",
    "plot_noise_and_exposure",
    "plot_noise_level",
    "plot_nps",
    "plot_protocol_change",
    "plot_recurring_artefacts",
    "plot_reject_reasons",
    "plot_repeat_funnel",
    "plot_repeat_rates",
    "plot_repeat_weeks",
    "plot_response",
    "plot_sdnr_over_thickness",
    "plot_signal_transfer",
    "plot_skin_dose",
    "plot_snr_distribution",
    "plot_stated_and_expected",
    "plot_stitching",
    "plot_temporal_noise",
    "plot_threshold_contrast",
    "plot_trend",
    "plot_tube_output",
    "plot_typical_doses",
    "plot_uniformity",
    "plot_unit_suspicions",
    "plot_workload",
    "plot_workload_by_voltage",
    "reject_reasons_size",
    "repeat_rates_size",
    "to_png",
    "to_svg",
    "typical_doses_size",
    "unit_suspicion_size",
    "workload_by_voltage_size",
    "workload_size",
]


def plot(
    result: Result
    | Response
    | CollimationAudit
    | DoseAudit
    | DoseCreep
    | ExposureAudit
    | ExposureDrift
    | ImageQualityAudit
    | MetadataAudit
    | NoiseLevel
    | ProtocolAudit
    | RepeatAudit,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Figure of a result, with quantities and units on its axes.

    Parameters
    ----------
    result : Result, Response, DoseCreep, ExposureDrift, NoiseLevel, or an audit of collimation, doses, exposure,
        headers, image quality, protocols or repeats
        What a metric, a reader, a fit or an audit gave; the error for anything else lists the types that have a figure.
    ax : matplotlib Axes, optional
        Where to draw. Without, a new pyplot figure is made, which a notebook shows.

    Returns
    -------
    matplotlib Axes
        What was drawn on.

    Raises
    ------
    InputError
        There is no figure for such a value.
    """
    return _plot(result, ax=ax)


@functools.singledispatch
def _plot(result: object, *, ax: Axes | None = None) -> Axes:
    raise InputError(
        f"a {type(result).__name__}",
        needed="one of " + ", ".join(kind.__name__ for kind in _plot.registry if kind is not object),
        remedy="give the result itself, for example plot(measure_mtf(image))",
    )


_plot.register(Uniformity, plot_uniformity)
_plot.register(LocalVariance, plot_local_variance)
_plot.register(MammographyFlatField, plot_mammography_flat_field)
_plot.register(TemporalNoise, plot_temporal_noise)
_plot.register(LineNoise, plot_line_noise)
_plot.register(Mtf, plot_mtf)
_plot.register(Nps, plot_nps)
_plot.register(FixedPatternNps, plot_fixed_pattern_nps)
_plot.register(Noise, plot_noise)
_plot.register(Contrast, plot_contrast)
_plot.register(ClinicalNoise, plot_clinical_noise)
_plot.register(Clipping, plot_clipping)
_plot.register(Collimation, plot_collimation)
_plot.register(FieldCongruence, plot_field_congruence)
_plot.register(ExposureIndex, plot_exposure_index)
_plot.register(DoseReport, plot_dose_report)
_plot.register(Response, plot_response)
_plot.register(SignalTransfer, plot_signal_transfer)
_plot.register(Dqe, plot_dqe)
_plot.register(Neq, plot_neq)
_plot.register(EffectiveDqe, plot_effective_dqe)
_plot.register(Artefacts, plot_artefacts)
_plot.register(RecurringArtefacts, plot_recurring_artefacts)
_plot.register(Defects, plot_defects)
_plot.register(DefectMap, plot_defect_map)
_plot.register(DefectChange, plot_defect_change)
_plot.register(Detectability, plot_detectability)
_plot.register(ThresholdContrast, plot_threshold_contrast)
_plot.register(FocalSpot, plot_focal_spot)
_plot.register(Stitching, plot_stitching)
_plot.register(DarkNoise, plot_dark_noise)
_plot.register(GhostFactor, plot_ghost_factor)
_plot.register(GeneratorTests, plot_generator)
_plot.register(DapMeterCheck, plot_dap_meter)
_plot.register(SkinDose, plot_skin_dose)
_plot.register(UnitSuspicions, plot_unit_suspicions)
_plot.register(SdnrOverThickness, plot_sdnr_over_thickness)
_plot.register(Lag, plot_lag)
_plot.register(Ghosting, plot_ghosting)
_plot.register(Geometry, plot_geometry)
_plot.register(Edges, plot_edges)
_plot.register(ContrastDetail, plot_contrast_detail)
_plot.register(DiscRing, plot_disc_ring)
_plot.register(BarPattern, plot_bar_pattern)
_plot.register(Trend, plot_trend)
_plot.register(CollimationAudit, plot_field_shares)
_plot.register(DoseAudit, plot_typical_doses)
_plot.register(DoseCreep, plot_dose_creep)
_plot.register(ExposureAudit, plot_exposure_groups)
_plot.register(ExposureDrift, plot_exposure_drift)
_plot.register(ImageQualityAudit, plot_image_faults)
_plot.register(NoiseLevel, plot_noise_level)
_plot.register(MetadataAudit, plot_completeness)
_plot.register(ProtocolAudit, plot_protocol_change)
_plot.register(RepeatAudit, plot_repeat_rates)

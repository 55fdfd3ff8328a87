"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.artefact_blobs import Blob
from xrayiq.metrics.artefact_candidates import ArtefactCandidates, find_artefact_candidates
from xrayiq.metrics.artefact_peaks import GridPeak
from xrayiq.metrics.artefact_seams import Seam
from xrayiq.metrics.artefacts import Artefacts, find_artefacts
from xrayiq.metrics.bar_pattern import BarPattern, measure_bar_pattern
from xrayiq.metrics.beam_quality import BeamQuality, beam_qualities
from xrayiq.metrics.beam_spectrum import beam_from_spectrum, beam_from_technique
from xrayiq.metrics.clinical_grid_lines import GridLines, ImagedLines, find_grid_lines
from xrayiq.metrics.clinical_noise import ClinicalNoise, measure_clinical_noise
from xrayiq.metrics.clinical_seam import ClinicalSeam, find_clinical_seam
from xrayiq.metrics.clipping import Clipping, measure_clipping
from xrayiq.metrics.collimation import Collimation, find_collimation
from xrayiq.metrics.contrast import Contrast, measure_contrast
from xrayiq.metrics.contrast_detail import ContrastDetail, read_contrast_detail
from xrayiq.metrics.dark_noise import DarkNoise, measure_dark_noise
from xrayiq.metrics.defect_change import ClassChange, DefectChange, compare_defects
from xrayiq.metrics.defect_correction import correct_defects
from xrayiq.metrics.defect_lines import DefectLine
from xrayiq.metrics.defect_map import DEFECT_CLASSES, DefectMap, make_defect_map
from xrayiq.metrics.defects import Defects, find_defects
from xrayiq.metrics.detectability import Detectability, compute_detectability
from xrayiq.metrics.detector_area import DetectorArea, assess_detector_area
from xrayiq.metrics.disc_ring import DiscRing, read_disc_ring
from xrayiq.metrics.dqe import Dqe, compute_dqe
from xrayiq.metrics.edges import Edges, FoundEdge, find_edges, measure_mtfs
from xrayiq.metrics.effective_dqe import EffectiveDqe, compute_effective_dqe
from xrayiq.metrics.exposure_index import ExposureIndex, assess_exposure_index
from xrayiq.metrics.field_congruence import FieldCongruence, measure_field_congruence
from xrayiq.metrics.five_roi import FiveRoiScheme, five_roi_schemes
from xrayiq.metrics.fixed_pattern import FixedPatternNps, measure_fixed_pattern_nps
from xrayiq.metrics.focal_spot import FocalSpot, measure_focal_spot
from xrayiq.metrics.geometry import Geometry, measure_geometry
from xrayiq.metrics.ghost_factor import GhostFactor, measure_ghost_factor
from xrayiq.metrics.ghosting import Ghosting, measure_ghosting
from xrayiq.metrics.lag import Lag, measure_lag
from xrayiq.metrics.lag_decay import LagDecay
from xrayiq.metrics.line_noise import LineNoise, LineProfile, measure_line_noise
from xrayiq.metrics.local_variance import LocalVariance, compute_local_variance
from xrayiq.metrics.mammography_flat_field import MammographyFlatField, measure_mammography_flat_field
from xrayiq.metrics.mtf import Mtf, measure_mtf
from xrayiq.metrics.neq import Neq, compute_neq
from xrayiq.metrics.noise import Noise, measure_noise
from xrayiq.metrics.nps import Nps, measure_nps
from xrayiq.metrics.nps_lag import correct_nps_for_lag
from xrayiq.metrics.recurring_artefacts import RecurringArtefacts, RecurringPlace, find_recurring_artefacts
from xrayiq.metrics.response import fit_response
from xrayiq.metrics.sdnr import SdnrOverThickness, measure_sdnr_over_thickness
from xrayiq.metrics.signal_transfer import SignalTransfer, measure_signal_transfer
from xrayiq.metrics.stitching import Stitching, measure_stitching
from xrayiq.metrics.temporal_noise import TemporalNoise, measure_temporal_noise
from xrayiq.metrics.threshold_contrast import ThresholdContrast, measure_threshold_contrast
from xrayiq.metrics.uniformity import Uniformity, measure_uniformity
from xrayiq_kernels import KERNEL_DIGEST

__all__ = [
    "DEFECT_CLASSES",
    "KERNEL_DIGEST",
    "ArtefactCandidates",
    "Artefacts",
    "BarPattern",
    "BeamQuality",
    "Blob",
    "ClassChange",
    "ClinicalNoise",
    "ClinicalSeam",
    "Clipping",
    "Collimation",
    "Contrast",
    "ContrastDetail",
    "DarkNoise",
    "DefectChange",
    "DefectLine",
    "DefectMap",
    "Defects",
    "Detectability",
    "DetectorArea",
    "DiscRing",
    "Dqe",
    "Edges",
    "EffectiveDqe",
    "ExposureIndex",
    "FieldCongruence",
    "FiveRoiScheme",
    "FixedPatternNps",
    "FocalSpot",
    "FoundEdge",
    "Geometry",
    "GhostFactor",
    "Ghosting",
    "GridLines",
    "GridPeak",
    "ImagedLines",
    "Lag",
    "LagDecay",
    "LineNoise",
    "LineProfile",
    "LocalVariance",
    "MammographyFlatField",
    "Mtf",
    "Neq",
    "Noise",
    "Nps",
    "RecurringArtefacts",
    "RecurringPlace",
    "SdnrOverThickness",
    "Seam",
    "SignalTransfer",
    "Stitching",
    "TemporalNoise",
    "ThresholdContrast",
    "Uniformity",
    "assess_detector_area",
    "assess_exposure_index",
    "beam_from_spectrum",
    "beam_from_technique",
    "beam_qualities",
    "compare_defects",
    "compute_detectability",
    "compute_dqe",
    "compute_effective_dqe",
    "compute_local_variance",
    "compute_neq",
    "correct_defects",
    "correct_nps_for_lag",
    "find_artefact_candidates",
    "find_artefacts",
    "find_clinical_seam",
    "find_collimation",
    "find_defects",
    "find_edges",
    "find_grid_lines",
    "find_recurring_artefacts",
    "fit_response",
    "five_roi_schemes",
    "make_defect_map",
    "measure_bar_pattern",
    "measure_clinical_noise",
    "measure_clipping",
    "measure_contrast",
    "measure_dark_noise",
    "measure_field_congruence",
    "measure_fixed_pattern_nps",
    "measure_focal_spot",
    "measure_geometry",
    "measure_ghost_factor",
    "measure_ghosting",
    "measure_lag",
    "measure_line_noise",
    "measure_mammography_flat_field",
    "measure_mtf",
    "measure_mtfs",
    "measure_noise",
    "measure_nps",
    "measure_sdnr_over_thickness",
    "measure_signal_transfer",
    "measure_stitching",
    "measure_temporal_noise",
    "measure_threshold_contrast",
    "measure_uniformity",
    "read_contrast_detail",
    "read_disc_ring",
]

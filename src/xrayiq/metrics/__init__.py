"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.clinical_noise import ClinicalNoise, measure_clinical_noise
from xrayiq.metrics.clipping import Clipping, measure_clipping
from xrayiq.metrics.collimation import Collimation, find_collimation
from xrayiq.metrics.contrast import Contrast, measure_contrast
from xrayiq.metrics.exposure_index import ExposureIndex, assess_exposure_index
from xrayiq.metrics.mtf import Mtf, measure_mtf
from xrayiq.metrics.noise import Noise, measure_noise
from xrayiq.metrics.nps import Nps, measure_nps
from xrayiq.metrics.response import fit_response
from xrayiq.metrics.uniformity import Uniformity, measure_uniformity
from xrayiq_kernels import KERNEL_DIGEST

__all__ = [
    "KERNEL_DIGEST",
    "ClinicalNoise",
    "Clipping",
    "Collimation",
    "Contrast",
    "ExposureIndex",
    "Mtf",
    "Noise",
    "Nps",
    "Uniformity",
    "assess_exposure_index",
    "find_collimation",
    "fit_response",
    "measure_clinical_noise",
    "measure_clipping",
    "measure_contrast",
    "measure_mtf",
    "measure_noise",
    "measure_nps",
    "measure_uniformity",
]

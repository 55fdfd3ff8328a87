"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.collimation import Collimation, find_collimation
from xrayiq.metrics.mtf import Mtf, measure_mtf
from xrayiq.metrics.nps import Nps, measure_nps
from xrayiq.metrics.response import fit_response
from xrayiq.metrics.uniformity import Uniformity, measure_uniformity
from xrayiq_kernels import KERNEL_DIGEST

__all__ = [
    "KERNEL_DIGEST",
    "Collimation",
    "Mtf",
    "Nps",
    "Uniformity",
    "find_collimation",
    "fit_response",
    "measure_mtf",
    "measure_nps",
    "measure_uniformity",
]

"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.nps import Nps, measure_nps
from xrayiq.metrics.response import fit_response
from xrayiq.metrics.uniformity import Uniformity, measure_uniformity

__all__ = [
    "Nps",
    "Uniformity",
    "fit_response",
    "measure_nps",
    "measure_uniformity",
]

"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity, measure_uniformity

__all__ = [
    "Nps",
    "Uniformity",
    "measure_uniformity",
]

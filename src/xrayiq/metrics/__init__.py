"""Image quality of one image or a few of them: array or Radiograph in, frozen result out."""

from xrayiq.metrics.nps import Nps
from xrayiq.metrics.uniformity import Uniformity

__all__ = [
    "Nps",
    "Uniformity",
]

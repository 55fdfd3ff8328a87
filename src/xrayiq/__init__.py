"""Image quality and dose of projection X-ray, over whole DICOM archives, with a compiled core.

The public API is flat and loaded on first use, so that ``import xrayiq`` stays cheap.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

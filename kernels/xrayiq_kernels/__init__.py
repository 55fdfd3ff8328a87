"""Compiled loops of xrayiq: arrays in, arrays or scalars out."""

from xrayiq_kernels._jit import CACHE_FOLDER, KERNEL_DIGEST

__all__ = ["CACHE_FOLDER", "KERNEL_DIGEST"]

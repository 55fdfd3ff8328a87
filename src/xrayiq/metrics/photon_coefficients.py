"""How photons of an energy give kerma to air and pass through aluminium."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from xrayiq.model.limit import Confidence

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonCoefficients:
    """Coefficients of one material by photon energy.

    Parameters
    ----------
    energies_kev : tuple of float
        Energies of the table.
    values_cm2_per_g : tuple of float
        Coefficients at these energies.
    document, edition : str
        Where they stand.
    confidence : {"A", "B", "C"}
        A seen in sources that quote the document, B known with confidence, C not verified against the document.
    density_g_per_cm3 : float or None
        Of the material, where thickness matters.
    note : str
        What else is known about them.
    """

    energies_kev: tuple[float, ...]
    values_cm2_per_g: tuple[float, ...]
    document: str
    edition: str
    confidence: Confidence
    density_g_per_cm3: float | None = None
    note: str = ""

    def at(self, energies_kev: Floats) -> Floats:
        """Coefficients at energies within the table (cm²/g), by a monotone cubic of the logarithms."""
        curve = PchipInterpolator(np.log(self.energies_kev), np.log(self.values_cm2_per_g))
        return np.asarray(np.exp(curve(np.log(energies_kev))), dtype=np.float64)


@functools.cache
def photon_coefficients(name: str) -> PhotonCoefficients:
    """Table of ``data/photon_coefficients.toml`` with this name."""
    text = resources.files("xrayiq").joinpath("data/photon_coefficients.toml").read_text(encoding="utf-8")
    row = tomllib.loads(text)[name]
    energies, values = (tuple(row.pop(key)) for key in ("energies_kev", "values_cm2_per_g"))
    return PhotonCoefficients(energies_kev=energies, values_cm2_per_g=values, **row)

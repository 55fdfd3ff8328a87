"""Noise power that lag between exposures has averaged away."""

from __future__ import annotations

import dataclasses

from xrayiq.metrics._arguments import as_fraction_below_one
from xrayiq.metrics.nps import Nps


def correct_nps_for_lag(nps: Nps, *, lag_fraction: float) -> Nps:
    """Noise power spectrum as it would be without lag.

    Parameters
    ----------
    nps : Nps
        Of flat fields in a sequence, each with a part of the signal of the one before.
    lag_fraction : float
        Part a of an image's signal that is from the image before, from 0 to below 1; measure it apart. IEC 62220-1-1
        asks for exposures so far apart that it stays below 0.005.

    Returns
    -------
    Nps
        Spectra and variance times (1 + a) / (1 − a); the mean signal stays. The provenance has the lag among its
        parameters.

    Raises
    ------
    InputError
        A lag below 0, of 1 or more, or none.

    Notes
    -----
    Image n is y(n) = a·y(n − 1) + (1 − a)·x(n) with exposures x of independent noise: a first-order autoregression,
    whose variance is (1 − a)² / (1 − a²) = (1 − a) / (1 + a) of that of x, while its mean is the same. So noise made
    after the lag, such as that of the electronics, must be small beside the rest.
    """
    lag = as_fraction_below_one("lag_fraction", lag_fraction)
    factor = (1.0 + lag) / (1.0 - lag)
    return dataclasses.replace(
        nps,
        u_values=nps.u_values * factor,
        v_values=nps.v_values * factor,
        radial_values=nps.radial_values * factor,
        spectrum=nps.spectrum * factor,
        variance=nps.variance * factor,
        provenance=dataclasses.replace(nps.provenance, parameters=(*nps.provenance.parameters, ("lag_fraction", lag))),
    )

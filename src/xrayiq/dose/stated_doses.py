"""How sure the doses are that units state."""

from __future__ import annotations

from xrayiq.dose.sourced import Source, shipped_table, source_of


def stated_uncertainty(quantity: str) -> float:
    """Relative standard uncertainty (k = 1) of a dose as units state it, from ``data/stated_doses.toml``.

    Parameters
    ----------
    quantity : str
        ``"dose_area_product"``, ``"reference_point_kerma"``, ``"incident_air_kerma"``, ``"average_glandular_dose"``, or
        ``"breast_kerma"``, the kerma that Dance's factors take.

    Returns
    -------
    float
        A fraction.
    """
    return float(shipped_table("stated_doses")[quantity]["relative_uncertainty"])


def stated_source(quantity: str) -> Source:
    """Where a `stated_uncertainty` comes from."""
    return source_of(shipped_table("stated_doses")[quantity])

"""Peak skin dose of fluoroscopy on a simple phantom, from the events of a dose report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.backscatter import backscatter_factor
from xrayiq.dose.dose_estimate import COVERAGE, combined
from xrayiq.dose.skin_exposure import SkinBeam, SkinExposure, skin_beam
from xrayiq.dose.skin_phantom import SkinCells, SkinPhantom, skin_cells, usual_skin_phantom
from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Measurement, Provenance, Result, quantity

ALGORITHM_VERSION: Final = 1
_METRE_MM: Final = 1000.0
_ORIGIN: Final = (0.0, 0.0, 0.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinModel:
    """Factors of the estimate.

    Parameters
    ----------
    table_transmission : float
        Part of the kerma that the table lets through; 1 for none.
    table_width_mm : float
        From left to right.
    tissue_dose_over_kerma : float
        Absorbed dose to skin over air kerma.
    backscatter : bool
        Whether the patient scatters; False for tests of the geometry.
    """

    table_transmission: float
    table_width_mm: float
    tissue_dose_over_kerma: float
    backscatter: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SkinDose(Result):
    """Map of the dose to the skin of a phantom, and its peak.

    Parameters
    ----------
    peak_skin_dose_mgy : float
        Largest dose of a cell.
    peak_along_mm, peak_around_mm : float
        Where: towards the head from the middle, and on the skin from the middle of the back to the patient's left.
    dose_mgy : array of shape (rows, columns)
        Absorbed dose of each cell, over all exposures.
    along_mm, around_mm : 1-D arrays
        Axes of the map.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1) of the peak.
    exposures : int
        Exposures in the map.
    left_out : tuple of str
        Why each of the others is not.
    missed : int
        Exposures in the map that met no skin.
    phantom : SkinPhantom
        Whose skin it is.
    assumptions : tuple of str
        To be printed beside the number.
    sources : tuple of Source
        Documents of the tables used.
    provenance : Provenance
        Algorithm and parameters.
    """

    peak_skin_dose_mgy: float
    peak_along_mm: float
    peak_around_mm: float
    dose_mgy: Floats
    along_mm: Floats
    around_mm: Floats
    relative_uncertainty: float
    exposures: int
    left_out: tuple[str, ...]
    missed: int
    phantom: SkinPhantom
    assumptions: tuple[str, ...]
    sources: tuple[Source, ...]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """The peak."""
        return (Measurement(quantity="peak_skin_dose", value=self.peak_skin_dose_mgy),)

    @property
    def text(self) -> str:
        """Peak with its expanded uncertainty, as printed."""
        known = quantity("peak_skin_dose").text(self.peak_skin_dose_mgy)
        return f"{known} ± {100 * COVERAGE * self.relative_uncertainty:.0f} % (k = 2)"


def usual_skin_model() -> SkinModel:
    """The factors of ``data/skin_dose.toml``."""
    rows = shipped_table("skin_dose")
    return SkinModel(
        table_transmission=rows["table"]["transmission"],
        table_width_mm=rows["table"]["width_mm"],
        tissue_dose_over_kerma=rows["tissue"]["dose_over_kerma"],
    )


def estimate_skin_dose(
    exposures: Sequence[SkinExposure],
    *,
    phantom: SkinPhantom | None = None,
    model: SkinModel | None = None,
    phantom_centre_mm: tuple[float, float, float] = _ORIGIN,
) -> SkinDose:
    """Dose to the skin of a phantom, summed over exposures.

    Parameters
    ----------
    exposures : sequence of SkinExposure
        Events of one examination, in their order.
    phantom : SkinPhantom, optional
        `usual_skin_phantom` without.
    model : SkinModel, optional
        `usual_skin_model` without.
    phantom_centre_mm : tuple of float
        Its middle from the isocentre in the first exposure that tells where the table is: to the patient's left, the
        head, the front. The standard's patient lies with the isocentre in his middle.

    Returns
    -------
    SkinDose
        Map and peak.

    Raises
    ------
    NotMeasurableError
        ``no_exposures``: none of them can be placed.

    Notes
    -----
    A cell that faces the focus and lies in the field gets K · (d/r)² · B · T · f: kerma by the inverse square of its
    own distance r, backscatter of the field's size at the skin, transmission of the table where its plane, at the
    patient's back, lies between, and dose over kerma. Kerma is that of the reference point, or dose-area product over
    the field. The field is even, with its sides along the positioner's; the collimator is not turned; angle and table
    stay during an exposure.
    """
    shape = usual_skin_phantom() if phantom is None else phantom
    factors = usual_skin_model() if model is None else model
    cells = skin_cells(shape)
    points, normals = cells.centres_mm.reshape(-1, 3), cells.normals.reshape(-1, 3)
    dose = np.zeros(points.shape[0])
    travel, told = _table_travel(exposures)
    left_out: list[str] = []
    missed = unknown_beams = 0
    for number, exposure in enumerate(exposures, start=1):
        try:
            beam = skin_beam(exposure)
        except (NotMeasurableError, InputError) as error:  # one exposure that cannot be placed leaves the rest
            left_out.append(f"exposure {number}: {error.explanation}")
            continue
        centre = np.asarray(phantom_centre_mm) + travel[number - 1]
        hit, kerma, depth = _kerma_on_skin(points, normals, centre, beam, shape, factors)
        if not hit.size:
            missed += 1
            continue
        scattered, known = _backscatter(exposure, beam, depth, factors)
        unknown_beams += not known
        dose[hit] += kerma * scattered * factors.tissue_dose_over_kerma
    if len(left_out) == len(exposures):
        raise NotMeasurableError(
            "no_exposures",
            left_out[0] if left_out else "no exposure",
            needed="exposures with angles, distances, kerma and field",
        )
    assumptions = _assumptions(shape, factors, told, unknown_beams)
    return _result(dose, cells, shape, assumptions, tuple(left_out), missed, len(exposures) - len(left_out))


def _table_travel(exposures: Sequence[SkinExposure]) -> tuple[Floats, NDArray[np.bool_]]:
    """Travel to the patient's left, head and front since the first exposure that tells, and which exposures tell.

    An exposure that does not tell has the table where it last was.
    """
    stated = [(each.table_lateral_mm, each.table_longitudinal_mm, each.table_height_mm) for each in exposures]
    places = np.array([[np.nan if value is None else value for value in row] for row in stated], dtype=np.float64)
    places = places.reshape(-1, 3) * (1.0, 1.0, -1.0)
    told: NDArray[np.bool_] = np.asarray(np.isfinite(places).all(axis=1), dtype=np.bool_)
    travel = np.zeros_like(places)
    if told.any():
        last = np.maximum.accumulate(np.where(told, np.arange(told.size), -1))
        travel[last >= 0] = places[last[last >= 0]] - places[told.argmax()]
    return travel, told


def _kerma_on_skin(
    points: Floats, normals: Floats, centre: Floats, beam: SkinBeam, phantom: SkinPhantom, model: SkinModel
) -> tuple[NDArray[np.intp], Floats, float]:
    """Cells that the beam enters by, their kerma without backscatter, and the mean depth along the central ray."""
    source = beam.source_mm - centre
    rays = points - source
    depth = rays @ beam.axis
    reach = depth / _METRE_MM
    entered = (
        (depth > 0)
        & (np.abs(rays @ beam.across) <= beam.half_width_at_1_m_mm * reach)
        & (np.abs(rays @ beam.along) <= beam.half_height_at_1_m_mm * reach)
    )
    hit = np.flatnonzero(entered)
    hit = hit[np.einsum("ij,ij->i", normals[hit], rays[hit]) < 0]
    if not hit.size:
        return hit, np.zeros(0), 0.0
    inside = rays[hit]
    kerma = beam.kerma_at_1_m_mgy * _METRE_MM**2 / np.einsum("ij,ij->i", inside, inside)
    plane = -phantom.thickness_mm / 2.0
    if source[2] < plane:
        crossing = source[0] + (plane - source[2]) / inside[:, 2] * inside[:, 0]
        kerma = np.where(np.abs(crossing) <= model.table_width_mm / 2.0, model.table_transmission * kerma, kerma)
    return hit, kerma, float(depth[hit].mean())


def _backscatter(exposure: SkinExposure, beam: SkinBeam, depth: float, model: SkinModel) -> tuple[float, bool]:
    """Backscatter factor at the skin, and whether the beam's own."""
    if not model.backscatter:
        return 1.0, True
    found = backscatter_factor(
        half_value_layer_mm_al=exposure.half_value_layer_mm_al, field_side_mm=beam.side_at_1_m_mm * depth / _METRE_MM
    )
    return found.factor, found.source.confidence != "C"


def _assumptions(
    phantom: SkinPhantom, model: SkinModel, told: NDArray[np.bool_], unknown_beams: int
) -> tuple[str, ...]:
    """What a reader of the number must know."""
    said = [
        f"patient on the back, head first, as {phantom.text}",
        "isocentre in the middle of the patient at the first exposure, but for an offset given",
        f"table at the back lets {100 * model.table_transmission:g} % through; collimator not turned",
        f"{model.tissue_dose_over_kerma:g} mGy of skin dose for 1 mGy of air kerma",
    ]
    if not told.all():
        said.append(f"{np.count_nonzero(~told)} exposures do not tell where the table is: it has not moved")
    if told.any():
        said.append("table moves as DICOM has it: + to the head, to the patient's left, down")
    if unknown_beams:
        said.append(f"{unknown_beams} exposures without half-value layer: common backscatter factor")
    return tuple(said)


def _result(
    dose: Floats,
    cells: SkinCells,
    phantom: SkinPhantom,
    assumptions: tuple[str, ...],
    left_out: tuple[str, ...],
    missed: int,
    exposures: int,
) -> SkinDose:
    row, column = np.unravel_index(int(np.argmax(dose)), cells.centres_mm.shape[:2])
    rows: dict[str, Any] = dict(shipped_table("skin_dose"))
    return SkinDose(
        peak_skin_dose_mgy=float(dose.max()),
        peak_along_mm=float(cells.along_mm[row]),
        peak_around_mm=float(cells.around_mm[column]),
        dose_mgy=dose.reshape(cells.centres_mm.shape[:2]),
        along_mm=cells.along_mm,
        around_mm=cells.around_mm,
        relative_uncertainty=combined(*rows["uncertainty"].values()),
        exposures=exposures,
        left_out=left_out,
        missed=missed,
        phantom=phantom,
        assumptions=assumptions,
        sources=tuple(source_of(rows[name]) for name in ("phantom", "table", "tissue")),
        provenance=Provenance(
            algorithm="skin_dose",
            algorithm_version=ALGORITHM_VERSION,
            parameters=(("exposures", exposures), ("phantom", phantom.text)),
            warnings=left_out,
        ),
    )

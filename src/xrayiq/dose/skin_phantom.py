"""Simple phantoms of a patient's skin: cells with their centres, normals and areas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.dose.dose_estimate import required_positive
from xrayiq.dose.sourced import shipped_table
from xrayiq.errors import InputError

Floats = NDArray[np.float64]
Shape = Literal["elliptical_cylinder", "slab"]

#: steps of the ellipse's angle by which its arc is measured
_STEPS: Final = 20_000
#: more cells than this are no simple phantom
_MOST_CELLS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinPhantom:
    """A lying patient as an elliptical cylinder or a slab, its axis along the body.

    Parameters
    ----------
    shape : {"elliptical_cylinder", "slab"}
        A slab has a posterior and an anterior face, no sides.
    width_mm, thickness_mm, length_mm : float
        From left to right, back to front, and along the body.
    cell_mm : float
        Largest side of a cell.
    """

    shape: Shape
    width_mm: float
    thickness_mm: float
    length_mm: float
    cell_mm: float

    def __post_init__(self) -> None:
        if self.shape not in ("elliptical_cylinder", "slab"):
            raise InputError(f"phantom {self.shape!r}", needed="elliptical_cylinder or slab")
        for name in ("width_mm", "thickness_mm", "length_mm", "cell_mm"):
            required_positive(name, getattr(self, name))
        if 2.0 * (self.width_mm + self.thickness_mm) * self.length_mm / self.cell_mm**2 > _MOST_CELLS:
            raise InputError(f"cells of {self.cell_mm:g} mm", needed=f"no more than {_MOST_CELLS} cells")

    @property
    def text(self) -> str:
        """Shape and size in words."""
        name = {"elliptical_cylinder": "elliptical cylinder", "slab": "slab"}[self.shape]
        return f"{name} of {self.width_mm:g} × {self.thickness_mm:g} mm, {self.length_mm:g} mm long"


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinCells:
    """Cells of a phantom's skin about its own centre; x to the patient's left, y to the head, z to the front.

    Parameters
    ----------
    centres_mm, normals : arrays of shape (rows, columns, 3)
        Centres of the cells, and unit vectors outwards.
    along_mm : 1-D array
        Of the rows, from the middle towards the head.
    around_mm : 1-D array
        Of the columns, on the skin from the middle of the back to the patient's left; a slab's front follows its back.
    cell_area_mm2 : float
        Of each cell.
    """

    centres_mm: Floats
    normals: Floats
    along_mm: Floats
    around_mm: Floats
    cell_area_mm2: float


def usual_skin_phantom() -> SkinPhantom:
    """The phantom of ``data/skin_dose.toml``."""
    row = shipped_table("skin_dose")["phantom"]
    return SkinPhantom(**{name: row[name] for name in ("shape", "width_mm", "thickness_mm", "length_mm", "cell_mm")})


def skin_cells(phantom: SkinPhantom) -> SkinCells:
    """Cells of a phantom; one of them lies on the middle of the back.

    Parameters
    ----------
    phantom : SkinPhantom
        Its shape and size.

    Returns
    -------
    SkinCells
        Of equal area, no larger than the phantom says.
    """
    along, row_mm = _axis(phantom.length_mm, phantom.cell_mm)
    if phantom.shape == "slab":
        around, column_mm, across, normals = _slab(phantom)
    else:
        around, column_mm, across, normals = _ellipse(phantom)
    centres = np.empty((along.size, around.size, 3))
    centres[:, :, 0] = across[:, 0]
    centres[:, :, 1] = along[:, None]
    centres[:, :, 2] = across[:, 1]
    outwards = np.zeros_like(centres)
    outwards[:, :, 0] = normals[:, 0]
    outwards[:, :, 2] = normals[:, 1]
    return SkinCells(
        centres_mm=centres,
        normals=outwards,
        along_mm=along,
        around_mm=around,
        cell_area_mm2=row_mm * column_mm,
    )


def _axis(length_mm: float, cell_mm: float) -> tuple[Floats, float]:
    """Centres of an odd number of equal cells about 0, and their side."""
    half = max(0, math.ceil((length_mm / cell_mm - 1.0) / 2.0 - 1e-9))
    side = length_mm / (2 * half + 1)
    return side * np.arange(-half, half + 1, dtype=np.float64), side


def _slab(phantom: SkinPhantom) -> tuple[Floats, float, Floats, Floats]:
    x, side = _axis(phantom.width_mm, phantom.cell_mm)
    back = np.column_stack([x, np.full_like(x, -phantom.thickness_mm / 2.0)])
    front = np.column_stack([x[::-1], np.full_like(x, phantom.thickness_mm / 2.0)])
    normals = np.zeros((2 * x.size, 2))
    normals[:, 1] = np.repeat([-1.0, 1.0], x.size)
    return np.concatenate([x, x + phantom.width_mm]), side, np.concatenate([back, front]), normals


def _ellipse(phantom: SkinPhantom) -> tuple[Floats, float, Floats, Floats]:
    """Equal arcs of the ellipse; angles run from the middle of the back to the patient's left."""
    a, b = phantom.width_mm / 2.0, phantom.thickness_mm / 2.0
    angles = np.linspace(-np.pi, np.pi, _STEPS + 1)
    speed = np.hypot(a * np.cos(angles), b * np.sin(angles))
    arcs = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))]) * (angles[1] - angles[0])
    around, side = _axis(float(arcs[-1]), phantom.cell_mm)
    at = np.interp(around, arcs - 0.5 * arcs[-1], angles)
    at[around.size // 2] = 0.0
    across = np.column_stack([a * np.sin(at), -b * np.cos(at)])
    normals = np.column_stack([b * np.sin(at), -a * np.cos(at)])
    return around, side, across, normals / np.linalg.norm(normals, axis=1, keepdims=True)

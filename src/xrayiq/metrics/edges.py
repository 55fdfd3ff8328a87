"""All slanted edges of an image: an edge device has up to four."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics.edge_choice import device_edges
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.edge_repeats import edges_of_repeats
from xrayiq.metrics.edge_transfer import Mode
from xrayiq.metrics.mtf import Mtf, check_choices, mtf_of_edge
from xrayiq.metrics.slanted_edge import SlantedEdge, doubts_about
from xrayiq.model import Measurement, Provenance, Result

DarkSide = Literal["left", "right", "upper", "lower"]
Point = tuple[float, float]

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEdge:
    """One slanted edge from which an MTF can be measured.

    Parameters
    ----------
    across : {"columns", "rows"}
        Axis that its profile runs along: ``"columns"`` for an edge near the vertical.
    dark_side : {"left", "right", "upper", "lower"}
        Side of the lower signal.
    edge_angle_deg : float
        Angle to the nearer pixel axis, above 0.
    ends_px : ((float, float), (float, float))
        Row and column of the fitted edge where it enters and leaves its ROI.
    roi_px : tuple of int
        (row_start, row_stop, column_start, column_stop) free of other edges; stops are exclusive.
    reach_mm : (float, float)
        Free distance before and behind the edge, up to 25 mm.
    contrast_to_noise : float
        Step of the edge over the noise of one pixel beside it; inf without noise.
    """

    across: Across
    dark_side: DarkSide
    edge_angle_deg: float
    ends_px: tuple[Point, Point]
    roi_px: tuple[int, int, int, int]
    reach_mm: tuple[float, float]
    contrast_to_noise: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Edges(Result):
    """Slanted edges of one image.

    Parameters
    ----------
    edges : tuple of FoundEdge
        One to four, across columns from left to right, then across rows from top to bottom.
    refused : tuple of str
        Why other lines of comparable strength, such as the borders of the field, are not measured.
    image_shape_px : (int, int)
        Rows and columns of the image.
    pixel_pitch_mm : (float, float)
        Distance of neighbouring rows and of neighbouring columns.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    edges: tuple[FoundEdge, ...]
    refused: tuple[str, ...]
    image_shape_px: tuple[int, int]
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Number of edges, and the angle of each."""
        angles = (
            Measurement(quantity="edge_angle", value=edge.edge_angle_deg, direction=edge.across) for edge in self.edges
        )
        return (Measurement(quantity="edges_found", value=float(len(self.edges))), *angles)


def find_edges(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> Edges:
    """Slanted edges of an image from which an MTF can be measured, up to four.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Image of an edge device, such as a square plate tilted by 1.5 to 8 degrees; a bare array is taken as linear.
        Padding and pixels that are not finite are left out.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's; a bare array needs it.

    Returns
    -------
    Edges
        The sharpest edges of the image, at recommended angles where there are such; of more than four the strongest.

    Raises
    ------
    InputError
        The image is no 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        No edge can be measured; the reasons are those of `measure_mtf`, for the strongest edge of the image.

    Notes
    -----
    Lines are looked for along which the gradient of a coarse copy sums highest; each is located and examined as
    `measure_mtf` does it. Edges that rise over 1.3 times the distance of the sharpest, as borders of the field do, are
    left out.
    """
    signal = as_signal(image, procedure="edges", pixel_pitch_mm=pixel_pitch_mm)
    edges, refused = device_edges(signal)
    warnings = [f"{_dark_side(edge)}: {doubt}" for edge in edges for doubt in doubts_about(edge)]
    return Edges(
        edges=tuple(_found(edge) for edge in edges),
        refused=tuple(error.explanation for error in refused),
        image_shape_px=(signal.values.shape[0], signal.values.shape[1]),
        pixel_pitch_mm=signal.pitch,
        provenance=provenance_of(
            signal,
            algorithm="edges",
            version=ALGORITHM_VERSION,
            parameters={"row_pitch_mm": signal.pitch[0], "column_pitch_mm": signal.pitch[1]},
            warnings=warnings,
        ),
    )


def measure_mtfs(image: Images, *, pixel_pitch_mm: Pitch | None = None, mode: Mode = "constancy") -> tuple[Mtf, ...]:
    """Presampled MTF of each slanted edge of an image, up to four (IEC 62220-1-1:2015).

    Parameters
    ----------
    image : Radiograph, 2-D array, or iterable of them
        Image of an edge device, or repeats of it, whose edge spread functions are then averaged.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's; a bare array needs it.
    mode : {"constancy", "iec", "iso12233"}
        As in `measure_mtf`.

    Returns
    -------
    tuple of Mtf
        One for each edge, in the order of `find_edges`: across columns from left to right, then across rows from top to
        bottom.

    Raises
    ------
    InputError
        The mode is none, or no image, or images of different size, pitch or response.
    NotMeasurableError
        As in `measure_mtf`, where not one edge can be measured.
    """
    check_choices(mode, None)
    signal, edges = edges_of_repeats(images_as_signals(image, procedure="the MTF", pixel_pitch_mm=pixel_pitch_mm))
    return tuple(_mtf(signal, edge, mode) for edge in edges)


def _mtf(signal: SignalImage, edge: SlantedEdge, mode: Mode) -> Mtf:
    return mtf_of_edge(signal, edge, mode=mode, roi=None, across=edge.across)


def _found(edge: SlantedEdge) -> FoundEdge:
    (row, column), (last_row, last_column) = edge.ends_px()
    return FoundEdge(
        across=edge.across,
        dark_side=_dark_side(edge),
        edge_angle_deg=edge.angle_deg,
        ends_px=((float(row), float(column)), (float(last_row), float(last_column))),
        roi_px=edge.roi_px,
        reach_mm=edge.reach_mm,
        contrast_to_noise=edge.sides.contrast_to_noise,
    )


def _dark_side(edge: SlantedEdge) -> DarkSide:
    if edge.across == "columns":
        return "left" if edge.sides.sign > 0 else "right"
    return "upper" if edge.sides.sign > 0 else "lower"

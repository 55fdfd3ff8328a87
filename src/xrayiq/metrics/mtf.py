"""Presampled MTF from a slanted edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics.edge_choice import Roi
from xrayiq.metrics.edge_finding import Across
from xrayiq.metrics.edge_glare import low_frequency_drop
from xrayiq.metrics.edge_repeats import edge_of_repeats
from xrayiq.metrics.edge_spread import first_crossing
from xrayiq.metrics.edge_transfer import MODES, Mode, edge_transfer
from xrayiq.metrics.slanted_edge import SlantedEdge, doubts_about
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Mtf(Result):
    """Presampled MTF of one edge.

    Parameters
    ----------
    frequencies_per_mm : 1-D array
        Regular axis from 0 to twice the Nyquist frequency, along the normal of the edge.
    values : 1-D array, same length
        MTF; 1 at frequency 0.
    nyquist_per_mm : float
        1 / (2 · pixel pitch) along the profile.
    f50_per_mm, f10_per_mm : float or None
        Where the MTF first falls to 0.5 and to 0.1, by linear interpolation; None where it does not.
    edge_angle_deg : float
        Angle between the edge and the nearer pixel axis, above 0.
    across : {"columns", "rows"}
        Axis that the profile runs along: ``"columns"`` for an edge near the vertical (MTF_u), ``"rows"`` for one near
        the horizontal (MTF_v).
    mode : {"constancy", "iec", "iso12233"}
        Short Hann-windowed line spread function, the full edge spread function without a window, or the analysis of
        ISO 12233.
    esf_positions_mm, esf_values : 1-D arrays
        Edge spread function on a regular axis along the normal, 0 at the edge, in the unit of the signal.
    lsf_positions_mm, lsf_values : 1-D arrays
        Line spread function that was transformed, window included, positive, per mm, of area 1.
    roi_px : tuple of int
        (row_start, row_stop, column_start, column_stop) of the pixels used; stops are exclusive.
    edge_ends_px : (2, 2) array
        Row and column of the fitted edge where it enters and leaves the ROI.
    contrast_to_noise : float
        Step of the edge over the noise of one pixel beside it (root mean square of both sides); inf without noise. Of
        repeats: in the mean of the images, so that it grows with their number as far as their noise is independent.
    image_count : int
        Images whose edge spread functions were averaged.
    low_frequency_drop : float or None
        Part that the MTF loses to glare within the lowest frequencies: 1 less its extrapolation from 0.2 to 0.5 mm⁻¹
        back to 0. None in other modes than ``"iec"`` and where less than 10 mm lie on either side of the edge.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    frequencies_per_mm: NDArray[np.float64]
    values: NDArray[np.float64]
    nyquist_per_mm: float
    f50_per_mm: float | None
    f10_per_mm: float | None
    edge_angle_deg: float
    across: Across
    mode: Mode
    esf_positions_mm: NDArray[np.float64]
    esf_values: NDArray[np.float64]
    lsf_positions_mm: NDArray[np.float64]
    lsf_values: NDArray[np.float64]
    roi_px: tuple[int, int, int, int]
    edge_ends_px: NDArray[np.float64]
    contrast_to_noise: float
    image_count: int = 1
    low_frequency_drop: float | None = None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Frequencies of 50 % and 10 %, MTF at 1 and 2 mm⁻¹, angle of the edge, low-frequency drop."""
        named: list[tuple[str, float | None]] = [("mtf_f50", self.f50_per_mm), ("mtf_f10", self.f10_per_mm)]
        for quantity, frequency in (("mtf_at_1_per_mm", 1.0), ("mtf_at_2_per_mm", 2.0)):
            if frequency <= self.frequencies_per_mm[-1]:
                named.append((quantity, float(np.interp(frequency, self.frequencies_per_mm, self.values))))
        named += [("edge_angle", self.edge_angle_deg), ("mtf_low_frequency_drop", self.low_frequency_drop)]
        return tuple(
            Measurement(quantity=quantity, value=value, direction=self.across)
            for quantity, value in named
            if value is not None
        )


def measure_mtf(
    image: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi: Roi | Sequence[int] | NDArray[np.integer] | None = None,
    mode: Mode = "constancy",
    across: Across | None = None,
) -> Mtf:
    """Presampled MTF from a slanted edge (IEC 62220-1-1:2015).

    Parameters
    ----------
    image : Radiograph, 2-D array, or iterable of them
        Image of an edge device tilted by 1.5 to 8 degrees; 1 to 10 degrees are measured with a warning. A bare array is
        taken as linear. Several images are repeats of one edge: their edge spread functions are averaged, each about
        its own place of the edge, so that a drift of less than 1 mm between them does no harm; a generator gives one at
        a time.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's; a bare array needs it.
    roi : four int, optional
        (row_start, row_stop, column_start, column_stop), stops exclusive, holding one edge and nothing else. If not
        given, edges are looked for, in the first of several images: among the sharpest the strongest is taken, with at
        most 100 mm along it and 25 mm on either side, clear of anything else.
    mode : {"constancy", "iec", "iso12233"}
        ``"constancy"``: linear trends of both sides removed, line spread function of ±5 mm under a Hann window (flat
        within 0.5 mm or 3.5 standard deviations of the blur); little noise, blind to glare of longer range and to the
        heel effect; a warning tells where the blur is too wide for it. ``"iec"``: the full edge spread function as it
        is, no window. ``"iso12233"``: the edge-based SFR of cameras, see the notes; not for a DQE.
    across : {"columns", "rows"}, optional
        Take an edge whose profile runs along this axis; either if not given.

    Returns
    -------
    Mtf
        Along the normal of the edge, freed of the effects of binning and differencing.

    Raises
    ------
    InputError
        The ROI is not of four whole numbers or lies off the image, or an argument is none of its choices; no image, or
        images of different size, pitch or response.
    NotMeasurableError
        ``no_edge``, ``edge_angle``, ``low_contrast``, ``curved_edge``, ``smaller_than_roi``, ``defective_pixels`` or
        ``saturated``, for the strongest edge of the image; ``presentation_image``, ``no_linear_signal``,
        ``no_pixel_spacing``, ``constant_image`` or ``all_saturated``; ``different_edges`` for images that are no
        repeats; ``several_edges`` for a ROI that holds more than one.

    Notes
    -----
    The edge is located on each line and fitted by a straight line; pixels are projected onto its normal into bins of a
    tenth of the pixel pitch; a bin's mean stands at the mean distance of its samples; a spline through them is
    differentiated by finite difference and Fourier transformed. Padding and pixels that are not finite are left out.
    So are pixels that stand out of the median over 7 to 21 lines of their column by more than 6 times the noise and a
    twentieth of the step, and bad columns; their number is a warning, more than 2 % of them ``defective_pixels``.

    Glare that spreads as exp(−|x|/λ) shows in the low-frequency drop with at least nine tenths of its part for λ of 2.5
    to 8 mm; of the rest, shorter glare still counts as sharpness and longer glare lies beyond the 25 mm.

    ``"iso12233"`` takes plain means in bins of a quarter of a pixel, the derivative [−½, 0, ½], a Hamming window about
    the peak of the line spread function over the whole width, and makes good the derivative's loss by its own frequency
    response, at most tenfold (ISO 12233; the factor printed in its 2014 and 2017 editions is in doubt). The loss in the
    bins stays: the MTF is low by up to 0.004 at a blur of 0.1 mm and pixels of 0.15 mm.

    Edge spread functions are averaged, not MTFs, as IEC 62220-1-1:2015 has it: the modulus of a noisy transform lies
    above that of the mean.
    """
    check_choices(mode, across)
    signals = images_as_signals(image, procedure="the MTF", pixel_pitch_mm=pixel_pitch_mm)
    signal, edge = edge_of_repeats(signals, roi=roi, across=across)
    return mtf_of_edge(signal, edge, mode=mode, roi=roi, across=across)


def check_choices(mode: object, across: object) -> None:
    """Refuse a mode or an axis that there is not."""
    if mode not in MODES:
        raise InputError(f"mode {mode!r}", needed=" or ".join(f'"{known}"' for known in MODES))
    if across not in (None, "columns", "rows"):
        raise InputError(f"across {across!r}", needed='"columns" or "rows"')


def mtf_of_edge(
    signal: SignalImage,
    edge: SlantedEdge,
    *,
    mode: Mode,
    roi: Roi | Sequence[int] | NDArray[np.integer] | None,
    across: Across | None,
) -> Mtf:
    """MTF of a located edge, with the choices of the caller that led to it for its provenance."""
    pitch = edge.pitch_mm[1]
    frequencies, transfer = edge_transfer(edge, mode)
    values, window = transfer.values, transfer.window
    return Mtf(
        frequencies_per_mm=frequencies,
        values=values,
        nyquist_per_mm=0.5 / pitch,
        f50_per_mm=first_crossing(frequencies, values, 0.5),
        f10_per_mm=first_crossing(frequencies, values, 0.1),
        edge_angle_deg=edge.angle_deg,
        across=edge.across,
        mode=mode,
        esf_positions_mm=transfer.spread.positions_mm,
        esf_values=transfer.spread.values,
        lsf_positions_mm=transfer.lsf_positions_mm,
        lsf_values=transfer.lsf_values,
        roi_px=edge.roi_px,
        edge_ends_px=edge.ends_px(),
        contrast_to_noise=edge.sides.contrast_to_noise,
        image_count=edge.image_count,
        low_frequency_drop=(
            low_frequency_drop(frequencies, values, reach_mm=min(edge.reach_mm)) if mode == "iec" else None
        ),
        provenance=provenance_of(
            signal,
            algorithm="mtf",
            version=ALGORITHM_VERSION,
            parameters={
                "mode": mode,
                "roi": "automatic" if roi is None else "{}:{},{}:{}".format(*roi),
                "across": across or "automatic",
                "image_count": edge.image_count,
                "row_pitch_mm": signal.pitch[0],
                "column_pitch_mm": signal.pitch[1],
                "oversampling": transfer.oversampling,
                "half_width_mm": None if window is None else window.half_width_mm,
                "flat_mm": None if window is None else window.flat_mm,
                "trend_from_mm": None if window is None else window.trend_from_mm,
            },
            warnings=[*doubts_about(edge), *transfer.warnings],
        ),
    )

"""Noise power spectrum of flat fields (after IEC 62220-1-1:2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_fraction_below_one, as_length_mm, as_whole_number
from xrayiq.metrics._flat_area import flat_field_warnings
from xrayiq.metrics._flat_power import flat_field_power
from xrayiq.metrics._image import Pitch, provenance_of
from xrayiq.metrics._image_sequence import Images
from xrayiq.metrics._range_ends import saturation_warnings
from xrayiq.metrics._roi_power import Detrend, whole_plane
from xrayiq.metrics._spectrum_lines import CUT_LINES, annuli, axis_line, cut, line_ratio
from xrayiq.metrics.leakage import Leakage, check_leakage, without_leakage
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 3
_LEAST_ROI_PX: Final = 16
#: half width of the frequency window of a reported value, times the pixel pitch (IEC 62220-1-1:2015)
_WINDOW: Final = 0.01
_REPORTED: Final = (("nnps_at_0_5_per_mm", 0.5), ("nnps_at_2_per_mm", 2.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Nps(Result):
    """Noise power spectrum in two dimensions, along both axes and over annuli (after IEC 62220-1-1:2015).

    u runs along the columns direction (horizontal), v along the rows direction (vertical). The cuts are those of
    IEC 62220-1-1: means over seven lines on either side of an axis, without the axis. What stands on the axis itself,
    such as an antiscatter grid or read-out lines along rows or columns, shows in `u_axis_values` and `v_axis_values`.

    Parameters
    ----------
    frequencies_per_mm : array of shape (K,)
        Positive frequencies k / (N·pitch) of the cut along u, k from 1 to N // 2, the Nyquist frequency.
    u_values : array of shape (K,)
        NPS along u (signal² mm²), from 14 lines beside the axis.
    v_frequencies_per_mm, v_values : arrays
        The same along v; the frequencies are equal to those of u where the pixels are square.
    radial_frequencies_per_mm, radial_values : 1-D arrays
        Mean frequency and mean NPS of annuli, without the samples on the axes.
    spectrum : 2-D array of N × N
        NPS with zero frequency at [N // 2, N // 2]; rows are v, columns are u.
    mean_signal : float
        Large-area signal.
    signal_unit : str
        UCUM unit of the signal.
    variance : float
        Mean square of the detrended pixels that entered; the integral of `spectrum` is equal to it but for the weights
        of overlapping ROIs.
    image_count, roi_count, pixel_count : int
        Images, ROIs, and pixels in them with overlaps counted once.
    roi_px : int
        N, the side of a ROI.
    pixel_pitch_mm : tuple of (float, float)
        Distance of neighbouring rows and of neighbouring columns.
    provenance : Provenance
        Where the numbers come from.
    leakage : {"kept", "removed"}
        Whether the cuts and the radial values hold what ROI borders carry to high frequencies; `spectrum` does.
    """

    frequencies_per_mm: NDArray[np.float64]
    u_values: NDArray[np.float64]
    v_frequencies_per_mm: NDArray[np.float64]
    v_values: NDArray[np.float64]
    radial_frequencies_per_mm: NDArray[np.float64]
    radial_values: NDArray[np.float64]
    spectrum: NDArray[np.float64]
    mean_signal: float
    signal_unit: str
    variance: float
    image_count: int
    roi_count: int
    pixel_count: int
    roi_px: int
    pixel_pitch_mm: tuple[float, float]
    provenance: Provenance
    leakage: Leakage = "kept"

    @property
    def u_axis_values(self) -> NDArray[np.float64]:
        """NPS on the line v = 0 of `spectrum` (signal² mm²), at `frequencies_per_mm`; zero frequency is left out."""
        return axis_line(self.spectrum, self.frequencies_per_mm, step=1 / (self.roi_px * self.pixel_pitch_mm[1]))

    @property
    def v_axis_values(self) -> NDArray[np.float64]:
        """NPS on the line u = 0 of `spectrum` (signal² mm²), at `v_frequencies_per_mm`; zero frequency is left out."""
        return axis_line(self.spectrum.T, self.v_frequencies_per_mm, step=1 / (self.roi_px * self.pixel_pitch_mm[0]))

    @property
    def nnps_u(self) -> NDArray[np.float64]:
        """NPS along u over the squared mean signal (mm²), at `frequencies_per_mm`."""
        return self.u_values / self._mean_square()

    @property
    def nnps_v(self) -> NDArray[np.float64]:
        """NPS along v over the squared mean signal (mm²), at `v_frequencies_per_mm`."""
        return self.v_values / self._mean_square()

    @property
    def nnps_radial(self) -> NDArray[np.float64]:
        """Radial NPS over the squared mean signal (mm²), at `radial_frequencies_per_mm`."""
        return self.radial_values / self._mean_square()

    @property
    def u_line_ratio(self) -> float:
        """Mean ratio of the NPS on the u axis to that beside it from 0.3 mm⁻¹; above 1 for lines along columns."""
        return line_ratio(self.frequencies_per_mm, self.u_axis_values, self.u_values)

    @property
    def v_line_ratio(self) -> float:
        """Mean ratio of the NPS on the v axis to that beside it from 0.3 mm⁻¹; above 1 for lines along rows."""
        return line_ratio(self.v_frequencies_per_mm, self.v_axis_values, self.v_values)

    @property
    def integral(self) -> float:
        """Integral of the two-dimensional spectrum over all frequencies (signal²)."""
        rows_mm, columns_mm = self.pixel_pitch_mm
        return float(self.spectrum.sum()) / (self.roi_px**2 * rows_mm * columns_mm)

    def measurements(self) -> tuple[Measurement, ...]:
        """NNPS at 0.5 and 2 mm⁻¹ (mean over ±0.01 / pitch), line ratios, relative noise; none without a signal."""
        if self.mean_signal <= 0:
            return ()
        rows_mm, columns_mm = self.pixel_pitch_mm
        found = []
        for name, frequency in _REPORTED:
            for direction, axis, values, pitch_mm in (
                ("columns", self.frequencies_per_mm, self.nnps_u, columns_mm),
                ("rows", self.v_frequencies_per_mm, self.nnps_v, rows_mm),
            ):
                near = np.abs(axis - frequency) <= _WINDOW / pitch_mm
                if near.any():
                    found.append(Measurement(quantity=name, value=float(values[near].mean()), direction=direction))
        for direction, ratio in (("columns", self.u_line_ratio), ("rows", self.v_line_ratio)):
            found.append(Measurement(quantity="line_noise_ratio", value=ratio, direction=direction))
        relative = Measurement(quantity="relative_noise", value=float(np.sqrt(self.variance)) / self.mean_signal)
        return (*found, relative)

    def _headline(self) -> list[tuple[str, str]]:
        # without a positive signal there is no NNPS to name
        return Result._headline(self) or [
            ("Standard deviation", f"{np.sqrt(self.variance):.4g}"),
            ("Mean signal", f"{self.mean_signal:.3g}, too low for an NNPS"),
        ]

    def _mean_square(self) -> float:
        if self.mean_signal <= 0:
            raise NotMeasurableError(
                "signal_not_positive",
                f"mean signal of {self.mean_signal:g}",
                needed="a signal above zero to normalise the noise power spectrum",
                remedy="remove the offset, or use the spectrum that is not normalised",
            )
        return self.mean_signal**2


def measure_nps(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None = None,
    roi_px: int = 256,
    overlap: float = 0.5,
    detrend: Detrend = "quadratic",
    area_mm: float | None = None,
    leakage: Leakage = "removed",
) -> Nps:
    """Noise power spectrum of flat fields over half-overlapping ROIs (after IEC 62220-1-1:2015).

    Parameters
    ----------
    images : Radiograph, 2-D array, or iterable of them
        Flat fields of one exposure level and one size; a bare array, or a list of rows, is taken as linear. A generator
        gives one image at a time, so that only one is in memory. ROIs with padding or with pixels that are not finite
        are left out.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_px : int
        N, the side of a ROI; IEC 62220-1-1 has 256.
    overlap : float
        Part of a ROI that it shares with the next, from 0 to below 1; IEC 62220-1-1 has a half.
    detrend : {"quadratic", "mean"}
        Large-area trend S that is subtracted: least-squares polynomial of second degree over the whole area, or its
        mean. ROIs keep their own means.
    area_mm : float, optional
        Side of the central square that is used (IEC 62220-1-1 has 125); the whole image if not given, or where it is
        smaller, which the provenance then says.
    leakage : {"removed", "kept"}
        Whether u, v and radial values are freed of the noise power that a ROI's border carries from low to high
        frequencies (2 % too much where the noise power is 6 % of its maximum, 5 % at 2 %, with ROIs of 256 pixels).
        IEC 62220-1-1 has no such step; ``"kept"`` gives its values. `spectrum` always keeps it.

    Returns
    -------
    Nps
        In two dimensions, along both axes and over annuli.

    Raises
    ------
    InputError
        No image, images of different size, pitch or response, or an argument out of range.
    NotMeasurableError
        ``smaller_than_roi``; ``partly_saturated`` where more than 1 % of the pixels of the area of an image stand at a
        stored limit or at a plateau that ends their range; ``no_clean_roi`` where each ROI holds a masked pixel; or as
        any image without linear signal, pixel pitch or content.

    Notes
    -----
    W(u, v) = Δx Δy / (M N²) Σ |DFT{I − S}|² over the M ROIs of all images, no window. ROIs begin in the upper left of
    the area; what is left of less than a step at the right and at the bottom is not used. A cut averages seven lines on
    each side of its axis without the axis; each sample counts at its own frequency √(u² + v²), shared between the two
    bins k / (N·pitch) around it. Annuli leave out both axes and end at the lower Nyquist frequency.

    So a cut is the NPS close to its axis, not on it. Of strongly anisotropic noise (correlated over 0.2 mm one way and
    0.05 mm the other, pixels of 0.15 mm) it differs by up to 3 % from the values on the axis. A grid line or a pattern
    that repeats along rows or columns has all its power on an axis, where only `spectrum`, `u_axis_values` and
    `v_axis_values` show it.

    Frequencies below about two divided by the side of the area lose power to the trend. From 0.01 to 1 % of pixels at
    an end of the range the provenance warns.

    Source: IEC 62220-1-1:2015.
    """
    roi_px = as_whole_number("roi_px", roi_px, least=_LEAST_ROI_PX)
    step_px = max(1, round(roi_px * (1.0 - as_fraction_below_one("overlap", overlap))))
    area_mm = None if area_mm is None else as_length_mm("area_mm", area_mm)
    _check_detrend(detrend)
    check_leakage(leakage)
    sums = flat_field_power(
        images, pixel_pitch_mm=pixel_pitch_mm, roi_px=roi_px, step_px=step_px, detrend=detrend, area_mm=area_mm
    )
    first, area, parts = sums.first, sums.area_px, sums.parts
    rows_mm, columns_mm = first.pitch
    roi_count = sum(part.roi_count for part in parts)
    pixel_count = sum(part.pixel_count for part in parts)
    power = np.sum([part.power for part in parts], axis=0)
    spectrum = whole_plane(power) * (rows_mm * columns_mm / (roi_count * roi_px**2))
    curves_of = without_leakage(spectrum) if leakage == "removed" else spectrum
    u_frequencies, u_values = cut(curves_of, step=1 / (roi_px * columns_mm), across=1 / (roi_px * rows_mm))
    v_frequencies, v_values = cut(
        np.ascontiguousarray(curves_of.T), step=1 / (roi_px * rows_mm), across=1 / (roi_px * columns_mm)
    )
    radial_frequencies, radial_values = annuli(curves_of, first.pitch)
    means = [part.signal_sum / part.pixel_count for part in parts]
    return Nps(
        frequencies_per_mm=u_frequencies,
        u_values=u_values,
        v_frequencies_per_mm=v_frequencies,
        v_values=v_values,
        radial_frequencies_per_mm=radial_frequencies,
        radial_values=radial_values,
        spectrum=spectrum,
        mean_signal=sum(part.signal_sum for part in parts) / pixel_count,
        signal_unit=first.unit,
        variance=sum(part.square_sum for part in parts) / pixel_count,
        image_count=len(parts),
        roi_count=roi_count,
        pixel_count=pixel_count,
        roi_px=roi_px,
        pixel_pitch_mm=first.pitch,
        leakage=leakage,
        provenance=provenance_of(
            first,
            algorithm="nps",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_px": roi_px,
                "step_px": step_px,
                "detrend": detrend,
                "leakage": leakage,
                "area_rows_px": area[0],
                "area_columns_px": area[1],
                "cut_lines": CUT_LINES,
                "pixel_pitch_rows_mm": rows_mm,
                "pixel_pitch_columns_mm": columns_mm,
            },
            warnings=(
                *flat_field_warnings(first, area, area_mm, pixel_count, means),
                *saturation_warnings(sums.worst_ends),
            ),
        ),
    )


def _check_detrend(detrend: object) -> None:
    if detrend not in ("quadratic", "mean"):
        raise InputError(
            f"detrend={detrend!r}",
            needed="'quadratic' or 'mean'",
            remedy="give 'quadratic' unless the images are free of heel effect",
        )

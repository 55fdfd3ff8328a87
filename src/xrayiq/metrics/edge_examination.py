"""From a roughly located edge to one whose MTF can be taken, or to the reason why it cannot."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.edge_defects import OUTLYING_NOISE, without_outlying
from xrayiq.metrics.edge_finding import EdgeCandidate
from xrayiq.metrics.edge_iso12233 import quarter_bins
from xrayiq.metrics.edge_line import EdgeLine, EdgeSides, edge_sides, fit_edge_line
from xrayiq.metrics.edge_refusals import (
    ANGLES,
    GREATEST_ANGLE_DEG,
    LEAST_ANGLE_DEG,
    no_edge,
    refusal,
    too_small,
)
from xrayiq.metrics.edge_spread import EdgeSpread, covered_reach_mm, normal_cosine, project_edge
from xrayiq.metrics.slanted_edge import SlantedEdge

Floats = NDArray[np.float64]

#: step over noise
LEAST_CONTRAST: Final = 20.0
#: sag of the edge
GREATEST_SAG_PX: Final = 0.1
#: free signal needed on either side
LEAST_REACH_MM: Final = 2.5
LEAST_LINES: Final = 40

_LEAST_USED: Final = 0.6
_GREATEST_RESIDUAL_PX: Final = 1.0
#: distance over which the edge goes from a quarter to three quarters of its step
_GREATEST_RISE_MM: Final = 2.0
_SATURATED_SHARE: Final = 0.01
#: a median over seven lines finds its way through this much
_OUTLYING_SHARE: Final = 0.02
#: of the edge spread function beyond the level of either side, in steps
_GREATEST_OVERSHOOT: Final = 0.5


def examine_edge(signal: SignalImage, values: Floats, candidate: EdgeCandidate) -> SlantedEdge | NotMeasurableError:
    """The edge of a candidate, or the reason why no MTF can be taken from it.

    Parameters
    ----------
    signal : SignalImage
        The image.
    values : 2-D array
        Its signal with padding replaced by something finite.
    candidate : EdgeCandidate
        Where the edge is, roughly.

    Returns
    -------
    SlantedEdge or NotMeasurableError
        The error is returned, not raised: another edge of the image may do. Its reasons are ``smaller_than_roi``,
        ``low_contrast``, ``defective_pixels``, ``no_edge``, ``edge_angle``, ``curved_edge`` and ``saturated``.
    """
    upright = candidate.across == "columns"
    turned = values if upright else values.T
    pitch = signal.pitch if upright else (signal.pitch[1], signal.pitch[0])
    box = _box(candidate, turned.shape, pitch)
    first, last, left, right = box
    inside = np.ascontiguousarray(turned[first:last, left:right])
    if last - first < LEAST_LINES:
        return too_small(signal, f"edge undisturbed over {last - first} pixels", f"{LEAST_LINES} pixels along it")
    rough = candidate.intercept_px + candidate.slope * first - left, candidate.slope
    masked = _masked(signal, inside, box, upright)
    reach = _reach(candidate, inside.shape, rough, pitch)
    sides = edge_sides(masked, intercept_px=rough[0], slope=rough[1], pitch_mm=pitch, reach_mm=reach)
    if sides is None or min(reach) < LEAST_REACH_MM:
        return too_small(
            signal, f"{max(min(reach), 0.0):.1f} mm beside the edge", f"{LEAST_REACH_MM:g} mm on either side"
        )
    if sides.contrast_to_noise < LEAST_CONTRAST:
        return refusal(
            signal,
            "low_contrast",
            f"step of the edge {sides.contrast_to_noise:.1f} times the noise",
            f"at least {LEAST_CONTRAST:g} times",
            "expose higher or use a denser edge device",
        )
    step, noise = abs(sides.behind - sides.before), max(sides.noise_before, sides.noise_behind)
    cleaned, outlying = without_outlying(
        masked, intercept_px=rough[0], slope=rough[1], pitch_mm=pitch, step=step, noise=noise
    )
    line = fit_edge_line(
        np.where(np.isnan(cleaned), inside, cleaned),
        intercept_px=rough[0],
        slope=rough[1],
        reach_px=candidate.uncertainty_px,
        level=(sides.before + sides.behind) / 2.0,
        sign=sides.sign,
    )
    refused = _judge_line(signal, line, inside.shape[0], pitch)
    if line is None or refused is not None:
        return refused or no_edge(signal)
    reach = _reach(candidate, inside.shape, (line.intercept_px, line.slope), pitch)
    cleaned[outlying] = np.nan
    place: dict[str, Any] = {
        "intercept_px": line.intercept_px,
        "slope": line.slope,
        "pitch_mm": pitch,
        "reach_mm": reach,
    }
    spread = project_edge(cleaned, **place)
    edge = SlantedEdge(
        across=candidate.across,
        roi_px=box if upright else (left, right, first, last),
        line=line,
        sides=sides,
        spread=spread,
        quarter_spread=quarter_bins(cleaned, **place),
        reach_mm=reach,
        angle_deg=_angle_deg(line.slope, pitch),
        rise_mm=_rise_mm(spread, sides),
        pitch_mm=pitch,
        outlying_px=int(np.count_nonzero(outlying)),
        candidate=candidate,
    )
    return _judge_signal(signal, edge) or _judge_outlying(signal, edge, outlying) or edge


def _box(candidate: EdgeCandidate, shape: tuple[int, ...], pitch: tuple[float, float]) -> tuple[int, int, int, int]:
    """First and last line, first and last column of the pixels that the candidate may use."""
    first, last = candidate.first_line, candidate.last_line
    places = candidate.intercept_px + candidate.slope * np.array([first, max(first, last - 1)])
    scale = pitch[1] * normal_cosine(candidate.slope, pitch)
    before, behind = (reach / scale + candidate.uncertainty_px for reach in candidate.reach_mm)
    left = int(np.clip(np.floor(places.min() - before), 0, shape[1]))
    right = int(np.clip(np.ceil(places.max() + behind) + 1, left, shape[1]))
    return first, last, left, right


def _reach(
    candidate: EdgeCandidate, shape: tuple[int, ...], line: tuple[float, float], pitch: tuple[float, float]
) -> tuple[float, float]:
    covered = covered_reach_mm((shape[0], shape[1]), intercept_px=line[0], slope=line[1], pitch_mm=pitch)
    return min(covered[0], candidate.reach_mm[0]), min(covered[1], candidate.reach_mm[1])


def _masked(signal: SignalImage, inside: Floats, box: tuple[int, int, int, int], upright: bool) -> Floats:
    if signal.padding is None:
        return inside
    first, last, left, right = box
    padding = (signal.padding if upright else signal.padding.T)[first:last, left:right]
    return np.where(padding, np.nan, inside)


def _angle_deg(slope: float, pitch: tuple[float, float]) -> float:
    return float(np.degrees(np.arctan(abs(slope) * pitch[1] / pitch[0])))


def _rise_mm(spread: EdgeSpread, sides: EdgeSides) -> float:
    part = (spread.values - sides.before) / (sides.behind - sides.before)
    return float(np.count_nonzero((part > 0.25) & (part < 0.75)) * spread.spacing_mm)


def _judge_line(
    signal: SignalImage, line: EdgeLine | None, lines: int, pitch: tuple[float, float]
) -> NotMeasurableError | None:
    if line is None or line.used_fraction < _LEAST_USED or line.residual_px > _GREATEST_RESIDUAL_PX:
        return no_edge(signal, "no straight edge through most lines")
    angle = _angle_deg(line.slope, pitch)
    if not LEAST_ANGLE_DEG <= angle <= GREATEST_ANGLE_DEG:
        return refusal(signal, "edge_angle", f"slanted edge at {angle:.1f} deg", ANGLES, "re-align the edge device")
    if line.curvature_px > GREATEST_SAG_PX and line.curvature_px > 4.0 * line.curvature_error_px:
        return refusal(
            signal,
            "curved_edge",
            f"edge bent by {line.curvature_px:.2f} pixels",
            f"at most {GREATEST_SAG_PX:g} pixels over its length",
            "use a straight edge device flat on the detector",
        )
    if lines * abs(line.slope) < 1.0:
        needed = int(np.ceil(1.0 / abs(line.slope)))
        return too_small(
            signal, f"edge of {lines} pixels at {angle:.1f} deg", f"{needed} pixels, so that it crosses a whole pixel"
        )
    return None


def _judge_signal(signal: SignalImage, edge: SlantedEdge) -> NotMeasurableError | None:
    if edge.rise_mm > _GREATEST_RISE_MM:
        return no_edge(signal, f"gradual change of signal over {edge.rise_mm:.1f} mm, no sharp edge")
    row_start, row_stop, column_start, column_stop = edge.roi_px
    part = (slice(row_start, row_stop), slice(column_start, column_stop))
    share = _saturated_share(signal, part, edge.sides)
    if share > _SATURATED_SHARE:
        return refusal(
            signal,
            "saturated",
            f"{100.0 * share:.0f} % of the pixels around the edge saturated",
            f"at most {100.0 * _SATURATED_SHARE:g} %",
            "repeat with a lower exposure",
        )
    return None


def _judge_outlying(signal: SignalImage, edge: SlantedEdge, outlying: NDArray[np.bool_]) -> NotMeasurableError | None:
    """Refusal where defects are too many, or where what is left of them still rules the edge spread function."""
    share = edge.outlying_px / outlying.size
    before, step = edge.sides.before, edge.sides.behind - edge.sides.before
    part = (edge.spread.values - before) / step
    beyond = max(-float(part.min()), float(part.max()) - 1.0)
    if share > _OUTLYING_SHARE:
        found = f"{100.0 * share:.1f} % of the pixels around the edge off their neighbours"
        needed = f"at most {100.0 * _OUTLYING_SHARE:g} % by over {OUTLYING_NOISE:g} times the noise"
    elif beyond > _GREATEST_OVERSHOOT:
        found = f"signal across the edge beyond its sides by {beyond:.1f} times the step"
        needed = f"at most {_GREATEST_OVERSHOOT:g} times"
    else:
        return None
    remedy = "correct the detector's defects, or place the edge or the roi elsewhere"
    return refusal(signal, "defective_pixels", found, needed, remedy)


def _saturated_share(signal: SignalImage, part: tuple[slice, slice], sides: EdgeSides) -> float:
    """Share of pixels on the bright side that stand at an end of the stored range, or at a level without any noise."""
    relation = signal.radiograph.relation
    stored: NDArray[Any] = signal.radiograph.pixels[part]
    bright = signal.values[part] > (sides.before + sides.behind) / 2.0
    noises = (sides.noise_before, sides.noise_behind)
    bright_noise, dark_noise = noises[::-1] if sides.sign > 0 else noises
    if bright_noise < 1e-3 * dark_noise and not np.isinf(sides.contrast_to_noise):
        return float(np.count_nonzero(bright) / bright.size)
    ends = [end for end in (relation.stored_min, relation.stored_max) if end is not None]
    return max((float(np.count_nonzero((stored == end) & bright) / stored.size) for end in ends), default=0.0)

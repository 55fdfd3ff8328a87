"""Votes of edge points for directed lines.

Lines are given by their inward normal (cos φ, sin φ) in (row, column), which points to the brighter side, and their
distance ρ from a reference point along it: rows·cos φ + columns·sin φ = ρ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _vote(line: NDArray[np.float64], place: float, share: float) -> None:
    """Add a vote to the two pixels of ρ about a place, each the mean over three; one below 0 is taken back."""
    lower = math.floor(place)
    part = place - lower
    if lower < 0 or lower + 1 >= line.size:
        return
    third = share / 3.0
    if lower > 0:
        line[lower - 1] += third * (1.0 - part)
    line[lower] += third
    line[lower + 1] += third
    if lower + 2 < line.size:
        line[lower + 2] += third * part


@kernel
def take_back_votes(
    votes: NDArray[np.float64],
    points: NDArray[np.float64],
    index: int,
    weight: float,
    spread_deg: int,
    directions: NDArray[np.float64],
    changed: NDArray[np.bool_],
) -> None:
    """Subtract the votes of one point.

    Parameters
    ----------
    votes : (360, 2·reach + 1) array of float64
        As `cast_votes` gives them; changed.
    points : (4, points) array of float64
        As `centred_points` gives them.
    index : int
        Number of the point.
    weight : float
        Weight it has voted with.
    spread_deg, directions
        As for `cast_votes`.
    changed : (360,) array of bool
        True is written for the degrees it has voted for.
    """
    angle = math.degrees(math.atan2(points[3, index], points[2, index]))
    nearest = math.floor(angle + 0.5)
    for degree in range(nearest - spread_deg, nearest + spread_deg + 1):
        off = (degree - angle) / max(spread_deg, 1)
        share = weight * (1.0 - off * off)
        if share > 0.0:
            turned = degree % 360
            changed[turned] = True
            distance = points[0, index] * directions[turned, 0] + points[1, index] * directions[turned, 1]
            _vote(votes[turned], distance + votes.shape[1] // 2, -share)


@kernel
def unit_directions() -> NDArray[np.float64]:
    """Cosine and sine of every whole degree.

    Returns
    -------
    (360, 2) array of float64
        In ascending order.
    """
    directions = np.empty((360, 2), dtype=np.float64)
    for degree in range(360):
        directions[degree, 0] = math.cos(math.radians(degree))
        directions[degree, 1] = math.sin(math.radians(degree))
    return directions


@kernel
def centred_points(points: NDArray[np.float64], centre_row: float, centre_column: float) -> NDArray[np.float64]:
    """Edge points with their places counted from a reference point, each number along one line.

    Parameters
    ----------
    points : (points, at least 4) array of float64
        Row, column, and the row and column part of the inward normal.
    centre_row, centre_column : float
        The reference point.

    Returns
    -------
    (4, points) array of float64
        The same four numbers.
    """
    centred = np.empty((4, points.shape[0]), dtype=np.float64)
    for index in range(points.shape[0]):
        centred[0, index] = points[index, 0] - centre_row
        centred[1, index] = points[index, 1] - centre_column
        centred[2, index] = points[index, 2]
        centred[3, index] = points[index, 3]
    return centred


@kernel
def _by_angle(points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Points in the order of the whole degree nearest to their normal: where each degree begins, order, and angles."""
    angles = np.empty(points.shape[1], dtype=np.float64)
    degrees = np.empty(points.shape[1], dtype=np.int64)
    begins = np.zeros(361, dtype=np.int64)
    for index in range(angles.size):
        angles[index] = math.degrees(math.atan2(points[3, index], points[2, index]))
        degrees[index] = math.floor(angles[index] + 0.5) % 360
        begins[degrees[index] + 1] += 1
    for degree in range(360):
        begins[degree + 1] += begins[degree]
    order = np.empty(angles.size, dtype=np.int64)
    places = begins.copy()
    for index in range(angles.size):
        order[places[degrees[index]]] = index
        places[degrees[index]] += 1
    return begins, order, angles


@kernel
def cast_votes(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    spread_deg: int,
    reach_px: int,
    directions: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Votes of edge points for directed lines.

    One degree after the other is gone through, so that its votes stay near at hand.

    Parameters
    ----------
    points : (4, points) array of float64
        As `centred_points` gives them, about the reference point of ρ.
    weights : (points,) array of float64
        Weight of each point.
    spread_deg : int
        A point votes for the whole degrees within this distance of its normal's angle, with a weight that falls as a
        parabola to 0 at the spread.
    reach_px : int
        Greatest |ρ| in pixels; votes beyond are dropped.
    directions : (360, 2) array of float64
        As `unit_directions` gives them.

    Returns
    -------
    (360, 2·reach_px + 1) array of float64
        Votes per degree of φ and pixel of ρ, shared between the two nearest pixels of ρ; each the mean over three
        neighbouring pixels of ρ.
    """
    votes = np.zeros((360, 2 * reach_px + 1), dtype=np.float64)
    begins, order, angles = _by_angle(points)
    for degree in range(360):
        for apart in range(-spread_deg, spread_deg + 1):
            nearest = (degree + apart) % 360
            for index in order[begins[nearest] : begins[nearest + 1]]:
                # the point's angle about the degree nearest to it, which may lie a turn away
                off = (math.floor(angles[index] + 0.5) - apart - angles[index]) / max(spread_deg, 1)
                share = weights[index] * (1.0 - off * off)
                if share > 0.0:
                    distance = points[0, index] * directions[degree, 0] + points[1, index] * directions[degree, 1]
                    _vote(votes[degree], distance + reach_px, share)
    return votes

"""Lines found by votes, against their definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.field_lines import line_peaks
from xrayiq_kernels.line_votes import cast_votes, centred_points, unit_directions

SHAPE = (120, 150)
CENTRE = np.array([59.5, 74.5])
SPREAD, REACH, LEAST = 7, 98, 9.0
#: φ in degrees, ρ and half length of the lines that points are laid on
LINES = ((2.0, -40.0, 50.0), (95.0, -55.0, 40.0), (182.0, -45.0, 55.0), (270.0, -60.0, 30.0), (275.0, -58.5, 12.0))


def edge_points(seed=3, noise=0.15):
    """Points along lines with noise, and others anywhere."""
    generator = np.random.default_rng(seed)
    rows = []
    for degrees, distance, half in LINES:
        angle = np.deg2rad(degrees)
        normal, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        for way in np.arange(-half, half):
            place = CENTRE + (distance + noise * generator.standard_normal()) * normal + way * along
            turned = angle + 0.03 * generator.standard_normal()
            rows.append([*place, np.cos(turned), np.sin(turned), 1.0])
    for _ in range(150):
        angle = generator.uniform(0.0, 2.0 * np.pi)
        rows.append([*generator.uniform((0, 0), SHAPE), np.cos(angle), np.sin(angle), 1.0])
    return np.array(rows), generator.uniform(0.2, 1.0, len(rows))


def near(points, line, band):
    away = np.abs(points[:, 0] * np.cos(line[0]) + points[:, 1] * np.sin(line[0]) - line[1])
    agree = points[:, 2] * np.cos(line[0]) + points[:, 3] * np.sin(line[0]) > np.cos(np.deg2rad(15.0))
    return (away < band) & agree


def fitted(points, weights, line):
    for band in (3.0, 2.0, 1.5):
        chosen = near(points, line, band)
        weight = weights[chosen]
        if weight.sum() < LEAST or chosen.sum() < 5:
            return None
        middle = weight @ points[chosen, :2] / weight.sum()
        moments = np.cov(points[chosen, :2].T, aweights=weight)
        normal = np.linalg.eigh(moments)[1][:, 0]
        normal = normal * np.sign(normal @ [np.cos(line[0]), np.sin(line[0])])
        line = (np.arctan2(normal[1], normal[0]), middle @ normal)
    return line[0] % (2.0 * np.pi), line[1]


def votes_by_definition(points, weights, centre, spread, reach):
    votes = np.zeros((360, 2 * reach + 1))
    for point, weight in zip(points, weights, strict=True):
        angle = np.degrees(np.arctan2(point[3], point[2]))
        for degree in range(360):
            off = (degree - angle + 180.0) % 360.0 - 180.0
            share = weight * (1.0 - (off / spread) ** 2)
            if abs(off) > spread or share <= 0:
                continue
            radians = np.radians(degree)
            rho = (point[0] - centre[0]) * np.cos(radians) + (point[1] - centre[1]) * np.sin(radians)
            low = int(np.floor(rho))
            for place, part in ((low, 1.0 - (rho - low)), (low + 1, rho - low)):
                if -reach <= low and low + 1 <= reach:
                    votes[degree, place + reach] += share * part
    padded = np.pad(votes, ((0, 0), (1, 1)))
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3.0


@pytest.mark.parametrize("reach", [REACH, 30])
def test_votes_go_to_the_lines_near_a_points_normal(reach):
    points, weights = edge_points()
    found = cast_votes(centred_points(points, *CENTRE), weights, SPREAD, reach, unit_directions())
    # sums of some hundred votes in another order
    np.testing.assert_allclose(found, votes_by_definition(points, weights, CENTRE, float(SPREAD), reach), atol=1e-9)
    assert found.sum() > 0


def peaks_by_definition(points, weights, turns):
    votes, left, lines = votes_by_definition(points, weights, CENTRE, float(SPREAD), REACH), weights.copy(), []
    centred = points - np.array([*CENTRE, 0.0, 0.0, 0.0])
    for _ in range(turns):
        degree, place = np.unravel_index(np.argmax(votes), votes.shape)
        if votes[degree, place] < LEAST / 2.0:
            break
        peak = (np.deg2rad(degree), place - REACH)
        line = fitted(centred, weights, peak)
        used = near(centred, peak, 3.0)
        if line is not None:
            used |= near(centred, line, 2.0)
            apart = [
                (abs((line[0] - other[0] + np.pi) % (2.0 * np.pi) - np.pi), abs(line[1] - other[1])) for other in lines
            ]
            if not any(turn < np.deg2rad(1.5) and away < 2.0 for turn, away in apart):
                lines.append(line)
        votes -= votes_by_definition(points[used], left[used], CENTRE, float(SPREAD), REACH)
        left[used] = 0.0
        votes[np.arange(degree - 1, degree + 2) % 360, max(place - 1, 0) : place + 2] = 0.0
    return np.array(lines).reshape(-1, 2)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_lines_are_those_of_the_definition(seed):
    points, weights = edge_points(seed)
    found = line_peaks(points, weights, *CENTRE, SPREAD, REACH, LEAST, 48)
    expected = peaks_by_definition(points, weights, 48)
    assert len(found) >= 4
    # order of additions only
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_lines_are_those_that_points_were_laid_on():
    found = line_peaks(*edge_points(noise=0.05), *CENTRE, SPREAD, REACH, LEAST, 48)
    for degrees, distance, half in LINES[:3]:  # the fourth has another line beside it
        # 60 points and more with noise of 0.05 px, at ends 30 px away: under 0.1° and 0.1 px
        off = (np.rad2deg(found[:, 0]) - degrees + 180.0) % 360.0 - 180.0
        assert np.any((np.abs(off) < 0.1 * 50.0 / half) & (np.abs(found[:, 1] - distance) < 0.1))


def test_no_points_give_no_lines():
    found = line_peaks(np.zeros((0, 5)), np.zeros(0), *CENTRE, SPREAD, REACH, LEAST, 48)
    assert found.shape == (0, 2)

"""Waves that recur in many short profiles, told from noise at a known rate of false alarms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft
from scipy.special import betainc

Floats = NDArray[np.float64]

#: bins on either side of a bin that its wave spreads over under a Hann window
SPREAD_BINS: Final = 2
#: bins beside these whose mean power is the background
AROUND_BINS: Final = 6
#: least bin, which leaves the window and its background to what is no trend
LEAST_BIN: Final = 11
#: power over the background above which a profile counts …
POWER_LIMIT: Final = 2.5
#: … and over the mean of the two bins that its wave does not reach
NARROW_LIMIT: Final = 2.5
#: bands of the image in either direction, and half as many for blocks; so many of them have to have this part of the
#: average share of votes
MOST_PARTS: Final = 6
PARTS_SHOWN: Final = 0.75
LEAST_SHARE: Final = 0.4
#: correlation of the Fourier coefficients of white noise under a Hann window, by their distance in bins
_HANN_CORRELATION: Final = {0: 1.0, 1: -2.0 / 3.0, 2: 1.0 / 6.0}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeriodicLines:
    """Waves of one direction, the strongest first.

    Parameters
    ----------
    frequencies_per_px, amplitudes, probabilities : (n,) arrays
        Frequency, amplitude A of A·cos, and probability that noise gives as much in any of the bins looked at.
    profile_count : int
        Profiles that counted.
    """

    frequencies_per_px: Floats
    amplitudes: Floats
    probabilities: Floats
    profile_count: int


@lru_cache
def exceeding_probability(length: int) -> Floats:
    """Probability that noise with a flat spectrum exceeds its background by the limit, for each bin from the least.

    Parameters
    ----------
    length : int
        Samples of the profiles.

    Returns
    -------
    1-D array of float64
        Π 1 / (1 + c λᵢ / n), with the limit c, the number n of bins around and the eigenvalues λᵢ of the correlation of
        their Fourier coefficients.
    """
    found = []
    for bins in (_around(number, length) - number for number in _bins(length)):
        apart = np.abs(bins[:, None] - bins[None, :])
        correlation = np.select([apart == key for key in _HANN_CORRELATION], list(_HANN_CORRELATION.values()))
        found.append(float(np.prod(1.0 / (1.0 + POWER_LIMIT * np.linalg.eigvalsh(correlation) / bins.size))))
    return np.array(found)


def periodic_lines(profiles: Floats, places: NDArray[np.int64], *, false_alarm_rate: float, most: int) -> PeriodicLines:
    """Waves that more of the profiles show than noise would, wherever in the image they lie.

    Parameters
    ----------
    profiles : (profiles, samples) array
        Samples even in number, all finite. What varies slowly along them does no harm; one of a constant does not
        count.
    places : (profiles, 2) array
        Row and column at which each begins.
    false_alarm_rate : float
        Probability that noise alone gives a wave.
    most : int
        Waves that are given at most.

    Returns
    -------
    PeriodicLines
        None where there is less than one profile with any power.

    Notes
    -----
    Each profile is taken under a Hann window. It votes for a bin whose power exceeds 2.5 times the mean of the 6 bins
    on either side, two bins apart; near the Nyquist frequency of the 12 below; and 2.5 times that of the second bins to
    either side: two edges of one object make fringes, which are broader or many. Of noise with a flat spectrum the
    share of votes is known whatever its level (cell averaging, Finn and Johnson 1968, RCA Review 29:414, here with the
    correlation that the window gives) or less, and their number is binomial; its tail times the number of bins is the
    probability. What stands in a few profiles only, as the edges of bones or metal, is outvoted. What stands in many,
    as ribs alike in width and distance, has to stand in the whole image too: of 6 bands across it in either direction,
    and of 9 blocks, 3 in 4 must have two fifths of the average share of votes.
    """
    count, length = profiles.shape
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / length)
    if count == 0:
        return _nothing(0)
    centred = (profiles - profiles.mean(axis=1, keepdims=True)) * window
    spectrum = rfft(centred.astype(np.float32), axis=1)
    power = spectrum.real.astype(np.float64) ** 2 + spectrum.imag.astype(np.float64) ** 2
    bins = _bins(length)
    background = _background(power, length)
    kept = (background > 0).all(axis=1)
    count = int(np.count_nonzero(kept))
    if count == 0:
        return _nothing(0)
    power, background = power[kept], background[kept]
    narrow = power[:, bins] > NARROW_LIMIT * 0.5 * (power[:, bins - SPREAD_BINS] + power[:, bins + SPREAD_BINS])
    voting = narrow & (power[:, bins] > POWER_LIMIT * background)
    votes = np.count_nonzero(voting, axis=0)
    everywhere = _is_everywhere(voting, places[kept])
    share = exceeding_probability(length)
    tails = np.where(votes > 0, betainc(np.maximum(votes, 1), count - np.maximum(votes, 1) + 1.0, share), 1.0)
    probabilities = np.minimum(tails * bins.size, 1.0)
    excess = _excess(power, background, bins)
    seen = _peaks(np.where(everywhere, probabilities, 1.0), excess, false_alarm_rate)[:most]
    energy = np.array([_in_lobe(excess, index) for index in seen], dtype=np.float64)
    order = np.argsort(-energy, kind="stable")
    seen = seen[order]
    return PeriodicLines(
        frequencies_per_px=np.array([(bins[index] + _beside(excess, index)) / length for index in seen]),
        amplitudes=np.sqrt(4.0 * energy[order] / (length * np.sum(window**2))),
        probabilities=probabilities[seen],
        profile_count=count,
    )


def _nothing(count: int) -> PeriodicLines:
    nothing = np.zeros(0)
    return PeriodicLines(frequencies_per_px=nothing, amplitudes=nothing, probabilities=nothing, profile_count=count)


def _bins(length: int) -> NDArray[np.int64]:
    return np.arange(LEAST_BIN, length // 2 - SPREAD_BINS + 1)


def _around(number: int, length: int) -> NDArray[np.int64]:
    """Bins whose mean is the background of one."""
    apart = SPREAD_BINS + 1 + np.arange(AROUND_BINS)
    if number + apart[-1] <= length // 2 - SPREAD_BINS:
        return np.concatenate([number - apart[::-1], number + apart])
    return number - (SPREAD_BINS + 1 + np.arange(2 * AROUND_BINS))[::-1]


def _background(power: Floats, length: int) -> Floats:
    sums = np.cumsum(np.pad(power, ((0, 0), (1, 0))), axis=1)
    bins = _bins(length)
    both = bins + SPREAD_BINS + AROUND_BINS <= length // 2 - SPREAD_BINS
    middle, upper = bins[both], bins[~both]
    near, far = SPREAD_BINS, SPREAD_BINS + AROUND_BINS
    beside = sums[:, middle + far + 1] - sums[:, middle + near + 1] + sums[:, middle - near] - sums[:, middle - far]
    below = sums[:, upper - near] - sums[:, upper - far - AROUND_BINS]
    found: Floats = np.concatenate([beside, below], axis=1) / (2 * AROUND_BINS)
    return found


def _excess(power: Floats, background: Floats, bins: NDArray[np.int64]) -> Floats:
    """Mean power less the background of each bin, over the half of the profiles with the least background there."""
    quiet = background <= np.median(background, axis=0)
    found: Floats = np.where(quiet, power[:, bins] - background, 0.0).sum(axis=0) / np.count_nonzero(quiet, axis=0)
    return found


def _is_everywhere(voting: NDArray[np.bool_], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether most parts of the image, bands along rows and columns and blocks, have their share of votes for a bin."""
    least = LEAST_SHARE * voting.mean(axis=0)
    first, last = places.min(axis=0), np.maximum(places.max(axis=0) - places.min(axis=0), 1)
    everywhere = np.ones(voting.shape[1], dtype=np.bool_)
    for number in (MOST_PARTS, MOST_PARTS // 2):
        bands = np.minimum((places - first) * number // last, number - 1)
        rows, columns = bands.T
        for parts in (rows, columns) if number == MOST_PARTS else (rows * number + columns,):
            shares = [voting[parts == part].mean(axis=0) for part in np.unique(parts)]
            everywhere &= np.mean([share >= least for share in shares], axis=0) >= PARTS_SHOWN
    return everywhere


def _peaks(probabilities: Floats, excess: Floats, false_alarm_rate: float) -> NDArray[np.int64]:
    """Bins that stand out, greatest within the spread of a wave, the greatest first."""
    seen = np.flatnonzero(probabilities < false_alarm_rate)
    reach = 2 * SPREAD_BINS
    peaks = [i for i in seen if excess[i] > 0 and excess[i] == excess[max(0, i - reach) : i + reach + 1].max()]
    return np.array(sorted(peaks, key=lambda i: -excess[i]), dtype=np.int64)


def _in_lobe(excess: Floats, index: int) -> float:
    return float(max(excess[max(0, index - SPREAD_BINS) : index + SPREAD_BINS + 1].sum(), 0.0))


def _beside(excess: Floats, index: int) -> float:
    """Distance of a wave from its greatest bin: (2α − 1)/(α + 1) for neighbouring bins in the ratio α under Hann."""
    below = excess[index - 1] if index > 0 else 0.0
    above = excess[index + 1] if index + 1 < excess.size else 0.0
    ratio = np.sqrt(max(below, above, 0.0) / excess[index])
    apart = max((2.0 * ratio - 1.0) / (ratio + 1.0), 0.0)
    return float(apart if above >= below else -apart)

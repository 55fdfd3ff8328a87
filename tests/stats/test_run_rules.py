"""Run rules: their definition, and the exact run lengths of Champ and Woodall."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix, identity
from scipy.sparse.linalg import spsolve
from scipy.stats import norm

from xrayiq.errors import InputError
from xrayiq.stats import RULE_TEXTS, run_rule_hits

#: Champ and Woodall, Technometrics 29 (1987), tables 1 and 2: average run length by rules and shift
CHAMP_WOODALL = {
    (1,): {0.0: 370.40, 0.6: 119.67, 1.0: 43.89, 2.0: 6.30},
    (1, 2): {0.0: 225.44, 0.6: 57.92, 1.0: 20.01, 2.0: 3.65},
    (1, 3): {0.0: 166.05, 0.6: 33.99, 1.0: 12.66, 2.0: 3.68},
    (1, 4): {0.0: 152.73, 0.6: 33.64, 1.0: 14.58, 2.0: 4.89},
    (1, 2, 4): {0.0: 122.05},
    (1, 2, 3, 4): {0.0: 91.75},
}
#: a score in each zone, and the zones' bounds
SCORES = np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
BOUNDS = np.array([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0])


def reduced(history: tuple[float, ...]) -> tuple[float, ...]:
    """The last seven scores with all that no rule looks at taken out, so that few states are left."""
    kept = list(history[-7:])
    for back in range(1, len(kept) + 1):
        if back > 2:  # rule 2 looks no further back than this
            kept[-back] = float(np.clip(kept[-back], -1.5, 1.5))
        if back > 4:  # nor rule 3 than this
            kept[-back] = math.copysign(0.5, kept[-back])
    run = next((back for back in range(1, len(kept) + 1) if kept[-back] * kept[-1] < 0), len(kept) + 1) - 1
    return tuple(kept[-max(run, min(4, len(kept))) :]) if kept else ()


def run_length(rules: tuple[int, ...], shift: float) -> float:
    """Average run length of the Markov chain over histories, whose signals the code under test gives."""
    chances = np.diff(norm.cdf(BOUNDS - shift))
    states, order, moves = {(): 0}, [()], []
    for history in order:
        trials = np.full((SCORES.size, 8), np.nan)
        for row, score in enumerate(SCORES):
            trials[row, 7 - len(history) :] = [*history, score]
        signals = run_rule_hits(trials, rules=rules).any(axis=0)[:, -1]
        for score, chance, signal in zip(SCORES, chances, signals, strict=True):
            if signal:
                continue
            target = reduced((*history, float(score)))
            if target not in states:
                states[target] = len(order)
                order.append(target)
            moves.append((states[history], states[target], chance))
    rows, columns, weights = zip(*moves, strict=True)
    chain = csr_matrix((weights, (rows, columns)), shape=(len(order), len(order)))
    return float(spsolve((identity(len(order)) - chain).tocsc(), np.ones(len(order)))[0])


@pytest.mark.parametrize(("rules", "shift"), [(r, d) for r, row in CHAMP_WOODALL.items() for d in row])
def test_average_run_lengths_are_those_of_champ_and_woodall(rules: tuple[int, ...], shift: float) -> None:
    # printed to two decimals
    assert run_length(rules, shift) == pytest.approx(CHAMP_WOODALL[rules][shift], abs=6e-3)


def signals(scores: list[float], *, rule: int) -> list[int]:
    """Places of the results at which a rule is met."""
    return [int(place) for place in np.flatnonzero(run_rule_hits(np.array(scores), rules=(rule,))[0])]


def test_a_result_beyond_three_sigma_signals_and_one_on_the_limit_does_not() -> None:
    assert signals([0.0, 3.0, 3.1, -3.0, -3.1], rule=1) == [2, 4]
    assert "3 standard deviations" in RULE_TEXTS[1]


def test_two_of_three_must_lie_on_one_side_and_the_last_is_one_of_them() -> None:
    assert signals([2.1, 0.0, 2.2, 0.0, 0.0], rule=2) == [2]
    assert not signals([2.1, -2.2, 0.0, 0.0, 2.2], rule=2)


def test_four_of_five_beyond_one_sigma_signals_at_the_fourth() -> None:
    assert signals([1.1, 1.1, 0.0, 1.1, 1.1], rule=3) == [4]
    assert signals([1.1, 1.1, 1.1, 1.1, 0.0], rule=3) == [3]
    assert not signals([1.1, 1.1, 0.0, 0.0, 1.1, 1.1], rule=3)


def test_eight_in_a_row_signal_from_the_eighth_on_and_a_result_at_the_centre_breaks_the_run() -> None:
    assert signals([-0.1] * 10, rule=4) == [7, 8, 9]
    assert not signals([0.1] * 7 + [0.0] + [0.1] * 7, rule=4)


def test_many_series_at_once_are_each_by_itself() -> None:
    scores = np.random.default_rng(5).normal(scale=1.5, size=(20, 60))
    together = run_rule_hits(scores)
    for row in range(20):
        np.testing.assert_array_equal(together[:, row], run_rule_hits(scores[row]))


def test_an_unknown_rule_is_an_input_error() -> None:
    with pytest.raises(InputError, match="rule 5"):
        signals([1.0], rule=5)

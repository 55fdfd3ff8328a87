"""NEQ and effective DQE against their formulas, the parts of their uncertainty, and their refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from dqe_builders import KERMA, line, make_mtf, make_nps, white

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics import EffectiveDqe, Neq, compute_dqe, compute_effective_dqe, compute_neq
from xrayiq.model import quantities
from xrayiq.model.packing import pack, unpack

Q = 30000.0
#: adult chest: scatter and transmission (standards reference, §5.2)
CHEST: dict[str, Any] = {
    "kerma_ugy": 30.0,
    "beam": Q,
    "scatter_fraction": 0.34,
    "transmission": 0.09,
    "magnification": 1.2,
}


def test_neq_is_the_squared_mtf_over_the_nnps() -> None:
    found = compute_neq(make_mtf(line), white())
    f = np.arange(1, 11) * 0.5
    # rounding
    np.testing.assert_allclose(found.frequencies_per_mm, f, rtol=1e-12)
    np.testing.assert_allclose(found.values, line(f) ** 2 / 2e-5, rtol=1e-9)
    assert found.across == "columns"
    assert found.nyquist_per_mm == pytest.approx(5.0)


def test_neq_is_that_of_the_dqe() -> None:
    mtf, nps = make_mtf(line, contrast_to_noise=50.0, mode="constancy"), white()
    neq, dqe = compute_neq(mtf, nps), compute_dqe(mtf, nps, kerma_ugy=KERMA, beam=Q)
    np.testing.assert_array_equal(neq.values, dqe.neq_per_mm2)
    np.testing.assert_allclose(neq.values / (KERMA * Q), dqe.values, rtol=1e-12)
    squares = 4 * dqe.mtf_uncertainty_fraction**2 + dqe.nnps_uncertainty_fraction**2
    np.testing.assert_allclose(neq.uncertainty, neq.values * np.sqrt(squares), rtol=1e-12)
    assert neq.measurements()[0].value == dqe.measurements()[-1].value
    assert any("NEQ is too high" in text for text in neq.provenance.warnings)


def test_effective_dqe_is_its_formula_at_frequencies_of_the_object() -> None:
    found = compute_effective_dqe(make_mtf(line), white(), **CHEST)
    f = np.arange(1, 11) * 0.5
    np.testing.assert_allclose(found.detector_frequencies_per_mm, f, rtol=1e-12)
    np.testing.assert_allclose(found.frequencies_per_mm, 1.2 * f, rtol=1e-12)
    assert found.nyquist_per_mm == pytest.approx(6.0)
    expected = line(f) ** 2 * (1 - 0.34) ** 2 / (2e-5 * 0.09 * 30.0 * Q)
    np.testing.assert_allclose(found.values, expected, rtol=1e-9)  # rounding


def test_without_phantom_it_is_the_dqe() -> None:
    parts: dict[str, Any] = {"kerma_ugy": KERMA, "beam": "RQA5/2015"}
    none = {"scatter_fraction": 0.0, "transmission": 1.0, "magnification": 1.0}
    sure = {"scatter_uncertainty": 0.0, "transmission_uncertainty_fraction": 0.0}
    mtf = make_mtf(line, contrast_to_noise=50.0)
    effective = compute_effective_dqe(mtf, white(), **parts, **none, **sure)
    plain = compute_dqe(mtf, white(), **parts)
    np.testing.assert_allclose(effective.values, plain.values, rtol=1e-12)
    np.testing.assert_allclose(effective.uncertainty, plain.uncertainty, rtol=1e-12)
    np.testing.assert_array_equal(effective.frequencies_per_mm, plain.frequencies_per_mm)
    assert effective.beam == "RQA5/2015"


@pytest.mark.parametrize(
    ("part", "argument", "expected"),
    [
        ("kerma_uncertainty_fraction", 0.04, 0.04),
        ("fluence_uncertainty_fraction", 0.03, 0.03),
        ("transmission_uncertainty_fraction", 0.06, 0.06),
        # d(1 − SF)² / (1 − SF)² = 2 dSF / (1 − SF)
        ("scatter_uncertainty", 0.02, 2 * 0.02 / 0.66),
    ],
)
def test_each_part_alone_makes_its_uncertainty(part: str, argument: float, expected: float) -> None:
    names = ("kerma_uncertainty_fraction", "fluence_uncertainty_fraction", "transmission_uncertainty_fraction")
    nothing = dict.fromkeys((*names, "scatter_uncertainty"), 0.0)
    # no noise beside the edge, and so many pixels of flat fields that nothing else is left
    nps = make_nps(np.full((200, 200), 2e-5 * KERMA**2), pixel_count=10**16)
    found = compute_effective_dqe(make_mtf(line), nps, **CHEST, **nothing | {part: argument})
    np.testing.assert_allclose(found.uncertainty / found.values, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "change",
    [
        {"scatter_fraction": 1.0},
        {"scatter_fraction": -0.1},
        {"transmission": 0.0},
        {"transmission": 1.1},
        {"magnification": 0.9},
        {"magnification": np.nan},
        {"kerma_ugy": 0.0},
        {"scatter_uncertainty": -0.01},
        {"beam": "RQA5"},
        {"leakage": "half"},
    ],
)
def test_what_has_no_meaning_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(change))):
        compute_effective_dqe(make_mtf(line), white(), **CHEST | change)


def test_spectrum_without_noise_is_not_measurable() -> None:
    empty = make_nps(np.zeros((200, 200)), variance=1.0)
    for compute in (compute_neq, lambda mtf, nps: compute_effective_dqe(mtf, nps, **CHEST)):
        with pytest.raises(NotMeasurableError) as caught:
            compute(make_mtf(line), empty)
        assert caught.value.reason == "no_noise"


def test_doubts_stand_in_the_provenance() -> None:
    doubted = compute_effective_dqe(make_mtf(line, mode="constancy"), white(), **CHEST | {"beam": "RQA9/2015"})
    for word in ("RQA9/2015 not verified against the document", "constancy"):
        assert any(word in text for text in doubted.provenance.warnings)
    high = compute_effective_dqe(make_mtf(line), white(), **CHEST | {"kerma_ugy": 1.0})
    assert any("above 1" in text for text in high.provenance.warnings)
    assert compute_effective_dqe(make_mtf(line), white(), **CHEST).provenance.warnings == ()


def test_results_go_into_a_record_and_back() -> None:
    effective = compute_effective_dqe(make_mtf(line, across="rows"), white(), **CHEST)
    assert [m.quantity for m in effective.measurements()] == [
        "effective_dqe_at_0_5_per_mm",
        "effective_dqe_at_1_per_mm",
    ]
    assert effective.measurements()[1].value == effective.values[1]
    neq = compute_neq(make_mtf(line), white())
    for kind, result in ((EffectiveDqe, effective), (Neq, neq)):
        assert {m.quantity for m in result.measurements()} <= set(quantities())
        back = unpack(kind, *pack(result))
        np.testing.assert_array_equal(back.values, result.values)
        assert back.provenance == result.provenance

"""Figures of DQE, NEQ, effective DQE and detectability draw the result's own numbers."""

from __future__ import annotations

import dataclasses

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from xrayiq.metrics import Detectability, Dqe, EffectiveDqe, Neq
from xrayiq.model import Provenance
from xrayiq.plots import plot, plot_dqes, to_svg

PROVENANCE = Provenance(algorithm="test", algorithm_version=1)
FREQUENCIES = np.array([0.5, 1.0, 1.5])
VALUES = np.array([0.6, 0.5, 0.3])
DQE = Dqe(
    frequencies_per_mm=FREQUENCIES,
    values=VALUES,
    uncertainty=np.array([0.04, 0.05, 0.06]),
    neq_per_mm2=VALUES * 7e4,
    mtf_values=VALUES,
    nnps_mm2=VALUES,
    mtf_uncertainty_fraction=VALUES,
    nnps_uncertainty_fraction=VALUES,
    kerma_uncertainty_fraction=0.05,
    fluence_uncertainty_fraction=0.02,
    across="columns",
    nyquist_per_mm=1.7,
    kerma_ugy=2.5,
    beam="RQA5/2015",
    fluence_per_mm2_ugy=29653.0,
    provenance=PROVENANCE,
)
NEQ = Neq(
    frequencies_per_mm=FREQUENCIES,
    values=VALUES * 7e4,
    uncertainty=VALUES * 1e3,
    mtf_values=VALUES,
    nnps_mm2=VALUES,
    mtf_uncertainty_fraction=VALUES,
    nnps_uncertainty_fraction=VALUES,
    across="columns",
    nyquist_per_mm=1.7,
    provenance=PROVENANCE,
)
EFFECTIVE = EffectiveDqe(
    frequencies_per_mm=1.2 * FREQUENCIES,
    detector_frequencies_per_mm=FREQUENCIES,
    values=VALUES / 5,
    uncertainty=VALUES / 50,
    mtf_values=VALUES,
    nnps_mm2=VALUES,
    mtf_uncertainty_fraction=VALUES,
    nnps_uncertainty_fraction=VALUES,
    kerma_uncertainty_fraction=0.05,
    fluence_uncertainty_fraction=0.02,
    transmission_uncertainty_fraction=0.05,
    scatter_uncertainty=0.02,
    scatter_fraction=0.34,
    transmission=0.09,
    magnification=1.2,
    across="rows",
    nyquist_per_mm=2.0,
    kerma_ugy=30.0,
    beam="RQA7/2015",
    fluence_per_mm2_ugy=32490.0,
    provenance=PROVENANCE,
)
DETECTABILITY = Detectability(
    detectability=2.4,
    diameter_mm=1.0,
    contrast=0.01,
    observer="npwe",
    frequencies_per_mm=FREQUENCIES,
    signal_density_mm=VALUES,
    noise_density_mm=2 * VALUES,
    provenance=PROVENANCE,
)


def axes() -> Axes:
    return Figure(layout="constrained").add_subplot()


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}


def test_dqe_line_and_band_are_the_result() -> None:
    ax = plot(DQE, ax=axes())
    np.testing.assert_array_equal(lines(ax)["DQE u"], np.column_stack([FREQUENCIES, VALUES]))
    (band,) = ax.collections
    corners = {(x, round(y, 9)) for x, y in band.get_paths()[0].vertices}
    assert {(0.5, 0.56), (0.5, 0.64), (1.5, 0.24), (1.5, 0.36)} <= corners
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Spatial frequency / mm⁻¹", "DQE")
    assert ax.get_title(loc="left") == "DQE u, RQA5/2015, 2.5 µGy"
    assert "± standard uncertainty" in [text.get_text() for text in ax.get_legend().get_texts()]  # type: ignore[union-attr]


def test_a_given_fluence_stands_in_place_of_a_beam() -> None:
    ax = plot(dataclasses.replace(DQE, beam="", across="rows"), ax=axes())
    assert ax.get_title(loc="left") == "DQE v, 29653 quanta per mm² µGy, 2.5 µGy"


def test_values_above_one_stay_in_the_figure() -> None:
    ax = plot(dataclasses.replace(DQE, values=3.0 * VALUES), ax=axes())
    assert ax.get_ylim()[1] > 1.84


def test_several_curves_keep_their_labels() -> None:
    ax = plot_dqes([("u $x$", DQE), ("v", dataclasses.replace(DQE, across="rows"))], ax=axes())
    assert {"u $x$", "v"} <= set(lines(ax))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["u $x$", "v"]  # type: ignore[union-attr]
    assert ax.get_title(loc="left") == "DQE, RQA5/2015"
    assert plot_dqes([], ax=axes()).get_ylabel() == "DQE"


def test_curves_of_different_editions_name_both() -> None:
    ax = plot_dqes([("a", DQE), ("b", dataclasses.replace(DQE, beam="RQA5/2003"))], ax=axes())
    assert ax.get_title(loc="left") == "DQE, RQA5/2015 and RQA5/2003"


def test_a_fluence_that_is_not_verified_says_so() -> None:
    doubt = "quanta per kerma of RQA9/2015 not verified against the document: two sources"
    doubted = dataclasses.replace(DQE, beam="RQA9/2015", provenance=dataclasses.replace(PROVENANCE, warnings=(doubt,)))
    assert plot(doubted, ax=axes()).get_title(loc="left") == (
        "DQE u, RQA9/2015, 2.5 µGy\nfluence not verified against the document"
    )


def test_effective_dqe_stands_over_frequencies_of_the_object() -> None:
    ax = plot(EFFECTIVE, ax=axes())
    np.testing.assert_array_equal(lines(ax)["eDQE v"], np.column_stack([1.2 * FREQUENCIES, VALUES / 5]))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Spatial frequency in the object / mm⁻¹", "Effective DQE")
    title = ax.get_title(loc="left")
    for part in ("RQA7/2015", "scatter 34 %", "transmission 9 %", "× 1.2"):
        assert part in title
    assert 0.14 < ax.get_ylim()[1] < 0.2


def test_neq_stands_in_quanta() -> None:
    ax = plot(NEQ, ax=axes())
    np.testing.assert_array_equal(lines(ax)["NEQ u"], np.column_stack([FREQUENCIES, 7e4 * VALUES]))
    assert ax.get_ylabel() == "NEQ / mm⁻²"


def test_detectability_shows_what_the_observer_sees() -> None:
    ax = plot(DETECTABILITY, ax=axes())
    drawn = lines(ax)
    np.testing.assert_array_equal(drawn["signal"][:, 1], VALUES)
    np.testing.assert_array_equal(drawn["noise"][:, 1], 2 * VALUES)
    assert "d′ = 2.40, NPWE observer, disc 1 mm, 1 %" in ax.get_title(loc="left")


def test_all_stand_in_a_page() -> None:
    for result in (DQE, DETECTABILITY, NEQ, EFFECTIVE):
        assert to_svg(lambda ax, shown=result: plot(shown, ax=ax), name="n", title="t").endswith("</svg>")

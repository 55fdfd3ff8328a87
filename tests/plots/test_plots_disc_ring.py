"""The figure of a disc ring draws the result's own scores."""

from __future__ import annotations

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.figure import Figure

from xrayiq.metrics import DiscRing
from xrayiq.model import Provenance
from xrayiq.plots import plot, to_svg

RESULT = DiscRing(
    object_name="ring",
    contrasts=np.array([0.1, 0.05, 0.01, 0.0]),
    contrast_uncertainties=np.full(4, 0.002),
    contrast_to_noise=np.array([5.0, 2.5, 0.5, -0.01]),
    rose_scores=np.array([100.0, 50.0, 4.0, -0.2]),
    visible=np.array([True, True, False, False]),
    threshold_contrast=0.005,
    noise_correlation_px=2.0,
    disc_centres_px=np.zeros((4, 2)),
    disc_radius_px=20.0,
    centre_px=(100.0, 100.0),
    radius_px=90.0,
    rotation_deg=0.0,
    mirrored=False,
    magnification=1.0,
    provenance=Provenance(algorithm="disc_ring", algorithm_version=1),
)


def test_scores_are_drawn_over_the_discs_with_the_score_that_is_needed() -> None:
    ax = plot(RESULT, ax=Figure().add_subplot())
    drawn = {str(line.get_label()): np.asarray(line.get_xydata()) for line in ax.get_lines()}
    np.testing.assert_allclose(drawn["seen: 2"], [[1, 100], [2, 50]])
    np.testing.assert_allclose(drawn["not seen: 2"], [[3, 4], [4, 0.1]])
    np.testing.assert_allclose(drawn["needed (Rose): 5"][:, 1], 5.0)
    assert ax.get_title(loc="left") == "2 of 4 discs seen, threshold 0.50 %"
    assert to_svg(lambda given: plot(RESULT, ax=given), name="n", title="t").endswith("</svg>")

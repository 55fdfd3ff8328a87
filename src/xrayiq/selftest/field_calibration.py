"""Fit of the model that gives the confidence of collimated fields, on simulated clinical images.

``python -m xrayiq.selftest.field_calibration FILE`` fits it and writes ``data/field_confidence.toml``.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from xrayiq.metrics import find_collimation
from xrayiq.metrics._image import as_signal
from xrayiq.metrics.collimation import ALGORITHM_VERSION
from xrayiq.metrics.field_confidence import confidence_model
from xrayiq.metrics.field_outline import outline_field
from xrayiq.selftest.fields import clinical_radiograph, judge_field
from xrayiq_phantoms import AnatomyKind, ClinicalField, simulate_clinical_field

#: images of the fit; those that tests judge by have seeds from 10 000 on
FITTED_SEEDS: Final = range(1200)
#: bodies that the fit does not see
HELD_OUT: Final[tuple[AnatomyKind, ...]] = ("knee", "skull")
#: penalty on squared coefficients, which are 0 or more: each feature speaks for a field
RIDGE: Final = 1.0
#: an open field is right nearly always; one more that is wrong keeps the fit from certainty
PSEUDO_WRONG: Final = 1


def fit_confidence(
    features: Sequence[Mapping[str, float]], right: NDArray[np.bool_], names: Sequence[str]
) -> dict[str, float]:
    """Coefficients of a logistic model, by maximum likelihood with a ridge and none below 0.

    Parameters
    ----------
    features : sequence of mappings of str to float
        Of each image.
    right : (images,) array of bool
        Whether its field was right.
    names : sequence of str
        Features to use.

    Returns
    -------
    dict of str to float
        ``"intercept"`` and the coefficient of each feature.
    """
    table = np.array([[1.0, *(row[name] for name in names)] for row in features])

    def loss(coefficients: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = table @ coefficients
        penalty = RIDGE * np.concatenate([[0.0], coefficients[1:]])
        value = np.logaddexp(0.0, np.where(right, -logit, logit)).sum() + 0.5 * float(penalty @ coefficients)
        slope = table.T @ (1.0 / (1.0 + np.exp(-logit)) - right) + penalty
        return float(value), slope

    bounds = [(None, None), *((0.0, None) for _ in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B")
    return dict(zip(("intercept", *names), (float(value) for value in found.x), strict=True))


def examine_field(scene: ClinicalField) -> tuple[dict[str, float], bool]:
    """Features of the field found in an image, and whether it is right."""
    image = clinical_radiograph(scene)
    right = judge_field(scene, find_collimation(image)).right
    signal = as_signal(image, procedure="the collimated field", needs_pitch=False, needs_signal=False)
    return outline_field(signal).features, right


def fitted_scenes() -> list[tuple[dict[str, float], bool]]:
    """Features and verdicts of the images of the fit."""
    rows = []
    for is_wide in (False, True):
        for seed in FITTED_SEEDS:
            scene = simulate_clinical_field(seed, is_wide=is_wide)
            if scene.anatomy not in HELD_OUT:
                rows.append(examine_field(scene))
    return rows


def model_text(rows: Sequence[tuple[Mapping[str, float], bool]]) -> str:
    """The data file of a model fitted to features and verdicts."""
    parts = [
        "# Probability that a collimated field is right: 1 / (1 + exp(-(intercept + sum of coefficient x feature))).",
        "# Features run from 0 to 1 (xrayiq.metrics.field_confidence.confidence_features).",
        f"# Fitted by `make calibrate-collimation` to collimation version {ALGORITHM_VERSION} on simulated clinical",
        f"# images: seeds {FITTED_SEEDS.start} to {FITTED_SEEDS.stop - 1}, usual and wide,",
        f"# without {' and '.join(HELD_OUT)};",
        "# circular fields, whose confidence is 0, are left out. Do not edit: fit again.",
    ]
    for name, model in confidence_model().items():
        names = [feature for feature in model if feature != "intercept"]
        own = [(features, right) for features, right in rows if set(names) == set(features)]
        wrong = sum(not right for _, right in own)
        if name == "open":
            own += [(dict.fromkeys(names, 0.0), False)] * PSEUDO_WRONG
        found = fit_confidence([features for features, _ in own], np.array([right for _, right in own]), names)
        parts += ["", f"# {len(own)} images, {wrong} of them wrong", f"[{name}]"]
        parts += [f"{feature} = {value:.4f}" for feature, value in found.items()]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(model_text(fitted_scenes()), encoding="utf-8")

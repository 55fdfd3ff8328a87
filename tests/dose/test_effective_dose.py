"""Effective dose: by formula, of groups of adults only, printed with one digit."""

from __future__ import annotations

import pytest

from xrayiq.dose import EffectiveDose, coefficient_sets, estimate_effective_dose
from xrayiq.dose.effective_dose import one_digit
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import pack, unpack

ADULTS = [40.0] * 30


def test_it_is_the_mean_product_times_the_coefficient() -> None:
    # 0.1 Gy·cm² = 1e-5 Gy·m² of chest at 0.18 mSv per Gy·cm²
    found = estimate_effective_dose([0.5e-5, 1.5e-5] * 15, ages_years=ADULTS, exam="chest", coefficients="EC RP 154")
    assert found.effective_dose_msv == pytest.approx(0.018, rel=1e-12)
    assert found.text.startswith("0.02 mSv ± 40 %, 30 exposures (indicator of the population")
    assert "0.02 mSv ± 40 %" in repr(found)
    assert (found.weighting, found.source.confidence) == ("ICRP 60", "B")
    assert unpack(EffectiveDose, *pack(found)).to_dict() == found.to_dict()


def test_views_have_coefficients_of_their_own() -> None:
    found = estimate_effective_dose([1e-4] * 30, ages_years=ADULTS, exam="abdomen_ap", coefficients="HPA-CRCE-028")
    assert found.effective_dose_msv == pytest.approx(0.18, rel=1e-12)
    assert "not verified" in found.source.text
    assert coefficient_sets()["EC RP 154"] == (
        "chest", "cervical_spine", "thoracic_spine", "lumbar_spine", "abdomen", "pelvis",
    )  # fmt: skip


@pytest.mark.parametrize("ages", [[*ADULTS[:29], 17.9], [*ADULTS[:29], float("nan")]])
def test_children_are_refused(ages: list[float]) -> None:
    with pytest.raises(InputError, match="needed adults"):
        estimate_effective_dose([1e-5] * 30, ages_years=ages, exam="chest", coefficients="EC RP 154")


def test_it_is_no_dose_of_a_patient() -> None:
    with pytest.raises(NotMeasurableError, match="not a patient") as caught:
        estimate_effective_dose([1e-5], ages_years=[40.0], exam="chest", coefficients="EC RP 154")
    assert caught.value.reason == "too_few_exposures"


def test_unknown_ages_are_told() -> None:
    found = estimate_effective_dose(
        [0.0] * 30, ages_years=[*ADULTS[:28], None, None], exam="chest", coefficients="EC RP 154"
    )
    assert found.provenance.warnings == ("2 patients of unknown age, taken as adults",)
    assert found.text.startswith("0 mSv")


@pytest.mark.parametrize(
    ("products", "exam", "coefficients", "said"),
    [
        ([1e-5] * 29, "chest", "EC RP 154", "29 products and 30 ages"),
        ([-1e-5] * 30, "chest", "EC RP 154", "negative"),
        ([1e-5] * 30, "hand", "EC RP 154", "needed one of chest"),
        ([1e-5] * 30, "chest", "mine", "needed one of EC RP 154"),
    ],
)
def test_what_is_not_known_is_refused(products: list[float], exam: str, coefficients: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        estimate_effective_dose(products, ages_years=ADULTS, exam=exam, coefficients=coefficients)


@pytest.mark.parametrize(("value", "text"), [(0.0182, "0.02"), (0.96, "1"), (0.096, "0.1"), (34.0, "30"), (1.2, "1")])
def test_one_digit_is_printed(value: float, text: str) -> None:
    assert one_digit(value) == text

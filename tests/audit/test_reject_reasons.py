"""The scheme of reasons against the tables of DICOM PS3.16 that pydicom holds."""

from __future__ import annotations

import pytest
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts

from xrayiq.audit.reject_reasons import shipped_reject_reasons
from xrayiq.audit.repeat_bounds import shipped_repeat_bounds
from xrayiq.audit.repeat_settings import shipped_repeat_rules


def codes_of(context_group: int) -> dict[str, str]:
    """Code values of a context group with their meanings."""
    known = {name: next(iter(value.items())) for name, value in concepts["DCM"].items()}
    return {known[name][0]: known[name][1][0] for name in cid_concepts[context_group]["DCM"]}


def test_every_reason_of_cid_7011_has_a_category() -> None:
    scheme = shipped_reject_reasons()
    assert set(scheme.by_code) == set(codes_of(7011))
    assert all(scheme.knows(one.category, one.reason) for one in scheme.by_code.values())


def test_titles_have_the_meanings_of_the_standard() -> None:
    meanings = {value: told[0] for names in concepts["DCM"].values() for value, told in names.items()}
    notes = shipped_reject_reasons().notes
    assert {code: meanings[code] for code in notes} == {code: title.meaning for code, title in notes.items()}


@pytest.mark.parametrize(
    ("code", "category", "reason"),
    [("111209", "positioning", ""), ("111211", "exposure", "under"), ("111208", "equipment", "grid")],
)
def test_codes_count_under_their_category(code: str, category: str, reason: str) -> None:
    found = shipped_reject_reasons().of_code(code)
    assert found is not None and (found.category, found.reason) == (category, reason)
    assert shipped_reject_reasons().of_code(code, "99LOCAL") is None


def test_tests_are_in_no_rate_and_worklist_errors_are_rejects() -> None:
    scheme = shipped_reject_reasons()
    assert scheme.uncounted == {"test"}
    assert scheme.notes["113038"].counts and scheme.notes["113038"].reason.category == "identification"
    assert not scheme.notes["113039"].counts and not scheme.notes["113010"].counts
    assert scheme.name_of("exposure", "under") == "Exposure: under-exposed"


def test_bounds_are_those_of_tg_151_and_say_what_is_not_verified() -> None:
    bounds = shipped_repeat_bounds()
    assert (bounds.general.target, bounds.general.investigate) == (0.08, 0.10)
    assert (bounds.children.target, bounds.children.investigate) == (0.03, 0.05)
    assert "not verified" in bounds.general.low_source and "not verified" not in bounds.general.target_source


@pytest.mark.parametrize(
    ("protocol", "images", "apart"),
    [
        ("Chest PA", 1, False),
        ("Thorax Insp/Exsp", 2, False),
        ("Thorax ein/aus", 2, False),
        ("Chest inspiration", 1, False),
        ("Full Spine stitching", 4, True),
        ("Ganzbein ap", 4, True),
        ("Babygram", 2, True),
        ("Knee both AP", 2, False),
        ("LSPINE flexion extension", 2, False),
    ],
)
def test_protocols_expect_their_images(protocol: str, images: int, apart: bool) -> None:
    assert shipped_repeat_rules().expected_of(protocol) == (images, apart)

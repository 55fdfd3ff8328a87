"""The tag policy as data: shipped rows, and a site's own over them."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydicom.datadict import tag_for_keyword

from xrayiq.audit import shipped_tag_policy, site_tag_policy
from xrayiq.errors import SiteError
from xrayiq.procedures.header_checks import examination, exposure, identity, sides, technique

#: checks whose name is chosen where they are made
CONDITIONAL = {"technique_contradicts"}
OWN = {"attribute": "Grid", "level": "required", "reason": "we compare grids", "author": "A. Physicist"}


def test_every_shipped_attribute_is_one_of_dicom_and_says_why() -> None:
    policy = shipped_tag_policy()
    assert all(tag_for_keyword(one.keyword) for one in policy.attributes)
    assert all(one.why and one.source for one in policy.attributes)


def test_a_site_changes_level_share_and_allowed_texts() -> None:
    rows = [OWN, {"rule": "legacy_index", "level": "ignored", "reason": "known", "author": "A"}]
    policy = site_tag_policy(rows, "site.toml")
    assert {one.keyword: one.level for one in policy.attributes}["Grid"] == "required"
    assert {one.name: one.level for one in policy.rules}["legacy_index"] == "ignored"
    assert len(policy.rules) == len(shipped_tag_policy().rules)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("Grid", "no list"),
        ([OWN | {"attribute": "Gird"}], "Gird"),
        ([OWN | {"reason": ""}], "reason"),
        ([OWN | {"level": "must"}], "must"),
        ([OWN | {"permitted_share": 5}], "permitted_share"),
        ([OWN | {"allowed": "YES"}], "allowed"),
        ([OWN | {"rule": "legacy_index"}], "attribute or rule"),
    ],
)
def test_a_row_that_cannot_be_read_is_an_error(rows: Any, told: str) -> None:
    with pytest.raises(SiteError, match=told):
        site_tag_policy(rows, "site.toml")


def test_rules_of_single_headers_are_checks_that_exist() -> None:
    text = "".join(inspect.getsource(one) for one in (examination, exposure, identity, sides, technique))
    unknown = {one.name for one in shipped_tag_policy().rules if f'check="{one.name}"' not in text}
    assert unknown - {"in_future", "study_torn", "unmapped"} == CONDITIONAL

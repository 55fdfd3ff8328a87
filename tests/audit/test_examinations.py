"""Body parts and views under one name each."""

from __future__ import annotations

import re

import pytest
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping

from xrayiq.audit import Examination, shipped_examinations, site_examinations
from xrayiq.errors import SiteError

#: postero-anterior in objects before 2010; no table of pydicom has it
_FROM_OBJECTS_ONLY = {"R-10214"}


def test_every_code_is_one_of_the_standard() -> None:
    known = {code for table in concepts["SCT"].values() for code in table} | set(mapping["SCT"]) | set(mapping["SRT"])
    names = shipped_examinations()
    codes = {code for row in (*names.body_parts, *names.views) for code in row.codes}
    assert codes - known == _FROM_OBJECTS_ONLY


def test_no_code_or_name_belongs_to_two_terms() -> None:
    names = shipped_examinations()
    for rows in (names.body_parts, names.views):
        told = [text for row in rows for text in (*row.codes, *row.names)]
        assert len(told) == len(set(told))


def test_groups_are_terms_or_pools_of_several() -> None:
    rows = shipped_examinations().body_parts
    terms = {row.term for row in rows}
    pools = {row.group for row in rows if row.group and row.group not in terms}
    assert pools == {"ARM", "DENTAL"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"body_part": "CHEST", "view_position": "PA"}, ("CHEST", "PA")),
        ({"body_part": "Thorax", "view_position": "LL"}, ("CHEST", "LAT")),
        ({"body_part": "T-D3000", "view_position": "399348003"}, ("CHEST", "AP")),
        ({"protocol_name": "W033 Chest PA wall"}, ("CHEST", "PA")),
        ({"protocol_name": "Lunge ap Bett"}, ("CHEST", "AP")),
        ({"protocol_name": "LWS seitlich"}, ("LSPINE", "LAT")),
        ({"protocol_name": "Thoracic spine lat"}, ("TSPINE", "LAT")),
        ({"protocol_name": "Rachis lombaire profil"}, ("LSPINE", "LAT")),
        ({"protocol_name": "Becken ap"}, ("PELVIS", "AP")),
        ({"protocol_name": "Hanche face"}, ("HIP", "AP")),
        ({"protocol_name": "Rodilla AP"}, ("KNEE", "AP")),
        ({"protocol_name": "Knä sida"}, ("KNEE", "LAT")),
        ({"protocol_name": "Håndledd skrå"}, ("WRIST", "OBL")),
        ({"protocol_name": "Schädel p.a."}, ("SKULL", "PA")),
        ({"protocol_name": "Hand_oblique"}, ("HAND", "OBL")),
        ({"protocol_name": "Torace PA"}, ("CHEST", "PA")),
        ({"protocol_name": "Buik AP"}, ("ABDOMEN", "AP")),
        ({"body_part": "UNKNOWN THING", "protocol_name": "Abdomen AP"}, ("ABDOMEN", "AP")),
        ({"body_part": "", "view_position": "", "protocol_name": ""}, ("", "")),
        ({"protocol_name": "Protocol 7"}, ("", "")),
        ({"protocol_name": "Shoulder axial"}, ("SHOULDER", "AXIAL")),
        ({"protocol_name": "Panoramic"}, ("JAW", "")),
    ],
)
def test_headers_and_protocols_of_several_languages_are_told(header: dict[str, str], expected: tuple[str, str]) -> None:
    found = shipped_examinations().examination(**header)
    assert (found.body_part, found.view) == expected


def test_a_header_that_contradicts_its_protocol_is_believed() -> None:
    found = shipped_examinations().examination(body_part="HAND", protocol_name="Chest PA")
    assert found == Examination(body_part="HAND", view="PA")


def test_a_sites_rule_goes_before_all_and_leaves_the_rest_to_the_shipped_rows() -> None:
    names = site_examinations([{"protocol_name": "^RX 12$", "counts_as": "LSPINE"}], "site.toml")
    assert names.examination(body_part="ABDOMEN", view_position="AP", protocol_name="RX 12").name == "LSPINE AP"
    assert names.examination(body_part="ABDOMEN", view_position="AP", protocol_name="RX 13").name == "ABDOMEN AP"


@pytest.mark.parametrize(
    "row",
    [
        {"protocol_name": "x"},
        {"counts_as": "CHEST"},
        {"protocol_name": "(", "counts_as": "CHEST"},
        {"protocol_name": "x", "counts_as": "THORAX"},
        {"protocol_name": "x", "view": "SIDE"},
        {"protocol_name": "x", "counts_as": "CHEST", "colour": "red"},
        {"protocol_name": 3, "counts_as": "CHEST"},
    ],
)
def test_a_sites_row_that_cannot_be_meant_is_refused_with_its_number(row: dict[str, object]) -> None:
    with pytest.raises(SiteError, match=re.escape("[[examinations]] 1")):
        site_examinations([row], "site.toml")


def test_a_body_part_without_a_group_is_pooled_with_itself() -> None:
    names = shipped_examinations()
    assert (names.group_of("FINGER"), names.group_of("CHEST"), names.group_of("HIP")) == ("HAND", "CHEST", "PELVIS")

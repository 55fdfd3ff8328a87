"""Kerma of a test exposure: the table beside the images first, then the site's, then the header."""

from __future__ import annotations

import pytest

from xrayiq.errors import InputError, SiteError
from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.procedures import KermaRow, SiteKerma, kerma_of, load_site, read_kerma_table
from xrayiq.procedures.beams import beam_of

SITE_ROW = SiteKerma(kerma_per_mas_ugy=2.0, source_detector_distance_mm=1500.0, station_name="R1", beam="RQA5/2015")


def header(**acquisition):
    known = {"station_name": "R1", "exposure_mas": 3.0, "source_detector_distance_mm": 1500.0, "exposure_index": 250.0}
    return ObjectHeader(subject="1.2.3", acquisition=Acquisition(**(known | acquisition)))


def source_of(head, table=(), site_table=()):
    found = kerma_of(head, file="a.dcm", table=table, site_table=site_table)
    return None if found is None else (found.source, found.kerma_ugy)


def test_the_table_beside_the_images_wins():
    assert source_of(header(), [KermaRow(file="a.dcm", kerma_ugy=2.4)], [SITE_ROW]) == ("table", 2.4)


def test_the_site_table_wins_over_the_header_and_goes_by_the_inverse_square():
    # 2 µGy/mAs · 3 mAs · (1500 / 3000)²
    assert source_of(header(source_detector_distance_mm=3000.0), (), [SITE_ROW]) == ("site", 1.5)


def test_the_exposure_index_gives_a_hundredth_of_it_in_ugy():
    assert source_of(header()) == ("header", 2.5)


@pytest.mark.parametrize("index", [None, 0.0, -3.0, float("nan")])
def test_no_kerma_without_any_source(index):
    assert source_of(header(exposure_index=index)) is None


@pytest.mark.parametrize(
    "other", [{"station_name": "R2"}, {"exposure_mas": None}, {"source_detector_distance_mm": None}]
)
def test_a_site_row_that_does_not_apply_is_passed_over(other):
    assert source_of(header(**other), (), [SITE_ROW])[0] == "header"


def test_rows_apply_by_file_uid_or_setting():
    rows = read_kerma_table("exposure_mas;tube_voltage_kv;kerma_ugy\n3;70;2,5\n3;80;3,1\n6;;5,0\n")
    assert source_of(header(tube_voltage_kv=80.0), rows) == ("table", 3.1)
    assert source_of(header(exposure_mas=6.0), rows) == ("table", 5.0)
    by_uid = read_kerma_table("sop_instance_uid,kerma_ugy\n1.2.3,0.7\n")
    assert source_of(header(), by_uid) == ("table", 0.7)


@pytest.mark.parametrize("file", ["a.dcm", "day 1/a.dcm", r"day 1\\a.dcm"])
def test_folders_before_the_name_of_a_file_do_not_count(file):
    assert source_of(header(), [KermaRow(file=file, kerma_ugy=2.4)]) == ("table", 2.4)


def test_a_table_may_name_the_beam():
    (row,) = read_kerma_table("\ufefffile,kerma_ugy,beam\na.dcm,2.5,RQA5/2003\n")
    assert row == KermaRow(file="a.dcm", kerma_ugy=2.5, beam="RQA5/2003")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("file,kerma\na,1\n", "column 2 of unknown name"),
        ("beam,kerma_ugy\nRQA5/2015,1\n", "columns beam, kerma_ugy"),
        ("file,kerma_ugy\na,1\nb,x\n", "line 3, column kerma_ugy: no number"),
        ("file,kerma_ugy\na,-1\n", "line 2, column kerma_ugy: -1"),
        ("file,kerma_ugy\na,\n", "line 2: no kerma_ugy"),
        ("file,kerma_ugy\n,1\n", "line 2: no file"),
        ("file,kerma_ugy,beam\na,1,RQA5\n", "line 2, column beam: unknown beam"),
    ],
)
def test_a_table_that_cannot_be_used_names_line_and_column(text, message):
    with pytest.raises(InputError, match=message):
        read_kerma_table(text)


@pytest.mark.parametrize(
    "text",
    [
        "file,kerma_ugy\nCanary^Name, 1.dcm,2.5\n",
        "Canary^Name.dcm,2.5\n",
        "file,kerma_ugy,beam\na.dcm,2.5,Canary^Name\n",
        "file,kerma_ugy\na.dcm,Canary^Name\n",
    ],
    ids=["comma in a name", "no heading", "beam", "kerma"],
)
def test_what_is_said_of_a_table_holds_no_name_from_it(text):
    with pytest.raises(InputError) as raised:
        read_kerma_table(text)
    assert "canary" not in str(raised.value).lower()


@pytest.mark.parametrize(
    ("acquisition", "beam"),
    [
        ({"tube_voltage_kv": 70.0, "filter_material": "ALUMINUM", "filter_thickness_max_mm": 21.0}, "RQA5/2015"),
        ({"tube_voltage_kv": 73.0, "filter_material": "Aluminium", "filter_thickness_max_mm": 21.0}, "RQA5/2015"),
        ({"tube_voltage_kv": 70.0, "filter_material": "COPPER", "filter_thickness_max_mm": 21.0}, ""),
        ({"tube_voltage_kv": 70.0}, ""),
        ({"protocol_name": "QC flat rqa 9"}, "RQA9/2015"),
        ({"protocol_name": "QC RQA55"}, ""),
    ],
)
def test_the_standard_beam_is_told_from_name_or_technique(acquisition, beam):
    assert beam_of(Acquisition(**acquisition), edition="2015") == beam


def test_the_edition_is_the_one_asked_for():
    assert beam_of(Acquisition(protocol_name="RQA5"), edition="2003") == "RQA5/2003"


def test_a_site_file_holds_kerma_and_edition(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(
        'beam_edition = "2003"\n[[kerma]]\nstation_name = "R1"\nkerma_per_mas_ugy = 2.0\n'
        'source_detector_distance_mm = 1500.0\nbeam = "RQA5/2015"\n'
    )
    site = load_site(path)
    assert (site.kerma, site.beam_edition) == ((SITE_ROW,), "2003")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[kerma]]\nkerma_per_mas_ugy = 2.0\n", "source_detector_distance_mm missing"),
        ("[[kerma]]\nkerma_per_mas_ugy = 2.0\nsource_detector_distance_mm = 0\n", "source_detector_distance_mm is 0"),
        ("[[kerma]]\nkerma = 2.0\n", "unknown key 'kerma'"),
        ('beam_edition = "1999"\n', "beam_edition '1999'"),
    ],
)
def test_a_site_file_that_cannot_be_used_says_why(tmp_path, text, message):
    path = tmp_path / "site.toml"
    path.write_text(text)
    with pytest.raises(SiteError, match=message):
        load_site(path)

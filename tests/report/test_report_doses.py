"""The overview's section on doses: what it claims, and that it claims nothing without doses."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from markupsafe import Markup
from matplotlib.figure import Figure
from report_builders import HOSTILE, Reader, Store
from report_dose_builders import ANOTHER, AROUND, LEVEL, ONE_OPERATOR, expose

from xrayiq.audit import site_examinations
from xrayiq.procedures import audit_dose
from xrayiq.report import month, write_kpi, write_pages
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_audit import findings, of_audit

ODD = 'Odd (left) "view" \\ *'


@pytest.fixture(scope="module")
def pictures() -> Iterator[dict[str, str]]:
    """Titles of the figures by name, each drawn on axes of its own but not written."""
    told: dict[str, str] = {}

    def draw_only(draw: Callable[..., object], name: str, title: str, size: tuple[float, float]) -> Markup:
        if not name.endswith("narrow") and name not in told:
            draw(Figure(figsize=size).add_subplot())
        told[name] = title
        return Markup("<svg></svg>")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("xrayiq.report.tables.picture_svg", draw_only)
        yield told


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A room at twice the level, one at half of it with one exposure at ten times its like, and hostile protocols."""
    store = Store(tmp_path_factory.mktemp("exposed"))
    expose(store, "OVER", [2.0 * LEVEL * factor for factor in AROUND])
    expose(store, "RIGHT", [0.5 * LEVEL * factor for factor in AROUND], operator=ANOTHER)
    expose(store, "RIGHT", [5.0 * LEVEL], exposure_mas=60.0)
    nothing = {"body_part": None, "view_position": None}
    expose(store, f"R{HOSTILE}", [LEVEL, LEVEL], protocol_name=ODD, operator=HOSTILE, **nothing)
    expose(store, "RIGHT", [LEVEL], protocol_name=f"also {HOSTILE}", **nothing)
    yield store
    store.records.close()


@pytest.fixture(scope="module")
def page(exposed: Store, pictures: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Reader:
    return Reader(exposed.page(tmp_path_factory.mktemp("page")))


def test_first_lines_say_which_room_is_over_its_level_and_by_how_much(page: Reader) -> None:
    assert "Doses to patients: 1 room over a reference level, 1 excursion." in page.text
    assert "1 room over a reference level: OVER, CHEST PA, adult (2.00 times); 1 typical value not over" in page.text
    assert "1 exposure lies far above its like: 1 in RIGHT, among 43 exposures in 2 groups" in page.text
    assert "no examination of a room has 16 weeks" in page.text
    assert "46 exposures of patients on 3 units, 2026-03-02 to 2026-03-22." in page.text


def test_findings_tell_evidence_source_and_what_to_look_at_first(page: Reader) -> None:
    assert "Over a reference level: CHEST PA, adult" in page.text
    assert "median of 21 exposures 0.200 Gy·cm²" in page.text
    assert "reference level 0.100 Gy·cm²" in page.text
    assert "Look first: compare charge, voltage, filter, grid" in page.text
    assert "(numbers not verified against the document)" in page.text
    # ten times the rest, of whose 22 the middle two are 1 and 1.01 times the usual
    assert f"{10.0 / (1.0 * 1.01) ** 0.5:.2f} times the median of its like" in page.text


def test_typical_doses_stand_beside_level_and_document(page: Reader) -> None:
    row = page.row("Median / level", "OVER: CHEST PA, adult")
    assert (row["n"], row["Median"], row["Level"]) == ("21", "0.200 Gy·cm²", "0.100 Gy·cm²")
    assert row["Median / level"] == "2.00over the level"
    assert f"Document {row['Document']}: " in page.text


def test_operators_stand_by_the_start_of_their_key_and_are_compared_on_their_own_unit(page: Reader) -> None:
    assert page.row("Operator (key)", ONE_OPERATOR[:8])["Exposures"] == "23"
    assert page.row("Operator (key)", ANOTHER[:8])["Of known dose"] == "21"
    assert ONE_OPERATOR[:9] not in page.text
    assert ANOTHER[:9] not in page.text
    # all but one exposure of the unit are his own
    ratio = page.row("Operator (key)", ANOTHER[:8])["Median dose / its like"]
    assert float(ratio) == pytest.approx(1.0 / 1.005, abs=0.01)


def test_rooms_are_compared_with_like_exposures_of_all_rooms(page: Reader) -> None:
    over, right = (page.row("Over 2 times", name)["Median dose / its like"] for name in ("OVER", "RIGHT"))
    assert float(over) / float(right) == pytest.approx(4.0, rel=0.02)


def test_what_nothing_tells_is_counted_and_the_rows_that_map_it_are_valid(exposed: Store, pictures: object) -> None:
    chapter = _chapter(exposed, "Examinations that nothing tells")
    assert chapter.told == "3 exposures"
    rows = tomllib.loads(chapter.example)["examinations"]
    names = site_examinations(rows, "site.toml")
    assert names.examination(protocol_name=ODD).name == "CHEST PA"
    assert names.examination(protocol_name="another").name == "not told"


def test_text_of_headers_is_escaped(page: Reader) -> None:
    assert "script" not in {tag for tag, _ in page.tags}
    assert HOSTILE in page.text  # as text


def test_every_figure_has_a_title_and_a_drawing_for_a_phone(page: Reader, pictures: dict[str, str]) -> None:
    assert {"dose typical dose_area_product", "dose excursions 0", "dose quality 0", "dose workload"} <= set(pictures)
    wide = {name for name in pictures if not name.endswith(" narrow")}
    assert {f"{name} narrow" for name in wide} == set(pictures) - wide
    assert all(pictures.values())


def test_details_are_folded_until_they_are_asked_for(page: Reader) -> None:
    chapters = [told for tag, told in page.tags if tag == "details" and told.get("class") == "chapter"]
    assert len(chapters) >= 5
    assert not any("open" in told for told in chapters)


def test_many_findings_are_cut_but_none_of_a_kind_is_lost(exposed: Store) -> None:
    audit = audit_dose(exposed.records)
    shown = findings(audit, most=2)
    assert [one.title.partition(":")[0] for one in shown] == ["Over a reference level", "Excursion"]


def test_a_period_without_anything_to_look_into_is_all_right(exposed: Store, pictures: object) -> None:
    audit = audit_dose(exposed.records, last=datetime.date(2026, 3, 1))
    told = of_audit(audit)
    assert {answer.status for answer in told.answers} == {"indeterminate"}
    assert (told.word, told.findings, told.chapters) == ("Not judged", (), ())


def test_a_store_without_doses_has_no_section_and_is_not_audited(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expose(store, "ROOM1", [None])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("audited")

    monkeypatch.setattr("xrayiq.report.dose_audit.audit_dose", refuse)
    found = Reader(store.page(tmp_path))
    assert ("section", "dose") not in [(tag, told.get("id")) for tag, told in found.tags]
    assert "Doses to patients" not in found.text


def test_nothing_of_another_site_is_audited(store: Store) -> None:
    nothing = {"body_part": None, "view_position": None}
    for site in ("North", "South"):
        expose(store, f"{site}1", [LEVEL], institution=site, protocol_name=f"protocol of {site}", **nothing)
    audit = audit_dose(store.records, only_site="North")
    assert list(audit.unmapped["protocol_name"]) == ["protocol of North"]
    assert set(audit.exposures["room"]) == {"North1"}


@pytest.fixture(scope="module")
def pages(exposed: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    """Pages by their heading."""
    written = write_pages(exposed.records, tmp_path_factory.mktemp("pages"), today=datetime.date(2026, 4, 1))
    texts = [path.read_text(encoding="utf-8") for path in written]
    return {text.partition("<h1>")[2].partition("</h1>")[0]: Reader(text) for text in texts}


def test_the_page_of_a_unit_tells_its_own_doses_and_no_others(pages: dict[str, Reader]) -> None:
    over, right = pages["OVER"], pages["RIGHT"]
    assert "1 finding in 21 exposures, 2026-03-02 to 2026-03-22; 1 typical value, 1 held" in over.text
    assert over.row("Median / level", "OVER: CHEST PA, adult")["Median / level"] == "2.00over the level"
    assert "Excursion" not in over.text
    assert "times the median of its like" in right.text
    assert "times the reference level" not in right.text
    assert right.row("Median / level", "RIGHT: CHEST PA, adult")["n"] == "22"


def test_the_page_of_a_site_leads_to_the_doses_of_its_units_the_worst_first(pages: dict[str, Reader]) -> None:
    links = [
        told["href"] for tag, told in pages["North"].tags if tag == "a" and str(told.get("href")).endswith("#dose")
    ]
    assert ["over" in str(links[0]), "right" in str(links[1]), len(links)] == [True, True, 3]
    assert "Not right OVER 1 finding" in pages["North"].text.replace("OVER1", "OVER 1")


def test_figures_of_a_month_count_doses_of_the_month_and_compare_with_the_month_before(
    exposed: Store, tmp_path: Path
) -> None:
    write_kpi(exposed.records, tmp_path / "kpi.html", period=month("2026-03"))
    found = Reader((tmp_path / "kpi.html").read_text(encoding="utf-8"))
    for room, numbers in {"OVER": ("21", "yes", "0"), "RIGHT": ("23", "no", "1")}.items():
        row = found.row("Over a reference level", room)
        assert (row["Exposures of known dose"], row["Over a reference level"], row["Excursions"]) == numbers
    for told in ("Rooms over a reference level 1 before: –", "Excursions of dose 1 before: –"):
        assert told in found.text


def test_figures_of_a_month_without_doses_say_nothing_of_them(exposed: Store, tmp_path: Path) -> None:
    write_kpi(exposed.records, tmp_path / "kpi.html", period=month("2026-04"))
    assert "Excursions of dose" not in (tmp_path / "kpi.html").read_text(encoding="utf-8")


def _chapter(store: Store, title: str) -> Chapter:
    return next(one for one in of_audit(audit_dose(store.records)).chapters if one.title == title)

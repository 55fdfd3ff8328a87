"""Pages of sites, units and detectors: what stands on them against what was put into the store."""

import dataclasses
import datetime
import re

import pytest
from pages_builders import CANARY, LAST, NORTH, SOUTH, finding, step, unit_of, weekly
from report_builders import HOSTILE, MONDAY, Reader, Store, uniformity

from xrayiq.errors import InputError
from xrayiq.procedures import add_service_event, change_use, tell_equipment
from xrayiq.procedures.audit_runs import unit_digest
from xrayiq.procedures.recorded_audits import AUDIT_NAMES
from xrayiq.report.pages import Period, month
from xrayiq.report.pages.audit_states import AUDIT_TITLES
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.naming import page_name
from xrayiq.report.pages.recorded import AuditRun, Recorded, Service, SignOff, Trail
from xrayiq.report.pages.trend_choice import trend_rows
from xrayiq.report.pages.writing import INDEX, render_pages, write_pages


def pages(store: Store, recorded: Recorded | None = None, **options: object) -> dict[str, str]:
    dossier = gather_dossier(store.records, recorded=recorded, today=LAST, **options)  # type: ignore[arg-type]
    return render_pages(dossier, store.records)


def test_index_lists_every_unit_and_those_without_problems_last(two_sites: Store) -> None:
    found = pages(two_sites)
    table = next(table for table in Reader(found[INDEX]).tables if table[0][0] == "Unit")
    assert table[1][0].startswith("N1")
    assert table[1][1] == "Warning"
    assert "beyond a warning limit: Signal non-uniformity, global" in table[1][2]
    assert table[1][-1] == LAST.isoformat()
    assert found[INDEX].index("North") < found[INDEX].index(f"{CANARY}site")


def test_an_open_finding_makes_a_unit_not_all_right_and_stands_with_its_steps(two_sites: Store) -> None:
    name = unit_of(two_sites, "SN-N")
    steps = (
        step("2026-04-20", "open", actor="xrayiq run", reason="out of limits"),
        step("2026-04-21", "investigating", actor="mp7", role="medical physicist", cause="loose cable"),
    )
    found = pages(two_sites, Recorded(findings=(finding(name, *steps),)))
    text = Reader(found[INDEX]).text
    assert "Not all right" in text
    assert "1 open finding" in text
    unit = Reader(found[page_name("unit", name)])
    for told in (
        "31.00 %",
        "at most 25.00 %",
        "3 values",
        "2026-04-21",
        "mp7, medical physicist",
        "cause: loose cable",
    ):
        assert told in unit.text


def test_a_corrected_finding_warns_and_a_closed_one_does_not(two_sites: Store) -> None:
    name = unit_of(two_sites, "SN-N")
    mended = pages(two_sites, Recorded(findings=(finding(name, step("2026-04-21", "corrected")),)))
    assert "1 finding not closed yet" in Reader(mended[INDEX]).text
    closed = pages(two_sites, Recorded(findings=(finding(name, step("2026-04-21", "closed")),)))
    assert "no open finding" in Reader(closed[INDEX]).text
    assert "Findings settled" in Reader(closed[page_name("unit", name)]).text


def test_pages_of_one_site_show_nothing_of_another(two_sites: Store) -> None:
    south = unit_of(two_sites, f"{CANARY}serial")
    at = datetime.datetime(2026, 3, 4, 9)
    recorded = Recorded(
        findings=(finding(south, step("2026-04-20", "open", reason=CANARY), site=f"{CANARY}site"),),
        services=(Service(kind="repair", subject=f"unit:{CANARY}serial", at=at, reason=CANARY, actor=CANARY),),
        sign_offs=(SignOff(at=at, actor=CANARY, site=f"{CANARY}site"),),
        trail=Trail(head="3:abc", whole=False, faults=(f"row 7 of {CANARY}",)),
    )
    assert CANARY in "".join(pages(two_sites, recorded).values())
    found = pages(two_sites, recorded, only_site="north")
    assert not [name for name, text in found.items() if CANARY.lower() in (name + text).lower()]
    assert "1 row not as written" in Reader(found[INDEX]).text
    assert "N1" in found[INDEX]


def test_a_detector_that_moved_shows_another_site_only_what_it_did_there(store: Store, undrawn: None) -> None:
    weekly(store, {**SOUTH, "detector_id": "DET-M"}, weeks=4)
    for week in range(4, 8):
        moment = MONDAY + datetime.timedelta(weeks=week)
        store.put("flat_field", uniformity(), acquisition={**NORTH, "detector_id": "DET-M", "exposed_at": moment})
    found = pages(store, only_site="North")
    assert not [name for name, text in found.items() if CANARY.lower() in (name + text).lower()]
    assert any(name.startswith("detector-") for name in found)


def test_an_unknown_site_is_refused_without_naming_others(two_sites: Store) -> None:
    with pytest.raises(InputError, match="West") as caught:
        gather_dossier(two_sites.records, only_site="West")
    assert CANARY not in str(caught.value)


def test_hostile_text_of_headers_is_escaped_and_never_a_file_name(store: Store, tmp_path) -> None:
    bad = {
        "institution": f"../{HOSTILE}",
        "station_name": '"><img src=x onerror=alert(2)>',
        "serial_number": "..\\..\\evil/../../x",
        "detector_id": "'; rm -rf / #",
        "protocol_name": HOSTILE,
    }
    weekly(store, bad)
    written = write_pages(store.records, tmp_path / "pages", today=LAST)
    for path in written:
        assert path.parent == tmp_path / "pages"
        assert re.fullmatch(r"[a-z0-9-]+\.html", path.name)
        reader = Reader(path.read_text(encoding="utf-8"))
        assert not [tag for tag, _ in reader.tags if tag in ("script", "img", "iframe", "object")]
        assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    text = Reader(written[0].read_text(encoding="utf-8")).text
    assert HOSTILE in text


def test_every_link_leads_to_a_page_that_is_written(two_sites: Store) -> None:
    found = pages(two_sites)
    for text in found.values():
        targets = {attributes["href"] for tag, attributes in Reader(text).tags if tag == "a"}
        assert {target for target in targets if target and not target.startswith("#")} <= set(found)


def test_last_numbers_stand_with_their_limits_and_sources(two_sites: Store) -> None:
    found = pages(two_sites)
    unit = Reader(found[page_name("unit", unit_of(two_sites, "SN-N"))])
    row = unit.row("Allowed", "Signal non-uniformity, global")
    assert row["Verdict"] == "Warning"
    assert row["Value"] == "30.00 %"
    assert row["Allowed"] == "warns only: at most 25.00 %"
    assert row["Limit"] == "local practice (limit not verified against the document)"
    assert row["Day"] == LAST.isoformat()


def test_maps_of_the_last_test_and_of_the_first_after_a_renewal_stand_side_by_side(two_sites: Store) -> None:
    name = page_name("unit", unit_of(two_sites, "SN-N"))
    plain = Reader(pages(two_sites)[name]).text
    assert f"Uniformity, baseline {MONDAY.date().isoformat()}" in plain
    at = MONDAY.replace(hour=0) + datetime.timedelta(weeks=3)
    services = (Service(kind="calibration", subject="unit:SN-N", at=at, reason="gain", actor="mp7"),)
    renewed = Reader(pages(two_sites, Recorded(services=services))[name]).text
    assert f"Uniformity, baseline {at.date().isoformat()}" in renewed
    assert f"Uniformity, last {LAST.isoformat()}" in renewed


def test_nothing_after_the_period_enters(two_sites: Store) -> None:
    period = Period(first=MONDAY.date(), last=LAST - datetime.timedelta(days=1))
    found = pages(two_sites, period=period)
    before = (LAST - datetime.timedelta(weeks=1)).isoformat()
    table = next(table for table in Reader(found[INDEX]).tables if table[0][0] == "Unit")
    assert {row[-1] for row in table[1:]} == {before}
    unit = Reader(found[page_name("unit", unit_of(two_sites, "SN-N"))])
    assert unit.row("Allowed", "Signal non-uniformity, global")["Day"] == before


def test_head_and_examination_stand_on_every_page(two_sites: Store) -> None:
    recorded = Recorded(trail=Trail(head="41:0123456789abcdef", whole=True))
    for text in pages(two_sites, recorded).values():
        assert "41:0123456789abcdef" in text
        assert "every row is as it was written" in text


def test_names_of_pages_differ_where_names_differ() -> None:
    assert page_name("unit", "A/B") != page_name("unit", "A B")
    assert page_name("unit", "x" * 500) != page_name("unit", "x" * 501)
    assert len(page_name("unit", "x" * 500)) < 80
    assert page_name("unit", "Ü̈ 室") == page_name("unit", "Ü̈ 室")


def test_curated_trends_name_known_procedures_once_each() -> None:
    keys = [(row.procedure, row.quantity) for row in trend_rows()]
    assert len(set(keys)) == len(keys)
    assert all(row.why for row in trend_rows())


def test_month_has_its_days() -> None:
    assert month("2024-02") == Period(first=datetime.date(2024, 2, 1), last=datetime.date(2024, 2, 29))
    for text in ("2024-13", "24-1", "2024-00", "x"):
        with pytest.raises(InputError, match="month"):
            month(text)


def test_service_that_was_entered_and_the_head_of_the_store_stand_on_the_pages(two_sites: Store) -> None:
    add_service_event(
        two_sites.records,
        kind="repair",
        unit="SN-N",
        happened_at=datetime.datetime(2026, 3, 11),
        reason="new grid",
        actor="eng4",
    )
    two_sites.records.finish_run(two_sites.run, status="finished", counts={})
    head = two_sites.records.head
    found = pages(two_sites)
    unit = Reader(found[page_name("unit", unit_of(two_sites, "SN-N"))])
    assert unit.row("Entered by", "2026-03-11")["What was done and why"] == "new grid"
    assert head.partition(":")[2]
    assert head in found[INDEX]
    assert "every row is as it was written" in found[INDEX]


def test_unit_out_of_use_says_so_wherever_it_stands_and_owes_no_test(two_sites: Store) -> None:
    day = LAST - datetime.timedelta(days=7)
    change_use(two_sites.records, unit="SN-N", in_use=False, day=day, actor="mp7", reason="sold <off>")
    found = pages(two_sites)
    said = f"out of use since {day + datetime.timedelta(days=1)}: sold <off>"
    unit = Reader(found[page_name("unit", unit_of(two_sites, "SN-N"))])
    assert said in unit.text
    assert unit.row("Entered by", day.isoformat())["What"] == "Out of use"
    assert "overdue" not in unit.text
    first = Reader(found[INDEX])
    assert said in first.text
    assert f"seen on {LAST}; if it is used again" in first.text
    assert said not in Reader(pages(two_sites, only_site=f"{CANARY}site")[INDEX]).text


def test_pages_call_a_unit_by_the_name_that_the_site_gave_it(two_sites: Store) -> None:
    told = {"serial_number": "SN-N", "unit": "Trauma 1"}
    tell_equipment(two_sites.records, told, actor="mp7", reason="new names")
    found = pages(two_sites)
    table = next(table for table in Reader(found[INDEX]).tables if table[0][0] == "Unit")
    assert table[1][0].startswith("Trauma 1")
    assert "N1" in table[1][0]
    assert "Trauma 1: " in Reader(found[page_name("unit", "Trauma 1")]).text


def audited(name: str, unit: str, number: int, **told: object) -> AuditRun:
    """An audit of the north of so many exposures of a unit."""
    days = {"made_on": LAST, "first": MONDAY.date(), "last": LAST}
    return AuditRun(name=name, sites=("North",), units={unit_digest(unit): number}, **days | told)  # type: ignore[arg-type]


def audit_lines(text: str) -> dict[str, str]:
    """Lines of the section of audits by their title."""
    section = text[text.index('id="audits"') :]
    section = section[: section.index("</section>")]
    lines = [Reader(line).text.strip() for line in re.findall("<li>.*?</li>", section, re.DOTALL)]
    return {title: line for line in lines for title in AUDIT_TITLES.values() if f"{title}" in line}


def test_every_audit_has_a_title() -> None:
    assert set(AUDIT_TITLES) == set(AUDIT_NAMES.values())


def test_unit_and_site_show_each_audit_in_one_line_with_links_to_what_is_not_settled(two_sites: Store) -> None:
    unit = unit_of(two_sites, "SN-N")
    of_audit = {"procedure": "audit_exposure", "quantity": "deviation_index"}
    open_one = dataclasses.replace(finding(unit, step("2026-04-20", "open"), number=5), **of_audit)
    settled = dataclasses.replace(finding(unit, step("2026-04-20", "closed"), number=6), **of_audit)
    mended = dataclasses.replace(finding(unit, step("2026-04-20", "corrected"), number=7), procedure="audit_dose")
    whole = dataclasses.replace(finding("", step("2026-04-20", "open"), number=8), procedure="audit_repeats")
    runs = (
        audited("exposure", unit, 60, made_on=LAST - datetime.timedelta(days=9)),
        audited("exposure", unit.upper(), 62),
        audited("exposure", "another", 9),
        audited("dose", unit, 41),
        audited("repeats", unit, 40),
        audited("protocol", "another", 30),
        audited("quality", unit, 40),
        dataclasses.replace(audited("collimation", unit, 0), units=None),
    )
    found = pages(two_sites, Recorded(findings=(open_one, settled, mended, whole), audits=runs))
    text = found[page_name("unit", unit)]
    lines = audit_lines(text)
    made = f"made {LAST}, of {MONDAY.date()} to {LAST}"
    assert lines["Exposure indices"].startswith("Not right") and f"{made}; 62 exposures" in lines["Exposure indices"]
    assert "No. 5" in lines["Exposure indices"] and "No. 6" not in lines["Exposure indices"]
    assert 'href="#finding-5"' in text and 'id="finding-5"' in text
    assert lines["Doses"].startswith("Look into") and "No. 7" in lines["Doses"]
    assert lines["Rejects and repeats"].startswith("Not right")  # a finding of the whole site, which stands on its page
    assert f'href="{page_name("site", "North")}#finding-8"' in text and 'id="finding-8"' not in text
    assert lines["Protocols"].startswith("Not judged")
    quality = lines["Clinical image quality"]
    assert quality.startswith("All right") and quality.endswith("40 exposures; no open finding")
    assert lines["Headers"].startswith("Not audited") and "never made" in lines["Headers"]
    assert lines["Collimation"].startswith("All right") and "exposures" not in lines["Collimation"]
    text = found[page_name("site", "North")]
    of_site = audit_lines(text)
    assert of_site["Rejects and repeats"].startswith("Not right")  # a finding of the whole site
    assert 'href="#finding-8"' in text and 'id="finding-8"' in text
    assert of_site["Headers"].startswith("Not audited")


def test_pages_of_a_store_without_audits_say_so_and_of_one_site_nothing_of_others(two_sites: Store) -> None:
    unit = unit_of(two_sites, "SN-N")
    assert "No audit has been recorded" in pages(two_sites)[page_name("unit", unit)]
    elsewhere = dataclasses.replace(audited("dose", unit, 5), sites=("Elsewhere",))
    text = pages(two_sites, Recorded(audits=(elsewhere,)), only_site="North")[page_name("unit", unit)]
    assert "No audit has been recorded" in text

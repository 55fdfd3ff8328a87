"""The inspection packet and the figures of a month against what was put into the store."""

import dataclasses
import datetime

import pytest
from pages_builders import CANARY, LAST, NORTH, finding, step, unit_of
from report_builders import MONDAY, Reader, Store, exposure_index, uniformity

from xrayiq.procedures.audit_runs import unit_digest
from xrayiq.report import KpiSection
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.figures import Gallery
from xrayiq.report.pages.kpi import downtime_h, earlier, kpi, on_target_text, total
from xrayiq.report.pages.kpi import figures_of as figures
from xrayiq.report.pages.packet import packet
from xrayiq.report.pages.parts import finding_view
from xrayiq.report.pages.period import Period, month
from xrayiq.report.pages.recorded import AuditRun, Recorded, Service, SignOff, Trail
from xrayiq.report.pages.writing import frame_of_pages, rendered
from xrayiq.report.tables import table

SPRING = Period(first=MONDAY.date(), last=LAST)


def page(store: Store, period: Period, recorded: Recorded, template: str = "packet", **options: object) -> Reader:
    dossier = gather_dossier(store.records, period=period, recorded=recorded, **options)  # type: ignore[arg-type]
    view = packet(dossier, period, Gallery(store.records)) if template == "packet" else kpi(dossier, period)
    further = {"further": ()} if template == "kpi" else {}
    return Reader(rendered(f"{template}.html.j2", frame_of_pages(dossier), {**view, **further}))


def entered(store: Store) -> Recorded:
    name = unit_of(store, "SN-N")
    at = datetime.datetime(2026, 3, 10, 8)
    steps = (
        step("2026-04-20", "open"),
        step("2026-04-20", "corrected", cause="dust", action="cleaned"),
        step("2026-05-04", "closed", reason="CLOSED LATER"),
    )
    return Recorded(
        findings=(finding(name, *steps),),
        services=(
            Service(kind="repair", subject="unit:SN-N", at=at, reason="new grid", actor="eng4", number=2),
            Service(kind="downtime", subject="unit:SN-N", at=at, until=at.replace(hour=14), reason="grid", number=3),
        ),
        sign_offs=(
            SignOff(
                at=at, actor="head1", role="MPE", reason="seen", head="9:f", first=SPRING.first, last=LAST, site="North"
            ),
        ),
        trail=Trail(head="41:0123456789abcdef", whole=False, faults=("row 3 of measurements altered",)),
    )


def test_packet_says_what_was_tested_by_what_and_what_was_done(two_sites: Store) -> None:
    found = page(two_sites, SPRING, entered(two_sites))
    assert "CANARYstation" in found.text
    found = page(two_sites, SPRING, entered(two_sites), only_site="North")
    flat = found.row("Days done", "N1")
    assert (flat["Test"], flat["Days done"]) == ("Flat field and artefacts", "8")
    assert flat["First and last"] == f"{MONDAY.date().isoformat()} to {LAST.isoformat()}"
    uniform = found.row("Judged", "Signal non-uniformity, global")
    assert uniform["Worst"] == "Warning"
    assert (uniform["Results"], uniform["Judged"]) == ("8", "1 warning, 7 within")
    assert uniform["Range"] == "3.00 % to 30.00 %"
    outside = found.row("Baseline", LAST.isoformat())
    assert (outside["Unit"], outside["Value"], outside["Allowed"]) == ("N1", "30.00 %", "at most 25.00 %")
    versions = found.row("Kernels", "1")
    assert (versions["xrayiq"], versions["Kernels"], versions["Plan"]) == ("9.8.7", "abc123", "plan")
    assert found.row("Entered by", "2026-03-10")["What was done and why"] == "new grid"
    assert found.row("Head at that time", "2026-03-10")["By"] == "head1, MPE"
    # the one limit of the builder has no fail bound
    assert found.row("Document, edition", "snu")["Allowed"] == "warns only: at most 25.00 %"
    assert "which warn only: 1 of 1." in found.text
    for told in ("41:0123456789abcdef", "1 row is not as written", "cause: dust", "action: cleaned"):
        assert told in found.text


def test_packet_shows_the_audits_of_each_unit(two_sites: Store) -> None:
    name = unit_of(two_sites, "SN-N")
    days = {"made_on": LAST, "first": MONDAY.date(), "last": LAST}
    run = AuditRun(name="exposure", sites=("North",), units={unit_digest(name): 62}, **days)
    own = dataclasses.replace(finding(name, step("2026-04-20", "open"), number=5), procedure="audit_exposure")
    row = page(two_sites, SPRING, Recorded(findings=(own,), audits=(run,))).row("Not settled", "N1")
    assert (row["Audit"], row["State"], row["Exposures"]) == ("Exposure indices", "Not right", "62 exposures")
    assert (row["Made"], row["Not settled"]) == (f"{LAST}, of {MONDAY.date()} to {LAST}", "No. 5")
    none = page(
        two_sites, SPRING, Recorded(audits=(dataclasses.replace(run, first=LAST + datetime.timedelta(days=9)),))
    )
    assert "No audit of exposures of this period has been recorded." in none.text


def test_step_of_a_finding_that_was_recorded_later_says_so(two_sites: Store) -> None:
    opened = dataclasses.replace(step("2026-04-20", "open"), at=datetime.datetime(2026, 5, 2, 9, tzinfo=datetime.UTC))
    told = finding(unit_of(two_sites, "SN-N"), opened, step("2026-04-21", "investigating"))
    (first, second) = finding_view(told).steps
    assert (first[0], first[-1]) == ("2026-04-20", "2026-05-02")
    assert (second[0], second[-1]) == ("2026-04-21", "")


def test_packet_shows_findings_as_they_stood_on_its_last_day(two_sites: Store) -> None:
    found = page(two_sites, SPRING, entered(two_sites))
    assert "Corrected, to be verified" in found.text
    assert "CLOSED LATER" not in found.text


def test_packet_of_other_days_holds_no_result_of_these(two_sites: Store) -> None:
    before = Period(first=datetime.date(2026, 1, 1), last=MONDAY.date() - datetime.timedelta(days=1))
    found = page(two_sites, before, Recorded())
    assert "Nothing was judged in this period." in found.text
    assert "None in this period." in found.text


@pytest.mark.parametrize("template", ["packet", "kpi"])
def test_documents_of_one_site_show_nothing_of_another(two_sites: Store, template: str) -> None:
    name = unit_of(two_sites, f"{CANARY}serial")
    recorded = Recorded(findings=(finding(name, step("2026-04-20", "open"), site=f"{CANARY}site"),))
    assert CANARY in page(two_sites, SPRING, recorded, template).text
    assert CANARY not in page(two_sites, SPRING, recorded, template, only_site="North").text


def test_what_a_run_saw_is_the_sum_of_what_it_measured_and_of_what_it_could_not(two_sites: Store) -> None:
    day = {**NORTH, "exposed_at": MONDAY}
    before = {**NORTH, "exposed_at": MONDAY - datetime.timedelta(days=1)}
    wide = ("uniformity", "image_too_small", "too small")
    two_sites.put("flat_field", failed=(wide, ("artefacts", "image_too_small", "too small")), acquisition=day)
    two_sites.put("flat_field", uniformity(), failed=(("artefacts", "image_too_small", "too small"),), acquisition=day)
    two_sites.put("flat_field", failed=(wide,), acquisition=before)
    two_sites.put("other", errors=(("read", "decode", "cut short"),), acquisition=day)
    found = page(two_sites, SPRING, Recorded())
    row = found.row("Kernels", "1")
    # two sites of eight weeks, and one image more, are measured
    assert [row[name] for name in ("Seen", "Measured", "Error", "Not measurable")] == ["19", "17", "1", "1"]
    assert "by procedure the outcomes are 21: 17 measured, 1 error, 3 not measurable." in found.text
    assert "1 object or set of earlier days, and 0 without a day of exposure" in found.text


def test_figures_of_a_month_count_its_days_only(two_sites: Store) -> None:
    dossier = gather_dossier(two_sites.records, period=month("2026-03"), recorded=entered(two_sites))
    (unit,) = [unit for unit in dossier.register.units if unit.serial_number == "SN-N"]
    march, april = (figures(dossier, unit, month(text)) for text in ("2026-03", "2026-04"))
    # Mondays of March 2026 from the 2nd: 2, 9, 16, 23, 30; what lies after the period is not known to it
    assert (march.objects, march.test_days, march.warnings, march.within) == (5, 5, 0, 5)
    assert (april.objects, april.test_days) == (0, 0)
    assert march.downtime_h == 6.0
    assert (march.opened, march.open_at_end) == (1, 1)
    assert total([march, march]).objects == 10


def test_findings_are_settled_in_the_month_of_their_last_step(two_sites: Store) -> None:
    dossier = gather_dossier(two_sites.records, period=month("2026-05"), recorded=entered(two_sites))
    (unit,) = [unit for unit in dossier.register.units if unit.serial_number == "SN-N"]
    may = figures(dossier, unit, month("2026-05"))
    assert (may.opened, may.closed, may.open_at_end) == (0, 1, 0)


def test_exposures_on_target_are_those_within_one_of_the_target(store: Store, undrawn: None) -> None:
    for deviation in (-3.0, -1.5, -0.9, 0.0, 0.5, 0.95, 1.2, 4.0):
        store.put("clinical", exposure_index(deviation), acquisition={"serial_number": "S"})
    dossier = gather_dossier(store.records, period=month("2026-03"))
    found = figures(dossier, dossier.register.units[0], month("2026-03"))
    assert (found.judged_di, found.on_target, found.exposures) == (8, 4, 8)
    # Wilson's interval of 4 of 8: 0.5 ± 1.96 √(1/32 + 1.96²/256) / (1 + 1.96²/8) = 0.2152 to 0.7848
    assert on_target_text(found) == "50 % (22 to 78 %) of 8"


def test_downtimes_that_overlap_count_once_and_only_within_the_period() -> None:
    def down(first: str, last: str | None) -> Service:
        until = None if last is None else datetime.datetime.fromisoformat(last)
        return Service(kind="downtime", subject="unit:U", at=datetime.datetime.fromisoformat(first), until=until)

    day = Period(first=datetime.date(2026, 3, 2), last=datetime.date(2026, 3, 3))
    spans = [down("2026-03-01T20:00", "2026-03-02T02:00"), down("2026-03-02T01:00", "2026-03-02T05:00")]
    assert downtime_h(spans, day) == 5.0
    assert downtime_h([down("2026-03-03T12:00", None)], day) == 12.0
    assert downtime_h([Service(kind="repair", subject="unit:U", at=datetime.datetime(2026, 3, 2))], day) == 0.0


def test_month_before_a_month_is_whole() -> None:
    assert earlier(month("2026-03")) == month("2026-02")
    assert earlier(Period(first=datetime.date(2026, 3, 5), last=datetime.date(2026, 3, 6))) == Period(
        first=datetime.date(2026, 3, 3), last=datetime.date(2026, 3, 4)
    )


def test_parts_of_other_audits_join_the_figures(two_sites: Store) -> None:
    dossier = gather_dossier(two_sites.records, period=SPRING)
    part = KpiSection(title="Repeats", explanation="<b>", numbers=table(("Reason",), [("Positioning",)], most=5))
    text = rendered("kpi.html.j2", frame_of_pages(dossier), kpi(dossier, SPRING) | {"further": (part,)})
    assert "Positioning" in text
    assert "&lt;b&gt;" in text

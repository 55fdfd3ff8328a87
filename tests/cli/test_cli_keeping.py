"""`xrayiq records limit|baseline|equipment|finding`: what people enter, what is listed, and what is refused."""

import csv
import datetime
import io
import json
import re
import statistics

import keeping_store
import pytest
from command_line import xrayiq
from keeping_store import FIRST, MENDED, ROOM1, day

from xrayiq.procedures import judge_runs, load_site
from xrayiq.records import open_records

WHO = ("--by", "jdoe", "--reason", "agreed with the committee")
LIMIT = "signal_per_charge_constancy"


def records(folder, *arguments, code=0):
    """What a command of `xrayiq records` prints as JSON."""
    done = xrayiq("records", *arguments, "--format", "json", folder=folder)
    assert done.returncode == code, done.stderr
    assert "Patient" not in done.stdout + done.stderr
    return json.loads(done.stdout)


def refused(folder, *arguments):
    """What a command says that is refused, on one line; nothing was entered."""
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as store:
        head = store.head
    done = xrayiq("records", *arguments, folder=folder)
    assert done.returncode == 2, done.stdout + done.stderr
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as store:
        assert store.head == head
    return " ".join(re.sub("[│╭╮╰╯─]", " ", done.stderr).split())


def limit_at(folder, *place):
    (row,) = records(folder, "limit", "list", "--quantity", "signal_per_charge", *place)
    return row


def test_own_limit_holds_in_its_room_with_who_and_why_until_it_is_withdrawn(folder):
    before = limit_at(folder, "--room", "ROOM1")
    assert (before["fail_low"], before["by"], before["event"]) == (-0.2, "", None)
    told = ("--room", "room1", "--fail-low", "-0.3", "--bounds-unit", before["bounds_unit"])
    (entered,) = records(folder, "limit", "set", LIMIT, *told, *WHO)
    row = limit_at(folder, "--room", "ROOM1")
    assert (row["fail_low"], row["fail_high"], row["document_fail_low"]) == (-0.3, 0.2, -0.2)
    assert (row["by"], row["reason"], row["event"]) == ("jdoe", "agreed with the committee", entered["event"])
    assert (row["room"], row["bounds_unit"]) == ("ROOM1", "of the baseline")
    assert limit_at(folder, "--unit", "S1")["fail_low"] == -0.3  # which stands in that room
    assert limit_at(folder, "--room", "ROOM2")["fail_low"] == -0.2
    everywhere = records(folder, "limit", "list", "--quantity", "signal_per_charge")
    assert [one["room"] for one in everywhere] == ["", "ROOM1"]
    records(folder, "limit", "withdraw", str(entered["event"]), *WHO)
    assert limit_at(folder, "--room", "ROOM1")["fail_low"] == -0.2
    assert "is taken back already" in refused(folder, "limit", "withdraw", str(entered["event"]), *WHO)


def test_limit_without_a_fail_bound_is_said_to_warn_only(folder):
    # IEC 62494-1 gives a tolerance of the deviation index, and no level at which a unit may not be used
    (row,) = records(folder, "limit", "list", "--quantity", "deviation_index_difference")
    assert (row["fail_low"], row["fail_high"], row["warns_only"]) == (None, None, True)
    assert not limit_at(folder)["warns_only"]
    for quantity, count in (("deviation_index_difference", 1), ("signal_per_charge", 0)):
        listed = xrayiq("records", "limit", "list", "--quantity", quantity, folder=folder, columns=200).stdout
        assert "one that warns only opens no finding" in listed.splitlines()[0]
        assert "\n".join(listed.splitlines()[1:]).count("warns only") == count


def test_limit_of_the_sites_file_for_an_unknown_unit_is_warned_of_and_levels_are_said(folder):
    (folder / "site.toml").write_text(
        f'[[limit_overrides]]\nlimit = "{LIMIT}"\nunit = "ROOM 9"\nfail_low = -0.3\nreason = "r"\nauthor = "a"\n'
    )
    listed = xrayiq("records", "limit", "list", "--site", "site.toml", folder=folder)
    assert listed.returncode == 0, listed.stderr
    assert "warning: " in listed.stderr
    assert "knows no unit 'ROOM 9'" in listed.stderr
    assert "suspension level" in listed.stdout
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as store:
        run_id = store.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
        keeping_store.add(store, run_id, "1.1.99", day(30), 99.0, **keeping_store.of_room(1))
        store.finish_run(run_id, status="finished", counts={})
        (warning,) = judge_runs(store, load_site(folder / "site.toml"), run_id=run_id).warnings
    assert "ROOM 9" in warning


def test_later_results_meet_the_own_limit_of_a_unit_and_earlier_verdicts_stay(folder):
    # 75 is 25 % below the baseline: out of the document's limit, within the unit's own
    records(folder, "limit", "set", LIMIT, "--unit", "ROOM1", "--fail-low", "-0.3", "--warning-low", "none", *WHO)
    keeping_store.write_run(folder, (1, 12, 75.0))
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as store:
        verdicts = store.frame("verdicts")
    own = verdicts[verdicts["serial_number"] == "S1"].sort_values("exposed_at")
    assert own["status"].tolist()[-2:] == ["fail", "pass"]
    assert own["limit_unit"].tolist()[-2:] == ["", "S1"]
    (finding,) = records(folder, "finding", "list")
    assert finding["values"] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("limit", "set", "no_such", "--fail-low", "1"), "there is no limit of this name"),
        (("limit", "set", LIMIT), "no bound"),
        (("limit", "set", LIMIT, "--fail-low", "low"), "--fail-low takes a number or none"),
        (("limit", "set", LIMIT, "--fail-low", "nan"), "fail_low is nan"),
        (("limit", "set", LIMIT, "--fail-low", "0.5"), "are not in order"),
        (
            ("limit", "set", LIMIT, "--fail-low", "-20", "--bounds-unit", "%"),
            "bounds in '%'; needed '1', as this limit is relative to the baseline and its bounds are fractions of it: "
            "give -0.2 for 20 % below the baseline",
        ),
        (
            ("limit", "set", "tg116_deviation_index", "--fail-low", "-4", "--bounds-unit", "%"),
            "bounds in '%'; needed '1', the unit of deviation_index: give the bounds in '1'",
        ),
        (("limit", "set", LIMIT, "--fail-low", "-0.3", "--room", "ROM2"), "knows no room 'ROM2'; needed one of ROOM2"),
        (("limit", "set", LIMIT, "--fail-low", "-0.3", "--site-name", "South"), "knows no site 'South'"),
        (
            ("limit", "set", LIMIT, "--fail-low", "-0.3", "--unit", "S7"),
            "knows no unit 'S7'; needed one of ACME DX1, serial S1 (ROOM1, S1)",
        ),
        (("limit", "withdraw", "1"), "is none that can be taken back here"),
        (("limit", "withdraw", "99"), "event 99 is not there"),
        (("baseline", "set", "no_such", "--unit", "S1", "--mean", "1", "--day", "2026-03-02"), "no_such"),
        (
            ("baseline", "set", "mtf_f50", "--unit", "S1", "--mean", "1", "--day", "2026-03-02"),
            "name it with --procedure",
        ),
        (("baseline", "set", "signal_per_charge", "--unit", "S1", "--mean", "nan", "--day", "2026-03-02"), "finite"),
        (("baseline", "set", "signal_per_charge", "--unit", "X", "--mean", "1", "--day", "2026-03-02"), "no unit 'X'"),
        (("equipment", "set", "--station", "ROOM1"), "say which equipment"),
        (("equipment", "set", "--room", "Trauma"), "say which equipment"),
        (("equipment", "set", "--station", "ROM1", "--room", "T"), "knows no station name 'ROM1'; needed one of ROOM1"),
        (("equipment", "set", "--station", "ROOM1", "--serial", "S2", "--room", "T"), "no header agrees with all"),
        (("finding", "step", "99", "closed"), "finding 99"),
        (("finding", "step", "3", "closed"), "is open and cannot become closed"),
        (("finding", "step", "3", "corrected"), "a correction without an action"),
        (("finding", "step", "3", "corrected", "--action", "calibrated"), "corrected without a role"),
        (("finding", "step", "3", "corrected", "--action", "calibrated"), "(--role)"),
        (("finding", "step", "3", "mended"), "mended"),
    ],
)
def test_what_cannot_be_entered_is_a_usage_error_that_says_what_is_known(folder, arguments, said):
    assert said in refused(folder, *arguments, *WHO)


def test_baselines_are_listed_with_their_results_and_one_set_by_hand_with_its_author(folder):
    rows = records(folder, "baseline", "list", "--today", str(day(12)))
    first, second = rows
    ten = list(ROOM1.values())[:10]
    assert (first["n"], first["state"], first["set_by"]) == (10, "settled", "results")
    assert first["mean"] == pytest.approx(statistics.mean(ten), rel=1e-12)  # rounding of a sum
    # standard deviation from the mean moving range, which is 2 throughout, by d2 = 1.128 (ISO 7870-2)
    assert first["sigma"] == pytest.approx(2.0 / 1.128, rel=1e-3)
    assert (first["since"], first["results"]) == (str(FIRST), 12)
    assert (second["state"], second["n"], second["mean"], second["results"]) == ("none", 0, None, 3)
    records(
        folder, "baseline", "set", "signal_per_charge", "--unit", "room2", "--mean", "51", "--day", str(day(2)), *WHO
    )
    (by_hand,) = records(folder, "baseline", "list", "--unit", "S2", "--today", str(day(12)))
    assert (by_hand["mean"], by_hand["state"], by_hand["set_by"]) == (51.0, "by hand", "jdoe")
    assert by_hand["since"] == str(day(2))
    (earlier,) = records(folder, "baseline", "list", "--unit", "S2", "--today", str(day(1)))
    assert earlier["state"] == "none"
    records(folder, "baseline", "withdraw", str(by_hand["event"]), *WHO)
    (back,) = records(folder, "baseline", "list", "--unit", "S2", "--today", str(day(12)))
    assert back["state"] == "none"


def test_baseline_of_few_results_is_provisional(folder):
    keeping_store.write_run(folder, *((2, number, 51.0) for number in range(3, 8)))
    (row,) = records(folder, "baseline", "list", "--unit", "S2", "--today", str(day(8)))
    assert (row["state"], row["n"]) == ("provisional", 8)
    assert row["mean"] == pytest.approx((50.0 + 52.0 + 6 * 51.0) / 8, rel=1e-12)


def test_register_gives_units_with_dates_and_takes_the_word_of_the_site(folder):
    found = records(folder, "equipment", "list")
    assert [unit["serial_number"] for unit in found["units"]] == ["S1", "S2"]
    first = found["units"][0]
    assert (first["site"], first["room"], first["objects"]) == ("North", "ROOM1", len(ROOM1))
    assert first["rooms"] == [{"value": "ROOM1", "first_day": str(FIRST), "last_day": str(day(11))}]
    told = ("--serial", "S1", "--room", "Trauma 2", "--tube", "T-77", "--from", str(day(4)))
    (entered,) = records(folder, "equipment", "set", *told, *WHO)
    found = records(folder, "equipment", "list")
    first = next(unit for unit in found["units"] if unit["serial_number"] == "S1")
    assert [span["value"] for span in first["rooms"]] == ["ROOM1", "Trauma 2"]
    assert (first["tube"], first["rooms"][1]["first_day"]) == ("T-77", str(day(4)))
    (row,) = found["told"]
    assert (row["which"], row["what"], row["event"]) == (
        "serial number S1",
        "room Trauma 2, tube T-77",
        entered["event"],
    )
    records(folder, "equipment", "withdraw", str(entered["event"]), *WHO)
    assert records(folder, "equipment", "list")["told"] == []
    done = xrayiq("records", "equipment", "list", "--format", "csv", folder=folder)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["what"], row["number"]) for row in rows] == [
        ("unit", "S1"),
        ("unit", "S2"),
        ("detector", "D1"),
        ("detector", "D2"),
    ]


def test_two_units_with_one_serial_number_are_named_apart_as_the_problem_says(tmp_path):
    with keeping_store.in_folder(tmp_path), open_records(keeping_store.url(tmp_path)) as store:
        run_id = store.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
        for number in range(6):
            station = f"R{1 + number % 2}"
            keeping_store.add(store, run_id, f"1.{number}", day(number), 50.0, station_name=station, serial_number="7")
        store.finish_run(run_id, status="finished", counts={})
    found = records(tmp_path, "equipment", "list")
    (problem,) = found["problems"]
    assert "R1 and R2" in problem
    named = re.search(r"`xrayiq (records equipment set)([^`]*)`", problem)
    assert named is not None
    options = re.findall(r"--[a-z-]+", named[2])
    assert options == ["--station", "--unit"]
    help_text = xrayiq("records", "equipment", "set", "--help", folder=tmp_path).stdout
    assert all(option in help_text for option in options)
    for station, unit in (("R1", "unit one"), ("R2", "unit two")):
        records(tmp_path, "equipment", "set", options[0], station, options[1], unit, *WHO)
    found = records(tmp_path, "equipment", "list")
    assert [(unit["name"], unit["objects"]) for unit in found["units"]] == [("unit one", 3), ("unit two", 3)]
    assert found["problems"] == []
    assert "which 2 are called; needed one of unit one; unit two" in refused(
        tmp_path, "baseline", "list", "--unit", "7"
    )
    records(tmp_path, "limit", "set", LIMIT, "--unit", "R2", "--fail-low", "-0.3", *WHO)
    (row,) = (one for one in records(tmp_path, "limit", "list", "--unit", "unit two") if one["limit"] == LIMIT)
    assert (row["unit"], row["fail_low"]) == ("unit two", -0.3)
    (row,) = (one for one in records(tmp_path, "limit", "list", "--unit", "unit one") if one["limit"] == LIMIT)
    assert row["fail_low"] == -0.2


def test_finding_goes_from_open_to_closed_with_the_newest_measurement_as_its_retest(folder):
    (finding,) = records(folder, "finding", "list", "--open", "--unit", "ACME DX1, serial S1")
    assert (finding["worst"], finding["limit"], finding["state"]) == (75.0, LIMIT, "open")
    assert finding["first_day"] == str(day(11))
    assert records(folder, "finding", "list", "--unit", "S2") == []
    shown = records(folder, "finding", "show", str(finding["number"]))
    today = datetime.datetime.now(datetime.UTC).date()
    for recorded in (shown["recorded_at"], shown["steps"][0]["entered_at"]):
        assert abs(datetime.date.fromisoformat(recorded[:10]) - today) <= datetime.timedelta(days=1)
    assert (shown["steps"][0]["day"], shown["last_step"]) == (str(day(11)), str(day(11)))
    told = xrayiq("records", "finding", "show", str(finding["number"]), folder=folder, columns=200).stdout
    for name, text in (("first measured out of limits", str(day(11))), ("recorded at", shown["recorded_at"])):
        assert re.search(rf"{name} +│ {re.escape(text)}", told)
    step = ("finding", "step", str(finding["number"]))
    records(folder, *step, "investigating", "--role", "physicist", *WHO)
    mended = ("--cause", "gain map", "--action", "calibrated", "--role", "service", "--day", str(day(15)))
    records(folder, *step, "corrected", *mended, *WHO)
    assert "no measurement has a verdict" in refused(folder, *step, "verified", "--retest", "latest", *WHO)
    assert "has no verdict" in refused(folder, *step, "verified", "--retest", "1.1.5", *WHO)  # before the correction
    keeping_store.write_mended(folder)
    (number,) = MENDED
    early = ("--retest", f"1.1.{number}", "--day", str(day(15)))
    assert "exposed after the verification" in refused(folder, *step, "verified", *early, *WHO)
    told = records(folder, *step, "verified", "--retest", "latest", "--role", "physicist", *WHO)
    assert told["retest"] == f"1.1.{number}"
    assert len(records(folder, "finding", "list", "--open")) == 1
    records(folder, *step, "closed", *WHO)
    assert records(folder, "finding", "list", "--open") == []
    shown = records(folder, "finding", "show", str(finding["number"]))
    assert [one["state"] for one in shown["steps"]] == ["open", "investigating", "corrected", "verified", "closed"]
    assert (shown["cause"], shown["action"], shown["steps"][2]["day"]) == ("gain map", "calibrated", str(day(15)))
    assert [one["role"] for one in shown["steps"]] == ["", "physicist", "service", "physicist", ""]
    assert "is closed and cannot become open" in refused(folder, *step, "open", *WHO)
    assert xrayiq("records", "verify", folder=folder).returncode == 0


def test_measurement_out_of_limits_or_of_another_unit_is_no_retest(folder):
    (finding,) = records(folder, "finding", "list")
    step = ("finding", "step", str(finding["number"]))
    done = ("--action", "calibrated", "--role", "service")
    early = (*done, "--day", str(day(10)))
    assert "before the fault" in refused(folder, *step, "corrected", *early, *WHO)
    records(folder, *step, "corrected", *done, "--day", str(day(11)), *WHO)
    records(folder, "baseline", "set", "signal_per_charge", "--unit", "S2", "--mean", "51", "--day", str(FIRST), *WHO)
    keeping_store.write_run(folder, (2, 12, 51.0))
    assert "on its unit" in refused(folder, *step, "verified", "--retest", "1.2.12", *WHO)
    assert "is out of limits" in refused(folder, *step, "verified", "--retest", "latest", *WHO)
    assert "is out of limits" in refused(folder, *step, "verified", "--retest", "1.1.11", *WHO)


def test_tables_for_people_name_the_columns_of_the_committee(folder):
    done = xrayiq("records", "finding", "list", "--open", folder=folder)
    assert done.returncode == 0
    for word in ("Open findings", "ROOM1", "signal_per_charge", "75", LIMIT, str(day(11))):
        assert word in done.stdout
    for command in (("limit", "list"), ("baseline", "list"), ("equipment", "list"), ("finding", "show", "3")):
        done = xrayiq("records", *command, folder=folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()


def test_store_that_is_not_there_or_is_sealed_with_another_key_is_refused(folder, tmp_path):
    assert "no such record store" in refused(folder, "finding", "list", "--records", "sqlite:///none.db")
    (folder / "person.key").unlink()
    done = xrayiq("records", "limit", "set", LIMIT, "--fail-low", "-0.3", *WHO, folder=folder)
    assert done.returncode == 4
    assert "sealed with another key" in done.stderr


def test_list_shows_a_relative_value_as_its_limit_takes_it_and_how_far_an_acceptance_goes(folder):
    (finding,) = records(folder, "finding", "list")
    # the baseline is the mean of ten values that alternate about 100, the value 75
    assert (finding["worst"], finding["baseline"], finding["compared"]) == (75.0, 100.0, -0.25)
    table = " ".join(xrayiq("records", "finding", "list", folder=folder, columns=400).stdout.split())
    assert "75.0 per mAs, −25.0 % from the baseline 100.0 per mAs" in table
    assert "−20 % to +20 % of the baseline" in table
    number = str(finding["number"])
    assert "passed" in refused(folder, "finding", "step", number, "accepted", "--worst", "-0.22", *WHO)
    step = records(folder, "finding", "step", number, "accepted", "--worst", "-0.3", "--until", "2999-12-31", *WHO)
    assert (step["accepted_worst"], step["accepted_until"]) == (-0.3, "2999-12-31")
    keeping_store.write_run(folder, (1, 30, 71.0), (1, 31, 68.0))
    accepted, new = records(folder, "finding", "list")
    assert (accepted["state"], accepted["values"], new["state"], new["values"]) == ("accepted", 2, "open", 1)
    assert new["follows"] == accepted["number"]

"""The client of QATrack+ against a server that enforces the contract of its serializer."""

from __future__ import annotations

import base64
import datetime
import json
import math

import numpy as np
import pytest
from exchange_builders import PATH, DayTest, day_of, fill
from qatrack_server import TOKEN, FakeQatrack, serving

from xrayiq.errors import ExchangeError, InputError, ReadError, SiteError
from xrayiq.exchange import send_to_qatrack
from xrayiq.exchange.qatrack import QatrackClient, QatrackCollection
from xrayiq.exchange.qatrack_instances import make_instance
from xrayiq.exchange.qatrack_mapping import TOKEN_VARIABLE, load_qatrack_mapping
from xrayiq.exchange.web import JsonServer, RefusedError

BEGAN = datetime.datetime(2025, 1, 6, 8, 0)
ENDED = datetime.datetime(2025, 1, 6, 8, 10)
LIST = "DR detector QC"


@pytest.fixture
def qatrack():
    fake = FakeQatrack()
    with serving(fake):
        fake.add_unit(serial_number="S1", name="Room 1")
        fake.add_unit(serial_number="S2", name="Room 2")
        macros = [fake.add_test("uniformity_pct"), fake.add_test("snr"), fake.add_test("within", "boolean")]
        extra = [fake.add_test("verdict", "string"), fake.add_test("ratio", "composite", "result = snr / 2")]
        extra.append(fake.add_test("twice", "composite", "result = 2 * ratio"))
        extra.append(fake.add_test("pitch", "constant", constant=0.15))
        parent, child = fake.add_list(LIST, *macros), fake.add_list("more", *extra)
        fake.sublists.append({"parent": parent, "child": child})
        fake.add_collection(0, parent)
        fake.add_collection(1, parent)
        yield fake


@pytest.fixture
def client(qatrack):
    return QatrackClient(JsonServer(root=qatrack.root, token=TOKEN))


@pytest.fixture
def collection(client):
    return client.find_collection(test_list=LIST, unit_number=1)


def instance(collection, values=None, **changes):
    arguments = {"key": "xrayiq:1", "work_started": BEGAN, "work_completed": ENDED} | changes
    return make_instance(collection, {"snr": 80.0} if values is None else values, **arguments)


def test_a_token_is_given_for_a_name_and_password(qatrack):
    server = JsonServer(root=qatrack.root)
    assert QatrackClient.log_in(server, username="qa", password="secret") == TOKEN  # noqa: S106 - of the fake server
    with pytest.raises(RefusedError, match="Unable to log in"):
        QatrackClient.log_in(server, username="qa", password="wrong")  # noqa: S106 - as above


@pytest.mark.parametrize("unit", [{"unit_number": 2}, {"unit_serial_number": "S2"}, {"unit_name": "Room 2"}])
def test_a_collection_is_found_by_any_name_of_the_unit(client, unit):
    found = client.find_collection(test_list=LIST, **unit)
    assert found.url.endswith("/unittestcollections/1/")
    assert {(test.macro, test.kind) for test in found.tests} == {
        ("uniformity_pct", "simple"),
        ("snr", "simple"),
        ("within", "boolean"),
        ("verdict", "string"),
        ("ratio", "composite"),
        ("twice", "composite"),
        ("pitch", "constant"),
    }


def test_all_pages_of_a_listing_are_read(qatrack, client):
    for number in range(5):
        qatrack.sublists.append({"parent": 0, "child": qatrack.add_list(f"l{number}", qatrack.add_test(f"t{number}"))})
    found = client.find_collection(test_list=LIST, unit_number=1)
    assert {f"t{number}" for number in range(5)} <= {test.macro for test in found.tests}


def test_no_collection_and_two_collections_are_told(qatrack, client):
    with pytest.raises(ExchangeError, match="no unit test collection"):
        client.find_collection(test_list="another", unit_number=1)
    qatrack.add_collection(0, 0)
    with pytest.raises(ExchangeError, match="2 collections"):
        client.find_collection(test_list=LIST, unit_number=1)
    qatrack.collections[-1]["active"] = False
    assert client.find_collection(test_list=LIST, unit_number=1)
    with pytest.raises(InputError, match="no unit"):
        client.find_collection(test_list=LIST)


def test_what_is_handed_in_is_stored_as_it_is_and_the_rest_is_skipped(qatrack, client, collection):
    values = {"uniformity_pct": np.float64(3.21), "snr": np.int64(80), "within": np.bool_(True), "verdict": "pass"}
    status, url = client.hand_in(instance(collection, values, comment="xrayiq", comments={"snr": "by tiles"}))
    assert (status, url) == ("created", f"{qatrack.root}/qa/session/1/")
    (stored,) = qatrack.instances
    assert stored["tests"] == {
        "uniformity_pct": {"value": 3.21},
        "snr": {"value": 80, "comment": "by tiles"},
        "within": {"value": True},
        "verdict": {"value": "pass"},
    }
    assert (stored["work_started"], stored["work_completed"]) == ("2025-01-06 08:00:00", "2025-01-06 08:10:00")
    assert stored["unit_test_collection"] == collection.url


def test_tests_calculated_from_a_skipped_one_are_skipped(qatrack, client, collection):
    client.hand_in(instance(collection, {"uniformity_pct": 3.0}))
    assert qatrack.instances[0]["tests"] == {
        "uniformity_pct": {"value": 3.0},
        "snr": {"skipped": True},
        "within": {"skipped": True},
        "verdict": {"skipped": True},
        "ratio": {"skipped": True},
        "twice": {"skipped": True},
    }


def test_the_same_key_is_done_and_not_stored_twice(qatrack, client, collection):
    assert [client.hand_in(instance(collection))[0] for _ in range(3)] == ["created", "known", "known"]
    assert len(qatrack.instances) == 1


def test_another_fault_beside_a_known_key_is_not_taken_for_done(client, collection):
    client.hand_in(instance(collection))
    faulty = instance(collection) | {"work_started": "yesterday"}
    with pytest.raises(RefusedError, match="wrong format"):
        client.hand_in(faulty)


def test_a_cycle_needs_its_day(qatrack, client):
    lists = [qatrack.add_list(f"day {number}", qatrack.add_test(f"d{number}")) for number in range(3)]
    qatrack.add_collection(0, qatrack.add_cycle("weekly", *lists), cycle=True)
    found = client.find_collection(test_list="weekly", unit_number=1, day=1)
    assert [test.macro for test in found.tests] == ["d1"]
    client.hand_in(instance(found, {"d1": 1.0}, day=1))
    assert qatrack.instances[0]["day"] == 1
    with pytest.raises(ExchangeError, match="without day 3"):
        client.find_collection(test_list="weekly", unit_number=1, day=3)


def test_files_go_in_base64(qatrack, client, collection, tmp_path):
    report = tmp_path / "report.pdf"
    report.write_bytes(bytes(range(256)))
    upload = qatrack.add_list("maps", qatrack.add_test("map", "upload"))
    qatrack.add_collection(0, upload)
    maps = client.find_collection(test_list="maps", unit_number=1)
    client.hand_in(instance(maps, {"map": report}, attachments=[report]))
    (stored,) = qatrack.instances
    for file in (stored["tests"]["map"], stored["attachments"][0]):
        assert (file["filename"], base64.b64decode(file["value"])) == ("report.pdf", bytes(range(256)))
    with pytest.raises(ReadError, match=r"gone\.pdf"):
        instance(maps, {"map": tmp_path / "gone.pdf"})


@pytest.mark.parametrize(
    ("values", "changes", "said"),
    [
        ({"snr": math.nan}, {}, "finite"),
        ({"snr": np.float64("inf")}, {}, "finite"),
        ({"snr": "80"}, {}, "of its type 'simple'"),
        ({"snr": True}, {}, "of its type 'simple'"),
        ({"verdict": 1.0}, {}, "of its type 'string'"),
        ({"within": 1.0}, {}, "of its type 'boolean'"),
        ({"ratio": 1.0}, {}, "calculates it"),
        ({"pitch": 0.15}, {}, "calculates it or knows it"),
        ({"other": 1.0}, {}, "macro 'other'"),
        ({}, {"key": "x" * 256}, "256 characters"),
        ({}, {"work_completed": BEGAN - datetime.timedelta(seconds=1)}, "before it is started"),
    ],
)
def test_what_qatrack_would_refuse_is_not_made(collection, values, changes, said):
    with pytest.raises(InputError, match=said):
        instance(collection, values, **changes)


def test_an_upload_without_a_file_is_refused_as_it_cannot_be_skipped(qatrack, client):
    qatrack.add_collection(0, qatrack.add_list("maps", qatrack.add_test("map", "upload")))
    with pytest.raises(InputError, match="does not let an upload be skipped"):
        instance(client.find_collection(test_list="maps", unit_number=1), {})


def without(key):
    return lambda whole: {name: value for name, value in whole.items() if name != key}


def with_test(macro, entry):
    return lambda whole: whole | {"tests": whole["tests"] | {macro: entry}}


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (without("work_started"), "required"),
        (without("tests"), "required"),
        (lambda whole: whole | {"tests": without("snr")(whole["tests"])}, "Missing data for tests: snr"),
        (with_test("snr", {"value": "80"}), "Wrong value type"),
        (with_test("snr", 80.0), "must be a dictionary"),
        (with_test("ratio", {"value": 1.0}), "calculated automatically"),
        (with_test("pitch", {"value": 0.2}), "Incorrect constant"),
        (with_test("snr", {"skipped": True}), "Wrong value type"),
        (lambda whole: whole | {"work_completed": "2020-01-01 00:00:00"}, "must be after work_started"),
        (lambda whole: whole | {"user_key": "x" * 256}, "255 characters"),
        (lambda whole: whole | {"attachments": [{"filename": "a", "value": "no base64!"}]}, "base64"),
        (lambda whole: whole | {"attachments": [{"filename": "a"}]}, "must be list of form"),
        (lambda whole: whole | {"day": 4}, "not a valid day"),
    ],
)
def test_each_rule_of_the_contract_is_enforced_and_its_400_is_told(qatrack, client, collection, break_it, said):
    whole = instance(collection, {"uniformity_pct": 1.0, "snr": 80.0, "within": True, "verdict": "pass"})
    with pytest.raises(RefusedError, match=said) as refusal:
        client.hand_in(break_it(whole))
    assert refusal.value.status == 400
    assert qatrack.instances == []


def test_a_document_with_nan_is_never_sent(qatrack, client, collection):
    with pytest.raises(InputError, match="no JSON"):
        client.hand_in(instance(collection) | {"tests": {"snr": {"value": math.nan}}})
    assert qatrack.bodies == []


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(401, "token"), (403, "add test list instances"), (404, "address"), (429, "wait"), (500, "later"), (503, "later")],
)
def test_each_status_says_what_to_do(qatrack, client, collection, status, remedy):
    qatrack.fault = status
    with pytest.raises(RefusedError, match=f"status {status}.*{remedy}"):
        client.hand_in(instance(collection))


def test_a_wrong_token_and_a_missing_permission_are_told(qatrack, client, collection):
    with pytest.raises(RefusedError, match="status 401"):
        QatrackClient(JsonServer(root=qatrack.root, token=TOKEN[1:])).find_collection(test_list=LIST, unit_number=1)
    qatrack.may_perform = False
    with pytest.raises(RefusedError, match="status 403"):
        client.hand_in(instance(collection))


def test_a_server_that_does_not_answer_is_told(qatrack, collection):
    qatrack.delay_s = 0.5
    slow = QatrackClient(JsonServer(root=qatrack.root, token=TOKEN, timeout_s=0.1))
    with pytest.raises(ExchangeError, match=r"no answer within 0\.1 s"):
        slow.hand_in(instance(collection))


def test_no_server_is_told(collection):
    nobody = QatrackClient(JsonServer(root="http://127.0.0.1:9", token=TOKEN))
    with pytest.raises(ExchangeError, match="no connection"):
        nobody.hand_in(instance(collection))


def test_what_is_no_qatrack_is_told(qatrack):
    elsewhere = QatrackClient(JsonServer(root=qatrack.root.removesuffix("/qa"), token=TOKEN))
    with pytest.raises(RefusedError, match="status 404"):
        elsewhere.find_collection(test_list=LIST, unit_number=1)


def test_the_token_does_not_follow_a_redirect(qatrack, client):
    other = FakeQatrack()
    with serving(other):
        qatrack.fault, qatrack.redirect_to = 302, f"{other.root}/api/qa/unittestcollections/"
        with pytest.raises(RefusedError, match="the token is not sent on"):
            client.find_collection(test_list=LIST, unit_number=1)
        assert other.requests == []


def test_the_token_is_in_no_text(qatrack):
    server = JsonServer(root=qatrack.root, token=TOKEN)
    assert TOKEN not in repr(server)
    qatrack.fault = 401
    with pytest.raises(RefusedError) as refusal:
        server.get("api/qa/tests/")
    assert TOKEN not in str(refusal.value)


@pytest.mark.parametrize(
    ("root", "said"),
    [("ftp://host", "address"), ("host", "address"), ("https://", "address"), ("http://qatrack.example", "encryption")],
)
def test_an_address_that_cannot_be_used_is_refused(root, said):
    with pytest.raises(InputError, match=said):
        JsonServer(root=root, token=TOKEN)


def test_plain_http_takes_a_word():
    assert JsonServer(root="http://qatrack.example", token=TOKEN, allow_http=True)


# from a store

MAPPING = """
[server]
url = "{root}"

[[lists]]
test_list = "DR detector QC"
serial_number = "S1"
unit_serial_number = "S1"
[lists.tests]
within = {{ procedure = "uniformity", quantity = "signal_nonuniformity_local", send = "status" }}
snr = {{ procedure = "uniformity", quantity = "snr_mean" }}
verdict = {{ procedure = "uniformity", quantity = "signal_nonuniformity_local", send = "status" }}
[lists.tests.uniformity_pct]
procedure = "uniformity"
quantity = "signal_nonuniformity_local"
factor = 100
take = "greatest"
"""


@pytest.fixture
def mapping(qatrack, tmp_path, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    path = tmp_path / "qatrack.toml"
    path.write_text(MAPPING.format(root=qatrack.root), encoding="utf-8")
    return path


@pytest.fixture
def stored(records):
    morning, noon = day_of(1).replace(hour=7), day_of(1).replace(hour=12)
    fill(
        records,
        [
            DayTest(1, {"signal_nonuniformity_local": 0.02, "snr_mean": 90.0}, exposed_at=noon),
            DayTest(2, {"signal_nonuniformity_local": 0.03, "snr_mean": 80.0}, exposed_at=morning),
            DayTest(3, {"signal_nonuniformity_local": 0.2}),
            DayTest(4, {"signal_nonuniformity_local": 0.01}, serial_number="S2"),
            DayTest(5, {"signal_nonuniformity_local": 0.01}, population="clinical"),
            DayTest(6, {"snr_mean": math.nan}),
        ],
    )
    return records


def test_each_day_with_tests_is_one_instance(qatrack, stored, mapping):
    sent = send_to_qatrack(stored, mapping)
    assert [(each.day, each.status, each.tests, each.skipped) for each in sent] == [
        (day_of(1).date(), "created", 4, 0),
        (day_of(3).date(), "created", 3, 3),
    ]
    first, second = qatrack.instances
    values = {macro: entry.get("value") for macro, entry in first["tests"].items()}
    assert values == {"uniformity_pct": 3.0, "snr": 90.0, "within": True, "verdict": "pass"}
    assert (first["work_started"], first["work_completed"]) == ("2025-01-02 07:30:00", "2025-01-02 12:30:00")
    assert second["tests"]["within"]["value"] is False
    assert second["tests"]["verdict"]["value"] == "fail"
    assert second["tests"]["snr"] == {"skipped": True}


def test_a_second_run_sends_nothing_twice(qatrack, stored, mapping):
    send_to_qatrack(stored, mapping)
    assert [each.status for each in send_to_qatrack(stored, mapping)] == ["known", "known"]
    assert len(qatrack.instances) == 2


def test_a_dry_run_hands_in_nothing(qatrack, stored, mapping):
    assert [each.status for each in send_to_qatrack(stored, mapping, dry_run=True)] == ["would_send"] * 2
    assert qatrack.bodies == []


def test_nothing_of_a_patient_or_a_header_is_sent(qatrack, stored, mapping):
    send_to_qatrack(stored, mapping)
    content = b"".join(qatrack.bodies).decode()
    for secret in (PATH, "1.2.3.", "1.2.4.", "Hospital", "ROOM1", TOKEN):
        assert secret not in content
    assert set(json.loads(qatrack.bodies[0])) == {
        *("unit_test_collection", "in_progress", "include_for_scheduling", "work_started", "work_completed"),
        *("user_key", "tests", "comment"),
    }


def test_a_period_chooses_the_days(stored, mapping):
    assert [each.day for each in send_to_qatrack(stored, mapping, since=day_of(2).date())] == [day_of(3).date()]


def test_a_macro_that_is_not_on_the_list_is_told(stored, mapping):
    mapping.write_text(mapping.read_text().replace("uniformity_pct", "uniformity_share"), encoding="utf-8")
    with pytest.raises(InputError, match="macro 'uniformity_share'"):
        send_to_qatrack(stored, mapping)


def test_the_token_comes_from_a_file_where_the_environment_has_none(qatrack, mapping, monkeypatch):
    monkeypatch.delenv(TOKEN_VARIABLE)
    with pytest.raises(SiteError, match="no token"):
        load_qatrack_mapping(mapping)
    mapping.write_text(
        mapping.read_text().replace("[server]", '[server]\ntoken_file = "qatrack.token"'), encoding="utf-8"
    )
    with pytest.raises(ReadError, match=r"qatrack\.token"):
        load_qatrack_mapping(mapping)
    mapping.with_name("qatrack.token").write_text(TOKEN + "\n", encoding="utf-8")
    assert load_qatrack_mapping(mapping).server.token == TOKEN


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("snr_mean", "snr_meen", "closed list"),
        ("factor = 100", "factr = 100", "key 'factr'"),
        ("factor = 100", 'factor = "100"', "float"),
        ('"greatest"', '"biggest"', "one of last"),
        ('unit_serial_number = "S1"', "", "unit in QATrack"),
        ('serial_number = "S1"\nunit', "unit", "unit here"),
        ("[[lists]]", "[[list]]", "key 'list'"),
        ('test_list = "DR detector QC"', "test_list = 3", "a str"),
        ("[server]", "[server", "no TOML"),
    ],
)
def test_a_mapping_that_contradicts_itself_is_refused(mapping, old, new, said):
    mapping.write_text(mapping.read_text().replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SiteError, match=said):
        load_qatrack_mapping(mapping)


def test_a_collection_without_tests_gives_an_empty_instance():
    empty = QatrackCollection(url="u", is_cycle=False, tests=())
    assert instance(empty, {})["tests"] == {}

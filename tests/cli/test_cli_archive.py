"""`xrayiq records archive` and `verify --archive`: what is in an archive, and what is told of one that was altered."""

import hashlib
import json
import zipfile

import pytest
from command_line import xrayiq
from keeping_store import FIRST, ROOM1, ROOM2, day


def archived(folder, *, first=FIRST, last=None, out="old.zip"):
    period = ("--from", str(first), "--to", str(last or day(60)))
    return xrayiq("records", "archive", *period, "--out", out, "--by", "jdoe", "--format", "json", folder=folder)


def examined(folder, name="old.zip"):
    done = xrayiq("records", "verify", "--archive", name, "--format", "json", folder=folder)
    return done.returncode, json.loads(done.stdout)


def lines(folder, table):
    with zipfile.ZipFile(folder / "old.zip") as archive:
        return [json.loads(line) for line in archive.read(f"{table}.jsonl").splitlines()]


def rewrite(folder, name, change):
    """Write the archive again with one member changed, or left out."""
    with zipfile.ZipFile(folder / "old.zip") as old, zipfile.ZipFile(folder / "new.zip", "w") as new:
        for member in old.namelist():
            content = change(old.read(member)) if member == name else old.read(member)
            if content is not None:
                new.writestr(member, content)


def test_archive_holds_a_period_whole_and_an_event_records_it(folder):
    before = json.loads(xrayiq("records", "verify", "--format", "json", folder=folder).stdout)["head"]
    done = archived(folder)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    everything = {f"1.1.{n}": value for n, value in ROOM1.items()} | {f"1.2.{n}": value for n, value in ROOM2.items()}
    assert (row["outcomes"], row["objects"], row["equipment"], row["runs"]) == (len(everything), len(everything), 2, 1)
    outcomes = lines(folder, "outcomes")
    assert {one["subject"]: one["measurements"][0]["value"] for one in outcomes} == everything
    (failed,) = (one for one in outcomes for verdict in one["baseline_verdicts"] if verdict["status"] == "fail")
    assert failed["subject"] == "1.1.11"
    with zipfile.ZipFile(folder / "old.zip") as archive:
        manifest = archive.read("manifest.json")
        assert b"Patient" not in b"".join(archive.read(name) for name in archive.namelist())
        for name, told in json.loads(manifest)["files"].items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == told["sha256"]
    assert row["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    assert f"{lines(folder, 'events')[-1]['number']}:{lines(folder, 'events')[-1]['mac']}".startswith(before)
    code, found = examined(folder)
    assert (code, found["whole"]) == (0, True)
    assert found["head"].startswith(before)
    store = json.loads(xrayiq("records", "verify", "--head", found["head"], "--format", "json", folder=folder).stdout)
    assert (store["whole"], store["head"]) == (True, row["head"])


def test_archive_is_examined_without_the_store_and_not_without_its_key(folder):
    archived(folder)
    (folder / "xrayiq.db").unlink()
    assert examined(folder)[0] == 0
    (folder / "person.key").unlink()
    code, found = examined(folder)
    assert (code, found["faults"][0]["damage"]) == (1, "key")


def test_only_the_period_is_in_it_with_the_whole_trail(folder):
    assert archived(folder, first=day(1), last=day(2)).returncode == 0
    assert sorted(one["subject"] for one in lines(folder, "outcomes")) == ["1.1.1", "1.1.2", "1.2.1", "1.2.2"]
    assert [one["number"] for one in lines(folder, "events")] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "change", "damage"),
    [
        ("outcomes.jsonl", lambda content: content.replace(b"75.0", b"99.0"), "altered"),
        ("events.jsonl", lambda content: content[: content.rindex(b"\n", 0, -1) + 1], "altered"),
        ("objects.jsonl", lambda content: None, "removed"),
        ("manifest.json", lambda content: content.replace(b"2026-03-02", b"2026-03-03"), "key"),
        ("manifest.hmac", lambda content: None, "removed"),
    ],
)
def test_altered_archive_is_told_by_its_file(folder, name, change, damage):
    archived(folder)
    rewrite(folder, name, change)
    code, found = examined(folder, "new.zip")
    assert (code, found["whole"]) == (1, False)
    (fault,) = found["faults"]
    assert fault["damage"] == damage
    if name.endswith(".jsonl"):
        assert fault["table"] == name


def test_inserted_file_and_broken_bytes_are_told(folder):
    archived(folder)
    with zipfile.ZipFile(folder / "old.zip", "a") as archive:
        archive.writestr("more.jsonl", b"{}\n")
    code, found = examined(folder)
    assert (code, found["faults"][0]["damage"], found["faults"][0]["table"]) == (1, "inserted", "more.jsonl")
    content = (folder / "old.zip").read_bytes()
    (folder / "cut.zip").write_bytes(content[: len(content) // 2])
    done = xrayiq("records", "verify", "--archive", "cut.zip", folder=folder)
    assert done.returncode == 2
    assert "no whole ZIP file" in done.stderr


def test_what_cannot_be_archived_leaves_no_file_and_no_event(folder):
    backwards = archived(folder, first=day(2), last=day(1))
    nowhere = archived(folder, out="none/old.zip")
    assert (backwards.returncode, nowhere.returncode) == (2, 2)
    assert "not before the first" in backwards.stderr
    assert not (folder / "old.zip").exists()
    assert json.loads(xrayiq("records", "verify", "--format", "json", folder=folder).stdout)["counts"]["events"] == 4

"""Archives that change between runs, or that come in parts: what sets told stays true and stands once."""

from __future__ import annotations

import shutil

import pytest
from executor_here import Here

import xrayiq
from xrayiq.batch import archive_run
from xrayiq.procedures import RESULT_TYPES
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

DIRECT, LOGARITHMIC = ROOMS[0], ROOMS[1]
KERMAS_UGY = (0.5, 1.0, 2.5, 8.0)


def run(archive, folder):
    return xrayiq.run(archive, url_of(folder), client=Here())


def url_of(folder):
    return f"sqlite:///{folder / 'qa.db'}"


def results(folder, procedure):
    with xrayiq.open_records(url_of(folder)) as records:
        return [stored.result for stored in records.results(RESULT_TYPES, procedure=procedure)]


def outcomes(folder, procedure):
    with xrayiq.open_records(url_of(folder)) as records:
        frame = records.frame("outcomes")
    return frame[frame["procedure"] == procedure].to_dict("records")


def day_of_tests(folder, room=LOGARITHMIC, *, seed=1, **changes):
    """Folder of one room's tests: one flat field of each level and the table of their kerma."""
    settings = {"kermas_ugy": KERMAS_UGY, "flats": 1, "edges": 0, "shape": (420, 420), "seed": seed}
    simulate_detector_tests(folder, rooms=(room,), **(settings | changes))
    return next((folder / "DICOM").glob("*/*"))


def test_renamed_files_are_the_same_set(tmp_path):
    day = day_of_tests(tmp_path / "archive")
    run(tmp_path / "archive", tmp_path)
    for path in sorted(day.glob("*.dcm")):
        path.rename(day / f"renamed_{path.name}")
    table = (day / "kerma.csv").read_text()
    (day / "kerma.csv").write_text(table.replace("0000", "renamed_0000"))
    again = run(tmp_path / "archive", tmp_path)
    assert again.unmeasured == 0
    (transfer,) = results(tmp_path, "signal_transfer")
    assert transfer.kerma_ugy.tolist() == list(KERMAS_UGY)
    assert run(tmp_path / "archive", tmp_path).new_outcomes == 0


def test_an_archive_that_moved_takes_late_members_into_its_sets(tmp_path):
    day = day_of_tests(tmp_path / "archive")
    late = tmp_path / "late.dcm"
    shutil.move(day / "00004.dcm", late)
    run(tmp_path / "archive", tmp_path)
    (tmp_path / "archive").rename(tmp_path / "moved")
    shutil.move(late, tmp_path / "moved" / day.relative_to(tmp_path / "archive") / "00004.dcm")
    run(tmp_path / "moved", tmp_path)
    (transfer,) = results(tmp_path, "signal_transfer")
    assert transfer.kerma_ugy.tolist() == list(KERMAS_UGY)


def test_two_halves_of_a_day_in_two_archives_do_not_supersede_each_other(tmp_path):
    day = day_of_tests(tmp_path / "one", flats=2)
    other = tmp_path / "two" / "afternoon"
    other.mkdir(parents=True)
    for number in (2, 4, 6, 8):
        shutil.move(day / f"{number:05d}.dcm", other)
    shutil.copy(day / "kerma.csv", other)
    for archive in ("one", "two"):
        run(tmp_path / archive, tmp_path)
    assert len(results(tmp_path, "signal_transfer")) == 2
    for archive in ("one", "two"):  # images of one half may have the response of the other
        run(tmp_path / archive, tmp_path)
    with xrayiq.open_records(url_of(tmp_path)) as records:
        before = records.frame("outcomes")
    assert len(before[before["procedure"] == "signal_transfer"]) == 2
    assert [run(tmp_path / archive, tmp_path).new_outcomes for archive in ("one", "two")] == [0, 0]
    with xrayiq.open_records(url_of(tmp_path)) as records:
        assert records.frame("outcomes").equals(before)


@pytest.mark.parametrize("order", [("clinic", "tests"), ("tests", "clinic")], ids="-".join)
def test_a_response_from_one_archive_holds_for_the_images_of_another_of_the_same_run(tmp_path, order):
    day = day_of_tests(tmp_path / "tests", flats=2)
    (tmp_path / "clinic").mkdir()
    shutil.move(day / "00006.dcm", tmp_path / "clinic")
    shutil.copy(day / "kerma.csv", tmp_path / "clinic")
    archives = [tmp_path / name for name in order]
    assert run(archives, tmp_path).unmeasured == 0
    (transfer,) = results(tmp_path, "signal_transfer")
    used = [each.provenance.response_id for each in results(tmp_path, "uniformity")]
    assert used == 8 * [transfer.response.id]
    assert run(archives, tmp_path).new_outcomes == 0


def test_images_are_measured_without_a_response_that_is_none_any_more(tmp_path):
    day = day_of_tests(tmp_path / "archive", DIRECT)
    run(tmp_path / "archive", tmp_path)
    assert all(each.provenance.response_id for each in results(tmp_path, "uniformity"))
    rows = (day / "kerma.csv").read_text().splitlines()
    swapped = [
        rows[0],
        *(f"{number:05d}.dcm,{kerma},RQA5/2015" for number, kerma in ((1, 8), (2, 0.5), (3, 1), (4, 2))),
    ]
    (day / "kerma.csv").write_text("\n".join(swapped))  # stored values no longer rise with the kerma: no response
    summary = run(tmp_path / "archive", tmp_path)
    assert summary.unmeasured >= 1
    (row,) = outcomes(tmp_path, "signal_transfer")
    assert (row["kind"], row["reason"]) == ("not_measurable", "unfit_images")
    assert {each.provenance.response_id for each in results(tmp_path, "uniformity")} == {""}


def test_a_set_that_should_tell_its_response_and_does_not_takes_none_from_another_day(tmp_path):
    day_of_tests(tmp_path / "archive", days=2)
    _, second = sorted((tmp_path / "archive" / "DICOM").glob("*/*"))
    (second / "kerma.csv").write_text("file,kerma_ugy\n" + "".join(f"{n:05d}.dcm,{9 - n}\n" for n in range(1, 9)))
    run(tmp_path / "archive", tmp_path)
    whole = {(row["subject"], row["procedure"], row["parameter_digest"]) for row in rows_of_sets(tmp_path)}
    split = tmp_path / "split"
    split.mkdir()
    shutil.move(second.parent, tmp_path / "later")
    run(tmp_path / "archive", split)
    shutil.move(tmp_path / "later", second.parent)
    run(tmp_path / "archive", split)
    assert {(row["subject"], row["procedure"], row["parameter_digest"]) for row in rows_of_sets(split)} == whole


def rows_of_sets(folder):
    with xrayiq.open_records(url_of(folder)) as records:
        frame = records.frame("outcomes")
    return frame[frame["subject"].str.startswith("set:")].to_dict("records")


def test_a_member_that_cannot_be_read_costs_only_itself(tmp_path, monkeypatch):
    day = day_of_tests(tmp_path / "archive")
    original = archive_run.measured_sets

    def cut_before(*arguments, **settings):
        (day / "00003.dcm").write_bytes((day / "00003.dcm").read_bytes()[:5000])
        return original(*arguments, **settings)

    monkeypatch.setattr(archive_run, "measured_sets", cut_before)
    summary = run(tmp_path / "archive", tmp_path)
    (transfer,) = results(tmp_path, "signal_transfer")
    assert transfer.kerma_ugy.tolist() == [0.5, 1.0, 8.0]
    (row,) = outcomes(tmp_path, "acquisition_set")
    with xrayiq.open_records(url_of(tmp_path)) as records:
        images = records.frame("sets").to_dict("records")[0]
    (subject,) = (name for name, kerma, _ in images["members"] if kerma == 2.5)
    assert row["message"].startswith(f"image {subject} left out of the set: ")
    assert "00003.dcm" not in row["message"]
    # the set's outcome, and that of the file, which is looked at again for its response
    assert (row["kind"], row["reason"], summary.unmeasured) == ("error", "unreadable_member", 2)


def test_defect_maps_are_all_made_after_a_run_that_stopped_between_them(tmp_path, monkeypatch):
    settings = {"kermas_ugy": (8.0,), "flats": 2, "edges": 0, "shape": (420, 420)}
    simulate_detector_tests(tmp_path / "archive", rooms=(DIRECT, ROOMS[2]), **settings)
    original = archive_run.Records.add_set

    def stop_after_a_map(records, run_id, entry, **fields):
        added = original(records, run_id, entry, **fields)
        if entry.subject.startswith("map:"):
            raise KeyboardInterrupt
        return added

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(archive_run.Records, "add_set", stop_after_a_map)
        run(tmp_path / "archive", tmp_path)
    run(tmp_path / "archive", tmp_path)
    assert len(results(tmp_path, "defect_map")) == 2


def test_flat_fields_without_the_kerma_of_the_others_are_left_out_of_the_response(tmp_path):
    day = day_of_tests(tmp_path / "archive")
    rows = (day / "kerma.csv").read_text().splitlines()
    (day / "kerma.csv").write_text("\n".join(row for row in rows if not row.startswith("00002")))
    summary = run(tmp_path / "archive", tmp_path)
    # by the room's exposure index, the only source left, its kerma would be 10^0.25 times too high
    (transfer,) = results(tmp_path, "signal_transfer")
    assert transfer.kerma_ugy.tolist() == [0.5, 2.5, 8.0]
    (row,) = outcomes(tmp_path, "acquisition_set")
    assert (row["kind"], row["reason"]) == ("not_measurable", "no_kerma")
    assert summary.unmeasured == 1

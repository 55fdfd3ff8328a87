"""A run over detector tests yields response, noise, MTF, NPS and DQE of each detector, true to the simulation."""

from __future__ import annotations

import dataclasses
import re
import shutil

import numpy as np
import pytest
from executor_here import Here

import xrayiq
from xrayiq.procedures import RESULT_TYPES
from xrayiq_phantoms import Defect, simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

DIRECT, LOGARITHMIC = ROOMS[0], ROOMS[1]
#: without their correction they would count as structured noise and lower the DQE to a fifth
DEFECTS = (
    Defect(kind="hot", row=300, column=300),
    Defect(kind="dead", row=20, column=400),
)


@pytest.fixture(scope="module")
def tested(tmp_path_factory):
    """Archive and store of two rooms, one logarithmic, after a run."""
    folder = tmp_path_factory.mktemp("tests")
    faulty = dataclasses.replace(
        DIRECT,
        test=dataclasses.replace(DIRECT.test, detector=dataclasses.replace(DIRECT.test.detector, defects=DEFECTS)),
    )
    simulate_detector_tests(folder / "archive", rooms=(faulty, LOGARITHMIC), flats=2, edges=2, shape=(704, 704))
    url = f"sqlite:///{folder / 'qa.db'}"
    summary = xrayiq.run(folder / "archive", url, client=Here())
    return folder / "archive", url, summary


def results(url, procedure, room):
    with xrayiq.open_records(url) as records:
        found = list(records.results(RESULT_TYPES, procedure=procedure))
    return [stored.result for stored in found if stored.equipment.station_name == room.name]


def test_nothing_that_should_be_measurable_was_not(tested):
    _, url, summary = tested
    assert summary.unmeasured == 0
    with xrayiq.open_records(url) as records:
        outcomes = records.frame("outcomes")
    assert set(outcomes.loc[outcomes["kind"] != "measured", "reason"]) == {"not_dicom"}


@pytest.mark.parametrize("room", [DIRECT, LOGARITHMIC], ids=["linear", "log"])
def test_response_is_that_of_the_detector(tested, room):
    (transfer,) = results(tested[1], "signal_transfer", room)
    model, a, b, _ = room.test.detector.response_coefficients
    assert transfer.response.model == model
    kerma = np.array([0.3, 2.5, 20.0])
    truth = a + b * (kerma if model == "linear" else np.log(kerma))
    # a table of exact kerma: noise of the means of 50 000 pixels, and the heel's curvature, below 0.2 %
    np.testing.assert_allclose(transfer.response.to_kerma_ugy(truth) / kerma, 1.0, atol=2e-3)


@pytest.mark.parametrize("room", [DIRECT, LOGARITHMIC], ids=["linear", "log"])
def test_noise_components_cover_the_truth(tested, room):
    (noise,) = results(tested[1], "noise_components", room)
    detector = room.test.detector
    kerma = np.array([0.3, 2.5, 20.0])
    truth = np.asarray(detector.noise_variance_ugy2(kerma))
    found = noise.electronic + noise.quantum * kerma + noise.structured * kerma**2
    # fourteen images of 121 or 225 tiles: 1 to 2 %; each tile's plane takes up to 1.5 % of correlated noise
    np.testing.assert_allclose(found / truth, 1.0, atol=0.05)


@pytest.mark.parametrize("room", [DIRECT, LOGARITHMIC], ids=["linear", "log"])
def test_sharpness_and_dqe_are_those_of_the_detector(tested, room):
    detector = room.test.detector
    dqes = results(tested[1], "dqe", room)
    assert sorted((dqe.across, round(dqe.kerma_ugy, 2)) for dqe in dqes) == [
        (across, kerma) for across in ("columns", "rows") for kerma in (0.78, 2.5, 8.0)
    ]
    for dqe in dqes:
        f = dqe.frequencies_per_mm
        mtf = np.asarray(detector.presampled_mtf(f))
        nps = np.asarray(detector.nps_ugy2_mm2(f, 0.0, dqe.kerma_ugy))
        truth = mtf**2 * dqe.kerma_ugy / (nps * 29653.0)
        used = mtf >= 0.3
        # two images of 0.5 megapixels, 5 % of noise power; two edges in the mode without a window, up to 0.015 of MTF
        np.testing.assert_allclose(dqe.values[used] / truth[used], 1.0, atol=0.2)
        assert abs(np.mean(dqe.values[used] / truth[used]) - 1.0) < 0.08
        assert dqe.beam == "RQA5/2015"


def test_every_image_of_the_logarithmic_room_is_measured_with_its_response(tested):
    uniformities = results(tested[1], "uniformity", LOGARITHMIC)
    (transfer,) = results(tested[1], "signal_transfer", LOGARITHMIC)
    assert len(uniformities) == 14
    assert {each.provenance.response_id for each in uniformities} == {transfer.response.id}


def test_defects_are_found_in_the_set(tested):
    (defects,) = results(tested[1], "defects", DIRECT)
    assert defects.dead_px.tolist() == [[20, 400]]
    assert defects.over_responding_px.tolist() == [[300, 300]]
    (noise,) = results(tested[1], "noise_components", DIRECT)
    assert any("2 defective pixels replaced" in warning for warning in noise.provenance.warnings)


def test_a_new_defect_is_told_from_the_map_of_the_day_before(tmp_path):
    for day, defects in enumerate(((), (Defect(row=100, column=120, rows=3, columns=3),))):
        detector = dataclasses.replace(DIRECT.test.detector, defects=defects)
        room = dataclasses.replace(DIRECT, test=dataclasses.replace(DIRECT.test, detector=detector))
        simulate_detector_tests(
            tmp_path / "all", rooms=(room,), kermas_ugy=(8.0,), flats=2, edges=0, shape=(300, 300), days=2, seed=day
        )
        for folder in sorted((tmp_path / "all" / "DICOM").iterdir())[day : day + 1]:
            shutil.copytree(folder, tmp_path / "archive" / folder.name)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(tmp_path / "archive", url, client=Here())
    maps = results(url, "defect_map", DIRECT)
    assert [(one.version, len(one.pixels_px)) for one in maps] == [(1, 0), (2, 9)]
    (change,) = results(url, "defect_change", DIRECT)
    assert (len(change.new_px), change.large_new_clusters, change.days) == (9, 1, 28)
    assert xrayiq.run(tmp_path / "archive", url, client=Here()).new_outcomes == 0
    with xrayiq.open_records(url) as records:
        page = xrayiq.write_report(records, tmp_path / "report.html").read_text()
    # no level of kerma but one, so no response: the last set is shown all the same, and what changed in it
    assert "Detector tests of 2025-03-31, RQA5/2015" in page
    assert ">Defects since the last map<" in page
    assert ">NNPS by kerma, radial mean<" in page


def test_the_report_shows_the_tests_of_each_detector(tested, tmp_path):
    with xrayiq.open_records(tested[1]) as records:
        page = xrayiq.write_report(records, tmp_path / "report.html").read_text()
    assert page.count("Detector tests of 2025-03-03, RQA5/2015") == 2
    for title in ("Signal transfer", "Noise components", "NNPS by kerma, radial mean", "DQE at 2.5 µGy, RQA5/2015"):
        assert page.count(f">{title}<") >= 2
    assert page.count("18 images; kerma from a table beside the images.") == 2
    assert len(re.findall(r"<th scope=.row.>0.78 µGy</th>", page)) == 4  # two rooms, two axes


def test_second_run_measures_nothing_again(tested):
    archive, url, _ = tested
    with xrayiq.open_records(url) as records:
        before = {name: records.frame(name) for name in ("outcomes", "measurements", "sets", "responses", "files")}
    again = xrayiq.run(archive, url, client=Here())
    assert again.new_outcomes == 0
    with xrayiq.open_records(url) as records:
        for name, frame in before.items():
            assert frame.equals(records.frame(name)), name


def one_flat_of_each_level(source, target):
    """Copy of a room's flat fields without their repeats, and its kerma table."""
    target.mkdir()
    for number in range(1, 15, 2):
        shutil.copy(source / f"{number:05d}.dcm", target)
    return (source / "kerma.csv").read_text()


def test_a_late_kerma_table_makes_a_new_set_that_supersedes_the_old(tested, tmp_path):
    archive = tmp_path / "archive"
    table = one_flat_of_each_level(tested[0] / "DICOM" / "20250303" / "T0012", archive)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(archive, url, client=Here())
    # the room's exposure index is 10^0.25 times too high, and so is the kerma taken from it
    (first,) = results(url, "signal_transfer", LOGARITHMIC)
    assert first.kerma_ugy[0] == pytest.approx(0.3 * 10**0.25, abs=1e-3)
    (archive / "kerma.csv").write_text(table)
    xrayiq.run(archive, url, client=Here())
    (second,) = results(url, "signal_transfer", LOGARITHMIC)
    assert second.kerma_ugy[0] == 0.3
    with xrayiq.open_records(url) as records:
        assert len(records.responses()) == 1
        assert records.responses()[0].response == second.response
    uniformities = results(url, "uniformity", LOGARITHMIC)
    assert {each.provenance.response_id for each in uniformities} == {second.response.id}


def test_a_file_that_is_gone_is_left_out_of_its_set(tested, tmp_path):
    archive = tmp_path / "archive"
    one_flat_of_each_level(tested[0] / "DICOM" / "20250303" / "T0011", archive)
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    xrayiq.run(archive, url, client=Here())
    (archive / "00005.dcm").unlink()
    summary = xrayiq.run(archive, url, client=Here())
    assert summary.outcome_counts.get("error", 0) == 0
    (transfer,) = results(url, "signal_transfer", DIRECT)
    assert transfer.kerma_ugy.size == 6
    assert xrayiq.run(archive, url, client=Here()).new_outcomes == 0


def test_a_table_that_cannot_be_used_is_an_outcome_with_line_and_column(tested, tmp_path):
    archive = tmp_path / "archive"
    one_flat_of_each_level(tested[0] / "DICOM" / "20250303" / "T0011", archive)
    (archive / "kerma.csv").write_text("file,kerma_ugy\n00001.dcm,2;5\n")
    url = f"sqlite:///{tmp_path / 'qa.db'}"
    summary = xrayiq.run(archive, url, client=Here())
    with xrayiq.open_records(url) as records:
        outcomes = records.frame("outcomes")
    (row,) = outcomes[outcomes["procedure"] == "acquisition_set"].to_dict("records")
    assert (row["kind"], row["reason"]) == ("not_measurable", "kerma_table")
    assert "line 2, column kerma_ugy" in row["message"]
    assert summary.unmeasured == 1

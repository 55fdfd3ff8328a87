"""Bulk files are valid objects with identifiers and technique of their own, written fast."""

from __future__ import annotations

import shutil
import subprocess
import time

import numpy as np
import pydicom
import pytest

from xrayiq_phantoms.bulk import plan_bulk, simulate_bulk
from xrayiq_phantoms.bulk_templates import make_templates

COUNT = 120


@pytest.fixture(scope="module")
def bulk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bulk")
    return folder, simulate_bulk(folder, count=COUNT, seed=4), list(plan_bulk(count=COUNT, seed=4))


def test_the_summary_counts_what_was_written(bulk):
    folder, summary, plan = bulk
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.dcm"))
    assert written == [item.path for item in plan]
    assert summary.count == COUNT == sum(summary.kinds.values())
    assert summary.byte_count == sum(path.stat().st_size for path in folder.rglob("*.dcm"))
    assert summary.broken_count == 0


def test_each_file_has_its_own_identifiers(bulk):
    folder, _, plan = bulk
    read = [pydicom.dcmread(folder / item.path, stop_before_pixels=True) for item in plan]
    for keyword in ("SOPInstanceUID", "IrradiationEventUID", "AcquisitionDateTime"):
        assert len({dataset[keyword].value for dataset in read}) == COUNT, keyword
    assert all(dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID for dataset in read)
    assert all(dataset.SOPInstanceUID.is_valid for dataset in read)
    assert len({dataset.PatientID for dataset in read}) == COUNT // 2


def test_headers_state_the_planned_values(bulk):
    folder, _, plan = bulk
    for item in plan:
        read = pydicom.dcmread(folder / item.path, stop_before_pixels=True)
        assert read.SOPInstanceUID == item.sop_instance_uid
        assert read.StudyInstanceUID == item.study_uid
        assert read.PatientName == f"Simulated^Patient{item.patient_id[4:]}"
        assert read.OperatorsName == f"Simulated^Operator{item.operator}"
        assert read.AcquisitionDateTime == f"{item.acquired_at:%Y%m%d%H%M%S.%f}"
        assert item.tube_voltage_kv == read.KVP
        assert read.ExposureInuAs == round(item.exposure_mas * 1000)
        assert read.ExposureIndex == item.exposure_index
        assert read.get("DeviationIndex") == item.deviation_index
        if item.dap_gy_m2 is not None:
            stated = float(read.ImageAndFluoroscopyAreaDoseProduct) * 1e-5
            assert stated == pytest.approx(item.dap_gy_m2, rel=1e-9)


def test_no_placeholder_is_left(bulk):
    folder, _, plan = bulk
    for item in plan:
        content = (folder / item.path).read_bytes()
        header = content[: content.rindex(b"\xe0\x7f\x10\x00") if b"\xe0\x7f\x10\x00" in content else None]
        assert b"19010203" not in header
        assert b"040506.070809" not in header


def test_pixels_of_plain_templates_decode_to_one_image_per_template(bulk):
    folder, _, plan = bulk
    images: dict[int, np.ndarray] = {}
    for item in plan:
        read = pydicom.dcmread(folder / item.path)
        if read.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.70":
            continue  # pydicom decodes no JPEG lossless by itself
        pixels = images.setdefault(item.template, read.pixel_array)
        np.testing.assert_array_equal(read.pixel_array, pixels)
        assert np.ptp(pixels) > 0
    assert len(images) >= 6


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy (dicom3tools) is not installed")
def test_a_file_of_each_template_passes_the_validator(bulk):
    folder, _, plan = bulk
    for item in {item.template: item for item in plan}.values():
        command = ["dciodvfy", str(folder / item.path)]
        checked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        lines = (checked.stderr + checked.stdout).splitlines()
        assert [line for line in lines if line.startswith("Error -")] == [], item.path


def test_the_same_seed_writes_the_same_bytes_whatever_the_count(bulk, tmp_path):
    folder, _, plan = bulk
    simulate_bulk(tmp_path, count=20, seed=4)
    for item in plan[:20]:
        assert (tmp_path / item.path).read_bytes() == (folder / item.path).read_bytes()
    assert next(plan_bulk(count=1, seed=5)).sop_instance_uid != plan[0].sop_instance_uid


def test_broken_files_are_cut_in_their_pixel_data(tmp_path):
    summary = simulate_bulk(tmp_path, count=40, seed=2, broken_fraction=0.5)
    plan = list(plan_bulk(count=40, seed=2, broken_fraction=0.5))
    sizes = [len(template.content) for template in make_templates()]
    assert summary.broken_count == sum(item.broken for item in plan)
    assert 8 <= summary.broken_count <= 32  # binomial of 40 and one half: four sigma
    for item in plan:
        assert ((tmp_path / item.path).stat().st_size < sizes[item.template]) == item.broken
        assert pydicom.dcmread(tmp_path / item.path, stop_before_pixels=True).SOPInstanceUID == item.sop_instance_uid


def test_progress_counts_every_file(tmp_path):
    calls: list[tuple[int, int]] = []
    simulate_bulk(tmp_path, count=3, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("arguments", [{"count": -1}, {"count": 1, "broken_fraction": 1.5}])
def test_meaningless_numbers_are_refused(arguments, tmp_path):
    with pytest.raises(ValueError, match="needed 0 or more"):
        simulate_bulk(tmp_path, **arguments)


def test_five_hundred_files_are_written_in_a_second(tmp_path):
    """Processor time, so that a busy machine does not decide; the faster of two leaves out first imports."""
    seconds = []
    for attempt in range(2):
        start = time.process_time()
        simulate_bulk(tmp_path / str(attempt), count=500, seed=1)
        seconds.append(time.process_time() - start)
    assert min(seconds) < 1.0

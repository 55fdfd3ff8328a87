"""What a dose report costs, beside pydicom's own reader and a walk of the same tree."""

import io
import time

import pydicom

from xrayiq.dicom import content, read_dose_report
from xrayiq_phantoms import simulate_dose_report

#: least ratio asked of the reader (one core)
NEEDED_RATIO = 4.0
#: processor time that is wanted for 1000 reports of 5 events, and for one of 300, and the part of it that is asserted
WANTED_S = {"1000 radiography reports": 10.0, "one report of 300 events": 1.0}
MARGIN = 0.8
REPORTS, PASSES, ROUNDS = 20, 50, 2


def written(dialect, **how):
    buffer = io.BytesIO()
    simulate_dose_report(dialect, **how).dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def walked(source):
    """Comparator: numbers of a report by pydicom alone, with the code of each."""
    found = []

    def walk(item):
        for child in item.get("ContentSequence", ()):
            name = child.ConceptNameCodeSequence[0].CodeValue
            if child.ValueType == "NUM":
                value = child.MeasuredValueSequence[0]
                found.append((name, float(value.NumericValue), value.MeasurementUnitsCodeSequence[0].CodeValue))
            walk(child)

    walk(pydicom.dcmread(io.BytesIO(source)))
    return found


def test_reports_of_radiography_are_read_in_time(benchmark, tmp_path):
    reports = [written("radiography", seed=seed) for seed in range(REPORTS)]
    paths = [tmp_path / f"{number}.dcm" for number in range(REPORTS)]
    for path, report in zip(paths, reports, strict=True):
        path.write_bytes(report)
        products = [number for name, number, _ in walked(report) if name == "122130"]
        assert [event.dap_gy_m2 for event in read_dose_report(path).events] == products

    def ours():
        forget()
        for path in paths:
            read_dose_report(path)

    beside = min(_seconds(lambda: [walked(report) for report in reports]) for _ in range(ROUNDS))
    benchmark.pedantic(ours, rounds=ROUNDS, warmup_rounds=1)
    taken = _seconds(lambda: [ours() for _ in range(PASSES)])
    _judge(benchmark, "1000 radiography reports", taken, beside * PASSES)


def test_one_report_of_300_events_is_read_in_time(benchmark, tmp_path):
    report = written("angiography_two_planes", events=300)
    path = tmp_path / "report.dcm"
    path.write_bytes(report)
    assert len(read_dose_report(path).events) == 300

    def ours():
        forget()
        read_dose_report(path)

    beside = _seconds(lambda: walked(report))
    benchmark.pedantic(ours, rounds=ROUNDS, warmup_rounds=1)
    taken = min(_seconds(ours) for _ in range(ROUNDS))
    _judge(benchmark, "one report of 300 events", taken, beside)


def forget():
    """Nothing of one report helps with reading it again, as in an archive of different ones."""
    content._measured_of_bytes.cache_clear()
    content._code_of_bytes.cache_clear()


def _judge(benchmark, what, taken, beside):
    benchmark.extra_info[f"seconds for {what}"] = round(taken, 2)
    benchmark.extra_info["ratio to pydicom"] = round(beside / taken, 2)
    assert taken < MARGIN * WANTED_S[what], f"{taken:.2f} s"
    assert beside / taken >= NEEDED_RATIO, f"{beside / taken:.2f}"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start

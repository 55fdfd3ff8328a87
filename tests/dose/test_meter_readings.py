"""Tables of a meter as people write them: what is taken, and what is told by its line and column."""

from __future__ import annotations

import contextlib
import csv
import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.dose import assess_dap_readings, assess_generator, is_meter_table, read_meter_readings
from xrayiq.errors import InputError, NotMeasurableError, ReadError
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

PLAIN = "set kVp,set mAs,distance [cm],measured kVp,kerma [µGy]\n80,20,100,83.2,1000.5\n"


def only(text: str | bytes):
    content = text if isinstance(text, bytes) else text.encode()
    found = read_meter_readings(content)
    assert found.faults == ()
    assert len(found.readings) == 1
    return found.readings[0]


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode("utf-8"),
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("latin-1"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", ";").encode(),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode("latin-1"),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        ("Constancy test;;\n# remark\n\n;;;;\n" + PLAIN.replace(",", ";")).encode(),
        b"kVp (set),mAs (set),Distance (m),kVp (measured),Kerma (mGy)\n80,20,1,83.2,1.0005\n",
        b"SET_KVP,Set-mAs,distance mm,Measured  kVp,K / uGy\n80,20,1000,83.2,1000.5\n",
        "kV soll;mAs soll;Abstand [cm];kV ist;Dosis [μGy]\n80;20;100;83,2;1000,5\n".encode(),
    ],
)
def test_every_spelling_of_a_table_gives_the_same_reading(content: bytes) -> None:
    reading = only(content)
    assert (reading.set_voltage_kv, reading.set_exposure_mas, reading.measured_voltage_kv) == (80.0, 20.0, 83.2)
    assert reading.distance_mm == pytest.approx(1000.0, rel=1e-12)  # rounding of the conversion
    assert reading.kerma_ugy == pytest.approx(1000.5, rel=1e-12)


def test_sources_may_be_paths_bytes_and_open_files(tmp_path) -> None:
    path = tmp_path / "meter.csv"
    path.write_text(PLAIN, encoding="utf-8")
    expected = read_meter_readings(PLAIN.encode()).readings
    with path.open(encoding="utf-8") as text, path.open("rb") as binary:
        sources = [path, str(path), io.StringIO(PLAIN), io.BytesIO(PLAIN.encode()), text, binary]
        assert all(read_meter_readings(source).readings == expected for source in sources)
    assert read_meter_readings(path).source == "meter.csv"


def test_units_are_converted_at_the_edge() -> None:
    heading = (
        "test,set time [s],set mA,measured time [s],thickness [cm],HVL [mm Al],detector kerma [mGy],leakage [µGy/h]"
    )
    more = ",displayed DAP [cGy·cm²],field width [cm],field area [cm²],dose [µGy]"
    reading = only(heading + more + "\ntimer,0.1,200,0.102,20,2.9,0.0025,300,12,15,225,7\n")
    assert reading.test == "timer_accuracy"
    assert reading.set_time_ms == pytest.approx(100.0, rel=1e-12)  # rounding, here and below
    assert reading.measured_time_ms == pytest.approx(102.0, rel=1e-12)
    assert reading.exposure_mas == pytest.approx(20.0, rel=1e-12)
    assert reading.thickness_mm == pytest.approx(200.0, rel=1e-12)
    assert reading.half_value_layer_mm_al == pytest.approx(2.9, rel=1e-12)
    assert reading.detector_kerma_ugy == pytest.approx(2.5, rel=1e-12)
    assert reading.leakage_mgy_per_h == pytest.approx(0.3, rel=1e-12)
    assert reading.displayed_dap_gy_m2 == pytest.approx(12e-6, rel=1e-12)  # 1 cGy·cm² is 1e-6 Gy·m²
    assert reading.field_area_mm2 == pytest.approx(22500.0, rel=1e-12)


def test_a_simulated_table_comes_back_number_by_number() -> None:
    rows = simulate_meter_rows(Generator(voltage_error_fraction=0.04))
    found = read_meter_readings(meter_table(rows, separator=";", decimal=",").encode())
    assert found.faults == ()
    assert len(found.readings) == len(rows)
    for reading, row in zip(found.readings, rows, strict=True):
        for key in ("set_voltage_kv", "kerma_ugy", "measured_time_ms", "exposure_index"):
            expected = row.get(key)
            assert getattr(reading, key) == (
                None if expected is None else pytest.approx(expected, abs=1e-8)
            )  # 9 decimals


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("eighty", "text; needed a number"),
        ("8_0", "'8_0'; needed a number"),
        ("nan", "'nan'; needed a number above 0"),
        ("inf", "'inf'; needed a number above 0"),
        ("-80", "'-80'; needed a number above 0"),
        ("0", "'0'; needed a number above 0"),
        ("1e13", "'1e13'; needed a number of a size that a meter can show"),
        ("1e-16", "'1e-16'; needed a number of a size that a meter can show"),
        ('"80,5"', "'80,5'; needed a number with a decimal point, as elsewhere in the table"),
    ],
)
def test_a_bad_number_is_told_by_line_and_column_and_the_rest_is_kept(cell: str, said: str) -> None:
    found = read_meter_readings(f"set kVp,set mAs,kerma [mGy]\n60,10,0.5\n{cell},20,1.5\n".encode())
    assert [(fault.line, fault.column, fault.message) for fault in found.faults] == [(3, "set kVp", said)]
    assert found.faults[0].text == f"line 3, set kVp: {said}"
    assert found.readings[1].set_voltage_kv is None
    assert found.readings[1].kerma_ugy == pytest.approx(1500.0, rel=1e-12)  # rounding


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("kerma", "no unit for 'kerma'; needed one of mGy, Gy, dGy, uGy, cGy in brackets"),
        ("kerma [mR]", "unit 'mR' for 'kerma'"),
        ("set kVp [mm]", "unit 'mm' for 'set kvp'"),
    ],
)
def test_a_column_without_a_usable_unit_is_left_out_and_told(heading: str, said: str) -> None:
    found = read_meter_readings(f"set mAs,measured kVp,{heading}\n20,81,1000\n".encode())
    assert [(fault.line, fault.column) for fault in found.faults] == [(1, heading)]
    assert said in found.faults[0].message
    assert (found.readings[0].kerma_ugy, found.readings[0].set_voltage_kv) == (None, None)


def test_unknown_columns_are_listed_and_second_ones_are_faults() -> None:
    found = read_meter_readings(b"set kVp,measured kVp,remark,kVp set,\n80,81,warm,90,\n")
    assert found.unused_columns == ("remark",)
    assert [(fault.column, "second column" in fault.message) for fault in found.faults] == [("kVp set", True)]
    assert found.readings[0].set_voltage_kv == 80.0


def test_an_unknown_test_and_surplus_cells_are_told() -> None:
    found = read_meter_readings(b"test,set kVp,measured kVp\nwarm-up,80,81\nkVp,80,81,7\n,,\nkVp,,\n")
    assert [(fault.line, fault.column) for fault in found.faults] == [(2, "test"), (3, "")]
    assert "unknown test; needed one of voltage_accuracy, " in found.faults[0].message
    assert "4 cells; needed at most 3" in found.faults[1].message
    assert [reading.line for reading in found.readings] == [3]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b,c\n1,2,3\n",
        "kerma [µGy],dose\n1,2\n",
        "file,set kVp,kerma [µGy]\nflat.dcm,70,2.5\n",
        "set kVp,set mAs\n80,20\n",
        "exposure_mas,tube_voltage_kv,kerma_ugy\n20,70,2.5\n",
        "set kVp,set mAs,kerma [µGy],beam\n70,20,2.5,RQA5\n",
    ],
)
def test_a_table_without_settings_and_readings_is_no_meters(text: str) -> None:
    assert not is_meter_table(text.encode())
    with pytest.raises(NotMeasurableError, match=r"needed the headings of a setting .* and of a reading") as caught:
        read_meter_readings(text.encode())
    assert caught.value.reason == "no_meter_table"


def test_a_meters_table_is_recognised_by_its_headings() -> None:
    assert is_meter_table(PLAIN.encode())
    assert is_meter_table(b"test,kerma\nreproducibility,5\n")  # its unit is missing, which reading it tells
    assert not is_meter_table(b"\0\0DICM" * 100)
    assert not is_meter_table(b"x" * 2_000_001)


def test_what_is_no_text_too_long_or_not_there_is_refused(tmp_path) -> None:
    with pytest.raises(ReadError, match="no text; needed comma-separated values"):
        read_meter_readings(b"set kVp,measured kVp\n\x00\x01\x02")
    with pytest.raises(ReadError, match="more than 2000000 bytes"):
        read_meter_readings(b"x" * 2_000_001)
    with pytest.raises(ReadError, match="10001 rows; needed at most 10000"):
        read_meter_readings(PLAIN.encode() + b"80,20,100,80,1\n" * 10_000)
    with pytest.raises(ReadError, match=r"gone.csv: cannot be read"):
        read_meter_readings(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="source of type int"):
        read_meter_readings(7)  # type: ignore[arg-type]  # what a caller may give by mistake


WORDS = ["", "80", "0", "-1", "1e308", "1e-320", "80,5", "nan", "kVp", "HVL", "AEC", "leakage", "DAP", "x"]
CELLS = st.one_of(st.sampled_from(WORDS), st.floats(min_value=0, max_value=1e6).map(str), st.text(max_size=6))
KNOWN = (
    "test,group,chamber,set kVp,set mA,set ms,set mAs,distance [cm],filter [mm],HVL,EI,measured kVp,kerma [Gy],"
    "measured ms,measured mAs,leakage [Gy/h],dap [Gym2],field area [m2],remark,kerma,"
)
HEADINGS = st.sampled_from(KNOWN.split(","))


@settings(deadline=None, max_examples=150)
@given(
    headings=st.lists(HEADINGS, min_size=2, max_size=9),
    rows=st.lists(st.lists(CELLS, max_size=10), max_size=8),
    separator=st.sampled_from(",;\t"),
)
def test_any_table_gives_finite_numbers_or_a_reason(headings: list[str], rows: list[list[str]], separator: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([headings, *rows])
    content = text.getvalue().encode(errors="surrogatepass")
    try:
        readings = read_meter_readings(content)
    except (ReadError, NotMeasurableError) as error:
        assert error.explanation
        return
    for assess in (assess_generator, assess_dap_readings):
        with contextlib.suppress(NotMeasurableError):
            assert all(math.isfinite(each.value) for each in assess(readings).measurements())


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_told_apart_from_a_table(content: bytes) -> None:
    assert is_meter_table(content) in (True, False)

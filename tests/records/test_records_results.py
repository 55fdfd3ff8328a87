from __future__ import annotations

import io
import math
import pickle
import sqlite3
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from records_builders import EXPOSED_AT, TYPES, Curve, add, begin, curve, header, outcomes

from xrayiq.errors import InputError, RecordsError
from xrayiq.model import Outcome, Provenance, Result
from xrayiq.records import Records, pack_outcome

ARRAYS = {
    "float64": np.array([[0.1, np.nan], [-np.inf, -0.0]]),
    "NaN with a payload": np.array([0x7FF8_0000_0000_1234], dtype=np.uint64).view(np.float64),
    "float32": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
    "uint8": np.arange(256, dtype=np.uint8).reshape(16, 16),
    "big endian": np.arange(4, dtype=">i2"),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j]),
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "strided": np.arange(20.0)[::3],
    "empty": np.empty((0, 3)),
    "no dimension": np.array(3.5),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Anything(Result):
    """A result that holds one array and numbers that JSON does not know."""

    array: NDArray[Any]
    number: float = math.nan
    bounds: tuple[float | None, ...] = (math.inf, None, -math.inf)
    provenance: Provenance = field(default_factory=lambda: Provenance(algorithm="anything", algorithm_version=1))


def stored(records: Records, result: Result) -> Result:
    outcome = Outcome(subject="1.2.1", procedure="mtf", kind="measured", result=result)
    add(records, begin(records), 1, outcomes=[outcome])
    (found,) = records.results({type(result).__name__: type(result)})
    return found.result


def change(path: Path, column: str, value: object) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE outcomes SET {column} = ? WHERE procedure = 'mtf'", [value])  # noqa: S608 - ours
    connection.close()


@pytest.mark.parametrize("name", ARRAYS)
def test_array_comes_back_bit_for_bit(records: Records, name: str) -> None:
    array = ARRAYS[name]
    back = stored(records, Anything(array=array))
    assert isinstance(back, Anything)
    assert (back.array.dtype, back.array.shape) == (array.dtype, array.shape)
    assert back.array.tobytes() == array.tobytes()


def test_numbers_that_json_does_not_know_come_back(records: Records) -> None:
    back = stored(records, Anything(array=np.zeros(1)))
    assert isinstance(back, Anything)
    assert math.isnan(back.number)
    assert back.bounds == (math.inf, None, -math.inf)


def test_whole_result_comes_back_with_what_it_belongs_to(records: Records) -> None:
    add(records, begin(records), 1)
    (found,) = records.results(TYPES)
    assert (found.subject, found.procedure, found.object_kind) == ("1.2.1", "mtf", "flat_field")
    assert (found.exposed_at, found.equipment) == (EXPOSED_AT, header(1).acquisition.equipment)
    back = found.result
    assert isinstance(back, Curve)
    made = curve(1)
    assert (back.f50_per_mm, back.corners_px, back.mode) == (made.f50_per_mm, made.corners_px, made.mode)
    assert back.provenance == made.provenance
    assert back.to_dict() == made.to_dict()


def test_result_is_loaded_by_the_id_in_the_frames(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 2)
    frame = records.frame("outcomes")
    (key,) = frame.loc[(frame["subject"] == "1.2.2") & (frame["procedure"] == "mtf"), "id"]
    loaded = records.load_result(int(key), TYPES)
    assert (loaded.outcome_id, loaded.subject) == (key, "1.2.2")
    assert loaded.result.to_dict() == curve(2).to_dict()
    with pytest.raises(InputError, match="outcome 999"):
        records.load_result(999, TYPES)


def test_results_of_one_procedure_come_in_pages(records: Records) -> None:
    run_id = begin(records)
    with records.transaction():
        for number in range(150):  # more than two pages
            add(records, run_id, number)
    assert [found.subject for found in records.results(TYPES, procedure="mtf")] == [f"1.2.{n}" for n in range(150)]
    assert list(records.results(TYPES, procedure="nps")) == []


def test_superseded_results_are_left_out_unless_asked_for(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 1, plan_digest="plan2", outcomes=outcomes(1, parameter_digest="p2"))
    assert [found.parameter_digest for found in records.results(TYPES)] == ["p2"]
    assert [found.parameter_digest for found in records.results(TYPES, superseded=True)] == ["p1", "p2"]


def test_store_can_be_written_while_results_are_read(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    for _ in records.results(TYPES):
        add(records, run_id, 2)
    assert records.has_subject("1.2.2")


def test_whole_header_comes_back(records: Records) -> None:
    full = header(1, pixel_pitch_mm=(0.15, 0.15), image_type=("ORIGINAL", "PRIMARY"), exposure_index=0.0)
    add(records, begin(records), 1, header=full)
    assert records.header("1.2.1") == full
    assert records.header("1.2.2") is None


def test_outcome_packed_in_a_worker_is_the_same_as_one_packed_here(records: Records) -> None:
    packed = [pickle.loads(pickle.dumps(pack_outcome(outcome))) for outcome in outcomes(1)]  # noqa: S301 - our own
    assert packed == [pack_outcome(outcome) for outcome in outcomes(1)]  # equal results give equal bytes
    assert add(records, begin(records), 1, outcomes=packed) == 3
    assert add(records, begin(records), 1) == 0


def test_result_of_an_unknown_class_is_named(records: Records) -> None:
    add(records, begin(records), 1)
    with pytest.raises(RecordsError, match=r"type Curve; needed one of Anything"):
        list(records.results({"Anything": Anything}))


def test_result_that_does_not_fit_its_class_is_refused(records: Records) -> None:
    add(records, begin(records), 1)
    with pytest.raises(RecordsError, match="does not fit"):
        list(records.results({"Curve": Anything}))


@pytest.mark.parametrize("json_text", ["", "{", "[]", '{"values": 1}'])
def test_damaged_json_is_refused(records: Records, store_path: Path, json_text: str) -> None:
    add(records, begin(records), 1)
    change(store_path, "result_json", json_text)
    with pytest.raises(RecordsError):
        list(records.results(TYPES))


def test_damaged_arrays_are_refused(records: Records, store_path: Path) -> None:
    add(records, begin(records), 1)
    whole = pack_outcome(outcomes(1)[1]).result_npz
    assert whole is not None
    flipped = bytearray(whole)
    flipped[60] ^= 0xFF
    for damaged in (b"", whole[: len(whole) // 2], bytes(flipped)):
        change(store_path, "result_npz", damaged)
        with pytest.raises(RecordsError):
            list(records.results(TYPES))


def test_pickle_in_the_store_is_never_loaded(records: Records, store_path: Path) -> None:
    add(records, begin(records), 1)
    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([print], dtype=object), allow_pickle=True)
    hostile = io.BytesIO()
    with zipfile.ZipFile(hostile, "w") as archive:
        archive.writestr("frequencies_per_mm.npy", content.getvalue())
        archive.writestr("values.npy", content.getvalue())
    for member in (hostile.getvalue(), pickle.dumps({"values": 1})):
        change(store_path, "result_npz", member)
        with pytest.raises(RecordsError):
            list(records.results(TYPES))


def test_array_of_objects_is_refused() -> None:
    outcome = Outcome(subject="1", procedure="p", kind="measured", result=Anything(array=np.array([None])))
    with pytest.raises(TypeError, match="array"):
        pack_outcome(outcome)

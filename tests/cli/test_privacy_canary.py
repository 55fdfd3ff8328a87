"""No name of a person leaves an archive: whatever is written or said of one is searched for the names planted in it."""

from __future__ import annotations

import base64
import re
import sqlite3
import sys
import threading
import unicodedata
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from canaries import BIRTH_DATE, CLINICAL, CLOSED_LIST, STEM, image, make_archive, text_keywords

import xrayiq
from xrayiq.batch import files, watch
from xrayiq.cli import main
from xrayiq.cli.printing import say
from xrayiq.exchange import table_names
from xrayiq.procedures import RESULT_TYPES
from xrayiq_phantoms import Detector, simulate_clinical, simulate_edge, simulate_flat

#: what a terminal, a browser or a spreadsheet would act on
HOSTILE = "=1+1\x1b[31mred\x1b]0;t\x07\u202e\u2066\x9b<script>x</script>"


ALL_TABLES = [word for name in table_names() for word in ("--table", name)]
EXPORTS = {
    "book.xlsx": ALL_TABLES,
    "tables.zip": ["--as", "csv", *ALL_TABLES],
    "tables": ["--as", "json", *ALL_TABLES],
    "qc.json": ["--as", "quaac", "--performer", "Q", "--email", "qa@example.org"],
    "sr": ["--as", "sr"],
}


@pytest.fixture(scope="module", autouse=True)
def own_key(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(tmp_path_factory.mktemp("key") / "person.key"))
        yield


@pytest.fixture(scope="module")
def pixels():
    detector = Detector(pixel_pitch_mm=0.3)
    chest = simulate_clinical(detector, anatomy="chest", shape=(400, 400), kerma_ugy=2.5, seed=1).pixels
    flat = simulate_flat(detector, shape=(512, 512), kerma_ugy=2.5, seed=1).pixels
    return chest, flat, simulate_edge(detector, shape=(512, 512), angle_deg=3.0, seed=1).pixels


@pytest.fixture(scope="module")
def archive(pixels, tmp_path_factory):
    return make_archive(tmp_path_factory.mktemp("canaries") / f"{STEM}_archive", pixels)


class Said:
    """What comes out on both streams, with warnings and log lines, which pytest takes off them."""

    def __init__(self, capture, log):
        self._capture = capture
        self._log = log

    def __enter__(self):
        self._capture.readouterr()
        self._log.clear()
        self._warnings = warnings.catch_warnings(record=True)
        self._caught = self._warnings.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *failure):
        self._warnings.__exit__(*failure)
        out, err = self._capture.readouterr()
        self.content = out + err + self._log.text.encode() + "".join(str(w.message) for w in self._caught).encode()


@pytest.fixture
def said(capfdbinary, caplog):
    return Said(capfdbinary, caplog)


@pytest.fixture
def command(said, tmp_path, monkeypatch):
    """What a command says, in the folder of the test and in its process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["xrayiq", *map(str, arguments)])
        with said, pytest.raises(SystemExit) as left:
            main()
        assert left.value.code in (0, 1, 3), said.content.decode()
        return said.content

    return call


def found_in(content: bytes) -> list[bytes]:
    """Where a canary stands in some bytes, in any of the usual encodings."""
    lowered = content.lower()
    hits = [
        lowered[max(at.start() - 40, 0) : at.end() + 20]
        for encoding in ("utf-8", "utf-16-le", "utf-16-be")
        for at in re.finditer(re.escape(STEM.lower().encode(encoding)), lowered)
    ]
    return hits + [birth for birth in (BIRTH_DATE.encode(), b"1901-02-03") if birth in lowered]


def store_content(database):
    """Every table and column but the index of paths, packed arrays unpacked."""
    with sqlite3.connect(database) as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = store.execute(f"SELECT * FROM {table}")  # noqa: S608 - names from the database itself
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if (table, column) == ("files", "relative_path"):
                        continue
                    yield f"{table}.{column}", value if isinstance(value, bytes) else str(value).encode()
                    if isinstance(value, bytes) and value[:2] == b"PK":
                        with zipfile.ZipFile(BytesIO(value)) as arrays:
                            yield f"{table}.{column}", b"".join(arrays.read(name) for name in arrays.namelist())


def exported(place):
    """Contents of what was exported, those of archives and workbooks unpacked."""
    for file in sorted(place.iterdir()) if place.is_dir() else [place]:
        if zipfile.is_zipfile(file):
            with zipfile.ZipFile(file) as archive:
                yield from (archive.read(name) for name in archive.namelist())
        else:
            yield file.read_bytes()


def search_log(path, archive):
    log = path.read_bytes()
    assert log.count(b'"object"') > 10
    assert not found_in(log), found_in(log)
    assert archive.name.encode() not in log


def search_store(path):
    searched = 0
    for place, content in store_content(path):
        assert not found_in(content), (place, found_in(content))
        searched += 1
    assert searched > 1000


def test_names_leave_neither_attributes_nor_files(archive, command, tmp_path):
    assert len(list(text_keywords())) > 500
    for output in ("table", "csv"):
        told = command("run", archive, "--dry-run", "--format", output)
        assert b"unreadable" in told
        assert not found_in(told), found_in(told)
    assert not list(tmp_path.iterdir())
    told = command("run", archive, "--workers", "1", "--log", "run.jsonl")
    assert not found_in(told), found_in(told)
    search_log(tmp_path / "run.jsonl", archive)
    search_store(tmp_path / "xrayiq.db")

    told = command("report", "--out", "report.html")
    assert not found_in(told), found_in(told)
    page = (tmp_path / "report.html").read_bytes()
    assert not found_in(page), found_in(page)
    for encoded in re.findall(rb"base64,([A-Za-z0-9+/=]+)", page):
        assert not found_in(base64.b64decode(encoded))

    for target, options in EXPORTS.items():
        told = command("records", "export", "--out", target, *options, "--format", "csv")
        assert not found_in(told), found_in(told)
        for content in exported(tmp_path / target):
            assert not found_in(content), (target, found_in(content))

    with xrayiq.open_records(f"sqlite:///{tmp_path / 'xrayiq.db'}") as records:
        for name in ("runs", "equipment", "objects", "outcomes", "measurements", "verdicts", "sets", "responses"):
            assert not found_in(records.frame(name).to_csv().encode()), name
        assert not found_in(records.frame("files").drop(columns="relative_path").to_csv().encode())
        for stored in records.results(RESULT_TYPES):
            assert not found_in(str(stored).encode())


def test_names_leave_no_watch_and_no_executor(archive, said, tmp_path):
    """What `xrayiq run --watch` says goes through the same `say`."""
    stop, lines = threading.Event(), []

    def tell(line):
        say(line)
        lines.append(line)
        if line.startswith("quiet") and any("files measured" in earlier for earlier in lines):
            stop.set()

    url, log = f"sqlite:///{tmp_path / 'qa.db'}", tmp_path / "watch.jsonl"
    times = {"settle_s": 0.0, "quiet_s": 0.0, "poll_s": 0.01}
    with said, ThreadPoolExecutor(1) as client:
        watch(archive, url, client=client, stop=stop, say=tell, log=log, **times)
    assert b"files measured: " in said.content
    assert b"acquisition sets measured" in said.content
    assert not found_in(said.content), found_in(said.content)
    search_log(log, archive)
    search_store(tmp_path / "qa.db")


def test_names_leave_no_cluster(pixels, said, tmp_path, monkeypatch):
    """Dask logs the arguments of what fails, and here everything fails, as it takes too long."""
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    (tmp_path / f"{STEM}^Folder").mkdir()
    image(pixels[0], tmp_path / f"{STEM}^Folder" / f"{STEM}.dcm", instance="chest", technique=CLINICAL)
    monkeypatch.setattr(files, "OBJECT_TIMEOUT_S", 0.001)
    settings = {"processes": False, "n_workers": 1, "threads_per_worker": 1, "dashboard_address": None}
    with said, distributed.Client(**settings, silence_logs=False, set_as_default=False) as client:
        url = f"sqlite:///{tmp_path / 'qa.db'}"
        xrayiq.run(tmp_path / f"{STEM}^Folder", url, client=client, log=tmp_path / "run.jsonl")
    assert b"timed_out" in (tmp_path / "run.jsonl").read_bytes()
    assert b"do_task" in said.content
    for content in (said.content, (tmp_path / "run.jsonl").read_bytes()):
        assert not found_in(content), found_in(content)


def test_names_leave_no_single_file_either(archive, command, tmp_path):
    plain = tmp_path / "plain"  # the name of a file that the user gives is shown, so it is no name here
    plain.mkdir()
    for number, file in enumerate(sorted(archive.rglob("*.dcm"))):
        if file.is_file():
            (plain / f"{number}.dcm").write_bytes(file.read_bytes())
    for name, *options in (("score", "--format", "json"), ("inspect", "--html", "page.html")):
        told = command(name, plain, *options)
        assert not found_in(told), (name, found_in(told))
    page = (tmp_path / "page.html").read_bytes()
    assert b"base64," in page
    assert not found_in(page), found_in(page)
    for encoded in re.findall(rb"base64,([A-Za-z0-9+/=]+)", page):
        assert not found_in(base64.b64decode(encoded))
    for file in sorted(plain.iterdir()):
        for call in (xrayiq.read, xrayiq.read_acquisition, xrayiq.read_dose_report):
            try:
                told = repr(call(file))
            except xrayiq.errors.XrayiqError as error:
                told = str(error)
            assert not found_in(told.encode()), told


def test_text_of_headers_is_shown_without_what_acts(pixels, command, tmp_path):
    def fill(dataset):
        dataset.SpecificCharacterSet = "ISO_IR 192"
        for keyword in sorted(CLOSED_LIST - {"Grid", "FilterMaterial"}):
            setattr(dataset, keyword, HOSTILE)
        dataset.BodyPartExamined = "=1+1\x1b[31mA"

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library that writes such a header for us
        made = image(pixels[0], tmp_path / "a.dcm", instance="hostile", fill=fill, technique=CLINICAL)
    with ThreadPoolExecutor(1) as client:
        xrayiq.run(made, "sqlite:///xrayiq.db", client=client)
    shown = [("score", "table"), ("inspect", "table"), ("inspect", "csv")]
    told = [command(name, made, "--format", output).decode() for name, output in shown]
    for text in told:
        acting = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")} - {"\n"}
        assert not acting, (acting, text)
    assert "'=1+1" in told[-1]
    assert ",=1+1" not in told[-1]
    command("report", "--out", "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "&lt;script&gt;x" in page
    assert "<script>x" not in page
    assert "\x1b" not in page

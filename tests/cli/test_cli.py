"""The command line: exit codes, data on stdout, messages on stderr, safe text."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from command_line import xrayiq

from xrayiq.cli.application import application
from xrayiq.cli.printing import Format, printable, show
from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_clinical, simulate_edge, write_dicom

DETECTOR = Detector(pixel_pitch_mm=0.3)
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Files by what scoring them should end in."""
    folder = tmp_path_factory.mktemp("files")
    edge = simulate_edge(DETECTOR, shape=(500, 500), angle_deg=3.0, seed=1).pixels
    chest = simulate_clinical(DETECTOR, anatomy="chest", shape=(600, 600), kerma_ugy=2.5, seed=1).pixels

    def write(name, pixels, **technique):
        write_dicom(
            folder / name,
            pixels,
            pixel_pitch_mm=0.3,
            technique=Technique(**technique),
            identifiers=Identifiers(instance=name),
        )
        return folder / name

    exam = {"body_part": "CHEST", "view_position": "PA", "target_exposure_index": 250.0}
    (folder / "notes.txt").write_text("no image")
    return {
        "edge": write("edge.dcm", edge, protocol_name="MTF"),
        "good": write("good.dcm", chest, exposure_index=250.0, **exam),
        "over": write("over.dcm", chest, exposure_index=800.0, **exam),
        "constant": write("constant.dcm", np.full((400, 400), 100, np.uint16), protocol_name="Flat field"),
        "text": folder / "notes.txt",
    }


def started(*arguments, folder, **settings):
    """Start the installed command as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from xrayiq.cli import main; main()", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XRAYIQ_KEY_FILE": str(folder / "person.key")},
        **settings,
    )


@pytest.mark.parametrize(("name", "code"), [("edge", 0), ("good", 0), ("over", 1), ("constant", 3), ("text", 0)])
def test_exit_code_of_score(files, name, code):
    done = xrayiq("score", files[name], "--format", "json")
    assert done.returncode == code, done.stdout + done.stderr
    assert isinstance(json.loads(done.stdout), list)


def test_score_prints_full_precision_and_reasons(files):
    rows = list(csv.DictReader(io.StringIO(xrayiq("score", files["over"], "--format", "csv").stdout)))
    index = next(row for row in rows if row["quantity"] == "deviation_index")
    assert float(index["value"]) == 10.0 * np.log10(800.0 / 250.0)
    assert (index["status"], index["limit"]) == ("fail", "tg116_deviation_index")
    assert "TG-116" in index["limit_source"]
    (constant,) = json.loads(xrayiq("score", files["constant"], "--format", "json").stdout)
    assert {row["reason"] for row in constant["outcomes"] if row["procedure"] == "uniformity"} == {"constant_image"}


def test_json_of_score_and_inspect_is_typed(files):
    (over,) = json.loads(xrayiq("score", files["over"], "--format", "json").stdout)
    verdicts = [verdict for outcome in over["outcomes"] for verdict in outcome["verdicts"]]
    failed = next(verdict for verdict in verdicts if verdict["status"] == "fail")
    assert failed["limit"]["fail_high"] == 3.0
    assert failed["measurement"]["quantity"] == "deviation_index"
    (inspected,) = json.loads(xrayiq("inspect", files["over"], "--format", "json").stdout)
    assert inspected["header"]["acquisition"]["exposure_index"] == 800.0
    assert inspected["kind"] == "clinical"


def test_score_measures_the_frame_asked_for(files):
    done = xrayiq("score", files["over"], "--frame", "2", "--format", "json")
    (scored,) = json.loads(done.stdout)
    assert [(outcome["procedure"], outcome["reason"]) for outcome in scored["outcomes"]] == [("read", "no_such_frame")]
    assert "the object has 1 frame" in scored["outcomes"][0]["message"]
    assert done.returncode == 3
    first = xrayiq("score", files["over"], "--frame", "1", "--format", "json")
    assert first.stdout == xrayiq("score", files["over"], "--format", "json").stdout


@pytest.mark.parametrize(
    "arguments",
    [["score"], ["score", "missing.dcm"], ["score", ".", "--frame", "0"], ["fly"], ["run", ".", "--workers", "0"]],
)
def test_usage_errors_exit_with_two(arguments, tmp_path):
    done = xrayiq(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""


def test_site_file_with_a_mistake_is_a_usage_error(files, tmp_path):
    (tmp_path / "site.toml").write_text("nonsense = 1")
    done = xrayiq("score", files["edge"], "--site", tmp_path / "site.toml")
    assert done.returncode == 2
    assert "unknown key 'nonsense'" in done.stderr


def test_store_that_is_no_database_is_an_internal_error(files, tmp_path):
    (tmp_path / "broken.db").write_text("this is no database, only text that is long enough to be looked at")
    done = xrayiq("run", files["edge"], "--records", f"sqlite:///{tmp_path / 'broken.db'}", folder=tmp_path)
    assert done.returncode == 4
    assert "Traceback" not in done.stderr


def test_run_then_report_in_the_working_folder(files, tmp_path):
    process = started("run", files["over"].parent, "--workers", "1", "--format", "json", folder=tmp_path)
    out, err = process.communicate()
    assert process.returncode == 1, err
    (summary,) = json.loads(out)
    assert summary["files"] == 5
    assert summary["exit_code"] == 1
    assert (tmp_path / "xrayiq.db").exists()
    done = xrayiq("report", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").stat().st_size > 1000


def test_inspect_explains_and_exits_with_zero(files):
    done = xrayiq("inspect", files["constant"], files["text"])
    assert done.returncode == 0, done.stderr
    assert "flat field" in done.stdout
    assert "not a DICOM file" in done.stdout


def test_help_answers_in_half_a_second(tmp_path):
    # processor time, which equals the wall time of a start on a quiet machine and does not suffer from a busy one
    assert min(processor_seconds_of_help(tmp_path) for _ in range(3)) < 0.5


def processor_seconds_of_help(folder):
    resource = pytest.importorskip("resource", reason="this system does not count the processor time of children")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = started("--help", folder=folder)
    process.communicate()
    assert process.returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_every_command_has_help_and_stands_in_the_readme():
    text = README.read_text(encoding="utf-8")
    commands = list(named_commands(application))
    assert "records event add" in [name for name, _ in commands]
    for name, command in commands:
        assert command.callback is not None
        assert (command.callback.__doc__ or "").strip()
        assert re.search(rf"xrayiq {name}\b", text), name


def named_commands(group, before=""):
    """Commands of a group and of the groups in it, with the words that one types."""
    for command in group.registered_commands:
        yield before + (command.name or command.callback.__name__), command
    for inner in group.registered_groups:
        yield from named_commands(inner.typer_instance, f"{before}{inner.name} ")


def test_control_sequences_never_reach_the_terminal():
    hostile = "a\x1b[31mred\x07\u202eb"
    assert "\x1b" not in printable(hostile)
    assert "\x07" not in printable(hostile)
    assert "\u202e" not in printable(hostile)


def test_file_name_with_control_sequences_is_printed_harmless(files, tmp_path):
    hostile = tmp_path / "esc\x1b[31mred\nline.dcm"
    hostile.write_bytes(files["edge"].read_bytes())
    for command in ("inspect", "score"):
        for output in ("table", "json", "csv"):
            done = xrayiq(command, hostile, "--format", output)
            assert "\x1b" not in done.stdout + done.stderr
            assert "red\nline" not in done.stdout


def test_report_of_a_store_that_is_not_there_is_a_usage_error_and_makes_none(tmp_path):
    done = xrayiq("report", "--records", f"sqlite:///{tmp_path / 'none.db'}", folder=tmp_path)
    assert done.returncode == 2
    assert "no such record store" in done.stderr
    assert list(tmp_path.glob("*.db")) == []


def test_place_that_cannot_be_written_is_a_usage_error(files, tmp_path):
    xrayiq("run", files["edge"], "--workers", "1", folder=tmp_path)
    done = xrayiq("report", "--out", tmp_path / "missing" / "report.html", folder=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="this system has no groups of processes")
def test_interrupt_of_the_whole_group_leaves_no_traceback_and_can_be_continued(files, tmp_path):
    archive = tmp_path / "archive"
    archive.mkdir()
    for number in range(40):
        (archive / f"{number}.dcm").write_bytes(files["edge"].read_bytes())
    command = ("run", archive, "--workers", "1")
    for seconds in (1.0, 3.0):
        process = started(*command, folder=tmp_path, start_new_session=True)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGINT)
        _, messages = process.communicate(timeout=60)
        assert "Traceback" not in messages
        assert process.returncode == 130
        assert "run again to continue" in messages
    assert xrayiq(*command, folder=tmp_path).returncode == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@sum"])
def test_text_that_a_spreadsheet_would_run_is_quoted(capsys, text):
    show([{"text": text, "number": -1.5}], output=Format.csv)
    assert capsys.readouterr().out.splitlines()[1] == f"'{text},-1.5"


def test_simulate_refuses_a_folder_with_files(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    done = xrayiq("simulate", tmp_path, "--files", "24")
    assert done.returncode == 2
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_simulate_bulk_writes_the_number_asked_for(tmp_path):
    done = xrayiq("simulate", tmp_path / "bulk", "--bulk", "50")
    assert done.returncode == 0, done.stderr
    assert sum(path.is_file() for path in (tmp_path / "bulk").rglob("*")) >= 50


def test_simulate_writes_one_kind_of_archive(tmp_path):
    done = xrayiq("simulate", tmp_path / "both", "--bulk", "5", "--dose")
    assert done.returncode == 2
    assert "give one of them" in done.stderr
    assert not (tmp_path / "both").exists()


def test_dry_run_counts_and_makes_no_store(files, tmp_path):
    done = xrayiq("run", files["edge"].parent, "--dry-run", "--format", "json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (plan,) = json.loads(done.stdout)
    assert (plan["archive"], plan["new"], plan["unchanged"], plan["files"]) == (1, 5, 0, 5)
    assert list(tmp_path.iterdir()) == []
    several = xrayiq("run", files["edge"], files["good"], "--dry-run", folder=tmp_path).stdout
    assert re.search(r"^all .* 2$", several, re.MULTILINE), several


def test_dry_run_fits_into_80_columns_without_breaking_words(files, tmp_path):
    told = xrayiq("run", files["edge"], files["good"], "--dry-run", folder=tmp_path, columns=80).stdout
    (heading,) = (line for line in told.splitlines() if line.startswith("archive"))
    assert heading.replace("┃", " ").split() == [
        *("archive", "new", "changed", "touched", "retried", "unchanged", "unreadable", "files")
    ]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--settle", "1"], 2),
        (["--dry-run", "--log", "run.log"], 2),
        (["--dry-run", "--scheduler", "tcp://127.0.0.1:1"], 2),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], 2),
        (["--dry-run", "--workers", "1", "--memory", "256"], 0),
    ],
)
def test_options_that_would_do_nothing_are_refused_but_for_those_of_speed(files, tmp_path, arguments, code):
    done = xrayiq("run", files["text"], *arguments, folder=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []

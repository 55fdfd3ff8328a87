"""Processes that compile at the same time never run each other's code."""

import os
import pickle
import shutil
import subprocess
import sys

import numba
import pytest

from xrayiq_kernels._compiled_files import CompiledFiles

SCRIPT = """
import sys
import numpy as np
from xrayiq_kernels._jit import kernel

@kernel
def total(values):
    held = 0.0
    for index in range(values.size):
        held += values[index]
    return held

for dtype in sys.argv[1:]:
    print(total(np.full(3, -1, dtype)), sum(total.stats.cache_hits.values()))
"""


def files_in(folder, stamp=1):
    return CompiledFiles(folder, "kernel", stamp, pickle.dumps)


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled or cached with NUMBA_DISABLE_JIT")
def test_code_compiled_by_processes_that_did_not_see_each_other_stays_apart(tmp_path):
    """Each starts from an empty folder, as two do that start together; afterwards the folder holds what both wrote.

    Of an index, had they one, that of the first stays: one process may be the last to write it, the other its code.
    """
    script = tmp_path / "use_kernel.py"
    script.write_text(SCRIPT)

    def printed(cache, *dtypes):
        done = subprocess.run(
            [sys.executable, str(script), *dtypes],
            env={**os.environ, "XRAYIQ_CACHE_DIR": str(tmp_path / cache)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.split() or done.stderr

    assert printed("first", "float64") == printed("second", "int64") == ["-3.0", "0"]
    without_index = shutil.ignore_patterns("*.nbi")
    shutil.copytree(tmp_path / "second", tmp_path / "first", ignore=without_index, dirs_exist_ok=True)
    assert printed("first", "float64", "int64") == ["-3.0", "1", "-3.0", "2"]


def test_code_is_found_under_its_own_key_and_source_only(tmp_path):
    files_in(tmp_path).save("int16", b"code of int16")
    files_in(tmp_path).save("float32", b"code of float32")
    assert files_in(tmp_path).load("int16") == b"code of int16"
    assert files_in(tmp_path).load("float32") == b"code of float32"
    assert files_in(tmp_path).load("uint8") is None
    assert files_in(tmp_path, stamp=2).load("int16") is None
    assert len(list(tmp_path.iterdir())) == 2


def test_file_of_another_key_under_this_name_is_not_used(tmp_path):
    files = files_in(tmp_path)
    files.save("int16", b"code of int16")
    shutil.copy(files.path("int16"), files.path("float32"))
    assert files.load("float32") is None


def test_file_that_was_cut_off_is_written_again(tmp_path):
    files = files_in(tmp_path)
    files.save("int16", b"code of int16")
    for length in (0, 20):
        files.path("int16").write_bytes(files.path("int16").read_bytes()[:length])
        assert files.load("int16") is None
        files.save("int16", b"code of int16")
        assert files.load("int16") == b"code of int16"


def test_code_that_cannot_be_kept_is_no_error(tmp_path):
    files = files_in(tmp_path / "missing")
    files.save("int16", b"code of int16")
    assert files.load("int16") is None


def test_dropped_code_is_gone_and_that_of_other_kernels_stays(tmp_path):
    other = CompiledFiles(tmp_path, "other", 1, pickle.dumps)
    other.save("int16", b"code of the other")
    files_in(tmp_path).save("int16", b"code of int16")
    files_in(tmp_path).flush()
    assert files_in(tmp_path).load("int16") is None
    assert other.load("int16") == b"code of the other"

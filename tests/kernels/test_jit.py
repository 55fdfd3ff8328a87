"""A kernel's cache can never serve numbers of other sources."""

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

import xrayiq_kernels
from xrayiq_kernels._jit import CACHE_FOLDER, KERNEL_DIGEST, kernel, source_digest, writable_cache_folder

COMPILED = not numba.config.DISABLE_JIT


def folder_with(tmp_path, name, text):
    folder = tmp_path / name
    folder.mkdir()
    (folder / "helper.py").write_text(text)
    return folder


def test_digest_changes_with_any_source_and_with_the_flags(tmp_path, monkeypatch):
    first = folder_with(tmp_path, "first", "x = 1")
    same = folder_with(tmp_path, "same", "x = 1")
    other = folder_with(tmp_path, "other", "x = 2")
    before = source_digest(first)
    assert before == source_digest(same)
    assert before != source_digest(other)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "7")
    assert before != source_digest(first)


def test_digest_of_this_installation_names_the_cache_folder():
    assert source_digest(Path(xrayiq_kernels.__file__).parent) == KERNEL_DIGEST
    assert CACHE_FOLDER is not None
    assert CACHE_FOLDER.name == KERNEL_DIGEST


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled or cached with NUMBA_DISABLE_JIT")
def test_compiled_kernel_lands_in_that_folder_and_releases_the_gil():
    from xrayiq_kernels import block_statistics

    compiled = [item for item in vars(block_statistics).values() if hasattr(item, "targetoptions")]
    assert compiled
    for item in compiled:
        assert item.targetoptions["nogil"]
        assert str(CACHE_FOLDER) in item.stats.cache_path


def test_setting_of_other_numba_users_is_left_alone():
    before = numba.config.CACHE_DIR

    @kernel
    def double(value):
        return 2.0 * value

    assert double(1.5) == 3.0
    assert before == numba.config.CACHE_DIR


def test_no_cache_folder_where_nothing_can_be_written(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("a file where a folder is needed")
    monkeypatch.setenv("XRAYIQ_CACHE_DIR", str(blocked))
    assert writable_cache_folder("digest") is None


def test_kernels_work_without_a_writable_cache(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = (
        "import numpy as np; from xrayiq_kernels._jit import kernel, CACHE_FOLDER\n"
        "assert CACHE_FOLDER is None\n"
        "@kernel\ndef total(values):\n    s = 0.0\n    for v in values:\n        s += v\n    return s\n"
        "print(total(np.arange(5.0)))"
    )
    script = tmp_path / "use_kernel.py"
    script.write_text(code)
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "XRAYIQ_CACHE_DIR": str(blocked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "10.0", done.stderr
    assert np.arange(5.0).sum() == 10.0

"""The self-test tells a sound installation from a broken one; the demo goes the whole way."""

import pytest

from xrayiq.errors import InputError
from xrayiq.selftest import check_installation, checks, run_demo


def test_every_check_of_this_installation_passes():
    results = check_installation()
    assert len(results) == 13
    assert [check.name for check in results if not check.passed] == []


def test_wrong_numbers_are_noticed(monkeypatch):
    real = checks.measure_mtf
    monkeypatch.setattr(checks, "measure_mtf", lambda image, **given: real(image[::2], **given))
    # every second row only: the edge looks twice as steep, so the frequency axis is off by its cosine and worse
    assert not checks._mtf().passed


def test_demo_leaves_a_folder_of_others_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(InputError, match="holds other files"):
        run_demo(tmp_path)
    assert (tmp_path / "mine.txt").exists()

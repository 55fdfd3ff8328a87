"""The page in a real browser: it renders, and asks for nothing."""

import shutil
import subprocess

import cv2
import numpy as np
import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("width", [1280, 390])
def test_page_renders_on_a_desktop_and_a_phone(filled, tmp_path, width):
    page, picture = tmp_path / "report.html", tmp_path / "page.png"
    page.write_text(filled[1], encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    options += ["--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars"]
    options += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},1500", f"--screenshot={picture}"]
    subprocess.run([CHROMIUM, *options, page.as_uri()], capture_output=True, check=True, timeout=120)
    shown = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    # text and colour on a white page: neither blank nor full
    inked = float(np.mean(shown < 200))
    assert 0.005 < inked < 0.5

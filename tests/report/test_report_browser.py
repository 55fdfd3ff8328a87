"""The pages in a real browser: they render, ask for nothing, and are no wider than a phone."""

import html
import json
import re
import shutil
import subprocess

import cv2
import numpy as np
import pytest
from pages_builders import LAST, NORTH, finding, step, unit_of, weekly
from report_builders import MONDAY

from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.figures import Gallery
from xrayiq.report.pages.packet import packet
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.recorded import Recorded, Service
from xrayiq.report.pages.writing import frame_of_pages, render_pages, rendered

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
OPTIONS += ("--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars")
#: writes how wide each frame's page is laid out and how wide its content is
PROBE = """<script>onload = () => {
  const widths = [...document.querySelectorAll("iframe")].map((frame) =>
    [frame.contentWindow.innerWidth, frame.contentDocument.documentElement.scrollWidth]);
  document.title = JSON.stringify(widths);
}</script>"""
#: a word that nothing in it lets break, longer than a phone is wide
WORD = "QCROOM" * 12

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


def browse(folder, pages, *options, width):
    """What Chromium prints of pages in frames of a width: its own window is never narrower than 500 pixels."""
    style = f"border: 0; display: block; width: {width}px; height: 1500px"
    frames = "".join(f'<iframe style="{style}" srcdoc="{html.escape(page)}"></iframe>' for page in pages)
    (folder / "frames.html").write_text(f'<!DOCTYPE html><body style="margin: 0">{frames}{PROBE}', encoding="utf-8")
    command = [CHROMIUM, *OPTIONS, f"--user-data-dir={folder / 'profile'}", f"--window-size={width},1500", *options]
    place = (folder / "frames.html").as_uri()
    return subprocess.run([*command, place], capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.parametrize("width", [1280, 390])
def test_page_renders_on_a_desktop_and_a_phone(filled, tmp_path, width):
    picture = tmp_path / "page.png"
    browse(tmp_path, [filled[1]], f"--screenshot={picture}", width=width)
    shown = cv2.imread(str(picture), cv2.IMREAD_GRAYSCALE)
    assert shown is not None
    # text and colour on a white page: neither blank nor full
    inked = float(np.mean(shown < 200))
    assert 0.005 < inked < 0.5


def test_no_page_is_wider_than_a_phone(store, undrawn, tmp_path):
    weekly(
        store, NORTH | {"station_name": WORD, "detector_id": WORD, "software_versions": (WORD,)}, bad_week=1, weeks=2
    )
    told = finding(unit_of(store, "SN-N"), step("2026-04-20", "open", reason=WORD), site=WORD)
    service = Service(kind="repair", subject=f"unit:{WORD}", at=MONDAY, reason=WORD, actor=WORD, number=2)
    recorded = Recorded(findings=(told,), services=(service,))
    dossier = gather_dossier(store.records, today=LAST, recorded=recorded)
    pages = render_pages(dossier, store.records)
    period = Period(first=MONDAY.date(), last=LAST)
    within = gather_dossier(store.records, period=period, recorded=recorded)
    pages["packet"] = rendered("packet.html.j2", frame_of_pages(within), packet(within, period, Gallery(store.records)))
    found = re.search("<title>(.*?)</title>", browse(tmp_path, pages.values(), "--dump-dom", width=390))
    assert found is not None
    assert json.loads(html.unescape(found[1])) == [[390, 390]] * len(pages)

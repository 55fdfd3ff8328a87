"""PDF of pages: opens, has its pages numbered and the head on each."""

import io
import sys

import pypdf
import pytest
from report_builders import Store

from xrayiq.errors import InputError
from xrayiq.report import to_pdf, write_pages, write_pdf
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.figures import Gallery
from xrayiq.report.pages.packet import packet
from xrayiq.report.pages.period import month
from xrayiq.report.pages.recorded import Recorded, Trail
from xrayiq.report.pages.writing import frame_of_pages, rendered


def test_packet_opens_with_site_period_head_and_page_number_on_every_page(two_sites: Store) -> None:
    recorded = Recorded(trail=Trail(head="41:0123456789abcdef", whole=True))
    dossier = gather_dossier(two_sites.records, period=month("2026-04"), recorded=recorded, only_site="North")
    view = packet(dossier, month("2026-04"), Gallery(two_sites.records))
    found = pypdf.PdfReader(io.BytesIO(to_pdf(rendered("packet.html.j2", frame_of_pages(dossier), view))))
    assert len(found.pages) > 1
    for number, one in enumerate(found.pages, start=1):
        text = one.extract_text()
        assert f"page {number} of {len(found.pages)}" in text
        for told in ("North", "2026-04-01 to 2026-04-30", "head 41:0123456789abcdef"):
            assert told in text
    whole = "\n".join(one.extract_text() for one in found.pages)
    assert "Signal non-uniformity" in whole
    assert "Inspection packet" in whole


def test_pages_are_written_as_pdf_beside_the_html(two_sites: Store, tmp_path) -> None:
    written = write_pages(two_sites.records, tmp_path / "pages", only_site="North", pdf=True)
    for path in written:
        assert pypdf.PdfReader(path.with_suffix(".pdf")).pages[0].extract_text().strip()


def test_nothing_is_fetched_for_a_pdf(tmp_path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    page = f'<html><head><style></style></head><body>seen<img src="{secret.as_uri()}"><object data="{secret.as_uri()}">'
    text = pypdf.PdfReader(io.BytesIO(to_pdf(page))).pages[0].extract_text()
    assert "seen" in text
    assert "SECRET" not in text


def test_without_weasyprint_the_error_says_what_to_install(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r"xrayiq\[pdf\]"):
        write_pdf(tmp_path / "page.pdf", "<html></html>")
    assert not list(tmp_path.iterdir())

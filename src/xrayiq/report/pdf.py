"""Pages as PDF, by the extra ``pdf``."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.report.html import packaged, write_content

#: links between pages, which no PDF can follow
_LINK: Final = re.compile(r'<a href="(?!#)[^"]*">')
#: drawings for phones
_NARROW: Final = re.compile(r'<div class="narrow-only">.*?</div>', re.DOTALL)


def to_pdf(page: str) -> bytes:
    """PDF of a page: A4, with page numbers and what stands in the page's ``running`` element at the head of each.

    Parameters
    ----------
    page : str
        One of this package's HTML pages; it needs nothing from outside, and nothing would be fetched.

    Returns
    -------
    bytes
        The file's content.

    Raises
    ------
    InputError
        WeasyPrint, or a library of the system that it needs, is not installed.
    """
    weasyprint = _weasyprint()
    text = _LINK.sub("<a>", _NARROW.sub("", page))
    text = text.replace("</style>", packaged("pdf.css") + "</style>", 1)  # the later rule holds
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells of every rule that is for browsers only
    from weasyprint.urls import URLFetcher

    document = weasyprint.HTML(string=text, url_fetcher=URLFetcher(allowed_protocols=("data",)))
    content: bytes = document.write_pdf()
    return content


def write_pdf(path: str | Path, page: str) -> Path:
    """Write a page as a PDF file.

    Parameters
    ----------
    path : str or Path
        File to write. An earlier one is replaced when the new one is complete.
    page : str
        As `to_pdf` takes it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        The extra is not installed, or the file cannot be written.
    """
    return write_content(path, to_pdf(page))


def require_pdf() -> None:
    """Refuse early where no PDF can be made.

    Raises
    ------
    InputError
        The extra is not installed.
    """
    _weasyprint()


def _weasyprint() -> Any:
    try:
        import weasyprint  # an extra, and slow to load
    except ImportError:
        raise InputError(
            "PDF without WeasyPrint", needed="the extra", remedy='pip install "xrayiq[pdf]", or leave out the PDF'
        ) from None
    except OSError as error:
        raise InputError(
            f"WeasyPrint does not load ({str(error).splitlines()[0][:120]})",
            needed="Pango of the system",
            remedy="apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0, or leave out the PDF",
        ) from None
    return weasyprint

"""A record store to fill, and one filled with its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import pytest
from markupsafe import Markup
from pages_builders import NORTH, SOUTH, weekly
from report_builders import Store, fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path)
    yield store
    store.records.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, str]]:
    """Store with something for every section, and its page; only to be read."""
    folder = tmp_path_factory.mktemp("filled")
    store = Store(folder)
    fill(store)
    yield store, store.page(folder)
    store.records.close()


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages without their figures, which take most of the time."""

    def empty(draw: object, name: str, title: str, size: object) -> Markup:
        return Markup(f"<svg><title>{title}</title></svg>")  # noqa: S704 - titles of our own

    monkeypatch.setattr("xrayiq.report.pages.figures.picture_svg", empty)


@pytest.fixture
def two_sites(store: Store, undrawn: None) -> Store:
    """Eight weeks of a flat field a week at two sites; that of the last week is bad in the north."""
    weekly(store, SOUTH)
    weekly(store, NORTH, bad_week=7)
    return store

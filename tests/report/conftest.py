"""A record store to fill, and one filled with its page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import pytest
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

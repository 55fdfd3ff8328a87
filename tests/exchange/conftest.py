from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.records import Records, open_records


@pytest.fixture(autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Key of the tests' stores, and not that of whoever runs them."""
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path_factory.mktemp("key") / "person.key"))


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'qa.db'}"


@pytest.fixture
def records(store_url: str) -> Iterator[Records]:
    with open_records(store_url) as opened:
        yield opened

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.records import Records, open_records


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "qa.db"


@pytest.fixture
def store_url(store_path: Path) -> str:
    return f"sqlite:///{store_path}"


@pytest.fixture
def records(store_url: str) -> Iterator[Records]:
    with open_records(store_url) as opened:
        yield opened

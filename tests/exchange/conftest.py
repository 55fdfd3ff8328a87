from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.records import Records, open_records


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'qa.db'}"


@pytest.fixture
def records(store_url: str) -> Iterator[Records]:
    with open_records(store_url) as opened:
        yield opened

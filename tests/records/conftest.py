from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.records import Records, open_records


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests of a store run on both databases; those that ask for its file, on SQLite."""
    if "store_url" in metafunc.fixturenames:
        kinds = ["sqlite"] if "store_path" in metafunc.fixturenames else ["sqlite", "postgresql"]
        metafunc.parametrize("store_url", kinds, indirect=True)


@pytest.fixture
def store_path(tmp_path: Path) -> Path:
    return tmp_path / "qa.db"


@pytest.fixture
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        new = "records" not in request.fixturenames
        return str(request.getfixturevalue("postgres_url" if new else "postgres_store_url"))
    return f"sqlite:///{tmp_path / 'qa.db'}"


@pytest.fixture
def records(store_url: str) -> Iterator[Records]:
    with open_records(store_url) as opened:
        yield opened

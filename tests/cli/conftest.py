"""The small store of `keeping_store`, written once and copied for each test that changes it."""

import shutil

import keeping_store
import pytest

from xrayiq.records import open_records


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """Folder of the store and its key, which no test changes."""
    folder = tmp_path_factory.mktemp("written_store")
    keeping_store.write_store(folder)
    return folder


@pytest.fixture
def folder(written, tmp_path):
    """A copy of the store and its key."""
    return shutil.copytree(written, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def store(folder):
    """The copy, open: two rooms, an open finding of room 1."""
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as opened:
        yield opened

"""A run into PostgreSQL leaves what one into SQLite leaves."""

import pandas as pd

import xrayiq

FRAMES = ("equipment", "objects", "files", "outcomes", "measurements", "verdicts", "sets", "responses")
#: numbers of rows, and when they were written
ASIDE = ("id", "outcome_id", "object_id", "run_id", "set_id", "equipment_id", "created_at")


def content(url, name):
    with xrayiq.open_records(url) as records:
        frame = records.frame(name)
    frame = frame.drop(columns=[column for column in ASIDE if column in frame])
    order = sorted(range(len(frame)), key=lambda number: repr(frame.iloc[number].tolist()))
    return frame.iloc[order].reset_index(drop=True)


def test_run_into_postgresql_leaves_what_one_into_sqlite_leaves(archive, postgres_url, tmp_path):
    urls = (f"sqlite:///{tmp_path / 'qa.db'}", postgres_url)
    first, second = (xrayiq.run(archive, url, workers=1) for url in urls)
    assert first.counts() == second.counts()
    for name in FRAMES:
        pd.testing.assert_frame_equal(content(urls[1], name), content(urls[0], name))
    again = xrayiq.run(archive, postgres_url, workers=1)
    assert again.new_outcomes == 0
    with xrayiq.open_records(postgres_url) as records:
        assert records.verify(records.head).whole
        kinds = [event.kind for event in records.events()]
    with xrayiq.open_records(urls[0]) as records:
        assert kinds == [*(event.kind for event in records.events()), "run_ended"]

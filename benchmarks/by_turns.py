"""Least times of several ways of doing the same, measured by turns in one process beside whatever else runs."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Least:
    """Least time of a call on the wall clock, and least processor time of all threads, in ms."""

    wall_ms: float
    processor_ms: float


def least_of(ways: dict[str, Callable[[], object]], *, turns: int) -> dict[str, Least]:
    """Least times of each way over so many turns, after one call that loads and compiles."""
    for way in ways.values():
        way()
    wall, processor = ({name: float("inf") for name in ways} for _ in range(2))
    for _ in range(turns):
        for name, way in ways.items():
            start, processor_start = time.perf_counter(), time.process_time()
            way()
            wall[name] = min(wall[name], 1e3 * (time.perf_counter() - start))
            processor[name] = min(processor[name], 1e3 * (time.process_time() - processor_start))
    return {name: Least(wall_ms=wall[name], processor_ms=processor[name]) for name in ways}


def ratios(found: dict[str, Least], name: str, beside: str) -> dict[str, float]:
    """Wall and processor time of one way over those of another, for `extra_info`."""
    ours, theirs = found[name], found[beside]
    return {
        f"{name} / {beside}, wall": round(ours.wall_ms / theirs.wall_ms, 3),
        f"{name} / {beside}, processor": round(ours.processor_ms / theirs.processor_ms, 3),
    }

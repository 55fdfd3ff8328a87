"""All cases of all topics, measured by worker processes and gathered into rows."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from types import ModuleType
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.batch import Progress
from xrayiq.model import AccuracyFigure, AccuracyRow
from xrayiq.selftest.accuracy import (
    contrast,
    contrast_detail,
    defects,
    dqe,
    exposure,
    flat_noise,
    frames,
    generator,
    mtf,
    mtf_modes,
    noise,
    nps,
    nps_parts,
    objects,
    patterns,
    placement,
    uniformity,
)
from xrayiq.selftest.accuracy.case import Case, Errors, Grid

_TOPICS: Final[tuple[ModuleType, ...]] = (
    exposure,
    uniformity,
    noise,
    flat_noise,
    defects,
    mtf,
    mtf_modes,
    nps,
    nps_parts,
    dqe,
    contrast,
    objects,
    contrast_detail,
    frames,
    placement,
    patterns,
    generator,
)


def accuracy_figures() -> tuple[AccuracyFigure, ...]:
    """What the accuracy grid compares, in the order of its table; nothing is measured."""
    return tuple(figure for topic in _TOPICS for figure in topic.FIGURES)


def measure_accuracy(
    *, grid: Grid = "full", workers: int | None = None, progress: Callable[[Progress], None] | None = None
) -> tuple[AccuracyRow, ...]:
    """Bias, scatter and worst case of every metric over a grid of simulated objects of known truth.

    Parameters
    ----------
    grid : {"full", "quick"}
        All cases, some minutes of two cores; or a coarse selection of them with every figure, some seconds.
    workers : int, optional
        Worker processes; by default one per core. 1 measures in this process. The numbers do not depend on it.
    progress : callable, optional
        Called with a `Progress` after each case.

    Returns
    -------
    tuple of AccuracyRow
        One for each of `accuracy_figures`, in their order.

    Raises
    ------
    XrayiqError
        A metric refused an object of the grid; this is a fault of xrayiq.

    Notes
    -----
    Truth comes from the formulas of ``xrayiq_phantoms``, which shares no code with the metrics; that of the
    uniformity from its definition in NumPy.
    """
    cases: list[Case] = [case for topic in _TOPICS for case in topic.cases(grid)]
    gathered: dict[str, list[NDArray[np.float64]]] = {figure.key: [] for figure in accuracy_figures()}
    for done, errors in enumerate(_measured(cases, workers or os.cpu_count() or 1), start=1):
        for key, values in errors.items():
            gathered[key].append(values)
        if progress is not None:
            progress(Progress(done=done, total=len(cases)))
    return tuple(AccuracyRow.from_errors(figure, gathered[figure.key]) for figure in accuracy_figures())


def _measured(cases: list[Case], workers: int) -> Iterator[Errors]:
    """Errors of each case, in the order of the cases."""
    if workers == 1:
        yield from map(_run, cases)
        return
    with ProcessPoolExecutor(
        max_workers=workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=cv2.setNumThreads,
        initargs=(1,),
    ) as pool:
        yield from pool.map(_run, cases)


def _run(case: Case) -> Errors:
    return case()

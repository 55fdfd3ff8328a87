"""Detective quantum efficiency, effective DQE and NEQ over frequency, each with its uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from matplotlib.axes import Axes

from xrayiq.metrics.dqe import Dqe
from xrayiq.metrics.effective_dqe import EffectiveDqe
from xrayiq.metrics.neq import Neq
from xrayiq.plots.style import BLUE, CYCLE, canvas, soft_grid, vertical_mark

#: name of the curve, by the axis that the profile of its MTF runs along
_EFFECTIVE: Final = MappingProxyType({"columns": "eDQE u", "rows": "eDQE v"})
_DIRECTION: Final = MappingProxyType({"columns": "DQE u", "rows": "DQE v"})


def plot_dqe(result: Dqe, *, ax: Axes | None = None) -> Axes:
    """DQE over spatial frequency with a band of one standard uncertainty on either side.

    Parameters
    ----------
    result : Dqe
        What `compute_dqe` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against DQE.
    """
    with canvas(ax) as axes:
        _curve(axes, result, _DIRECTION[result.across], BLUE, band="± standard uncertainty")
        _label(axes, [result])
        axes.set_title("\n".join([_exposure(_DIRECTION[result.across], result), *_doubt(result)]))
        axes.legend(loc="lower left")
    return axes


def plot_dqes(results: Sequence[tuple[str, Dqe]], *, ax: Axes | None = None) -> Axes:
    """Several DQE curves on one pair of axes, each with its band of uncertainty.

    Parameters
    ----------
    results : sequence of (label, Dqe)
        Curves with their names in the legend. Dashed along rows.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against DQE.
    """
    with canvas(ax) as axes:
        for number, (label, result) in enumerate(results):
            _curve(axes, result, label, CYCLE[number % len(CYCLE)])
        _label(axes, [result for _, result in results])
        if results:
            beams = list(dict.fromkeys(_beam(result) for _, result in results))
            doubts = list(dict.fromkeys(line for _, result in results for line in _doubt(result)))
            axes.set_title("\n".join(["DQE, " + " and ".join(beams), *doubts]))
            axes.legend(loc="upper right")
    return axes


def plot_effective_dqe(result: EffectiveDqe, *, ax: Axes | None = None) -> Axes:
    """Effective DQE over spatial frequency in the object, with a band of one standard uncertainty on either side.

    Parameters
    ----------
    result : EffectiveDqe
        What `compute_effective_dqe` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in the object in mm⁻¹ against effective DQE, from 0 to a little above its largest value.
    """
    with canvas(ax) as axes:
        _curve(axes, result, _EFFECTIVE[result.across], BLUE, band="± standard uncertainty")
        axes.set_xlabel("Spatial frequency in the object / mm⁻¹")
        axes.set_ylabel("Effective DQE")
        axes.set_xlim(0.0, 1.05 * result.nyquist_per_mm)
        axes.set_ylim(0.0, 1.15 * float((result.values + result.uncertainty).max()))
        vertical_mark(axes, result.nyquist_per_mm, "Nyquist")
        soft_grid(axes)
        system = (
            f"scatter {100.0 * result.scatter_fraction:.0f} %, transmission {100.0 * result.transmission:.3g} %, "
            f"× {result.magnification:.3g}"
        )
        axes.set_title("\n".join([_exposure(_EFFECTIVE[result.across], result), system, *_doubt(result)]))
        axes.legend(loc="lower left")
    return axes


def plot_neq(result: Neq, *, ax: Axes | None = None) -> Axes:
    """Noise-equivalent quanta over spatial frequency with a band of one standard uncertainty on either side.

    Parameters
    ----------
    result : Neq
        What `compute_neq` gave.
    ax : Axes, optional
        Where to draw; a new figure without.

    Returns
    -------
    Axes
        Spatial frequency in mm⁻¹ against NEQ in mm⁻².
    """
    label = "NEQ u" if result.across == "columns" else "NEQ v"
    with canvas(ax) as axes:
        _curve(axes, result, label, BLUE, band="± standard uncertainty")
        axes.set_xlabel("Spatial frequency / mm⁻¹")
        axes.set_ylabel("NEQ / mm⁻²")
        axes.set_xlim(0.0, 1.05 * result.nyquist_per_mm)
        axes.set_ylim(0.0, 1.1 * float((result.values + result.uncertainty).max()))
        vertical_mark(axes, result.nyquist_per_mm, "Nyquist")
        soft_grid(axes)
        axes.set_title(f"{label}, noise-equivalent quanta")
        axes.legend(loc="lower left")
    return axes


def _exposure(curve: str, result: Dqe | EffectiveDqe) -> str:
    """Name of the curve, beam and kerma."""
    return f"{curve}, {_beam(result)}, {result.kerma_ugy:.3g} µGy"


def _beam(result: Dqe | EffectiveDqe) -> str:
    """Beam with its edition, or its fluence."""
    return result.beam or f"{result.fluence_per_mm2_ugy:.0f} quanta per mm² µGy"


def _doubt(result: Dqe | EffectiveDqe) -> list[str]:
    """A line where the fluence of the beam is of confidence C."""
    doubted = any(text.startswith(f"quanta per kerma of {result.beam} not") for text in result.provenance.warnings)
    return ["fluence not verified against the document"] if doubted else []


def _curve(axes: Axes, result: Dqe | EffectiveDqe | Neq, label: str, colour: str, *, band: str | None = None) -> None:
    axes.fill_between(
        result.frequencies_per_mm,
        result.values - result.uncertainty,
        result.values + result.uncertainty,
        color=colour,
        alpha=0.18,
        linewidth=0.0,
        label=band,
    )
    axes.plot(
        result.frequencies_per_mm,
        result.values,
        color=colour,
        linestyle="--" if result.across == "rows" else "-",
        marker="o",
        markersize=3.5,
        label=label,
    )


def _label(axes: Axes, results: Sequence[Dqe]) -> None:
    axes.set_xlabel("Spatial frequency / mm⁻¹")
    axes.set_ylabel("DQE")
    nyquists = sorted({round(result.nyquist_per_mm, 6) for result in results})
    axes.set_xlim(0.0, 1.05 * nyquists[-1] if nyquists else 1.0)
    tops = [float((result.values + result.uncertainty).max()) for result in results]
    axes.set_ylim(0.0, max([1.0, *tops]) * 1.05)
    for nyquist in nyquists:
        vertical_mark(axes, nyquist, "Nyquist")
    soft_grid(axes)

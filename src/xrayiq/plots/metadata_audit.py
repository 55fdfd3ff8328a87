"""What headers lack: units against attributes."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from xrayiq.audit import MetadataAudit
from xrayiq.plots._doses import names_of_rows, nothing_to_draw
from xrayiq.plots.style import INK, ORANGE, WARNING, WITHIN, canvas

_ROW: Final = 0.26  # inches
_MOST_ROWS: Final = 40
_WIDE, _NARROW = 5.6, 3.9
_COLOURS: Final = LinearSegmentedColormap.from_list("missing", [(0.0, WITHIN), (0.01, WARNING), (1.0, ORANGE)])
#: share from which a cell's number is white
_DARK: Final = 0.6


def completeness_size(result: MetadataAudit, *, narrow: bool = False) -> tuple[float, float]:
    """Width and height in inches that every unit has its place in."""
    units = len(result.completeness[["site", "unit"]].drop_duplicates())
    return _NARROW if narrow else _WIDE, 2.3 + _ROW * min(max(units, 1), _MOST_ROWS)


def plot_completeness(result: MetadataAudit, *, ax: Axes | None = None) -> Axes:
    """Share of each unit's headers that lack an attribute.

    Parameters
    ----------
    result : MetadataAudit
        What `assess_metadata` gave.
    ax : Axes, optional
        Where to draw; a new figure of `completeness_size` without.

    Returns
    -------
    Axes
        Units (at most 40, those that lack most first) against the attributes of the policy, in percent; green ones
        lack none, white ones are not asked for it.
    """
    with canvas(ax, completeness_size(result)) as axes:
        if result.completeness.empty:
            nothing_to_draw(axes, "no header that anything is asked of")
            return axes
        wide = result.completeness.pivot_table(
            index=["site", "room", "unit"], columns="attribute", values="share", sort=False, observed=True
        )
        wide = wide.reindex(columns=[one.keyword for one in result.policy.attributes if one.keyword in wide.columns])
        wide = wide.loc[wide.sum(axis="columns").sort_values(ascending=False, kind="stable").index].head(_MOST_ROWS)
        shares = wide.to_numpy(dtype=np.float64)
        names, _ = names_of_rows(axes, (str(unit or room or "unit not told") for _, room, unit in wide.index))
        edges = np.arange(shares.shape[1] + 1) - 0.5, np.arange(shares.shape[0] + 1) - 0.5
        axes.pcolormesh(*edges, np.ma.masked_invalid(shares), cmap=_COLOURS, vmin=0.0, vmax=1.0, edgecolors="white")
        for row, column in np.argwhere(shares > 0.0):
            share = float(shares[row, column])
            text = f"{100 * share:.0f}" if share >= 0.005 else "<1"
            colour = "white" if share > _DARK else INK
            axes.text(column, row, text, ha="center", va="center", fontsize=7.5, color=colour)
        axes.set_xticks(
            range(shares.shape[1]), [str(name) for name in wide.columns], rotation=55, ha="right", fontsize=7.5
        )
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.set_title("Headers without the attribute / %")
        for side in axes.spines.values():
            side.set_visible(False)
    return axes

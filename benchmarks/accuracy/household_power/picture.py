"""The comparison as a picture: the weeks, and the error of each weekday."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.accuracy.household_power.protocol import WEEKDAYS, Weeks
from benchmarks.accuracy.household_power.tables import Entry, by_weekday, find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLORS = ("tab:orange", "tab:green", "tab:blue", "tab:red")  # the reference, then our networks


def draw(entries: Sequence[Entry], weeks: Weeks, *, against: str, path: Path) -> Path:
    """Draw truth, our best forecast and the formula over the weeks, and RMSE by weekday.

    Parameters
    ----------
    entries : sequence of Entry
        The methods compared.
    weeks : Weeks
        The weeks they forecast.
    against : str
        Name of the method to draw beside ours.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    from matplotlib.figure import Figure

    best = min((e for e in entries if e.ours), key=lambda e: e.scores(weeks.truth).mean())
    reference = find(entries, against)
    shown = {best: "tab:blue", reference: "tab:orange"}
    figure = Figure(figsize=(11, 7), layout="constrained")
    over_weeks, over_days = figure.subplots(2, height_ratios=[3, 2])
    _draw_weeks(over_weeks, shown, weeks)
    seeds = [entry for entry in entries if len(entry.forecasts) > 1]
    _draw_weekdays(over_days, [reference, *seeds], weeks.truth)
    figure.savefig(path, dpi=120)
    return path


def _draw_weeks(axes: Axes, shown: dict[Entry, str], weeks: Weeks) -> None:
    axes.plot(weeks.dates, weeks.truth.ravel(), color="0.6", lw=1, label="measured")
    for entry, color in shown.items():
        forecast = entry.forecasts.mean(axis=0).ravel()
        axes.plot(weeks.dates, forecast, color=color, lw=1.2, label=entry.name)
    axes.set(title="Active power of one household, daily sums, 46 weeks forecast week by week")
    axes.set(ylabel="sum of kW over minutes", xlim=(weeks.dates[0], weeks.dates[-1]))
    axes.legend(ncols=3, loc="upper right", frameon=False)


def _draw_weekdays(axes: Axes, entries: Sequence[Entry], truth: np.ndarray) -> None:
    for entry, color in zip(entries, _COLORS, strict=True):
        axes.plot(WEEKDAYS, by_weekday(entry, truth), "o-", color=color, label=entry.name)
    axes.set(ylabel="RMSE", title="Error by weekday")
    axes.legend(fontsize="small", ncols=2, frameon=False)

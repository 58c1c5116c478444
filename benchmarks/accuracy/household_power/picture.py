"""The comparison as a picture: the weeks, and the error of each weekday."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.accuracy.household_power.protocol import WEEKDAYS, Weeks
from benchmarks.accuracy.household_power.tables import Entry, by_weekday, find

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_KWH = 1 / 60  # the sum of kilowatts over minutes, in kilowatt hours
_SHOWN = 12  # the latest weeks: all 46 are too many for a small screen
# Line styles and shades tell the lines apart in grey too: ours is solid, wide and dark.
_OURS = {"color": "#08519c", "lw": 2.6}
_REFERENCE = {"color": "#e6550d", "lw": 1.8, "ls": "--"}
_MEASURED = {"color": "0.65", "lw": 3.5}
_LARGE = 13
_MARKERS = ("D", "o", "s", "^", "v")


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

    def error(entry: Entry) -> float:
        return float(entry.scores(weeks.truth).mean())

    best = min((entry for entry in entries if entry.ours), key=error)
    reference = find(entries, against)
    figure = Figure(figsize=(8, 8.5), layout="constrained")
    over_weeks, over_days = figure.subplots(2, height_ratios=[3, 2])
    _draw_weeks(over_weeks, {best: _OURS, reference: _REFERENCE}, weeks)
    seeds = sorted((entry for entry in entries if len(entry.forecasts) > 1), key=error)
    _draw_weekdays(over_days, [reference, *seeds[:3]], weeks.truth)
    figure.savefig(path, dpi=120)
    return path


def _draw_weeks(axes: Axes, shown: dict[Entry, dict[str, Any]], weeks: Weeks) -> None:
    from matplotlib.dates import DateFormatter, MonthLocator

    dates = weeks.dates[-7 * _SHOWN :]
    axes.plot(dates, weeks.truth.ravel()[-7 * _SHOWN :] * _KWH, label="measured", **_MEASURED)
    for entry, style in shown.items():
        forecast = entry.forecasts.mean(axis=0).ravel()[-7 * _SHOWN :] * _KWH
        name = f"{entry.name} (ours)" if entry.ours else entry.name
        axes.plot(dates, forecast, label=name, **style)
    axes.set_title(f"One household, the last {_SHOWN} of 46 weeks, each forecast before it began")
    axes.set(xlim=(dates[0], dates[-1]))
    axes.set_ylabel("consumption in kWh a day", fontsize=_LARGE)
    axes.tick_params(labelsize=_LARGE)
    axes.locator_params(axis="y", nbins=6)
    axes.xaxis.set_major_locator(MonthLocator())
    axes.xaxis.set_major_formatter(DateFormatter("%b %Y"))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False)


def _draw_weekdays(axes: Axes, entries: Sequence[Entry], truth: np.ndarray) -> None:
    for entry, marker in zip(entries, _MARKERS, strict=False):
        style = {**_OURS, "alpha": 0.75} if entry.ours else _REFERENCE
        name = f"{entry.name} (ours)" if entry.ours else entry.name
        errors = np.asarray(by_weekday(entry, truth)) * _KWH
        axes.plot(WEEKDAYS, errors, marker=marker, ms=8, label=name, **style)
    axes.set_title("Error by weekday, all 46 weeks")
    axes.set_ylabel("RMSE in kWh a day", fontsize=_LARGE)
    axes.tick_params(labelsize=_LARGE)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False)

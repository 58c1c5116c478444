"""The sktime benchmark as a markdown table and a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy.sktime.networks import OURS
from benchmarks.lib.tables import markdown_table


def report(results: pd.DataFrame, machine: str) -> str:
    """Return a summary, a table for each series, and who wins where in words.

    Parameters
    ----------
    results : DataFrame
        One row a series and forecaster.
    machine : str
        On what it was measured.

    Returns
    -------
    str
        Markdown.
    """
    parts = ["# Our networks in sktime's benchmark", _scope(), _summary(results)]
    for name, rows in results.groupby("series", sort=False):
        folds = len(rows["MASE_folds"].iloc[0])
        parts += [f"## {name}, {folds} folds", _series_table(rows)]
        if rows["forecaster"].isin(OURS).nunique() == 2:
            parts.append(verdict(rows))
        missing = sorted(set(results["forecaster"]) - set(rows["forecaster"]))
        if missing:
            parts.append(f"Not run on this series: {', '.join(missing)}.")
    return "\n\n".join([*parts, f"Measured on {machine}; one thread, other work beside it.", ""])


def verdict(rows: pd.DataFrame) -> str:
    """Return in words how the best of ours stands to the best of the others on one series."""
    ours = rows["forecaster"].isin(OURS)
    best, other = (part.nsmallest(1, "MASE").iloc[0] for part in (rows[ours], rows[~ours]))
    change, error = paired(best["MASE_folds"], other["MASE_folds"])
    outcome = "is ahead of" if change < 0 else "loses to"
    return (
        f"Our best, {best['forecaster']}, {outcome} the best of the rest, {other['forecaster']}, "
        f"by {abs(change):.3f} ± {error:.3f} MASE (paired over folds, ± standard error)."
    )


def paired(first: list[float], second: list[float]) -> tuple[float, float]:
    """Return the mean difference of errors on the same folds, and its standard error.

    Parameters
    ----------
    first, second : list of float
        Errors on each fold.

    Returns
    -------
    change, error : float
        The mean of ``first - second``, and its standard error.
    """
    differences = np.subtract(first, second)
    return float(differences.mean()), float(differences.std(ddof=1) / np.sqrt(len(differences)))


_COLORS = {True: "#3182bd", False: "0.78"}


def draw(results: pd.DataFrame, path: Path) -> None:
    """Draw MASE of every forecaster on every series, ours in colour.

    Parameters
    ----------
    results : DataFrame
        One row a series and forecaster.
    path : Path
        File to write.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch
    from matplotlib.ticker import NullFormatter

    names = list(results["series"].unique())
    columns = min(2, len(names))
    figure = Figure(figsize=(6.5 * columns, 6.2 * -(-len(names) // columns)))
    figure.set_layout_engine("constrained")
    grid = figure.subplots(-(-len(names) // columns), columns, squeeze=False).ravel()
    for axes, name in zip(grid, names, strict=False):
        rows = results[results["series"] == name].sort_values("MASE", ascending=False)
        ours = rows["forecaster"].isin(OURS)
        bars = axes.barh(rows["forecaster"], rows["MASE"], color=ours.map(_COLORS))
        for bar, one in zip(bars, ours, strict=True):
            bar.set_hatch("//" if one else "")
        axes.set_xscale("log")
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=11)
        axes.margins(x=0.25)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_title(name, fontsize=15)
        axes.set_xlabel("MASE, log scale: lower is better", fontsize=13)
        axes.tick_params(labelsize=12)
    for axes in grid[len(names) :]:
        axes.set_axis_off()
    handles = [
        Patch(facecolor=_COLORS[True], hatch="//", label="ours"),
        Patch(facecolor=_COLORS[False], label="others"),
    ]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, fontsize=15)
    figure.savefig(path, dpi=100)


def _scope() -> str:
    return (
        "Everything is fitted anew on each rolling fold, which forecasts one season; means over "
        "folds. **Bold**: ours, on their default baseline and alone, in one setting for all "
        "series, chosen on none of the test folds. "
        "MASE is scaled by the error in the training rows of repeating the value a season (a day, "
        "where there are days and weeks) before; ± is the standard error over folds. Seconds are "
        "of one fold, fit and forecast."
    )


def _summary(results: pd.DataFrame) -> str:
    series = list(results["series"].unique())
    table = results.pivot_table(index="forecaster", columns="series", values="MASE")[series]
    complete = table.dropna()
    table["mean rank"] = complete.rank().mean(axis=1)
    table["geometric mean"] = np.exp(np.log(complete).mean(axis=1))
    return _markdown(table.sort_values("geometric mean").reset_index())


def _series_table(rows: pd.DataFrame) -> str:
    folds = rows["MASE_folds"].map(lambda one: np.std(one, ddof=1) / np.sqrt(len(one)))
    table = rows[["forecaster", "MAE", "MASE", "RMSE", "seconds"]].copy()
    table.insert(3, "±", folds)
    return _markdown(table.sort_values("MASE"))


def _markdown(table: pd.DataFrame) -> str:
    rows = ([_cell(value) for value in row] for row in table.itertuples(index=False))
    return markdown_table(list(table.columns), rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
    return f"**{value}**" if value in OURS else str(value)

"""The sktime benchmark as a markdown table and a picture."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sktime_models import OURS


def report(results: pd.DataFrame, machine: str) -> str:
    """Return a table for each series, best MASE first, and who wins where in words."""
    parts = ["# Our networks in sktime's benchmark", _scope(), _summary(results)]
    for name, rows in results.groupby("series", sort=False):
        parts += [f"## {name}", _markdown(rows.sort_values("MASE")), _verdict(rows)]
    return "\n\n".join([*parts, f"Measured on {machine}; one thread.", ""])


def draw(results: pd.DataFrame, path: Path) -> None:
    """Draw MASE of every forecaster on every series, ours in colour."""
    from matplotlib.figure import Figure

    names = list(results["series"].unique())
    figure = Figure(figsize=(3.2 * len(names), 5), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names)), names, strict=True):
        rows = results[results["series"] == name].sort_values("MASE", ascending=False)
        colors = ["tab:blue" if one in OURS else "0.7" for one in rows["forecaster"]]
        axes.barh(rows["forecaster"], rows["MASE"], color=colors)
        axes.set_title(name, fontsize="medium")
        axes.set_xlabel("MASE")
        axes.tick_params(axis="y", labelsize=7)
    figure.savefig(path, dpi=120)


def _scope() -> str:
    return (
        "Four rolling folds a series, everything fitted anew on each; means over folds. "
        "**Bold**: ours, in one setting for all series, chosen on rows before every test fold. "
        "MASE is scaled by the in-sample seasonal-naive error; seconds are of one fold."
    )


def _summary(results: pd.DataFrame) -> str:
    ranks = results.assign(rank=results.groupby("series")["MASE"].rank())
    means = ranks.groupby("forecaster")[["MASE", "rank"]].mean()
    counts = ranks.groupby("forecaster").size().rename("series")
    table = means.join(counts).sort_values("rank").reset_index()
    return _markdown(table)


def _verdict(rows: pd.DataFrame) -> str:
    ours = rows["forecaster"].isin(OURS)
    best, other = rows[ours].nsmallest(1, "MASE"), rows[~ours].nsmallest(1, "MASE")
    wins = best["MASE"].item() < other["MASE"].item()
    return (
        f"Our best, {best['forecaster'].item()}, {'wins against' if wins else 'loses to'} "
        f"{other['forecaster'].item()}: MASE {best['MASE'].item():.3f} against "
        f"{other['MASE'].item():.3f}."
    )


def _markdown(table: pd.DataFrame) -> str:
    kept = table.drop(columns="series") if table["series"].dtype.kind not in "iu" else table
    lines = [list(kept.columns), ["---"] * len(kept.columns)]
    lines += [[_cell(value) for value in row] for row in kept.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"**{value}**" if value in OURS else str(value)

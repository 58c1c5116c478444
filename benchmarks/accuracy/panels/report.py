"""Tables of a panel's scores."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from benchmarks.accuracy.panels.methods import OURS
from benchmarks.accuracy.panels.scores import interval_scores
from benchmarks.accuracy.panels.series import Panel
from benchmarks.lib.tables import markdown_table
from stforecast.comparison import Comparison

DIGITS = {"sMAPE": 3, "MASE": 3, "OWA": 3, "MAE": 1}


def table(panel: Panel, comparison: Comparison, reference: str | None, m4: Path | None) -> str:
    """Return the scores of a panel, beside the published ones of M4 where it is that.

    Parameters
    ----------
    panel : Panel
        What was forecast.
    comparison : Comparison
        With every metric of `DIGITS`.
    reference : str or None
        What the others are compared with; without it there are no differences.
    m4 : Path or None
        Folder of the published scores.
    """
    means = pd.DataFrame({metric: comparison.errors[metric].mean() for metric in DIGITS})
    means = means.sort_values("OWA", kind="stable")
    lines = [
        [name, *(f"{row[key]:.{n}f}" for key, n in DIGITS.items())]
        for name, row in means.iterrows()
    ]
    parts = [
        f"## {panel.name}: {len(panel.train)} series, {panel.horizon} rows ahead",
        markdown_table(["forecast", *DIGITS], lines),
    ]
    if reference is not None:
        parts.append(_differences(comparison, list(means.index), reference))
    if m4 is not None and panel.name == "M4, hourly":
        parts.append(_places(means["OWA"], m4 / "published_hourly.csv"))
    return "\n\n".join(part for part in parts if part)


def interval_table(comparison: Comparison, coverage: float) -> str:
    """Return score and coverage of the intervals of each model."""
    scores, covered = interval_scores(comparison)
    lines = [
        [name, f"{scores[name].mean():.2f} ± {scores[name].sem():.2f}", f"{covered[name]:.1%}"]
        for name in scores
    ]
    head = [f"intervals of {coverage:.0%}", "MSIS ± its standard error over series", "coverage"]
    return markdown_table(head, lines)


def _differences(comparison: Comparison, names: list[str], reference: str) -> str:
    """Return how much each forecast loses to the reference, and the standard error over series."""
    group = reference.partition(", mean score")[0]
    lines = [
        [name, *(_difference(comparison, name, reference, metric) for metric in DIGITS)]
        for name in names
        if not name.startswith(group)
    ]
    text = (
        f"Less {reference}, of the same series, ± the standard error over series; undecided within "
        "two of them:"
    )
    return f"{text}\n\n{markdown_table(['forecast', *DIGITS], lines)}"


def _difference(comparison: Comparison, name: str, reference: str, metric: str) -> str:
    found = comparison.difference(name, reference, metric=metric)
    digits = DIGITS[metric]
    text = f"{found.estimate:+.{digits}f} ± {found.standard_error:.{digits}f}"
    return f"{text}, undecided" if found.verdict == "undecided" else text


def _places(scores: pd.Series, path: Path) -> str:
    """Return the place that each network would have among the published entries."""
    entries = pd.read_csv(path)["OWA"].dropna()
    return "\n".join(
        f"- {name}: OWA {score:.3f}, place {int((entries < score).sum()) + 1} of "
        f"{len(entries) + 1} with the {len(entries)} published entries."
        for name, score in scores.items()
        if name.startswith(OURS)
    )

"""Tables of a panel's scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.accuracy.panels.scores import msis, naive2_means, series_scores
from benchmarks.accuracy.panels.series import Panel
from benchmarks.lib.tables import markdown_table

Rows = list[tuple[str, pd.DataFrame]]  # a name, and the scores of each series
DIGITS = {"sMAPE": 3, "MASE": 3, "OWA": 3, "MAE": 1}


def score_rows(panel: Panel, found: Mapping[str, np.ndarray]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield name and scores of each series: over seeds their mean, then those of the mean forecast.

    Parameters
    ----------
    panel : Panel
        With the rows that were forecast.
    found : mapping of str to ndarray
        Forecasts (series, horizon), or those of several seeds (seeds, series, horizon).
    """
    means = naive2_means(panel)
    for name, forecast in found.items():
        if forecast.ndim == 2:
            yield name, series_scores(panel, forecast, means)
            continue
        each = [series_scores(panel, one, means) for one in forecast]
        yield f"{name}, mean score of {len(forecast)} seeds", sum(each) / len(each)
        averaged = series_scores(panel, forecast.mean(0), means)
        yield f"{name}, forecasts of {len(forecast)} seeds averaged", averaged


def table(panel: Panel, found: Mapping[str, np.ndarray], m4: Path | None) -> str:
    """Return the scores of a panel, beside the published ones of M4 where it is that."""
    rows = sorted(score_rows(panel, found), key=lambda row: row[1]["OWA"].mean())
    lines = [
        [name, *(f"{one[key].mean():.{n}f}" for key, n in DIGITS.items())] for name, one in rows
    ]
    parts = [
        f"## {panel.name}: {len(panel.train)} series, {panel.horizon} rows ahead",
        markdown_table(["forecast", *DIGITS], lines),
        _differences(rows),
    ]
    if m4 is not None and panel.name == "M4, hourly":
        parts.append(_places(rows, m4 / "published_hourly.csv"))
    return "\n\n".join(parts)


def interval_table(panel: Panel, found: Mapping[str, np.ndarray]) -> str:
    """Return score and coverage of 95 % intervals.

    Parameters
    ----------
    panel : Panel
        With the rows that were forecast.
    found : mapping of str to ndarray of shape (seeds, series, horizon, quantiles)
        Quantiles, the bounds first and last; those of seeds are averaged.
    """
    lines = []
    for name, quantiles in found.items():
        bounds = quantiles.mean(0)
        lower, upper = bounds[..., 0], bounds[..., -1]
        inside = ((panel.test >= lower) & (panel.test <= upper)).mean()
        score = msis(panel, lower, upper)
        title = f"{name}, {len(quantiles)} seed{'s' * (len(quantiles) > 1)}"
        lines.append([title, f"{score.mean():.2f} ± {_error(score):.2f}", f"{inside:.1%}"])
    head = ["intervals of 95 %", "MSIS ± its standard error over series", "coverage"]
    return markdown_table(head, lines)


def _error(values: np.ndarray) -> float:
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _differences(rows: Rows) -> str:
    """Return how much each forecast loses to the network's, and the standard error over series."""
    ours, reference = next((name, one) for name, one in rows if "mean of both, mean score" in name)
    lines = [
        [name, *(_difference(one[key] - reference[key], n) for key, n in DIGITS.items())]
        for name, one in rows
        if not name.startswith("ConvLSTM, mean of both")
    ]
    text = f"Less {ours}, of the same series, ± the standard error over series:"
    return f"{text}\n\n{markdown_table(['forecast', *DIGITS], lines)}"


def _difference(values: pd.Series, digits: int) -> str:
    return f"{values.mean():+.{digits}f} ± {values.sem():.{digits}f}"


def _places(rows: Rows, path: Path) -> str:
    """Return the place that each network would have among the published entries."""
    entries = pd.read_csv(path)["OWA"].dropna()
    return "\n".join(
        f"- {name}: OWA {score:.3f}, place {int((entries < score).sum()) + 1} of "
        f"{len(entries) + 1} with the {len(entries)} published entries."
        for name, score in ((name, one["OWA"].mean()) for name, one in rows)
        if name.startswith("ConvLSTM")
    )

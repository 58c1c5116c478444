"""Errors of all models at each origin, as tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stforecast.comparison._differences import Floats
from stforecast.comparison._folds import Fold
from stforecast.comparison._metrics import Metric, mean_present
from stforecast.comparison._outcome import Outcome
from stforecast.comparison._runs import Run
from stforecast.comparison._samples import Samples
from stforecast.comparison._scales import seasonal_scales
from stforecast.windows._geometry import Integers

INTERVAL_SCORE = "interval_score"
Figure = Callable[["HoldOut", Outcome], Floats]


@dataclass(frozen=True, eq=False)
class HoldOut:
    """The test origins of a fold, the same for every model.

    Parameters
    ----------
    truth : ndarray of shape (n, outputs)
        What came to pass.
    scales : ndarray of shape (n, outputs)
        What scaled errors are measured in; 1 where no metric asks for it.
    times : int array of shape (n,)
        Time of each origin in steps.
    index : pandas.Index of length n
        Fold and label of each origin.
    """

    truth: Floats
    scales: Floats
    times: Integers
    index: pd.MultiIndex


def make_hold_outs(samples: Samples, folds: list[Fold], season: int | None) -> list[HoldOut]:
    """Return the test part of each fold; scales are found where there is a season."""
    return [_hold_out(samples, fold, season) for fold in folds]


def _hold_out(samples: Samples, fold: Fold, season: int | None) -> HoldOut:
    truth = samples.truth(fold.test)
    scales = np.ones_like(truth) if season is None else seasonal_scales(samples, fold, season)
    origins = samples.origins[fold.test]
    levels = [origins.get_level_values(i) for i in range(origins.nlevels)]
    numbers = pd.Index([fold.number] * len(origins), name="fold")
    index = pd.MultiIndex.from_arrays([numbers, *levels])
    return HoldOut(truth, scales, samples.times[fold.test], index)


def error_table(
    runs: Sequence[Run], tests: Sequence[HoldOut], metrics: Sequence[Metric], coverage: Any
) -> pd.DataFrame:
    """Return the errors in columns (metric, model), one row for each test origin."""
    figures: dict[str, Figure] = {metric.name: _error(metric) for metric in metrics}
    if coverage is not None:
        figures[INTERVAL_SCORE] = _interval_score(2 / (1 - coverage))
    return _table(runs, tests, figures, "metric")


def interval_table(runs: Sequence[Run], tests: Sequence[HoldOut]) -> pd.DataFrame:
    """Return what intervals cover and how wide they are, in columns (figure, model)."""
    return _table(runs, tests, {"coverage": _coverage, "width": _width}, "figure")


def forecast_table(runs: Sequence[Run], tests: Sequence[HoldOut], samples: Samples) -> pd.DataFrame:
    """Return what was forecast in columns (model, target), one row for each test origin."""
    targets = samples.target_columns
    parts: dict[str, list[Floats]] = {}
    for run in runs:
        truth = tests[run.fold.number].truth
        empty = np.full(truth.shape, np.nan)
        forecasts = empty if run.outcome is None else run.outcome.forecasts
        parts.setdefault(run.entry.name, []).append(forecasts)
    index = tests[0].index.append([test.index for test in tests[1:]])
    tables = {
        name: pd.DataFrame(np.concatenate(forecasts), index, targets)
        for name, forecasts in parts.items()
    }
    return pd.concat(tables, axis=1, names=["model"])


def _table(
    runs: Sequence[Run], tests: Sequence[HoldOut], figures: dict[str, Figure], level: str
) -> pd.DataFrame:
    columns: dict[tuple[str, str], list[Floats]] = {}
    for name, figure in figures.items():
        for run in runs:
            test = tests[run.fold.number]
            empty = np.full(len(test.truth), np.nan)
            values = empty if run.outcome is None else figure(test, run.outcome)
            columns.setdefault((name, run.entry.name), []).append(values)
    index = tests[0].index.append([test.index for test in tests[1:]])
    table = pd.DataFrame({key: np.concatenate(parts) for key, parts in columns.items()}, index)
    return table.rename_axis(columns=[level, "model"])


def _error(metric: Metric) -> Figure:
    return lambda test, outcome: metric.errors(test.truth, outcome.forecasts, test.scales)


def _interval_score(penalty: float) -> Figure:
    """Return the score of an interval: its width, and what the truth lies outside of it."""

    def score(test: HoldOut, outcome: Outcome) -> Floats:
        if outcome.bounds is None:
            return np.full(len(test.truth), np.nan)
        lower, upper = outcome.bounds
        excess = np.maximum(lower - test.truth, 0) + np.maximum(test.truth - upper, 0)
        return mean_present(upper - lower + penalty * excess)

    return score


def _coverage(test: HoldOut, outcome: Outcome) -> Floats:
    if outcome.bounds is None:
        return np.full(len(test.truth), np.nan)
    lower, upper = outcome.bounds
    is_covered = ((lower <= test.truth) & (test.truth <= upper)).astype(np.float64)
    return mean_present(np.where(np.isfinite(test.truth + lower), is_covered, np.nan))


def _width(test: HoldOut, outcome: Outcome) -> Floats:
    if outcome.bounds is None:
        return np.full(len(test.truth), np.nan)
    lower, upper = outcome.bounds
    return mean_present(np.where(np.isfinite(test.truth), upper - lower, np.nan))

"""The competitions' scores of what `compare` fits and asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.accuracy.panels.forecasters import PanelForecaster
from benchmarks.accuracy.panels.series import Panel
from stforecast.comparison import Comparison, compare
from stforecast.model_selection import OriginSplit
from stforecast.windows import make_windows


def smape(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Return the symmetric mean absolute percentage error of M4, in percent, of one series."""
    sizes = np.abs(truth) + np.abs(forecast)
    errors = np.abs(truth - forecast) / np.where(sizes == 0, 1, sizes)  # none where both are 0
    return float(200 * errors.mean())


METRICS = {"sMAPE": smape, "MASE": "mase", "MAE": "neg_mean_absolute_error"}
_RELATIVE = ("sMAPE", "MASE")  # to Naive2, of which the mean is the OWA


def compare_on(
    panel: Panel, methods: Mapping[str, PanelForecaster], *, coverage: float | None = None
) -> Comparison:
    """Compare methods on the last rows of each series.

    The windows that `compare` hands on say which rows a method may read. All series end at the same
    time, so the test origins are one time; all windows whose targets end by then are to learn from.
    """
    return compare(
        dict(methods),
        make_windows(panel.table(), lookback=1, horizon=panel.horizon),
        OriginSplit(1, test_size=1),
        METRICS,
        season=panel.season,
        coverage=coverage,
    )


def summarise(comparison: Comparison, names: Mapping[str, str]) -> Comparison:
    """Return a comparison with the mean score of several models under one name, and the OWA.

    Parameters
    ----------
    comparison : Comparison
        With "Naive2" among its models.
    names : mapping of str to str
        The name of the mean, for each model that goes into one.
    """
    means = {
        metric: comparison.errors[metric].T.groupby(lambda name: names.get(name, name)).mean().T
        for metric in comparison.metrics
    }
    ratios = [means[metric] / means[metric]["Naive2"].mean() for metric in _RELATIVE]
    means["OWA"] = sum(ratios) / len(ratios)
    models = comparison.models.groupby(lambda name: names.get(name, name)).agg(
        {"kind": "first", "fits": "sum", "seconds": "sum", "failed": "first"}
    )
    errors = pd.concat(means, axis=1, names=["metric", "model"])
    return replace(comparison, errors=errors, models=models, reference=None)


def interval_scores(comparison: Comparison) -> tuple[pd.DataFrame, pd.Series]:
    """Return the scaled interval score of each series and model, and what intervals cover.

    The scale of a series is that of its MASE: its mean absolute error over that.
    """
    errors = comparison.errors
    # a forecast without an error has no such ratio, another one of the same series has it
    scales = (errors["MAE"] / errors["MASE"]).max(axis=1)
    assert comparison.intervals is not None
    return errors["interval_score"].div(scales, axis=0), comparison.intervals["coverage"].mean()

"""Compare models of every kind at the same forecast origins, in one call."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import FitFailedWarning

from stforecast._constraints import Options
from stforecast.comparison._comparison import Comparison
from stforecast.comparison._entries import BASELINE, Entry, make_entries
from stforecast.comparison._errors import (
    error_table,
    forecast_table,
    interval_table,
    make_hold_outs,
)
from stforecast.comparison._folds import make_folds
from stforecast.comparison._metrics import make_metrics
from stforecast.comparison._runs import Run, run_models
from stforecast.comparison._samples import Samples, read_samples
from stforecast.comparison._settings import check_settings
from stforecast.windows._geometry import Integers


def compare(
    models: Any,
    data: Any,
    cv: Any,
    metrics: Any = "neg_mean_absolute_error",
    *,
    lookback: int | None = None,
    horizon: int | None = None,
    target: Any = None,
    season: int = 1,
    reference: str | None = None,
    coverage: float | None = None,
    block: int | None = None,
    n_jobs: int | None = None,
    error_score: Any = "raise",
    verbose: int = 0,
    random_state: int = 0,
    return_forecasts: bool = False,
) -> Comparison:
    """Compare models of every kind at the same forecast origins.

    Each fold's models learn from its training part and forecast its test origins; the errors are
    compared origin by origin, so that what is hard for all cancels out.

    Parameters
    ----------
    models : dict of str to model, or list of models
        Each is a regressor or pipeline on windows (those of this library, or any of
        scikit-learn), a `SeriesForecaster`, a forecaster of sktime, or the name of a baseline:
        "seasonal naive", "persistence", "mean", "ridge", "climatology", "stencil",
        "damped anomaly", "advection" or "stacked". In a list, names are those of the classes.
    data : series, or tuple (X, y)
        What `make_windows` reads, or the windows and targets that it gives, with known covariates
        and static features. Plain arrays (n, T, ...) and (n, outputs) serve regressors.
    cv : splitter, int or iterable of (train, test)
        Splits of windows, such as `OriginSplit` or scikit-learn's ``TimeSeriesSplit`` with a gap,
        or one of sktime's splitters of rows, each of whose folds has one origin for each series.
    metrics : str, callable, list or dict, default="neg_mean_absolute_error"
        Errors, of which the first orders the table: scikit-learn's names, with or without
        ``neg_``, "mase", or functions ``error(y_true, y_pred)`` of the values of one origin, in one
        axis. A dict names them.
    lookback, horizon : int, default=None
        Rows in a window and rows to forecast; needed where `data` is a series.
    target : column name(s) or channel number(s), default=None
        What to forecast of a series; every column by default.
    season : int, default=1
        Rows in a season, of the seasonal naive forecast and of "mase".
    reference : str, default=None
        The model to compare the others with; by default the first baseline given by name, and
        without one the best of the others.
    coverage : float, default=None
        In (0, 1). Also compare the intervals of this coverage of the models that give some, by
        their interval score: calibrated `SeriesForecaster`, forecasters of sktime, and regressors
        on windows, or pipelines, whose last step has `predict_quantiles` and both bounds among its
        `quantiles_`: 0.05 and 0.95 for a coverage of 0.9.
    block : int, default=None
        Neighbouring origin times that the bootstrap draws together; by default as many as have
        overlapping targets, and at least the cube root of their number. Where there are fewer than
        four such blocks, but at least ten series, the bootstrap draws series.
    n_jobs : int, default=None
        Folds of models to run at a time; joblib's backends, Dask's among them, do the rest.
    error_score : "raise" or nan, default="raise"
        What a model that fails does: raise, or be named in the table without an error.
    verbose : int, default=0
        1 shows a bar.
    random_state : int, default=0
        Seed of the bootstrap.
    return_forecasts : bool, default=False
        Whether to keep the forecasts of every model at every origin, to draw them for instance.

    Returns
    -------
    Comparison
        The table, and the errors at each origin.

    Raises
    ------
    ParameterError
        If a model, a metric, a splitter or another parameter is none.
    LeakageError
        If a fold would be trained on rows that it is to forecast.

    Warns
    -----
    sklearn.exceptions.FitFailedWarning
        If models fail, with ``error_score=nan``.

    See Also
    --------
    stforecast.inspection.ComparisonDisplay : Draws the result.
    paired_difference : The same for errors from elsewhere.

    Notes
    -----
    Models are cloned. Regressors and `SeriesForecaster` are fitted once for each fold, and
    forecast all its origins from true history. Forecasters of sktime are fitted to all rows up to
    each origin, of a panel to those of the series with an origin at that time: a pretrained one
    reads them as its context. The table says how often each was fitted. Forecasters of sktime and
    `SeriesForecaster` see the columns of the series, the former of the target alone, but no known
    covariates.

    With e_o the errors at n origins, an error is their mean; that of a metric whose name begins
    with ``root_`` is the root of the mean of their squares. The standard error of a difference is
    that of `paired_difference`, which resamples origin times; in a panel, each time brings the
    origins of all series along. A panel with fewer than four blocks of origin times, such as one
    with one origin for each series, has its series resampled where there are at least ten, each
    with all its origins: then the standard error is that of other series at the same times, and
    says nothing of other times. The line below the table says which of the two was drawn. Each row
    is one test at the 5 % level: of twenty models as good as the reference, expect one to be
    "ahead" or "behind" by chance.

    Examples
    --------
    >>> from sklearn.linear_model import LinearRegression
    >>> from stforecast.comparison import compare
    >>> from stforecast.datasets import load_household_power
    >>> from stforecast.model_selection import OriginSplit
    >>> power = load_household_power("D")["Global_active_power"]
    >>> models = {"last week": "seasonal naive", "lags": LinearRegression()}
    >>> cv = OriginSplit(4, test_size=90)
    >>> result = compare(models, power, cv, ["mase"], lookback=14, horizon=7, season=7)
    >>> result.table["mase"][["error", "difference", "standard error", "verdict"]].round(2)
               error  difference  standard error    verdict
    model
    lags        0.68       -0.18            0.04      ahead
    last week   0.86         NaN             NaN  reference
    """
    check_settings(
        season=season,
        coverage=coverage,
        block=block,
        n_jobs=n_jobs,
        error_score=error_score,
        verbose=verbose,
        random_state=random_state,
        return_forecasts=return_forecasts,
    )
    metrics, entries = make_metrics(metrics), make_entries(models, season)
    reference = _find_reference(reference, entries)
    samples = read_samples(data, lookback, horizon, target)
    folds = make_folds(cv, samples)
    tests = make_hold_outs(
        samples, folds, season if any(metric.has_scale for metric in metrics) else None
    )
    runs = run_models(
        entries,
        folds,
        samples,
        coverage=coverage,
        n_jobs=n_jobs,
        raises=error_score == "raise",
        verbose=verbose,
    )
    times = np.concatenate([test.times for test in tests])
    return Comparison(
        error_table(runs, tests, metrics, coverage),
        times,
        _describe_models(runs, entries),
        tuple(metric.name for metric in metrics if metric.root),
        reference,
        _default_block(samples, times) if block is None else block,
        random_state,
        None if coverage is None else interval_table(runs, tests),
        forecast_table(runs, tests, samples) if return_forecasts else None,
    )


def _find_reference(reference: Any, entries: list[Entry]) -> str | None:
    """Return the model asked for, else the first baseline, else None."""
    if reference is not None:
        Options(*(entry.name for entry in entries)).check("reference", reference)
        return str(reference)
    return next((entry.name for entry in entries if entry.kind == BASELINE), None)


def _describe_models(runs: list[Run], entries: list[Entry]) -> pd.DataFrame:
    """Return what is known of each model beside its errors; warn if some failed."""
    rows = {
        entry.name: _describe_runs(entry, [run for run in runs if run.entry.name == entry.name])
        for entry in entries
    }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("model")
    if table["share"].isna().all():
        table = table.drop(columns=["share", "gain"])
    failures = table.loc[table["failed"] != "", "failed"]
    if len(failures):
        reasons = "; ".join(f"{name!r}: {text}" for name, text in failures.items())
        warnings.warn(
            f"{len(failures)} of {len(table)} models failed and have no error in the table: "
            f"{reasons}",
            FitFailedWarning,
            stacklevel=3,
        )
    return table


def _describe_runs(entry: Entry, runs: list[Run]) -> dict[str, Any]:
    """Return a model's kind, fits and seconds, what its network adds, and why it failed."""
    outcomes = [run.outcome for run in runs if run.outcome is not None]
    return {
        "kind": entry.kind,
        "fits": sum(outcome.fits for outcome in outcomes),
        "seconds": round(sum(run.seconds for run in runs), 2),
        "share": _mean_of_numbers([outcome.share for outcome in outcomes]),
        "gain": _mean_of_numbers([outcome.gain for outcome in outcomes]),
        "failed": "; ".join(run.failure for run in runs if run.failure),
    }


def _mean_of_numbers(values: list[float]) -> float:
    numbers = [value for value in values if np.isfinite(value)]
    return float(np.mean(numbers)) if numbers else np.nan


def _default_block(samples: Samples, times: Integers) -> int:
    """Return how many neighbouring origin times have errors that are alike."""
    distinct = np.unique(times)
    count = len(distinct)
    spacing = int(np.diff(distinct).min()) if count > 1 else 1
    # targets of origins that lie within one reach share rows, and so do their errors
    overlap = -(-samples.X.reach // spacing) if samples.is_series else 1
    return max(overlap, int(np.cbrt(count)))

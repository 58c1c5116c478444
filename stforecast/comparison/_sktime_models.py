"""Forecasters of sktime, fitted to all rows up to each origin; sktime itself is not imported."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stforecast.comparison._differences import Floats
from stforecast.comparison._folds import Fold
from stforecast.comparison._outcome import Outcome
from stforecast.comparison._samples import Samples, groups_by_time
from stforecast.exceptions import MissingValuesError, ParameterError, ShapeError
from stforecast.windows._geometry import Integers


def is_sktime_forecaster(model: Any) -> bool:
    """Whether a model derives from sktime's base class of forecasters."""
    bases = type(model).__mro__
    return any((b.__module__, b.__name__) == _BASE for b in bases)


_BASE = ("sktime.forecasting.base._base", "BaseForecaster")


@dataclass(frozen=True)
class SktimeModel:
    """A forecaster of sktime, which reads the target alone."""

    forecaster: Any

    def forecast(self, samples: Samples, fold: Fold, coverage: float | None) -> Outcome:
        """Fit a copy at each origin to the rows up to it, and forecast from there."""
        starts = _first_rows(samples, fold)
        channels = _channels(samples)
        shape = (len(fold.test), len(samples.steps) * len(channels))
        forecasts, bounds = np.empty(shape), np.empty((2, *shape))
        if coverage is not None and not self.forecaster.get_tag("capability:pred_int"):
            coverage = None
        fits = 0
        for places in groups_by_time(samples.times[fold.test]):
            windows = fold.test[places]
            model = self._fit(samples, starts, windows)
            forecasts[places] = _matching_values(model.predict(), samples, windows)
            if coverage is not None:
                intervals = model.predict_interval(coverage=coverage)
                for side, values in zip(("lower", "upper"), bounds, strict=True):
                    bound = intervals.xs(side, axis=1, level=-1)
                    values[places] = _matching_values(bound, samples, windows)
            fits += 1
        return Outcome(forecasts, fits, None if coverage is None else (bounds[0], bounds[1]))

    def _fit(self, samples: Samples, starts: Integers, windows: Integers) -> Any:
        ends = samples.X.ends[windows]
        series = samples.series_numbers(ends - 1)
        spans = [np.arange(starts[i], end) for i, end in zip(series, ends, strict=True)]
        rows = np.concatenate(spans)
        table = _target_table(samples, rows[samples.is_row[rows]])
        with warnings.catch_warnings():
            # of what an update will do, which is never called here
            warnings.filterwarnings("ignore", "The default of config", FutureWarning)
            return self.forecaster.clone().fit(table, fh=list(samples.steps))


def _first_rows(samples: Samples, fold: Fold) -> Integers:
    """Return the first row of each series that a model may read, later where training slides."""
    rows = fold.training_rows(samples)
    series = samples.series_numbers(rows)
    starts = samples.bounds[:-1].copy()
    numbers, places = np.unique(series, return_index=True)
    starts[numbers] = rows[places]
    return starts


def _channels(samples: Samples) -> Integers:
    target = samples.X.target if samples.is_series else None
    if target is None or target.channels is None or len(target.frame) > 1:
        raise ParameterError(
            "models of sktime read a table whose columns they forecast, but the windows are plain "
            "arrays, hold maps, or have a target from elsewhere. Leave them out, or pass a table "
            "and name its columns in target."
        )
    return np.asarray(target.channels)


def _target_table(samples: Samples, rows: Integers) -> pd.DataFrame:
    """Return rows of the target, with an index that sktime can read."""
    channels = _channels(samples)
    names = samples.X.columns or range(samples.X.base.shape[1])
    values = np.asarray(samples.X.base[:][rows][:, channels], dtype=np.float64)
    columns = [str(names[i]) for i in channels]
    # a slice keeps the frequency of the index, which sktime needs; an index array loses it
    whole = len(rows) == rows[-1] - rows[0] + 1
    index = samples.labels[rows[0] : rows[-1] + 1] if whole else samples.labels[rows]
    return pd.DataFrame(values, _spread_names(index), columns)


def _spread_names(index: pd.Index) -> pd.Index:
    """Return the index of a hierarchy, whose series have tuples as names, with a level for each."""
    if index.nlevels == 1 or not isinstance(index[0][0], tuple):
        return index
    names = [f"level {i}" for i in range(len(index[0][0]))]
    return pd.MultiIndex.from_tuples(
        [(*name, time) for name, time in index], names=[*names, index.names[-1]]
    )


def _matching_values(forecasts: Any, samples: Samples, windows: Integers) -> Floats:
    """Return forecasts (n, outputs) if they are of the rows that are compared, and no others."""
    origins = samples.X.ends[windows] - 1
    rows = (origins[:, None] + np.asarray(samples.steps)).ravel()
    labels = _spread_names(samples.labels[rows])
    table = pd.DataFrame(forecasts)
    places = table.index.get_indexer(labels) if table.index.is_unique else np.array([-1])
    if len(table) != len(labels) or (places < 0).any():
        raise ShapeError(
            f"A model must forecast the {len(labels)} rows from {labels[0]} to {labels[-1]}, but "
            f"sktime's gave {len(table)}, from {table.index[0]} to {table.index[-1]}. Give the "
            "series an index with a frequency."
        )
    values = np.asarray(table.to_numpy(dtype=np.float64)[places].reshape(len(windows), -1))
    if not np.isfinite(values).all():
        raise MissingValuesError(
            f"A model must forecast numbers, but {int((~np.isfinite(values)).sum())} of "
            f"{values.size} at {samples.labels[origins[0]]} are NaN or infinite. Leave it out."
        )
    return values

"""What errors are measured in: the error of the seasonal naive forecast in training."""

from __future__ import annotations

import numpy as np

from stforecast.comparison._differences import Floats
from stforecast.comparison._folds import Fold
from stforecast.comparison._samples import Samples
from stforecast.exceptions import ParameterError


def seasonal_scales(samples: Samples, fold: Fold, season: int) -> Floats:
    """Return the scale of each test origin and output, (n, outputs), from the training rows.

    It is the mean absolute difference to the row a season before, of the series and the output. A
    series that was not trained on has its rows up to the end of training and to its first origin.
    """
    target = samples.X.target if samples.is_series else None
    if target is None or target.channels is None:
        raise ParameterError(
            "metrics with 'mase' need the past of the target, which windows of plain arrays or "
            "with a target from elsewhere lack. Use 'neg_mean_absolute_error', or name the "
            "columns of the series in target."
        )
    rows = fold.training_rows(samples)
    series = samples.series_numbers(rows)
    origins = samples.X.ends[fold.test] - 1
    test_series = samples.series_numbers(origins)
    end = int(samples.X.timeline.times(rows).max())
    scales = {}
    for number in np.unique(test_series):
        past_rows = rows[series == number]
        if not len(past_rows):
            first_origin = origins[test_series == number].min()
            # series may end at other times, so the end of training alone may lie after the origin
            past_rows = np.arange(samples.bounds[number], first_origin + 1)
            past_rows = past_rows[samples.X.timeline.times(past_rows) <= end]
        scales[number] = _scale(samples.past(past_rows), season)
    return np.array([np.tile(scales[number], target.horizon) for number in test_series])


def _scale(past: Floats, season: int) -> Floats:
    """Return the mean absolute seasonal difference of each output."""
    differences = np.abs(past[season:] - past[:-season])
    is_finite = np.isfinite(differences)
    count = is_finite.sum(axis=0)
    total = np.where(is_finite, differences, 0.0).sum(axis=0)
    if not count.all() or not total.all():
        raise ParameterError(
            f"metrics with 'mase' need training rows that change from season to season, but with "
            f"season={season} the {len(past)} rows of a series do not. Use "
            "'neg_mean_absolute_error', or set season to the rows of a season."
        )
    return np.asarray(total / count)

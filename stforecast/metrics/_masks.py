"""Scores of targets with gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import (
    explained_variance_score,
    make_scorer,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

from stforecast._validation import as_floats, check_choice
from stforecast.exceptions import ShapeError

_METRICS: dict[str, tuple[Callable[..., Any], bool]] = {
    "explained_variance": (explained_variance_score, True),
    "neg_mean_absolute_error": (mean_absolute_error, False),
    "neg_mean_absolute_percentage_error": (mean_absolute_percentage_error, False),
    "neg_mean_squared_error": (mean_squared_error, False),
    "neg_median_absolute_error": (median_absolute_error, False),
    "neg_root_mean_squared_error": (root_mean_squared_error, False),
    "r2": (r2_score, True),
}


def masked_scorer(name: str) -> Any:
    """Return the scorer that scikit-learn calls `name`, leaving out targets that are NaN.

    scikit-learn's own scorers refuse NaN. Use this one as ``scoring=`` for windows made with
    ``missing="mask"``.

    Parameters
    ----------
    name : str
        ``"neg_root_mean_squared_error"``, ``"neg_mean_absolute_error"``,
        ``"neg_mean_squared_error"``, ``"neg_median_absolute_error"``,
        ``"neg_mean_absolute_percentage_error"``, ``"r2"`` or ``"explained_variance"``.

    Returns
    -------
    callable
        A scorer, ``scorer(estimator, X, y)``.

    Raises
    ------
    ValueError
        If the scorer is unknown; when called, if every target is NaN.

    Notes
    -----
    Each output is scored over the samples in which it is present, and outputs are averaged as by
    scikit-learn; one that is always NaN, such as land on a map of the sea, does not count. Without
    NaN the score is scikit-learn's own.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> from stforecast.metrics import masked_scorer
    >>> y = np.array([[1.0], [3.0], [np.nan]])
    >>> model = DummyRegressor(strategy="constant", constant=[[2.0]]).fit(y[:2], y[:2])
    >>> masked_scorer("neg_mean_absolute_error")(model, y, y)
    -1.0
    """
    metric, greater_is_better = _METRICS[check_choice("name", name, tuple(_METRICS))]
    return make_scorer(_MaskedMetric(metric), greater_is_better=greater_is_better)


@dataclass(frozen=True)
class _MaskedMetric:
    """A metric over the targets that are present."""

    metric: Callable[..., Any]

    @property
    def __name__(self) -> str:  # by which scikit-learn shows a scorer
        return f"masked {self.metric.__name__}"

    def __call__(self, y_true: Any, y_pred: Any) -> float:
        truth, forecast = _two_axes("y_true", y_true), _two_axes("y_pred", y_pred)
        if truth.shape != forecast.shape:
            raise ShapeError(
                f"Predictions must have the shape of the targets, {truth.shape}, got "
                f"{forecast.shape}."
            )
        present = ~np.isnan(truth)
        # Outputs with the same gaps are scored in one call: columns of `patterns` are the distinct
        # columns of `present`, and `outputs` gives the pattern of each output.
        patterns, outputs = np.unique(present, axis=1, return_inverse=True)
        scores = [
            self.metric(
                truth[rows][:, outputs == number],
                forecast[rows][:, outputs == number],
                multioutput="raw_values",
            )
            for number, rows in enumerate(patterns.T)
            if rows.any()
        ]
        if not scores:
            raise ValueError("A score needs at least one target that is not NaN, got none.")
        return float(np.mean(np.concatenate(scores)))


def _two_axes(name: str, y: Any) -> np.ndarray:
    values = as_floats(name, y)
    return values.reshape(len(values), -1)

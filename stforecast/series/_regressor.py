"""Train an estimator on windows, and further."""

from __future__ import annotations

from contextlib import nullcontext
from math import prod
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags

from stforecast._fit_tasks import FitTasks
from stforecast._validation import as_predictions
from stforecast.estimators._inner_estimator import fit_inner, flatten_for_tables, last_step
from stforecast.windows import Windows


def fit_regressor(
    estimator: Any, X: Windows, y: Any, tasks: FitTasks | None = None, groups: Any = None
) -> Any:
    """Return the estimator fitted, behind a `Flatten` where it reads tables only."""
    regressor = flatten_for_tables(estimator)
    with nullcontext() if tasks is None else tasks.part("fit-estimator").watch(regressor):
        try:
            return fit_inner(regressor, X, _flatten_column(y), groups)
        except ValueError as error:
            if y.shape[1] == 1 or get_tags(last_step(estimator)).target_tags.multi_output:
                raise
            raise ValueError(
                f"{error} If {estimator!r:.60} forecasts one value only, not {y.shape[1]}, wrap it "
                "in sklearn.multioutput.MultiOutputRegressor."
            ) from error


def predict_windows(estimator: Any, X: Windows) -> np.ndarray:
    """Return what a fitted estimator predicts, (n, horizon * outputs), if it is of that shape."""
    assert X.target is not None
    outputs = X.target.horizon * prod(X.target.frame)
    return as_predictions(estimator.predict(X), len(X), outputs, masked=X.masked)


def has_partial_fit(estimator: Any) -> bool:
    """Whether an estimator, or the last step of a pipeline, can be trained further."""
    return hasattr(last_step(estimator), "partial_fit")


def partial_fit(estimator: Any, X: Any, y: Any) -> Any:
    """Train an estimator further, the last step of a pipeline on what the others make of X."""
    if isinstance(estimator, Pipeline):
        X = estimator[:-1].transform(X) if len(estimator) > 1 else X
        partial_fit(estimator[-1], X, y)
        return estimator
    if not hasattr(estimator, "partial_fit"):
        raise ValueError(
            f"update(refit=True) needs an estimator with partial_fit, which {estimator!r:.60} has "
            "not. Call fit on the whole series instead."
        )
    return estimator.partial_fit(X, _flatten_column(y))


def _flatten_column(y: Any) -> Any:
    """Return targets of one column as 1-D, which many regressors ask for."""
    single = y.shape[1] == 1 and not isinstance(y, Windows)
    return np.asarray(y).ravel() if single else y

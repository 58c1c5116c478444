"""Whether an estimator reads windows, or needs them as rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from stforecast.windows import Flatten, Windows


def fit_reader(estimator: Any, X: Windows, y: Any) -> Any:
    """Return the estimator fitted, behind a `Flatten` where it reads tables only."""
    if reads_windows(estimator):
        return estimator.fit(X, _plain(y))
    # what splits its samples by itself must see the windows, which know how far targets reach
    steps = (
        [Flatten()] if hasattr(estimator, "cv") else [Flatten(), FunctionTransformer(np.asarray)]
    )
    return make_pipeline(*steps, estimator).fit(X, _plain(y))


def reads_windows(estimator: Any) -> bool:
    """Whether an estimator, or the first step or inner estimator of it, takes 3-D windows."""
    if isinstance(estimator, Pipeline):
        return reads_windows(estimator.steps[0][1])
    for name in ("estimator", "regressor"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "fit"):
            return reads_windows(inner)
    return bool(get_tags(estimator).input_tags.three_d_array)


def can_partial_fit(estimator: Any) -> bool:
    """Whether an estimator, or the last step of a pipeline, can be trained further."""
    return hasattr(estimator[-1] if isinstance(estimator, Pipeline) else estimator, "partial_fit")


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
    return estimator.partial_fit(X, _plain(y))


def _plain(y: Any) -> Any:
    """Return targets of one column as 1-D, which many regressors ask for."""
    single = y.shape[1] == 1 and not isinstance(y, Windows)
    return np.asarray(y).ravel() if single else y

"""Whether an estimator reads windows, or needs them as rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from stforecast._constraints import is_predictor
from stforecast.estimators._weights import check_weights, scale_weights, window_weights
from stforecast.windows import Flatten


def flatten_for_tables(estimator: Any) -> Any:
    """Return the estimator, behind a `Flatten` where it reads tables only."""
    if is_window_estimator(estimator):
        return estimator
    # what splits its samples by itself must see the windows, which know how far targets reach
    steps = (
        [Flatten()] if hasattr(estimator, "cv") else [Flatten(), FunctionTransformer(np.asarray)]
    )
    return make_pipeline(*steps, estimator)


def fit_inner(
    estimator: Any, X: Any, y: Any, groups: Any = None, validation: tuple[Any, Any] | None = None
) -> Any:
    """Fit an estimator, with what it is to hold back to decide when to stop.

    In a pipeline the last step gets it, and windows of `validation` as the other steps make them.
    Where windows have weights that it does not read by itself, it gets them as `sample_weight`.
    """
    extras = {} if groups is None else {"groups": groups}
    if validation is not None:
        extras |= {"X_val": validation[0], "y_val": validation[1]}
    last = last_step(estimator)
    _check_takes(last, extras)
    check_weighs(estimator, X)
    if window_weights(X) is not None and not _weighs_windows(last):
        extras["sample_weight"] = window_weights(scale_weights(X))
    return _fit_last(estimator, X, y, extras)


def _fit_last(estimator: Any, X: Any, y: Any, extras: dict[str, Any]) -> Any:
    """Fit an estimator, the last step of which gets more than windows and targets."""
    if not extras or not isinstance(estimator, Pipeline):
        return estimator.fit(X, y, **extras)
    transformers = estimator[:-1]
    if len(transformers):
        X = transformers.fit_transform(X, y)
        estimator.steps[:-1] = transformers.steps  # a pipeline with a memory fits copies of them
        if "X_val" in extras:
            extras = {**extras, "X_val": transformers.transform(extras["X_val"])}
    _fit_last(estimator[-1], X, y, extras)
    return estimator


def validation_pair(X_val: Any, y_val: Any) -> tuple[Any, Any] | None:
    """Return windows and targets that decide when to stop, None where neither is given."""
    return None if X_val is None and y_val is None else (X_val, y_val)


def last_step(estimator: Any) -> Any:
    """Return the last step of a pipeline, the estimator itself where it is none."""
    return last_step(estimator.steps[-1][1]) if isinstance(estimator, Pipeline) else estimator


def call_pipeline(estimator: Any, method: str, X: Any) -> np.ndarray:
    """Return what a method of the last step says of what the steps before it make of X."""
    if not isinstance(estimator, Pipeline):
        return np.asarray(getattr(estimator, method)(X))
    X = estimator[:-1].transform(X) if len(estimator) > 1 else X
    return call_pipeline(estimator.steps[-1][1], method, X)


def _check_takes(estimator: Any, extras: dict[str, Any]) -> None:
    for name in extras:
        splits = name == "groups" and hasattr(estimator, "cv")  # a search hands them to its cv
        if not (splits or has_fit_parameter(estimator, name)):
            raise ValueError(
                f"{name} is for an estimator that holds a part back, but fit of "
                f"{estimator!r:.60} does not take it. Leave {name} out."
            )


def _weighs_windows(estimator: Any) -> bool:
    """Whether an estimator, or the one inside, reads the weights of windows by itself."""
    last = last_step(estimator)
    if getattr(last, "weighs_windows", False):
        return True
    inner = [getattr(last, name, None) for name in ("estimator", "regressor")]
    return any(hasattr(part, "fit") and _weighs_windows(part) for part in inner)


def check_weighs(estimator: Any, X: Any) -> None:
    """Raise if windows have weights that can be none, or that an estimator does not take."""
    last = last_step(estimator)
    if check_weights(X) is None or _weighs_windows(last):
        return
    if not has_fit_parameter(last, "sample_weight"):
        raise ValueError(
            f"Weights of windows need an estimator whose fit takes sample_weight, which that of "
            f"{last!r:.60} does not. Leave the weights out."
        )


def inner_tags(estimator: Any) -> Any:
    """Return the tags of an inner estimator, or default tags for what `fit` will refuse."""
    return get_tags(estimator if is_predictor(estimator) else BaseEstimator())


def is_window_estimator(estimator: Any) -> bool:
    """Whether an estimator, or the first step or inner estimator of it, takes 3-D windows."""
    if isinstance(estimator, Pipeline):
        return is_window_estimator(estimator.steps[0][1])
    if get_tags(estimator).input_tags.three_d_array:
        return True
    for name in ("estimator", "regressor"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "fit"):
            return is_window_estimator(inner)
    return False

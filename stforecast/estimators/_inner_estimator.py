"""Whether an estimator reads windows, or needs them as rows of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import get_tags

from stforecast._constraints import predicts
from stforecast.windows import Flatten


def flatten_for_tables(estimator: Any) -> Any:
    """Return the estimator, behind a `Flatten` where it reads tables only."""
    if reads_windows(estimator):
        return estimator
    # what splits its samples by itself must see the windows, which know how far targets reach
    steps = (
        [Flatten()] if hasattr(estimator, "cv") else [Flatten(), FunctionTransformer(np.asarray)]
    )
    return make_pipeline(*steps, estimator)


def tags_of(estimator: Any) -> Any:
    """Return the tags of an inner estimator; of what is none, which `fit` refuses, any tags."""
    return get_tags(estimator if predicts(estimator) else BaseEstimator())


def reads_windows(estimator: Any) -> bool:
    """Whether an estimator, or the first step or inner estimator of it, takes 3-D windows."""
    if isinstance(estimator, Pipeline):
        return reads_windows(estimator.steps[0][1])
    if get_tags(estimator).input_tags.three_d_array:
        return True
    for name in ("estimator", "regressor"):
        inner = getattr(estimator, name, None)
        if hasattr(inner, "fit"):
            return reads_windows(inner)
    return False

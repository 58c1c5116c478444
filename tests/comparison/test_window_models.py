"""Quantiles that a regressor on windows learned are its intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import (
    LSTMForecaster,
    OriginSplit,
    QuantileDecoder,
    RelativeForecaster,
    SeedEnsemble,
    make_windows,
)
from stforecast.comparison import compare
from stforecast.windows import Crop
from tests.comparison.data import LOAD

CV = OriginSplit(1, test_size=6)


def network(*quantiles: float) -> LSTMForecaster:
    return LSTMForecaster(
        2,
        decoder=QuantileDecoder(quantiles),
        max_epochs=2,
        device="cpu",
        random_state=0,
        baseline=None,
    )


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize(
    "model",
    [
        network(0.05, 0.5, 0.95),
        make_pipeline(Crop(8), network(0.025, 0.05, 0.5, 0.95)),
        RelativeForecaster(make_pipeline(Crop(8), network(0.05, 0.5, 0.95)), "mean"),
        SeedEnsemble(network(0.05, 0.5, 0.95), 2, random_state=0),
    ],
    ids=["network", "pipeline", "relative", "ensemble"],
)
def test_the_bounds_are_the_quantiles_of_the_model(model: Any, horizon: int) -> None:
    X, y = make_windows(LOAD, lookback=12, horizon=horizon)
    found = compare({"network": model, "ridge": Ridge()}, (X, y), CV, coverage=0.9)
    ((train, test),) = CV.split(X)
    truth = y.iloc[test].to_numpy()
    fitted = clone(model).fit(X[train], y.iloc[train])
    if hasattr(fitted, "steps"):
        quantiles = fitted[-1].predict_quantiles(fitted[:-1].transform(X[test]))
        lower, upper = quantiles[..., 1], quantiles[..., 3]
    else:
        quantiles = fitted.predict_quantiles(X[test])
        lower, upper = quantiles[..., 0], quantiles[..., -1]
    lower, upper = lower.reshape(truth.shape), upper.reshape(truth.shape)
    assert found.intervals is not None
    widths = found.intervals["width", "network"]
    np.testing.assert_allclose(widths, (upper - lower).mean(axis=1))
    inside = ((lower <= truth) & (truth <= upper)).mean(axis=1)
    np.testing.assert_array_equal(found.intervals["coverage", "network"], inside)
    outside = np.maximum(lower - truth, 0) + np.maximum(truth - upper, 0)
    scores = (upper - lower + 20 * outside).mean(axis=1)
    np.testing.assert_allclose(found.errors["interval_score", "network"], scores)
    assert found.table["interval", "coverage"]["network"] == pytest.approx(inside.mean())
    assert found.intervals.xs("ridge", axis=1, level="model").isna().all(axis=None)


@pytest.mark.parametrize("quantiles", [(0.1, 0.5, 0.9), (0.05, 0.5), (0.5, 0.95)])
def test_other_quantiles_and_single_ones_are_no_interval(quantiles: tuple[float, ...]) -> None:
    found = compare(
        {"network": network(*quantiles)}, LOAD, CV, coverage=0.9, lookback=12, horizon=3
    )
    assert found.intervals is not None
    assert found.intervals.isna().all(axis=None)
    assert found.errors["mean_absolute_error", "network"].notna().all()

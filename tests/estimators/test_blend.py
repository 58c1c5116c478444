"""What is taken out of targets comes back in forecasts, for networks on baselines and levels."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, RegressorMixin

from stforecast import RelativeForecaster, make_windows
from stforecast.estimators import Persistence
from stforecast.estimators._blend import Offset, baseline_residuals, blend_forecasts

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scale", [None, RNG.uniform(0.5, 2, size=(5, 3))])
def test_what_is_left_of_targets_gives_them_again(scale: Any) -> None:
    y, level = RNG.normal(size=(2, 5, 3))
    offset = Offset(level, scale)
    assert_allclose(offset.remove(y), (y - level) / (1 if scale is None else scale))
    assert_allclose(offset.restore(offset.remove(y)), y)
    quantiles = np.stack([offset.remove(y), offset.remove(y + 1)], axis=-1)
    assert_allclose(offset.restore(quantiles), np.stack([y, y + 1], axis=-1))


@pytest.mark.parametrize("residuals", [True, False])
def test_a_share_moves_the_median_and_leaves_the_spread(residuals: bool) -> None:
    base, found = RNG.normal(size=(5, 3)), np.sort(RNG.normal(size=(5, 3, 3)))
    blended = blend_forecasts(base, found, 1, 0.4, residuals)
    middle = found[..., 1] if residuals else found[..., 1] - base
    assert_allclose(blended[..., 1], base + 0.4 * middle)
    assert_allclose(np.diff(blended), np.diff(found))


class Recorder(RegressorMixin, BaseEstimator):
    """Keeps its targets, and forecasts zeros."""

    def fit(self, X: Any, y: Any) -> Self:
        self.targets_ = np.asarray(y)
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.zeros((len(X), self.targets_.shape[1]))


def test_a_forecast_relative_to_the_last_value_stands_on_persistence() -> None:
    X, y = make_windows(RNG.normal(size=(40, 2)).cumsum(axis=0), lookback=4, horizon=3)
    model, baseline = RelativeForecaster(Recorder()).fit(X, y), Persistence().fit(X, y)
    learned = model.estimator_[-1].targets_
    assert_array_equal(learned, baseline_residuals(baseline, X, np.asarray(y)))
    assert_array_equal(model.predict(X), baseline.predict(X))

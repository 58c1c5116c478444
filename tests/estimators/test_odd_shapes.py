"""Rows, columns, single cells, single frames: every network takes them, or says no in `fit`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stforecast.estimators import (
    CNNLSTMForecaster,
    CNNLSTMLayers,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    ParallelCNNLSTMForecaster,
    ParallelLayers,
)
from stforecast.exceptions import ShapeError
from stforecast.series import SeriesForecaster
from stforecast.windows import make_windows
from tests.estimators.data import FORECASTERS, small

VOLUME = CNNLSTMLayers(convolution="volume")
NETWORKS = [
    *(small(kind, max_epochs=1) for kind in FORECASTERS),
    small(ConvLSTMForecaster, kernel_size=3, decoder="rollout", max_epochs=1),
    small(ConvLSTMForecaster, kernel_size=4, layers=ConvLSTMLayers("norm"), max_epochs=1),
    small(CNNLSTMForecaster, kernel_size=5, layers=VOLUME, max_epochs=1),
    small(
        ParallelCNNLSTMForecaster,
        layers=ParallelLayers(branches=CNNLSTMLayers(pooling="flatten")),
        max_epochs=1,
    ),
]


def maps_of(frame: tuple[int, ...], rows: int = 12) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(rows, *frame))


@pytest.mark.parametrize("model", NETWORKS, ids=repr)
@pytest.mark.parametrize("frame", [(1, 1, 1), (2, 1, 5), (1, 5, 1), (3, 2, 2)])
@pytest.mark.parametrize("lookback", [1, 3])
def test_frames_of_one_row_column_or_cell_and_windows_of_one_frame(
    model: Any, frame: tuple[int, ...], lookback: int
) -> None:
    X, y = make_windows(maps_of(frame), lookback=lookback, horizon=2)
    forecasts = model.fit(X, y).predict(X)
    assert forecasts.shape == (len(X), 2 * np.prod(frame))
    np.testing.assert_allclose(model.predict(X[4:5]), forecasts[4:5], rtol=1e-6, atol=1e-9)
    assert np.abs(forecasts - forecasts[:1]).max() > 1e-6


@pytest.mark.parametrize("model", NETWORKS, ids=repr)
def test_a_single_sample_suffices(model: Any) -> None:
    X, y = make_windows(maps_of((2, 3, 4)), lookback=3, horizon=1)
    assert np.isfinite(model.fit(X[:1], y[:1]).predict(X[:1])).all()


@pytest.mark.parametrize(
    ("model", "match"),
    [
        (
            small(CNNLSTMForecaster, filters=(4, 4), layers=CNNLSTMLayers(pool_size=2)),
            "leaves nothing of a 3x4 grid",
        ),
        (
            small(
                CNNLSTMForecaster, layers=CNNLSTMLayers(convolution="volume", pool_size=(4, 1, 1))
            ),
            "needs a window of 4 frames, but it has 3",
        ),
        (
            small(
                ParallelCNNLSTMForecaster,
                layers=ParallelLayers(
                    branches=CNNLSTMLayers(
                        convolution="volume", pool_size=(4, 1, 1), pooling="flatten"
                    )
                ),
            ),
            "needs a window of 4 frames, but it has 3",
        ),
    ],
    ids=["cells", "frames", "frames of a branch"],
)
def test_what_leaves_nothing_over_is_refused_in_fit(model: Any, match: str) -> None:
    X, y = make_windows(maps_of((1, 3, 4)), lookback=3, horizon=1)
    with pytest.raises(ShapeError, match=match):
        model.fit(X, y)
    assert not hasattr(model, "net_")


def test_a_series_of_maps_goes_on_as_maps() -> None:
    maps = maps_of((2, 3, 4), 30)
    network = small(ConvLSTMForecaster, kernel_size=3, decoder="rollout")
    model = SeriesForecaster(network, lookback=4, horizon=3).fit(maps)
    X, y = make_windows(maps, lookback=4, horizon=3)
    assert model.forecast().shape == (3, 2, 3, 4)
    backtest = model.backtest(maps)
    np.testing.assert_allclose(backtest, X.unflatten(model.estimator_.predict(X)), rtol=1e-6)
    np.testing.assert_array_equal(X.unflatten(y)[0], maps[4:7])

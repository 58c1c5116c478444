"""What follows from windows and targets: maps out of maps, and heads of a size that fits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from stforecast.estimators import (
    BoundedDecoder,
    ConvLSTMForecaster,
    ConvLSTMLayers,
    DenseDecoder,
    FrameAugmentation,
    QuantileDecoder,
    RelativeForecaster,
    StepDecoder,
)
from stforecast.estimators.parts.base import net_shapes
from stforecast.exceptions import ParameterError
from stforecast.nn import LSTM, DenseHead, RolloutHead
from stforecast.series import SeriesForecaster
from stforecast.windows import ColumnsToGrid, FoldTime, make_windows
from tests.estimators.data import map_windows, small, table_windows


def head_of(X: Any, y: Any, **params: Any) -> Any:
    return small(ConvLSTMForecaster, max_epochs=1, **params).fit(X, y).net_.module_.head


def large_windows(cells: int = 64, horizon: int = 6) -> tuple[Any, Any]:
    maps = np.random.default_rng(0).random((8 + horizon, 1, cells, cells), "float32")
    return make_windows(maps, lookback=2, horizon=horizon)


def test_maps_come_out_of_maps_by_default() -> None:
    X, y = map_windows()
    assert isinstance(head_of(X, y), RolloutHead)
    rolled = small(ConvLSTMForecaster, decoder="rollout").fit(X, y).predict(X)
    np.testing.assert_array_equal(small(ConvLSTMForecaster).fit(X, y).predict(X), rolled)


def test_quantiles_bounds_and_levels_go_around_the_maps() -> None:
    X, y = map_windows()
    assert isinstance(head_of(X, y, decoder=QuantileDecoder()).head, RolloutHead)
    assert isinstance(head_of(X, y, decoder=BoundedDecoder((-9, None))).head, RolloutHead)
    relative = RelativeForecaster(small(ConvLSTMForecaster)).fit(X, y)
    assert isinstance(relative.estimator_.net_.module_.head, RolloutHead)


@pytest.mark.parametrize("target", [0, [1, 0]], ids=repr)
def test_some_channels_of_maps_are_maps_too(target) -> None:
    maps = np.random.default_rng(0).normal(size=(30, 2, 3, 4))
    X, y = make_windows(maps, lookback=4, horizon=2, target=target)
    head = head_of(X, y)
    assert isinstance(head, RolloutHead)
    assert head.readout.out_channels == np.size(target)


def test_maps_given_as_a_target_have_a_channel() -> None:
    rng = np.random.default_rng(0)
    maps, target = rng.normal(size=(30, 2, 3, 4)), rng.normal(size=(30, 3, 4))
    X, y = make_windows(maps, lookback=4, horizon=2, target=target)
    assert X.unflatten(y).shape == (25, 2, 1, 3, 4)
    assert isinstance(head_of(X, y), RolloutHead)


@pytest.mark.parametrize(
    "windows",
    [
        table_windows,
        lambda: tuple(map(np.asarray, map_windows())),
        lambda: make_windows(np.zeros((30, 1, 1, 1)) + np.eye(30)[:, :1, None, None], lookback=4),
        lambda: make_windows(np.eye(30)[:, :12].reshape(30, 3, 4), lookback=4, target=np.eye(30)),
    ],
    ids=["table", "plain arrays", "maps of one cell", "maps and a table"],
)
def test_dense_layers_give_what_is_not_known_to_be_maps(windows) -> None:
    assert isinstance(head_of(*windows()), DenseHead)


def test_seven_steps_of_a_fold_are_not_taken_for_a_map() -> None:
    X, y = make_windows(np.sin(np.arange(60.0)), lookback=14, horizon=7)
    assert isinstance(head_of(FoldTime(width=7).fit_transform(X), y), DenseHead)
    X, y = table_windows()
    assert isinstance(head_of(ColumnsToGrid([(0, 0), (0, 1)]).fit_transform(X), y), DenseHead)


@pytest.mark.parametrize(
    "layers",
    [
        ConvLSTMLayers(bidirectional=True),
        ConvLSTMLayers(residual=True),
        ConvLSTMLayers(augmentation=FrameAugmentation(flip_rows=True)),
    ],
    ids=repr,
)
def test_layers_that_cannot_go_on_keep_the_dense_decoder(layers) -> None:
    assert isinstance(head_of(*map_windows(), layers=layers), DenseHead)


def test_a_forecaster_of_large_maps_is_small_by_default() -> None:
    maps = np.random.default_rng(0).random((12, 1, 64, 64), "float32")
    model = SeriesForecaster(ConvLSTMForecaster(4, max_epochs=1), lookback=2, horizon=6).fit(maps)
    assert model.forecast().shape == (6, 1, 64, 64)
    weights = model.estimator_.net_.module_.parameters()
    assert sum(one.numel() for one in weights) < 10_000


REFUSED = [
    (ConvLSTMForecaster(decoder="dense"), "decoder='rollout'", {"decoder": "rollout"}),
    (
        ConvLSTMForecaster(decoder=QuantileDecoder(decoder="dense")),
        "decoder='rollout'",
        {"decoder__decoder": "rollout"},
    ),
    (
        ConvLSTMForecaster(layers=ConvLSTMLayers(bidirectional=True)),
        "pooling='average', which",
        {"decoder": DenseDecoder(pooling="average")},
    ),
    (
        ConvLSTMForecaster(layers=ConvLSTMLayers(bidirectional=True), decoder=StepDecoder(4096)),
        "pooling='average', which",
        {"decoder__pooling": "average"},
    ),
]


@pytest.mark.parametrize(("model", "match", "remedy"), REFUSED, ids=lambda one: repr(one)[:40])
def test_a_head_that_would_fill_the_memory_is_refused_with_what_helps(model, match, remedy) -> None:
    X, y = large_windows()
    shapes = net_shapes(X, y.shape[1])
    with torch.device("meta"):  # nothing is allocated, here or there
        with pytest.raises(ParameterError, match=match):
            model.build_module(shapes)
        model.set_params(**remedy).build_module(shapes)


def test_a_head_that_would_fill_the_memory_is_refused_in_fit() -> None:
    with pytest.raises(ParameterError, match="may have 100,000,000 weights, but for 65,536 feat"):
        ConvLSTMForecaster(decoder="dense").fit(*large_windows())


def test_maps_beyond_every_dense_decoder_are_to_be_made_smaller() -> None:
    X, y = large_windows(cells=1024, horizon=4)
    decoder = DenseDecoder(hidden=4096, pooling="average")
    with pytest.raises(ParameterError, match=r"it would have .*\. Average the cells of the maps"):
        decoder.build(LSTM(1, 64), (1, 1), net_shapes(X, y.shape[1]))

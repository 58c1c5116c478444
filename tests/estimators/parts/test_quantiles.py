"""Quantile networks: right levels, never crossing, the same in every place a forecaster goes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV

from stforecast import (
    ConvLSTMForecaster,
    LSTMForecaster,
    OriginSplit,
    QuantileDecoder,
    RolloutDecoder,
    SeriesForecaster,
    Training,
    make_windows,
)
from stforecast.estimators.parts.quantiles import PinballLoss, QuantileHead
from stforecast.nn import Head

LEVELS = (0.1, 0.5, 0.9)


def network(quantiles: Any = LEVELS, decoder: Any = "dense", **params: Any) -> LSTMForecaster:
    defaults = {"max_epochs": 3, "device": "cpu", "random_state": 0}
    return LSTMForecaster(
        8, decoder=QuantileDecoder(quantiles, decoder=decoder), **{**defaults, **params}
    )


def skewed(count: int = 60) -> np.ndarray:
    """Noise whose spread is told by the rows before it, and whose upper tail is the longer."""
    spread = 1 + 4 * (np.arange(count) % 2)
    return 100 + spread * np.random.default_rng(0).exponential(size=count)


@pytest.mark.parametrize("seed", [0, 1])
def test_quantiles_hold_on_data_to_come_and_see_the_spread(seed: int) -> None:
    count = 1500  # of samples to train on, and again of samples to come
    X, y = make_windows(skewed(2 * count), lookback=4)
    # a learning rate that ends at zero lets the quantiles settle, a constant one leaves them
    # wherever the last batches pulled them
    training = Training(validation_fraction=0.0, schedule="cosine")
    model = network(max_epochs=20, lr=0.02, training=training, random_state=seed)
    model.fit(X[:count], y[:count, 0])
    quantiles, truth = model.predict_quantiles(X[count:]), y[count:, 0]
    below = (truth[:, None] <= quantiles).mean(axis=0)
    levels = np.array(LEVELS)
    # both samples tell a share with the error of a binomial one: 0.023 and 0.039
    tolerance = 3 * np.sqrt(2 * levels * (1 - levels) / count)
    assert (np.abs(below - levels) < tolerance).all()
    upper, lower = (np.diff(quantiles[:, pair], axis=1).mean() for pair in ([1, 2], [0, 1]))
    assert upper > 2 * lower  # of the exponential distribution: 2.74
    width = quantiles[:, 2] - quantiles[:, 0]
    assert max(width[::2].mean(), width[1::2].mean()) > 2.5 * min(
        width[::2].mean(), width[1::2].mean()
    )


@pytest.mark.parametrize("decoder", ["dense", "step"])
def test_quantiles_of_every_step_and_output_rise_and_predict_is_the_median(decoder: str) -> None:
    series = np.random.default_rng(0).normal(size=(80, 2)) * [1, 1000]
    X, y = make_windows(series, lookback=4, horizon=3)
    model = network((0.2, 0.4, 0.5, 0.9), decoder).fit(X, y)
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (len(X), 6, 4)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_array_equal(model.predict(X), quantiles[..., 2])
    spread = quantiles.std(axis=(0, 2)).reshape(3, 2)  # step-major, each output in its own units
    assert (spread[:, 1] > 50 * spread[:, 0]).all()


def test_the_loss_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    target, forecasts = rng.normal(size=(20, 3)), rng.normal(size=(20, 3, 3))
    loss = PinballLoss(LEVELS)(torch.tensor(forecasts).flatten(1), torch.tensor(target))
    expected = [
        mean_pinball_loss(target, forecasts[:, i], alpha=level) for i, level in enumerate(LEVELS)
    ]
    assert loss.item() == pytest.approx(np.mean(expected), rel=1e-6)


def test_missing_targets_do_not_count() -> None:
    target = torch.tensor([[1.0, torch.nan], [torch.nan, 2.0]])
    prediction = torch.zeros(2, 6, requires_grad=True)
    loss = PinballLoss(LEVELS, masked=True)(prediction, target)
    assert loss.item() == pytest.approx(np.mean([0.1, 0.5, 0.9]) * 1.5)
    loss.backward()
    assert torch.isfinite(prediction.grad).all()


def test_sorting_keeps_each_target_with_itself() -> None:
    class Given(Head):
        def forward(self, output: Any, state: Any, parts: Any) -> torch.Tensor:
            return output

    # two steps, three quantiles, two outputs: each value tells its step and output
    y = torch.tensor([[[3.0, 30], [1, 10], [2, 20]], [[600.0, 5000], [400, 6000], [500, 4000]]])
    sorted_ = QuantileHead(Given(), 3, 2)(y.flatten()[None], None, {}).unflatten(1, (3, 4))
    expected = [[1, 10, 400, 4000], [2, 20, 500, 5000], [3, 30, 600, 6000]]
    assert sorted_[0].tolist() == expected


def test_a_part_can_be_cloned_and_searched() -> None:
    X, y = make_windows(skewed(60), lookback=4)
    model = clone(network()).set_params(decoder__quantiles=(0.25, 0.5)).fit(X, y)
    direct = network((0.25, 0.5)).fit(X, y)
    np.testing.assert_array_equal(model.predict_quantiles(X), direct.predict_quantiles(X))
    assert not np.array_equal(model.predict(X), network().fit(X, y).predict(X))


def test_a_search_reaches_the_quantiles() -> None:
    X, y = make_windows(skewed(60), lookback=4)
    choices = [(0.25, 0.5), (0.4, 0.5)]
    search = GridSearchCV(
        network(baseline=None), {"decoder__quantiles": choices}, cv=OriginSplit(2)
    )
    search.fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert scores[0] != scores[1]
    best = network(choices[int(scores.argmax())], baseline=None).fit(X, y)
    found = search.best_estimator_.predict_quantiles(X)
    np.testing.assert_array_equal(found, best.predict_quantiles(X))


def test_no_windows_have_no_quantiles() -> None:
    X, y = make_windows(skewed(60), lookback=4, horizon=2)
    assert network().fit(X, y).predict(X[:0]).shape == (0, 2)


def test_quantiles_of_maps() -> None:
    maps = np.random.default_rng(0).normal(size=(40, 1, 3, 4))
    X, y = make_windows(maps, lookback=3, horizon=2)
    model = ConvLSTMForecaster(4, decoder=QuantileDecoder(), max_epochs=2, device="cpu")
    assert model.fit(X, y).predict_quantiles(X).shape == (len(X), 24, 3)


def test_a_series_is_continued_by_the_median() -> None:
    table = skewed(80)[:, None]
    model = SeriesForecaster(network(baseline=None), lookback=4, horizon=2).fit(table)
    quantiles = model.estimator_.predict_quantiles(table[None, -4:])
    assert quantiles.shape == (1, 2, 3)
    assert (np.diff(quantiles) > 0).all()
    np.testing.assert_array_equal(model.forecast()[:, 0], quantiles[0, :, 1])


def test_other_decoders_give_no_quantiles() -> None:
    assert not hasattr(LSTMForecaster(), "predict_quantiles")
    assert hasattr(network(), "predict_quantiles")


@pytest.mark.parametrize("quantiles", [(), (0.1, 0.9), (0.5, 0.1), (0.0, 0.5), (0.5, 1.0)])
def test_quantiles_without_sense_are_an_error(quantiles: Any) -> None:
    X, y = make_windows(skewed(60), lookback=4)
    with pytest.raises(
        ValueError, match=r"decoder__quantiles must be .* rise within \(0, 1\) and hold 0.5"
    ):
        network(quantiles).fit(X, y)


@pytest.mark.parametrize(
    "rollout",
    ["rollout", RolloutDecoder(teacher_forcing=0.7, sampling_epochs=3)],
    ids=["untaught", "taught"],
)
def test_a_rollout_gives_quantiles_of_maps_that_rise_and_hold(rollout: Any) -> None:
    maps = np.random.default_rng(0).normal(size=(260, 1, 3, 4))
    X, y = make_windows(maps, lookback=3, horizon=2)
    training = Training(validation_fraction=0.0, schedule="cosine")
    model = ConvLSTMForecaster(
        4, decoder=QuantileDecoder(LEVELS, decoder=rollout), lr=0.02, max_epochs=6,
        batch_size=32, training=training, device="cpu", random_state=0,
    ).fit(X, y)  # fmt: skip
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (len(X), 24, 3)
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    below = (np.asarray(y)[..., None] <= quantiles).mean(axis=(0, 1))
    np.testing.assert_allclose(below, LEVELS, atol=0.06)


def test_a_taught_rollout_reads_the_truth_in_place_of_every_quantile() -> None:
    class Echo(Head):
        reads_target = True

        def forward(self, output: Any, state: Any, parts: Any) -> torch.Tensor:
            return parts["target"]

    head = QuantileHead(Echo(), 3, 2)
    assert head.reads_target
    truth = torch.tensor([[1.0, 2, 3, 4]])  # two steps of two cells
    found = head(None, None, {"target": truth}).unflatten(1, (3, 4))
    assert found[0].tolist() == [[1, 2, 3, 4]] * 3


def test_scheduled_sampling_reaches_the_rollout_inside_quantiles() -> None:
    X, y = make_windows(np.random.default_rng(0).normal(size=(40, 1, 3, 3)), lookback=3, horizon=2)
    decoder = QuantileDecoder(decoder=RolloutDecoder(teacher_forcing=0.8, sampling_epochs=2))
    training = Training(validation_fraction=0.0)
    model = ConvLSTMForecaster(2, decoder=decoder, max_epochs=3, device="cpu", training=training)
    assert model.fit(X, y).net_.module_.head.head.teacher_forcing == 0


def test_targets_of_another_size_are_an_error() -> None:
    with pytest.raises(ValueError, match="must hold 3 quantiles of the targets"):
        PinballLoss(LEVELS)(torch.zeros(2, 4), torch.zeros(2, 2))

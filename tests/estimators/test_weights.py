"""The part "weight" of windows: what it does to losses, baselines, blocks and classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from stforecast._training.execution.strategies import CoreShares
from stforecast._training.net import Loss
from stforecast.estimators import (
    Compute,
    ConvLSTMForecaster,
    LSTMClassifier,
    LSTMForecaster,
    Persistence,
    QuantileDecoder,
    RainDecoder,
    SeedEnsemble,
    StackedBaseline,
    StencilForecaster,
    Training,
    WindowRidge,
)
from stforecast.estimators._block_fits import BlockRecorder
from stforecast.estimators._classifier import CrossEntropy, WeightedCrossEntropy
from stforecast.estimators.parts.quantiles import PinballLoss
from stforecast.estimators.parts.rates import RateLoss
from stforecast.exceptions import ParameterError, ShapeError
from stforecast.windows import Flatten, FoldTime, make_windows
from tests.estimators.data import (
    ALL_SAMPLES,
    map_windows,
    noise,
    same_weights,
    small,
    table_windows,
)


def with_weights(X: Any, weights: Any) -> Any:
    return X.with_parts({"weight": np.asarray(weights, dtype=float)})


def some_weights(count: int, zeros: bool = True) -> np.ndarray:
    """Return whole numbers from 0, or 1, to 3, the same in every order of the tests."""
    draw = np.random.default_rng(3)
    return draw.integers(0 if zeros else 1, 4, size=count).astype(float)


@pytest.mark.parametrize(
    "criterion",
    [
        Loss("mse"),
        Loss("mae", masked=True),
        Loss("huber"),
        PinballLoss((0.1, 0.5, 0.9)),
        RateLoss("mse", False, (0.5,), (1, 3)),
        CrossEntropy(),
        WeightedCrossEntropy(np.array([0.5, 1.0, 2.0])),
    ],
    ids=lambda one: type(one).__name__,
)
def test_the_loss_of_a_sample_is_multiplied_by_its_weight(criterion: Any) -> None:
    torch.manual_seed(0)
    classes = isinstance(criterion, CrossEntropy | WeightedCrossEntropy)
    target = torch.randint(3, (6,)) if classes else torch.randn(6, 3)
    prediction = torch.randn(6, 9 if isinstance(criterion, PinballLoss) else 3)
    weights = torch.tensor([0.0, 1.0, 2.0, 0.5, 1.5, 1.0])
    single = [criterion(prediction[i : i + 1], target[i : i + 1]) for i in range(6)]
    expected = (torch.stack(single) * weights).mean()
    torch.testing.assert_close(criterion(prediction, target, weights), expected)
    torch.testing.assert_close(
        criterion(prediction, target, torch.ones(6)), criterion(prediction, target)
    )


def test_a_missing_target_has_no_loss_whatever_its_weight() -> None:
    prediction, target = torch.randn(3, 2), torch.randn(3, 2)
    target[1] = torch.nan
    weights = torch.tensor([1.0, 5.0, 2.0])
    found = Loss("mse", masked=True)(prediction, target, weights)
    kept = torch.tensor([0, 2])
    each = ((prediction - target) ** 2)[kept] * weights[kept][:, None]
    torch.testing.assert_close(found, each.mean())


@pytest.mark.parametrize(
    "estimator",
    [
        small(),
        small(training=Training(validation_fraction=0.2)),
        LSTMForecaster(4, max_epochs=3, random_state=0, device="cpu"),
        LSTMForecaster(4, baseline=Ridge(), max_epochs=3, random_state=0, device="cpu"),
        small(decoder=QuantileDecoder()),
        make_pipeline(FoldTime(width=1), small(ConvLSTMForecaster)),
        SeedEnsemble(small(), 2, random_state=0),
        WindowRidge(),
        WindowRidge(1.0),
    ],
    ids=lambda one: f"{one!r:.60}",
)
def test_weight_0_leaves_a_sample_out(estimator: Any) -> None:
    X, y = table_windows(120)
    weights = some_weights(len(X))
    kept = np.flatnonzero(weights)
    found = estimator.fit(with_weights(X, weights), y).predict(X)
    without = estimator.fit(with_weights(X[kept], weights[kept]), y[kept]).predict(X)
    np.testing.assert_array_equal(found, without)
    assert not np.allclose(found, estimator.fit(X, y).predict(X))


def test_classes_of_weight_0_are_left_out_and_others_count() -> None:
    t = np.arange(400)
    labels = np.where(t < 200, "fast", "slow")
    X, y = make_windows(np.sin(t / np.where(t < 200, 2, 3)), lookback=6, horizon=0, target=labels)
    model = LSTMClassifier(4, max_epochs=8, lr=0.02, random_state=0, device="cpu")
    heavy = model.fit(with_weights(X, np.where(y == "slow", 9.0, 1.0)), y).predict_proba(X)
    light = model.fit(with_weights(X, np.where(y == "slow", 1.0, 9.0)), y).predict_proba(X)
    assert heavy[:, 1].mean() > light[:, 1].mean() + 0.1
    weights = some_weights(len(X))
    kept = np.flatnonzero(weights)
    found = model.fit(with_weights(X, weights), y).predict_proba(X)
    without = model.fit(with_weights(X[kept], weights[kept]), np.asarray(y)[kept])
    np.testing.assert_array_equal(found, without.predict_proba(X))


def same_penalty(alpha: float, weights: np.ndarray) -> float:
    """Return the penalty beside copies of samples that is alpha beside weights of mean one."""
    return alpha * weights.sum() / np.count_nonzero(weights)


@pytest.mark.parametrize("alpha", [0.0, 1.0, 100.0])
@pytest.mark.parametrize("cached", [True, False])
def test_a_ridge_takes_weight_3_for_three_samples(
    alpha: float, cached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cached:
        monkeypatch.setattr("stforecast.estimators.baselines.ridge.CACHE_VALUES", 0)
    X, y = table_windows(60)
    weights = some_weights(len(X))
    copies = np.repeat(np.arange(len(X)), weights.astype(int))
    found = WindowRidge(alpha).fit(with_weights(X, weights), y)
    repeated = WindowRidge(same_penalty(alpha, weights)).fit(X[copies], y[copies])
    np.testing.assert_allclose(found.coef_, repeated.coef_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.intercept_, repeated.intercept_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 10.0])
def test_a_masked_ridge_takes_weight_3_for_three_samples(alpha: float) -> None:
    rows = noise(60)
    rows[20:22, 1] = np.nan
    X, y = make_windows(rows, lookback=3, horizon=2, missing="mask")
    weights = some_weights(len(X))
    copies = np.repeat(np.arange(len(X)), weights.astype(int))
    found = WindowRidge(alpha).fit(with_weights(X, weights), y)
    repeated = WindowRidge(same_penalty(alpha, weights)).fit(X[copies], y[copies])
    np.testing.assert_allclose(found.coef_, repeated.coef_, rtol=1e-7, atol=1e-9)


def test_a_stencil_takes_weight_3_for_three_samples() -> None:
    X, y = map_windows(40)
    weights = some_weights(len(X))
    copies = np.repeat(np.arange(len(X)), weights.astype(int))
    found = StencilForecaster(3, 1, 10.0).fit(with_weights(X, weights), y)
    repeated = StencilForecaster(3, 1, same_penalty(10.0, weights)).fit(X[copies], y[copies])
    np.testing.assert_allclose(found.coef_, repeated.coef_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6])
@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize(
    ("baseline", "windows"),
    [
        (WindowRidge(), table_windows(60)),
        (WindowRidge(3.0), table_windows(60)),
        (StencilForecaster(), map_windows(40)),
        (StackedBaseline(), map_windows(40)),
    ],
    ids=lambda value: f"{value!r:.40}",
)
def test_only_ratios_of_weights_count_for_a_baseline(
    baseline: Any, windows: Any, cached: bool, scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cached:
        monkeypatch.setattr("stforecast.estimators.baselines.ridge.CACHE_VALUES", 0)
    X, y = windows
    weights = some_weights(len(X), zeros=False)
    expected = clone(baseline).fit(with_weights(X, weights), y).predict(X)
    # those of the least scale add up to much less than one
    found = clone(baseline).fit(with_weights(X, scale * weights), y).predict(X)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    constant = clone(baseline).fit(with_weights(X, np.full(len(X), scale)), y).predict(X)
    np.testing.assert_allclose(constant, clone(baseline).fit(X, y).predict(X), atol=1e-9)


def test_only_ratios_of_weights_count_for_a_regressor_of_scikit_learn() -> None:
    X, y = table_windows()
    weights = some_weights(len(X), zeros=False)
    network = LSTMForecaster(4, baseline=Ridge(5.0), max_epochs=1, random_state=0, device="cpu")
    found, scaled = (
        network.fit(with_weights(X, scale * weights), y).baseline_.predict(X)
        for scale in (1.0, 1e-6)
    )
    np.testing.assert_allclose(found, scaled, rtol=1e-9)


def test_only_ratios_of_weights_count_for_a_network() -> None:
    X, y = table_windows()
    weights = some_weights(len(X), zeros=False)
    network = LSTMForecaster(4, max_epochs=3, random_state=0, device="cpu")
    found = network.fit(with_weights(X, weights), y).predict(X)
    scaled = network.fit(with_weights(X, 1000 * weights), y).predict(X)
    np.testing.assert_allclose(found, scaled, rtol=1e-4, atol=1e-5)


def test_only_ratios_of_weights_count_for_classes() -> None:
    t = np.arange(200)
    labels = np.where(t < 100, "fast", "slow")
    X, y = make_windows(np.sin(t / np.where(t < 100, 2, 3)), lookback=6, horizon=0, target=labels)
    weights = some_weights(len(X), zeros=False)
    model = LSTMClassifier(4, max_epochs=3, random_state=0, device="cpu")
    found = model.fit(with_weights(X, weights), y).predict_proba(X)
    scaled = model.fit(with_weights(X, 1000 * weights), y).predict_proba(X)
    np.testing.assert_allclose(found, scaled, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("weight", [1e-3, 1.0, 1e3])
def test_only_ratios_of_weights_count_in_further_training_and_beside_it(weight: float) -> None:
    X, y = table_windows()
    network = LSTMForecaster(
        4, baseline=None, max_epochs=3, random_state=0, device="cpu",
        training=Training(optimizer="sgd", gradient_clip=None),
    )  # fmt: skip
    network.fit(X[:60], y[:60], X_val=X[70:], y_val=y[70:])
    plain, later = network.history_["valid_loss"], clone(network)
    later.fit(
        X[:60], y[:60], X_val=with_weights(X[70:], np.full(len(X) - 70, weight)), y_val=y[70:]
    )
    np.testing.assert_allclose(later.history_["valid_loss"], plain, rtol=1e-6)
    expected = network.partial_fit(X[:60], y[:60]).predict(X)
    found = later.partial_fit(with_weights(X[:60], np.full(60, weight)), y[:60]).predict(X)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_full_batch_takes_weight_3_for_three_samples() -> None:
    X, y = table_windows(40)
    weights = some_weights(len(X))
    copies = np.repeat(np.arange(len(X)), weights.astype(int))
    whole = {"batch_size": 200, "max_epochs": 20}
    training = Training(validation_fraction=0, standardize=False)  # scales count rows once
    network = small(training=training, **whole)
    found = network.fit(with_weights(X, weights), y).predict(X)
    repeated = network.fit(X[copies], y[copies]).predict(X)
    np.testing.assert_allclose(found, repeated, rtol=1e-3, atol=1e-4)
    assert np.abs(found - network.fit(X, y).predict(X)).max() > 0.01


def test_the_share_of_a_network_asks_the_samples_that_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    before = BlockRecorder.block_errors

    def block_errors(self: Any) -> Any:
        seen.append((self.weights.copy(), self.runs.copy(), before(self)))
        return seen[-1][2]

    monkeypatch.setattr(BlockRecorder, "block_errors", block_errors)
    X, y = table_windows(150)
    weights = some_weights(len(X), zeros=False)
    LSTMForecaster(4, max_epochs=2, random_state=0, device="cpu").fit(with_weights(X, weights), y)
    for each, runs, errors in seen:
        assert set(each) <= {1.0, 2.0, 3.0}
        np.testing.assert_allclose(errors.counts, np.bincount(runs, each))


def test_cores_and_pieces_share_out_weights() -> None:
    X, y = table_windows(150)
    weights = some_weights(len(X), zeros=False)
    X = with_weights(X, weights)
    found = small(batch_size=64).fit(X, y)
    pieces = small(batch_size=64, training=Training(compute=None)).set_params(
        training__compute__pieces=4
    )
    np.testing.assert_allclose(pieces.fit(X, y).predict(X), found.predict(X), rtol=1e-4, atol=1e-5)


def test_threads_share_out_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    maps = np.random.default_rng(0).normal(size=(60, 1, 16, 16))
    X, y = make_windows(maps, lookback=2)
    X = with_weights(X, some_weights(len(X)))
    steps = []
    step = CoreShares.step
    monkeypatch.setattr(CoreShares, "step", lambda *args: steps.append(1) or step(*args))
    network = small(ConvLSTMForecaster, training=Training(compute=Compute(threads=2)))
    found = network.fit(X, y).predict(X)
    assert steps
    steps.clear()
    monkeypatch.setattr(Compute, "_is_shareable", lambda *_: False)
    np.testing.assert_allclose(network.fit(X, y).predict(X), found, rtol=1e-3, atol=1e-4)
    assert not steps


def test_weights_are_no_covariate() -> None:
    X, y = table_windows()
    weights = np.ones(len(X))
    plain, weighed = small().fit(X, y), small().fit(with_weights(X, weights), y)
    assert same_weights(plain, weighed)
    np.testing.assert_array_equal(weighed.predict(X), plain.predict(X))
    assert weighed.shapes_.parts == {}
    assert Flatten().fit_transform(with_weights(X, weights)).shape == (len(X), 10)


def test_a_search_hands_weights_on() -> None:
    X, y = table_windows(120)
    weights = some_weights(len(X))
    search = GridSearchCV(small(), {"hidden_channels": [2, 4]}, cv=2, error_score="raise")
    found = search.fit(with_weights(X, weights), y).best_estimator_
    best = small(**search.best_params_).fit(with_weights(X, weights), y)
    assert same_weights(found, best)


def test_a_loss_of_torch_takes_no_weights() -> None:
    X, y = table_windows()
    network = small(net_params={"criterion": torch.nn.MSELoss}, training=ALL_SAMPLES)
    with pytest.raises(ParameterError, match=r"need a loss of this library, .* is MSELoss. Leave"):
        network.fit(with_weights(X, some_weights(len(X))), y)


@pytest.mark.parametrize(
    "estimator",
    [small(), WindowRidge(), StackedBaseline([WindowRidge(), Persistence()])],
    ids=["network", "ridge", "stacked"],
)
def test_weights_must_be_numbers_from_0_one_a_window(estimator: Any) -> None:
    X, y = table_windows()
    with pytest.raises(ShapeError, match="one number for each window, got shape"):
        estimator.fit(with_weights(X, np.ones((len(X), 2))), y)
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="Weights must be finite numbers of at least 0"):
            estimator.fit(with_weights(X, np.full(len(X), wrong)), y)


def test_rain_has_two_kinds_of_weights() -> None:
    maps = np.random.default_rng(0).exponential(size=(40, 4, 4))
    X, y = make_windows(maps, lookback=3)
    rain = RainDecoder((1, 3), (1, 5, 20))
    model = ConvLSTMForecaster(
        2, decoder=rain, baseline=None, max_epochs=3, random_state=0, device="cpu"
    )
    weights = some_weights(len(X), zeros=False)
    found = model.fit(with_weights(X, weights), y).predict(X)
    assert np.isfinite(found).all()
    assert not np.allclose(found, model.fit(X, y).predict(X))

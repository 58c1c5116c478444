"""Forecasts within bounds: learned there, quantiles and intervals too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from stforecast import (
    ConvLSTMForecaster,
    DenseDecoder,
    LSTMClassifier,
    LSTMForecaster,
    MonteCarloDropout,
    QuantileDecoder,
    RelativeForecaster,
    RolloutDecoder,
    SeedEnsemble,
    SeriesForecaster,
    Training,
    make_windows,
)
from stforecast.estimators import BoundedDecoder
from stforecast.estimators.parts.bounds import BoundedHead
from stforecast.nn import Head
from stforecast.persistence import load, save

QUICK = {"max_epochs": 3, "device": "cpu", "random_state": 0}


class Given(Head):
    """Gives what it is given."""

    def forward(self, output: Any, state: Any, parts: Any) -> torch.Tensor:
        return output


def rain(count: int = 240) -> np.ndarray:
    """Rain that is 0 on half of the days."""
    rng = np.random.default_rng(0)
    return rng.gamma(0.8, 5, size=(count, 1)) * (rng.random((count, 1)) < 0.5)


def network(bounds: Any = (0, None), decoder: Any = "dense", **params: Any) -> LSTMForecaster:
    return LSTMForecaster(6, decoder=BoundedDecoder(bounds, decoder=decoder), **{**QUICK, **params})


@pytest.mark.parametrize("bounds", [(-1.0, None), (None, 2.0), (-1.0, 2.0)])
def test_a_head_bends_outputs_into_bounds_in_the_units_of_the_targets(bounds: Any) -> None:
    head = BoundedHead(Given(), 2, bounds)
    mean, scale = torch.tensor([0.5, 0.0]), torch.tensor([2.0, 0.5])
    head.set_units(mean, scale)
    z = torch.linspace(-9, 9, 2001).double()
    bent = head.double()(torch.stack([z, z], dim=1), None, {}) * scale + mean
    low, high = (-np.inf if bounds[0] is None else -1, np.inf if bounds[1] is None else 2)
    assert ((low - 1e-9 <= bent) & (bent <= high + 1e-9)).all()
    assert (bent.diff(dim=0) >= 0).all()
    plain = torch.stack([z, z], dim=1) * scale + mean
    # a standard deviation and a half away from any bound it is what it was, to a hundredth of one
    well = (plain > low + 1.5 * scale) & (plain < high - 1.5 * scale)
    assert ((bent - plain).abs() < 0.01 * scale)[well].all()
    for end in (0, -1):
        bound = (low, high)[end]
        if np.isfinite(bound):
            assert_allclose(bent[end], bound, atol=1e-6)


@pytest.mark.parametrize("bounds", [(0, None), (None, 0), (0, 100)])
@pytest.mark.parametrize("decoder", ["dense", "step", QuantileDecoder((0.1, 0.5, 0.9))])
def test_no_forecast_lies_beyond_a_bound(bounds: Any, decoder: Any) -> None:
    series = -rain() if bounds == (None, 0) else rain()
    X, y = make_windows(series, lookback=4, horizon=2)
    model = network(bounds, decoder).fit(X, y)
    found = [model.predict(X)]
    if model.quantiles_:
        found.append(model.predict_quantiles(X))
        assert (np.diff(found[1], axis=-1) >= 0).all()
    for values in found:
        assert_array_equal(np.clip(values, *bounds), values)
    assert model.bounds_ == bounds


def test_a_network_learns_within_its_bounds_instead_of_being_cut_off_there() -> None:
    X, y = make_windows(rain(800), lookback=4)
    train, to_come = slice(0, 500), slice(500, None)
    training = Training(validation_fraction=0.0, schedule="cosine")
    settings = {"max_epochs": 25, "lr": 0.02, "training": training}
    inner = QuantileDecoder((0.3, 0.5, 0.7, 0.9))
    bounded = network((0, None), inner, **settings).fit(X[train], y[train])
    plain = LSTMForecaster(6, decoder=inner, **{**QUICK, **settings}).fit(X[train], y[train])
    truth, levels = y[to_come][:, :1], np.array([0.3, 0.5, 0.7, 0.9])
    losses = {}
    for name, quantiles in {
        "bounded": bounded.predict_quantiles(X[to_come])[:, 0],
        "clipped": plain.predict_quantiles(X[to_come])[:, 0].clip(0),
    }.items():
        errors = truth - quantiles
        losses[name] = np.maximum(levels * errors, (levels - 1) * errors).mean()
        assert (truth[:, 0] <= quantiles[:, 3]).mean() == pytest.approx(0.9, abs=0.04)
    assert losses["bounded"] < 1.03 * losses["clipped"]
    # the loss has seen the bound: its gradient at an output far below it is next to nothing
    outputs = torch.tensor([[-6.0], [0.0]], requires_grad=True)
    head = BoundedHead(Given(), 1, (0, None))
    head(outputs, None, {}).sum().backward()
    assert outputs.grad[0] < 1e-6
    assert outputs.grad[1] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "decoder",
    ["rollout", QuantileDecoder(decoder="rollout"), RolloutDecoder(teacher_forcing=0.5)],
)
def test_maps_are_rolled_out_within_bounds(decoder: Any) -> None:
    maps = rain(720).reshape(60, 1, 3, 4)
    maps[::7, 0, 0, 0] = np.nan
    X, y = make_windows(maps, lookback=3, horizon=2, missing="mask")
    model = ConvLSTMForecaster(3, decoder=BoundedDecoder((0, None), decoder=decoder), **QUICK)
    assert model.fit(X, y).predict(X).min() >= 0
    assert model.partial_fit(X, y).predict(X).min() >= 0


def test_members_of_an_ensemble_and_thinned_networks_keep_to_them() -> None:
    X, y = make_windows(rain(), lookback=4, horizon=2)
    dropping = network(decoder=DenseDecoder(dropout=0.3))
    for model in (SeedEnsemble(network(), 2, random_state=0), MonteCarloDropout(dropping, 3)):
        assert model.fit(X, y).predict(X).min() >= 0
        assert model.bounds_ == (0, None)


def test_a_network_on_a_baseline_keeps_to_them() -> None:
    X, y = make_windows(rain(), lookback=4, horizon=2)
    for decoder in ("dense", QuantileDecoder()):
        model = network(decoder=decoder, baseline="ridge").fit(X, y)
        assert model.predict(X).min() >= 0
        assert not model.blend_.residuals
    assert model.predict_quantiles(X).min() >= 0


def test_intervals_and_quantiles_of_a_series_end_at_the_bounds() -> None:
    rows = rain()
    model = SeriesForecaster(network(), lookback=4, horizon=2, calibration=60).fit(rows[:200])
    free = SeriesForecaster(LSTMForecaster(6, **QUICK), lookback=4, calibration=60).fit(rows[:200])
    assert free.forecast_interval(coverage=0.95).lower.min() < 0
    for lower, upper in (
        model.forecast_interval(coverage=0.95),
        model.backtest(rows, start=200, coverage=0.95),
    ):
        assert lower.min() == 0
        assert (upper > lower).all()
    assert model.forecast_quantiles(quantiles=[0.02])[0.02].min() == 0
    raw = SeriesForecaster(network(decoder=QuantileDecoder()), lookback=4).fit(rows)
    assert raw.forecast_quantiles(quantiles=[0.0001])[0.0001].min() >= 0


def test_a_model_from_a_file_has_the_same_bounds(tmp_path: Any) -> None:
    X, y = make_windows(rain(), lookback=4, horizon=2)
    model = network((0, 100), QuantileDecoder()).fit(X, y)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.bounds_ == (0, 100)
    assert_array_equal(again.predict_quantiles(X), model.predict_quantiles(X))


def test_a_part_can_be_cloned_and_searched() -> None:
    X, y = make_windows(rain(), lookback=4)
    model = clone(network()).set_params(decoder__bounds=(None, 100), decoder__decoder="step")
    assert model.fit(X, y).bounds_ == (None, 100)


@pytest.mark.parametrize(
    "bounds", [(None, None), (1, 0), (0, 0), 0, (0,), (0, "1"), (0, np.inf), (np.nan, 1), "01"]
)
def test_bounds_without_sense_are_an_error(bounds: Any) -> None:
    X, y = make_windows(rain(), lookback=4)
    with pytest.raises(ValueError, match=r"decoder__bounds must be a pair \(lower, upper\)"):
        network(bounds).fit(X, y)


def test_targets_beyond_a_bound_are_an_error_that_names_one() -> None:
    X, y = make_windows(rain() - 1, lookback=4)
    with pytest.raises(ValueError, match=r"within \(0, None\), the bounds .* but one is -1"):
        network().fit(X, y)
    network((-1, None)).fit(X, y)
    maps = rain().reshape(20, 1, 3, 4)
    X, y = make_windows(maps, lookback=3)
    model = ConvLSTMForecaster(2, decoder=BoundedDecoder((0, 1), decoder="rollout"), **QUICK)
    with pytest.raises(ValueError, match="use a decoder of wider bounds"):
        model.fit(X, y)


def test_bounds_inside_quantiles_are_told_to_go_around_them() -> None:
    X, y = make_windows(rain(), lookback=4)
    model = LSTMForecaster(4, decoder=QuantileDecoder(decoder=BoundedDecoder()), **QUICK)
    with pytest.raises(
        ValueError, match=r"Bounds go around quantiles.*Use BoundedDecoder\(\(0, None"
    ):
        model.fit(X, y)


def test_bounds_in_units_that_a_wrapper_changes_are_an_error() -> None:
    X, y = make_windows(rain(), lookback=4)
    for inner in (network(), SeedEnsemble(network(), 2)):
        with pytest.raises(ValueError, match="RelativeForecaster takes the level"):
            RelativeForecaster(inner).fit(X, y)


def test_classes_have_no_bounds() -> None:
    X, _ = make_windows(rain(), lookback=4)
    labels = np.arange(len(X)) % 2
    with pytest.raises(ValueError, match="decoder must set no bounds in a classifier"):
        LSTMClassifier(decoder=BoundedDecoder(), **QUICK).fit(X, labels)

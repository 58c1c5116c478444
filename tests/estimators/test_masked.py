"""Windows with gaps: the network is told where, and the loss leaves them out."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import zarr
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from stforecast._training.net import LOSSES, Loss
from stforecast.estimators import ConvLSTMForecaster, RolloutDecoder
from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.metrics import masked_scorer
from stforecast.model_selection import OriginSplit
from stforecast.windows import Crop, Framewise, make_windows
from tests.estimators.data import ALL_IN_OWN_UNITS, ALL_SAMPLES, FORECASTERS, noise, small


def gappy(rows=120, share=0.2):
    table = np.cumsum(noise(rows, 1), axis=0)
    table[np.random.default_rng(1).random(table.shape) < share] = np.nan
    return table


@pytest.mark.parametrize("kind", FORECASTERS)
def test_a_target_without_a_known_value_is_refused(kind):
    table = noise(60, 2)
    table[:, 1] = np.nan
    X, y = make_windows(table, lookback=5, horizon=2, missing="mask")
    with pytest.raises(MissingValuesError, match="column 1 of the target has none"):
        small(kind).fit(X, y)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_gaps_in_inputs_and_targets_are_learned_around(kind):
    X, y = make_windows(gappy(), lookback=5, horizon=2, missing="mask")
    model = small(kind, max_epochs=40, lr=0.02, training=ALL_SAMPLES).fit(X, y)
    forecasts, y = model.predict(X), np.asarray(y)
    there = np.isfinite(y)
    assert np.isfinite(forecasts).all()
    residual = ((forecasts - y)[there] ** 2).mean()
    assert residual < 0.5 * y[there].var()


def test_a_rollout_is_taught_around_gaps():
    maps = np.zeros((120, 1, 1, 6))
    maps[np.arange(120), 0, 0, np.arange(120) % 6] = 1.0  # one cell lit, one on at each step
    holey = np.where(np.random.default_rng(0).random(maps.shape) < 0.3, np.nan, maps)
    X, y = make_windows(holey, lookback=4, horizon=3, missing="mask")
    decoder = RolloutDecoder((1, 3), teacher_forcing=1.0, sampling_epochs=30)
    model = small(
        ConvLSTMForecaster,
        hidden_channels=8,
        kernel_size=(1, 3),
        decoder=decoder,
        max_epochs=40,
        lr=0.02,
        training=ALL_SAMPLES,
    ).fit(X[:90], y[:90])
    truth = make_windows(maps, lookback=4, horizon=3)[1]
    error = np.mean((model.predict(X[90:]) - truth[90:]) ** 2)
    assert error < 0.5 * np.var(truth[90:])


def test_a_target_that_is_missing_has_no_weight():
    X, y = make_windows(gappy(share=0), lookback=5, horizon=2, missing="mask")
    assert not np.isnan(y).any()
    model = small(training=ALL_IN_OWN_UNITS, batch_size=200, max_epochs=1)
    holes, cut = y.copy(), np.arange(len(y)) >= 20
    holes[~cut] = np.nan
    everything, rest = model.fit(X, holes).predict(X), model.fit(X[cut], y[cut]).predict(X)
    np.testing.assert_allclose(everything, rest, rtol=1e-3, atol=1e-4)


def test_the_mask_is_an_input():
    X, y = make_windows(gappy(), lookback=5, horizon=2, missing="mask")
    model = small().fit(X, y)
    assert model.shapes_.frame == (2, 1, 1)
    filled = make_windows(np.nan_to_num(gappy(), nan=np.nanmean(gappy())), lookback=5, horizon=2)[0]
    assert model.net_.module_.backbone is not None
    assert not np.allclose(model.predict(X), small().fit(filled, np.nan_to_num(y)).predict(filled))


def test_gaps_without_masks_are_errors():
    X, y = make_windows(noise(), lookback=5, horizon=2)
    broken = np.asarray(X).copy()
    broken[3, 1, 0] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        small().fit(broken, y)
    with pytest.raises(ValueError, match="NaN"):
        small().fit(X, np.where(np.arange(len(y))[:, None] == 3, np.nan, y))
    model = small().fit(X, y)
    with pytest.raises(ValueError, match="NaN"):
        model.predict(broken)
    from stforecast.windows import Windows

    rows = noise()
    rows[10, 0] = np.nan
    with pytest.raises(MissingValuesError, match="20 forecasts are NaN or infinite because"):
        model.predict(Windows(rows, X.ends, 5))


@pytest.mark.parametrize("name", LOSSES)
@given(seed=st.integers(0, 99), share=st.floats(0, 0.9))
def test_the_masked_loss_is_the_mean_over_what_is_there(name, seed, share):
    rng = np.random.default_rng(seed)
    prediction, target = rng.normal(size=(2, 6, 3))
    there = rng.random((6, 3)) >= share
    holes = torch.tensor(np.where(there, target, np.nan))
    loss = Loss(name, masked=True)(torch.tensor(prediction), holes)
    if there.any():
        whole = Loss(name)(torch.tensor(prediction[there]), torch.tensor(target[there]))
        assert loss.item() == pytest.approx(whole.item())
    else:
        assert loss.item() == 0


def test_missing_targets_pass_no_gradient():
    prediction = torch.ones(2, 2, requires_grad=True)
    Loss("mse", masked=True)(
        prediction, torch.tensor([[0.0, torch.nan], [torch.nan, 3.0]])
    ).backward()
    assert prediction.grad.tolist() == [[1.0, 0.0], [0.0, -2.0]]


def test_a_loss_does_not_broadcast():
    with pytest.raises(ShapeError, match=r"Predictions \[4, 1\] and targets \[4\] must have"):
        Loss("mse")(torch.zeros(4, 1), torch.zeros(4))


def sea(rows=90):
    """Waves over a sea of 3 x 4 cells, two of land, with a cloud over one cell for a while."""
    phase = np.arange(12).reshape(3, 4) / 2
    maps = 280 + 5 * np.sin(np.arange(rows)[:, None, None] * 0.4 + phase)
    land = np.zeros((3, 4), dtype=bool)
    land[0, 0] = land[2, 3] = True
    maps[:, land] = np.nan
    maps[10:14, 1, 1] = np.nan
    return maps, land


MAPS_PIPELINES = {
    "network": small(ConvLSTMForecaster, max_epochs=40, lr=0.02),
    "scaled frame by frame": make_pipeline(
        Framewise(), small(ConvLSTMForecaster, max_epochs=40, lr=0.02)
    ),
}


@pytest.mark.parametrize("kind", MAPS_PIPELINES)
@pytest.mark.parametrize("stored", [False, True])
def test_a_sea_with_land_in_it_is_learned_and_scored(kind, stored):
    maps, land = sea()
    series = zarr.array(maps, chunks=(16, 3, 4)) if stored else maps
    X, y = make_windows(series, lookback=5, horizon=2, missing="mask")
    model = clone(MAPS_PIPELINES[kind])
    scorer = masked_scorer("neg_root_mean_squared_error")
    (score,) = cross_val_score(model, X, y, cv=OriginSplit(1), scoring=scorer, error_score="raise")
    train, test = next(OriginSplit(1).split(X))
    forecasts = model.fit(X[train], y[train]).predict(X[test])
    assert np.isfinite(forecasts).all()
    truth = np.asarray(y)[test]
    errors = np.sqrt(np.nanmean((forecasts - truth)[:, ~np.tile(land.ravel(), 2)] ** 2, axis=0))
    assert score == pytest.approx(-errors.mean())
    assert -score < 0.5 * np.nanstd(truth)


def test_land_has_no_part_in_the_loss():
    maps, land = sea()
    _, y = make_windows(maps, lookback=5, horizon=2, missing="mask")
    there = np.isfinite(np.asarray(y))
    assert (~there[:, np.tile(land.ravel(), 2)]).all()
    prediction = torch.zeros(there.shape, requires_grad=True)
    Loss("mse", masked=True)(prediction, torch.tensor(np.asarray(y))).backward()
    np.testing.assert_array_equal(prediction.grad.numpy() != 0, there)


def test_a_search_over_masked_maps_runs():
    maps, _ = sea(60)
    X, y = make_windows(maps, lookback=5, missing="mask")
    search = GridSearchCV(
        make_pipeline(Crop(), Framewise(), small(ConvLSTMForecaster)),
        {"crop__lookback": [2, 5]},
        cv=OriginSplit(2),
        scoring=masked_scorer("r2"),
        error_score="raise",
    )
    assert np.isfinite(search.fit(X, y).best_score_)


@pytest.mark.parametrize(("fitted", "given"), [("mask", "error"), ("error", "mask")])
def test_windows_are_masked_where_those_of_fit_were(fitted, given):
    windows = {name: make_windows(noise(60), lookback=5, missing=name) for name in (fitted, given)}
    model = small().fit(*windows[fitted])
    with pytest.raises(ShapeError, match=f"Make them with missing='{fitted}' of make_windows"):
        model.predict(windows[given][0])
    with pytest.raises(ShapeError, match=f"Make them with missing='{fitted}' of make_windows"):
        model.partial_fit(*windows[given])

"""Forecasts relative to each window's level: what they are equal to, and when they are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, Ridge, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import (
    ConvLSTMForecaster,
    LSTMForecaster,
    Persistence,
    QuantileDecoder,
    RelativeForecaster,
    SeedEnsemble,
    Training,
)
from stforecast.estimators._blend import Blend
from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.model_selection import OriginSplit
from stforecast.series import SeriesForecaster
from stforecast.windows import Crop, Flatten, FoldTime, Windows, make_windows

LEARNS = LSTMForecaster(
    16,
    baseline=None,
    random_state=0,
    lr=0.03,
    max_epochs=25,
    batch_size=16,
    training=Training(validation_fraction=0),
)


def quick(**parameters) -> LSTMForecaster:
    quick = {"baseline": None, "max_epochs": 2, "device": "cpu", "random_state": 0}
    return LSTMForecaster(4, **quick, **parameters)


@pytest.fixture
def walk() -> np.ndarray:
    return 50 + np.random.default_rng(0).normal(size=160).cumsum()


@pytest.mark.checks
@pytest.mark.parametrize(
    "model",
    [
        RelativeForecaster(Ridge()),
        RelativeForecaster(Ridge(), "mean", scale=True),
        RelativeForecaster(Ridge(), "series", scale=True),
    ],
    ids=["last", "mean and scale", "series and scale"],
)
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(model) -> None:
    checks = check_estimator(model, on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= 40


@pytest.mark.parametrize("level", ["last", "mean"])
@pytest.mark.parametrize("scale", [False, True])
def test_the_inner_estimator_sees_what_the_equations_say(level, scale, walk) -> None:
    X, y = make_windows(np.stack([walk, walk**2], axis=1), lookback=6, horizon=3)
    x, t = np.asarray(X), y.reshape(-1, 3, 2)
    a = x[:, -1:] if level == "last" else x.mean(axis=1, keepdims=True)
    b = x.std(axis=1, keepdims=True) if scale else 1.0
    inner = Ridge().fit(((x - a) / b).reshape(len(x), -1), ((t - a) / b).reshape(len(x), -1))
    expected = inner.predict(((x - a) / b).reshape(len(x), -1)).reshape(t.shape) * b + a
    model = RelativeForecaster(Ridge(), level, scale=scale).fit(X, y)
    assert_allclose(model.predict(X), expected.reshape(y.shape))


def test_a_trend_is_carried_on_beyond_anything_seen() -> None:
    X, y = make_windows(np.arange(300.0), lookback=8, horizon=4)
    errors = [
        np.abs(model.fit(X[:100], y[:100]).predict(X[-1:]) - y[-1:]).max()
        for model in (RelativeForecaster(LEARNS), LEARNS)
    ]
    assert errors[0] < 1
    assert errors[1] > 50


@pytest.mark.parametrize("model", [Ridge(), quick()], ids=["ridge", "lstm"])
def test_a_shifted_window_shifts_its_forecast(model, walk) -> None:
    X, y = (np.asarray(values) for values in make_windows(walk, lookback=6, horizon=3))
    fitted = RelativeForecaster(model).fit(X, y)
    assert_allclose(fitted.predict(X + 1000), fitted.predict(X) + 1000)


def test_with_scale_a_window_twice_as_large_has_a_forecast_twice_as_large(walk) -> None:
    X, y = (np.asarray(values) for values in make_windows(walk, lookback=6, horizon=3))
    fitted = RelativeForecaster(quick(), "mean", scale=True).fit(X, y)
    assert_allclose(fitted.predict(2 * X), 2 * fitted.predict(X))


def test_constant_windows_keep_their_units() -> None:
    X, y = make_windows(np.full(40, 0.1), lookback=6, horizon=2)
    assert_allclose(RelativeForecaster(Ridge(), scale=True).fit(X, y).predict(X), y)


def test_targets_have_the_level_of_their_own_columns(walk) -> None:
    table = pd.DataFrame({"a": walk, "b": 1000 - walk, "c": 7.0})
    X, y = make_windows(table, lookback=6, horizon=2, target=["c", "b"])
    model = RelativeForecaster(LinearRegression()).fit(X, y)
    assert model.channels_ == (2, 1)
    assert_allclose(model.predict(X)[:, 0], 7.0)
    by_number = RelativeForecaster(LinearRegression(), channels=[2, 1])
    assert_allclose(by_number.fit(np.asarray(X), y).predict(X), model.predict(X))


@pytest.mark.parametrize("channels", [[], "load", 0])
def test_channels_must_be_a_list(walk, channels):
    X, y = make_windows(walk, lookback=6)
    with pytest.raises(
        TypeError,
        match=r"channels must be a sequence of one or more names of columns or numbers of channels",
    ):
        RelativeForecaster(Ridge(), channels=channels).fit(X, y)


def test_channels_may_be_an_array(walk):
    X, y = make_windows(walk, lookback=6)
    assert RelativeForecaster(Ridge(), channels=np.array([0])).fit(X, y).channels_ == (0,)


def test_further_targets_of_another_number_are_refused(walk):
    X, y = make_windows(walk, lookback=6)
    model = RelativeForecaster(LSTMForecaster(2, max_epochs=1)).fit(X, y)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        model.partial_fit(X, y[:4])


def test_one_channel_of_an_array_is_named(walk) -> None:
    X, y = make_windows(np.stack([walk, -walk, walk * 0], axis=1), lookback=6, target=[1])
    with pytest.raises(ShapeError, match=r"3 channels and 1 cells, but y has 1 columns"):
        RelativeForecaster(Ridge()).fit(X, y)
    model = RelativeForecaster(Ridge(), channels=[1]).fit(X, y)
    level = np.asarray(X)[:, -1, 1:2]
    assert np.abs(model.predict(X).reshape(y.shape) - level).max() < np.abs(np.diff(walk)).max()


def test_maps_have_a_level_in_every_cell() -> None:
    maps = np.random.default_rng(0).normal(size=(60, 1, 2, 3)) + np.arange(6).reshape(2, 3) * 100
    X, y = make_windows(maps, lookback=4, horizon=2)
    model = RelativeForecaster(make_pipeline(Flatten(), Ridge()), "mean").fit(X, y)
    assert np.abs(model.predict(X) - np.asarray(y)).max() < 20


def test_covariates_reach_the_inner_estimator(walk) -> None:
    jumps = np.random.default_rng(1).normal(size=160) * 30
    table = pd.DataFrame({"y": walk + jumps})
    X, y = make_windows(table, lookback=6, known=pd.DataFrame({"jump": jumps}))
    blind, _ = make_windows(table, lookback=6)
    told, untold = (
        RelativeForecaster(Ridge()).fit(one[:100], y[:100]).score(one[100:], y[100:])
        for one in (X, blind)
    )
    assert told > 0.9 > untold + 0.2


def test_transformers_that_fold_belong_inside(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    net = ConvLSTMForecaster(2, (1, 3), max_epochs=1, device="cpu", random_state=0)
    with pytest.raises(ShapeError, match=r"changed the windows before it. Put that into its"):
        make_pipeline(FoldTime(width=3), RelativeForecaster(net)).fit(X, y)
    inside = RelativeForecaster(make_pipeline(FoldTime(width=3), net)).fit(X, y)
    assert inside.predict(X).shape == y.shape


def test_the_lookback_is_searched_in_front_of_it(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=2)
    search = GridSearchCV(
        make_pipeline(Crop(), RelativeForecaster(Ridge())),
        {"crop__lookback": [2, 6], "relativeforecaster__level": ["last", "mean"]},
        cv=OriginSplit(2),
    )
    search.fit(X, y)
    assert set(search.best_params_) == {"crop__lookback", "relativeforecaster__level"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("level", ["last", "series"])
def test_no_windows_have_no_forecasts(level, walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=2)
    network = LSTMForecaster(4, decoder=QuantileDecoder(), max_epochs=1, random_state=0)
    model = RelativeForecaster(network, level=level).fit(X, y)
    none, outputs = X[:0], y.shape[1]
    assert model.predict(none).shape == (0, outputs)
    assert model.predict_quantiles(none).shape == (0, outputs, 3)
    spread = RelativeForecaster(SeedEnsemble(quick(), 2), level=level).fit(X, y)
    assert spread.predict_std(none).shape == (0, outputs)


def test_quantiles_come_back_in_the_units_of_the_target(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    model = RelativeForecaster(quick(decoder=QuantileDecoder((0.1, 0.5, 0.9)))).fit(X, y)
    quantiles = model.predict_quantiles(X)
    assert quantiles.shape == (*y.shape, 3)
    assert_allclose(quantiles[..., 1], model.predict(X))
    assert model.quantiles_ == (0.1, 0.5, 0.9)
    assert not hasattr(RelativeForecaster(Ridge()), "predict_quantiles")


def test_quantiles_and_spread_are_those_of_the_last_step_of_a_pipeline(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    network = quick(decoder=QuantileDecoder((0.1, 0.5, 0.9)))
    steps, inside = make_pipeline(Crop(4)), make_pipeline(Crop(4), network)
    model = RelativeForecaster(inside, "mean", scale=True).fit(X, y)
    level, scale = (getattr(np.asarray(X), name)(axis=1) for name in ("mean", "std"))
    relative = (np.asarray(X) - level[:, None]) / scale[:, None]
    expected = model.estimator_[-1].predict_quantiles(steps.fit_transform(relative))
    found = model.predict_quantiles(X)
    assert_allclose(found, level[..., None] + scale[..., None] * expected, rtol=1e-4, atol=1e-4)
    assert model.quantiles_ == (0.1, 0.5, 0.9)
    assert not hasattr(RelativeForecaster(make_pipeline(Crop(4), quick())), "predict_std")
    ensemble = RelativeForecaster(make_pipeline(Crop(4), SeedEnsemble(quick(), 2, random_state=0)))
    assert (ensemble.fit(X, y).predict_std(X) > 0).any()


@pytest.mark.parametrize("scale", [False, True])
def test_the_spread_of_an_ensemble_comes_back_in_the_units_of_the_target(walk, scale) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    model = RelativeForecaster(SeedEnsemble(quick(), 3, random_state=0), scale=scale).fit(X, y)
    spread = model.predict_std(X)
    assert spread.shape == y.shape
    X, y = make_windows(1000 * walk + 5, lookback=6, horizon=3)
    assert_allclose(clone(model).fit(X, y).predict_std(X), 1000 * spread, rtol=1e-3)
    assert not hasattr(RelativeForecaster(Ridge()), "predict_std")


def test_it_is_trained_further_where_the_inner_estimator_can_be(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    model = RelativeForecaster(quick()).fit(X[:100], y[:100])
    before = model.predict(X)
    assert np.abs(model.partial_fit(X[100:], y[100:]).predict(X) - before).max() > 1e-3
    assert not hasattr(RelativeForecaster(make_pipeline(Flatten(), Ridge())), "partial_fit")


def test_a_first_partial_fit_is_a_fit(walk) -> None:
    X, y = make_windows(walk, lookback=6, horizon=3)
    first, whole = RelativeForecaster(quick()).partial_fit(X, y), RelativeForecaster(quick())
    assert_array_equal(first.predict(X), whole.fit(X, y).predict(X))


def test_single_targets_stay_one_dimensional(walk) -> None:
    X, y = make_windows(walk, lookback=6)
    model = RelativeForecaster(SGDRegressor(random_state=0)).fit(X, y.ravel())
    assert model.predict(X).shape == (len(X),)


def test_a_series_is_continued_from_its_own_level(walk) -> None:
    table = pd.DataFrame({"a": walk, "b": walk * 0 + 3}, index=pd.RangeIndex(160))
    model = SeriesForecaster(RelativeForecaster(Ridge()), lookback=6, horizon=2, target="a")
    forecast = model.fit(table).forecast()
    assert np.abs(forecast["a"] - walk[-1]).max() < 5


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"level": "median"}, r"level must be 'last', 'mean' or 'series', got 'median'"),
        ({"scale": 1}, r"scale must be True or False, got 1"),
        ({"channels": ["kW"]}, r"'kW' is not among \[0\]. Add that column to the series"),
    ],
)
def test_parameters_that_cannot_be(parameters, message, walk) -> None:
    X, y = make_windows(walk, lookback=6)
    with pytest.raises(ValueError, match=message):
        RelativeForecaster(Ridge(), **parameters).fit(X, y)


def test_a_target_that_is_no_column_has_no_level(walk) -> None:
    table = pd.DataFrame({"a": walk})
    X, y = make_windows(table, lookback=6, target=pd.Series(walk, name="other"))
    with pytest.raises(ValueError, match=r"'other' is not among \['a'\]"):
        RelativeForecaster(Ridge()).fit(X, y)


def test_the_last_value_is_persistence_under_the_whole_correction(walk) -> None:
    X, y = make_windows(pd.DataFrame({"a": walk, "b": walk**2}), lookback=6, horizon=3, target="b")
    model = RelativeForecaster(LinearRegression()).fit(X, y)
    corrections = model.estimator_.predict(model.levels_.inputs(X))
    persistence = Persistence().fit(X, y)
    blend = Blend(persistence, share=1.0, gain=float("nan"), residuals=True)
    expected = blend.combine(X, corrections[..., None], median=0)[..., 0]
    assert_array_equal(model.predict(X), expected)


@pytest.mark.parametrize("scale", [False, True])
def test_targets_on_disk_teach_the_same(tmp_path, walk, scale: bool) -> None:
    np.save(tmp_path / "rows.npy", np.stack([walk, walk**2], axis=1))
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    X, y = make_windows(rows, lookback=6, horizon=3)
    assert isinstance(y, Windows)
    on_disk, in_memory = (
        RelativeForecaster(Ridge(), "mean", scale=scale).fit(*pair).predict(X[:5])
        for pair in ((X, y), (np.asarray(X), np.asarray(y)))
    )
    assert_allclose(on_disk, in_memory, rtol=1e-5)


def masked_maps() -> np.ndarray:
    """Maps whose first two cells are land, and of whose sea a tenth is missing now and then."""
    rng = np.random.default_rng(0)
    maps = 280 + rng.normal(size=(60, 2, 4)).cumsum(axis=0)
    maps[rng.random(maps.shape) < 0.1] = np.nan
    maps[:, 0, :2] = np.nan
    return maps


@pytest.mark.parametrize("scale", [False, True])
@pytest.mark.parametrize("level", ["last", "mean", "series"])
def test_masked_windows_are_relative_to_what_is_there(level: str, scale: bool) -> None:
    X, y = make_windows(masked_maps(), lookback=5, horizon=2, missing="mask")
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, device="cpu", random_state=0)
    model = RelativeForecaster(network, level, scale=scale).fit(X, y)
    inner, (a, b) = np.asarray(model.levels_.inputs(X)), model.levels_.pairs(X)
    rows = np.asarray(X)
    for window in (0, 17, 40):
        for cell in np.ndindex(2, 4):
            values = rows[(window, slice(None), 0, *cell)]
            if level == "series":
                values = X.base[(slice(0, X.ends.max()), 0, *cell)]
            values = values[np.isfinite(values)]
            found = a[(window, 0, *cell)], b[(window, 0, *cell)]
            if not len(values):
                assert np.isnan(found).all()
                continue
            middle = values[-1] if level == "last" else values.mean()
            assert_allclose(found, (middle, values.std() if scale else 1), rtol=1e-9)
    present = np.isfinite(rows)
    assert_array_equal(np.isfinite(inner), present)
    back = a[:, None] + b[:, None] * inner
    assert_allclose(back[present], rows[present], rtol=1e-6)


def test_cells_without_a_value_in_their_window_have_no_forecast_and_all_others_have_one() -> None:
    maps = masked_maps()
    maps[30:40, 1, 3] = np.nan  # longer than a window
    X, y = make_windows(maps, lookback=5, horizon=2, missing="mask")
    known = np.isfinite(np.asarray(X)).any(axis=1).reshape(len(X), -1)
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, device="cpu", random_state=0)
    ensemble = RelativeForecaster(SeedEnsemble(network, 2, random_state=0)).fit(X, y)
    for found in (ensemble.predict(X), ensemble.predict_std(X)):
        assert_array_equal(np.isfinite(found), np.tile(known, 2))
    quantiles = LSTMForecaster(2, decoder=QuantileDecoder(), max_epochs=1, random_state=0)
    table = maps.reshape(len(maps), -1)[:, 2:]  # a column is not land: one never there is refused
    X, y = make_windows(table, lookback=5, horizon=2, missing="mask")
    found = RelativeForecaster(quantiles, scale=True).fit(X, y).predict_quantiles(X)
    assert_array_equal(np.isfinite(found), np.tile(known[:, 2:], 2)[..., None].repeat(3, axis=-1))


def test_a_level_carries_masked_forecasts_with_it() -> None:
    maps = masked_maps()
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=2, device="cpu", random_state=0)
    found = {}
    for shift in (0, 100):
        X, y = make_windows(maps + shift, lookback=5, horizon=2, missing="mask")
        found[shift] = RelativeForecaster(network).fit(X, y).predict(X)
    assert_allclose(found[100], found[0] + 100, rtol=1e-5)


def test_masked_maps_are_forecast_scored_and_bounded_beside_their_land() -> None:
    maps = masked_maps()
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, device="cpu", random_state=0)
    model = SeriesForecaster(
        RelativeForecaster(network), lookback=5, horizon=2, missing="mask", calibration=15
    ).fit(maps[:50])
    forecast, (lower, upper) = model.forecast(), model.forecast_interval(coverage=0.7)
    land = np.zeros((2, 2, 4), dtype=bool)
    land[:, 0, :2] = True
    for values in (forecast, lower, upper):
        assert_array_equal(np.isnan(values), land)
    assert np.isfinite(model.score(maps))
    found = model.backtest(maps)[:, :, 0]
    assert np.isnan(found[:, land]).all()
    assert np.isfinite(found[:, ~land]).mean() > 0.99


@pytest.mark.parametrize(
    ("forecast", "error", "match"),
    [
        (lambda n: np.full((n, 2), np.nan), MissingValuesError, "must predict numbers, but 20 of"),
        (lambda n: np.zeros((n + 1, 2)), ShapeError, r"for each of 10 windows.*shape \(11, 2\)"),
        (lambda n: np.full((n, 2), "a"), ShapeError, "an array of <U1"),
    ],
)
def test_what_the_inner_estimator_predicts_is_checked(forecast, error, match):
    class Broken(DummyRegressor):
        def predict(self, X):
            return forecast(len(X))

    X, y = make_windows(np.arange(40.0), lookback=3, horizon=2)
    model = RelativeForecaster(Broken()).fit(X, y)
    with pytest.raises(error, match=match):
        model.predict(X[:10])

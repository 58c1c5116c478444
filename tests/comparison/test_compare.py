"""Models of every kind forecast the same rows, and those that must agree do."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from dask.distributed import Client
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.metrics import mean_squared_error
from sklearn.model_selection import TimeSeriesSplit
from sktime.forecasting.base import BaseForecaster
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter, SlidingWindowSplitter

from stforecast import (
    LSTMForecaster,
    OriginSplit,
    SeriesForecaster,
    SktimeForecaster,
    make_windows,
)
from stforecast.comparison import Comparison, compare
from stforecast.comparison._entries import make_entries
from stforecast.comparison._samples import read_samples
from stforecast.estimators import Persistence, SeasonalNaive
from stforecast.exceptions import (
    LeakageError,
    MissingValuesError,
    ParameterError,
    SeriesTooShortError,
    ShapeError,
)
from stforecast.model_selection import SeriesSplit
from tests.comparison.data import LOAD, PANEL, Astray, ZeroShot

# sktime says so of each of its forecasters when it is made
pytestmark = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")

WINDOWS: dict[str, Any] = {"lookback": 12, "horizon": 3}
ORIGINS = OriginSplit(2, test_size=2)
ROWS = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=60, step_length=9)


def of_every_kind() -> dict[str, Any]:
    """Two forecasts, each from models of several kinds."""
    return {
        "naive": "seasonal naive",
        "naive, sktime": NaiveForecaster(sp=12),
        "naive, pretrained": ZeroShot(),
        "naive, series": SeriesForecaster(SeasonalNaive(12), **WINDOWS),
        "linear": LinearRegression(),
        "linear, series": SeriesForecaster(LinearRegression(), **WINDOWS),
    }


def errors_of(found: Comparison, name: str) -> np.ndarray:
    return found.errors[found.metrics[0], name].to_numpy()


@pytest.mark.parametrize(
    ("data", "cv"),
    [
        (LOAD, ORIGINS),
        (LOAD.to_numpy()[:, None], TimeSeriesSplit(2, test_size=2, gap=2)),
        (LOAD.to_frame(), ROWS),
    ],
)
def test_one_forecast_has_one_error_whatever_makes_it(data: Any, cv: Any) -> None:
    found = compare(of_every_kind(), data, cv, "mase", **WINDOWS, season=12)
    for other in ("naive, sktime", "naive, pretrained", "naive, series"):
        np.testing.assert_allclose(errors_of(found, other), errors_of(found, "naive"))
    np.testing.assert_allclose(errors_of(found, "linear, series"), errors_of(found, "linear"))
    assert not np.allclose(errors_of(found, "linear"), errors_of(found, "naive"))


@pytest.mark.parametrize("listed", [False, True])
def test_the_series_of_a_panel_are_compared_together(listed: bool) -> None:
    data: Any = PANEL
    if listed:
        data = [PANEL.loc[shop] for shop in ("a", "b")]
    found = compare(of_every_kind(), data, ORIGINS, "mase", **WINDOWS, season=12)
    assert len(found.errors) == 2 * 2 * 2
    for other in ("naive, sktime", "naive, pretrained", "naive, series"):
        np.testing.assert_allclose(errors_of(found, other), errors_of(found, "naive"))
    if not listed:
        assert found.errors.index.names == ["fold", "shop", "month"]


def test_a_short_series_that_was_padded_is_forecast_from_its_own_rows() -> None:
    short = pd.concat([PANEL, pd.concat({"c": LOAD.to_frame()[-8:]}, names=["shop"])])
    X, y = make_windows(short, **WINDOWS, short="mask")
    last = len(X) - 1
    assert X.origins[last][0] == "c"
    models = {
        "ours": "persistence",
        "sktime": NaiveForecaster(),
        "series": SeriesForecaster(Persistence(), **WINDOWS, short="mask"),
    }
    folds = [(np.arange(40), np.array([last]))]
    found = compare(models, (X, y), folds)
    truth = LOAD.to_numpy()[-3:]
    expected = np.abs(truth - LOAD.to_numpy()[-4]).mean()
    np.testing.assert_allclose(found.errors["mean_absolute_error"].to_numpy()[0], [expected] * 3)


def test_the_errors_are_those_of_a_plain_loop() -> None:
    found = compare({"ridge": Ridge()}, LOAD, ORIGINS, "neg_mean_squared_error", **WINDOWS)
    X, y = make_windows(LOAD, **WINDOWS)
    expected = []
    for train, test in ORIGINS.split(X):
        model = Ridge().fit(np.asarray(X[train])[:, :, 0], y.iloc[train])
        forecasts = model.predict(np.asarray(X[test])[:, :, 0])
        expected += [
            mean_squared_error(*pair)
            for pair in zip(y.iloc[test].to_numpy(), forecasts, strict=True)
        ]
    np.testing.assert_allclose(errors_of(found, "ridge"), expected)
    assert found.table["mean_squared_error", "error"].item() == pytest.approx(np.mean(expected))


def test_forecasts_come_along_where_asked() -> None:
    X, y = make_windows(LOAD, lookback=12, horizon=3)
    result = compare(
        {"linear": LinearRegression(), "naive": "persistence"},
        (X, y),
        ORIGINS,
        return_forecasts=True,
    )
    assert result.forecasts is not None
    assert list(result.forecasts.columns.get_level_values(0).unique()) == ["linear", "naive"]
    pd.testing.assert_index_equal(result.forecasts.index, result.errors.index)
    for fold, (train, test) in enumerate(ORIGINS.split(X)):
        model = LinearRegression().fit(np.asarray(X[train]).reshape(len(train), -1), y.iloc[train])
        expected = model.predict(np.asarray(X[test]).reshape(len(test), -1))
        forecasts = result.forecasts["linear"].loc[fold]
        pd.testing.assert_index_equal(forecasts.columns, y.columns)
        np.testing.assert_allclose(forecasts, expected)
    truth = y.loc[result.forecasts.index.get_level_values(1)]
    error = np.abs(result.forecasts["naive"].to_numpy() - truth.to_numpy()).mean(axis=1)
    np.testing.assert_allclose(error, result.errors["mean_absolute_error", "naive"])
    assert compare(["persistence"], (X, y), ORIGINS).forecasts is None


def test_forecasts_of_a_panel_of_plain_arrays_and_of_a_model_that_failed() -> None:
    panel = compare(["persistence"], PANEL, ORIGINS, **WINDOWS, return_forecasts=True)
    assert panel.forecasts is not None
    pd.testing.assert_index_equal(panel.forecasts.index, panel.errors.index)
    X, y = np.random.default_rng(0).normal(size=(40, 4)), np.arange(80.0).reshape(40, 2)
    with pytest.warns(FitFailedWarning):
        result = compare(
            {"fine": Ridge(), "astray": Astray()},
            (X, y),
            [(np.arange(20), np.arange(25, 30))],
            error_score=np.nan,
            return_forecasts=True,
        )
    assert result.forecasts is not None
    assert list(result.forecasts["fine"].columns) == [0, 1]
    assert result.forecasts["fine"].notna().all(axis=None)
    assert result.forecasts["astray"].isna().all(axis=None)


def test_the_rows_of_a_splitter_of_sktime_are_the_origins() -> None:
    found = compare(["persistence"], LOAD, ROWS, **WINDOWS)
    ends = [train[-1] for train, _ in ROWS.split(LOAD)]
    assert list(found.errors.index.get_level_values("month")) == list(LOAD.index[ends])


@pytest.mark.parametrize(
    ("cv", "rows"),
    [
        (SlidingWindowSplitter(fh=[1, 2, 3], window_length=50, step_length=15), {50}),
        # 30 windows span 41 rows and 3 of targets, and origins follow them one by one
        (OriginSplit(1, test_size=3, max_train_size=30), {44, 45, 46}),
    ],
)
def test_a_training_part_that_slides_does_so_for_forecasters_of_sktime(
    cv: Any, rows: set[int]
) -> None:
    assert {len(one) for one in _rows_fitted(cv)} == rows


def _rows_fitted(cv: Any) -> list[pd.Series]:
    seen: list[pd.Series] = []

    class Watch(ZeroShot):
        def _fit(self, y: pd.Series, X: Any, fh: Any) -> Watch:
            seen.append(y)
            super()._fit(y, X, fh)
            return self

    compare({"watch": Watch()}, LOAD, cv, **WINDOWS)
    return seen


def test_a_pretrained_forecaster_reads_all_rows_up_to_each_origin_and_no_more() -> None:
    X, _ = make_windows(LOAD, **WINDOWS)
    origins = [X.origins[i] for _, test in ORIGINS.split(X) for i in test]
    seen = _rows_fitted(ORIGINS)
    assert [one.index[-1] for one in seen] == origins
    assert all(one.index[0] == LOAD.index[0] for one in seen)


def test_mase_is_scaled_by_the_training_rows_of_each_series() -> None:
    scaled = compare(["seasonal naive"], PANEL, ORIGINS, "mase", **WINDOWS, season=12)
    plain = compare(["seasonal naive"], PANEL, ORIGINS, **WINDOWS, season=12)
    X, _ = make_windows(PANEL, **WINDOWS)
    for fold, (train, _) in enumerate(ORIGINS.split(X)):
        last = max(X.origins[i][1] for i in train) + 3
        for shop in ("a", "b"):
            past = PANEL.loc[shop].loc[:last, "load"].to_numpy()
            scale = np.abs(past[12:] - past[:-12]).mean()
            ratios = plain.errors.loc[fold, shop].to_numpy() / scaled.errors.loc[fold, shop]
            np.testing.assert_allclose(ratios, scale)


def test_windows_bring_known_covariates_and_a_target_of_their_own() -> None:
    table = LOAD.to_frame().assign(other=np.arange(90.0))
    known = np.sin(2 * np.pi * np.arange(90)[:, None] / 12)
    X, y = make_windows(table, target="load", known=known, lookback=2, horizon=3)
    found = compare({"linear": LinearRegression(), "sk": NaiveForecaster()}, (X, y), ORIGINS)
    assert found.table.index[0] == "linear"
    alone = compare([LinearRegression()], table, ORIGINS, target="load", lookback=2, horizon=3)
    assert errors_of(found, "linear").mean() < errors_of(alone, "LinearRegression").mean()


def test_maps_and_plain_arrays_are_compared_too() -> None:
    maps = np.random.default_rng(0).normal(size=(40, 3, 4))
    models = {"mean": "mean", "series": SeriesForecaster(DummyRegressor(), lookback=2, horizon=2)}
    found = compare(models, maps, ORIGINS, lookback=2, horizon=2)
    np.testing.assert_allclose(errors_of(found, "mean"), errors_of(found, "series"))
    X, y = np.random.default_rng(0).normal(size=(2, 50, 5))
    plain = compare({"mean": "mean", "linear": LinearRegression()}, (X, y[:, 0]), OriginSplit(3))
    assert len(plain.errors) == 36


def test_values_missing_in_the_truth_are_left_out_for_all() -> None:
    holey = LOAD.copy()
    holey.iloc[-5:] = np.nan
    X, y = make_windows(holey, **WINDOWS, missing="mask")
    models = {"naive": SeasonalNaive(12), "persistence": "persistence"}
    found = compare(models, (X, y), ORIGINS)
    assert found.errors.isna().all(axis=1).sum() == 3
    assert found.table["mean_absolute_error", "error"].notna().all()


def test_the_difference_is_to_the_first_baseline() -> None:
    models = {"linear": LinearRegression(), "year": "seasonal naive", "last": "persistence"}
    found = compare(models, LOAD, OriginSplit(1, test_size=40), **WINDOWS, season=12)
    table = found.table["mean_absolute_error"]
    assert table.loc["year", "verdict"] == "reference"
    assert table.loc["last", ["against", "verdict"]].tolist() == ["year", "behind"]
    again = found.difference("last", "year")
    assert again.estimate == pytest.approx(table.loc["last", "difference"])
    assert again.standard_error == table.loc["last", "standard error"] > 0
    assert list(table["error"]) == sorted(table["error"])


def test_without_a_baseline_each_is_compared_with_the_best_of_the_others() -> None:
    models = {"year": SeasonalNaive(12), "mean": DummyRegressor(), "linear": LinearRegression()}
    found = compare(models, LOAD, ORIGINS, **WINDOWS)
    order = list(found.table.index)
    against = found.table["mean_absolute_error", "against"]
    assert list(against) == [order[1], order[0], order[0]]
    asked = compare(models, LOAD, ORIGINS, **WINDOWS, reference="mean")
    assert asked.table["mean_absolute_error", "verdict"]["mean"] == "reference"


def test_blocks_hold_the_origins_whose_targets_overlap() -> None:
    cv = OriginSplit(1, test_size=40)
    assert compare(["mean"], LOAD, cv, lookback=3, horizon=7).block == 7
    assert compare(["mean"], LOAD, cv, lookback=3, horizon=1).block == 3  # cube root of 40
    assert compare(["mean"], LOAD, cv, lookback=3, horizon=7, block=2).block == 2
    assert compare(["mean"], LOAD, ROWS, **WINDOWS).block == 1


def test_the_table_says_what_each_model_is_and_how_often_it_was_fitted() -> None:
    network = LSTMForecaster(2, max_epochs=1, device="cpu", random_state=0, baseline=None)
    models = {
        "network": network,
        "in sktime": SktimeForecaster(network, lookback=12),
        "mean": "mean",
        "linear": LinearRegression(),
        "sktime": NaiveForecaster(),
    }
    found = compare(models, LOAD, OriginSplit(1, test_size=2), **WINDOWS)
    assert found.models["kind"].to_dict() == {
        "network": "network",
        "in sktime": "network",
        "mean": "baseline",
        "linear": "other",
        "sktime": "other",
    }
    assert make_entries([SktimeForecaster()], 1)[0].kind == "network"
    assert found.models["fits"].tolist() == [1, 2, 1, 1, 2]
    assert (found.models["seconds"] >= 0).all()


def test_the_table_says_what_networks_add_to_their_baselines() -> None:
    network = LSTMForecaster(2, max_epochs=2, device="cpu", random_state=0, baseline="ridge")
    X, y = make_windows(LOAD, **WINDOWS)
    folds = [(np.arange(40), np.arange(50, 55)), (np.arange(60), np.arange(70, 75))]
    models = {
        "network": network,
        "alone": clone(network).set_params(baseline=None),
        "series": SeriesForecaster(network, **WINDOWS),
        "ridge": "ridge",
    }
    found = compare(models, (X, y), folds).models
    fits = [clone(network).fit(X[train], y.iloc[train]) for train, _ in folds]
    for column, name in {"share": "network_share_", "gain": "network_gain_"}.items():
        expected = np.mean([getattr(one, name) for one in fits])
        assert found[column][["network", "series"]].tolist() == pytest.approx([expected] * 2)
        assert found[column][["alone", "ridge"]].isna().all()
    assert "share" not in compare(["mean"], (X, y), folds).models


def test_workers_make_the_same_comparison() -> None:
    models = {name: of_every_kind()[name] for name in ("naive", "linear", "linear, series")}
    alone = compare(models, PANEL, ORIGINS, "mase", **WINDOWS, season=12)
    with joblib.parallel_config("threading"):
        beside = compare(models, PANEL, ORIGINS, "mase", **WINDOWS, season=12, n_jobs=2)
    pd.testing.assert_frame_equal(beside.errors, alone.errors)
    in_process = Client(processes=False, n_workers=1, threads_per_worker=2, dashboard_address=None)
    with in_process, joblib.parallel_config("dask"):
        spread = compare(models, PANEL, ORIGINS, "mase", **WINDOWS, season=12, n_jobs=2)
    pd.testing.assert_frame_equal(spread.errors, alone.errors)


def test_processes_tell_the_same_of_each_model() -> None:
    network = LSTMForecaster(2, max_epochs=2, device="cpu", random_state=0, baseline="ridge")
    models = {"naive": "seasonal naive", "broken": Broken(), "network": network}
    options = {**WINDOWS, "season": 12, "error_score": np.nan}
    with pytest.warns(FitFailedWarning, match="'broken': .*too many"):
        alone = compare(models, LOAD, ORIGINS, "mase", **options)
    with pytest.warns(FitFailedWarning, match="'broken': .*too many"):
        beside = compare(models, LOAD, ORIGINS, "mase", **options, n_jobs=2)
    pd.testing.assert_frame_equal(beside.errors, alone.errors)
    told = [found.models.drop(columns="seconds") for found in (alone, beside)]
    pd.testing.assert_frame_equal(*told)
    assert told[0]["share"].notna().any()
    assert (beside.models["seconds"] > 0).all()


def test_samples_reach_another_process_with_all_rows_of_the_series() -> None:
    X, y = make_windows(PANEL, **WINDOWS)
    few = read_samples((X[[30]], y.iloc[[30]]), None, None, None)
    again = pickle.loads(pickle.dumps(few))
    pd.testing.assert_frame_equal(again.table, PANEL.astype(float))
    np.testing.assert_array_equal(again.X, few.X)


def test_the_models_given_stay_as_they_were() -> None:
    models = of_every_kind()
    compare(models, LOAD, ORIGINS, **WINDOWS, season=12)
    assert not hasattr(models["linear"], "coef_")
    assert not hasattr(models["linear, series"], "estimator_")
    assert not models["naive, sktime"].is_fitted


def test_a_bar_shows_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    compare(["mean", "persistence"], LOAD, ORIGINS, **WINDOWS, verbose=1)
    shown = capsys.readouterr().err
    assert "compare: 100%" in shown
    assert "4/4" in shown


class Broken(Ridge):
    """Fails where there are many samples."""

    def fit(self, X: Any, y: Any) -> Broken:
        if len(X) > 71:
            raise ValueError("too many")
        return super().fit(X, y)


def test_a_model_that_fails_raises_with_its_name() -> None:
    with pytest.raises(ValueError, match="too many") as caught:
        compare({"fine": "mean", "broken": Broken()}, LOAD, ORIGINS, **WINDOWS)
    assert caught.value.__notes__ == ["The model 'broken' failed in fold 1."]


def test_a_model_that_fails_may_be_named_in_the_table() -> None:
    models = {"fine": "mean", "broken": Broken()}
    with pytest.warns(FitFailedWarning, match=r"1 of 2 models failed .*'broken': fold 1: ValueErr"):
        found = compare(models, LOAD, ORIGINS, **WINDOWS, error_score=np.nan)
    assert list(found.table.index) == ["fine", "broken"]
    assert np.isnan(found.table["mean_absolute_error", "error"]["broken"])
    assert found.table["model", "failed"]["broken"] == "fold 1: ValueError: too many"
    assert "too many" in found._repr_html_()


class Silent(Ridge):
    """Forecasts nothing from one window."""

    def predict(self, X: Any) -> np.ndarray:
        found = super().predict(X)
        found[0] = np.nan
        return np.asarray(found)


def test_every_model_must_forecast_every_row() -> None:
    with pytest.raises(ShapeError, match=r"must forecast the 3 rows from .* Give the series an in"):
        compare([Astray()], LOAD, ORIGINS, **WINDOWS)
    X, y = make_windows(LOAD, **WINDOWS, missing="mask")
    with pytest.raises(MissingValuesError, match=r"every value that is compared, but 3 of 6 .*NaN"):
        compare([Silent()], (X, y), ORIGINS)
    long = SeriesForecaster(Ridge(), lookback=30, horizon=3)
    with pytest.raises(SeriesTooShortError, match=r"lookback of 30 rows leaves some out. Shorten"):
        compare([long], PANEL, SeriesSplit(2), **WINDOWS)
    other = SeriesForecaster(Ridge(), lookback=12, horizon=2)
    with pytest.raises(ShapeError, match=r"steps 1 to 3 of the same target. Give it that horizon"):
        compare([other], LOAD, ORIGINS, **WINDOWS)


def test_the_result_shows_as_its_table() -> None:
    found = compare(["mean", "persistence"], LOAD, OriginSplit(1, test_size=30), **WINDOWS)
    assert "blocks of 3 origin times" in repr(found)
    assert "persistence" in found._repr_html_()
    few = compare(["mean", "persistence"], LOAD, ORIGINS, **WINDOWS)
    assert "too few for a standard error: it takes 4 blocks of 3" in repr(few)


def test_a_leak_is_refused() -> None:
    with pytest.raises(LeakageError, match="Split by OriginSplit"):
        compare(["mean"], LOAD, TimeSeriesSplit(2), **WINDOWS)


ARRAYS = (np.ones((20, 4)), np.arange(20.0))


@pytest.mark.parametrize(
    ("models", "data", "more", "words"),
    [
        ([], LOAD, {}, r"models must be a dict from name to model, or a list, got \[\]"),
        (["mean", "mean"], LOAD, {}, "models must have names of their own"),
        (["seasonal_naiv"], LOAD, {}, "models must be 'mean', .*Did you mean 'seasonal naive'"),
        ([3], LOAD, {}, "models must be regressors on windows, .* got 3 as 'int'"),
        ([Ridge], LOAD, {}, r"models must be .*Pass an object: Ridge\(\)"),
        (["mean"], None, {}, "data must be a series, or windows and targets"),
        (["mean"], (LOAD,), {}, "got a tuple of 1. Pass what make_windows gives"),
        (["mean"], LOAD, {"lookback": None}, "lookback must be given to cut a series"),
        (["mean"], LOAD, {"horizon": None}, "horizon must be given to cut a series"),
        (["mean"], ARRAYS, {}, "lookback must be None with windows, which have their own"),
        (["mean"], LOAD, {"reference": "x"}, "reference must be 'mean', got 'x'"),
        (["mean"], LOAD, {"error_score": 0}, "error_score must be 'raise' or nan, got 0"),
        (["mean"], LOAD, {"coverage": 1.0}, r"coverage must be a number in \(0, 1\)"),
        (["mean"], LOAD, {"metrics": "mase", "season": 90}, "with season=90 the .* do not"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    models: Any, data: Any, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        compare(models, data, ORIGINS, **{**WINDOWS, **more})


def test_windows_without_their_series_cannot_be_split_or_forecast_by_rows() -> None:
    with pytest.raises(
        ParameterError, match=r"the windows are plain arrays. Pass a series or wind"
    ):
        compare(["mean"], ARRAYS, ROWS)
    with pytest.raises(ParameterError, match=r"models of sktime read a table .* Leave them out"):
        compare([NaiveForecaster()], ARRAYS, OriginSplit(2))
    with pytest.raises(ParameterError, match="metrics with 'mase' need the past of the target"):
        compare(["mean"], ARRAYS, OriginSplit(2), "mase")
    with pytest.raises(SeriesTooShortError, match=r"Give the splitter fh=range\(1, horizon \+ 1\)"):
        compare(["mean"], LOAD, ExpandingWindowSplitter(fh=[1], initial_window=60), **WINDOWS)


def test_sktime_is_recognised_by_its_base_class() -> None:
    from stforecast.comparison._sktime_models import _BASE

    assert (BaseForecaster.__module__, BaseForecaster.__name__) == _BASE


def test_no_notice_of_sktime_reaches_the_user() -> None:
    model = NaiveForecaster()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        compare({"sktime": model}, LOAD, OriginSplit(1, test_size=2), **WINDOWS)

"""SktimeForecaster within sktime's own pipelines, searches and benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler
from sktime.benchmarking.forecasting import ForecastingBenchmark
from sktime.forecasting.compose import (
    EnsembleForecaster,
    ForecastingPipeline,
    TransformedTargetForecaster,
    make_reduction,
)
from sktime.forecasting.conformal import ConformalIntervals
from sktime.forecasting.model_evaluation import evaluate
from sktime.forecasting.model_selection import ForecastingGridSearchCV
from sktime.forecasting.naive import NaiveForecaster
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.split import ExpandingWindowSplitter
from sktime.transformations.adapt import TabularToSeriesAdaptor
from sktime.transformations.boxcox import LogTransformer

from stforecast import LSTMForecaster, SeriesForecaster, SktimeForecaster
from tests.sktime.data import hierarchy, noise, panel, wave

# sktime says so of its own classes, each time one is made
pytestmark = pytest.mark.filterwarnings("ignore:The default of config ``remember_data``")

CV = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=50, step_length=10)


def linear(lookback: int = 7) -> SktimeForecaster:
    return SktimeForecaster(Ridge(1e-8), lookback=lookback)


def test_a_search_finds_the_window_that_holds_the_period() -> None:
    search = ForecastingGridSearchCV(linear(), cv=CV, param_grid={"lookback": [1, 2, 7]})
    noisy = wave() + 0.2 * np.random.default_rng(0).normal(size=80)
    search.fit(noisy, fh=[1, 2, 3])
    assert search.best_params_ == {"lookback": 7}
    assert len(search.predict()) == 3


@pytest.mark.parametrize(("make", "strategy"), [(panel, "update"), (hierarchy, "refit")])
def test_a_search_on_a_panel_or_hierarchy_finds_the_window_that_holds_the_period(
    make: Callable[[], pd.DataFrame], strategy: str
) -> None:
    cv = ExpandingWindowSplitter(fh=[1, 2], initial_window=40, step_length=10)
    search = ForecastingGridSearchCV(
        linear(),
        cv=cv,
        param_grid={"lookback": [1, 7]},
        scoring=MeanAbsoluteError(multilevel="uniform_average"),
        strategy=strategy,
        error_score="raise",
    )
    table = make()
    noisy = table + 0.2 * np.random.default_rng(0).normal(size=table.shape)
    search.fit(noisy, fh=[1, 2])
    assert search.best_params_ == {"lookback": 7}
    found = search.predict()
    assert {key[:-1] for key in found.index} == {key[:-1] for key in noisy.index}
    assert len(found) == 2 * len({key[:-1] for key in noisy.index})


@pytest.mark.parametrize("make", [panel, hierarchy])
def test_a_search_scores_what_the_series_forecaster_forecasts(
    make: Callable[[], pd.DataFrame],
) -> None:
    table = make() + 0.2 * np.random.default_rng(0).normal(size=(len(make()), 1))
    cv = ExpandingWindowSplitter(fh=[1, 2, 3], initial_window=40, step_length=9)
    lookbacks = [2, 7]
    search = ForecastingGridSearchCV(
        linear(), cv=cv, param_grid={"lookback": lookbacks}, scoring=MeanAbsoluteError(),
        error_score="raise",
    )  # fmt: skip
    search.fit(table, fh=[1, 2, 3])
    names = list(range(table.index.nlevels - 1))
    found = search.cv_results_.set_index(search.cv_results_["params"].map(lambda p: p["lookback"]))
    for lookback in lookbacks:
        model = SeriesForecaster(Ridge(1e-8), lookback=lookback, horizon=3)
        scores = []
        for count in (40, 49):  # rows of each series before the three to forecast
            train = table.groupby(level=names).head(count)
            truth = table.groupby(level=names).head(count + 3).drop(train.index)
            scores.append(np.abs(model.fit(train).forecast() - truth).to_numpy().mean())
        assert len(scores) == len(list(cv.split_loc(table.loc[table.index[0][:-1]])))
        mean = found.loc[lookback, "mean_test_MeanAbsoluteError"]
        assert mean == pytest.approx(np.mean(scores), rel=1e-6)
    best = SeriesForecaster(Ridge(1e-8), horizon=3, **search.best_params_).fit(table).forecast()
    pd.testing.assert_frame_equal(search.predict(), best, check_names=False, rtol=1e-6)


def test_a_search_reaches_the_parameters_of_the_network() -> None:
    network = LSTMForecaster(4, max_epochs=1, device="cpu")
    search = ForecastingGridSearchCV(
        SktimeForecaster(network, lookback=7, random_state=0),
        cv=CV,
        param_grid={"estimator__max_epochs": [1, 40], "estimator__lr": [0.02]},
    )
    search.fit(wave(), fh=[1, 2, 3])
    assert search.best_params_["estimator__max_epochs"] == 40


def test_targets_are_transformed_and_back() -> None:
    y = np.exp(wave() / 5)
    pipe = TransformedTargetForecaster([("log", LogTransformer()), ("forecast", linear())])
    forecast = pipe.fit(y[:70], fh=[1, 2, 3]).predict()
    np.testing.assert_allclose(forecast, y[70:73], rtol=1e-5)


def test_covariates_are_transformed_on_the_way() -> None:
    y, X = noise()
    pipe = ForecastingPipeline(
        [("scale", TabularToSeriesAdaptor(StandardScaler())), ("forecast", linear(3))]
    )
    pipe.fit(y[:100], X=X[:100], fh=[1, 2])
    np.testing.assert_allclose(pipe.predict(X=X[100:102]), y[100:102], atol=1e-3)


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_evaluate_by_every_strategy(strategy: str) -> None:
    results = evaluate(
        linear(),
        cv=CV,
        y=wave(),
        strategy=strategy,
        scoring=MeanAbsoluteError(),
        error_score="raise",
    )
    assert len(results) == 3
    assert results["test_MeanAbsoluteError"].max() < 1e-5


@pytest.mark.parametrize("strategy", ["refit", "update", "no-update_params"])
def test_evaluate_with_covariates_by_every_strategy(strategy: str) -> None:
    y, X = noise(80)
    results = evaluate(
        linear(3), cv=CV, y=y, X=X, strategy=strategy, scoring=MeanAbsoluteError(),
        error_score="raise",
    )  # fmt: skip
    assert results["test_MeanAbsoluteError"].max() < 1e-2


def test_an_ensemble_with_a_naive_forecaster_is_their_mean() -> None:
    y = wave()
    members = [("ours", linear()), ("naive", NaiveForecaster())]
    both = EnsembleForecaster(members).fit(y[:70], fh=[1, 2]).predict()
    each = [member.fit(y[:70], fh=[1, 2]).predict() for _, member in members]
    np.testing.assert_allclose(both, (each[0] + each[1]) / 2)


def test_it_works_within_the_conformal_wrapper_of_sktime() -> None:
    y = wave() + 0.2 * np.random.default_rng(0).normal(size=80)
    wrapper = ConformalIntervals(linear(), method="conformal", initial_window=50)
    bounds = wrapper.fit(y, fh=[1, 2]).predict_interval(coverage=0.8)
    middle = linear().fit(y, fh=[1, 2]).predict()
    np.testing.assert_allclose(bounds.mean(axis=1), middle)
    assert (np.diff(bounds) > 0.2).all()


def test_a_benchmark_ranks_it_above_the_naive_forecaster(tmp_path: Path) -> None:
    benchmark = ForecastingBenchmark()
    benchmark.add_estimator(linear(), estimator_id="ours-v1")
    benchmark.add_estimator(NaiveForecaster(), estimator_id="naive-v1")
    benchmark.add_task(wave, CV, [MeanAbsoluteError()])
    results = benchmark.run(tmp_path / "results.csv").set_index("model_id")
    scores = results["MeanAbsoluteError_mean"].astype(float)
    assert scores["ours-v1"] < 1e-5 < scores["naive-v1"]


@pytest.mark.parametrize("strategy", ["recursive", "direct"])
def test_a_network_regresses_within_a_reduction(strategy: str) -> None:
    y = wave()
    network: Any = LSTMForecaster(16, max_epochs=80, lr=0.02, device="cpu", random_state=0)
    reduction = make_reduction(network, window_length=7, strategy=strategy)
    forecast = reduction.fit(y[:70], fh=[1, 2]).predict()
    assert isinstance(forecast, pd.Series)
    assert np.abs(forecast - y[70:72]).max() < 0.5

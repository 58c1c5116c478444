"""A good citizen of scikit-learn."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import LSTMForecaster
from stforecast.series import SeriesForecaster
from tests.series.data import MAPS, TABLE, in_xarray

INSIDE = {"ridge": Ridge(), "network": LSTMForecaster(4, max_epochs=2, random_state=0)}


@pytest.mark.checks
@pytest.mark.parametrize("name", INSIDE)
def test_every_estimator_check_runs_and_passes(name: str) -> None:
    results = check_estimator(SeriesForecaster(INSIDE[name], lookback=2), on_fail=None)
    assert {(r["check_name"], r["status"]) for r in results if r["status"] != "passed"} == set()
    assert len(results) >= 41


def test_it_has_no_predict() -> None:
    assert not hasattr(SeriesForecaster(Ridge(), lookback=2), "predict")


def test_a_clone_is_unfitted_and_has_the_same_parameters() -> None:
    model = SeriesForecaster(Ridge(3.0), lookback=4, horizon=2, target="a", stride=2).fit(TABLE)
    copy = clone(model)
    assert repr(copy) == repr(
        SeriesForecaster(Ridge(3.0), lookback=4, horizon=2, target="a", stride=2)
    )
    with pytest.raises(NotFittedError):
        copy.forecast()


def test_parameters_of_the_estimator_can_be_set() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).set_params(estimator__alpha=7.0, lookback=3)
    assert (model.estimator.alpha, model.lookback) == (7.0, 3)


def test_the_estimator_given_stays_unfitted() -> None:
    given = Ridge()
    SeriesForecaster(given, lookback=2).fit(TABLE)
    assert not hasattr(given, "coef_")


@pytest.mark.parametrize("series", [TABLE, MAPS, in_xarray(MAPS)], ids=["table", "maps", "xarray"])
def test_a_pickle_forecasts_the_same(series: Any) -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(series)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(np.asarray(again.forecast()), np.asarray(model.forecast()))


@pytest.mark.parametrize("method", ["forecast", "backtest", "update", "score", "paired_forecasts"])
def test_what_is_not_fitted_says_so(method: str) -> None:
    with pytest.raises(NotFittedError, match="not fitted yet"):
        getattr(SeriesForecaster(Ridge(), lookback=2), method)(TABLE)


def test_a_fit_that_fails_leaves_the_forecaster_as_it_was() -> None:
    model = SeriesForecaster(Ridge(), lookback=2).fit(TABLE)
    before = model.forecast()
    with pytest.raises(ValueError, match="61 rows"):
        model.set_params(lookback=60).fit(TABLE)
    with pytest.raises(ValueError, match=r"was fitted with lookback=2.*set it back"):
        model.forecast()
    assert model.set_params(lookback=2).forecast().equals(before)


def test_a_second_fit_forgets_the_first() -> None:
    model = SeriesForecaster(Ridge(), lookback=2).fit(TABLE).fit(in_xarray(MAPS))
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 2
    np.testing.assert_array_equal(
        model.forecast().to_numpy()[0],
        SeriesForecaster(Ridge(), lookback=2).fit(MAPS).forecast()[0],
    )


def test_the_series_given_is_not_changed_nor_kept() -> None:
    table, maps = TABLE.copy(), in_xarray(MAPS.copy())
    models = [SeriesForecaster(Ridge(), lookback=2).fit(s) for s in (table, maps)]
    before = [np.asarray(model.forecast()) for model in models]
    table.iloc[:], maps[:] = 0.0, 0.0
    for model, forecast in zip(models, before, strict=True):
        np.testing.assert_array_equal(np.asarray(model.forecast()), forecast)

"""Searches over the table itself."""

from __future__ import annotations

import pickle
from functools import partial

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, root_mean_squared_error
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    TimeSeriesSplit,
    cross_val_score,
    cross_validate,
)

from stforecast.estimators import LSTMForecaster
from stforecast.exceptions import IrregularIndexError
from stforecast.model_selection import OriginSplit
from stforecast.series import SeriesForecaster, forecast_scorer
from stforecast.windows import calendar_features
from tests.series.data import PANEL, ROWS, TABLE

RMSE = forecast_scorer("neg_root_mean_squared_error")


def model(**params: int) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), **{"lookback": 4, "horizon": 2, **params})


def test_it_scores_every_origin_from_the_last_training_row_on() -> None:
    fitted = model().fit(TABLE[:30])
    found = fitted.backtest(TABLE[30:]).to_numpy()
    truth = np.stack([ROWS[o + 1 : o + 3].ravel() for o in range(29, 58)])
    assert RMSE(fitted, TABLE[30:]) == pytest.approx(-root_mean_squared_error(truth, found))
    mae = forecast_scorer("neg_mean_absolute_error")(fitted, TABLE[30:])
    assert mae == pytest.approx(-mean_absolute_error(truth, found))


def test_a_search_is_a_loop_over_folds() -> None:
    search = GridSearchCV(model(), {"lookback": [2, 6]}, cv=TimeSeriesSplit(3), scoring=RMSE)
    search.fit(TABLE)
    for i, lookback in enumerate([2, 6]):
        for fold, (train, test) in enumerate(TimeSeriesSplit(3).split(TABLE)):
            expected = RMSE(model(lookback=lookback).fit(TABLE.iloc[train]), TABLE.iloc[test])
            found = search.cv_results_[f"split{fold}_test_score"][i]
            assert found == pytest.approx(expected, rel=1e-12)
    best = model(lookback=search.best_params_["lookback"]).fit(TABLE).forecast()
    np.testing.assert_array_equal(search.best_estimator_.forecast(), best)


def test_every_lookback_is_scored_on_the_same_rows() -> None:
    for lookback in (2, 6):
        origins = model(lookback=lookback).fit(TABLE[:30]).backtest(TABLE[30:]).index
        assert (origins[0], origins[-1]) == (TABLE.index[29], TABLE.index[-3])


def test_on_a_table_the_folds_of_origins_are_those_of_rows() -> None:
    both = zip(OriginSplit(3).split(TABLE), TimeSeriesSplit(3).split(TABLE), strict=True)
    for ours, theirs in both:
        for part, expected in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(part, expected)


def test_a_hole_in_the_training_rows_is_an_error() -> None:
    with pytest.raises(IrregularIndexError, match="steps of one length, but after"):
        cross_val_score(model(), TABLE, cv=KFold(3), scoring=RMSE, error_score="raise")


def test_two_processes_score_as_one() -> None:
    scores = [
        GridSearchCV(
            model(), {"lookback": [2, 6]}, cv=TimeSeriesSplit(3), scoring=RMSE, n_jobs=n_jobs
        )
        .fit(TABLE)
        .cv_results_["mean_test_score"]
        for n_jobs in (None, 2)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-12)


def test_a_search_takes_covariates_as_a_function() -> None:
    weekdays = partial(calendar_features, features=["weekday"])
    search = GridSearchCV(
        model(), {"lookback": [2, 6]}, cv=TimeSeriesSplit(3), scoring=RMSE, error_score="raise"
    ).fit(TABLE, known=weekdays)
    expected = model(**search.best_params_).fit(TABLE, known=weekdays).forecast()
    np.testing.assert_array_equal(search.best_estimator_.forecast(), expected)


def test_several_scores_at_once() -> None:
    scoring = {"rmse": RMSE, "r2": forecast_scorer("r2")}
    found = cross_validate(model(), TABLE, cv=TimeSeriesSplit(3), scoring=scoring)
    plain = cross_validate(model(), TABLE, cv=TimeSeriesSplit(3))
    np.testing.assert_allclose(found["test_r2"], plain["test_score"])
    assert (found["test_rmse"] < 0).all()


def test_panels_are_scored_after_their_history() -> None:
    head = PANEL.groupby(level=0).head(20)
    fitted, rest = model().fit(head), PANEL.drop(head.index)
    predictions, truth = fitted.paired_forecasts(rest)
    assert len(predictions) == len(rest) - 2
    assert RMSE(fitted, rest) == pytest.approx(-root_mean_squared_error(truth, predictions))


def test_missing_values_are_left_out() -> None:
    holey = TABLE.copy()
    holey.iloc[40:43, 0] = np.nan
    network = LSTMForecaster(4, max_epochs=2, random_state=0)
    fitted = SeriesForecaster(network, lookback=4, missing="mask").fit(holey)
    predictions, truth = fitted.paired_forecasts(holey)
    there = np.isfinite(truth)
    expected = -root_mean_squared_error(truth[there], predictions[there])
    assert RMSE(fitted, holey) == pytest.approx(expected)


def test_it_can_be_printed_and_pickled() -> None:
    again = pickle.loads(pickle.dumps(RMSE))
    assert repr(again) == "forecast_scorer('neg_root_mean_squared_error')"
    fitted = model().fit(TABLE[:30])
    assert again(fitted, TABLE[30:]) == RMSE(fitted, TABLE[30:])


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(TypeError, match="takes the name of a scikit-learn scorer, got None"):
        forecast_scorer(None)
    with pytest.raises(TypeError, match=r"scores a SeriesForecaster on a table, got Ridge\(\)"):
        RMSE(Ridge(), TABLE)
    with pytest.raises(ValueError, match=r"name must be that of a .* scorer, got 'rmsee'"):
        forecast_scorer("rmsee")

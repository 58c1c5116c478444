"""Any regressor or pipeline works inside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    GradientBoostingRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import Lasso, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from stforecast.estimators import CNNLSTMForecaster, ConvLSTMForecaster, LSTMForecaster
from stforecast.exceptions import MissingValuesError, ShapeError
from stforecast.model_selection import OriginSplit
from stforecast.series import SeriesForecaster
from stforecast.windows import Crop, Flatten, FoldTime, Framewise, Windows
from tests.series.data import DAYS, MAPS, TABLE

QUICK = {"max_epochs": 2, "random_state": 0}
INSIDE = {
    "ridge": Ridge(),
    "forest": RandomForestRegressor(3, random_state=0),
    "boosting": MultiOutputRegressor(HistGradientBoostingRegressor(max_iter=3)),
    "transformed target": TransformedTargetRegressor(Ridge(), transformer=StandardScaler()),
    "search": GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=OriginSplit(3)),
    "flat pipeline": make_pipeline(Crop(4), Flatten(), StandardScaler(), Lasso(0.1)),
    "scaled frames": make_pipeline(Framewise(), Flatten(), Ridge()),
    "lstm": LSTMForecaster(3, **QUICK),
    "cnn-lstm": CNNLSTMForecaster((2,), **QUICK),
    "folded convlstm": make_pipeline(FoldTime(width=3), ConvLSTMForecaster(2, (1, 3), **QUICK)),
    "target of a network": TransformedTargetRegressor(
        LSTMForecaster(3, **QUICK), transformer=StandardScaler()
    ),
    "search of a network": GridSearchCV(
        LSTMForecaster(3, **QUICK), {"lr": [0.01, 0.1]}, cv=OriginSplit(2)
    ),
}


@pytest.mark.parametrize("name", INSIDE)
def test_it_forecasts(name: str) -> None:
    model = SeriesForecaster(INSIDE[name], lookback=6, horizon=2).fit(TABLE)
    found = model.forecast()
    assert found.shape == (2, 2)
    assert np.isfinite(found.to_numpy()).all()
    near = model.backtest(TABLE).to_numpy()[-1].reshape(2, 2)
    np.testing.assert_allclose(model.forecast(TABLE[:58]).to_numpy(), near, rtol=1e-6)


@pytest.mark.parametrize(
    "estimator", [SVR(), RandomForestRegressor(3), HistGradientBoostingRegressor(max_iter=3)]
)
def test_one_step_of_one_column_suits_regressors_of_one_output(estimator: Any) -> None:
    found = SeriesForecaster(estimator, lookback=6).fit(TABLE["a"]).forecast()
    assert isinstance(found, pd.Series)
    assert found.index[0] == DAYS[-1] + pd.Timedelta(days=1)


def test_a_network_forecasts_maps() -> None:
    network = ConvLSTMForecaster(2, **QUICK)
    assert SeriesForecaster(network, lookback=4, horizon=3).fit(MAPS).forecast().shape == (
        3,
        2,
        3,
        4,
    )


def test_a_search_inside_splits_windows_that_know_their_reach() -> None:
    class Splitter(OriginSplit):
        def split(self, X: Any, y: Any = None, groups: Any = None) -> Any:
            Splitter.reach = X.reach if isinstance(X, Windows) else None
            return super().split(X, y, groups)

    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=Splitter(3))
    SeriesForecaster(search, lookback=6, horizon=5).fit(TABLE)
    assert Splitter.reach == 5


def test_a_regressor_of_tables_gets_an_array() -> None:
    class Strict(Ridge):
        def fit(self, X: Any, y: Any) -> Strict:
            assert type(X) is np.ndarray
            assert X.shape == (53, 12)
            return super().fit(X, y)

    SeriesForecaster(Strict(), lookback=6, horizon=2).fit(TABLE)


def test_the_stride_thins_the_training_origins() -> None:
    class Counted(Ridge):
        def fit(self, X: Any, y: Any) -> Counted:
            Counted.rows = len(X)
            return super().fit(X, y)

    SeriesForecaster(Counted(), lookback=6, horizon=2, stride=7).fit(TABLE)
    assert Counted.rows == 8


class Answers(RegressorMixin, BaseEstimator):
    """A regressor that predicts whatever it is told."""

    def __init__(self, answer=None):
        self.answer = answer

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return self.answer(len(X))


@pytest.mark.parametrize(
    "answer",
    [
        lambda n: np.zeros((1, 2)) if n > 1 else np.zeros((3, 2)),
        lambda n: np.zeros((n, 5)),
        np.zeros,
        lambda n: np.full((n, 2), "a"),
        lambda n: None,
        lambda n: np.zeros((n, 2), dtype=complex),
    ],
)
def test_predictions_of_another_shape_are_told_so(answer) -> None:
    table = pd.DataFrame({"a": np.arange(30.0)})
    model = SeriesForecaster(Answers(answer), lookback=3, horizon=2)
    rule = r"must predict 2 numbers for each of \d+ windows, but predicted an array of"
    with pytest.raises(ShapeError, match=rule):
        model.fit(table).forecast()
    with pytest.raises(ShapeError, match=rule):
        model.fit(table).backtest(table)
    with pytest.raises(ShapeError, match=rule):
        model.set_params(calibration=5).fit(table)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_predictions_that_are_no_numbers_are_not_passed_on(bad) -> None:
    table = pd.DataFrame({"a": np.arange(30.0)})
    answer = Answers(lambda n: np.tile([0.0, bad], (n, 1)))
    model = SeriesForecaster(answer, lookback=3, horizon=2).fit(table)
    with pytest.raises(MissingValuesError, match="must predict numbers, but 1 of 2 are NaN or inf"):
        model.forecast()
    with pytest.raises(MissingValuesError, match="must predict numbers, but"):
        model.backtest(table)


def test_a_regressor_of_one_value_is_told_what_makes_it_forecast_several() -> None:
    table = pd.DataFrame({"a": np.arange(60.0)})
    single = GradientBoostingRegressor(n_estimators=3)
    with pytest.raises(ValueError, match=r"1d array.* wrap it in sklearn\.multioutput\.MultiOut"):
        SeriesForecaster(single, lookback=3, horizon=2).fit(table)
    several = SeriesForecaster(MultiOutputRegressor(single), lookback=3, horizon=2).fit(table)
    assert several.forecast().shape == (2, 1)
    assert SeriesForecaster(single, lookback=3).fit(table).forecast().shape == (1, 1)

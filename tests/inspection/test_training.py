"""The losses drawn are those of the history."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast.estimators import LSTMForecaster, SeedEnsemble, Training
from stforecast.inspection import TrainingCurveDisplay
from stforecast.inspection._network_steps import steps_to_network
from stforecast.series import SeriesForecaster
from stforecast.windows import Crop, Framewise, make_windows
from tests.series.data import TABLE

X, Y = make_windows(TABLE, lookback=6, horizon=2)


def network(**training: Any) -> LSTMForecaster:
    return LSTMForecaster(4, max_epochs=6, lr=0.1, training=Training(**training), random_state=0)


def test_both_losses_and_the_best_epoch_are_drawn() -> None:
    model = network().fit(X, Y)
    display = TrainingCurveDisplay.from_estimator(model)
    history = model.history_
    for line, name in ((display.train_line_, "train_loss"), (display.valid_line_, "valid_loss")):
        assert line.get_xdata().tolist() == history.index.tolist()
        np.testing.assert_array_equal(line.get_ydata(), history[name])
    best = history["valid_loss"].idxmin()
    assert list(display.best_line_.get_xdata()) == [best, best]


def test_without_validation_there_is_one_line() -> None:
    display = TrainingCurveDisplay.from_estimator(network(validation_fraction=0.0).fit(X, Y))
    assert display.valid_line_ is None
    assert display.best_line_ is None
    assert len(display.ax_.get_lines()) == 1


HOLDERS = {
    "pipeline": make_pipeline(Framewise(), Crop(4), network()),
    "search": GridSearchCV(network(), {"lr": [0.1]}, cv=2),
    "search of a pipeline": GridSearchCV(
        make_pipeline(Framewise(), Crop(), network()), {"crop__lookback": [4]}, cv=2
    ),
    "transformed target": TransformedTargetRegressor(network(), transformer=StandardScaler()),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_the_network_is_found_inside(holder: str) -> None:
    model = HOLDERS[holder].fit(X, Y)
    steps, inner = steps_to_network(model)
    assert len(steps) == (2 if "pipeline" in holder else 0)
    display = TrainingCurveDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.train_line_.get_ydata(), inner.history_["train_loss"])


def test_the_network_is_found_inside_a_series_forecaster() -> None:
    model = SeriesForecaster(network(), lookback=6).fit(TABLE)
    display = TrainingCurveDisplay.from_estimator(model)
    expected = model.estimator_.history_["train_loss"]
    np.testing.assert_array_equal(display.train_line_.get_ydata(), expected)


@pytest.mark.parametrize("model", [Ridge(), network(), make_pipeline(Crop(), Ridge())])
def test_what_holds_no_fitted_network_is_an_error(model: Any) -> None:
    with pytest.raises(TypeError, match="needs a fitted forecaster with net_"):
        TrainingCurveDisplay.from_estimator(model)


def test_an_ensemble_has_a_curve_for_each_member() -> None:
    model = SeedEnsemble(network(), 2).fit(X, Y)
    with pytest.raises(TypeError, match="of an ensemble pass one of its estimators_"):
        TrainingCurveDisplay.from_estimator(model)
    assert len(TrainingCurveDisplay.from_estimator(model.estimators_[0]).train_line_.get_xdata())

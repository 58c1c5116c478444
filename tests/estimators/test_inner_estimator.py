"""What is wrapped must be an object that predicts numbers; anything else is told so at fit."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from stforecast import SeriesForecaster, SktimeForecaster
from stforecast.estimators import (
    ForecastAnomalyDetector,
    LSTMClassifier,
    MonteCarloDropout,
    RelativeForecaster,
    SeedEnsemble,
)
from stforecast.windows import Crop, Flatten
from tests.estimators.data import table_windows

WRAPPERS = (RelativeForecaster, SeedEnsemble, ForecastAnomalyDetector)
NO_ESTIMATORS = (None, "ridge", 3, Crop(), make_pipeline(Flatten()), SktimeForecaster(),
                 SeriesForecaster(Ridge(), lookback=3))  # fmt: skip
CLASSIFIERS = (LogisticRegression(), make_pipeline(Flatten(), LogisticRegression()),
               LSTMClassifier(4))  # fmt: skip


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("inner", NO_ESTIMATORS, ids=lambda one: f"{one!r:.20}")
def test_what_cannot_predict_is_refused(wrapper: type, inner: Any) -> None:
    rule = r"(estimator|forecaster) must be a forecaster of this library, .* pipeline .*, got "
    with pytest.raises(TypeError, match=f"{rule}.* Pass an object with fit and predict"):
        wrapper(inner).fit(*table_windows())


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_class_is_refused_with_how_to_make_an_object(wrapper: type) -> None:
    with pytest.raises(TypeError, match=r"got <class .*Ridge'>. Pass an object: Ridge\(\)"):
        wrapper(Ridge).fit(*table_windows())


@pytest.mark.parametrize("wrapper", [RelativeForecaster, ForecastAnomalyDetector])
@pytest.mark.parametrize("inner", CLASSIFIERS, ids=lambda one: type(one).__name__)
def test_a_classifier_is_refused(wrapper: type, inner: Any) -> None:
    with pytest.raises(TypeError, match="A classifier predicts classes, not numbers"):
        wrapper(inner).fit(*table_windows())


@pytest.mark.parametrize("inner", [*NO_ESTIMATORS, *CLASSIFIERS, Ridge])
def test_dropout_is_left_on_in_networks_alone(inner: Any) -> None:
    with pytest.raises(TypeError, match=r"a forecaster with a network, such as LSTMForecaster\(\)"):
        MonteCarloDropout(inner).fit(*table_windows())


@pytest.mark.parametrize("wrapper", [*WRAPPERS, MonteCarloDropout])
def test_a_score_finds_the_same_error(wrapper: type) -> None:
    X, y = table_windows()
    with pytest.raises(TypeError, match=r"(estimator|forecaster) must be|with a network"):
        cross_val_score(wrapper(None), X, y, scoring="r2", cv=2, error_score="raise")

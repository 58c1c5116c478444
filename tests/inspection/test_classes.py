"""Probabilities are stacked over time under the true classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.exceptions import ShapeError
from stforecast.inspection import ClassProbabilityDisplay
from stforecast.windows import Flatten, make_windows

DAYS = pd.date_range("2024-01-01", periods=12, name="day")
KIND = np.array(["rest", "walk", "walk"] * 4)
X, Y = make_windows(pd.Series(np.arange(12.0), DAYS), lookback=3, horizon=0, target=KIND)


def test_bands_are_the_probabilities_of_the_model_at_its_origins() -> None:
    model = make_pipeline(Flatten(), DummyClassifier(strategy="prior")).fit(X, Y)
    display = ClassProbabilityDisplay.from_estimator(model, X, Y)
    assert display.probabilities.index.equals(X.origins)
    np.testing.assert_array_equal(display.probabilities, model.predict_proba(X))
    top = display.bands_[-1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(1.0)
    strips = [len(line.get_xdata()) for line in display.ax_.lines]
    assert strips == [(Y == "rest").sum(), (Y == "walk").sum()]


def test_true_classes_must_be_those_of_the_windows() -> None:
    model = make_pipeline(Flatten(), DummyClassifier()).fit(X, Y)
    with pytest.raises(ShapeError, match="one class for each of 10 windows"):
        ClassProbabilityDisplay.from_estimator(model, X, Y[:4])


def test_a_regressor_has_no_probabilities() -> None:
    with pytest.raises(TypeError, match="predict_proba"):
        ClassProbabilityDisplay.from_estimator(Ridge(), X)

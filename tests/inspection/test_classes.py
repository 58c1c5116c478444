"""Probabilities are stacked over time under the true classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from stforecast.exceptions import ShapeError
from stforecast.inspection import ClassProbabilityDisplay
from stforecast.windows import Flatten, Windows, make_windows

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


def panel() -> tuple[Windows, np.ndarray]:
    series = pd.Series(np.arange(12.0), DAYS)
    table = pd.concat({"a": series, "b": series + 5})
    return make_windows(table, lookback=3, horizon=0, target=np.r_[KIND, KIND[::-1]])


def test_windows_of_a_panel_are_drawn_series_by_series() -> None:
    several, kinds = panel()
    model = make_pipeline(Flatten(), DummyClassifier()).fit(several, kinds)
    with pytest.raises(ShapeError, match=r"of 2\. .* X\[X\.origins\.droplevel\(-1\) == 'a'\]"):
        ClassProbabilityDisplay.from_estimator(model, several, kinds)
    one = several.origins.droplevel(-1) == "a"
    display = ClassProbabilityDisplay.from_estimator(model, several[one], kinds[one])
    assert display.probabilities.index.equals(DAYS[2:])


def test_windows_in_any_order_are_drawn_in_order_of_time() -> None:
    model = make_pipeline(Flatten(), DecisionTreeClassifier(random_state=0)).fit(X, Y)
    order = np.random.default_rng(0).permutation(len(X))
    display = ClassProbabilityDisplay.from_estimator(model, X[order], np.asarray(Y)[order])
    assert display.probabilities.index.equals(X.origins)
    np.testing.assert_array_equal(display.probabilities, model.predict_proba(X))
    np.testing.assert_array_equal(display.truth, Y)


def test_true_classes_must_be_those_of_the_windows() -> None:
    model = make_pipeline(Flatten(), DummyClassifier()).fit(X, Y)
    with pytest.raises(ShapeError, match="one class for each of 10 windows"):
        ClassProbabilityDisplay.from_estimator(model, X, Y[:4])


def test_a_regressor_has_no_probabilities() -> None:
    with pytest.raises(TypeError, match="predict_proba"):
        ClassProbabilityDisplay.from_estimator(Ridge(), X)

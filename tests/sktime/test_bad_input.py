"""What makes no sense as data is refused in words, by sktime or before it, and changes nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sktime.forecasting.base import ForecastingHorizon

from stforecast import LSTMForecaster, SktimeForecaster
from tests.series.data import TABLE
from tests.test_bad_input import BAD

Y, X = TABLE["a"][:50], TABLE[["b"]][:50]
NEW, AHEAD = TABLE["a"][50:55], TABLE[["b"]][50:55]
ENTRIES: dict[str, Callable[[SktimeForecaster, Any], Any]] = {
    "fit, y": lambda one, bad: one.clone().fit(bad, fh=[1]),
    "fit, X": lambda one, bad: one.clone().fit(Y, X=bad, fh=[1]),
    "fit, fh": lambda one, bad: one.clone().fit(Y, fh=bad),
    "predict, fh": lambda one, bad: one.predict(fh=bad, X=AHEAD),
    "predict, X": lambda one, bad: one.predict(fh=[1], X=bad),
    "predict_interval, fh": lambda one, bad: one.predict_interval(fh=bad, X=AHEAD),
    "update, y": lambda one, bad: one.update(bad, X=AHEAD),
    "update, X": lambda one, bad: one.update(NEW, X=bad),
}
# rows, or steps, that are left out or none
MEANT = {
    *(("fit, X", "None"), ("fit, fh", "None")),
    *((f"{call}, fh", "a number") for call in ("fit", "predict")),
    *((f"{call}, fh", "None") for call in ("predict", "predict_interval")),  # the fh before it
    *(("update, y", none) for none in ("None", "an empty list", "an empty array", "no rows")),
}
CASES = [(entry, bad) for entry in ENTRIES for bad in BAD]
WORDS = (
    r"(y|X|fh|series) must (be|hold|have) ",
    r"Intervals reach the trained horizon of 2 steps, but fh asks for step 3\. Set horizon",
    "Unsupported input data type in SktimeForecaster, input [yX] must be in an sktime compat",
    "SktimeForecaster cannot handle missing data",
    "Error in SktimeForecaster.fit: y cannot be None",
    "The forecasting horizon `fh` must be passed",
    "Invalid `fh`. The type of the passed `fh` values is not supported",
    "`fh` must not be empty",
    "X and y must have the same scitype",
    r"\(time\) indices of series 0 are not contained in index of series 0",
)
FITTED = SktimeForecaster(Ridge(), lookback=3, horizon=2, calibration=9).fit(Y, X=X)
NETWORK = LSTMForecaster(2, max_epochs=1, baseline=None, random_state=0, device="cpu")
# trained further by an update, where a ridge is fitted anew
TRAINED = SktimeForecaster(NETWORK, lookback=3, horizon=2, calibration=9).fit(Y, X=X)


def answers(forecaster: SktimeForecaster) -> np.ndarray:
    """Return forecasts and the bounds around them."""
    steps: dict[str, Any] = {"fh": [1, 2], "X": AHEAD}
    bounds = forecaster.predict_interval(coverage=0.5, **steps).to_numpy()
    return np.column_stack([forecaster.predict(**steps), bounds])


@pytest.mark.parametrize("fitted", [FITTED, TRAINED], ids=["ridge", "network"])
@pytest.mark.parametrize(("entry", "bad"), [case for case in CASES if case not in MEANT])
def test_it_is_refused_and_changes_nothing(entry: str, bad: str, fitted: SktimeForecaster) -> None:
    forecaster = deepcopy(fitted)
    before = answers(forecaster)
    with pytest.raises((TypeError, ValueError, AssertionError), match=f"^({'|'.join(WORDS)})"):
        ENTRIES[entry](forecaster, BAD[bad]())
    np.testing.assert_array_equal(answers(forecaster), before)


class Interrupted(MLPRegressor):
    """A network whose further training is interrupted when it has changed its weights."""

    def partial_fit(self, X: Any, y: Any) -> MLPRegressor:
        super().partial_fit(X, y)
        raise KeyboardInterrupt


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_update_that_is_interrupted_changes_nothing() -> None:
    network = Interrupted(hidden_layer_sizes=(4,), max_iter=5, random_state=0)
    forecaster = SktimeForecaster(network, lookback=3, horizon=2, calibration=9).fit(Y, X=X)
    before, cutoff = answers(forecaster), forecaster.cutoff
    with pytest.raises(KeyboardInterrupt):
        forecaster.update(NEW, X=AHEAD)
    np.testing.assert_array_equal(answers(forecaster), before)
    assert forecaster.cutoff.equals(cutoff)


def test_an_update_that_is_refused_moves_no_cutoff() -> None:
    """An absolute horizon would count its steps from there, and give rows of other days."""
    forecaster, days = deepcopy(FITTED), ForecastingHorizon(Y.index[-1:] + 2 * Y.index.freq, False)
    before = forecaster.predict(fh=days, X=AHEAD), forecaster.cutoff
    with pytest.raises(ValueError, match=r"X must have the columns it had in fit, \['b'\], got"):
        forecaster.update(NEW)
    with pytest.raises(ValueError, match=r"X must have the columns it had in fit, .*var_0"):
        forecaster.update(np.ones((3, 2, 5)), X=np.ones((3, 1, 5)))
    pd.testing.assert_series_equal(forecaster.predict(fh=days, X=AHEAD), before[0])
    assert forecaster.cutoff.equals(before[1])
    assert forecaster.update(NEW, X=AHEAD).cutoff == NEW.index[-1]


@pytest.mark.parametrize(("entry", "bad"), sorted(MEANT))
def test_what_is_left_out_is_meant(entry: str, bad: str) -> None:
    forecaster = deepcopy(FITTED)
    before = forecaster.predict(fh=[1, 2], X=AHEAD)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "empty y passed to update")
        ENTRIES[entry](forecaster, BAD[bad]())
    np.testing.assert_array_equal(forecaster.predict(fh=[1, 2], X=AHEAD), before)

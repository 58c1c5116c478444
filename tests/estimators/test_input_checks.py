"""Windows and targets that are no numbers, or hide some, are refused in plain words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from stforecast.estimators import ConvLSTMForecaster, DenseDecoder, LSTMClassifier, LSTMForecaster
from stforecast.exceptions import ShapeError
from stforecast.windows import make_windows
from tests.estimators.data import noise

X = noise(30, 12).reshape(30, 6, 2)
Y = noise(30, 1).ravel()
NETWORK = LSTMForecaster(2, max_epochs=1, random_state=0)


def masked(values):
    return np.ma.masked_greater(values, 1.0)


@pytest.mark.parametrize(
    ("windows", "targets"), [(masked(X), Y), (X, masked(Y))], ids=["in X", "in y"]
)
def test_values_under_a_mask_are_missing(windows, targets):
    with pytest.raises(ValueError, match="NaN"):
        NETWORK.fit(windows, targets)


def test_values_under_a_mask_are_missing_from_what_is_forecast():
    with pytest.raises(ValueError, match="NaN"):
        NETWORK.fit(X, Y).predict(masked(X))


def test_a_mask_of_nothing_changes_nothing():
    plain = NETWORK.fit(X, Y).predict(X)
    again = NETWORK.fit(np.ma.array(X), np.ma.array(Y)).predict(np.ma.array(X))
    np.testing.assert_array_equal(again, plain)


def test_a_masked_label_is_no_class():
    labels = np.ma.masked_equal(np.arange(30) % 3, 2)
    with pytest.raises(ValueError, match="NaN"):
        LSTMClassifier(2, max_epochs=1).fit(X, labels)


def test_targets_that_are_no_numbers_are_refused():
    with pytest.raises(ValueError, match="y must be numeric, got an array of <U"):
        NETWORK.fit(X, Y.astype(str))
    windows, targets = make_windows(Y, lookback=3)
    with pytest.raises(ValueError, match="y must be numeric, got an array of datetime64"):
        NETWORK.fit(windows, targets.astype("datetime64[s]"))


@pytest.mark.parametrize(
    ("windows", "error", "message"),
    [
        (X.astype("datetime64[s]"), ValueError, "X must be numeric, got an array of datetime64"),
        (X[:, :0], ShapeError, r"X must hold at least one value per row, got shape \(30, 0, 2\)"),
        (X[:, :, :0], ShapeError, r"X must hold at least one value per row"),
    ],
)
def test_windows_of_nothing_or_of_no_numbers_are_refused(windows, error, message):
    with pytest.raises(error, match=message):
        NETWORK.fit(windows, Y)


@pytest.mark.parametrize(("windows", "targets"), [(1e300 * X, Y), (X, 1e300 * Y)])
def test_values_too_large_to_be_squared_are_told_before_training(windows, targets):
    with pytest.raises(ValueError, match=r"at most 1e150\. Measure them in"):
        NETWORK.fit(windows, targets)


def test_a_decoder_must_be_made():
    with pytest.raises(ValueError, match="or a Decoder, got <class"):
        ConvLSTMForecaster(decoder=DenseDecoder).fit(X, Y)


def test_targets_sliced_in_another_way_than_the_windows_are_refused():
    days = pd.date_range("2021-01-01", periods=30)
    X, y = make_windows(pd.DataFrame(noise(30), days, ["a", "b"]), lookback=4)
    model = LSTMForecaster(2, max_epochs=1, device="cpu")
    for other in (y[::-1], y.shift(1, freq="D")):
        with pytest.raises(ShapeError, match=r"y must have the rows of the windows, .* both alike"):
            model.fit(X, other)
    with pytest.raises(ShapeError, match=r"in row 0 it is of 2021-01-09 .* window of 2021-01-04"):
        model.fit(X[:-5], y[5:])
    model.fit(X[::-1], y[::-1]).partial_fit(X[5:9], y[5:9])
    model.fit(X[:-5], y[5:].to_numpy())  # an array has no labels


def test_targets_of_a_panel_are_compared_by_series_and_time():
    table = pd.DataFrame(noise(20, 1), pd.date_range("2021", periods=20), ["a"])
    X, y = make_windows(pd.concat({"u": table, "v": table}), lookback=4)
    model = LSTMForecaster(2, max_epochs=1, device="cpu").fit(X, y)
    with pytest.raises(ShapeError, match="y must have the rows of the windows"):
        model.fit(X, pd.concat([y.loc[["v"]], y.loc[["u"]]]))

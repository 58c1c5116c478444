"""Windows know the names along their axes, and estimators compare them with those of fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import Flatten, LSTMClassifier, LSTMForecaster, make_windows
from stforecast.exceptions import ShapeError

DAYS = pd.date_range("2024-01-01", periods=40)
ROWS = np.random.default_rng(0).normal(size=(40, 2))
TABLE = pd.DataFrame(ROWS, DAYS, ["a", "b"])
KNOWN = pd.DataFrame(
    {"plan": np.arange(45.0), "day": -np.arange(45.0)}, DAYS.union(DAYS + DAYS.freq * 5)
)
STATIC = pd.DataFrame({"size": [1.0, 2.0], "age": [3.0, 4.0]}, index=["u", "v"])
ESTIMATORS = [make_pipeline(Flatten(), Ridge()), LSTMForecaster(2, max_epochs=1, random_state=0)]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_columns_of_known_covariates_that_changed_places_are_refused(estimator) -> None:
    X, y = make_windows(TABLE, lookback=4, known=KNOWN)
    estimator.fit(X, y)
    swapped, _ = make_windows(TABLE, lookback=4, known=KNOWN[["day", "plan"]])
    with pytest.raises(ShapeError, match=r"known columns \['plan', 'day'\] as in fit"):
        estimator.predict(swapped)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_columns_of_static_features_that_changed_places_are_refused(estimator) -> None:
    panel = pd.concat({"u": TABLE, "v": TABLE})
    X, y = make_windows(panel, lookback=4, static=STATIC)
    estimator.fit(X, y)
    swapped, _ = make_windows(panel, lookback=4, static=STATIC[["age", "size"]])
    with pytest.raises(ShapeError, match=r"static columns \['size', 'age'\] as in fit"):
        estimator.predict(swapped)
    estimator.predict(make_windows(panel, lookback=4, static=STATIC.to_numpy())[0])


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("axis", ["station", "level"])
def test_axes_of_maps_that_changed_places_are_refused(estimator, axis: str) -> None:
    coords = {"time": DAYS, axis: ["a", "b"]}
    maps = xarray.DataArray(ROWS, dims=("time", axis), coords=coords)
    X, y = make_windows(maps, lookback=4)
    estimator.fit(X, np.asarray(y))
    with pytest.raises(ShapeError, match=rf"labels \['a', 'b'\] along '{axis}' as in fit"):
        estimator.predict(make_windows(maps[:, ::-1], lookback=4)[0])


def test_latitudes_and_variables_that_changed_places_are_refused() -> None:
    dims, coords = ("time", "lat", "lon"), {"time": DAYS, "lat": [50.0, 51], "lon": [1.0, 2, 3]}
    maps = xarray.DataArray(np.zeros((40, 2, 3)) + ROWS[:, :, None], dims=dims, coords=coords)
    flat = Flatten().fit(make_windows(maps, lookback=4)[0])
    with pytest.raises(ShapeError, match="along 'lat' as in fit"):
        flat.transform(make_windows(maps[:, ::-1], lookback=4)[0])
    data = xarray.Dataset({"u": maps, "v": maps})
    flat.fit(make_windows(data, lookback=4)[0])
    with pytest.raises(ShapeError, match="along 'channel' as in fit"):
        flat.transform(make_windows(data[["v", "u"]], lookback=4)[0])


def test_a_part_that_is_replaced_loses_its_names() -> None:
    X, _ = make_windows(TABLE, lookback=4, known=KNOWN)
    assert X.names == {"known": ("plan", "day")}
    assert X.with_parts({"known": np.zeros((36, 1, 2))}).names == {}
    assert X.with_parts({"z": pd.DataFrame({"q": np.zeros(36)})}).names["z"] == ("q",)
    assert X[3:9].names == X.names


CLASSES = pd.Series(np.where(ROWS[:, 0] > 0, "on", "off"), DAYS)


def test_a_column_of_targets_in_another_order_than_the_windows_is_refused() -> None:
    X, y = make_windows(TABLE[["a"]], lookback=4)
    labels = make_windows(TABLE[["a"]], lookback=4, horizon=0, target=CLASSES)
    column, rule = y[(1, "a")], "y must have the rows of the windows, but in row 0"
    for estimator in ESTIMATORS:
        with pytest.raises(ShapeError, match=rule):
            estimator.fit(X, column[::-1])
        with pytest.raises(ShapeError, match=rule):
            estimator.fit(X[:-2], column[2:])
        estimator.fit(X, column)
        estimator.fit(X, column.reset_index(drop=True))
    classifier = LSTMClassifier(2, max_epochs=1)
    with pytest.raises(ShapeError, match=rule):
        classifier.fit(labels[0], labels[1][::-1])
    classifier.fit(*labels)


def test_targets_by_number_are_compared_with_windows_by_number() -> None:
    numbered = TABLE.set_axis(pd.RangeIndex(100, 140))
    X, y = make_windows(numbered, lookback=4)
    flat = Flatten()
    flat.fit(X, y), flat.fit(X, y.iloc[:, 0].to_numpy()), flat.fit(X, pd.Series(np.zeros(36)))
    with pytest.raises(ShapeError, match="in row 0 it is of 138 and the window of 103"):
        flat.fit(X, y.iloc[::-1, 0])


DAYS_OF_PARIS = pd.date_range("2024-01-01", periods=40, tz="Europe/Paris")
INDEXES = {"days": DAYS, "days of a zone": DAYS_OF_PARIS, "periods": DAYS.to_period()}
LABELS = {
    "periods": lambda days: days.to_period("D"),
    "weeks": lambda days: days.to_period("W"),
    "times": lambda days: days,
    "times of a zone": lambda days: days.tz_localize("Europe/Paris"),
    "times of another zone": lambda days: days.tz_localize("Europe/Paris").tz_convert("UTC"),
    "dates": lambda days: pd.Index([day.date() for day in days], dtype=object),
    "series and time": lambda days: pd.MultiIndex.from_product([["a"], days]),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("rows", INDEXES)
def test_targets_labelled_by_time_are_compared_whatever_kind_of_time_it_is(rows, kind) -> None:
    """Taken where they stand for the moments of the windows, and refused a fortnight later."""
    X, y = make_windows(pd.DataFrame(ROWS, INDEXES[rows]), lookback=4, target=0)
    column = y.iloc[:, 0].to_numpy()
    right, flat = LABELS[kind](DAYS[3:-1]), Flatten()
    if rows != "days of a zone" and kind == "times of another zone":
        right = right.tz_convert("Europe/Paris")
    flat.fit(X, pd.Series(column, right))
    with pytest.raises(ShapeError, match="y must have the rows of the windows, but in row 0"):
        flat.fit(X, pd.Series(column, LABELS[kind](DAYS[3:-1] + pd.Timedelta(days=14))))


def test_targets_by_number_of_windows_by_date_are_taken_in_their_order() -> None:
    """Those of a fold are what a splitter leaves of the numbers from 0 on."""
    X, y = make_windows(TABLE, lookback=4)
    for estimator in ESTIMATORS:
        estimator.fit(X[5:], y[5:].reset_index(drop=True))
        estimator.fit(X[7:], y.iloc[:, 0].reset_index(drop=True)[7:])


@pytest.mark.parametrize(
    "labels",
    [
        list("abcdefghijklmnopqrstuvwxyz0123456789"),
        DAYS[3:-1].astype(str),
        np.linspace(0, 1, 36),
        pd.timedelta_range("0D", periods=36),
    ],
    ids=["texts", "written dates", "fractions", "time differences"],
)
def test_targets_labelled_by_something_else_are_refused_with_a_call_that_works(labels) -> None:
    X, y = make_windows(TABLE, lookback=4)
    column = pd.Series(y.iloc[:, 0].to_numpy(), labels)
    rule = r"y must have the labels of the windows, .* or numbers, got .*y\.reset_index\(drop=True"
    for estimator in ESTIMATORS:
        with pytest.raises(ShapeError, match=rule):
            estimator.fit(X, column)
        with pytest.raises(ShapeError, match=rule):
            estimator.fit(X, column.to_frame())
        estimator.fit(X, column.reset_index(drop=True))


def test_targets_of_another_calendar_are_compared() -> None:
    days = xarray.date_range("2001-01-01", periods=40, calendar="noleap", use_cftime=True)
    X, y = make_windows(pd.DataFrame(ROWS, days), lookback=4, target=0)
    column = pd.Series(y.to_numpy()[:, 0], y.index)
    Flatten().fit(X, column)
    with pytest.raises(ShapeError, match="y must have the rows of the windows, but in row 0"):
        Flatten().fit(X, column[::-1])


@pytest.mark.parametrize("kind", ["forecaster", "classifier"])
def test_groups_and_held_back_targets_belong_to_the_windows_too(kind: str) -> None:
    horizon, target = (1, None) if kind == "forecaster" else (0, CLASSES)
    X, y = make_windows(TABLE, lookback=4, horizon=horizon, target=target)
    groups = pd.Series(np.arange(len(X)) // 6, y.index)
    model = (LSTMForecaster if kind == "forecaster" else LSTMClassifier)(2, max_epochs=1)
    model.fit(X, y, groups)
    with pytest.raises(ShapeError, match="groups must have the rows of the windows, but in row 0"):
        model.fit(X, y, groups[::-1])
    with pytest.raises(ShapeError, match="_val must have the rows of the windows, but in row 0"):
        model.fit(X, y, X_val=X[:9], y_val=y[1:10])

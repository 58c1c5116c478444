"""New rows: taken in, learned from, refused."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from stforecast.estimators import LSTMForecaster, WindowRidge
from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.series import AdaptiveConformal, SeriesForecaster, SplitConformal
from stforecast.windows import Framewise
from tests.series.data import DAYS, INDEXES, MAPS, PANEL, ROWS, TABLE, in_dataset, in_xarray

HEAD = PANEL.groupby(level=0).head(20)
REST = PANEL.drop(HEAD.index)
PARTS = {
    "table": (TABLE[:50], TABLE[50:], TABLE),
    "column": (TABLE["a"][:50], TABLE["a"][50:], TABLE["a"]),
    "rows": (ROWS[:50], ROWS[50:], ROWS),
    "maps": (MAPS[:30], MAPS[30:], MAPS),
    "xarray": (in_xarray(MAPS[:30]), in_xarray(MAPS)[30:], in_xarray(MAPS)),
    "dataset": (
        in_dataset(MAPS[:30]),
        in_dataset(MAPS).isel(time=slice(30, None)),
        in_dataset(MAPS),
    ),
    "panel": (HEAD, REST, PANEL),
    "list": ([TABLE[:20], TABLE[:30]], [TABLE[20:], TABLE[30:]], [TABLE, TABLE]),
    "list of maps": ([MAPS[:20], MAPS[:30]], [MAPS[20:], MAPS[30:]], [MAPS, MAPS]),
}


def arrays(forecast: Any) -> list[np.ndarray]:
    if hasattr(forecast, "to_dataarray"):
        forecast = forecast.to_dataarray()
    return [np.asarray(one) for one in (forecast if isinstance(forecast, list) else [forecast])]


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize(("lookback", "horizon"), [(1, 1), (4, 2), (9, 1)])
def test_the_forecast_goes_on_from_the_new_rows(kind: str, lookback: int, horizon: int) -> None:
    before, new, whole = PARTS[kind]
    model = SeriesForecaster(Ridge(), lookback=lookback, horizon=horizon).fit(before)
    expected = model.forecast(whole)
    found = model.update(new).forecast()
    for one, other in zip(arrays(found), arrays(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)
    assert type(found) is type(expected)


@pytest.mark.parametrize("kind", INDEXES)
def test_labels_go_on_through_updates_of_one_row(kind: str) -> None:
    table = TABLE.set_axis(INDEXES[kind])
    model = SeriesForecaster(Ridge(), lookback=1).fit(table[:50])
    for row in range(50, 59):
        model.update(table[row : row + 1])
    assert model.forecast().index.tolist() == INDEXES[kind][-1:].tolist()


def test_one_row_of_an_array_is_enough() -> None:
    model = SeriesForecaster(Ridge(), lookback=3).fit(ROWS[:-1])
    np.testing.assert_array_equal(model.update(ROWS[-1:]).forecast(), model.forecast(ROWS))


class Counter(RegressorMixin, BaseEstimator):
    """Notes the windows and targets it is trained on."""

    def fit(self, X: Any, y: Any) -> Counter:
        self.batches_ = [(np.asarray(X), np.asarray(y))]
        return self

    def partial_fit(self, X: Any, y: Any) -> Counter:
        self.batches_.append((np.asarray(X), np.asarray(y)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.zeros((len(X), self.batches_[0][1].shape[1]))


@pytest.mark.parametrize(("lookback", "horizon"), [(1, 1), (1, 2), (3, 1), (3, 4)])
@pytest.mark.parametrize("kind", ["table", "rows", "panel"])
def test_refitting_shows_every_new_window_once(kind: str, lookback: int, horizon: int) -> None:
    before, new, whole = PARTS[kind]
    model = SeriesForecaster(Counter(), lookback=lookback, horizon=horizon).fit(before)
    model.update(new[:0] if kind == "panel" else new[:1], refit=kind != "panel")
    model.update(new if kind == "panel" else new[1:], refit=True)
    shown = np.concatenate([targets for _, targets in model.estimator_[-1].batches_])
    once = SeriesForecaster(Counter(), lookback=lookback, horizon=horizon).fit(whole)
    expected = once.estimator_[-1].batches_[0][1]
    assert sorted(map(tuple, shown)) == sorted(map(tuple, expected))


def test_refitting_trains_a_network_further() -> None:
    inner = LSTMForecaster(4, max_epochs=3, baseline=None, random_state=0)
    network = make_pipeline(Framewise(), inner)
    model = SeriesForecaster(network, lookback=4).fit(TABLE[:50])
    plain = model.forecast(TABLE)
    assert len(model.estimator_[-1].history_) == 3
    model.update(TABLE[50:], refit=True)
    assert not np.allclose(model.forecast().to_numpy(), plain.to_numpy(), rtol=1e-9)


def test_without_refitting_the_estimator_stays() -> None:
    model = SeriesForecaster(
        MLPRegressor(hidden_layer_sizes=(4,), max_iter=50, tol=1e9), lookback=4
    ).fit(TABLE[:50])
    before = [weights.copy() for weights in model.estimator_[-1].coefs_]
    model.update(TABLE[50:55])
    for old, new in zip(before, model.estimator_[-1].coefs_, strict=True):
        np.testing.assert_array_equal(old, new)
    model.update(TABLE[55:], refit=True)
    assert not np.array_equal(before[0], model.estimator_[-1].coefs_[0])


@pytest.mark.parametrize(
    "estimator", [Ridge(), make_pipeline(Framewise(StandardScaler()), Ridge())]
)
def test_refitting_what_cannot_be_trained_further_is_an_error(estimator: Any) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE[:50])
    before = model.forecast()
    with pytest.raises(ValueError, match=r"partial_fit, which Ridge\(\) has not"):
        model.update(TABLE[50:], refit=True)
    pd.testing.assert_frame_equal(model.forecast(), before)


class Quitter(Counter):
    """Raises once it has begun to learn."""

    def partial_fit(self, X: Any, y: Any) -> Counter:
        super().partial_fit(X, y)
        raise ValueError("no more")


@pytest.mark.parametrize("estimator", [Ridge(), Quitter()])
@pytest.mark.parametrize("part", [20, AdaptiveConformal(SplitConformal(20), rate=0.2)])
def test_an_update_that_fails_changes_nothing(estimator: Any, part: Any) -> None:
    model = SeriesForecaster(estimator, lookback=4, calibration=part).fit(TABLE[:50])
    other = deepcopy(model)
    with pytest.raises(ValueError, match=r"no more|partial_fit, which"):
        model.update(TABLE[50:], refit=True)
    assert len(getattr(model.estimator_[-1], "batches_", [0])) == 1
    for rows in (TABLE[50:55], TABLE[55:]):
        np.testing.assert_array_equal(model.calibration_.scores[0], other.calibration_.scores[0])
        for bounds in zip(
            model.forecast_interval(coverage=0.5),
            other.forecast_interval(coverage=0.5),
            strict=True,
        ):
            pd.testing.assert_frame_equal(*bounds)
        model, other = (one.update(rows) for one in (model, other))


@pytest.mark.parametrize("first", [48, 51])
def test_rows_that_do_not_follow_are_an_error(first: int) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE[:50])
    message = f"start at {DAYS[50]}, but start at {DAYS[first]}"
    with pytest.raises(IrregularIndexError, match=message):
        model.update(TABLE[first:])
    with pytest.raises(IrregularIndexError, match="this DataFrame is empty"):
        model.update(TABLE[:0])


def test_maps_that_do_not_follow_are_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(in_xarray(MAPS[:30]))
    with pytest.raises(IrregularIndexError, match="Pass all rows since the last one seen"):
        model.update(in_xarray(MAPS)[32:])
    with pytest.raises(
        ShapeError, match=r"the labels of fit along 'lat', \[50.0, 51.0, 52.0\], got \[50"
    ):
        model.update(in_xarray(MAPS)[30:].isel(lat=slice(2)))


def test_a_gap_within_the_new_rows_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE[:50])
    with pytest.raises(IrregularIndexError, match="steps of one length"):
        model.update(TABLE[50:].drop(DAYS[55]))


def test_a_panel_may_grow_in_some_of_its_series() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(HEAD)
    model.update(REST.loc[["y"]])
    assert model.forecast().loc["x"].index[0] == DAYS[20]
    pd.testing.assert_frame_equal(model.forecast().loc[["y"]], model.forecast(PANEL).loc[["y"]])


def test_a_series_never_seen_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(HEAD)
    with pytest.raises(
        ShapeError, match=r"seen in fit, which are \['x', 'y'\], but some are of 'z'"
    ):
        model.update(REST.rename(index={"y": "z"}, level=0))


def test_a_list_of_another_length_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit([MAPS, MAPS])
    with pytest.raises(ShapeError, match="each of the 2 series, got a list of 1"):
        model.update([MAPS])


def test_rows_of_another_kind_are_an_error() -> None:
    with pytest.raises(TypeError, match="as ndarray, got DataArray"):
        SeriesForecaster(Ridge(), lookback=4).fit(MAPS).update(in_xarray(MAPS))
    with pytest.raises(TypeError, match="as DataFrame by series and time, got DataFrame"):
        SeriesForecaster(Ridge(), lookback=4).fit(PANEL).update(TABLE)
    with pytest.raises(TypeError, match="as DataArray, got ndarray"):
        SeriesForecaster(Ridge(), lookback=4).fit(in_xarray(MAPS)).update(MAPS)


@pytest.mark.parametrize("short", ["drop", "mask", "error"])
@pytest.mark.parametrize("static", [None, "series", pd.Series({"a": 1.0, "b": 2.0})])
def test_a_series_whose_rows_are_late_does_not_stop_the_others(short: str, static: Any) -> None:
    table = pd.concat({"a": TABLE, "b": TABLE + 1}, names=["id"])
    train = table.groupby(level=0).head(40)
    first = table.drop(train.index).loc[["b"]].iloc[:2]
    model = SeriesForecaster(
        WindowRidge(), lookback=5, horizon=3, calibration=15, short=short, missing="mask"
    ).fit(train, static=static)
    scores = {name: latest.copy() for name, latest in model.calibration_.scores.items()}
    model.update(first)  # warns of nothing
    np.testing.assert_array_equal(model.calibration_.scores["a"], scores["a"])
    assert (model.calibration_.scores["b"] != scores["b"]).any()
    lower, _ = model.backtest(table.drop(train.index).loc[["b"]].iloc[2:9], coverage=0.8)
    assert set(lower.index.get_level_values(0)) == {"b"}
    later = model.forecast().groupby(level=0).head(1).index.get_level_values(1)
    assert list(later) == [TABLE.index[40], TABLE.index[42]]

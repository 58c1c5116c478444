"""Climatology and damped anomaly against pandas and loops."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.utils.estimator_checks import check_estimator

from stforecast import ConvLSTMForecaster, make_windows
from stforecast.estimators import Climatology, DampedAnomaly
from stforecast.exceptions import IrregularIndexError
from stforecast.persistence import load, save

INDEXES = {
    "hours": (pd.date_range("2024-02-01 05:00", periods=200, freq="h"), "hour"),
    "months": (pd.date_range("2000-03-01", periods=70, freq="MS"), "month"),
    "month ends": (pd.date_range("2000-03-31", periods=70, freq="ME"), "month"),
    "days": (pd.date_range("2023-11-03", periods=800), "dayofyear"),
    "periods": (pd.period_range("2000-03", periods=70, freq="M"), "month"),
    "zone": (pd.date_range("2024-03-25", periods=300, freq="h", tz="Europe/Paris"), "hour"),
    "business days": (pd.bdate_range("2024-01-01", periods=90), "dayofweek"),
}
NAMES = {"dayofyear": "yearday", "dayofweek": "weekday"}


def places(index, name: str) -> np.ndarray:
    return np.asarray(getattr(index, name))


def months(rows: int = 60, H: int = 3, W: int = 4, land: bool = False) -> xr.DataArray:
    times = pd.date_range("2001-01-01", periods=rows, freq="MS")
    rng = np.random.default_rng(0)
    season = np.cos(2 * np.pi * np.arange(rows) / 12)[:, None, None] * rng.random((H, W)) * 10
    anomaly = np.zeros((rows, H, W))
    for t in range(1, rows):
        anomaly[t] = 0.7 * anomaly[t - 1] + rng.normal(size=(H, W))
    values = season + anomaly
    if land:
        values[:, :1, :2] = np.nan
        values[5, 2, 3] = np.nan
    return xr.DataArray(values, {"time": times}, ("time", "lat", "lon"))


@pytest.mark.checks
@pytest.mark.parametrize("estimator", [Climatology(), DampedAnomaly()])
def test_every_check_of_scikit_learn_passes(estimator):
    checks = check_estimator(estimator, on_skip=None, on_fail=None)
    assert [one["check_name"] for one in checks if one["status"] != "passed"] == []


@pytest.mark.parametrize("kind", INDEXES)
def test_means_are_those_of_pandas_over_the_rows_of_the_targets(kind):
    index, name = INDEXES[kind]
    series = pd.Series(np.random.default_rng(0).normal(size=len(index)), index)
    X, y = make_windows(series, lookback=4, horizon=3, gap=1)
    train = slice(0, 3 * len(X) // 4)
    model = Climatology(NAMES.get(name, name)).fit(X[train], y[train])
    shown = series[5 : 5 + len(X[train]) + 2]  # each row of the targets once
    means = shown.groupby(places(shown.index, name)).mean()
    rows = np.arange(len(X))[:, None] + np.array([5, 6, 7])
    expected = means.reindex(places(series.index, name)[rows].ravel()).fillna(shown.mean())
    assert_allclose(model.predict(X).ravel(), expected, atol=1e-12)


def test_rows_after_the_end_of_the_index_have_their_places_too():
    index = pd.date_range("2000-01-01", periods=48, freq="MS")
    X, y = make_windows(pd.Series(index.month * 1.0, index), lookback=3, horizon=2)
    model = Climatology("month").fit(X, y)
    last, _ = make_windows(pd.Series(0.0, index[-5:]), lookback=3, horizon=2)
    assert_array_equal(model.predict(last[-1:]), [[11.0, 12.0]])
    alone = pickle.loads(pickle.dumps(X[[0, 40]]))  # rows between the two are gone
    assert_array_equal(model.predict(alone), model.predict(X)[[0, 40]])


def test_two_turns_of_the_calendar_have_a_mean_for_each_pair():
    index = pd.date_range("2023-01-01", periods=2 * 8760, freq="h")
    series = pd.Series(100.0 * index.month + index.hour, index)
    X, y = make_windows(series, lookback=2, horizon=2, stride=1)
    model = Climatology().fit(X, y)
    assert model.groups_.names == ("month", "hour")
    assert_array_equal(model.predict(X), y)


def test_without_a_year_the_hour_alone_is_taken():
    index = pd.date_range("2023-01-01", periods=100, freq="h")
    model = Climatology().fit(*make_windows(pd.Series(1.0, index), lookback=2))
    assert model.groups_.names == ("hour",)


def test_a_spread_averages_the_days_around_and_goes_round_the_year():
    index = pd.date_range("2021-01-01", periods=2 * 365)
    series = pd.Series(np.random.default_rng(0).normal(size=len(index)), index)
    X, y = make_windows(series, lookback=1)
    model = Climatology("yearday", spread=2).fit(X, y)
    shown, day = series[1:], np.asarray(index[1:].dayofyear)
    for place in (1, 2, 180):
        near = [(place - 1 + shift) % 366 + 1 for shift in range(-2, 3)]
        expected = shown[np.isin(day, near)].mean()
        assert_allclose(model.means_[place - 1], expected)


@pytest.mark.parametrize("per_cell", [False, True])
def test_shares_are_slopes_of_the_anomalies(per_cell):
    maps = months(land=True)
    X, y = make_windows(maps, lookback=2, horizon=3, missing="mask")
    model = DampedAnomaly("month", per_cell=per_cell).fit(X, y)
    values = maps.values
    usual = np.full((12, 3, 4), np.nan)
    targets = values[2:]
    month = maps.time.dt.month.values
    for m in range(1, 13):
        shown = targets[month[2:] == m]
        known = np.isfinite(shown).any(axis=0)
        usual[m - 1][known] = np.nanmean(shown[:, known], axis=0)
    anomaly = values - usual[month - 1]
    for k in range(1, 4):
        now = np.nan_to_num(anomaly[1 : len(X) + 1])
        ahead = anomaly[1 + k : len(X) + 1 + k]
        both = np.isfinite(ahead)
        axis = 0 if per_cell else (0, 1, 2)
        square = (both * now**2).sum(axis=axis)
        slope = (np.where(both, ahead, 0) * now).sum(axis=axis) / np.where(square, square, 1)
        assert_allclose(model.shares_[k - 1, 0], np.clip(np.ravel(slope), 0, 1), atol=1e-12)
    found = model.predict(X).reshape(len(X), 3, 3, 4)
    assert np.isnan(found[:, :, :1, :2]).all()
    assert np.isfinite(found[:, :, 1:]).all()
    share = model.shares_[1, 0].reshape((3, 4) if per_cell else (1, 1))
    expected = usual[month[3] - 1] + share * np.nan_to_num(anomaly[1])
    assert_allclose(found[0, 1], expected, atol=1e-12)


def test_it_beats_climatology_and_persistence_where_anomalies_fade():
    X, y = make_windows(months(240), lookback=2, horizon=2)
    truth = np.asarray(y)[150:]

    def error(model):
        return np.sqrt(np.mean((model.fit(X[:140], y[:140]).predict(X[150:]) - truth) ** 2))

    assert error(DampedAnomaly()) < 0.95 * error(Climatology())


@pytest.mark.parametrize("kind", [Climatology, DampedAnomaly])
def test_what_is_held_back_does_not_enter(kind):
    series = pd.Series(np.arange(60.0), pd.date_range("2020-01-01", periods=60, freq="MS"))
    X, y = make_windows(series, lookback=3, horizon=2)
    model = kind("month").fit(X[:30], y[:30])
    changed = series.copy()
    changed[36:] = 1e6
    X, y = make_windows(changed, lookback=3, horizon=2)
    assert_array_equal(kind("month").fit(X[:30], y[:30]).predict(X[:30]), model.predict(X[:30]))


def test_a_network_stands_on_it_with_land_left_out():
    X, y = make_windows(months(60, land=True), lookback=3, missing="mask")
    network = ConvLSTMForecaster(2, 1, baseline=DampedAnomaly("month"), max_epochs=1)
    found = network.set_params(random_state=0).fit(X, y).predict(X)
    land = np.isnan(network.baseline_.predict(X))
    assert land.any()
    assert_array_equal(np.isnan(found), land)


@pytest.mark.parametrize("kind", [Climatology, DampedAnomaly])
def test_it_survives_pickle_and_file(kind, tmp_path):
    X, y = make_windows(months(land=True), lookback=3, missing="mask")
    model = kind("month").fit(X, y)
    save(model, tmp_path / "model.stf")
    for twin in (pickle.loads(pickle.dumps(model)), load(tmp_path / "model.stf")):
        assert_array_equal(twin.predict(X), model.predict(X))


CALENDARS = [
    ("noleap", "MS", "month"),
    ("360_day", "ME", "month"),
    ("360_day", "D", "dayofyear"),
    ("noleap", "6h", "hour"),
]


@pytest.mark.parametrize(("calendar", "step", "name"), CALENDARS)
def test_rows_of_a_climate_model_have_their_places(calendar, step, name, tmp_path):
    count = 800 if step == "D" else 90
    index = xr.date_range(
        "2000-01-30", periods=count, freq=step, calendar=calendar, use_cftime=True
    )
    rows = months(count).assign_coords(time=index)
    X, y = make_windows(rows[:-4], lookback=3, horizon=2)
    model = Climatology(NAMES.get(name, name)).fit(X, y)
    means = rows[3:-4].groupby(f"time.{name}").mean()
    save(model, tmp_path / "model.stf")
    later = load(tmp_path / "model.stf").predict(X[-1:])[0].reshape(2, 3, 4)
    for values, time in zip(later, rows.time[-6:-4], strict=True):
        assert_allclose(values, means.sel({name: getattr(time.dt, name)}))
    assert np.isfinite(DampedAnomaly(NAMES.get(name, name)).fit(X, y).predict(X)).all()


def test_months_of_a_climate_model_are_the_default():
    index = xr.date_range("2000-01-01", periods=60, freq="MS", calendar="noleap", use_cftime=True)
    X, y = make_windows(months().assign_coords(time=index), lookback=3)
    usual = make_windows(months(), lookback=3)
    assert_array_equal(
        Climatology().fit(X, y).predict(X), Climatology().fit(*usual).predict(X=usual[0])
    )


@pytest.mark.parametrize("windows", ["array", "numbered"])
def test_windows_without_times_are_refused_by_month_and_have_one_mean_without(windows):
    X, y = make_windows(np.arange(20.0), lookback=3)
    X = np.asarray(X) if windows == "array" else X
    for kind in (Climatology, DampedAnomaly):
        with pytest.raises(IrregularIndexError, match=r"^Means by month need the time .*Datetime"):
            kind("month").fit(X, y)
    assert_array_equal(Climatology().fit(X, y).predict(X), np.full((17, 1), np.mean(y)))


def test_targets_of_arrays_all_count():
    X, y = np.zeros((3, 1)), np.array([[1.0, 2.0], [4.0, 8.0], [16.0, 32.0]])
    assert_array_equal(Climatology().fit(X, y).means_, [[y.mean()]])


def test_rows_that_a_pickle_leaves_out_do_not_make_others_one():
    series = pd.Series(np.arange(40.0) ** 2, pd.date_range("2020-01-01", periods=40))
    X, y = make_windows(series, lookback=3, horizon=4)
    rows = [0, 9, 20, 30]
    alone = pickle.loads(pickle.dumps(X[rows]))
    assert len(alone.base) == 12
    found = Climatology("weekday").fit(alone, y.iloc[rows])
    assert_array_equal(found.means_, Climatology("weekday").fit(X[rows], y.iloc[rows]).means_)
    weekday = series.index.dayofweek
    seen = np.isin(np.arange(40), [row + 3 + step for row in rows for step in range(4)])
    assert_allclose(found.means_[0, 0], series[seen & (weekday == 0)].mean())


def test_series_of_a_panel_count_row_by_row_at_the_same_times():
    days = pd.date_range("2020-01-01", periods=20)
    table = pd.concat({"a": pd.Series(1.0, days), "b": pd.Series(np.arange(20.0), days)})
    X, y = make_windows(table, lookback=3, horizon=2)
    model = Climatology("weekday").fit(X, y)
    for place in range(7):
        mean = table[np.isin(table.index.get_level_values(1), days[3:])]
        mean = mean[mean.index.get_level_values(1).dayofweek == place].mean()
        assert_allclose(model.means_[place, 0], mean)


@pytest.mark.parametrize("lookback", [1, 2])
@pytest.mark.parametrize("kind", ["panel", "list", "pickle"])
def test_short_windows_of_any_kind_show_the_step_of_their_rows(kind, lookback):
    index = pd.date_range("2000-01-01", periods=48, freq="MS")
    series = pd.Series(index.month * 1.0, index)
    source = {"panel": pd.concat({"a": series, "b": series}), "list": [series, series]}
    X, y = make_windows(source.get(kind, series), lookback=lookback, horizon=2)
    if kind == "pickle":
        X, y = pickle.loads(pickle.dumps(X[:20])), y[:20]
    assert_array_equal(Climatology("month").fit(X, y).predict(X), y)


def test_windows_without_three_adjoining_rows_are_refused_with_what_shows_the_step():
    index = pd.date_range("2000-01-01", periods=48, freq="MS")
    series = pd.Series(index.month * 1.0, index)

    def apart(lookback):
        X, y = make_windows(series, lookback=lookback)
        return pickle.loads(pickle.dumps(X[::12])), y[::12]

    with pytest.raises(IrregularIndexError, match=r"hold no more than 2\. Make .* lookback=3"):
        Climatology("month").fit(*apart(2))
    X, y = apart(3)
    assert_array_equal(Climatology("month").fit(X, y).predict(X), y)


@pytest.mark.parametrize("by", ["week", ("month", "day"), ()])
def test_other_turns_are_refused(by):
    with pytest.raises(ValueError, match="by must be"):
        Climatology(by).fit(np.zeros((5, 3)), np.zeros(5))

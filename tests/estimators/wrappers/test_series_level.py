"""Each series of a panel scaled by itself: from its training rows, and from no other's."""

from __future__ import annotations

import dask.array
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import LSTMForecaster, RelativeForecaster
from stforecast.model_selection import OriginSplit
from stforecast.persistence import load, save
from stforecast.series import SeriesForecaster
from stforecast.windows import Flatten, make_windows

DAYS = pd.date_range("2020-01-01", periods=60, freq="D")


def panel(big: float = 1.0, rows: int = 60) -> pd.DataFrame:
    waves = np.sin(np.arange(60)[:, None] * [0.5, 0.3]) + 0.1 * np.arange(2)
    members = {"u": waves, "v": big * (waves[::-1] + 3), "w": waves * [1, -1]}
    frames = {
        name: pd.DataFrame(one[:rows], DAYS[:rows], ["a", "b"]) for name, one in members.items()
    }
    return pd.concat(frames, names=["id", "day"])


def model(scale: bool = True, estimator=None) -> RelativeForecaster:
    return RelativeForecaster(estimator or Ridge(), "series", scale=scale)


@pytest.mark.parametrize("scale", [False, True])
def test_it_is_each_series_standardised_by_hand(scale: bool) -> None:
    table = panel(50.0)
    # the rows after the last origin are in no window of training
    seen = table.groupby(level=0).head(58).groupby(level=0)
    names = table.index.get_level_values(0)
    mean = seen.mean().loc[names].set_axis(table.index)
    spread = seen.std(ddof=0).loc[names].set_axis(table.index) if scale else mean * 0 + 1
    X, y = make_windows(table, lookback=5, horizon=2, target="b")
    inner, z = make_windows((table - mean) / spread, lookback=5, horizon=2, target="b")
    by_hand = make_pipeline(Flatten(), Ridge()).fit(inner, z).predict(inner)
    a, b = (one["b"].to_numpy()[X.ends - 1, None] for one in (mean, spread))
    assert_allclose(model(scale).fit(X, y).predict(X), a + b * by_hand, rtol=1e-8)


def test_one_series_in_other_units_changes_no_other_forecast() -> None:
    forecasts = []
    for table in (panel(), panel(1000.0)):
        X, y = make_windows(table, lookback=5, horizon=2)
        fitted = model(
            estimator=LSTMForecaster(4, baseline=None, max_epochs=3, random_state=0)
        ).fit(X, y)
        forecasts.append(pd.DataFrame(fitted.predict(X), X.origins))
    small, large = forecasts
    assert_allclose(large.loc["u"], small.loc["u"], rtol=1e-4, atol=1e-4)
    assert_allclose(large.loc["v"], 1000 * small.loc["v"], rtol=1e-4, atol=1e-1)


def test_levels_are_those_of_training_rows_alone() -> None:
    table = panel()
    poisoned = table.copy()
    late = poisoned.index.get_level_values(1) > DAYS[39]
    poisoned[late] = 1e9
    (X, y), (Z, z) = (make_windows(one, lookback=5, horizon=2) for one in (table, poisoned))
    train = np.flatnonzero(X.times <= 37)
    clean, other = model().fit(X[train], y.iloc[train]), model().fit(Z[train], z.iloc[train])
    assert_allclose(clean.predict(X), other.predict(X), rtol=1e-12)


def test_a_stored_series_is_scaled_as_it_is_read() -> None:
    maps = np.random.default_rng(0).normal(size=(40, 2, 3)) + 5
    forecasts = []
    for series in (maps, dask.array.from_array(maps, chunks=(7, 2, 3))):
        forecaster = SeriesForecaster(model(), lookback=4).fit([series, series * 3 + 1])
        forecasts.append(forecaster.forecast())
    for one, other in zip(*forecasts, strict=True):
        assert_allclose(one, other, rtol=1e-6)
    assert_allclose(forecasts[0][1], 3 * forecasts[0][0] + 1, rtol=1e-6)


def test_a_series_that_training_has_not_seen_is_named() -> None:
    X, y = make_windows(panel(), lookback=5)
    seen = np.flatnonzero(X.origins.get_level_values(0) != "w")
    fitted = model().fit(X[seen], y.iloc[seen])
    assert fitted.levels_.names == ["u", "v"]
    with pytest.raises(ValueError, match="knows the series of training only, and 'w' is not"):
        fitted.predict(X)


def test_it_goes_through_the_forecaster_of_series_and_through_a_file(tmp_path) -> None:
    network = model(estimator=LSTMForecaster(4, baseline=None, max_epochs=3, random_state=0))
    forecaster = SeriesForecaster(network, lookback=5, horizon=3, target="a").fit(panel(20.0))
    expected = forecaster.forecast()
    assert expected.loc["v", "a"].mean() > 20
    save(forecaster, tmp_path / "model")
    pd.testing.assert_frame_equal(load(tmp_path / "model").forecast(), expected)
    later = forecaster.backtest(panel(20.0), start=DAYS[50])
    assert np.isfinite(later).all(axis=None)


def test_it_pays_where_series_differ_in_size() -> None:
    X, y = make_windows(panel(100.0), lookback=5, horizon=2)
    train, test = next(OriginSplit(1).split(X))
    network = LSTMForecaster(8, baseline=None, max_epochs=30, lr=0.03, random_state=0)
    small = X.origins[test].get_level_values(0) != "v"
    errors = [
        np.abs(one.fit(X[train], y.iloc[train]).predict(X[test]) - y.iloc[test])[small]
        for one in (model(estimator=network), network)
    ]
    assert errors[0].mean(axis=None) < 0.5 * errors[1].mean(axis=None)

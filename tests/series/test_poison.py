"""Which row each forecast may see: everything else is poisoned, and no forecast changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast import LSTMForecaster, SeriesForecaster

LOOKBACK, HORIZON, ROWS = 4, 3, 40
DAYS = pd.date_range("2020-01-01", periods=ROWS + HORIZON, freq="D")
RNG = np.random.default_rng(0)
KNOWN = pd.DataFrame(RNG.normal(size=(ROWS + HORIZON, 2)), DAYS, ["price", "plan"])
STATIC = pd.DataFrame({"size": [1.0, 2.0, 3.0]}, ["u", "v", "w"])
POISON = 1e6


def member(rows: slice) -> pd.DataFrame:
    return pd.DataFrame(RNG.normal(size=(ROWS, 2)).cumsum(axis=0), DAYS[:ROWS], ["a", "b"])[rows]


PANEL = pd.concat(
    {"u": member(slice(None)), "v": member(slice(5, 30)), "w": member(slice(20, None))},
    names=["id", "day"],
)


@pytest.fixture(scope="module", params=["ridge", "network"], name="model")
def fitted(request: pytest.FixtureRequest) -> SeriesForecaster:
    network = LSTMForecaster(4, max_epochs=2, device="cpu", random_state=0)
    estimator = Ridge() if request.param == "ridge" else network
    model = SeriesForecaster(estimator, lookback=LOOKBACK, horizon=HORIZON, target="a")
    return model.fit(PANEL, known=KNOWN, static=STATIC)


def backtest(model: SeriesForecaster, panel: pd.DataFrame, known: Any) -> pd.DataFrame:
    return model.backtest(panel, known=known)


@pytest.mark.parametrize("origin", [("u", DAYS[10]), ("v", DAYS[8]), ("w", DAYS[30])])
def test_a_forecast_sees_its_window_and_the_covariates_of_its_horizon_only(
    model: SeriesForecaster, origin: tuple[str, pd.Timestamp]
) -> None:
    name, day = origin
    clean = backtest(model, PANEL, KNOWN).loc[origin]
    step = pd.Timedelta("1D")
    ids, days = PANEL.index.get_level_values(0), PANEL.index.get_level_values(1)
    seen = (ids == name) & (days <= day) & (days > day - LOOKBACK * step)
    ahead = (KNOWN.index > day) & (KNOWN.index <= day + HORIZON * step)
    assert (seen.sum(), ahead.sum()) == (LOOKBACK, HORIZON)
    poisoned = PANEL.where(pd.Series(seen, PANEL.index), POISON)
    elsewhere = KNOWN.where(pd.Series(ahead, KNOWN.index), -POISON)
    found = backtest(model, poisoned, elsewhere).loc[origin]
    np.testing.assert_allclose(found, clean, rtol=1e-6)
    for panel, known in ((PANEL, elsewhere + ahead[:, None]), (PANEL + seen[:, None], KNOWN)):
        assert not np.allclose(backtest(model, panel, known).loc[origin], clean, rtol=1e-6)


def test_features_of_a_series_are_seen_by_its_forecasts_only(model: SeriesForecaster) -> None:
    clean = backtest(model, PANEL, KNOWN)
    own, model.static_ = model.static_, STATIC.replace({"size": {2.0: POISON}})
    found = backtest(model, PANEL, KNOWN)
    model.static_ = own
    for name in ("u", "w"):
        np.testing.assert_allclose(found.loc[name], clean.loc[name], rtol=1e-6)
    assert not np.allclose(found.loc["v"], clean.loc["v"], rtol=1e-3)


def test_the_last_forecast_sees_covariates_of_the_rows_that_follow(model: SeriesForecaster) -> None:
    clean = model.forecast()
    for name, last in PANEL.groupby(level=0).tail(1).index:
        ahead = (KNOWN.index > last) & (KNOWN.index <= last + HORIZON * pd.Timedelta("1D"))
        elsewhere = KNOWN.where(pd.Series(ahead, KNOWN.index), POISON)
        found = model.forecast(PANEL, known=elsewhere)
        np.testing.assert_allclose(found.loc[name], clean.loc[name], rtol=1e-6)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_what_follows_the_training_rows_changes_no_fit() -> None:
    def weights(panel: pd.DataFrame) -> np.ndarray:
        known = KNOWN.copy()
        if panel is not PANEL:
            known.iloc[25:] = POISON
        model = SeriesForecaster(Ridge(), lookback=LOOKBACK, horizon=HORIZON, target="a")
        train = panel[panel.index.get_level_values(1) < DAYS[25]]
        return model.fit(train, known=known, static=STATIC).estimator_[-1].coef_

    late = PANEL.index.get_level_values(1) >= DAYS[25]
    poisoned = PANEL.where(pd.Series(~late, PANEL.index), POISON)
    np.testing.assert_array_equal(weights(poisoned), weights(PANEL))

"""What every network must be compared with: naive forecasts, a formula, and tabular regressors."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import RegressorMixin
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.accuracy.household_power.protocol import WEEK, Weeks
from benchmarks.lib.results import RESULTS
from stforecast.comparison import compare
from stforecast.windows import Flatten, calendar_features, make_windows

ARIMA_FILE = RESULTS / "household_power" / "arima.csv"
DAYS_PER_YEAR = 365.25


def naive_forecasts(weeks: Weeks) -> dict[str, np.ndarray]:
    """Return the three forecasts that show whether a protocol is the literature's."""
    return {
        "daily persistence": np.repeat(weeks.days_from(-1)[:, :1], WEEK, axis=1),
        "same week last year": weeks.days_from(-52 * WEEK),
        "last week": weeks.days_from(-WEEK),
    }


def formula(weeks: Weeks) -> np.ndarray:
    """Forecast without learning: the season's level, last week's level and the weekdays' pattern.

    0.8 x the mean of the weeks within 4 weeks of the date in the one to three years before + 0.2 x
    last week's mean + 0.5 x the mean deviation of the weekday, all of it known on the day.
    """
    return np.array([_formula_week(weeks.days, start) for start in weeks.starts])


def _formula_week(days: np.ndarray, start: int) -> np.ndarray:
    past = days[start % WEEK : start].reshape(-1, WEEK)  # whole weeks, the last one before `start`
    level = _season_weeks(past).mean()
    by_weekday = past.mean(axis=0)
    return 0.8 * level + 0.2 * past[-1].mean() + 0.5 * (by_weekday - by_weekday.mean())


def _season_weeks(past: np.ndarray) -> np.ndarray:
    """The weeks within 4 weeks of the date, one, two and three years before."""
    same_date = [len(past) - round(DAYS_PER_YEAR * years / WEEK) for years in (1, 2, 3)]
    return np.concatenate([past[max(week - 4, 0) : max(week + 5, 0)] for week in same_date])


def ridge(weeks: Weeks, *, lookback: int, harmonics: int, alpha: float) -> np.ndarray:
    """Forecast by ridge regression on lags, weekday and annual Fourier terms."""
    model = make_pipeline(Flatten(), StandardScaler(), Ridge(alpha))
    return fit_predict(model, weeks, lookback=lookback, known=_calendar(weeks, harmonics))


def lightgbm(weeks: Weeks, *, lookback: int, harmonics: int) -> np.ndarray | None:
    """Forecast by gradient-boosted trees on the same features; None without LightGBM."""
    if find_spec("lightgbm") is None:
        return None
    from lightgbm import LGBMRegressor

    trees = LGBMRegressor(
        n_estimators=150,
        learning_rate=0.03,
        num_leaves=8,
        min_child_samples=30,
        n_jobs=1,
        random_state=0,
        verbose=-1,
    )
    model = make_pipeline(Flatten(), MultiOutputRegressor(trees))
    return fit_predict(model, weeks, lookback=lookback, known=_calendar(weeks, harmonics))


def arima(weeks: Weeks) -> np.ndarray:
    """Read the forecasts of ARIMA(7, 0, 0) that `arima.py` wrote."""
    table = pd.read_csv(ARIMA_FILE, index_col="date", parse_dates=["date"])
    return table.loc[weeks.dates, "forecast"].to_numpy().reshape(-1, WEEK)


def fit_predict(
    model: RegressorMixin, weeks: Weeks, *, lookback: int, known: pd.DataFrame | None = None
) -> np.ndarray:
    """Train on every daily origin before the weeks, then forecast each from the days before it."""
    return forecast_weeks({"model": model}, weeks, lookback=lookback, known=known)["model"]


def forecast_weeks(
    models: Mapping[str, Any], weeks: Weeks, *, lookback: int, known: pd.DataFrame | None = None
) -> dict[str, np.ndarray]:
    """Return what each model forecasts from the same windows, (weeks, 7).

    Methods of the demo read windows of different lengths, so each kind of windows is a comparison.
    """
    X, y = make_windows(weeks.power, lookback=lookback, horizon=WEEK, known=known)
    fold = split(weeks, lookback=lookback)
    result = compare(models, (X, y), [fold], "neg_mean_squared_error", return_forecasts=True)
    assert result.forecasts is not None
    return {name: result.forecasts[name].to_numpy() for name in models}


def split(weeks: Weeks, *, lookback: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the windows to train on, and those that end the day before a week."""
    train = np.arange(weeks.first_row - lookback - WEEK + 1)  # horizons that end before the weeks
    return train, weeks.starts - lookback


def _calendar(weeks: Weeks, harmonics: int) -> pd.DataFrame:
    return calendar_features(
        weeks.power.index,
        features=["weekday", "yearday"],
        encoding={"weekday": "onehot"},
        harmonics={"yearday": harmonics},
    )

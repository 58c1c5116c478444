"""Origins end the series, nothing learns from what it forecasts, and settings see none of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

from benchmarks.accuracy.sktime.origins import (
    ORIGINS,
    before_origins,
    origin_errors,
    origin_step,
    split,
)
from benchmarks.accuracy.sktime.origins_report import MODELS, report
from benchmarks.accuracy.sktime.series import Task
from stforecast import make_windows


def _task(rows: int, folds: int = 0) -> Task:
    values = np.tile([1.0, 5.0, 2.0, 8.0], rows)[:rows] + np.arange(rows) // 4
    index = pd.date_range("2000", periods=rows, freq="D")
    return Task("quarters, daily", pd.Series(values, index).copy, season=4, cycle=4, folds=folds)


@pytest.mark.parametrize(("rows", "step"), [(400, 4), (120, 1)])
def test_origins_are_a_season_apart_or_take_a_third_of_the_rows(rows: int, step: int) -> None:
    assert origin_step(_task(rows)) == step


def test_the_last_origin_ends_the_series_and_nothing_learns_from_what_is_forecast() -> None:
    task = _task(400)
    X, _ = make_windows(task.load(), lookback=8, horizon=4)
    train, test = split(task, X)
    assert (len(test), test[-1]) == (ORIGINS, len(X) - 1)
    assert train[-1] + task.horizon == test[0]


def test_a_forecast_that_is_one_off_has_an_error_of_one() -> None:
    task = _task(400)
    assert origin_errors(task, "seasonal naive", 8) == pytest.approx([1.0] * ORIGINS)
    assert max(origin_errors(task, LinearRegression(), 8)) < 1e-6


@pytest.mark.parametrize("folds", [0, 40])
def test_settings_are_chosen_on_no_row_that_is_forecast(folds: int) -> None:
    task = _task(400, folds)
    earlier = before_origins(task).load()
    assert len(earlier) == 400 - max(23 * 4 + 4, folds * 4)
    pd.testing.assert_series_equal(earlier, task.load().iloc[: len(earlier)])


def test_a_report_says_who_is_ahead() -> None:
    task, names = _task(400), dict.fromkeys(MODELS, 1.0)
    names["ConvLSTM"] = 0.5
    noise = np.random.default_rng(0).normal(0, 0.01, size=ORIGINS)
    kept = {task.name: {name: list(value + noise * value) for name, value in names.items()}}
    lines = report([task], kept, "a machine").splitlines()
    assert any("days and hours" in line and line.count("-50.0%") == 3 for line in lines)
    assert sum("*ahead*" in line for line in lines) == 2  # the series and the group

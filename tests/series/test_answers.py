"""The target passed as if it were known ahead is refused, since backtests would look it up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast.estimators import WindowRidge
from stforecast.series import SeriesForecaster
from tests.series.data import DAYS, PANEL, ROWS, TABLE

MESSAGE = r"its column {} holds the target{} itself at every row, .* Leave it out of known\."


def fit(series: Any, known: Any, target: Any = None, **parameters: Any) -> SeriesForecaster:
    estimator = WindowRidge() if "missing" in parameters else Ridge()
    model = SeriesForecaster(estimator, lookback=3, horizon=2, target=target, **parameters)
    return model.fit(series, known=known)


@pytest.mark.parametrize(
    ("series", "known", "column", "name"),
    [
        (TABLE, TABLE, "'a'", " 'a'"),
        (TABLE, TABLE[["b"]].rename(columns={"b": "plan"}), "'plan'", " 'b'"),
        (TABLE, lambda index: TABLE.loc[index, ["b"]], "'b'", " 'b'"),
        (PANEL, PANEL, "'a'", " 'a'"),
        (ROWS, ROWS, "0", ""),
        ([TABLE, TABLE[:30]], [TABLE, TABLE[:30]], "'a'", " 'a'"),
    ],
)
def test_the_target_among_covariates_is_refused(
    series: Any, known: Any, column: str, name: str
) -> None:
    with pytest.raises(ValueError, match=MESSAGE.format(column, name)):
        fit(series, known)


def test_another_column_than_the_target_may_be_known_ahead() -> None:
    fit(TABLE, TABLE[["b"]], target="a")
    with pytest.raises(ValueError, match=MESSAGE.format("'b'", " 'b'")):
        fit(TABLE, TABLE[["b"]], target="b")


def test_gaps_of_the_target_do_not_hide_it() -> None:
    gaps = TABLE.copy()
    gaps.iloc[::7, 0] = np.nan
    with pytest.raises(ValueError, match=MESSAGE.format("'a'", " 'a'")):
        fit(gaps, TABLE[["a"]], missing="mask")


def test_a_plan_that_differs_in_one_row_or_is_constant_is_no_target() -> None:
    plan = TABLE[["a"]].copy()
    plan.iloc[37] += 1e-9
    fit(TABLE, plan)
    ones = pd.DataFrame({"a": np.ones(len(DAYS))}, DAYS)
    fit(ones, ones)

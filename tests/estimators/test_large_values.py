"""A value that single precision cannot hold is refused, wherever it comes in."""

from __future__ import annotations

import pickle
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import stforecast as st
from tests.series.data import MAPS, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

QUICK = {"max_epochs": 1, "random_state": 0}
X, FUTURE = st.make_windows(TABLE, lookback=6, horizon=2)
Y = np.asarray(FUTURE)
ROWS = np.arange(float(len(TABLE) + 2))[:, None]
MESSAGE = r"within 3e38 standard deviations .*, but channel 1 holds 1e\+\d+\. Replace it, or"


def with_value(rows: Any, value: float) -> Any:
    changed = rows.copy()
    changed.iloc[-1, 1] = value
    return changed


def predict(value: float, baseline: Any) -> Any:
    windows, _ = st.make_windows(with_value(TABLE, value), lookback=6, horizon=0)
    return st.LSTMForecaster(2, baseline=baseline, **QUICK).fit(X, Y), lambda model: model.predict(
        windows
    )


def classify(value: float, _baseline: Any) -> Any:
    windows, _ = st.make_windows(with_value(TABLE, value), lookback=6, horizon=0)
    classes = np.arange(len(X)) % 2
    return (
        st.LSTMClassifier(2, max_epochs=1, random_state=0).fit(X, classes),
        lambda model: model.predict_proba(windows),
    )


def predict_maps(value: float, baseline: Any) -> Any:
    maps, following = st.make_windows(MAPS, lookback=3)
    later = MAPS[:5].copy()
    later[-1, 1, 0, 0] = value
    windows, _ = st.make_windows(later, lookback=3, horizon=0)
    model = st.ConvLSTMForecaster(2, baseline=baseline, **QUICK).fit(maps, following)
    return model, lambda model: model.predict(windows)


def forecast(value: float, baseline: Any) -> Any:
    model = st.SeriesForecaster(st.LSTMForecaster(2, baseline=baseline, **QUICK), lookback=4).fit(
        TABLE
    )
    return model, lambda model: model.forecast(with_value(TABLE[-9:], value))


def backtest(value: float, baseline: Any) -> Any:
    model = st.SeriesForecaster(st.LSTMForecaster(2, baseline=baseline, **QUICK), lookback=4).fit(
        TABLE
    )
    later = pd.concat([with_value(TABLE, value), TABLE.shift(len(TABLE), freq="D")])
    return model, lambda model: model.backtest(later)


def partial_fit(value: float, baseline: Any) -> Any:
    windows, _ = st.make_windows(with_value(TABLE, value), lookback=6, horizon=0)
    return (
        st.LSTMForecaster(2, baseline=baseline, **QUICK).fit(X, Y),
        lambda model: model.partial_fit(windows[-len(Y) :], Y),
    )


def without_scaling(value: float, baseline: Any) -> Any:
    training = st.Training(standardize=False)
    windows, _ = st.make_windows(with_value(TABLE, value), lookback=6, horizon=0)
    model = st.LSTMForecaster(2, training=training, baseline=baseline, **QUICK)
    return model, lambda model: model.fit(windows[-len(Y) :], Y)


ENTRIES: list[Callable[[float, Any], Any]] = [
    predict,
    predict_maps,
    forecast,
    backtest,
    partial_fit,
    without_scaling,
]


@pytest.mark.parametrize("value", [1e300, 1e40])
@pytest.mark.parametrize(
    ("entry", "baseline"),
    [(classify, None), *product(ENTRIES, (None, "auto"))],
)
def test_a_value_beyond_single_precision_is_refused(
    entry: Callable[[float, Any], Any], baseline: Any, value: float
) -> None:
    model, ask = entry(value, baseline)
    # the ridge comes first in a fit, and squares what it is given
    squared = entry is without_scaling and baseline == "auto" and value > 1e150
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match="at most 1e150. Measure" if squared else MESSAGE):
        ask(model)
    assert pickle.dumps(model) == before


def test_a_covariate_beyond_single_precision_is_refused() -> None:
    known, known_y = st.make_windows(TABLE, lookback=6, horizon=2, known=ROWS)
    model = st.LSTMForecaster(2, **QUICK).fit(known, np.asarray(known_y))
    later = ROWS.copy()
    later[-3] = 1e300
    windows, _ = st.make_windows(TABLE, lookback=6, horizon=2, known=later)
    with pytest.raises(ValueError, match=r"channel 0 holds 1e\+300"):
        model.predict(windows)


@pytest.mark.parametrize("baseline", [None, "auto"])
def test_large_values_that_were_trained_on_are_forecast(baseline: Any) -> None:
    large, future = st.make_windows(TABLE * 1e100, lookback=6, horizon=2)
    model = st.LSTMForecaster(2, baseline=baseline, **QUICK).fit(large, np.asarray(future))
    assert np.isfinite(model.predict(large)).all()

"""No series of a panel is left out without a word."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster, make_windows
from stforecast.exceptions import ShortSeriesWarning


def panel(lengths: dict[str, int]) -> pd.DataFrame:
    tables = {name: pd.DataFrame({"y": np.sin(np.arange(float(n)))}) for name, n in lengths.items()}
    return pd.concat(tables, names=["series", "t"])


LONG = panel({"a": 100, "brief": 10, "c": 60})


def test_a_series_too_short_for_a_window_is_named() -> None:
    with pytest.warns(ShortSeriesWarning, match=r"1 of 3 series .* 26 rows .* 'brief'. Shorten"):
        X, _ = make_windows(LONG, lookback=20, horizon=6)
    assert set(X.origins.get_level_values(0)) == {"a", "c"}


def test_a_forecast_names_the_series_that_it_leaves_out() -> None:
    model = SeriesForecaster(Ridge(), lookback=20, horizon=6)
    with pytest.warns(ShortSeriesWarning, match="'brief'"):
        model.fit(LONG)
    with pytest.warns(ShortSeriesWarning, match="1 of 3 series .* 20 rows .* 'brief'"):
        found = model.forecast()
    assert set(found.index.get_level_values(0)) == {"a", "c"}


def test_many_short_series_are_counted_and_the_first_named() -> None:
    lengths = {"long": 50} | {f"s{i}": 5 for i in range(9)}
    with pytest.warns(ShortSeriesWarning, match=r"9 of 10 series .* 's4', \.\.\.\."):
        make_windows(panel(lengths), lookback=20)


def test_the_remedy_keeps_every_series() -> None:
    X, _ = make_windows(LONG, lookback=4, horizon=6)
    assert set(X.origins.get_level_values(0)) == {"a", "brief", "c"}

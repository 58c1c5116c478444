"""Values that a series may hold: NaN where it is masked, never infinity, never NaN alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xarray

from stforecast.exceptions import MissingValuesError
from stforecast.windows import latest_windows, make_windows

DAYS = pd.date_range("2024-01-01", periods=20, name="time")
ROWS = np.arange(40.0).reshape(20, 2)
ROWS[3, 1] = np.inf
TABLE = pd.DataFrame(ROWS, DAYS, ["a", "b"])
MAPS = xarray.DataArray(ROWS.reshape(20, 1, 2), {"time": DAYS}, ["time", "y", "x"])
INFINITE: dict[str, Any] = {
    "a table": TABLE,
    "a column": TABLE["b"],
    "a table by series and time": pd.concat({"u": TABLE, "v": TABLE}),
    "a list of tables": [TABLE, TABLE],
    "a list of arrays": [ROWS, ROWS],
    "an array": ROWS,
    "maps": MAPS,
    "variables": MAPS.to_dataset(name="rain"),
    "polars": pl.DataFrame({"time": pl.Series(DAYS.to_numpy()), "b": ROWS[:, 1]}),
}
MODULES = {"np": np, "pl": pl}


@pytest.mark.parametrize("kind", INFINITE)
@pytest.mark.parametrize("missing", ["error", "mask"])
def test_infinity_is_replaced_as_the_message_says(kind: str, missing: str) -> None:
    series = INFINITE[kind]
    with pytest.raises(MissingValuesError, match="NaN or infinity, the first in row 3") as error:
        make_windows(series, lookback=2, missing=missing)
    call = re.search(r"in place of infinity, (.*?)(, and fill it, or pass.*)?\.$", str(error.value))
    assert call
    assert (call[2] is None) == (missing == "mask")
    X, _ = make_windows(eval(call[1], {"series": series, **MODULES}), lookback=2, missing="mask")
    assert np.isnan(np.asarray(X)).any()
    assert not np.isinf(np.asarray(X)).any()


def test_nan_alone_is_not_said_to_be_infinity() -> None:
    series = TABLE.replace(np.inf, np.nan)
    with pytest.raises(
        MissingValuesError, match=r"Fill them first, or pass missing='mask'"
    ) as error:
        make_windows(series, lookback=2)
    assert "in place of" not in str(error.value)


@pytest.mark.parametrize("missing", ["error", "mask"])
def test_a_series_of_nan_alone_holds_no_value(missing: str) -> None:
    with pytest.raises(MissingValuesError, match=r"series must .* holds no value: all 40 are NaN"):
        make_windows(TABLE * np.nan, lookback=2, missing=missing)


def test_a_target_of_nan_alone_holds_no_value() -> None:
    series = TABLE.assign(b=np.nan)
    with pytest.raises(MissingValuesError, match=r"target must .* holds no value: all 20 are NaN"):
        make_windows(series, lookback=2, target="b", missing="mask")
    with pytest.raises(MissingValuesError, match=r"target must .* holds no value: all 20 are NaN"):
        make_windows(series["a"], lookback=2, target=series["b"], missing="mask")
    assert len(make_windows(series, lookback=2, target="a", missing="mask")[0]) == 18


def test_a_column_or_a_latest_window_may_be_nan_alone() -> None:
    series = TABLE.assign(b=np.nan)
    assert len(make_windows(series, lookback=2, missing="mask")[0]) == 18
    assert np.isnan(np.asarray(latest_windows(TABLE * np.nan, lookback=2, missing="mask"))).all()

"""Times, columns and tables of Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast import LSTMForecaster, SeriesForecaster, make_windows
from stforecast.exceptions import ShapeError
from stforecast.windows import Flatten

DAYS = pd.date_range("2024-01-01", periods=22, name="day")
TABLE = pd.DataFrame({"a": np.arange(20.0), "b": np.sin(np.arange(20.0))}, DAYS[:20])


def arrow(index: pd.Index, kind: Any) -> pd.Index:
    return pd.Index(pd.array(index, dtype=pd.ArrowDtype(kind)), name=index.name)


def forecast(series: Any) -> Any:
    model = SeriesForecaster(make_pipeline(Flatten(), Ridge()), lookback=3, horizon=2)
    return model.fit(series).forecast()


@pytest.mark.parametrize(
    "index",
    [
        arrow(DAYS[:20], pa.timestamp("ns")),
        arrow(pd.Index(DAYS[:20].date, name="day"), pa.date32()),
        arrow(DAYS[:20].tz_localize("Europe/Paris"), pa.timestamp("us", "Europe/Paris")),
    ],
    ids=["timestamps", "dates", "timestamps of a zone"],
)
def test_times_of_arrow_are_times(index: pd.Index) -> None:
    found = forecast(TABLE.set_axis(index))
    np.testing.assert_array_equal(found.to_numpy(), forecast(TABLE).to_numpy())
    assert list(found.index.tz_localize(None)) == list(DAYS[20:])
    assert found.index.name == "day"


def test_durations_of_arrow_are_times() -> None:
    hours = pd.timedelta_range(0, periods=22, freq="h")
    found = forecast(TABLE.set_axis(arrow(hours[:20], pa.duration("ns"))))
    assert list(found.index) == list(hours[20:])


def test_columns_of_arrow_are_numbers() -> None:
    table = TABLE.convert_dtypes(dtype_backend="pyarrow")
    pd.testing.assert_frame_equal(forecast(table), forecast(TABLE))
    gaps = table.mask(TABLE["a"] == 5.0)
    X, _ = make_windows(gaps, lookback=3, missing="mask")
    assert np.isnan(np.asarray(X)).sum() == 6


def test_panels_targets_and_covariates_are_found_by_times_of_arrow() -> None:
    table = TABLE.set_axis(arrow(TABLE.index, pa.timestamp("ns")))
    panel = {"x": TABLE, "y": -TABLE}
    pd.testing.assert_frame_equal(
        forecast(pd.concat({name: one.set_axis(table.index) for name, one in panel.items()})),
        forecast(pd.concat(panel)),
        check_index_type=False,
    )
    known = pd.DataFrame({"k": np.arange(22.0)}, DAYS)
    for series, given in ((table, known), (TABLE, known.set_axis(arrow(DAYS, pa.date32())))):
        X, _ = make_windows(series, lookback=3, known=given)
        np.testing.assert_array_equal(np.asarray(X.parts["known"]).ravel(), np.arange(3.0, 20.0))
    assert make_windows(TABLE, lookback=3, target=table["a"])[1].shape == (17, 1)
    with pytest.raises(ShapeError, match="must have the index of the series"):
        make_windows(TABLE, lookback=3, target=table["a"][::-1])


def test_targets_under_other_times_of_arrow_are_refused() -> None:
    X, y = make_windows(TABLE["a"], lookback=3)
    labelled = pd.Series(y.to_numpy().ravel(), arrow(y.index, pa.timestamp("ns")))
    model = LSTMForecaster(2, max_epochs=1, random_state=0)
    assert model.fit(X, labelled)
    with pytest.raises(ShapeError, match="y must have the rows of the windows"):
        model.fit(X, labelled[::-1])


def test_a_table_of_pyarrow_is_one_of_pandas() -> None:
    table = pa.Table.from_pandas(TABLE.reset_index(), preserve_index=False)
    pd.testing.assert_frame_equal(forecast(table), forecast(TABLE), check_freq=False)
    pd.testing.assert_frame_equal(forecast(pa.Table.from_pandas(TABLE)), forecast(TABLE))
    dates = pa.table({"day": pa.array(DAYS[:20].date), "a": TABLE["a"].to_numpy()})
    assert list(forecast(dates).index) == list(DAYS[20:])
    assert list(forecast(pl.from_arrow(table)).index) == list(DAYS[20:])
    assert len(make_windows([table, table], lookback=3)[0]) == 34

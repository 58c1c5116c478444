"""What stands beside a series may come from polars or Arrow: its rows are found by their labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.linear_model import Ridge

from stforecast import SeriesForecaster, make_windows
from stforecast.exceptions import MissingValuesError, ShapeError

DAYS = pd.date_range("2024-01-01", periods=24, name="day")
TABLE = pd.DataFrame({"a": np.arange(20.0), "b": np.sin(np.arange(20.0))}, DAYS[:20])
KNOWN = pd.DataFrame({"k": np.arange(24.0)}, DAYS)
PANEL = pd.concat({"x": TABLE, "y": TABLE * 2}, names=["id"])


def in_polars(frame: pd.DataFrame) -> Any:
    return pl.DataFrame({"day": frame.index.to_numpy(), **frame.to_dict("list")})


def in_arrow(frame: pd.DataFrame) -> Any:
    return pa.Table.from_pandas(frame.reset_index(), preserve_index=False)


def column(convert: Callable[[Any], Any], values: pd.Series) -> Any:
    table = convert(values.to_frame("v"))
    return table["v"]


LIBRARIES = pytest.mark.parametrize("convert", [in_polars, in_arrow], ids=["polars", "Arrow"])


def known_of(X: Any) -> list[float]:
    return np.asarray(X.parts["known"]).ravel().tolist()


@LIBRARIES
def test_known_covariates_are_found_by_their_times(convert: Any) -> None:
    for series, known in ((TABLE, KNOWN[::-1]), (convert(TABLE), KNOWN[::-1])):
        X, _ = make_windows(series, lookback=3, known=convert(known))
        assert known_of(X) == list(range(3, 20))
    X, _ = make_windows([TABLE, TABLE], lookback=3, known=[convert(KNOWN), convert(KNOWN[::-1])])
    assert known_of(X) == 2 * list(range(3, 20))
    X, _ = make_windows(PANEL, lookback=3, known=convert(KNOWN[::-1]))
    assert known_of(X) == 2 * list(range(3, 20))
    with pytest.raises(ShapeError, match="lacks 1 rows, the first 2024-01-05"):
        make_windows(TABLE, lookback=3, known=convert(KNOWN.drop(DAYS[4])))


@LIBRARIES
def test_a_forecaster_finds_covariates_by_their_times(convert: Any) -> None:
    def forecasts(known: Any, more: Any) -> list[Any]:
        model = SeriesForecaster(Ridge(), lookback=3, horizon=2).fit(TABLE[:16], known=known)
        found = [model.forecast(), model.backtest(TABLE[:16])]
        return [*found, model.update(TABLE[16:], known=more).forecast()]

    squares = KNOWN**2  # which the target is not
    expected = forecasts(squares[:18], squares[18:])
    found = forecasts(convert(squares[:18][::-1]), convert(squares[18:][::-1]))
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other)


@LIBRARIES
def test_a_target_has_the_labels_of_the_series_or_is_refused(convert: Any) -> None:
    target = TABLE[["a"]] * 10
    for series in (TABLE, convert(TABLE)):
        y = make_windows(series, lookback=3, target=convert(target))[1]
        assert list(y.columns) == [(1, "a")]
        assert y.to_numpy().ravel().tolist() == list(range(30, 200, 10))
        with pytest.raises(ShapeError, match="must have the index of the series"):
            make_windows(series, lookback=3, target=convert(target[::-1]))
    y = make_windows([TABLE, TABLE], lookback=3, target=[convert(target)] * 2)[1]
    assert len(y) == 34
    with pytest.raises(ShapeError, match="index of its series, but that of series 1"):
        make_windows([TABLE, TABLE], lookback=3, target=[convert(target), convert(target[::-1])])


@LIBRARIES
def test_a_column_has_the_order_of_the_rows(convert: Any) -> None:
    values = pd.Series(np.arange(20.0) * 10, TABLE.index)
    y = make_windows(TABLE, lookback=3, target=column(convert, values))[1]
    assert y.to_numpy().ravel().tolist() == list(range(30, 200, 10))
    X, _ = make_windows(TABLE, lookback=3, known=column(convert, KNOWN["k"]))
    assert known_of(X) == list(range(3, 20))
    labels = column(convert, pd.Series(["on", "off"] * 10, TABLE.index))
    assert make_windows(TABLE, lookback=3, horizon=0, target=labels)[1][:2].tolist() == [
        "on",
        "off",
    ]


@LIBRARIES
def test_features_without_names_are_refused_where_series_have_names(convert: Any) -> None:
    static = pd.DataFrame({"id": ["y", "x"], "size": [2.0, 1.0]}, pd.Index([0, 1]))
    given = pl.DataFrame(static.to_dict("list")) if convert is in_polars else of_arrow(static)
    for use in (
        lambda one: make_windows(PANEL, lookback=3, static=one)[0],
        lambda one: SeriesForecaster(Ridge(), lookback=3).fit(PANEL, static=one),
    ):
        with pytest.raises(ShapeError, match=r"must name .*Put the names there: static.to_pandas"):
            use(given)
    named = pd.DataFrame(static).set_index("id")
    X, _ = make_windows(PANEL, lookback=3, static=named)
    assert X.parts["static"][[0, -1]].ravel().tolist() == [1.0, 2.0]


def of_arrow(frame: pd.DataFrame) -> Any:
    return pa.Table.from_pandas(frame, preserve_index=False)


MASKED = np.ma.masked_array(np.arange(20.0), np.arange(20) == 7)


def test_masked_values_of_a_target_are_missing() -> None:
    for series in (TABLE, TABLE.to_numpy(), [TABLE]):
        target = [MASKED] if isinstance(series, list) else MASKED
        with pytest.raises(MissingValuesError, match=r"target must .*first in row 7"):
            make_windows(series, lookback=3, target=target)
        y = make_windows(series, lookback=3, target=target, missing="mask")[1]
        assert np.flatnonzero(np.isnan(np.asarray(y).ravel())).tolist() == [4]
    words = np.ma.masked_array(["on"] * 20, np.arange(20) == 7)
    with pytest.raises(MissingValuesError, match=r"got 1 masked values of <U2. Fill them with"):
        make_windows(TABLE, lookback=3, horizon=0, target=words)


def test_masked_covariates_of_a_forecaster_are_missing() -> None:
    known = np.ma.masked_array(np.arange(30.0) ** 2, np.arange(30) == 21)
    model = SeriesForecaster(Ridge(), lookback=3).fit(TABLE.to_numpy(), known=known)
    model.forecast()  # row 20
    with pytest.raises(MissingValuesError, match="known must hold finite numbers"):
        model.update(TABLE.to_numpy()[:1]).forecast()

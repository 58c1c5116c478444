"""Lines of truth and forecast lie where they should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.dates import num2date
from sklearn.linear_model import Ridge

from stforecast.exceptions import ShapeError
from stforecast.inspection import ForecastDisplay
from stforecast.series import SeriesForecaster
from tests.series.data import DAYS, MAPS, PANEL, TABLE


def model(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(Ridge(), **{"lookback": 4, "horizon": 3, **params})


def xy(line: Any) -> tuple[list[Any], np.ndarray]:
    return pd.DatetimeIndex(line.get_xdata()).tolist(), np.asarray(line.get_ydata())


def test_each_forecast_is_drawn_at_the_times_it_is_of() -> None:
    fitted = model(target="b").fit(TABLE[:40])
    display = ForecastDisplay.from_estimator(fitted, TABLE[40:])
    times, values = xy(display.truth_line_)
    assert times == DAYS[40:].tolist()
    np.testing.assert_array_equal(values, TABLE["b"][40:])
    assert len(display.forecast_lines_) == 6
    for number, line in enumerate(display.forecast_lines_):
        origin = 39 + 3 * number
        times, values = xy(line)
        assert times == DAYS[origin + 1 : origin + 4].tolist()
        expected = fitted.forecast(TABLE[: origin + 1])["b"]
        np.testing.assert_allclose(values, expected, atol=1e-9)


def test_start_stride_and_target_are_heeded() -> None:
    display = ForecastDisplay.from_estimator(
        model().fit(TABLE), TABLE, target="b", start=DAYS[50], stride=2
    )
    firsts = [xy(line)[0][0] for line in display.forecast_lines_]
    assert firsts == [DAYS[52], DAYS[54], DAYS[56]]
    assert display.ax_.get_ylabel() == "b"
    assert display.ax_.get_xlabel() == "day"


def test_a_column_is_drawn_as_it_is() -> None:
    display = ForecastDisplay.from_estimator(model().fit(TABLE["a"][:40]), TABLE["a"][40:])
    np.testing.assert_array_equal(display.truth_line_.get_ydata(), TABLE["a"][40:])


def test_the_legend_names_each_kind_of_line_once() -> None:
    display = ForecastDisplay.from_estimator(model().fit(TABLE[:40]), TABLE[40:])
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
        "truth",
        "forecast, each from its dot on",
    ]
    assert {line.get_marker() for line in display.forecast_lines_} == {"."}
    assert {tuple(line.get_markevery()) for line in display.forecast_lines_} == {(0,)}
    assert display.origin_line_ is None


def test_a_single_forecast_begins_behind_the_line_of_its_origin() -> None:
    fitted = model(target="a").fit(TABLE[:40])
    for truth in (TABLE["a"][:40], TABLE["a"]):
        display = ForecastDisplay.from_predictions(truth, fitted.forecast())
        assert pd.Timestamp(display.origin_line_.get_xdata()[0]) == DAYS[39]
        assert [line.get_marker() for line in display.forecast_lines_] == ["None"]
    without_history = ForecastDisplay.from_predictions(TABLE["a"][40:], fitted.forecast())
    assert without_history.origin_line_ is None


@pytest.mark.parametrize("panel", [PANEL, PANEL["a"]], ids=["table", "column"])
def test_a_panel_is_refused_with_what_draws_one_of_its_series(panel: Any) -> None:
    fitted = model().fit(panel)
    with pytest.raises(TypeError, match="Draw one of its series: ") as error:
        ForecastDisplay.from_estimator(fitted, panel)
    code = str(error.value).partition("its series: ")[2].rstrip(".")
    scope = {"ForecastDisplay": ForecastDisplay, "X": panel, "model": fitted}
    display = eval(code, scope)
    np.testing.assert_array_equal(display.truth, PANEL["a"].loc["x"])
    assert display.forecasts[0].index[0] == PANEL.loc["x"].index[-1] + pd.Timedelta("1D")


def test_an_interval_is_a_band_between_its_limits() -> None:
    ahead = pd.date_range(DAYS[-1], periods=4)[1:]
    forecast = pd.Series([1.0, 2.0, 3.0], ahead)
    display = ForecastDisplay.from_predictions(
        TABLE["a"], forecast, interval=(forecast - 1, forecast + 2)
    )
    corners = display.band_.get_paths()[0].vertices
    for day, value in zip(ahead, forecast, strict=True):
        stamps = [stamp.replace(tzinfo=None) for stamp in num2date(corners[:, 0])]
        limits = corners[[stamp == day.to_pydatetime() for stamp in stamps], 1]
        assert (limits.min(), limits.max()) == (value - 1, value + 2)
    assert xy(display.forecast_lines_[0])[0] == ahead.tolist()


def test_intervals_of_a_series_forecaster_can_be_drawn() -> None:
    fitted = model(calibration=20).fit(TABLE["a"])
    lower, upper = fitted.forecast_interval(coverage=0.8)
    display = ForecastDisplay.from_predictions(
        TABLE["a"], fitted.forecast(), interval=fitted.forecast_interval(coverage=0.8)
    )
    heights = display.band_.get_paths()[0].vertices[:, 1]
    assert heights.min() == pytest.approx(lower.min())
    assert heights.max() == pytest.approx(upper.max())


def test_without_an_interval_there_is_no_band() -> None:
    display = ForecastDisplay.from_predictions([1.0, 2.0], [1.5, 2.5])
    assert display.band_ is None
    assert display.forecast_lines_[0].get_xdata().tolist() == [0, 1]


def test_a_single_step_is_drawn_as_a_point() -> None:
    display = ForecastDisplay.from_estimator(model(horizon=1).fit(TABLE[:58]), TABLE[58:])
    assert [line.get_marker() for line in display.forecast_lines_] == [".", "."]


@pytest.mark.parametrize("series", [MAPS, PANEL], ids=["maps", "panel"])
def test_what_is_no_single_table_is_an_error(series: Any) -> None:
    with pytest.raises(TypeError, match="draws a table of one series"):
        ForecastDisplay.from_estimator(model().fit(series), series)


@pytest.mark.parametrize("other", [Ridge(), None, SeriesForecaster, "model"])
def test_what_forecasts_no_series_is_an_error(other: Any) -> None:
    with pytest.raises(TypeError, match=r"needs a fitted SeriesForecaster, got .* from_predictio"):
        ForecastDisplay.from_estimator(other, TABLE)


@pytest.mark.parametrize("interval", [3, [1.0, 2.0, 3.0]])
def test_an_interval_that_is_no_pair_is_an_error(interval: Any) -> None:
    with pytest.raises(TypeError, match=r"interval must be a pair, \(lower, upper\)"):
        ForecastDisplay.from_predictions([1.0, 2, 3], [1.0, 2, 3], interval=interval)


@pytest.mark.parametrize("words", [["a", "b"], pd.Series(["a", "b"])])
def test_forecasts_that_are_no_numbers_are_an_error(words: Any) -> None:
    with pytest.raises(ValueError, match="y_pred must be numeric"):
        ForecastDisplay.from_predictions([1.0, 2.0], words)


def test_a_column_not_forecast_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"one of the columns forecast, \['b'\], got 'a'"):
        ForecastDisplay.from_estimator(model(target="b").fit(TABLE), TABLE, target="a")


def test_forecasts_of_another_length_need_an_index() -> None:
    with pytest.raises(ShapeError, match=r"y_pred must be one column of 3, got shape \(2,\)"):
        ForecastDisplay.from_predictions([1.0, 2, 3], [1.0, 2])
    with pytest.raises(ShapeError, match=r"y_true must be one column .* got shape \(2, 2\)"):
        ForecastDisplay.from_predictions(np.ones((2, 2)), np.ones((2, 2)))


@pytest.mark.parametrize("rows", [PANEL[["a"]], PANEL["a"]])
def test_a_panel_has_no_one_line(rows: Any) -> None:
    with pytest.raises(ShapeError, match=r"got one of 2 levels. Pick a .*: y_true.loc\['x'\]"):
        ForecastDisplay.from_predictions(rows, rows)
    ForecastDisplay.from_predictions(rows.loc["x"], rows.loc["x"])

"""Forecasts from every origin, in one pass, from what was known there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline

from stforecast.estimators import ConvLSTMForecaster, LSTMForecaster
from stforecast.series import SeriesForecaster
from stforecast.windows import FoldTime
from tests.series.data import DAYS, INDEXES, MAPS, PANEL, ROWS, TABLE, Recorder, in_xarray
from tests.series.oracles import loop_of_forecasts

NETWORKS = {
    "ridge": Ridge(),
    "lstm": LSTMForecaster(4, max_epochs=2, random_state=0),
    "folded convlstm": make_pipeline(
        FoldTime(width=2), ConvLSTMForecaster(2, (1, 3), max_epochs=2, random_state=0)
    ),
}


@pytest.mark.parametrize("kind", NETWORKS)
def test_it_is_a_loop_over_forecasts(kind: str) -> None:
    model = SeriesForecaster(NETWORKS[kind], lookback=4, horizon=2).fit(TABLE)
    found = model.backtest(TABLE)
    expected = loop_of_forecasts(model, TABLE, range(3, 58))
    np.testing.assert_allclose(found.to_numpy().reshape(55, 2, 2), expected, atol=1e-9)
    assert found.index.tolist() == DAYS[3:58].tolist()
    assert found.columns.tolist() == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]


def test_it_is_a_loop_over_forecasts_of_maps() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(MAPS)
    expected = loop_of_forecasts(model, MAPS, range(3, 38))
    np.testing.assert_allclose(model.backtest(MAPS), expected, atol=1e-9)
    grid = in_xarray(MAPS)
    labelled = model.fit(grid).backtest(grid)
    np.testing.assert_allclose(labelled.to_numpy(), expected, atol=1e-9)
    assert labelled.dims[:2] == ("origin", "step")


def test_it_is_one_prediction() -> None:
    model = SeriesForecaster(Recorder(), lookback=4, horizon=2).fit(TABLE)
    Recorder.calls = 0
    model.backtest(TABLE)
    assert Recorder.calls == 1
    assert len(Recorder.seen) == 55


def test_the_future_is_not_seen() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE[:30])
    poisoned = TABLE.copy()
    poisoned.iloc[40:] = 1e9
    before = model.backtest(TABLE, start=DAYS[20])
    after = model.backtest(poisoned, start=DAYS[20])
    pd.testing.assert_frame_equal(after.loc[: DAYS[39]], before.loc[: DAYS[39]])
    assert not np.allclose(after.loc[DAYS[40]], before.loc[DAYS[40]])


def test_training_sees_nothing_beyond_its_rows() -> None:
    poisoned = TABLE.copy()
    poisoned.iloc[30:] = 1e9
    models = [
        SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(s[:30]) for s in (TABLE, poisoned)
    ]
    pd.testing.assert_frame_equal(models[0].forecast(), models[1].forecast())


@pytest.mark.parametrize("kind", INDEXES)
def test_rows_that_follow_training_are_forecast_from_its_history(kind: str) -> None:
    table = TABLE.set_axis(INDEXES[kind])
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(table[:30])
    found = model.backtest(table[30:])
    assert found.index.tolist() == INDEXES[kind][29:58].tolist()
    expected = loop_of_forecasts(model, table, range(29, 58))
    np.testing.assert_allclose(found.to_numpy().reshape(29, 2, 2), expected, atol=1e-9)


def test_rows_that_follow_are_joined_in_every_kind_with_labels() -> None:
    grid = in_xarray(MAPS)
    assert (
        SeriesForecaster(Ridge(), lookback=4).fit(grid[:30]).backtest(grid[30:]).sizes["origin"]
        == 10
    )
    head = PANEL.groupby(level=0).head(20)
    rest = PANEL.drop(head.index)
    found = SeriesForecaster(Ridge(), lookback=4).fit(head).backtest(rest)
    assert found.loc["x"].index[0] == DAYS[19]
    assert len(found) == len(rest)
    listed = SeriesForecaster(Ridge(), lookback=4).fit([TABLE[:20], TABLE[10:40]])
    assert len(listed.backtest([TABLE[20:], TABLE[40:]])) == 40 + 20


@pytest.mark.parametrize("first", [29, 31])
def test_rows_that_do_not_follow_stand_for_themselves(first: int) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE[:30])
    assert model.backtest(TABLE[first:]).index[0] == DAYS[first + 3]


def test_arrays_stand_for_themselves() -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(ROWS[:30])
    assert model.backtest(ROWS[30:]).shape == (26, 1, 2)


def test_origins_start_where_told_and_stride() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE)
    found = model.backtest(TABLE, start="2020-02-01", stride=7)
    assert found.index.tolist() == [d for d in DAYS[3:58:7] if d >= pd.Timestamp("2020-02-01")]
    assert len(SeriesForecaster(Ridge(), lookback=4).fit(ROWS).backtest(ROWS, start=50)) == 9


def test_a_start_by_row_counts_within_each_series_of_a_list() -> None:
    model = SeriesForecaster(Ridge(), lookback=2).fit([MAPS, MAPS[:10]])
    assert len(model.backtest([MAPS, MAPS[:10]], start=5)) == (39 - 5) + (9 - 5)


def test_a_start_by_time_holds_for_each_series_of_a_panel() -> None:
    found = SeriesForecaster(Ridge(), lookback=2).fit(PANEL).backtest(PANEL, start=DAYS[20])
    assert found.loc["x"].index[0] == found.loc["y"].index[0] == DAYS[20]


def test_a_start_after_the_last_origin_is_an_error() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE)
    with pytest.raises(ValueError, match=r"last with a whole horizon is 2020-02-27.*got 2030"):
        model.backtest(TABLE, start="2030-01-01")


def test_the_score_is_that_of_the_backtest() -> None:
    model = SeriesForecaster(Ridge(), lookback=4, horizon=2).fit(TABLE[:30])
    found = model.backtest(TABLE[30:]).to_numpy()
    truth = np.stack([ROWS[o + 1 : o + 3].ravel() for o in range(29, 58)])
    assert model.score(TABLE[30:]) == pytest.approx(r2_score(truth, found))
    predictions, targets = model.paired_forecasts(TABLE[30:])
    np.testing.assert_array_equal(predictions, found)
    np.testing.assert_array_equal(targets, truth)


def test_missing_values_are_masked_and_not_scored() -> None:
    holey = ROWS.copy()
    holey[10:13, 0] = np.nan
    network = LSTMForecaster(4, max_epochs=2, random_state=0)
    model = SeriesForecaster(network, lookback=4, missing="mask").fit(holey)
    assert np.isfinite(model.forecast()).all()
    predictions, truth = model.paired_forecasts(holey)
    there = np.isfinite(truth)
    assert (~there).sum() == 3
    assert model.score(holey) == pytest.approx(r2_score(truth[there], predictions[there]))


@pytest.mark.parametrize("method", ["fit", "score"])
@pytest.mark.parametrize("covariates", [TABLE, lambda index: TABLE], ids=["table", "function"])
def test_covariates_in_the_place_of_y_are_an_error(method: str, covariates: Any) -> None:
    model = SeriesForecaster(Ridge(), lookback=4).fit(TABLE)
    with pytest.raises(TypeError, match=f"second argument of {method} is y.*known="):
        getattr(model, method)(TABLE, covariates)

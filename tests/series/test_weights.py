"""Weights of series and of times, from the forecaster to what it trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from stforecast import Crop, LSTMForecaster, SeriesForecaster, make_windows
from stforecast.estimators import RelativeForecaster, Training, WindowRidge
from stforecast.exceptions import ShapeError
from stforecast.series.intervals._holdout import hold_back
from tests.series.data import PANEL, TABLE
from tests.series.test_panel import DEEP

NETWORK = LSTMForecaster(4, max_epochs=3, random_state=0, device="cpu", batch_size=8)


def forecaster(estimator: Any = None, **params: Any) -> SeriesForecaster:
    estimator = Ridge(1e-3) if estimator is None else estimator
    return SeriesForecaster(estimator, **{"lookback": 4, "horizon": 3, **params})


@pytest.mark.parametrize(
    "estimator",
    [
        Ridge(1e-3),
        WindowRidge(),
        RelativeForecaster(Ridge(1e-3)),
        RelativeForecaster(WindowRidge()),
        make_pipeline(Crop(3), WindowRidge()),
        NETWORK,
    ],
    ids=str,
)
def test_a_series_of_weight_0_is_as_good_as_left_out(estimator: Any) -> None:
    found = forecaster(estimator).fit(PANEL, weights={"x": 0, "y": 1.0}).forecast()
    alone = forecaster(estimator).fit(PANEL.loc[["y"]]).forecast()
    np.testing.assert_allclose(found.loc["y"], alone.loc["y"], rtol=1e-5, atol=1e-7)
    whole = forecaster(estimator).fit(PANEL).forecast()
    assert np.abs(found.loc["y"] - whole.loc["y"]).to_numpy().max() > 1e-6


def test_weights_by_time_are_those_of_origins() -> None:
    days = TABLE.index
    weights = pd.Series(np.where(days < days[40], 0.0, 2.0), days)
    found = forecaster().fit(TABLE, weights=weights).forecast()
    # origins from row 40 on have windows that begin three rows before
    late = forecaster().fit(TABLE[37:]).forecast()
    np.testing.assert_allclose(found, late, rtol=1e-9)
    panel = forecaster().fit(PANEL, weights=weights).forecast()
    long = weights.reindex(PANEL.index.get_level_values("day")).to_numpy()
    both = forecaster().fit(PANEL, weights=pd.Series(long, PANEL.index)).forecast()
    pd.testing.assert_frame_equal(panel, both)


def test_levels_above_time_name_a_series_together() -> None:
    by_name = pd.Series({("north", "u"): 1.0, ("south", "u"): 0.25})
    rows = DEEP.index.droplevel("day")
    by_row = pd.Series(by_name.reindex(rows).to_numpy(), DEEP.index)
    found = [forecaster().fit(DEEP, weights=one).forecast() for one in (by_name, by_row)]
    pd.testing.assert_frame_equal(*found)
    assert not np.allclose(found[0], forecaster().fit(DEEP).forecast())


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_series_that_were_padded_keep_their_weights_and_groups() -> None:
    brief = pd.concat([PANEL.loc[["x"]].iloc[:5], PANEL.loc[["y"]]])
    for weights in ({"x": 0.0, "y": 1.0}, {"y": 1.0, "x": 0.0}):
        found = forecaster(NETWORK, short="mask").fit(brief, weights=weights)
        alone = forecaster(NETWORK, short="mask").fit(PANEL.loc[["y"]])
        np.testing.assert_allclose(found.forecast().loc["y"], alone.forecast().loc["y"], rtol=1e-5)


def test_weights_numbered_from_0_are_in_the_order_of_the_series() -> None:
    found = forecaster().fit(PANEL, weights=pd.Series([0.2, 1.0])).forecast()
    named = forecaster().fit(PANEL, weights={"x": 0.2, "y": 1.0}).forecast()
    pd.testing.assert_frame_equal(found, named)
    with pytest.raises(ShapeError, match=r"but lacks 2020-01-04"):
        forecaster().fit(PANEL, weights={0: 0.2, 1: 1.0})


NUMBERED = pd.concat(
    {number: TABLE.reset_index(drop=True) + number for number in (3, 30)}, names=["meter", "row"]
)


def test_numbers_of_series_that_are_times_too_must_say_which_they_are() -> None:
    by_row = pd.Series(np.linspace(1, 2, 60), range(60))
    with pytest.raises(ShapeError, match=r"labels such as 3 are both. Index them by series and t"):
        forecaster().fit(NUMBERED, weights=by_row)
    both = pd.Series(np.tile(by_row, 2), NUMBERED.index)
    found = forecaster().fit(NUMBERED, weights=both).forecast()
    # the names are no rows that a window ends in, or some rows are missing: one reading is left
    late = NUMBERED.rename(index={3: 103, 30: 130}, level=0)
    expected = forecaster().fit(late, weights=by_row).forecast()
    np.testing.assert_allclose(found, expected)
    forecaster().fit(NUMBERED, weights={3: 1.0, 30: 2.0})


def test_weights_of_more_series_than_there_are() -> None:
    three = pd.concat({"x": PANEL.loc["x"], "y": PANEL.loc["y"], "z": TABLE, "w": TABLE})
    weights = pd.Series(np.linspace(0.1, 1, len(three)), three.index)
    found = forecaster().fit(PANEL, weights=weights).forecast()
    alone = forecaster().fit(PANEL, weights=weights.loc[["x", "y"]]).forecast()
    pd.testing.assert_frame_equal(found, alone)


def test_weights_and_groups_are_those_of_the_windows_that_calibration_leaves() -> None:
    weights, groups = {"x": 0.25, "y": 1.0}, {"x": 0, "y": 1}
    network = clone(NETWORK).set_params(training=Training(validation_fraction=1, refit=False))
    model = forecaster(network, calibration=6).fit(PANEL, weights=weights, groups=groups)
    X, y = make_windows(PANEL, lookback=4, horizon=3)
    series = np.array([name == "y" for name, _ in X.origins])
    train, latest = hold_back(X.with_parts({"weight": np.where(series, 1.0, 0.25)}), 6)
    weighed = X.with_parts({"weight": np.where(series, 1.0, 0.25)})
    by_hand = clone(network).fit(weighed[train], y.iloc[train], groups=series[train])
    expected = by_hand.predict(X[latest])
    np.testing.assert_allclose(
        model.estimator_.predict(weighed[latest]), expected, rtol=1e-6, atol=1e-9
    )
    plain = forecaster(network, calibration=6).fit(PANEL, groups=groups)
    assert not np.allclose(plain.estimator_.predict(X[latest]), expected, rtol=1e-4)


def test_an_estimator_must_take_weights() -> None:
    with pytest.raises(ValueError, match="need an estimator whose fit takes sample_weight"):
        forecaster(KNeighborsRegressor()).fit(PANEL, weights={"x": 1, "y": 2})


@pytest.mark.parametrize(
    ("weights", "error", "match"),
    [
        ({"x": 1.0}, ShapeError, "for each series, or for the row of each .*, but lacks y. Add"),
        (pd.Series(1.0, TABLE.index[:9]), ShapeError, "but lacks 2020-01-10"),
        ([1.0, 2.0], TypeError, r"got list. Give it the index .*pd.Series\(weights, table.index\)"),
        ({"x": -1.0, "y": 1.0}, ValueError, "finite numbers of at least 0, .* from -1 to 1"),
        ({"x": 0.0, "y": 0.0}, ValueError, "some above 0, got numbers from 0 to 0"),
        (pd.Series([1.0, 1, 2], list("xyx")), ShapeError, "but x stands more than once. Keep"),
    ],
)
def test_weights_that_fit_nothing_are_an_error(weights: Any, error: type, match: str) -> None:
    with pytest.raises(error, match=match):
        forecaster().fit(PANEL, weights=weights)

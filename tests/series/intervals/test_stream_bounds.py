"""Bounds of every origin of a backtest: those that forecasts gave there, and nothing from later."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import LinearRegression, Ridge

from stforecast import ConvLSTMForecaster, SeriesForecaster, SplitConformal
from stforecast.exceptions import IrregularIndexError
from stforecast.persistence import load, save
from stforecast.series import AdaptiveConformal
from tests.series.data import DAYS, MAPS, TABLE, in_xarray

BOTH = pd.concat({"x": TABLE, "y": 3 * TABLE[::-1].set_axis(DAYS)}, names=["meter", "day"])
PARTS = {
    "plain": SplitConformal(15),
    "scaled": SplitConformal(15, scale=LinearRegression()),
    "adaptive": AdaptiveConformal(SplitConformal(15), rate=0.2),
}
CUT = 45  # the rows that `fit` sees


def linear(calibration: Any = 15, **params: Any) -> SeriesForecaster:
    params = {"lookback": 3, "horizon": 2, **params}
    return SeriesForecaster(Ridge(), calibration=calibration, **params)


def noise(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 1))


@pytest.mark.parametrize("name", PARTS)
def test_bounds_are_those_of_forecasts_and_updates_one_after_another(name: str) -> None:
    model = linear(PARTS[name]).fit(TABLE[:CUT])
    found = model.backtest(TABLE[CUT:], coverage=0.7)
    assert found.lower.index.tolist() == DAYS[CUT - 1 : -2].tolist()
    assert list(found.lower.columns) == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    for row, origin in enumerate(DAYS[CUT - 1 : -2]):
        expected = model.forecast_interval(coverage=0.7)
        for bounds, bound in zip(found, expected, strict=True):
            assert_allclose(bounds.loc[origin], bound.to_numpy().ravel())
        model.update(TABLE[CUT + row : CUT + row + 1])


@pytest.mark.parametrize("series", [TABLE, TABLE.to_numpy()], ids=["table", "array"])
def test_a_model_from_a_file_gives_the_same_bounds(tmp_path: Any, series: Any) -> None:
    model = linear(PARTS["adaptive"]).fit(series[:CUT])
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    for one, other in zip(
        *(found.backtest(series[CUT:], coverage=0.7) for found in (model, again)), strict=True
    ):
        assert_array_equal(one, other)


def test_a_backtest_leaves_the_forecaster_as_it_is() -> None:
    model = linear(PARTS["adaptive"]).fit(TABLE[:CUT])
    before = model.forecast_interval(coverage=0.7)
    once, again = (model.backtest(TABLE[CUT:], coverage=0.7) for _ in range(2))
    pd.testing.assert_frame_equal(once.lower, again.lower)
    pd.testing.assert_frame_equal(model.forecast_interval(coverage=0.7).upper, before.upper)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
@pytest.mark.parametrize("part", [PARTS["plain"], PARTS["adaptive"]])
def test_series_of_a_panel_and_maps_have_theirs(part: Any) -> None:
    days = BOTH.index.get_level_values("day")
    model = linear(part).fit(BOTH[days < DAYS[CUT]])
    found = model.backtest(BOTH[days >= DAYS[CUT]], coverage=0.7)
    for name, table in BOTH.groupby("meter"):
        alone = linear(part).fit(BOTH[days < DAYS[CUT]])  # one regression for both
        follow = BOTH[days >= DAYS[CUT]].loc[[name]]
        bounds = alone.backtest(follow, coverage=0.7)
        pd.testing.assert_frame_equal(found.lower.loc[[name]], bounds.lower)
        assert len(table) == len(DAYS)
    grid = in_xarray(MAPS)
    model = linear(part).fit(grid[:30])
    found = model.backtest(grid[30:], coverage=0.6)
    assert found.upper.dims == model.backtest(grid[30:]).dims
    lower, upper = model.update(grid[30:36]).forecast_interval(coverage=0.6)
    assert_allclose(found.lower.sel(origin=grid.time[35]), lower)
    assert_allclose(found.upper.sel(origin=grid.time[35]), upper)


def test_masked_maps_have_nan_on_land() -> None:
    maps = MAPS[:, 0].copy()
    maps[:, 0, :2] = np.nan
    network = ConvLSTMForecaster(2, decoder="rollout", max_epochs=1, device="cpu", random_state=0)
    model = SeriesForecaster(network, lookback=3, horizon=2, missing="mask", calibration=10).fit(
        maps[:30]
    )
    lower, upper = model.backtest(maps, start=30, coverage=0.7)
    land = np.broadcast_to(np.isnan(maps[0]), lower.shape)
    assert_array_equal(np.isnan(lower), land)
    assert (lower < upper)[~land].all()


def test_rows_of_fit_are_bounded_behind_the_first_origin_held_back() -> None:
    model = linear(PARTS["adaptive"], horizon=3).fit(TABLE[:CUT])
    follow = model.backtest(TABLE[CUT:], coverage=0.7)
    later = model.backtest(TABLE, start=DAYS[CUT - 1], coverage=0.7)
    pd.testing.assert_frame_equal(later.lower, follow.lower)
    first = CUT - 1 - 3 - 14  # 15 origins are held back, the last of which ends in the last row
    with pytest.warns(UserWarning, match="known yet at 28 of 55 origins: their bounds are NaN"):
        whole = model.backtest(TABLE, coverage=0.7)
    pd.testing.assert_frame_equal(whole.lower[DAYS[CUT - 1] :], follow.lower)
    known = np.isfinite(whole.lower).all(axis=1)
    assert whole.lower.index[known][0] == DAYS[first + 3]
    assert known[DAYS[first + 3] :].all()


def test_what_comes_after_an_origin_changes_none_of_its_bounds() -> None:
    poisoned = TABLE.copy()
    poisoned[50:] += 1e6
    model = linear(PARTS["adaptive"]).fit(TABLE[:CUT])
    clean, changed = (model.backtest(series[CUT:], coverage=0.7) for series in (TABLE, poisoned))
    pd.testing.assert_frame_equal(clean.upper[: DAYS[49]], changed.upper[: DAYS[49]])
    assert not np.allclose(clean.upper, changed.upper)
    # rows that fit has seen: no origin may know the errors of those behind it
    with pytest.warns(UserWarning, match="NaN"):
        whole = model.backtest(TABLE, coverage=0.3)
    short = TABLE[: CUT - 4]
    with pytest.warns(UserWarning, match="NaN"):
        cut = model.backtest(short, coverage=0.3)
    pd.testing.assert_frame_equal(whole.upper[: cut.upper.index[-1]], cut.upper)


def test_strides_and_starts_pick_origins_and_change_no_bounds() -> None:
    model = linear(PARTS["adaptive"]).fit(TABLE[:CUT])
    every = model.backtest(TABLE[CUT:], coverage=0.7).upper
    third = model.backtest(TABLE[CUT:], coverage=0.7, stride=3).upper
    late = model.backtest(TABLE[CUT:], coverage=0.7, start=DAYS[50]).upper
    pd.testing.assert_frame_equal(third, every[::3], check_freq=False)
    pd.testing.assert_frame_equal(late, every[DAYS[50] :])


def test_arrays_follow_the_rows_of_fit_from_start_on() -> None:
    rows = TABLE.to_numpy()
    model, labelled = linear(20).fit(rows[:CUT]), linear(20).fit(TABLE[:CUT])
    whole = model.backtest(rows, start=CUT - 1, coverage=0.7)
    follow = labelled.backtest(TABLE[CUT:], coverage=0.7)
    # an array's errors begin at the start, those of a table a horizon earlier
    assert_allclose(whole.upper[0].ravel(), follow.upper.iloc[0])
    later = model.backtest(rows[CUT:], coverage=0.7)
    assert later.upper.shape == (len(rows) - CUT - 3 - 2 + 1, 2, 2)


@pytest.mark.parametrize("coverage", [0.8, 0.95])
@pytest.mark.parametrize("horizon", [1, 24])
def test_independent_noise_is_covered_from_every_origin(coverage: float, horizon: int) -> None:
    rows = noise(2600)
    part = AdaptiveConformal(SplitConformal(400))
    model = linear(part, horizon=horizon).fit(rows[:1400])
    lower, upper = model.backtest(rows, start=1400, coverage=coverage)
    truth = np.lib.stride_tricks.sliding_window_view(rows[1401:, 0], horizon)
    covered = (lower[..., 0] <= truth) & (truth <= upper[..., 0])
    assert covered.mean() == pytest.approx(coverage, abs=0.02)
    widths = (upper - lower)[..., 0].mean(axis=1)
    assert widths.max() < 1.45 * widths.min()


def test_a_changing_stream_is_covered_where_its_change_is_known() -> None:
    rows = noise(3000) * np.where(np.arange(3000) < 1500, 1, 3)[:, None]
    found = {}
    for name, part in {"plain": SplitConformal(300), "adaptive": PARTS["adaptive"]}.items():
        model = linear(part, horizon=6).fit(rows[:900])
        lower, upper = model.backtest(rows, start=900, coverage=0.8)
        truth = np.lib.stride_tricks.sliding_window_view(rows[901:, 0], 6)
        covered = ((lower[..., 0] <= truth) & (truth <= upper[..., 0])).mean(axis=1)
        found[name] = covered[:580].mean(), covered[600:900].mean(), covered[900:].mean()
    assert found["plain"][0] == pytest.approx(0.8, abs=0.03)
    assert found["plain"][2] == pytest.approx(0.8, abs=0.04)
    assert found["adaptive"][1] > found["plain"][1]
    assert found["adaptive"][2] == pytest.approx(0.8, abs=0.04)


def test_rows_without_any_known_error_are_an_error() -> None:
    model = linear(15).fit(TABLE[:CUT])
    with pytest.raises(ValueError, match=r"none of the 16 origins has any\. Pass later rows"):
        model.backtest(TABLE[:20], coverage=0.7)


def test_the_remedy_for_origins_without_bounds_works() -> None:
    model = linear(15).fit(TABLE[:CUT])
    with pytest.warns(UserWarning, match="Pass start=Timestamp") as caught:
        model.backtest(TABLE, coverage=0.1)
    assert "'2020-01-31 00:00:00'" in str(caught[-1].message)
    found = model.backtest(TABLE, coverage=0.1, start=pd.Timestamp("2020-01-31"))
    assert np.isfinite(found.upper).all(axis=None)


def test_labels_of_another_kind_are_an_error() -> None:
    model = linear(15).fit(TABLE[:CUT])
    with pytest.raises(IrregularIndexError, match="must be labelled as in fit"):
        model.backtest(TABLE[CUT:].set_axis(np.arange(15)), coverage=0.7)


def test_a_forecaster_without_calibration_is_told_to_set_it() -> None:
    model = linear(0).fit(TABLE[:CUT])
    with pytest.raises(ValueError, match=r"held back, and there are none. Set calibration"):
        model.backtest(TABLE[CUT:], coverage=0.7)


@pytest.mark.parametrize("coverage", [-0.1, 1.1, "90 %"])
def test_a_coverage_that_is_no_probability_is_an_error(coverage: Any) -> None:
    with pytest.raises(ValueError, match="coverage must be a number in"):
        linear(15).fit(TABLE[:CUT]).backtest(TABLE[CUT:], coverage=coverage)

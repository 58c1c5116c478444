"""Parts of calibration: scales, adaptive levels, quantiles; each against the rule written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from mapie.regression import SplitConformalRegressor
from sklearn.base import clone
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline

from stforecast import (
    ConvLSTMForecaster,
    FoldTime,
    LSTMForecaster,
    QuantileDecoder,
    SeedEnsemble,
    SeriesForecaster,
    make_windows,
)
from stforecast.series import AdaptiveConformal, SplitConformal
from stforecast.series.intervals._coverage import adapted, stream_ranks
from stforecast.series.intervals._forecasts import between_levels
from stforecast.series.intervals._scores import half_widths
from tests.series.data import MAPS, PANEL, TABLE

QUICK = {"max_epochs": 2, "device": "cpu", "random_state": 0}
QUANTILES = LSTMForecaster(4, decoder=QuantileDecoder((0.1, 0.5, 0.9)), **QUICK)


def linear(calibration: Any = 20, **params: Any) -> SeriesForecaster:
    params = {"lookback": 3, "horizon": 2, **params}
    return SeriesForecaster(Ridge(), calibration=calibration, **params)


def calm_and_storm(count: int, seed: int = 0) -> np.ndarray:
    """Noise of spread 1 or 5, and beside it the spread of the row to come."""
    rng = np.random.default_rng(seed)
    spread = 1 + 4 * (rng.random(count + 1) < 0.5)
    return np.stack([spread[:-1] * rng.normal(size=count), spread[1:]], axis=1)


def within(model: SeriesForecaster, rows: np.ndarray, coverage: float) -> np.ndarray:
    """Whether each row of a stream lies within the bounds made before it."""
    found = []
    for row in rows:
        low, high = model.forecast_interval(coverage=coverage)
        found.append((low[0] <= row[: low.shape[1]]) & (row[: low.shape[1]] <= high[0]))
        model.update(row[None])
    return np.array(found)


def test_a_number_is_short_for_the_plain_part() -> None:
    for number, part in [(20, SplitConformal(20)), (0.3, SplitConformal(0.3))]:
        one, other = linear(number).fit(TABLE), linear(part).fit(TABLE)
        for found, expected in zip(one.forecast_interval(), other.forecast_interval(), strict=True):
            pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("calibration", [0, None])
def test_none_at_all_trains_on_everything(calibration: Any) -> None:
    assert linear(calibration).fit(TABLE).calibration_ is None


def test_a_share_of_a_short_series_is_one_origin_at_least() -> None:
    assert len(linear(0.01).fit(TABLE).calibration_.scores[0]) == 1


@pytest.mark.parametrize("coverage", [0.5, 0.9])
def test_plain_bounds_are_those_of_mapie(coverage: float) -> None:
    y = np.random.default_rng(0).standard_t(3, size=(400, 1)).cumsum(axis=0)
    horizon = 2
    model = SeriesForecaster(Ridge(), lookback=3, horizon=horizon, calibration=100).fit(y)
    X, targets = make_windows(y, lookback=3, horizon=horizon)
    flat, latest = np.asarray(X)[..., 0], y[None, -3:, 0]
    low, high = model.forecast_interval(coverage=coverage)
    for step in range(horizon):
        ridge = Ridge().fit(flat[: -100 - horizon + 1], targets[: -100 - horizon + 1, step])
        peer = SplitConformalRegressor(ridge, confidence_level=coverage, prefit=True)
        peer.conformalize(flat[-100:], targets[-100:, step])
        _, bounds = peer.predict_interval(latest)
        np.testing.assert_allclose([low[step, 0], high[step, 0]], bounds[0, :, 0])


def test_a_scale_keeps_coverage_in_the_calm_and_in_the_storm() -> None:
    count = 900
    y = calm_and_storm(3 * count)
    model = SeriesForecaster(
        DummyRegressor(), lookback=1, target=[0],
        calibration=SplitConformal(count, scale=LinearRegression()),
    ).fit(y[: 2 * count])  # fmt: skip
    windows, truth = model._evaluated(y[2 * count :], None, 1)
    forecasts = model._predict(windows)
    sides = model.calibration_.sides(model.estimator_, windows, forecasts)
    low, high = model.calibration_.bounds(windows, forecasts, sides, 0.9)
    covered = ((low <= truth) & (truth <= high))[:, 0]
    storm = y[2 * count : -1, 1] > 3
    tolerance = 3 * np.sqrt(0.09 * (1 / count + 1 / storm.sum()))
    assert covered[storm].mean() == pytest.approx(0.9, abs=tolerance)
    assert covered[~storm].mean() == pytest.approx(0.9, abs=tolerance)
    width = (high - low)[:, 0]
    assert width[storm].mean() == pytest.approx(5 * width[~storm].mean(), rel=0.15)
    # without it the calm is covered too often, the storm too seldom
    plain = model.set_params(calibration=count).fit(y[: 2 * count])
    sides = plain.calibration_.sides(plain.estimator_, windows, forecasts)
    low, high = plain.calibration_.bounds(windows, forecasts, sides, 0.9)
    covered = ((low <= truth) & (truth <= high))[:, 0]
    assert covered[~storm].mean() - covered[storm].mean() > 0.1


def test_the_scale_of_quantiles_is_another_on_either_side() -> None:
    y = np.random.default_rng(0).exponential(size=(300, 1))
    part = SplitConformal(100, scale="estimator")
    network = LSTMForecaster(4, decoder=QuantileDecoder(), max_epochs=20, lr=0.02, random_state=0)
    model = SeriesForecaster(network, lookback=3, calibration=part).fit(y)
    low, high = model.forecast_interval(coverage=0.8)
    middle, outer = model.forecast(), model.estimator_.predict_quantiles(y[None, -3:])[0]
    assert (high - middle) / (middle - low) == pytest.approx(
        (outer[2] - outer[1]) / (outer[1] - outer[0]), rel=1e-6
    )
    assert high - middle > 1.5 * (middle - low)  # the longer tail of the exponential is the upper


def test_the_spread_of_an_ensemble_is_a_scale() -> None:
    ensemble = SeedEnsemble(LSTMForecaster(3, **QUICK), 3, random_state=0)
    part = SplitConformal(20, scale="estimator")
    model = SeriesForecaster(ensemble, lookback=3, calibration=part).fit(TABLE)
    low, high = model.forecast_interval(coverage=0.5)
    spread = np.maximum(
        model.estimator_.predict_std(TABLE.to_numpy()[None, -3:]), model.calibration_.least[0]
    )
    width = half_widths(model.calibration_.scores[0], 0.5)
    np.testing.assert_allclose((high - low).to_numpy() / 2, width * spread, rtol=1e-6)


def test_the_scale_of_a_network_behind_a_fold_is_found() -> None:
    inner = ConvLSTMForecaster(2, (1, 3), decoder=QuantileDecoder(), **QUICK)
    part = SplitConformal(20, scale="estimator")
    pipe = make_pipeline(FoldTime(width=3), inner)
    model = SeriesForecaster(pipe, lookback=6, horizon=2, calibration=part).fit(TABLE)
    low, high = model.forecast_interval(coverage=0.5)
    assert (low < high).all(axis=None)
    assert list(model.forecast_quantiles(levels=[0.25])[0.25].index) == list(low.index)


def test_missing_truth_is_left_out_of_a_learned_scale() -> None:
    table = TABLE.copy()
    table.iloc[10:12, 0] = np.nan
    part = SplitConformal(15, scale=Ridge())
    network = LSTMForecaster(3, **QUICK)
    model = SeriesForecaster(network, lookback=3, missing="mask", calibration=part)
    with pytest.raises(ValueError, match="NaN"):  # Ridge reads the masked windows, and cannot
        model.fit(table)
    part = SplitConformal(15, scale=LSTMForecaster(3, **QUICK))
    low, high = model.set_params(calibration=part).fit(table).forecast_interval(coverage=0.5)
    assert np.isfinite(high - low).all(axis=None)


def oracle(errors: np.ndarray, held: int, coverage: float, rate: float) -> tuple[list, float]:
    """Adaptive bounds of one step ahead, by the paper's recursion: misses, and the last share."""
    share, missed = coverage, []
    for t in range(held, len(errors)):
        known = np.sort(np.abs(errors[t - held : t]))
        rank = int(np.ceil(round((held + 1) * share, 9)))
        bound = known[min(rank, held) - 1] if rank else 0.0
        missed.append(bool(abs(errors[t]) > bound))
        share = min(1.0, max(0.0, share + rate * (missed[-1] - (1 - coverage))))
    return missed, share


@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_adaptive_levels_are_those_of_the_paper(coverage: float) -> None:
    rng = np.random.default_rng(0)
    errors = rng.normal(size=400) * np.linspace(1, 4, 400)
    ranks = stream_ranks(errors[:50, None], errors[50:, None], 1)
    missed, share = oracle(errors, 50, coverage, 0.05)
    assert adapted(ranks, coverage, 0.05, 1)[0] == pytest.approx(share, abs=1e-9)
    levels = [adapted(ranks[:i], coverage, 0.05, 1)[0] for i in range(len(ranks))]
    assert [rank[0] >= level - 1e-9 for rank, level in zip(ranks, levels, strict=True)] == missed


def test_a_stream_in_blocks_or_row_by_row_is_the_same() -> None:
    y = np.random.default_rng(0).normal(size=(140, 1)) * np.linspace(1, 4, 140)[:, None]
    part = AdaptiveConformal(SplitConformal(30), rate=0.05)
    block, rows = (linear(part).fit(y[:100]) for _ in range(2))
    block.update(y[100:])
    for t in range(100, 140):
        rows.update(y[t : t + 1])
    for found, expected in zip(rows.forecast_interval(), block.forecast_interval(), strict=True):
        np.testing.assert_allclose(found, expected)


def test_ranks_and_levels_use_nothing_that_was_to_come() -> None:
    rng = np.random.default_rng(0)
    before, fresh = rng.normal(size=(10, 1)), rng.normal(size=(6, 1))
    reach = 3
    both = np.abs(np.concatenate([before, fresh]))[:, 0]
    for i, rank in enumerate(stream_ranks(before, fresh, reach)[:, 0]):
        known = both[i : 10 + i - reach + 1]  # the latest of them ended at the origin
        smaller = (known < both[10 + i]).sum()
        assert rank == (1.0 if smaller == len(known) else smaller / (len(known) + 1))
    # what is known of an origin moves the share for those from `reach` rows later only
    ranks = np.array([[1.0], [0.45], [0.45], [0.43]])
    shares = [adapted(ranks[: i + 1], 0.4, 0.1, reach)[0] for i in range(4)]
    np.testing.assert_allclose(shares, [0.44, 0.48, 0.52, 0.46])


def test_adaptive_coverage_holds_in_a_drift_that_outruns_the_window_of_errors() -> None:
    rng = np.random.default_rng(1)
    rows = 600
    y = rng.normal(size=(rows, 1)) * np.geomspace(1, 100, rows)[:, None]
    covered = {}
    for name, part in {
        "sliding": SplitConformal(150),
        "adaptive": AdaptiveConformal(SplitConformal(150), rate=0.05),
    }.items():
        model = SeriesForecaster(DummyRegressor(), lookback=1, calibration=part).fit(y[:200])
        covered[name] = within(model, y[200:], 0.8).mean()
    assert covered["sliding"] < 0.75
    assert covered["adaptive"] == pytest.approx(0.8, abs=0.05)  # 1 / (rate n)


def test_missing_truth_moves_no_level() -> None:
    ranks = np.array([[0.2, np.nan], [1.0, np.nan]])
    shares = adapted(ranks, 0.8, 0.1, 1)
    np.testing.assert_allclose(shares, [0.8 - 0.1 * 0.2 + 0.1 * 0.8, 0.8])
    assert np.isnan(stream_ranks(np.ones((3, 1)), np.array([[np.nan]]), 1)).all()


def test_a_rate_of_zero_is_the_part_inside() -> None:
    y = np.random.default_rng(0).normal(size=(140, 1))
    parts = (SplitConformal(30, scale=Ridge()),)
    parts = (*parts, AdaptiveConformal(parts[0], rate=0.0))
    models = [linear(part).fit(y[:100]).update(y[100:]) for part in parts]
    for one, other in zip(*(model.forecast_interval() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_series_and_cell_adapts_by_itself() -> None:
    part = AdaptiveConformal(SplitConformal(8), rate=0.1)
    model = linear(part, lookback=2).fit(PANEL.loc[["y"]])
    assert set(model.calibration_.scores) == {"y"}
    maps = linear(part, lookback=2).fit(MAPS[:30]).update(MAPS[30:])
    assert maps.calibration_.levels.ranks[0].shape == (10, 2 * 2 * 12)
    shares = maps.calibration_.levels.at(0, 0.8)
    assert len(np.unique(shares.round(6))) > 3


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_a_part_is_cloned_searched_and_not_changed_by_fit() -> None:
    part = AdaptiveConformal(
        SplitConformal(20, scale=MLPRegressor(hidden_layer_sizes=(2,), max_iter=2))
    )
    model = clone(linear(part)).set_params(calibration__conformal__origins=10)
    model.fit(TABLE)
    assert len(model.calibration_.scores[0]) == 10
    assert part.conformal.origins == 20
    assert not hasattr(part.conformal.scale, "coefs_")


def test_quantiles_are_bounds_of_intervals_and_the_forecast() -> None:
    model = linear(40).fit(TABLE)
    found = model.forecast_quantiles(levels=np.array([0.9, 0.5, 0.1, 0.25]))
    assert list(found) == [0.9, 0.5, 0.1, 0.25]
    lower, upper = model.forecast_interval(coverage=0.8)
    pd.testing.assert_frame_equal(found[0.1], lower)
    pd.testing.assert_frame_equal(found[0.9], upper)
    pd.testing.assert_frame_equal(found[0.5], model.forecast())
    pd.testing.assert_frame_equal(found[0.25], model.forecast_interval(coverage=0.5).lower)


def test_quantiles_without_calibration_are_those_of_the_network() -> None:
    model = SeriesForecaster(QUANTILES, lookback=3, horizon=2).fit(TABLE)
    found = model.forecast_quantiles(levels=(0.1, 0.5, 0.9))
    by_hand = model.estimator_.predict_quantiles(TABLE.to_numpy()[None, -3:])[0]
    for i, level in enumerate(found):
        np.testing.assert_allclose(found[level].to_numpy().ravel(), by_hand[:, i])
    outer = model.forecast_quantiles(levels=(0.01, 0.3))
    assert ((outer[0.01] < found[0.1]) & (found[0.1] < outer[0.3])).all(axis=None)
    assert (outer[0.3] < found[0.5]).all(axis=None)


def test_quantiles_of_a_normal_distribution_are_found_between_and_beyond() -> None:
    from scipy.stats import norm

    trained, asked = np.array([0.1, 0.5, 0.9]), [0.01, 0.1, 0.3, 0.77, 0.999]
    expected = norm.ppf(asked, loc=3, scale=2)
    np.testing.assert_allclose(
        between_levels(trained, norm.ppf(trained, loc=3, scale=2), asked), expected
    )


def test_quantiles_of_nothing_are_an_error() -> None:
    with pytest.raises(ValueError, match="need a calibration or a network with a QuantileDecoder"):
        linear(0).fit(TABLE).forecast_quantiles()
    median = LSTMForecaster(3, decoder=QuantileDecoder((0.5,)), **QUICK)
    with pytest.raises(ValueError, match="two that were trained at least"):
        SeriesForecaster(median, lookback=3).fit(TABLE).forecast_quantiles()


@pytest.mark.parametrize("level", [0, 1, -0.5, "low"])
def test_a_level_that_is_no_probability_is_an_error(level: Any) -> None:
    with pytest.raises(ValueError, match="levels must"):
        linear().fit(TABLE).forecast_quantiles(levels=[level])


@pytest.mark.parametrize(
    ("part", "error", "message"),
    [
        (
            SplitConformal(20, scale="own"),
            ValueError,
            "calibration__scale must be .* or None, got 'own'",
        ),
        (SplitConformal(20, scale="estimator"), TypeError, "predict_quantiles or predict_std"),
        (
            SplitConformal(20, scale=Ridge),
            ValueError,
            r"calibration__scale .*Pass an object: Ridge\(\)",
        ),
        (SplitConformal(20, scale=LogisticRegression()), ValueError, "or None, got Log"),
        (
            AdaptiveConformal(Ridge()),
            TypeError,
            "calibration__conformal must be a SplitConformal or None",
        ),
        (SplitConformal(0), ValueError, "calibration__origins must be an integer of at"),
        (AdaptiveConformal(rate=-0.1), ValueError, "calibration__rate must be a number in"),
    ],
)
def test_a_part_without_sense_is_an_error(part: Any, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        linear(part).fit(TABLE)

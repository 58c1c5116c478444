"""Parts of calibration: scales, adaptive shares, quantiles; each against the rule written out."""

from __future__ import annotations

import pickle
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
from stforecast.estimators import MonteCarloDropout
from stforecast.series import AdaptiveConformal, SplitConformal
from stforecast.series.intervals._coverage import AdaptiveShare, FixedShare, delayed_rate
from stforecast.series.intervals._errors import SeriesErrors
from stforecast.series.intervals._forecasts import interpolate_quantiles
from stforecast.series.intervals._scores import half_widths
from tests.series.data import MAPS, PANEL, TABLE

QUICK = {"baseline": None, "max_epochs": 2, "device": "cpu", "random_state": 0}
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


def test_none_at_all_trains_on_everything() -> None:
    assert linear(0).fit(TABLE).calibration_ is None


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
    windows, truth = model._evaluation_windows(y[2 * count :], None, 1)
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
    assert list(model.forecast_quantiles(quantiles=[0.25])[0.25].index) == list(low.index)


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


def oracle(
    errors: np.ndarray, held: int, coverage: float, gain: float, reach: int = 1
) -> tuple[list[bool], float]:
    """Adaptive bounds by the paper's recursion: misses, and the share in the end.

    The errors are those of one step, in order of origins; bounds are made a reach before their
    truth is known, the first ones from the errors held back.
    """
    shares, missed = [coverage] * reach, []
    for t in range(held, len(errors)):
        end = max(held, t - reach + 1)
        known = np.sort(np.abs(errors[end - held : end]))
        rank = min(held, int(np.ceil(round((held + 1) * shares[-reach], 9))))
        bound = known[rank - 1] if rank > 0 else 0.0
        missed.append(bool(abs(errors[t]) > bound))
        shares.append(min(1.0, shares[-1] + gain * (missed[-1] - (1 - coverage))))
    return missed, max(0.0, shares[-1])


def stream(errors: np.ndarray, held: int, rate: float, reach: int = 1) -> SeriesErrors:
    """Errors of one output, the first of them held back."""
    found = SeriesErrors(held, 1, reach, AdaptiveShare(rate))
    found.add(errors[:, None])
    return found


@pytest.mark.parametrize("reach", [1, 2, 7])
@pytest.mark.parametrize("coverage", [0.5, 0.8, 0.95])
def test_adaptive_shares_are_those_of_the_paper(coverage: float, reach: int) -> None:
    rng = np.random.default_rng(0)
    errors = rng.normal(size=400) * np.linspace(1, 4, 400)
    found = stream(errors, 50, 0.01, reach)
    _, share = oracle(errors, 50, coverage, found.share.gain, reach)
    assert found.share.find_share(coverage)[0] == pytest.approx(share, abs=1e-9)
    # not one of the misses in between differs
    shares = [
        stream(errors[: 50 + n], 50, 0.01, reach).share.find_share(coverage)[0] for n in range(80)
    ]
    by_hand = [oracle(errors[: 50 + n], 50, coverage, found.share.gain, reach) for n in range(80)]
    np.testing.assert_allclose(shares, [share for _, share in by_hand], atol=1e-9)


def test_the_gain_knows_the_delay_and_makes_no_share_swing() -> None:
    assert delayed_rate(0.02, 1) == 0.02
    assert delayed_rate(0.0, 96) == 0
    for reach in (2, 24, 96, 500):
        k = reach - 1
        assert delayed_rate(1.0, reach) < k**k / (k + 1) ** (k + 1)
    # without noise: errors that fall short of the share by a tenth are met without overshooting
    share, path = AdaptiveShare(1.0).start(1, 24), []
    known = np.linspace(0.001, 1, 999)[:, None]
    rng = np.random.default_rng(0)
    for size in np.tile(rng.permutation(np.linspace(0.1, 1.1, 400)), 5):
        share.learn(known, np.array([size]))
        path.append(share.find_share(0.8)[0])
    assert np.mean(path[-400:]) == pytest.approx(0.9, abs=0.01)
    assert np.max(path) < 0.9 + 3 * np.sqrt(share.gain / 2 * 0.8 * 0.2)


def test_widths_stand_still_far_ahead_where_there_is_nothing_to_learn() -> None:
    held, reach, rows = 1000, 96, 3000
    for seed in range(3):
        errors = np.random.default_rng(seed).normal(size=held + rows)
        adaptive = SeriesErrors(held, 1, reach, AdaptiveShare(0.01))
        adaptive.add(errors[:held, None])
        widths, covered = [], []
        for block in np.split(errors[held:, None], np.arange(reach, rows, reach)):
            widths.append(adaptive.half_widths(0.8)[0])
            covered.append(np.abs(block) <= widths[-1])
            adaptive.add(block)
        assert max(widths) < 1.2 * min(widths)
        assert np.mean(widths) == pytest.approx(1.2816, abs=0.06)
        assert np.concatenate(covered).mean() == pytest.approx(0.8, abs=0.025)


def test_coverage_is_kept_far_ahead_while_errors_grow_eightfold() -> None:
    held, reach, rows = 300, 48, 6000
    errors = np.random.default_rng(0).normal(size=held + rows)
    errors *= np.geomspace(1, 8, len(errors))
    found = {}
    for name, share in {"sliding": FixedShare(), "adaptive": AdaptiveShare(0.05)}.items():
        model, hits = SeriesErrors(held, 1, reach, share), []
        model.add(errors[:held, None])
        for block in np.split(errors[held:, None], np.arange(reach, rows, reach)):
            hits.append(np.abs(block) <= model.half_widths(0.8))
            model.add(block)
        found[name] = np.concatenate(hits).mean()
    assert found["sliding"] < 0.785
    assert found["adaptive"] == pytest.approx(0.8, abs=0.012)


def test_what_a_stream_keeps_does_not_grow() -> None:
    errors = np.random.default_rng(0).normal(size=(2000, 1))
    long, short = stream(errors[:, 0], 50, 0.05, 8), stream(errors[:80, 0], 50, 0.05, 8)
    assert len(pickle.dumps(long)) == len(pickle.dumps(short))
    assert long.scores.shape == short.scores.shape == (50 + 8 - 1, 1)
    assert len(long.latest) == 50


def test_bounds_of_a_higher_coverage_hold_those_of_a_lower_one() -> None:
    rng = np.random.default_rng(0)
    found = SeriesErrors(40, 3, 5, AdaptiveShare(0.5))
    for block in rng.standard_t(2, size=(60, 4, 3)) * rng.choice([0.1, 1, 10], size=(60, 1, 1)):
        found.add(block)
        widths = np.array([found.half_widths(coverage) for coverage in np.linspace(0, 0.995, 60)])
        assert (np.diff(widths[:, :], axis=0) >= 0).all()


def test_shares_between_those_kept_are_interpolated() -> None:
    share = AdaptiveShare(0.1).start(1, 1)
    share.learn(np.ones((3, 1)), np.array([[2.0]])[0])  # a miss, whatever the coverage
    assert share.find_share(0.8)[0] == pytest.approx(0.88)
    assert share.find_share(0.95)[0] == pytest.approx(1.0)
    assert share.find_share(0.85)[0] == pytest.approx(
        (share.find_share(0.8)[0] + share.find_share(0.9)[0]) / 2
    )
    assert share.find_share(0)[0] == 0


def test_a_stream_in_blocks_or_row_by_row_is_the_same() -> None:
    y = np.random.default_rng(0).normal(size=(140, 1)) * np.linspace(1, 4, 140)[:, None]
    part = AdaptiveConformal(SplitConformal(30), rate=0.05)
    block, rows = (linear(part).fit(y[:100]) for _ in range(2))
    block.update(y[100:])
    for t in range(100, 140):
        rows.update(y[t : t + 1])
    for found, expected in zip(rows.forecast_interval(), block.forecast_interval(), strict=True):
        np.testing.assert_allclose(found, expected)


def test_shares_use_nothing_that_was_to_come() -> None:
    rng = np.random.default_rng(0)
    errors = rng.normal(size=30)
    held, reach = 10, 3
    for row in (10, 11, 12, 20, 29):
        seen = stream(errors[: row + 1], held, 0.5, reach)
        known = np.abs(errors[max(held, row - reach + 1) - held : max(held, row - reach + 1)])
        before = stream(errors[:row], held, 0.5, reach).share
        in_force = stream(errors[: max(held, row - reach + 1)], held, 0.5, reach).share.find_share(
            0.4
        )[0]
        rank = (known < abs(errors[row])).sum()
        missed = rank == held or rank / (held + 1) >= in_force
        step = before.gain * (missed - 0.6)
        assert seen.share.find_share(0.4)[0] == pytest.approx(
            max(0, before.find_share(0.4)[0] + step)
        )


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


def test_missing_truth_moves_no_share() -> None:
    share = AdaptiveShare(0.1).start(3, 1)
    known = np.array([[1.0, 1.0, np.nan], [2.0, 2.0, np.nan]])
    share.learn(known, np.array([0.5, np.nan, 0.5]))
    np.testing.assert_allclose(share.find_share(0.8), [0.8 - 0.1 * 0.2, 0.8, 0.8])


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
    shares = maps.calibration_.errors[0].share.find_share(0.8)
    assert shares.shape == (2 * 2 * 12,)
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
    found = model.forecast_quantiles(quantiles=np.array([0.9, 0.5, 0.1, 0.25]))
    assert list(found) == [0.9, 0.5, 0.1, 0.25]
    lower, upper = model.forecast_interval(coverage=0.8)
    pd.testing.assert_frame_equal(found[0.1], lower)
    pd.testing.assert_frame_equal(found[0.9], upper)
    pd.testing.assert_frame_equal(found[0.5], model.forecast())
    pd.testing.assert_frame_equal(found[0.25], model.forecast_interval(coverage=0.5).lower)


def test_quantiles_without_calibration_are_those_of_the_network() -> None:
    model = SeriesForecaster(QUANTILES, lookback=3, horizon=2).fit(TABLE)
    found = model.forecast_quantiles(quantiles=(0.1, 0.5, 0.9))
    by_hand = model.estimator_.predict_quantiles(TABLE.to_numpy()[None, -3:])[0]
    for i, level in enumerate(found):
        np.testing.assert_allclose(found[level].to_numpy().ravel(), by_hand[:, i])
    outer = model.forecast_quantiles(quantiles=(0.01, 0.3))
    assert ((outer[0.01] < found[0.1]) & (found[0.1] < outer[0.3])).all(axis=None)
    assert (outer[0.3] < found[0.5]).all(axis=None)


def test_quantiles_of_a_normal_distribution_are_found_between_and_beyond() -> None:
    from scipy.stats import norm

    trained, asked = np.array([0.1, 0.5, 0.9]), [0.01, 0.1, 0.3, 0.77, 0.999]
    expected = norm.ppf(asked, loc=3, scale=2)
    np.testing.assert_allclose(
        interpolate_quantiles(trained, norm.ppf(trained, loc=3, scale=2), asked), expected
    )


def test_quantiles_of_nothing_are_an_error() -> None:
    with pytest.raises(ValueError, match="need a calibration or a network with a QuantileDecoder"):
        linear(0).fit(TABLE).forecast_quantiles()
    median = LSTMForecaster(3, decoder=QuantileDecoder((0.5,)), **QUICK)
    with pytest.raises(ValueError, match="two that were trained at least"):
        SeriesForecaster(median, lookback=3).fit(TABLE).forecast_quantiles()


@pytest.mark.parametrize("quantile", [0, 1, -0.5, "low"])
def test_a_quantile_that_is_no_probability_is_an_error(quantile: Any) -> None:
    with pytest.raises(ValueError, match="quantiles must"):
        linear().fit(TABLE).forecast_quantiles(quantiles=[quantile])


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


def test_where_the_estimator_gives_no_spread_intervals_are_those_of_its_errors() -> None:
    """A network whose share is 0 leaves thinned networks nothing to differ by."""
    series = np.random.default_rng(0).normal(size=(150, 1)).cumsum(axis=0)
    inner = LSTMForecaster(4, dropout=0.5, max_epochs=1, random_state=0)
    found = []
    for scale in ("estimator", None):
        model = SeriesForecaster(
            MonteCarloDropout(inner, 3, random_state=0),
            lookback=5,
            calibration=SplitConformal(0.3, scale=scale),
        ).fit(series)
        assert model.estimator_.estimator_.network_share_ == 0
        found.append(np.hstack(model.forecast_interval(coverage=0.8)))
    np.testing.assert_allclose(*found)

"""The anomaly detector: what it finds, how sure it is, and scikit-learn's own checks."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from stforecast.estimators import ForecastAnomalyDetector, LSTMForecaster
from stforecast.exceptions import ShapeError
from stforecast.windows import Flatten, FoldTime, make_windows

LEAST = 47 if sklearn.__version__ >= "1.9" else 40


def ridge() -> object:
    return make_pipeline(Flatten(), Ridge(alpha=1e-3))


def lstm() -> LSTMForecaster:
    return LSTMForecaster(
        8, baseline=None, max_epochs=3, lr=0.02, batch_size=32, random_state=0, device="cpu"
    )


def waves(rows: int = 600, seed: int = 0) -> np.ndarray:
    return np.sin(np.arange(rows) / 4) + 0.1 * np.random.default_rng(seed).normal(size=rows)


def spiked(rows: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """A wave whose spikes stay inside its range: no threshold on the value finds them."""
    series = waves(rows)
    at = np.arange(430, rows, 25)
    series[at] -= np.sign(series[at]) * 1.0
    return series, np.isin(np.arange(rows), at)


@pytest.mark.checks
@pytest.mark.parametrize("inner", [ridge(), lstm()], ids=["ridge", "lstm"])
def test_every_check_of_scikit_learn_passes_and_none_is_skipped(inner) -> None:
    checks = check_estimator(ForecastAnomalyDetector(inner), on_skip=None, on_fail=None)
    failed = [(c["check_name"], c["exception"]) for c in checks if c["status"] != "passed"]
    assert failed == []
    assert len(checks) >= LEAST


def test_it_finds_what_is_unusual_only_for_its_time() -> None:
    series, odd = spiked()
    X, _ = make_windows(series, lookback=20, horizon=0)
    truth = odd[X.ends - 1]
    detector = ForecastAnomalyDetector(ridge()).fit(X[:400])
    assert roc_auc_score(truth, -detector.score_samples(X)) > 0.97
    far_from_the_mean = np.abs(series - series.mean())[X.ends - 1]
    assert roc_auc_score(truth, far_from_the_mean) < 0.7
    found = detector.predict(X) == -1
    assert found[truth].mean() > 0.9
    assert found[:400].mean() < 0.05


def test_p_values_of_usual_windows_are_uniform() -> None:
    X, _ = make_windows(waves(4000), lookback=10, horizon=0)
    detector = ForecastAnomalyDetector(ridge()).fit(X[:2000])
    p = detector.p_values(X[2000:])
    for level in (0.05, 0.2, 0.5):
        assert abs((p <= level).mean() - level) < 0.05
    assert p.min() >= 1 / (1 + 400)


def test_a_p_value_counts_the_held_back_scores_at_most_as_high() -> None:
    X, _ = make_windows(waves(200), lookback=10, horizon=0)
    detector = ForecastAnomalyDetector(ridge()).fit(X)
    scores, held = detector.score_samples(X), detector.calibration_scores_
    expected = [(1 + sum(held <= score)) / (1 + len(held)) for score in scores]
    assert_allclose(detector.p_values(X), expected)


def test_the_score_is_the_forecasts_error_in_units_of_the_usual() -> None:
    X, _ = make_windows(waves(200), lookback=10, horizon=0)
    detector = ForecastAnomalyDetector(ridge()).fit(X)
    table = np.asarray(X)
    error = table[:, -1, 0] - detector.estimator_.predict(table[:, :-1])
    held = error[-len(detector.calibration_scores_) :]
    spread = 1.4826 * np.median(np.abs(held - np.median(held)))
    assert_allclose(detector.score_samples(X), -np.abs(error - np.median(held)) / spread)


def test_the_forecaster_never_sees_what_is_held_back() -> None:
    X, _ = make_windows(waves(300), lookback=10, horizon=0)
    table = np.asarray(X).copy()
    one = ForecastAnomalyDetector(ridge(), calibration=0.3).fit(table)
    changed = table.copy()
    changed[-len(one.calibration_scores_) :] += 100
    other = ForecastAnomalyDetector(ridge(), calibration=0.3).fit(changed)
    assert_array_equal(
        one.estimator_.predict(table[:, :-1]), other.estimator_.predict(table[:, :-1])
    )
    assert len(one.calibration_scores_) == 88


@settings(deadline=None, max_examples=20)
@given(share=st.floats(0.01, 0.5))
def test_contamination_is_the_share_of_training_windows_called_anomalous(share) -> None:
    X, _ = make_windows(waves(300), lookback=10, horizon=0)
    detector = ForecastAnomalyDetector(ridge(), contamination=share).fit(X)
    assert abs((detector.predict(X) == -1).mean() - share) <= 1 / len(X)


def test_auto_calls_those_of_a_p_value_of_at_most_a_hundredth() -> None:
    X, _ = make_windows(waves(2000), lookback=10, horizon=0)
    detector = ForecastAnomalyDetector(ridge()).fit(X)
    assert_array_equal(detector.predict(X) == -1, detector.p_values(X) <= 0.01)


def test_a_last_frame_is_judged_by_all_its_forecasts() -> None:
    table = np.stack([waves(300, seed=1), waves(300, seed=2)], axis=1)
    X, _ = make_windows(table, lookback=13, horizon=0)
    detector = ForecastAnomalyDetector(ridge(), horizon=3).fit(X)
    rows, errors = np.asarray(X), []
    for lead in (1, 2, 3):
        forecasts = detector.estimator_.predict(rows[:, 3 - lead : 13 - lead]).reshape(-1, 3, 2)
        errors.append(rows[:, -1] - forecasts[:, lead - 1])
    off = (np.concatenate(errors, axis=1) - detector.centre_) / detector.scale_
    assert detector.centre_.shape == (6,)
    assert_allclose(detector.score_samples(X), -np.sqrt((off**2).mean(axis=1)))
    assert_allclose(detector.score_samples(rows), detector.score_samples(X))
    some = [250, 7, 7]
    assert_allclose(detector.score_samples(X[some]), detector.score_samples(X)[some])


def test_forecasts_made_before_it_began_find_an_anomaly_that_lasts() -> None:
    series, shocks = np.zeros(1500), 0.1 * np.random.default_rng(0).normal(size=1500)
    for t in range(1, 1500):
        series[t] = 0.9 * series[t - 1] + shocks[t]
    odd = np.zeros(1500, bool)
    for start in range(1000, 1480, 40):
        series[start : start + 8] += 1.0
        odd[start : start + 8] = True
    X, _ = make_windows(series, lookback=40, horizon=0)
    train, truth = X.ends <= 1000, odd[X.ends - 1]
    near, far = (ForecastAnomalyDetector(ridge(), horizon=h).fit(X[train]) for h in (1, 12))
    aucs = [roc_auc_score(truth[~train], -one.score_samples(X[~train])) for one in (near, far)]
    assert aucs[1] > aucs[0] + 0.1


def test_covariates_that_end_at_the_frame_judged_go_with_a_horizon_of_one() -> None:
    known = np.cos(np.arange(310.0) / 7)
    X, _ = make_windows(waves(300), lookback=12, horizon=1, known=known)
    assert np.isfinite(ForecastAnomalyDetector(ridge()).fit(X).score_samples(X)).all()
    with pytest.raises(ValueError, match=r"end at its last frame, but horizon=2 .*Use horizon=1"):
        ForecastAnomalyDetector(ridge(), horizon=2).fit(X)


def test_maps_folded_windows_and_arrays_are_judged_too() -> None:
    maps = np.random.default_rng(0).normal(size=(80, 1, 3, 4))
    X, _ = make_windows(maps, lookback=4, horizon=0)
    lazy = ForecastAnomalyDetector(ridge()).fit(X)
    dense = ForecastAnomalyDetector(ridge()).fit(np.asarray(X))
    assert_allclose(lazy.score_samples(X), dense.score_samples(np.asarray(X)))
    weeks, _ = make_windows(waves(1500), lookback=21, horizon=0, stride=21)
    folded = FoldTime(width=7).fit_transform(weeks)
    lazy = ForecastAnomalyDetector(ridge(), horizon=2).fit(folded)
    dense = ForecastAnomalyDetector(ridge(), horizon=2).fit(np.asarray(folded))
    assert_allclose(lazy.score_samples(folded), dense.score_samples(np.asarray(folded)))


def test_no_row_of_a_frame_held_back_was_a_target_in_training() -> None:
    series = waves(200)
    weeks = FoldTime(width=7).fit_transform(make_windows(series, lookback=21, horizon=0)[0])
    one = ForecastAnomalyDetector(ridge()).fit(weeks)
    held = len(one.calibration_scores_)
    first = weeks.ends[-held] - 7
    changed = series.copy()
    changed[first:] += 100
    weeks = FoldTime(width=7).fit_transform(make_windows(changed, lookback=21, horizon=0)[0])
    other = ForecastAnomalyDetector(ridge()).fit(weeks)
    for a, b in zip(one.estimator_[-1].coef_, other.estimator_[-1].coef_, strict=True):
        assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (
            {"contamination": 0.6},
            r"contamination must be 'auto' or a number in \(0, 0.5\], got 0.6",
        ),
        ({"contamination": "few"}, "contamination must be .*a number"),
        ({"horizon": 0}, "horizon must be an integer of at least 1"),
        ({"calibration": 0.0}, "calibration must be a number in"),
    ],
    ids=str,
)
def test_what_a_parameter_cannot_be(params, match) -> None:
    with pytest.raises(ValueError, match=match):
        ForecastAnomalyDetector(ridge(), **params).fit(waves(60).reshape(10, 6))


def test_windows_need_frames_to_forecast_from() -> None:
    with pytest.raises(ShapeError, match=r"n_features=3 frame\(s\) leave none.*longer lookback"):
        ForecastAnomalyDetector(ridge(), horizon=3).fit(waves(60).reshape(20, 3))


def test_one_window_is_too_few() -> None:
    with pytest.raises(ValueError, match=r"got n_samples=1\. Pass more windows"):
        ForecastAnomalyDetector(ridge()).fit(waves(60).reshape(1, 60))


def test_no_windows_have_no_scores():
    X, _ = make_windows(np.sin(np.arange(60) / 5), lookback=6)
    detector = ForecastAnomalyDetector(LSTMForecaster(2, max_epochs=1)).fit(X)
    assert detector.predict(X[:0]).shape == (0,)

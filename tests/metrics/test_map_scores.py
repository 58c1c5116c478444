"""Scores of maps against loops over cells, and against pysteps and scores."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.model_selection import GridSearchCV

from stforecast import OriginSplit, make_windows
from stforecast.estimators import Advection, Persistence
from stforecast.exceptions import ShapeError
from stforecast.metrics import (
    critical_success_index,
    crps_ensemble,
    false_alarm_ratio,
    fractions_skill_score,
    heidke_skill_score,
    map_scorer,
    power_spectrum,
    probability_of_detection,
    skill_map,
    spread_skill,
)

EVENTS = {
    "CSI": critical_success_index,
    "POD": probability_of_detection,
    "FAR": false_alarm_ratio,
    "HSS": heidke_skill_score,
}
RECORDED = json.loads(
    (Path(__file__).parent / "fixtures" / "map_scores.json").read_text(encoding="utf-8")
)


def fields(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The fields of which the numbers were recorded: truth (H, W) and members (m, H, W)."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(32, 32))
    return truth, truth + rng.normal(size=(5, 32, 32))


def gapped(shape=(6, 3, 2, 7, 8)) -> tuple[np.ndarray, np.ndarray]:
    """Truth and forecast (n, steps, C, H, W), some missing."""
    rng = np.random.default_rng(1)
    truth, forecast = rng.normal(size=(2, *shape))
    truth[rng.random(shape) < 0.2] = np.nan
    forecast[..., :2, :2] = np.nan
    return truth, forecast


@pytest.mark.parametrize("source", ["events", "events of scores"])
@pytest.mark.parametrize("limit", [0.2, 1.0])
@pytest.mark.parametrize("name", EVENTS)
def test_scores_of_events_are_those_of_pysteps_and_scores(name, limit, source):
    truth, members = fields()
    expected = RECORDED[f"{source} {limit}"][name]
    assert EVENTS[name](truth, members[0], limit) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("limit", [0.2, 1.0])
@pytest.mark.parametrize("scale", [1, 3, 4, 9])
def test_fractions_skill_is_that_of_pysteps(scale, limit):
    truth, members = fields()
    expected = RECORDED[f"fss {limit} {scale}"]
    found = fractions_skill_score(truth, members[0], limit, scale)
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_spectrum_is_that_of_pysteps():
    truth, _ = fields()
    frequency, power = power_spectrum(truth, spacing=2.0)
    expected, theirs = RECORDED["rapsd"]
    assert_allclose(power, expected, rtol=1e-12)
    assert_allclose(frequency, theirs, atol=1e-15)


def test_crps_is_that_of_pysteps_and_scores():
    truth, members = fields()
    assert crps_ensemble(truth, members) == pytest.approx(RECORDED["crps ecdf"], rel=1e-12)
    assert crps_ensemble(truth, members) == pytest.approx(RECORDED["crps"], rel=1e-12)
    fair = crps_ensemble(truth, members, fair=True)
    assert fair == pytest.approx(RECORDED["crps fair"], rel=1e-12)


def test_spread_is_that_of_pysteps_and_the_error_that_of_scores():
    truth, members = fields()
    spread, error = spread_skill(truth, members)
    assert error == pytest.approx(RECORDED["error"], rel=1e-12)
    # pysteps averages squared distances of pairs of members, which are twice the variance
    assert spread**2 == pytest.approx(RECORDED["spread"] / 2 * 6 / 5, rel=1e-12)


@pytest.mark.parametrize("name", EVENTS)
def test_scores_of_each_step_leave_out_what_is_missing(name):
    truth, forecast = gapped()
    found = EVENTS[name](truth, forecast, 0.3, axis=(0, 2, 3, 4))
    for k in range(3):
        h = m = f = r = 0
        for index in np.ndindex(6, 2, 7, 8):
            at = (index[0], k, *index[1:])
            if np.isnan(truth[at]) or np.isnan(forecast[at]):
                continue
            seen, warned = truth[at] >= 0.3, forecast[at] >= 0.3
            h, m = h + (seen and warned), m + (seen and not warned)
            f, r = f + (warned and not seen), r + (not warned and not seen)
        chance = (h + m) * (m + r) + (h + f) * (f + r)
        expected = {
            "CSI": h / (h + m + f),
            "POD": h / (h + m),
            "FAR": f / (h + f),
            "HSS": 2 * (h * r - m * f) / chance,
        }
        assert found[k] == pytest.approx(expected[name], rel=1e-12)


def test_fractions_of_masked_maps_count_cell_by_cell():
    truth, forecast = gapped((2, 1, 1, 6, 7))
    known = ~(np.isnan(truth) | np.isnan(forecast))
    apart = most = 0.0
    for index in np.argwhere(known):
        *front, row, column = index
        shares = []
        for y in (truth, forecast):
            count = 0
            for a in (-1, 0, 1):
                for b in (-1, 0, 1):
                    r, c = row + a, column + b
                    if 0 <= r < 6 and 0 <= c < 7 and known[(*front, r, c)]:
                        count += y[(*front, r, c)] >= 0.3
            shares.append(count / 9)
        apart += (shares[0] - shares[1]) ** 2
        most += shares[0] ** 2 + shares[1] ** 2
    found = fractions_skill_score(truth, forecast, 0.3, 3)
    assert found == pytest.approx(1 - apart / most, rel=1e-12)


def test_ensembles_leave_out_what_a_member_lacks():
    truth, members = fields()
    members[1, :4] = np.nan
    truth[:, :2] = np.nan
    rows = slice(4, None), slice(2, None)
    own = truth[rows], members[:, rows[0], rows[1]]
    assert crps_ensemble(truth, members) == pytest.approx(crps_ensemble(*own), rel=1e-12)
    assert spread_skill(truth, members) == pytest.approx(spread_skill(*own), rel=1e-12)
    by_row = crps_ensemble(truth, members, axis=1)
    assert np.isnan(by_row[:4]).all()
    pairs = np.abs(own[1][:, None] - own[1][None]).mean(axis=(0, 1))
    expected = (np.abs(own[1] - own[0]).mean(axis=0) - pairs / 2).mean(axis=1)
    assert_allclose(by_row[4:], expected, rtol=1e-12)


def test_the_spectrum_of_a_wave_stands_at_its_length_on_oblong_maps():
    wave = np.sin(2 * np.pi * np.arange(40) / 5)[:, None] * np.ones((40, 24))
    frequency, power = power_spectrum(np.stack([wave, 2 * wave]))
    assert power.shape == (2, 20)
    assert 1 / frequency[power[0].argmax()] == pytest.approx(5)
    assert_allclose(power[1], 4 * power[0], rtol=1e-12)
    wave[3, 3] = np.nan
    assert np.isnan(power_spectrum(wave)[1]).all()


def test_white_noise_has_its_variance_at_every_frequency():
    noise = 3 * np.random.default_rng(0).normal(size=(400, 16, 16))
    power = power_spectrum(noise)[1].mean(axis=0)
    assert_allclose(power, 9, rtol=0.07)  # eight waves or more of 400 maps


def test_the_skill_map_is_the_skill_of_each_cell():
    truth, forecast = gapped()
    reference = np.zeros_like(truth)
    found = skill_map(truth, forecast, reference)
    assert found.shape == (3, 2, 7, 8)
    assert np.isnan(found[..., :2, :2]).all()
    for k, c, row, column in ((0, 1, 3, 3), (2, 0, 6, 7)):
        own, other = truth[:, k, c, row, column], forecast[:, k, c, row, column]
        known = ~np.isnan(own)
        expected = 1 - np.sum((own - other)[known] ** 2) / np.sum(own[known] ** 2)
        assert found[k, c, row, column] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", ["csi", "pod", "neg_far", "hss", "fss"])
@pytest.mark.parametrize("step", [None, 2])
def test_scorers_score_what_the_estimator_predicts(name, step):
    maps = np.random.default_rng(0).normal(size=(30, 2, 6, 7))
    X, y = make_windows(maps, lookback=3, horizon=2)
    model = Persistence().fit(X, y)
    options = {"threshold": 0.3} | ({"scale": 3} if name == "fss" else {})
    truth, found = (np.asarray(one).reshape(-1, 2, 2, 6, 7) for one in (y, model.predict(X)))
    if step is not None:
        truth, found = truth[:, 1:], found[:, 1:]
    function = {**EVENTS, "FSS": fractions_skill_score}[name.removeprefix("neg_").upper()]
    expected = function(truth, found, **options) * (-1 if name == "neg_far" else 1)
    assert map_scorer(name, **options, step=step)(model, X, y) == pytest.approx(expected, rel=1e-12)


def test_a_search_takes_a_scorer():
    maps = np.stack([np.roll(np.eye(8), t, axis=1) for t in range(30)])
    X, y = make_windows(maps, lookback=2)
    search = GridSearchCV(
        Advection(),
        {"max_shift": [1, 3]},
        scoring=map_scorer("csi", threshold=0.5),
        cv=OriginSplit(2),
    )
    assert search.fit(X, np.asarray(y)).best_score_ > 0.7


def test_masked_targets_are_left_out_by_scorers():
    maps = np.random.default_rng(0).normal(size=(30, 6, 7))
    maps[:, :2] = np.nan
    X, y = make_windows(maps, lookback=3, missing="mask")
    model = Persistence().fit(X, y)
    sea, after = make_windows(maps[:, 2:], lookback=3)
    score = map_scorer("hss", threshold=0.0)
    assert score(model, X, y) == pytest.approx(score(Persistence().fit(sea, after), sea, after))


def test_events_that_never_happen_have_no_score():
    assert np.isnan(critical_success_index([0.0, 1.0], [0.0, 1.0], 5))
    assert np.isnan(fractions_skill_score(np.zeros((4, 4)), np.zeros((4, 4)), 1, 3))


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ShapeError, match=r"must have one shape, got \(2,\) and \(3,\)"):
        critical_success_index([0, 1], [0, 1, 2], 1)
    with pytest.raises(ValueError, match="threshold must be a finite number, got 'a'"):
        critical_success_index([0], [0], "a")
    with pytest.raises(ShapeError, match=r"rows and columns as their last axes.*unflatten"):
        fractions_skill_score([0.0], [0.0], 1, 3)
    with pytest.raises(ValueError, match="scale must be an integer of at least 1, got 0"):
        fractions_skill_score(np.zeros((4, 4)), np.zeros((4, 4)), 1, 0)
    with pytest.raises(ShapeError, match="at least 2 cells high and wide"):
        power_spectrum(np.zeros((1, 5)))
    with pytest.raises(ShapeError, match=r"with m of at least 2, here \(m, 3\).*new first axis"):
        spread_skill(np.zeros(3), np.zeros((1, 3)))
    with pytest.raises(ValueError, match="name must be 'csi', 'pod'"):
        map_scorer("cis", threshold=1)
    for params in ({"name": "fss"}, {"name": "csi", "scale": 3}):
        with pytest.raises(ValueError, match="scale is the square of 'fss', which needs one"):
            map_scorer(**params, threshold=1)


def test_scorers_refuse_targets_that_are_no_maps_and_steps_beyond_the_horizon():
    X, y = make_windows(np.zeros((10, 4, 4)), lookback=2)
    model = Persistence().fit(X, y)
    with pytest.raises(
        ValueError, match=r"one of the 1 steps of the horizon, got 2. Lower it, or leave"
    ):
        map_scorer("csi", threshold=1, step=2)(model, X, y)

    class Constant:
        def predict(self, X):
            return np.zeros(len(X))

    with pytest.raises(ShapeError, match=r"targets of whole maps of \(4, 4\), got 1 values"):
        map_scorer("csi", threshold=1)(Constant(), np.zeros((3, 2, 4, 4)), np.zeros(3))


def test_one_value_may_be_scored() -> None:
    assert crps_ensemble(1.0, [0.0, 2.0]) == pytest.approx(0.5)
    assert spread_skill(1.0, [0.0, 2.0]) == (pytest.approx(3**0.5), 0.0)
    with pytest.raises(ShapeError, match=r"with m of at least 1, here \(m,\), got \(\)"):
        crps_ensemble(1.0, 2.0)
    with pytest.raises(ShapeError, match=r"with m of at least 2, here \(m,\), got \(1,\)"):
        crps_ensemble(1.0, [2.0], fair=True)


def test_masked_values_are_left_out() -> None:
    truth, forecast = np.array([2.0, 2.0, 0.0]), np.array([2.0, 0.0, 0.0])
    hidden = np.ma.masked_array(truth, [False, True, False])
    assert probability_of_detection(truth, forecast, 1) == 0.5
    assert probability_of_detection(hidden, forecast, 1) == 1.0
    assert probability_of_detection(hidden.astype(object), forecast, 1) == 1.0
    assert crps_ensemble(hidden, [forecast]) == 0.0
    assert np.isnan(skill_map(hidden[:, None], forecast[:, None], forecast[:, None] + 1, axis=1)[1])


@pytest.mark.parametrize("axis", [2, -3, (0, 0), (0, -2)])
def test_axes_are_those_of_the_arrays(axis) -> None:
    truth = np.zeros((3, 4))
    match = r"axis must number axes of arrays with 2 of them, .* Leave it out"
    for score in (
        lambda: critical_success_index(truth, truth, 1, axis=axis),
        lambda: fractions_skill_score(truth, truth, 1, 1, axis=axis),
        lambda: crps_ensemble(truth, truth[None], axis=axis),
        lambda: skill_map(truth, truth, truth, axis=axis),
    ):
        with pytest.raises(ValueError, match=match):
            score()


def test_flags_and_thresholds_are_checked_before_anything_is_scored() -> None:
    with pytest.raises(ValueError, match="fair must be True or False, got 'yes'"):
        crps_ensemble([1.0], [[1.0], [2.0]], fair="yes")
    with pytest.raises(ValueError, match="threshold must be a finite number, got nan"):
        map_scorer("csi", threshold=float("nan"))
    with pytest.raises(ValueError, match="scale must be an integer of at least 1, got 0"):
        map_scorer("fss", threshold=1, scale=0)

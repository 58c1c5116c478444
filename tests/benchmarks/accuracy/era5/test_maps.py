"""Maps ahead: origins and targets lie where they are said to, and training sees no test map."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.accuracy.era5.maps import (
    Maps,
    anomaly_windows,
    change_windows,
    forecast_anomaly,
    forecast_change,
    kept_anomaly,
    linear_stencil,
    load,
    references,
)

HOURS, END = 24 * 8, 24 * 6
VALUES = 280 + np.random.default_rng(0).normal(size=(HOURS, 3, 4)).cumsum(axis=0)
MAPS = Maps(VALUES, END)
LEADS = pytest.mark.parametrize("lead", [1, 6, 24])


@LEADS
def test_windows_end_a_lead_before_what_they_forecast(lead: int) -> None:
    (X, y), Z = change_windows(MAPS, lead=lead, lookback=3)
    anomalies = MAPS.anomalies()
    assert len(Z) == HOURS - END
    np.testing.assert_allclose(np.asarray(Z)[:, -1, 0], anomalies[END - lead : -lead], rtol=1e-5)
    change = anomalies[lead + 2 : END] - anomalies[2 : END - lead]
    np.testing.assert_allclose(np.asarray(y), change.reshape(len(X), -1), rtol=1e-4, atol=1e-5)
    (X, y), Z = anomaly_windows(MAPS, lead=lead, lookback=3)
    np.testing.assert_allclose(np.asarray(Z)[:, -1, 0], anomalies[END - lead : -lead], rtol=1e-5)
    ahead = anomalies[lead + 2 : END].reshape(len(X), -1)
    np.testing.assert_allclose(np.asarray(y), ahead, rtol=1e-4, atol=1e-5)


@LEADS
def test_the_true_change_gives_the_true_map(lead: int) -> None:
    anomalies = MAPS.anomalies()
    change = anomalies[END:] - anomalies[END - lead : -lead]
    np.testing.assert_allclose(forecast_change(MAPS, lead, change), MAPS.truth)
    np.testing.assert_allclose(forecast_anomaly(MAPS, anomalies[END:]), MAPS.truth)


@LEADS
@pytest.mark.parametrize("windows", [change_windows, anomaly_windows])
def test_training_and_climatology_see_no_test_map(lead: int, windows) -> None:
    other = Maps(np.where(np.arange(HOURS)[:, None, None] < END, VALUES, 0.0), END)
    (X, y), _ = windows(MAPS, lead=lead, lookback=3)
    (X_other, y_other), _ = windows(other, lead=lead, lookback=3)
    np.testing.assert_array_equal(np.asarray(X), np.asarray(X_other))
    np.testing.assert_array_equal(np.asarray(y), np.asarray(y_other))


@LEADS
def test_references_are_those_of_a_naive_loop(lead: int) -> None:
    seen = VALUES[:END]
    mean = [np.mean([m for t, m in enumerate(seen) if t % 24 == h], axis=0) for h in range(24)]
    above = [value - mean[t % 24] for t, value in enumerate(VALUES)]
    pairs = [(above[t], above[t - lead]) for t in range(lead, END)]
    share = sum(np.sum(a * b) for a, b in pairs) / sum(np.sum(b * b) for _, b in pairs)
    expected = {
        "persistence": [VALUES[t - lead] for t in range(END, HOURS)],
        "hourly climatology": [mean[t % 24] for t in range(END, HOURS)],
        "anomaly kept": [mean[t % 24] + above[t - lead] for t in range(END, HOURS)],
        "anomaly damped": [mean[t % 24] + share * above[t - lead] for t in range(END, HOURS)],
    }
    found = references(MAPS, lead)
    assert len(found) == len(expected) + 1
    for name, forecasts in expected.items():
        np.testing.assert_allclose(found[name], forecasts, err_msg=name)


@LEADS
def test_the_linear_reference_is_least_squares_over_neighbours(lead: int) -> None:
    above = MAPS.anomalies()
    H, W = VALUES.shape[1:]

    def inputs(t: int, i: int, j: int) -> list[float]:
        rows = [min(max(i + a, 0), H - 1) for a in range(-2, 3)]
        columns = [min(max(j + b, 0), W - 1) for b in range(-2, 3)]
        return [above[s, r, c] for s in (t - 2, t - 1, t) for r in rows for c in columns]

    def all_inputs(origins: range) -> np.ndarray:
        return np.array([inputs(t, i, j) for t in origins for i in range(H) for j in range(W)])

    origins = range(2, END - lead)
    change = np.stack([above[t + lead] - above[t] for t in origins]).ravel()
    weights = np.linalg.lstsq(all_inputs(origins), change, rcond=None)[0]
    tested = range(END - lead, HOURS - lead)
    expected = (all_inputs(tested) @ weights).reshape(-1, H, W) + kept_anomaly(MAPS, lead)
    np.testing.assert_allclose(linear_stencil(MAPS, lead), expected, rtol=1e-6)


def test_the_last_fifth_is_to_be_forecast(tmp_path) -> None:
    np.savez(tmp_path / "maps.npz", X=VALUES[:, None].astype(np.float32))
    maps = load(tmp_path / "maps.npz")
    assert maps.end == int(0.8 * HOURS)
    np.testing.assert_allclose(maps.values, VALUES, rtol=1e-6)

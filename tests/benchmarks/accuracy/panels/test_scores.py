"""Scores of a comparison are the competitions'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.accuracy.panels.forecasters import Formula, PanelForecaster
from benchmarks.accuracy.panels.formulas import naive2
from benchmarks.accuracy.panels.scores import compare_on, interval_scores, smape, summarise
from benchmarks.accuracy.panels.series import Panel

SEASON = np.array([10.0, 20.0, 40.0, 30.0])
ROWS = np.tile(SEASON, 6) * np.repeat(1.1 ** np.arange(6), 4)
PANEL = Panel("two", [ROWS, ROWS[9:][::-1] + 5], np.tile(SEASON * 1.1**6, (2, 1)), 4)
FACTORS = np.array([[1.1], [1.3]])


def forecast(values: np.ndarray) -> Formula:
    return Formula(lambda series, season, horizon: values, 4)


class Bounds(PanelForecaster):
    """Forecasts the median with bounds around it."""

    quantiles_ = (0.025, 0.5, 0.975)

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def fit(self, X: Any, y: Any) -> Bounds:
        return self

    def forecasts(self, X: Any) -> np.ndarray:
        return self.values


def scales(panel: Panel) -> np.ndarray:
    """The error of the seasonal naive forecast in each training part."""
    return np.array([np.abs(rows[4:] - rows[:-4]).mean() for rows in panel.train])


def test_percentages_are_symmetric_and_nothing_beside_nothing_is_right() -> None:
    low, high = np.array([1.0, 3.0]), np.array([3.0, 3.0])
    assert smape(low, high) == smape(high, low) == pytest.approx(50)
    assert smape(np.array([0.0, 3.0]), np.array([0.0, 1.0])) == pytest.approx(50)


def test_the_scores_of_each_series_are_those_of_the_competitions() -> None:
    methods = {"Naive2": Formula(naive2, 4), "other": forecast(PANEL.test * FACTORS)}
    errors = summarise(compare_on(PANEL, methods), {}).errors
    sizes = np.abs(PANEL.test * (FACTORS - 1)).mean(axis=1)
    np.testing.assert_allclose(errors["MAE", "other"], sizes)
    np.testing.assert_allclose(errors["MASE", "other"], sizes / scales(PANEL))
    np.testing.assert_allclose(errors["sMAPE", "other"], [200 * 0.1 / 2.1, 200 * 0.3 / 2.3])
    ratios = [
        errors[name, "other"].mean() / errors[name, "Naive2"].mean() for name in ("sMAPE", "MASE")
    ]
    assert errors["OWA", "other"].mean() == pytest.approx(np.mean(ratios))
    assert errors["OWA", "Naive2"].mean() == pytest.approx(1)


def test_models_that_share_a_name_have_the_mean_of_their_scores() -> None:
    methods = {
        "Naive2": Formula(naive2, 4),
        "seed 0": forecast(PANEL.test + 1),
        "seed 1": forecast(PANEL.test - 3),
    }
    names = {"seed 0": "seeds", "seed 1": "seeds"}
    found = summarise(compare_on(PANEL, methods), names)
    assert set(found.errors["MAE"]) == {"Naive2", "seeds"}
    np.testing.assert_allclose(found.errors["MAE", "seeds"], 2)
    assert found.models["fits"].to_dict() == {"Naive2": 1, "seeds": 2}
    difference = found.difference("seeds", "Naive2", metric="MAE")
    assert difference.estimate == pytest.approx(2 - found.errors["MAE", "Naive2"].mean())


def test_differences_have_standard_errors_over_series() -> None:
    rng = np.random.default_rng(0)
    rows = [ROWS + rng.normal(size=24) for _ in range(40)]
    panel = Panel("many", rows, np.tile(PANEL.test[0], (40, 1)), 4)
    noise = panel.test + 3 * rng.normal(size=(40, 4))
    methods = {"Naive2": Formula(naive2, 4), "noise": forecast(noise)}
    found = summarise(compare_on(panel, methods), {})
    for metric in ("sMAPE", "MASE", "OWA", "MAE"):
        plain = found.errors[metric, "noise"] - found.errors[metric, "Naive2"]
        difference = found.difference("noise", "Naive2", metric=metric)
        assert difference.standard_error == pytest.approx(plain.sem(), rel=0.05)


def test_interval_scores_add_what_lies_outside() -> None:
    around = PANEL.test[..., None] + np.array([-1.0, 0.0, 1.0])
    methods = {"inside": Bounds(around), "outside": Bounds(around + 2)}
    scores, covered = interval_scores(compare_on(PANEL, methods, coverage=0.95))
    np.testing.assert_allclose(scores["inside"], 2 / scales(PANEL))
    np.testing.assert_allclose(scores["outside"], (2 + 40) / scales(PANEL))
    assert covered.to_dict() == {"inside": 1.0, "outside": 0.0}

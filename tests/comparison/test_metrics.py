"""Errors at each origin are those of scikit-learn and of hand-made formulas."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics

from stforecast.comparison._metrics import make_metrics
from stforecast.exceptions import ParameterError

TRUTH, FORECASTS = np.random.default_rng(0).uniform(1, 2, size=(2, 6, 4))
ONES = np.ones((6, 4))
NAMES = [
    "neg_mean_absolute_error",
    "neg_mean_squared_error",
    "neg_mean_absolute_percentage_error",
    "neg_median_absolute_error",
    "neg_max_error",
    "neg_mean_poisson_deviance",
]


@pytest.mark.parametrize("name", NAMES)
def test_an_error_by_name_is_that_of_scikit_learn_at_each_origin(name: str) -> None:
    (metric,) = make_metrics(name)
    function = getattr(sklearn.metrics, name.removeprefix("neg_"))
    expected = [function(y, found) for y, found in zip(TRUTH, FORECASTS, strict=True)]
    np.testing.assert_allclose(metric.errors(TRUTH, FORECASTS, ONES), expected)
    assert metric.name == name.removeprefix("neg_")


@pytest.mark.parametrize("name", ["root_mean_squared_error", "root_mean_squared_log_error"])
def test_the_root_is_taken_after_the_mean_over_origins(name: str) -> None:
    (metric,) = make_metrics(name)
    whole = getattr(sklearn.metrics, name)(TRUTH.ravel(), FORECASTS.ravel())
    errors = metric.errors(TRUTH, FORECASTS, ONES)
    assert metric.root
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(whole)


def test_a_scaled_error_is_measured_in_its_scale() -> None:
    (metric,) = make_metrics(["mase"])
    scales = np.random.default_rng(1).uniform(1, 5, size=(6, 4))
    expected = (np.abs(TRUTH - FORECASTS) / scales).mean(axis=1)
    np.testing.assert_allclose(metric.errors(TRUTH, FORECASTS, scales), expected)


@pytest.mark.parametrize("name", ["mean_absolute_error", "max_error"])
def test_values_that_are_missing_in_the_truth_are_left_out(name: str) -> None:
    (metric,) = make_metrics(name)
    holey = TRUTH.copy()
    holey[0, :2], holey[1] = np.nan, np.nan
    found = metric.errors(holey, FORECASTS, ONES)
    assert found[0] == pytest.approx(getattr(sklearn.metrics, name)(TRUTH[0, 2:], FORECASTS[0, 2:]))
    assert np.isnan(found[1])


def test_functions_and_dicts_name_their_errors() -> None:
    def largest(y_true: np.ndarray, y_pred: np.ndarray) -> float:
        return float(np.abs(y_true - y_pred).max())

    metrics = make_metrics([largest, "mase"])
    assert [one.name for one in metrics] == ["largest", "mase"]
    renamed = make_metrics({"worst": largest, "error": "neg_mean_absolute_error"})
    assert [one.name for one in renamed] == ["worst", "error"]
    np.testing.assert_allclose(
        renamed[0].errors(TRUTH, FORECASTS, ONES), np.abs(TRUTH - FORECASTS).max(axis=1)
    )


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        ("r2", "metrics must be 'mase'.* got 'r2'"),
        ("neg_mean_absolute_eror", "Did you mean 'mean_absolute_error'"),
        ("neg_log_loss", "got 'log_loss'"),
        ([], "metrics must be a name, a function .* Pass 'neg_mean_absolute_error', say"),
        (3, "metrics must be a name, a function"),
        ([3], "metrics must be names or functions of truth and forecast, got 3"),
        (["mase", "mase"], "metrics must have names of their own.* Pass a dict"),
        ({3: "mase"}, r"metrics must have texts as names, got 3. Use str\(...\)"),
    ],
)
def test_what_is_no_error_is_refused(metrics: object, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make_metrics(metrics)

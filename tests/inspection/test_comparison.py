"""Points lie at the errors, bars reach two standard errors, and kinds differ by marker."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from stforecast import LSTMForecaster, OriginSplit
from stforecast.comparison import Comparison, compare
from stforecast.inspection import ComparisonDisplay
from tests.comparison.data import LOAD


@pytest.fixture(scope="module")
def found() -> Comparison:
    models = {
        "mean": "mean",
        "linear": LinearRegression(),
        "network": LSTMForecaster(2, max_epochs=1, device="cpu", random_state=0, baseline=None),
    }
    cv = OriginSplit(1, test_size=20)
    metrics = ["mase", "neg_mean_squared_error"]
    return compare(models, LOAD, cv, metrics, lookback=12, horizon=2, season=12)


def test_points_and_bars_are_those_of_the_table(found: Comparison) -> None:
    display = ComparisonDisplay.from_comparison(found)
    table = found.table["mase"]
    order = list(table.index)
    for kind, name in {"baseline": "mean", "other": "linear", "network": "network"}.items():
        line, _, (bar,) = display.points_[kind]
        assert line.get_xydata().tolist() == [[table.loc[name, "error"], order.index(name)]]
        reach = np.ptp(bar.get_segments()[0][:, 0]) / 2
        error = table.loc[name, "standard error"]
        assert reach == pytest.approx(0 if np.isnan(error) else 2 * error)
    assert display.line_.get_xdata()[0] == table.loc["mean", "error"]
    top, bottom = display.ax_.get_ylim()[::-1]
    assert top < bottom
    labels = [one.get_text() for one in display.ax_.get_yticklabels()]
    assert labels == [f"{name} ({table.loc[name, 'verdict']})" for name in order]
    plt.close(display.figure_)


def test_kinds_differ_by_more_than_colour(found: Comparison) -> None:
    display = ComparisonDisplay.from_comparison(found, metric="mean_squared_error")
    markers = {kind: points[0].get_marker() for kind, points in display.points_.items()}
    assert len(set(markers.values())) == 3
    names = {text.get_text() for text in display.ax_.get_legend().get_texts()}
    assert names == {*markers, "reference"}
    name, bars = display.ax_.get_xlabel().split("\n")
    assert name == "mean squared error"
    assert bars == "bars: 2 standard errors of the difference to the reference"
    plt.close(display.figure_)


def test_without_one_reference_there_is_no_line() -> None:
    models = {"linear": LinearRegression(), "again": LinearRegression()}
    pair = compare(models, LOAD, OriginSplit(1, test_size=8), lookback=3, horizon=1)
    display = ComparisonDisplay.from_comparison(pair)
    assert display.line_ is None
    assert display.ax_.get_xlabel().endswith("of the difference to the best of the others")
    plt.close(display.figure_)


def test_what_is_no_comparison_or_metric_is_refused(found: Comparison) -> None:
    with pytest.raises(TypeError, match="comparison must be a Comparison, which compare makes"):
        ComparisonDisplay.from_comparison(found.table)
    with pytest.raises(ValueError, match="metric must be 'mase' or 'mean_squared_error', got 'x'"):
        ComparisonDisplay.from_comparison(found, metric="x")

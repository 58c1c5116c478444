"""Gradients are right, and drawn where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from stforecast.estimators import (
    Baseline,
    ConvLSTMForecaster,
    DampedAnomaly,
    LSTMClassifier,
    LSTMForecaster,
    Persistence,
    StackedBaseline,
    StencilForecaster,
    WindowRidge,
)
from stforecast.exceptions import ShapeError
from stforecast.inspection import SaliencyDisplay
from stforecast.series import SeriesForecaster
from stforecast.windows import Crop, FoldTime, make_windows
from tests.series.data import MAPS, TABLE

X, Y = make_windows(TABLE, lookback=6, horizon=2, known=np.arange(60.0)[:, None])
LSTM = LSTMForecaster(4, max_epochs=3, random_state=0).fit(X, Y)
LSTM.blend_ = replace(LSTM.blend_, share=0.5)  # three epochs earn it none
ALONE = LSTMForecaster(4, max_epochs=3, baseline=None, random_state=0).fit(X, Y)


def nudged(
    model: Any,
    windows: np.ndarray,
    parts: dict[str, Any],
    output: int | None,
    scale: np.ndarray | None = None,
) -> np.ndarray:
    """Mean absolute gradient by differences of `predict`, value by value, per deviation."""

    def forecast(values: np.ndarray) -> np.ndarray:
        wide = make_windows(values.reshape(-1, *values.shape[2:]), lookback=values.shape[1])[0]
        n, T = values.shape[:2]
        wide = wide.__class__(wide.base, T * np.arange(1, n + 1), T, parts=parts)
        outputs = model.predict(wide)
        return outputs.sum(axis=1) if output is None else outputs[:, output]

    scale, step = model.network_.scalers.x.scale if scale is None else scale, 1e-4
    gradient = np.empty(windows.shape[1:])
    for place in np.ndindex(*windows.shape[1:]):
        up, down = windows.copy(), windows.copy()
        up[(slice(None), *place)] += step * scale[place[1]]
        down[(slice(None), *place)] -= step * scale[place[1]]
        gradient[place] = np.abs((forecast(up) - forecast(down)) / (2 * step)).mean()
    return gradient


@pytest.mark.parametrize("output", [None, 0, 3])
@pytest.mark.parametrize("model", [LSTM, ALONE], ids=["on a baseline", "alone"])
def test_it_is_the_slope_of_predict(model: LSTMForecaster, output: int | None) -> None:
    few = X[::9]
    expected = nudged(model, np.asarray(few), few.parts, output)
    found = SaliencyDisplay.from_estimator(model, few, output=output).saliency
    np.testing.assert_allclose(found[:, :, 0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize("form", ["residuals", "targets"])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_baseline_and_network_count_as_they_do_in_the_forecast(form: str, share: float) -> None:
    baseline = Baseline("ridge", form=form)
    model = LSTMForecaster(4, max_epochs=2, baseline=baseline, random_state=0).fit(X, Y)
    model.blend_ = replace(model.blend_, share=share)
    few = X[::9]
    expected = nudged(model, np.asarray(few), few.parts, None)
    found = SaliencyDisplay.from_estimator(model, few).saliency
    np.testing.assert_allclose(found[:, :, 0, 0], expected, rtol=1e-4)


@pytest.mark.parametrize(
    "baseline",
    [
        "stencil",
        "persistence",
        "damped_anomaly",
        StackedBaseline([DampedAnomaly(per_cell=True), StencilForecaster(3)]),
    ],
)
def test_the_slope_of_a_baseline_of_maps_is_that_of_predict(baseline: Any) -> None:
    windows, targets = make_windows(MAPS, lookback=3, horizon=2)
    model = ConvLSTMForecaster(2, max_epochs=1, baseline=baseline, random_state=0)
    model.fit(windows, targets)
    model.blend_ = replace(model.blend_, share=0.0)
    found = SaliencyDisplay.from_estimator(model, windows[:3], output=0).saliency
    np.testing.assert_allclose(
        found, nudged(model, np.asarray(windows[:3]), {}, 0), rtol=1e-4, atol=1e-9
    )


@pytest.mark.parametrize(
    "baseline",
    [
        StackedBaseline([Persistence(), StencilForecaster(3)]),
        "stencil",
        "persistence",
        StencilForecaster(5, 2),
    ],
)
def test_maps_with_cells_that_never_have_a_value_can_be_looked_at(baseline: Any) -> None:
    maps = MAPS.copy()
    maps[:, :, 0, 0] = np.nan
    windows, targets = make_windows(maps, lookback=3, horizon=2, missing="mask")
    model = ConvLSTMForecaster(2, max_epochs=1, baseline=baseline, random_state=0)
    model.fit(windows, targets)
    model.blend_ = replace(model.blend_, share=0.0)
    found = SaliencyDisplay.from_estimator(model, windows[:3], output=7).saliency
    values, step = np.asarray(windows[:3]), 1e-4
    scale = model.network_.scalers.x.scale[0]
    for place in [(2, 0, 1, 2), (2, 0, 0, 1), (1, 0, 1, 2), (2, 0, 0, 0)]:
        up = values.copy()
        up[(slice(None), *place)] += step * scale
        change = model.baseline_.predict(as_masked(up, windows)) - model.baseline_.predict(
            as_masked(values, windows)
        )
        expected = np.abs(change[:, 7] / step).mean()
        np.testing.assert_allclose(found[place], expected, rtol=1e-3, atol=1e-6)


def as_masked(values: np.ndarray, windows: Any) -> Any:
    """Return windows of these values, side by side, that are masked as others are."""
    n, T = values.shape[:2]
    wide = make_windows(
        np.concatenate([values.reshape(-1, *values.shape[2:]), values[0, :1]]), lookback=T,
        missing="mask", stride=T,
    )[0]  # fmt: skip
    assert len(wide) == n
    return wide


def test_the_slope_of_a_baseline_goes_where_the_network_sees_its_rows() -> None:
    windows, targets = make_windows(TABLE, lookback=6, horizon=2)
    model = make_pipeline(
        Crop(4), FoldTime(width=2), ConvLSTMForecaster(2, (1, 3), max_epochs=1, random_state=0)
    ).fit(windows, targets)
    last = model[-1]
    last.blend_ = replace(last.blend_, share=0.0)
    found = SaliencyDisplay.from_estimator(model, windows).saliency
    ridge, scale = WindowRidge().fit(windows, targets), last.network_.scalers.x.scale
    whole = nudged(ridge, np.asarray(windows), {}, None, scale)
    rows = found[:, :, 0].transpose(0, 2, 1).reshape(4, 2)
    np.testing.assert_allclose(rows, whole[2:], rtol=1e-4)


@pytest.mark.parametrize("baseline", [Ridge(), "climatology"])
def test_a_baseline_without_slopes_is_left_out(baseline: Any) -> None:
    model = LSTMForecaster(4, max_epochs=1, baseline=baseline, random_state=0).fit(X, Y)
    model.blend_ = replace(model.blend_, share=0.5)
    alone = SaliencyDisplay.from_estimator(model, X).saliency
    model.blend_ = replace(model.blend_, share=1.0)
    np.testing.assert_allclose(2 * alone, SaliencyDisplay.from_estimator(model, X).saliency)


def test_the_window_transformers_go_before() -> None:
    windows, targets = make_windows(TABLE, lookback=6, horizon=2)
    model = make_pipeline(
        FoldTime(width=3), ConvLSTMForecaster(2, (1, 3), max_epochs=2, random_state=0)
    ).fit(windows, targets)
    found = SaliencyDisplay.from_estimator(model, windows).saliency
    assert found.shape == (2, 2, 1, 3)
    folded = model[0].transform(windows)
    np.testing.assert_array_equal(found, SaliencyDisplay.from_estimator(model[1], folded).saliency)


def test_frames_of_one_row_are_one_image() -> None:
    display = SaliencyDisplay.from_estimator(LSTM, X)
    (image,) = display.images_
    np.testing.assert_array_equal(image.get_array(), display.saliency[:, :, 0, 0])
    labels = [label.get_text() for label in display.axes_[0, 0].get_yticklabels()]
    assert labels == ["-5", "-4", "-3", "-2", "-1", "0"]


def test_maps_are_an_image_a_frame() -> None:
    windows, targets = make_windows(MAPS, lookback=3)
    model = ConvLSTMForecaster(2, max_epochs=1, random_state=0).fit(windows, targets)
    display = SaliencyDisplay.from_estimator(model, windows)
    assert display.saliency.shape == (3, 2, 3, 4)
    for frame, image in enumerate(display.images_):
        np.testing.assert_allclose(image.get_array(), display.saliency[frame].mean(axis=0))
    assert [ax.get_title() for ax in display.axes_[0]] == ["frame -2", "frame -1", "frame 0"]


def test_the_estimator_inside_a_series_forecaster_can_be_looked_at() -> None:
    model = SeriesForecaster(LSTMForecaster(4, max_epochs=2, random_state=0), lookback=6).fit(TABLE)
    windows, _ = make_windows(TABLE, lookback=6)
    found = SaliencyDisplay.from_estimator(model, windows).saliency
    inside = SaliencyDisplay.from_estimator(model.estimator_, windows).saliency
    np.testing.assert_array_equal(found, inside)
    assert found.shape == (6, 2, 1, 1)
    assert found.max() > 1e-3


def test_plain_arrays_of_windows_can_be_looked_at() -> None:
    windows = np.asarray(make_windows(TABLE, lookback=6)[0])
    model = LSTMForecaster(4, max_epochs=2, baseline=None, random_state=0)
    model.fit(windows, windows[:, -1])
    found = SaliencyDisplay.from_estimator(model, windows[::9]).saliency
    np.testing.assert_allclose(found[:, :, 0, 0], nudged(model, windows[::9], {}, None), rtol=1e-4)


def test_the_network_is_left_as_it_was() -> None:
    before = {name: value.clone() for name, value in LSTM.net_.module_.state_dict().items()}
    SaliencyDisplay.from_estimator(LSTM, X)
    for name, value in LSTM.net_.module_.state_dict().items():
        assert value.equal(before[name])
        assert value.dtype == before[name].dtype
    assert all(
        weight.grad is None or weight.grad.dtype == weight.dtype
        for weight in LSTM.net_.module_.parameters()
    )


def test_class_scores_can_be_looked_at() -> None:
    windows, _ = make_windows(TABLE, lookback=6)
    model = LSTMClassifier(4, max_epochs=2, random_state=0).fit(windows, np.arange(54) % 3)
    one = SaliencyDisplay.from_estimator(model, windows, output=2).saliency
    other = SaliencyDisplay.from_estimator(model, windows, output=1).saliency
    assert one.shape == (6, 2, 1, 1)
    assert one.max() > 0
    assert not np.allclose(one, other)


def test_errors() -> None:
    with pytest.raises(ValueError, match="output must be below 4, the number of columns of"):
        SaliencyDisplay.from_estimator(LSTM, X, output=4)
    with pytest.raises(ValueError, match="at least one window, got none"):
        SaliencyDisplay.from_estimator(LSTM, X[:0])
    with pytest.raises(TypeError, match="needs a fitted forecaster with net_"):
        SaliencyDisplay.from_estimator(Ridge(), X)
    with pytest.raises(ValueError, match="at least one window, got none"):
        SaliencyDisplay.from_estimator(LSTM, None)


def test_windows_unlike_those_of_fit_are_an_error() -> None:
    with pytest.raises(ShapeError, match="X must hold windows of shape"):
        SaliencyDisplay.from_estimator(LSTM, np.zeros((4, 6, 3)))
    with pytest.raises(ValueError, match="X has 3 features, but LSTMForecaster is expecting"):
        SaliencyDisplay.from_estimator(LSTM, np.zeros((4, 3)))

"""Any units go in, and the same ones come out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.estimators import LSTMForecaster, QuantileDecoder, Training
from stforecast.estimators._scaling import fit_part, fit_rows, fit_windows
from stforecast.exceptions import MissingValuesError
from stforecast.windows import FoldTime, make_windows
from stforecast.windows._batches import map_frames
from tests.estimators.data import FORECASTERS, OWN_UNITS, map_windows, noise, small, table_windows


@pytest.mark.parametrize("kind", FORECASTERS)
def test_units_of_y_do_not_matter(kind):
    X, y = table_windows()
    plain = small(kind).fit(X, y).predict(X)
    scaled = small(kind).fit(X, 1000 * y + 5000).predict(X)
    np.testing.assert_allclose((scaled - 5000) / 1000, plain, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", FORECASTERS)
def test_units_of_each_input_column_do_not_matter(kind):
    table = noise()
    X, y = make_windows(table, lookback=5, horizon=2)
    Z, _ = make_windows(table * [1000, 0.01] + [5000, -3], lookback=5, horizon=2)
    plain, scaled = (small(kind).fit(one, y).predict(one) for one in (X, Z))
    np.testing.assert_allclose(scaled, plain, rtol=1e-4, atol=1e-4)


def test_without_standardizing_large_targets_are_out_of_reach():
    X, y = table_windows()
    raw = small(training=OWN_UNITS).fit(X, y + 5000).predict(X)
    assert np.abs(raw).max() < 100
    assert abs(small().fit(X, y + 5000).predict(X).mean() - 5000) < 10


def test_targets_of_each_step_share_the_scale_of_their_column():
    _, y = make_windows(noise() * [1, 1000], lookback=3, horizon=2)
    scaler = fit_rows(y, (2, 2, 1), masked=False)
    assert scaler.scale[0] == scaler.scale[2] < 2
    assert scaler.scale[1] == scaler.scale[3] > 500


def test_windows_in_view_alone_tell_mean_and_scale():
    table = noise(60)
    poisoned = table.copy()
    poisoned[40:] = 1e9
    X, _ = make_windows(poisoned, lookback=5, horizon=2)
    scaler = fit_windows(X[:30])  # rows 0 to 33
    np.testing.assert_allclose(scaler.mean, table[:34].mean(axis=0))
    np.testing.assert_allclose(scaler.scale, table[:34].std(axis=0))


def test_regrouped_frames_are_standardised_too():
    X, _ = table_windows(lookback=6)
    folded = FoldTime(width=3).fit_transform(X)  # (n, 2, C, 1, 3): a row is in six windows
    values = np.asarray(map_frames(folded, fit_windows(folded)))
    np.testing.assert_allclose(values.mean(axis=(0, 1, 3, 4)), 0, atol=1e-6)
    np.testing.assert_allclose(values.std(axis=(0, 1, 3, 4)), 1, atol=1e-6)


def test_maps_share_one_scale_over_their_cells():
    X, y = map_windows()
    scaler = fit_windows(X)
    assert scaler.mean.shape == (1,)
    assert len(set(fit_rows(y, (2, 1, 12), masked=False).scale)) == 1


def test_a_constant_column_is_only_centred():
    X, y = make_windows(np.c_[noise(40, 1), np.full(40, 0.1)], lookback=3, target=0)
    assert fit_windows(X).scale[1] == 1
    assert np.isfinite(small().fit(X, y).predict(X)).all()


@pytest.mark.parametrize("baseline", [None, "ridge"])
@pytest.mark.parametrize("value", [0.1, 0.0, -1e9])
def test_constant_targets_come_back_exactly(baseline, value):
    X, y = make_windows(np.c_[np.full(60, value), noise(60, 1)], lookback=5, horizon=2)
    forecasts = small(baseline=baseline).fit(X, y).predict(X)
    assert (forecasts[:, ::2] == value).all()
    assert (np.ptp(forecasts[:, 1::2], axis=0) > 0).all()


def test_constant_targets_of_maps_quantiles_and_masks_come_back_exactly():
    maps = np.full((40, 1, 2, 3), 0.7)
    maps[:, 0, 1, 1] = np.nan
    X, y = make_windows(maps, lookback=4, horizon=2, missing="mask")
    model = small(decoder=QuantileDecoder((0.1, 0.5, 0.9))).fit(X, y)
    assert (model.predict_quantiles(X) == 0.7).all()


def test_a_target_that_was_constant_is_learned_once_it_varies():
    X, y = make_windows(np.full(60, 0.1), lookback=5, horizon=2)
    model = small(lr=0.1).fit(X, y).partial_fit(X, y)
    assert (model.predict(X) == 0.1).all()
    model.partial_fit(X, y + noise(len(y), 2))
    assert (model.predict(X) != 0.1).all()


@given(st.integers(1, 40), st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(0, 99))
def test_inverse_undoes_the_standardizer(rows, shift, size, seed):
    values = noise(rows, 3, seed) * size + shift
    scaler = fit_part(values)
    scaler = type(scaler)(scaler.mean, scaler.scale, scaler.axis, np.float64)
    back = scaler.inverse(scaler(values))
    np.testing.assert_allclose(back, values, rtol=1e-9, atol=1e-9 * (abs(shift) + size))


@given(st.integers(2, 200), st.integers(1, 3), st.integers(0, 99))
def test_moments_read_in_blocks_are_those_of_the_whole(rows, columns, seed):
    from stforecast.estimators._scaling import _moments, _standardizer

    values = noise(rows, columns, seed) * 3 + 100
    blocks = np.array_split(values, min(rows, 7))
    fitted = _standardizer(_moments(iter(blocks), 1, masked=False), 1)
    np.testing.assert_allclose(fitted.mean, values.mean(axis=0))
    np.testing.assert_allclose(fitted.scale, values.std(axis=0))


def test_missing_values_are_an_error_unless_masked():
    with pytest.raises(
        MissingValuesError, match=r"1 of its .* values are NaN or infinity, the first in row"
    ):
        fit_part(np.array([[1.0], [np.nan]]))


def test_standardize_takes_a_flag_only():
    X, y = table_windows()
    with pytest.raises(ValueError, match="training__standardize must be True or False, got 'yes'"):
        LSTMForecaster(training=Training(standardize="yes")).fit(X, y)


def test_a_value_too_large_for_a_constant_channel_is_named():
    scaler = fit_rows(np.ones((9, 1)), (1, 1, 1), masked=False)
    assert scaler.scale == 0
    with pytest.raises(ValueError, match=r"channel 0 holds 1e\+60\. Replace it"):
        scaler(np.array([[1e60]]))

"""Structural similarity against its equations, cell by cell, and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stforecast.exceptions import ShapeError
from stforecast.metrics import ssim_per_frame

# scikit-image 0.26, structural_similarity(x, y, data_range=1) of the three pairs of `noisy_pairs`
OF_SCIKIT_IMAGE = [0.8637882416612443, 0.8665252464770694, 0.8068287777184455]


def noisy_pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    maps = rng.random((3, 12, 17))
    return maps, np.clip(maps + rng.normal(0, 0.2, maps.shape), 0, 1)


def naive_ssim(x: np.ndarray, y: np.ndarray, data_range: float, size: int) -> float:
    """Return the similarity of two maps, one square at a time."""
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    values = []
    for i in range(x.shape[0] - size + 1):
        for j in range(x.shape[1] - size + 1):
            a, b = x[i : i + size, j : j + size].ravel(), y[i : i + size, j : j + size].ravel()
            (var_a, covariance), (_, var_b) = np.cov(a, b)
            luminance = (2 * a.mean() * b.mean() + c1) / (a.mean() ** 2 + b.mean() ** 2 + c1)
            values.append(luminance * (2 * covariance + c2) / (var_a + var_b + c2))
    return float(np.mean(values))


@given(
    size=st.sampled_from([3, 5, 7]),
    extra=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    data_range=st.floats(0.5, 300),
    seed=st.integers(0, 99),
)
def test_it_follows_the_equations(
    size: int, extra: tuple[int, int], data_range: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 2, size + extra[0], size + extra[1])) * data_range
    expected = [naive_ssim(a, b, data_range, size) for a, b in zip(x, y, strict=True)]
    result = ssim_per_frame(x, y, data_range=data_range, window_size=size)
    np.testing.assert_allclose(result, expected, rtol=1e-7, atol=1e-9)


def test_it_agrees_with_scikit_image() -> None:
    np.testing.assert_allclose(
        ssim_per_frame(*noisy_pairs(), data_range=1), OF_SCIKIT_IMAGE, rtol=1e-9
    )


def test_it_keeps_the_axes_before_the_map() -> None:
    maps = np.random.default_rng(0).random((2, 3, 1, 8, 9))
    assert ssim_per_frame(maps, maps[::-1], data_range=1).shape == (2, 3, 1)
    np.testing.assert_allclose(ssim_per_frame(maps, maps, data_range=1), 1)


def test_blur_costs_more_than_the_same_squared_error_as_an_offset() -> None:
    maps, _ = noisy_pairs()
    blurred = np.broadcast_to(maps.mean(axis=(1, 2), keepdims=True), maps.shape)
    shifted = maps + np.sqrt(((maps - blurred) ** 2).mean(axis=(1, 2), keepdims=True))
    assert (
        ssim_per_frame(maps, blurred, data_range=1) < ssim_per_frame(maps, shifted, data_range=1)
    ).all()


def test_a_gap_is_not_scored_away() -> None:
    maps, _ = noisy_pairs()
    maps[1, 0, 0] = np.nan
    assert np.isnan(ssim_per_frame(maps, maps, data_range=1)).tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"window_size": 4}, ValueError, "window_size must be odd, .* got 4"),
        ({"window_size": 1}, ValueError, "window_size must be an integer of at least 3, got 1"),
        ({"data_range": 0}, ValueError, r"data_range must be a number above 0, got 0"),
        ({"window_size": 13}, ShapeError, r"window_size = 13 cells .* got shape \(3, 12, 17\)"),
        ({"y_pred": np.zeros((3, 12, 16))}, ShapeError, r"got \(3, 12, 17\) and \(3, 12, 16\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    arguments: dict[str, object], error: type[Exception], message: str
) -> None:
    maps, _ = noisy_pairs()
    with pytest.raises(error, match=message):
        ssim_per_frame(**{"y_true": maps, "y_pred": maps, "data_range": 1, **arguments})

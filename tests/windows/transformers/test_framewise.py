"""A tabular transformer on every frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from stforecast.exceptions import ShapeError
from stforecast.windows import FoldTime, Framewise, Windows, make_windows

ROWS = np.random.default_rng(0).normal(5, 3, size=(40, 3))


def windows(rows: np.ndarray = ROWS, lookback: int = 6) -> Windows:
    return make_windows(rows, lookback=lookback)[0]


@pytest.mark.parametrize(
    "transformer", [None, MinMaxScaler(), PCA(2), QuantileTransformer(n_quantiles=9)]
)
def test_every_frame_goes_through_the_transformer(transformer: Any) -> None:
    X = windows()
    framewise = Framewise(transformer).fit(X)
    expected = [framewise.transformer_.transform(window) for window in X]
    np.testing.assert_allclose(np.asarray(framewise.transform(X)), expected, rtol=1e-12)


def test_fit_counts_each_row_in_view_once() -> None:
    X = windows()
    scaler = Framewise().fit(X[[0, 1, 20]]).transformer_
    seen = np.concatenate([ROWS[:7], ROWS[20:26]])
    np.testing.assert_allclose(scaler.mean_, seen.mean(axis=0))
    assert scaler.n_samples_seen_ == 13


def test_rows_out_of_view_change_nothing() -> None:
    poisoned = ROWS.copy()
    poisoned[20:] = 1e9
    clean, dirty = windows()[:10], windows(poisoned)[:10]
    np.testing.assert_array_equal(
        np.asarray(Framewise().fit_transform(clean)), np.asarray(Framewise().fit_transform(dirty))
    )


def test_after_regrouping_each_frame_of_each_window_counts() -> None:
    X = FoldTime(width=2).fit_transform(windows())
    scaler = Framewise().fit(X).transformer_
    assert scaler.n_samples_seen_ == len(X) * 3
    np.testing.assert_allclose(scaler.mean_, np.asarray(X).reshape(-1, 6).mean(axis=0))


@pytest.mark.parametrize("transformer", [None, PCA(2), MinMaxScaler()])
def test_a_fitted_one_treats_windows_and_arrays_alike(transformer: Any) -> None:
    X = windows()
    for fitted in (Framewise(transformer).fit(X[:20]), Framewise(transformer).fit(np.asarray(X))):
        np.testing.assert_allclose(
            np.asarray(fitted.transform(X[15:])), fitted.transform(np.asarray(X[15:])), rtol=1e-12
        )


def test_shape_and_dtype_are_known_before_reading() -> None:
    for rows in (ROWS, ROWS.astype(np.float32), (ROWS * 9).astype(np.int32)):
        for X in (windows(rows), FoldTime(width=2).fit_transform(windows(rows))):
            scaled = Framewise(PCA(2)).fit_transform(X)
            assert (scaled.shape, scaled.dtype) == (np.asarray(scaled).shape, scaled[0].dtype)


def test_maps_keep_their_layout() -> None:
    maps = np.random.default_rng(1).normal(size=(20, 2, 3, 4))
    X, _ = make_windows(maps, lookback=3)
    scaled = Framewise().fit_transform(X)
    expected = StandardScaler().fit_transform(maps[:19].reshape(19, -1)).reshape(19, 2, 3, 4)
    np.testing.assert_allclose(np.asarray(scaled)[-1], expected[16:], rtol=1e-12)


@pytest.mark.parametrize("layout", ["table", "folded", "array", "maps"])
def test_the_inverse_restores_values_and_layout(layout: str) -> None:
    X: Any = windows()
    if layout == "folded":
        X = FoldTime(width=2).fit_transform(X)
    elif layout == "array":
        X = np.asarray(X)
    elif layout == "maps":
        X = make_windows(ROWS[:, :, None, None].repeat(2, axis=3), lookback=4)[0]
    framewise = Framewise().fit(X)
    back = framewise.inverse_transform(framewise.transform(X))
    assert back.shape == X.shape
    np.testing.assert_allclose(np.asarray(back), np.asarray(X), rtol=1e-12)
    assert isinstance(back, Windows) == isinstance(X, Windows)


def test_missing_values_can_be_filled_by_an_imputer() -> None:
    rows = np.where(ROWS > 9, np.nan, ROWS)
    X, _ = make_windows(rows, lookback=6, missing="mask")
    filled = np.asarray(Framewise(SimpleImputer()).fit_transform(X))
    assert np.isfinite(filled).all()


def test_series_on_disk_are_scaled_as_they_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    stored, _ = make_windows(np.load(tmp_path / "rows.npy", mmap_mode="r"), lookback=6)
    lazy = Framewise().fit(stored[4:])
    held = Framewise().fit(windows()[4:])
    np.testing.assert_allclose(lazy.transformer_.mean_, held.transformer_.mean_)
    scaled = lazy.transform(stored)
    assert isinstance(scaled.base, np.memmap)
    np.testing.assert_allclose(np.asarray(scaled), np.asarray(held.transform(windows())))


def test_a_transformer_without_partial_fit_sees_all_rows_of_a_stored_series(
    tmp_path: Path,
) -> None:
    np.save(tmp_path / "rows.npy", ROWS)
    stored, _ = make_windows(np.load(tmp_path / "rows.npy", mmap_mode="r"), lookback=6)
    assert Framewise(PCA(2)).fit(stored).transformer_.n_samples_ == 39


def test_output_settings_of_the_transformer_do_not_matter() -> None:
    scaler = StandardScaler().set_output(transform="pandas")
    assert isinstance(np.asarray(Framewise(scaler).fit_transform(windows())), np.ndarray)


def test_the_transformer_given_is_left_alone() -> None:
    scaler = StandardScaler()
    Framewise(scaler).fit(windows())
    assert not hasattr(scaler, "mean_")


def test_only_what_inverts_has_an_inverse() -> None:
    assert not hasattr(Framewise(Normalizer()), "inverse_transform")
    assert hasattr(Framewise(), "inverse_transform")
    with pytest.raises(NotFittedError):
        Framewise().inverse_transform(windows())


def test_sparse_results_are_refused() -> None:
    with pytest.raises(TypeError, match=r"returns a sparse one\. Set its sparse_output=False"):
        Framewise(OneHotEncoder()).fit(windows((ROWS > 5).astype(int)))


def test_fit_needs_a_window() -> None:
    with pytest.raises(ValueError, match="at least one window to fit, got none"):
        Framewise().fit(windows()[:0])
    fitted = Framewise().fit(windows())
    assert np.asarray(fitted.transform(windows()[:0])).shape == (0, 6, 3)


def test_labels_and_parts_are_kept() -> None:
    series = pd.DataFrame(ROWS, pd.date_range("2020", periods=40), list("abc"))
    X = make_windows(series, lookback=6, target="a", static=[1.0])[0][10:20]
    scaled = Framewise().fit_transform(X)
    assert scaled.origins.equals(X.origins)
    assert scaled.times.tolist() == X.times.tolist()
    assert list(scaled.parts) == ["static"]
    assert scaled.reach == X.reach


def test_a_function_that_drops_a_column_changes_the_frame() -> None:
    drop = FunctionTransformer(lambda frames: frames[:, :1])
    assert Framewise(drop).fit_transform(windows()).shape == (34, 6, 1)


@pytest.mark.parametrize("scaler", [StandardScaler(), MinMaxScaler(), RobustScaler()], ids=str)
@pytest.mark.parametrize("stored", [False, True])
def test_what_is_always_missing_stays_so_without_a_warning(scaler: Any, stored: bool) -> None:
    sea = np.random.default_rng(0).normal(5, 2, (30, 3, 4))
    sea[:, 0, 1] = np.nan
    sea[7, 2, 2] = np.nan
    series = zarr.array(sea, chunks=(8, 3, 4)) if stored else sea
    X, _ = make_windows(series, lookback=4, missing="mask")
    scaled = Framewise(scaler).fit_transform(X)
    values = np.asarray(scaled)
    np.testing.assert_array_equal(np.isnan(values), np.isnan(np.asarray(X)))
    inverse = Framewise(scaler).fit(X).inverse_transform(scaled)
    np.testing.assert_allclose(np.asarray(inverse), np.asarray(X))
    assert np.abs(np.nanmean(values)) < 1


def test_what_is_no_transformer_is_refused() -> None:
    for other in (Ridge(), StandardScaler, "scale", 3):
        with pytest.raises(
            TypeError, match="transformer must be a transformer with fit and transform or None"
        ):
            Framewise(other).fit(np.zeros((3, 4)))


def test_frames_that_were_not_made_by_transform_are_not_inverted() -> None:
    scaler = Framewise().fit(np.zeros((3, 4, 2)))
    assert scaler.inverse_transform(np.ones((3, 7, 2))).shape == (3, 7, 2)
    with pytest.raises(ShapeError, match=r"takes frames of shape \(2,\), .* got \(3,\). Pass what"):
        scaler.inverse_transform(np.ones((3, 4, 3)))

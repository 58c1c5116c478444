"""dask, zarr and xarray: read in slices of rows, and only what is asked for."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import dask.array as dask_array
import numpy as np
import pandas as pd
import pytest
import xarray
import zarr

from stforecast.exceptions import IrregularIndexError, ShapeError
from stforecast.windows import Framewise, Windows, _batches, make_windows
from stforecast.windows.sources._stored_rows import StackedRows, StoredRows
from tests.windows.oracles import naive_windows

MAPS = np.random.default_rng(0).normal(size=(40, 2, 3, 4))
HOURS = pd.date_range("2020-01-01", periods=40, freq="h")


class Spy:
    """An array that notes which rows are read."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.shape, self.dtype = values.shape, values.dtype
        self.read: list[tuple[int, int]] = []

    def __getitem__(self, key: slice) -> np.ndarray:
        start, stop, _ = key.indices(len(self.values))
        self.read.append((start, stop))
        return self.values[key]


def spied_windows(lookback: int = 5) -> tuple[Spy, Windows]:
    spy = Spy(MAPS)
    ends = np.arange(lookback, len(MAPS) + 1)
    return spy, Windows(StoredRows(spy, MAPS.shape[1:]), ends, lookback)


def in_zarr(values: np.ndarray, folder: Path) -> Any:
    array = zarr.create_array(
        store=folder / "maps.zarr",
        shape=values.shape,
        dtype=values.dtype,
        chunks=(7, *values.shape[1:]),
    )
    array[:] = values
    return array


@pytest.mark.parametrize("kind", ["zarr", "dask"])
@pytest.mark.parametrize("values", [MAPS, MAPS[:, 0], MAPS[:, :, 0, 0], MAPS[:, 0, 0, 0]])
def test_stored_arrays_give_the_same_windows(kind: str, values: np.ndarray, tmp_path: Path) -> None:
    stored = (
        in_zarr(values, tmp_path) if kind == "zarr" else dask_array.from_array(values, chunks=7)
    )
    X, y = make_windows(stored, lookback=5, horizon=2, gap=1)
    expected_X, expected_y = make_windows(values, lookback=5, horizon=2, gap=1)
    assert not X.in_memory
    assert isinstance(y, Windows)
    assert (X.shape, X.dtype, y.shape) == (expected_X.shape, expected_X.dtype, expected_y.shape)
    np.testing.assert_array_equal(np.asarray(X), np.asarray(expected_X))
    np.testing.assert_array_equal(np.asarray(y), np.asarray(expected_y))
    order = np.random.default_rng(0).permutation(len(X))[:9]
    np.testing.assert_array_equal(X.batch(order), np.asarray(expected_X)[order])


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_a_list_of_stored_arrays_is_a_panel_that_stays_on_disk(tmp_path: Path) -> None:
    members = [MAPS[:12], MAPS[12:], MAPS[:3], MAPS[5:30]]
    stored = [in_zarr(values, tmp_path / str(i)) for i, values in enumerate(members[:3])]
    X, y = make_windows([*stored, members[3]], lookback=5, horizon=2)
    expected_X, expected_y = make_windows(members, lookback=5, horizon=2)
    assert not X.in_memory
    assert X.shape == expected_X.shape
    np.testing.assert_array_equal(np.asarray(X), np.asarray(expected_X))
    np.testing.assert_array_equal(y.batch([30, 2, 46]), np.asarray(expected_y)[[30, 2, 46]])
    assert X.origins.equals(expected_X.origins)


def test_a_panel_reads_only_the_series_asked_for() -> None:
    spies = [Spy(MAPS[:20]), Spy(MAPS[20:])]
    rows = StackedRows(tuple(StoredRows(spy, MAPS.shape[1:]) for spy in spies))
    np.testing.assert_array_equal(rows[22:25], MAPS[22:25])
    np.testing.assert_array_equal(rows[18:23], MAPS[18:23])
    assert [spy.read for spy in spies] == [[(18, 20)], [(2, 5), (0, 3)]]
    assert rows[40:].shape == (0, 2, 3, 4)


def test_channels_of_a_stored_array_are_targets(tmp_path: Path) -> None:
    X, y = make_windows(in_zarr(MAPS, tmp_path), lookback=5, target=1)
    np.testing.assert_array_equal(np.asarray(y), MAPS[5:, 1].reshape(35, -1))
    assert X.unflatten(y).shape == (35, 1, 1, 3, 4)


def test_nothing_is_read_until_windows_are() -> None:
    spy, X = spied_windows()
    Framewise()
    X[3:9].compact()
    assert X.shape == (36, 5, 2, 3, 4)
    assert repr(X).startswith("Windows(36 windows")
    assert spy.read == []


def test_a_batch_reads_its_rows_once() -> None:
    spy, X = spied_windows()
    X.batch([0, 1, 2, 20, 19])
    assert spy.read == [(0, 7), (19, 25)]


def test_long_runs_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "READ_BYTES", 10 * MAPS[0].nbytes)
    spy, X = spied_windows()
    whole = np.asarray(X)
    np.testing.assert_array_equal(whole, naive_windows([MAPS], lookback=5, horizon=0)[0])
    assert max(stop - start for start, stop in spy.read) == 10


def test_fitting_a_scaler_reads_the_rows_in_view_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_batches, "GAP_BYTES", 0)
    spy, X = spied_windows()
    framewise = Framewise().fit(X[[0, 1, 30]])
    assert spy.read[:2] == [(0, 6), (30, 35)]
    assert framewise.transformer_.n_samples_seen_ == 11
    framewise.transform(X)
    assert sum(stop - start for start, stop in spy.read[2:]) <= 5


def test_rows_between_that_are_few_are_read_along() -> None:
    spy, X = spied_windows()
    framewise = Framewise().fit(X[[0, 1, 30]])
    assert spy.read[0] == (0, 35)
    assert framewise.transformer_.n_samples_seen_ == 11
    mean = np.concatenate([MAPS[:6], MAPS[30:35]]).mean(axis=0)
    np.testing.assert_allclose(framewise.transformer_.mean_.reshape(mean.shape), mean)


def test_stored_series_are_not_read_to_be_sent(tmp_path: Path) -> None:
    X, y = make_windows(in_zarr(MAPS, tmp_path), lookback=5)
    sent = pickle.dumps((X[:3], y[:3]))
    assert len(sent) < MAPS.nbytes / 2
    received, _ = pickle.loads(sent)
    np.testing.assert_array_equal(np.asarray(received), np.asarray(X[:3]))


@pytest.mark.parametrize("kind", ["memory", "zarr"])
@pytest.mark.parametrize(
    "dims",
    [("time", "channel", "y", "x"), ("x", "time", "y", "channel"), ("lat", "lon", "band", "time")],
)
def test_xarray_maps_come_with_dimensions_in_any_order(
    kind: str, dims: tuple[str, ...], tmp_path: Path
) -> None:
    canonical = tuple({"lat": "y", "lon": "x", "band": "channel"}.get(dim, dim) for dim in dims)
    grid = xarray.DataArray(
        MAPS, dims=("time", "channel", "y", "x"), coords={"time": HOURS, "y": [3.0, 2.0, 1.0]}
    )
    grid = grid.transpose(*canonical).rename(dict(zip(canonical, dims, strict=True))).rename("heat")
    if kind == "zarr":
        grid.to_dataset().to_zarr(tmp_path / "maps.zarr", consolidated=False)
        grid = xarray.open_zarr(tmp_path / "maps.zarr", consolidated=False)["heat"]
    X, y = make_windows(grid, lookback=5, horizon=2)
    windows, targets, _ = naive_windows([MAPS], lookback=5, horizon=2)
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)
    assert X.in_memory == (kind == "memory")
    forecast = X.unflatten(y)
    assert forecast.dims[:3] == ("origin", "step", "band" if "band" in dims else "channel")
    assert forecast.sizes["step"] == 2
    assert forecast.indexes["origin"].equals(HOURS[4:38])
    assert forecast.coords[forecast.dims[3]].to_numpy().tolist() == [3.0, 2.0, 1.0]


def test_one_map_a_row_needs_no_channel() -> None:
    grid = xarray.DataArray(MAPS[:, 0], dims=("time", "lat", "lon"), coords={"time": HOURS})
    X, y = make_windows(grid, lookback=5)
    assert X.shape == (35, 5, 1, 3, 4)
    assert X.unflatten(y).dims == ("origin", "step", "lat", "lon")


def test_variables_of_a_dataset_are_channels() -> None:
    dims = ("time", "y", "x")
    data = xarray.Dataset(
        {"t2m": (dims, MAPS[:, 0]), "wind": (dims, MAPS[:, 1])}, coords={"time": HOURS}
    )
    X, y = make_windows(data, lookback=5)
    np.testing.assert_array_equal(np.asarray(X)[0], MAPS[:5])
    assert X.unflatten(y).coords["channel"].to_numpy().tolist() == ["t2m", "wind"]


def test_an_xarray_series_without_maps_is_a_table() -> None:
    series = xarray.DataArray(MAPS[:, 0, 0, 0], dims="time", coords={"time": HOURS})
    X, y = make_windows(series, lookback=5)
    assert X.shape == (35, 5, 1)
    assert y.shape == (35, 1)
    sites = xarray.DataArray(MAPS[:, :, 0, 0], dims=("time", "site"), coords={"time": HOURS})
    X, y = make_windows(sites, lookback=5)
    assert X.shape == (35, 5, 2)
    assert X.unflatten(y).dims == ("origin", "step", "site")


def test_maps_without_times_are_numbered() -> None:
    grid = xarray.DataArray(MAPS[:, 0], dims=("time", "lat", "lon"))
    assert make_windows(grid, lookback=5)[0].origins.tolist() == list(range(4, 39))


def test_xarray_times_must_be_regular() -> None:
    grid = xarray.DataArray(MAPS[:, 0], dims=("time", "y", "x"), coords={"time": HOURS})
    with pytest.raises(IrregularIndexError, match="steps of one length"):
        make_windows(grid.isel(time=[0, 1, 3, 4, 5]), lookback=2)


@pytest.mark.parametrize("dims", [("t0", "y", "x"), ("time", "y", "z"), ("time", "x", "u")])
def test_dimensions_of_other_names_are_refused(dims: tuple[str, ...]) -> None:
    with pytest.raises(ShapeError, match=r"the dimensions time, \[channel,\] y, x, got \("):
        make_windows(xarray.DataArray(MAPS[:, 0], dims=dims), lookback=5)


def test_xarray_must_hold_numbers() -> None:
    with pytest.raises(ValueError, match="must be numeric, got an array of complex128"):
        make_windows(
            xarray.DataArray(MAPS[:, 0].astype(complex), dims=("time", "y", "x")), lookback=5
        )


def test_variables_are_targets_by_name() -> None:
    dims = ("time", "y", "x")
    data = xarray.Dataset(
        {"t2m": (dims, MAPS[:, 0]), "wind": (dims, MAPS[:, 1])}, coords={"time": HOURS}
    )
    X, y = make_windows(data, lookback=5, target="wind")
    assert X.shape == (35, 5, 2, 3, 4)
    np.testing.assert_array_equal(np.asarray(y), MAPS[5:, 1].reshape(35, -1))
    with pytest.raises(ValueError, match=r"'rain' is not among \['t2m', 'wind'\]"):
        make_windows(data, lookback=5, target="rain")


@pytest.mark.parametrize("chunks", [None, {}], ids=["without dask", "with dask"])
def test_a_dataset_on_disk_is_read_in_slices(
    chunks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dims = ("time", "y", "x")
    data = xarray.Dataset(
        {"t2m": (dims, MAPS[:, 0]), "wind": (dims, MAPS[:, 1])}, coords={"time": HOURS}
    )
    data.to_zarr(tmp_path / "maps.zarr", consolidated=False)
    opened = xarray.open_zarr(tmp_path / "maps.zarr", consolidated=False, chunks=chunks)
    # a folder lists its variables in no order
    X, y = make_windows(opened[["t2m", "wind"]], lookback=5, horizon=2)
    assert not X.in_memory
    read: list[int] = []
    get = zarr.Array.__getitem__

    def spy(self: Any, key: Any) -> Any:
        found = get(self, key)
        read.append(len(found))
        return found

    monkeypatch.setattr(zarr.Array, "__getitem__", spy)
    windows, targets, _ = naive_windows([MAPS], lookback=5, horizon=2)
    np.testing.assert_array_equal(X[3], windows[3])
    np.testing.assert_array_equal(np.asarray(y[3:5]), targets[3:5])
    if chunks is None:
        assert read
        assert max(read) <= 5
    assert X.unflatten(np.asarray(y)).dims == ("origin", "step", "channel", "y", "x")


def test_a_dataset_has_no_channels_but_its_variables() -> None:
    data = xarray.Dataset({"u": (("time", "level", "y", "x"), MAPS)}, coords={"time": HOURS})
    with pytest.raises(ShapeError, match=r"no dimension 'level' of their own\. Select"):
        make_windows(data, lookback=5)
    bounds = xarray.DataArray(np.zeros((len(HOURS), 2)), dims=("time", "nv"))
    data = xarray.Dataset({"u": data["u"][:, 0], "time_bnds": bounds})
    with pytest.raises(ShapeError, match=r"own\. Leave out .*: series.drop_vars\(\['time_bnds'\]"):
        make_windows(data, lookback=5)
    make_windows(data.drop_vars(["time_bnds"]), lookback=5)
    with pytest.raises(ValueError, match="at least one variable, got none"):
        make_windows(xarray.Dataset(coords={"time": HOURS}), lookback=5)

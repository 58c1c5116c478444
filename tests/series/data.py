"""Series of every kind, all with the same numbers, and a regressor that notes what it is shown."""

from __future__ import annotations

from typing import Any, ClassVar

import dask.array
import numpy as np
import pandas as pd
import xarray
import zarr
from sklearn.linear_model import Ridge

N = 60
ROWS = np.random.default_rng(0).normal(size=(N, 2)).cumsum(axis=0)
MAPS = np.random.default_rng(1).normal(size=(40, 2, 3, 4))
DAYS = pd.date_range("2020-01-01", periods=N, freq="D", name="day")
TABLE = pd.DataFrame(ROWS, DAYS, ["a", "b"])
PANEL = pd.concat({"x": TABLE[:30], "y": TABLE[10:]}, names=["meter", "day"])
INDEXES = {
    "days": DAYS,
    "days without frequency": pd.DatetimeIndex(DAYS.to_numpy()),
    "hours through a change of clocks": pd.date_range(
        "2020-03-28", periods=N, freq="h", tz="Europe/Paris"
    ),
    "days through a change of clocks": pd.date_range(
        "2020-02-20", periods=N, freq="D", tz="Europe/Paris"
    ),
    "starts of months": pd.date_range("2015-01-01", periods=N, freq="MS"),
    "ends of months": pd.date_range("2015-01-01", periods=N, freq="ME"),
    "business days": pd.date_range("2015-01-01", periods=N, freq="B"),
    "weeks": pd.date_range("2015-01-04", periods=N, freq="W"),
    "quarter hours": pd.timedelta_range("0h", periods=N, freq="15min"),
    "months as periods": pd.period_range("2015-01", periods=N, freq="M"),
    "quarters as periods": pd.period_range("2015-01", periods=N, freq="3M"),
    "every third integer": pd.RangeIndex(5, 5 + 3 * N, 3),
    "integers": pd.Index(np.arange(7, 7 + N)),
}


class Recorder(Ridge):
    """Ridge regression that keeps the inputs of its last prediction, and counts predictions."""

    seen: ClassVar[np.ndarray]
    calls: ClassVar[int] = 0

    def predict(self, X: Any) -> np.ndarray:
        Recorder.seen = np.asarray(X)
        Recorder.calls += 1
        return super().predict(X)


def in_xarray(maps: np.ndarray) -> xarray.DataArray:
    dims = ("time", "level", "lat", "lon") if maps.ndim == 4 else ("time", "lat", "lon")
    coords = {"time": DAYS[: len(maps)].to_numpy(), "lat": [50.0, 51, 52], "lon": [1.0, 2, 3, 4]}
    return xarray.DataArray(maps, dims=dims, coords=coords, name="sst")


def in_dataset(maps: np.ndarray) -> xarray.Dataset:
    grid = in_xarray(maps)
    return xarray.Dataset({"u": grid[:, 0], "v": grid[:, 1]})


def in_dask(maps: np.ndarray) -> Any:
    return dask.array.from_array(maps, chunks=(7, *maps.shape[1:]))


def in_zarr(maps: np.ndarray) -> Any:
    return zarr.array(maps, chunks=(7, *maps.shape[1:]))

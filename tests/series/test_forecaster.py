"""The continuation: right numbers, right labels, same kind out as in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import xarray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge

from stforecast.exceptions import SeriesTooShortError, ShapeError
from stforecast.series import SeriesForecaster
from tests.series.data import (
    DAYS,
    INDEXES,
    MAPS,
    PANEL,
    ROWS,
    TABLE,
    in_dask,
    in_dataset,
    in_xarray,
    in_zarr,
)
from tests.series.oracles import ridge_forecast


def forecaster(**params: Any) -> SeriesForecaster:
    return SeriesForecaster(**{"estimator": Ridge(2.0), "lookback": 3, "horizon": 2, **params})


@pytest.mark.parametrize(("lookback", "horizon"), [(1, 1), (1, 4), (5, 1), (4, 3)])
def test_forecasts_are_those_of_a_naive_loop(lookback: int, horizon: int) -> None:
    expected = ridge_forecast(ROWS, lookback=lookback, horizon=horizon, alpha=2.0, latest=ROWS)
    model = forecaster(lookback=lookback, horizon=horizon)
    np.testing.assert_allclose(model.fit(ROWS).forecast(), expected, rtol=1e-9)
    np.testing.assert_allclose(model.fit(TABLE).forecast().to_numpy(), expected, rtol=1e-9)


def test_another_series_is_continued_from_its_own_end() -> None:
    expected = ridge_forecast(ROWS, lookback=3, horizon=2, alpha=2.0, latest=ROWS[:20])
    found = forecaster().fit(TABLE).forecast(TABLE[:20])
    np.testing.assert_allclose(found.to_numpy(), expected, rtol=1e-9)
    assert found.index.tolist() == DAYS[20:22].tolist()


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_goes_on(kind: str) -> None:
    index = INDEXES[kind]
    found = forecaster().fit(TABLE[:-2].set_axis(index[:-2])).forecast()
    assert found.index.tolist() == index[-2:].tolist()
    assert isinstance(found.index, type(index) | pd.RangeIndex)
    assert found.columns.tolist() == ["a", "b"]


@pytest.mark.parametrize("kind", INDEXES)
def test_the_index_goes_on_from_a_panel(kind: str) -> None:
    index = INDEXES[kind]
    table = TABLE[:-2].set_axis(index[:-2])
    panel = pd.concat({"x": table, "y": table[20:]}, names=["meter", "time"])
    found = forecaster(lookback=1).fit(panel).forecast()
    assert found.loc["x"].index.tolist() == found.loc["y"].index.tolist() == index[-2:].tolist()
    assert found.index.names == ["meter", "time"]


def test_names_of_the_index_are_kept() -> None:
    assert forecaster().fit(TABLE).forecast().index.name == "day"


def test_a_column_comes_back_as_a_column() -> None:
    found = forecaster().fit(TABLE["a"]).forecast()
    assert isinstance(found, pd.Series)
    assert found.name == "a"
    expected = ridge_forecast(ROWS[:, :1], lookback=3, horizon=2, alpha=2.0, latest=ROWS[:, :1])
    np.testing.assert_allclose(found.to_numpy(), expected[:, 0], rtol=1e-9)


@pytest.mark.parametrize(
    ("target", "columns"), [("b", ["b"]), (["b"], ["b"]), (["b", "a"], ["b", "a"])]
)
def test_only_the_target_is_forecast(target: Any, columns: list[str]) -> None:
    found = forecaster(target=target).fit(TABLE).forecast()
    assert found.columns.tolist() == columns
    everything = forecaster().fit(TABLE).forecast()
    np.testing.assert_allclose(found.to_numpy(), everything[columns].to_numpy(), rtol=1e-9)


def test_only_the_target_channel_is_forecast() -> None:
    everything = forecaster().fit(MAPS).forecast()
    np.testing.assert_allclose(
        forecaster(target=[1]).fit(MAPS).forecast(), everything[:, 1:], rtol=1e-9
    )


@pytest.mark.parametrize("maps", [MAPS, MAPS[:, 0]], ids=["channels", "no channels"])
def test_maps_come_back_as_maps(maps: np.ndarray) -> None:
    found = forecaster().fit(maps).forecast()
    assert found.shape == (2, *maps.shape[1:])
    flat = maps.reshape(len(maps), -1)
    expected = ridge_forecast(flat, lookback=3, horizon=2, alpha=2.0, latest=flat)
    np.testing.assert_allclose(found.reshape(2, -1), expected, rtol=1e-6)


@pytest.mark.parametrize("maps", [MAPS, MAPS[:, 0]], ids=["channels", "no channels"])
def test_an_xarray_comes_back_with_its_coordinates(maps: np.ndarray) -> None:
    grid = in_xarray(maps)
    found = forecaster().fit(grid).forecast()
    np.testing.assert_allclose(found.to_numpy(), forecaster().fit(maps).forecast())
    assert found.name == "sst"
    assert found.time.to_index().tolist() == DAYS[40:42].tolist()
    assert found.lat.to_numpy().tolist() == [50.0, 51.0, 52.0]
    assert found.lon.to_numpy().tolist() == [1.0, 2.0, 3.0, 4.0]


def test_a_dataset_comes_back_as_a_dataset() -> None:
    model = forecaster().fit(in_dataset(MAPS))
    found = model.forecast()
    expected = forecaster().fit(MAPS).forecast()
    assert model.n_features_in_ == 2
    for channel, name in enumerate(["u", "v"]):
        np.testing.assert_allclose(found[name].to_numpy(), expected[:, channel])
        assert found[name].time.to_index().tolist() == DAYS[40:42].tolist()


@pytest.mark.parametrize("target", [1, [1], "v", ["v"]])
def test_only_the_target_variable_of_a_dataset_is_forecast(target: Any) -> None:
    model = forecaster(target=target).fit(in_dataset(MAPS))
    found = model.forecast()
    assert list(found.data_vars) == ["v"]
    assert found.time.to_index().tolist() == DAYS[40:42].tolist()
    np.testing.assert_allclose(found["v"], forecaster().fit(MAPS).forecast()[:, 1])
    assert model.backtest(in_dataset(MAPS)).sizes["channel"] == 1


def test_only_the_target_level_of_an_xarray_is_forecast() -> None:
    grid = in_xarray(MAPS).assign_coords(level=["low", "high"])
    found = forecaster(target=["high", "low"]).fit(grid).forecast()
    assert found.dims == ("time", "level", "lat", "lon")
    assert found.level.to_numpy().tolist() == ["high", "low"]
    np.testing.assert_allclose(found, forecaster().fit(MAPS).forecast()[:, ::-1])
    with pytest.raises(ValueError, match=r"'top' is not among \['low', 'high'\]"):
        forecaster(target="top").fit(grid)


@pytest.mark.parametrize(
    "dims", [("time", "level", "lat", "lon"), ("lon", "lat", "level", "time")], ids="-".join
)
def test_a_forecast_has_the_dimensions_coordinates_and_attributes_of_the_maps(
    dims: tuple[str, ...],
) -> None:
    grid = in_xarray(MAPS).assign_attrs(units="K").transpose(*dims)
    grid = grid.assign_coords(depth=("level", [0.5, 9.0]), area=(("lat", "lon"), MAPS[0, 0]), z=2)
    found = forecaster().fit(grid).forecast()
    assert found.dims == dims
    assert (found.name, found.attrs) == ("sst", {"units": "K"})
    assert set(found.coords) == {"time", "lat", "lon", "depth", "area", "z"}
    for name in ("lat", "lon", "depth", "area", "z"):
        xarray.testing.assert_identical(found.coords[name].variable, grid.coords[name].variable)
    values = found.transpose("time", "level", "lat", "lon")
    np.testing.assert_allclose(values, forecaster().fit(MAPS).forecast())
    one = forecaster(target=1).fit(grid).forecast()
    assert one.depth.item() == 9.0


def test_the_variables_of_a_dataset_keep_their_attributes() -> None:
    data = in_dataset(MAPS).transpose("lat", "time", "lon")
    data.u.attrs["units"] = "m/s"
    found = forecaster(target=["v", "u"]).fit(data).forecast()
    assert [found.v.attrs, found.u.attrs] == [{}, {"units": "m/s"}]
    assert found.u.dims == ("lat", "time", "lon")


def in_memmap(maps: np.ndarray, folder: Path) -> np.memmap:
    stored = np.memmap(folder / "maps.bin", dtype=maps.dtype, mode="w+", shape=maps.shape)
    stored[:] = maps
    return stored


@pytest.mark.parametrize("kind", ["dask", "zarr", "memmap"])
def test_stored_maps_give_what_maps_in_memory_give(kind: str, tmp_path: Path) -> None:
    store = {"dask": in_dask, "zarr": in_zarr, "memmap": lambda maps: in_memmap(maps, tmp_path)}
    stored = store[kind](MAPS)
    model, expected = forecaster().fit(stored), forecaster().fit(MAPS)
    np.testing.assert_array_equal(model.forecast(), expected.forecast())
    np.testing.assert_array_equal(model.backtest(stored), expected.backtest(MAPS))
    assert model.score(stored) == expected.score(MAPS)
    assert type(model.history_) is np.ndarray
    model.update(store[kind](MAPS[:3])), expected.update(MAPS[:3])
    np.testing.assert_array_equal(model.forecast(), expected.forecast())


class Watcher(RegressorMixin, BaseEstimator):
    """Reads windows, and notes where they lie."""

    def fit(self, X: Any, y: Any) -> Watcher:
        Watcher.in_memory = X.in_memory
        return self

    def predict(self, X: Any) -> np.ndarray:
        return np.zeros(len(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def test_a_memory_map_stays_on_disk(tmp_path: Path) -> None:
    forecaster(estimator=Watcher()).fit(in_memmap(ROWS, tmp_path))
    assert not Watcher.in_memory
    forecaster(estimator=Watcher()).fit(ROWS)
    assert Watcher.in_memory


def test_a_polars_frame_is_labelled_by_its_times() -> None:
    frame = pl.DataFrame({"day": DAYS.to_numpy(), "a": ROWS[:, 0], "b": ROWS[:, 1]})
    pd.testing.assert_frame_equal(
        forecaster().fit(frame).forecast(), forecaster().fit(TABLE).forecast(), check_freq=False
    )


def test_each_series_of_a_panel_is_continued() -> None:
    found = forecaster().fit(PANEL).forecast()
    assert found.loc["x"].index.tolist() == DAYS[30:].tolist()[:2]
    assert found.loc["y"].index.tolist() == [DAYS[-1] + pd.Timedelta(days=i) for i in (1, 2)]
    listed = forecaster().fit([TABLE[:30], TABLE[10:]]).forecast()
    np.testing.assert_array_equal(found.loc["x"].to_numpy(), listed[0].to_numpy())
    np.testing.assert_array_equal(found.loc["y"].to_numpy(), listed[1].to_numpy())
    assert listed[1].index.tolist() == found.loc["y"].index.tolist()


def test_a_panel_sorted_by_time_gives_the_same() -> None:
    pd.testing.assert_frame_equal(
        forecaster().fit(PANEL.sort_index(level="day")).forecast(),
        forecaster().fit(PANEL).forecast(),
    )


def test_a_panel_of_columns_comes_back_as_one() -> None:
    found = forecaster().fit(PANEL["a"]).forecast()
    assert isinstance(found, pd.Series)
    assert found.name == "a"
    assert len(found) == 4


def test_a_list_of_maps_comes_back_as_a_list() -> None:
    found = forecaster().fit([MAPS, MAPS[:15]]).forecast()
    assert [one.shape for one in found] == [(2, 2, 3, 4)] * 2


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_a_series_of_a_list_too_short_to_continue_is_an_error() -> None:
    model = forecaster(lookback=12).fit([MAPS, MAPS[:10]])
    with pytest.raises(SeriesTooShortError, match="series 1 has 10"):
        model.forecast()


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_a_short_series_of_a_panel_is_left_out() -> None:
    panel = pd.concat({"x": TABLE[:30], "y": TABLE[:2]}, names=["meter", "day"])
    found = forecaster().fit(panel).forecast()
    assert found.index.get_level_values(0).unique().tolist() == ["x"]


def test_wrong_columns_are_an_error() -> None:
    with pytest.raises(ValueError, match="same order"):
        forecaster().fit(TABLE).forecast(TABLE[["b", "a"]])
    with pytest.raises(ValueError, match="unseen at fit time"):
        forecaster().fit(TABLE).forecast(TABLE.rename(columns={"a": "c"}))
    with pytest.raises(ValueError, match="same order"):
        forecaster().fit([TABLE]).forecast([TABLE[["b", "a"]]])


def test_wrong_channels_are_an_error() -> None:
    with pytest.raises(ShapeError, match="must have 2 channels as in fit, got 1"):
        forecaster().fit(MAPS).forecast(MAPS[:, :1])
    with pytest.raises(ShapeError, match=r"variables \['u', 'v'\] as in fit"):
        forecaster().fit(in_dataset(MAPS)).forecast(in_dataset(MAPS)[["v", "u"]])


@pytest.mark.parametrize(
    ("params", "series", "message"),
    [
        ({"lookback": 0}, TABLE, "lookback must be an integer of at least 1, got 0"),
        ({"horizon": 0}, TABLE, "horizon must be an integer of at least 1, got 0"),
        ({"stride": 0}, TABLE, "stride must be an integer of at least 1, got 0"),
        ({"missing": "skip"}, TABLE, "missing must be 'error' or 'mask', got 'skip'"),
        ({"target": "c"}, TABLE, "'c' is not among"),
        ({}, TABLE.assign(a="1.5"), r"holds str.*table\['a'\] = pd.to_numeric"),
        ({}, TABLE[::-1], "must run forward in time"),
        ({}, TABLE.drop(DAYS[5]), "steps of one length"),
        ({}, TABLE.replace(ROWS[4, 0], np.nan), "1 of its 120 values are NaN .* row 4"),
        ({}, TABLE[:3], r"3 \+ 0 \+ 2 = 5 rows, but the series has 3"),
        ({}, ROWS[:, 0], "Expected 2D array, got 1D"),
        ({}, [], "Expected 2D array"),
        ({}, TABLE[:0], "the series has 0"),
    ],
)
def test_what_cannot_be_windowed_is_an_error(params: Any, series: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        forecaster(**params).fit(series)


@pytest.mark.parametrize("target", [ROWS[:, 0], TABLE["a"], [ROWS[:, 0]]])
def test_a_target_of_data_is_an_error(target: Any) -> None:
    with pytest.raises(TypeError, match=r"target must be the name of a column.* Make it a column"):
        forecaster(target=target).fit(TABLE)


def test_too_short_a_series_to_continue_is_an_error() -> None:
    with pytest.raises(SeriesTooShortError, match="but the series has 2"):
        forecaster().fit(TABLE).forecast(TABLE[:2])


def test_an_index_too_short_to_show_its_frequency_is_an_error() -> None:
    two = TABLE[:2].set_axis(pd.DatetimeIndex(DAYS[:2].to_numpy()))
    with pytest.raises(ValueError, match="fewer than 3 rows is too short to tell its frequency"):
        forecaster(lookback=1, horizon=1).fit(two).forecast()


def test_a_list_of_polars_frames_is_a_panel() -> None:
    frames = [
        pl.DataFrame({"day": part.index.to_numpy(), **part.to_dict("list")})
        for part in (TABLE, TABLE[:20])
    ]
    found = forecaster().fit(frames).forecast()
    expected = forecaster().fit([TABLE, TABLE[:20]]).forecast()
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other)
        assert list(one.index) == list(other.index)


@pytest.mark.parametrize(
    "series",
    [
        TABLE,
        TABLE["a"],
        ROWS,
        PANEL,
        [TABLE, TABLE[5:]],
        MAPS[:, 0],
        in_xarray(MAPS),
        in_dataset(MAPS),
        pl.from_pandas(TABLE.reset_index()),
        (100 * TABLE).round().astype(int),
    ],
    ids=lambda one: type(one).__name__,
)
def test_a_longer_forecast_goes_on_from_the_forecasts_before_it(series: Any) -> None:
    model = forecaster().fit(series)
    found = _as_rows(model.forecast(horizon=5))
    first = model.forecast()
    model.update(first)
    second = model.forecast()
    model.update(second)
    parts = [_as_rows(one) for one in (first, second, model.forecast())]
    for i, rows in enumerate(found):
        expected = np.concatenate([part[i] for part in parts])[:5]
        np.testing.assert_allclose(rows, expected, rtol=1e-6)


def _as_rows(forecast: Any) -> list[np.ndarray]:
    """The rows of each series of a forecast."""
    if isinstance(forecast, list):
        return [np.asarray(one) for one in forecast]
    if isinstance(forecast, pd.DataFrame) and forecast.index.nlevels > 1:
        return [one.to_numpy() for _, one in forecast.groupby(level=0)]
    if isinstance(forecast, xarray.Dataset):
        return [forecast.to_dataarray().transpose("time", ...).to_numpy()]
    return [np.asarray(forecast)]


def test_a_longer_forecast_has_labels_covariates_and_another_series() -> None:
    def calendar(index: pd.DatetimeIndex) -> np.ndarray:
        return index.dayofweek.to_numpy()[:, None]

    model = forecaster().fit(TABLE, known=calendar)
    found = model.forecast(horizon=7)
    assert found.index.equals(pd.date_range(DAYS[-1], periods=8, name="day")[1:])
    pd.testing.assert_frame_equal(model.forecast(horizon=1), model.forecast()[:1])
    pd.testing.assert_frame_equal(found[:2], model.forecast(), check_freq=False)
    other = model.forecast(TABLE[:20], horizon=5)
    assert other.index[0] == DAYS[20]


def test_a_longer_forecast_needs_every_column() -> None:
    model = forecaster(target="a").fit(TABLE)
    assert len(model.forecast(horizon=2)) == 2
    words = "horizon must be at most 2, .* got 3. Fit with that horizon, or with target=None."
    with pytest.raises(ValueError, match=words):
        model.forecast(horizon=3)
    with pytest.raises(ValueError, match="horizon must be an integer of at least 1, got 0"):
        model.forecast(horizon=0)

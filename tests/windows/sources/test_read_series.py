"""Every kind of series gives the same windows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stforecast.exceptions import IrregularIndexError, MissingValuesError, ShapeError
from stforecast.windows import Windows, make_windows
from stforecast.windows.sources._tables import numeric_values
from tests.windows.oracles import naive_windows

TABLE = np.random.default_rng(0).integers(0, 100, (30, 3)).astype(np.float64)
DAYS = pd.date_range("2020-01-01", periods=30, freq="D")
FRAME = pd.DataFrame(TABLE, DAYS, ["a", "b", "c"])
MAPS = np.random.default_rng(1).normal(size=(12, 2, 3, 4))


def in_polars(frame: pd.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({"day": frame.index.to_numpy(), **frame.to_dict("list")})


TABLES = {
    "DataFrame": FRAME,
    "float32": TABLE.astype(np.float32),
    "float16": TABLE.astype(np.float16),
    "integers": TABLE.astype(np.int16),
    "big-endian": TABLE.astype(">f8"),
    "nullable integers": FRAME.astype("Int64"),
    "nullable floats": FRAME.astype("Float64"),
    "mixed columns": FRAME.astype({"a": "int8", "b": "float32"}),
    "sparse columns": FRAME.astype(pd.SparseDtype(float)),
    "Fortran order": np.asfortranarray(TABLE),
    "every second column": np.repeat(TABLE, 2, axis=1)[:, ::2],
    "read-only": np.broadcast_to(TABLE, TABLE.shape),
    "masked array": np.ma.masked_array(TABLE, TABLE < 0),
    "polars": in_polars(FRAME),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables_of_every_kind_give_the_same_windows(kind: str) -> None:
    X, y = make_windows(TABLES[kind], lookback=4, horizon=2, gap=1)
    windows, targets, _ = naive_windows([TABLE], lookback=4, horizon=2, gap=1)
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)
    assert X.dtype.isnative


def assert_same_moments(found: pd.DatetimeIndex, expected: pd.DatetimeIndex) -> None:
    """Assert that times and names are the same; pandas 2 takes those of another unit for others."""
    assert found.name == expected.name
    if pd.__version__ < "3":
        found, expected = found.as_unit("ns"), expected.as_unit("ns")
    assert found.equals(expected)


def test_polars_frames_bring_their_times() -> None:
    X, y = make_windows(TABLES["polars"], lookback=4)
    assert X.origins.tolist() == DAYS[3:-1].tolist()
    assert y.columns.tolist() == [(1, "a"), (1, "b"), (1, "c")]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Paris", "America/New_York"])
def test_times_of_polars_keep_their_zone(zone: str | None) -> None:
    start, stop = datetime(2024, 3, 30), datetime(2024, 4, 1)  # over a change of clocks
    times = pl.datetime_range(start, stop, "1h", time_zone=zone, eager=True)
    X, _ = make_windows(pl.DataFrame({"t": times, "v": np.arange(float(len(times)))}), lookback=4)
    expected = pd.date_range(start, stop, freq="h", tz=zone)[3:-1]
    assert_same_moments(X.origins, expected.rename("t"))


def test_dates_of_polars_label_rows_beside_integers() -> None:
    days = pl.date_range(datetime(2024, 1, 1), datetime(2024, 1, 9), "1d", eager=True)
    X, y = make_windows(pl.DataFrame({"n": range(9), "day": days, "v": range(9)}), lookback=4)
    assert_same_moments(X.origins, pd.date_range("2024-01-04", "2024-01-08", name="day"))
    assert y.columns.tolist() == [(1, "n"), (1, "v")]


def test_text_of_polars_is_named() -> None:
    days = pl.date_range(datetime(2024, 1, 1), datetime(2024, 1, 9), "1d", eager=True)
    frame = pl.DataFrame({"day": days, "place": ["x"] * 9, "v": range(9)})
    with pytest.raises(ValueError, match=r"must be numeric, but column 'place'"):
        make_windows(frame, lookback=4)


def test_missing_values_of_polars_are_missing() -> None:
    columns = {"flag": [True, None, False], "whole": [1, None, 3], "half": [0.5, None, 2.5]}
    X, _ = make_windows(pl.DataFrame(columns), lookback=1, missing="mask")
    expected = [[1.0, 1.0, 0.5], [np.nan] * 3]
    np.testing.assert_array_equal(np.asarray(X)[:, 0], expected)


def test_a_polars_series_is_one_column() -> None:
    _, y = make_windows(pl.Series("load", [1.0, 2.0, 3.0]), lookback=1)
    assert y.columns.tolist() == [(1, "load")]


@pytest.mark.parametrize("values", [TABLE > 50, FRAME > 50])
def test_truth_values_become_zero_and_one(values: Any) -> None:
    X, y = make_windows(values, lookback=4)
    assert X.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(y), TABLE[4:] > 50)


def test_one_value_a_row_is_one_channel() -> None:
    for series in (TABLE[:, 0], TABLE[:, 0].tolist(), FRAME["a"], pd.Series(TABLE[:, 0])):
        X, y = make_windows(series, lookback=4, horizon=2)
        assert X.shape == (25, 4, 1)
        assert y.shape == (25, 2)


def test_series_without_a_name_get_one() -> None:
    assert make_windows(FRAME["a"].rename(None), lookback=4)[1].columns[0] == (1, "value")
    assert make_windows(FRAME["a"].rename(0), lookback=4)[1].columns[0] == (1, 0)


def test_columns_may_have_labels_of_any_kind() -> None:
    names = pd.MultiIndex.from_tuples([("in", 1), ("in", 2), ("out", 1)])
    X, y = make_windows(FRAME.set_axis(names, axis=1), lookback=4, target=("out", 1))
    assert X.columns == tuple(names)
    assert y.columns.tolist() == [(1, ("out", 1))]


@pytest.mark.parametrize("maps", [MAPS, MAPS[:, 0]])
def test_maps_are_read_with_a_channel_axis(maps: np.ndarray) -> None:
    X, y = make_windows(maps, lookback=4, horizon=2)
    as_frames = maps if maps.ndim == 4 else maps[:, None]
    windows, targets, _ = naive_windows([as_frames], lookback=4, horizon=2)
    np.testing.assert_array_equal(np.asarray(X), windows)
    assert isinstance(y, Windows)
    np.testing.assert_array_equal(np.asarray(y), targets)
    assert y.base is X.base


def test_a_memory_map_stays_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "series.npy"
    np.save(file, TABLE)
    X, y = make_windows(np.load(file, mmap_mode="r"), lookback=4, horizon=2)
    assert isinstance(X.base, np.memmap)
    assert isinstance(y, Windows)
    assert X.nbytes == 25 * 8
    windows, targets, _ = naive_windows([TABLE], lookback=4, horizon=2)
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)


LONG = pd.concat({"u": FRAME, "v": FRAME.iloc[5:16] + 1000, "w": FRAME.iloc[:3]}, names=["site"])
MEMBERS = [TABLE, TABLE[5:16] + 1000, TABLE[:3]]
PANELS = {
    "long table": LONG,
    "long table in order of time": LONG.sort_index(level=1, kind="stable"),
    "list of tables": [group.droplevel(0) for _, group in LONG.groupby(level=0)],
    "list of arrays": MEMBERS,
    "list of different types": [MEMBERS[0], MEMBERS[1].astype(int), MEMBERS[2].tolist()],
    "tuple": tuple(MEMBERS),
}


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
@pytest.mark.parametrize("kind", PANELS)
def test_windows_of_a_panel_never_cross_into_the_next_series(kind: str) -> None:
    X, y = make_windows(PANELS[kind], lookback=4, horizon=2)
    windows, targets, origins = naive_windows(MEMBERS, lookback=4, horizon=2)
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)
    shift = [0, 0 if "array" in kind or kind in ("tuple", "list of different types") else 5]
    assert X.times.tolist() == [row + shift[series] for series, row in origins]


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_origins_of_a_panel_name_series_and_time() -> None:
    X, y = make_windows(LONG, lookback=4, horizon=2)
    assert X.origins.names == ["site", None]
    assert X.origins[-1] == ("v", DAYS[13])
    assert y.index.equals(X.origins)
    assert make_windows([FRAME, FRAME], lookback=4)[0].origins[-1] == (1, DAYS[28])


def test_a_panel_may_have_several_levels_above_time() -> None:
    deep = pd.concat({("north", "u"): FRAME, ("south", "u"): FRAME.iloc[:9]})
    X, _ = make_windows(deep, lookback=4)
    assert X.origins[-1] == (("south", "u"), DAYS[7])


def test_a_panel_of_maps_is_one_stack() -> None:
    X, y = make_windows([MAPS, MAPS[:6]], lookback=4)
    assert X.shape == (10, 4, 2, 3, 4)
    windows, targets, _ = naive_windows([MAPS, MAPS[:6]], lookback=4, horizon=1)
    np.testing.assert_array_equal(np.asarray(X), windows)
    np.testing.assert_array_equal(np.asarray(y), targets)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (FRAME.assign(b="x"), "must be numeric, but column 'b' holds (str|object)"),
        (
            FRAME.astype(object),
            r"column 'a' holds object. Make numbers of it: table\['a'\] = pd.to_numeric",
        ),
        (FRAME.assign(b=DAYS), r"column 'b' holds datetime64.* in the index: set_index\('b'\)"),
        (FRAME.assign(b="x"), r"series of a panel apart in the index: set_index\(\[series, time"),
        (LONG.reset_index(), r"Times belong in the index: set_index\(\['site', 'level_1'\]\)"),
        (
            pd.DataFrame({1: "x", 0: DAYS, 2: 1.0}),
            r"column 0 holds datetime64.* Times belong in the index: set_index\(0\)",
        ),
        (LONG.reset_index(level=0), r"each 'site'. Make a panel of it: .*\('site', append=True\)"),
        (
            LONG.set_axis(LONG.index.droplevel(0)).assign(n=[1] * 30 + [2] * 11 + [3] * 3),
            "each 'n'",
        ),
        (LONG.swaplevel(), r"needs time as the last level of its index, got .*swaplevel\(0, -1\)"),
        (TABLE[:, :0], r"at least one value per row, got shape \(30, 0\)"),
        (FRAME.astype("category"), "column 'a' holds category"),
        (FRAME.astype(complex), "column 'a' holds complex128"),
        (FRAME.set_axis(list("aba"), axis=1), "columns of different names, but 'a' stands more"),
        (FRAME[[]], "must have at least one column"),
        (TABLE.astype(complex), "got an array of complex128. Convert it with astype"),
        (TABLE.astype(str), "got an array of <U"),
        (np.array([object()]), "got an array of object"),
        ([], "at least one series, got an empty list"),
        (LONG[:0], "at least one series, got an empty table"),
    ],
)
def test_what_is_no_series_of_numbers_is_refused(series: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_windows(series, lookback=2)


@pytest.mark.parametrize("shape", [(9, 1, 2, 3, 4), ()])
def test_arrays_of_other_axes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match=r"\(N,\), \(N, C\), \(N, H, W\) or \(N, C, H, W\)"):
        make_windows(np.zeros(shape), lookback=2)


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ([FRAME, FRAME[["a"]]], r"series 1 has \['a'\] and series 0 has \['a', 'b', 'c'\]"),
        ([FRAME, TABLE], r"series 1 has frames of shape \(3,\) and series 0 has"),
        ([MAPS, MAPS[:, :1]], r"frames of shape \(1, 3, 4\)"),
    ],
)
def test_series_of_a_panel_must_have_the_same_columns(panel: Any, message: str) -> None:
    with pytest.raises(ShapeError, match=message):
        make_windows(panel, lookback=2)


def test_series_of_a_panel_must_share_a_frequency() -> None:
    hourly = FRAME.set_axis(pd.date_range("2020", periods=30, freq="h"))
    with pytest.raises(IrregularIndexError, match="steps of <Day> and steps of <Hour>"):
        make_windows([FRAME, hourly], lookback=2)


@pytest.mark.parametrize(
    "series", [FRAME.where(TABLE[7, 1] != FRAME), FRAME.replace(TABLE[7, 1], np.inf)]
)
def test_missing_values_are_counted_and_placed(series: pd.DataFrame) -> None:
    bad = ~np.isfinite(series.to_numpy())
    row = int(np.argmax(bad.any(axis=1)))
    with pytest.raises(
        MissingValuesError,
        match=f"but {bad.sum()} of its 90 values are NaN or infinity, the first in row {row} "
        r"\(2020-.*\) of column 'b'. (Fill them first|Put NaN in .*), or pass missing='mask'",
    ):
        make_windows(series, lookback=2)


def test_missing_values_may_stay_to_be_masked() -> None:
    X, y = make_windows(FRAME.where(FRAME > 20), lookback=2, missing="mask")
    assert X.masked
    assert np.isnan(np.asarray(X)).sum() > 0
    np.testing.assert_array_equal(np.isnan(np.asarray(y)), TABLE[2:] <= 20)
    with pytest.raises(MissingValuesError, match="NaN or infinity"):
        make_windows(FRAME.replace(TABLE[7, 1], np.inf), lookback=2, missing="mask")


def test_missing_entries_of_nullable_and_masked_arrays_are_missing() -> None:
    for series in (
        FRAME.astype("Int64").where(FRAME > 20),
        np.ma.masked_array(TABLE.astype(int), TABLE <= 20),
    ):
        with pytest.raises(MissingValuesError, match="are NaN or infinity"):
            make_windows(series, lookback=2)
        _, y = make_windows(series, lookback=2, missing="mask")
        np.testing.assert_array_equal(np.isnan(np.asarray(y)), TABLE[2:] <= 20)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
def test_aligned_targets_follow_the_rows_of_a_panel_in_any_order() -> None:
    mixed = LONG.sort_index(level=1, kind="stable")
    doubled = mixed["a"] * 2
    _, expected = make_windows(LONG, lookback=4, target="a")
    for target in (doubled, doubled.to_numpy()):
        _, y = make_windows(mixed, lookback=4, target=target)
        np.testing.assert_array_equal(np.asarray(y), 2 * np.asarray(expected))
    with pytest.raises(ShapeError, match="must have the index of the series"):
        make_windows(mixed, lookback=4, target=doubled[::-1])


@pytest.mark.parametrize("series", [{"u": TABLE}, None, iter([1.0]), pl.LazyFrame({"a": [1.0]})])
def test_what_is_no_series_at_all_is_refused(series: Any) -> None:
    with pytest.raises(TypeError, match=r"must be a table, an array .* got \w+\. Collect a lazy"):
        make_windows(series, lookback=2)


@pytest.mark.filterwarnings("ignore::stforecast.exceptions.ShortSeriesWarning")
@given(
    lengths=st.lists(st.integers(0, 25), min_size=1, max_size=5),
    lookback=st.integers(1, 5),
    horizon=st.integers(1, 4),
    gap=st.integers(0, 3),
    stride=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_any_panel_in_any_order_of_series_equals_a_naive_loop(
    lengths: list[int], lookback: int, horizon: int, gap: int, stride: int, seed: int
) -> None:
    assume(max(lengths) >= max(3, lookback + gap + horizon))  # of two rows none shows a frequency
    rng = np.random.default_rng(seed)
    members = [rng.normal(size=(n, 2)) for n in lengths]
    starts = rng.integers(0, 40, len(lengths))
    days = pd.date_range("2020-01-01", periods=70, freq="D")
    frames = {
        i: pd.DataFrame(one, days[start : start + len(one)])
        for i, (one, start) in enumerate(zip(members, starts, strict=True))
    }
    rows = np.repeat(list(frames), lengths)
    shuffled = rng.permutation(rows)  # which series the next row is of; each stays in its order
    order = np.argsort(rows, kind="stable")[np.argsort(np.argsort(shuffled, kind="stable"))]
    long = pd.concat(frames).iloc[order]
    sizes = {"lookback": lookback, "horizon": horizon, "gap": gap, "stride": stride}
    windows, targets, origins = naive_windows(members, **sizes)
    X, y = make_windows(long, **sizes)
    names = list(X.origins.get_level_values(0))
    place = {name: names.index(name) for name in set(names)}
    earliest = min(start for start, n in zip(starts, lengths, strict=True) if n)
    for i, (name, origin) in enumerate(origins):
        at = place[name] + sum(1 for other, _ in origins[:i] if other == name)
        np.testing.assert_array_equal(X[at], windows[i])
        np.testing.assert_array_equal(y.iloc[at], targets[i])
        assert X.origins[at] == (name, days[starts[name] + origin])
        assert X.times[at] == starts[name] + origin - earliest
    assert len(X) == len(origins)


def test_columns_of_one_type_are_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    table = pd.DataFrame({"a": np.arange(9.0)})
    table["b"] = -table["a"]  # a block of its own, so that an array of both is a copy
    copies, to_numpy = [], pd.DataFrame.to_numpy

    def count_copies(self: pd.DataFrame, **how: object) -> np.ndarray:
        copies.append(to_numpy(self, **how))
        return copies[-1]

    monkeypatch.setattr(pd.DataFrame, "to_numpy", count_copies)
    values = numeric_values(table)
    assert len(copies) == 1
    np.testing.assert_array_equal(values, np.stack([np.arange(9.0), -np.arange(9.0)], axis=1))
    assert values.flags.c_contiguous

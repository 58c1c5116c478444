"""Long tables of many series, from Parquet files and tables of other libraries."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stforecast._files import atomic_write
from stforecast.exceptions import DataNotFoundError

_Integers = NDArray[np.int64]
_Floats = NDArray[Any]

# Values that are converted together.
_BLOCK = 2**20
# Bytes of each column of a Parquet file that are read together, in place of a whole row group.
_BUFFER = 2**16
# The names that pandas writes for levels of an index without any.
_UNNAMED = re.compile(r"__index_level_\d+__")


def load_panel(
    source: Any,
    *,
    series: str | Sequence[str],
    time: str,
    columns: str | Sequence[str] | None = None,
    memory_map: str | os.PathLike[str] | None = None,
) -> pd.DataFrame:
    """Read a long table of many series, one row for each series and time.

    Names and times are encoded by Arrow, all series at once, and rows are put in order, series by
    series. `make_windows` and `SeriesForecaster` take the result as a panel.

    Parameters
    ----------
    source : path, polars.DataFrame, pyarrow.Table or pandas.DataFrame
        The table: a Parquet file, a folder of them with the same columns (in order of their
        names), or a table in memory.
    series : str or list of str
        The column that names the series, or several that do so together.
    time : str
        The column of times: moments, dates or integers.
    columns : str or list of str, default=None
        Columns of numbers to read; by default all others but those of an index of pandas.
    memory_map : path, default=None
        A file, to be written, that keeps the values in place of memory. Windows are read from it
        a batch at a time, so that the panel may be larger than memory.

    Returns
    -------
    DataFrame
        The columns, indexed by series and time; float32 where all of them are in all files, else
        float64.
        Missing values are NaN.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    DataNotFoundError
        If there are no Parquet files.
    ValueError
        If a file lacks a column, if a column of values holds something other than numbers, or if
        the table is empty.

    See Also
    --------
    stforecast.windows.make_windows : Cuts the panel into windows.

    Notes
    -----
    With `memory_map`, memory holds the index and one block of values: that pays where a row has
    many columns. The file is in numpy's format and serves again:
    ``pd.DataFrame(np.load(path, mmap_mode="r"), index, copy=False)``. Values stay in it as long as
    the table is used as it is; most methods of pandas read them into memory.

    ``missing="error"`` looks for NaN in memory only, since a look at a file would read it whole.
    NaN in a memory map passes into windows, and an estimator meets it when it reads them.

    Examples
    --------
    >>> import polars as pl
    >>> from stforecast import make_windows
    >>> from stforecast.datasets import load_panel
    >>> sales = pl.DataFrame({"shop": ["b", "a"] * 3, "day": [1, 1, 2, 2, 3, 3], "sold": range(6)})
    >>> panel = load_panel(sales, series="shop", time="day")
    >>> panel["sold"].tolist()
    [0.0, 2.0, 4.0, 1.0, 3.0, 5.0]
    >>> make_windows(panel, lookback=2)[0].origins.tolist()
    [('b', 2), ('a', 2)]
    """
    table = _open(source)
    keys = [*([series] if isinstance(series, str) else series), time]
    values = _value_columns(table.schemas, keys, columns)
    index, places = _read_index(table.columns(keys))
    shape, dtype = (len(index), len(values)), _common_type(table.schemas, values)
    rows: np.ndarray
    if memory_map is None:
        rows = np.empty(shape, dtype)
        _fill(rows, table.batches(values), places)
    else:
        with atomic_write(memory_map) as file:
            _fill(_reserve(file, shape, dtype), table.batches(values), places)
        rows = np.load(memory_map, mmap_mode="r")
    return pd.DataFrame(rows, index=index, columns=values, copy=False)


class _Table(Protocol):
    """A table of which columns are read whole, or a batch of rows at a time."""

    @property
    def schemas(self) -> dict[str, Any]: ...
    def columns(self, names: list[str]) -> Any: ...
    def batches(self, names: list[str]) -> Iterator[Any]: ...


@dataclass(frozen=True)
class _MemoryTable:
    """A table of Arrow in memory."""

    table: Any

    @property
    def schemas(self) -> dict[str, Any]:
        return {"the table": self.table.schema}

    def columns(self, names: list[str]) -> Any:
        return self.table.select(names)

    def batches(self, names: list[str]) -> Iterator[Any]:
        yield from self.table.select(names).to_batches(_block_rows(names))


@dataclass(frozen=True)
class _ParquetTable:
    """Parquet files, the rows of one below those of the other."""

    paths: list[Path]

    @cached_property
    def schemas(self) -> dict[str, Any]:
        from pyarrow.parquet import read_schema

        return {str(path): read_schema(path) for path in self.paths}

    def columns(self, names: list[str]) -> Any:
        import pyarrow as pa
        from pyarrow.parquet import ParquetFile

        tables = [ParquetFile(path).read(names).select(names) for path in self.paths]
        try:
            return pa.concat_tables(tables, promote_options="permissive")
        except pa.ArrowTypeError as error:
            raise ValueError(
                f"The columns {names} must be of one type in all files, but are not: "
                f"{error!s:.100}. Write the files with the same types."
            ) from error

    def batches(self, names: list[str]) -> Iterator[Any]:
        from pyarrow.parquet import ParquetFile

        for path in self.paths:
            file = ParquetFile(path, buffer_size=_BUFFER)
            for batch in file.iter_batches(_block_rows(names), columns=names):
                yield batch.select(names)  # a file gives its columns in its order, not in ours


def _block_rows(names: list[str]) -> int:
    return max(1, _BLOCK // len(names))


def _open(source: Any) -> _Table:
    """Return what reads the columns of a source."""
    try:
        import pyarrow as pa
    except ImportError as error:
        raise ImportError(
            "load_panel needs the pyarrow package. Install it with pip install pyarrow."
        ) from error
    if isinstance(source, str | os.PathLike):
        return _ParquetTable(_find_files(Path(source)))
    if isinstance(source, pd.DataFrame):
        return _MemoryTable(pa.Table.from_pandas(source, preserve_index=False))
    if hasattr(source, "to_arrow"):
        source = source.to_arrow()
    if not isinstance(source, pa.Table):
        raise TypeError(
            "source must be the path of Parquet files or a table of polars, Arrow or pandas, got "
            f"{type(source).__name__}. Collect a lazy frame first."
        )
    return _MemoryTable(source)


def _find_files(path: Path) -> list[Path]:
    files = sorted(path.rglob("*.parquet")) if path.is_dir() else [path]
    if not files or not files[0].exists():
        raise DataNotFoundError(
            f"There is no Parquet file at {str(path)!r}. Pass the path of a file, or of a folder "
            "of files whose names end in .parquet."
        )
    return files


def _value_columns(schemas: dict[str, Any], keys: list[str], columns: Any) -> list[str]:
    """Return the columns of values, if those and the keys are there and hold numbers everywhere."""
    if columns is None:
        values = [name for name in _all_columns(schemas) if name not in keys]
    else:
        values = [columns] if isinstance(columns, str) else list(columns)
    for place, schema in schemas.items():
        for name in (*keys, *values):
            if name not in schema.names:
                raise ValueError(
                    f"series, time and columns must name columns of {place}, {schema.names}, got "
                    f"{name!r}. Name others, or add it there."
                )
        for name in values:
            if not _is_number(schema.field(name).type):
                raise ValueError(
                    f"columns must hold numbers, but {name!r} holds {schema.field(name).type} in "
                    f"{place}. Name the columns to read in columns=, or encode it."
                )
    if not values:
        raise ValueError("The table must have a column of values beside series and time.")
    return values


def _all_columns(schemas: dict[str, Any]) -> list[str]:
    """Return the names of the columns of some file, without those of an index of pandas."""
    names = {name: None for schema in schemas.values() for name in schema.names}
    index = {name for schema in schemas.values() for name in _index_columns(schema)}
    return [name for name in names if name not in index]


def _index_columns(schema: Any) -> list[str]:
    """Return the columns to which pandas wrote the index of a table; they hold no values."""
    noted = (schema.pandas_metadata or {}).get("index_columns", [])
    # other libraries drop pandas' notes, but keep the columns of an index without a name
    return [name for name in schema.names if name in noted or _UNNAMED.fullmatch(name)]


def _is_number(kind: Any) -> bool:
    from pyarrow import types

    numbers = types.is_integer, types.is_floating, types.is_boolean, types.is_decimal
    return any(check(kind) for check in numbers)


def _common_type(schemas: dict[str, Any], names: list[str]) -> type:
    from pyarrow import types

    kinds = (schema.field(name).type for schema in schemas.values() for name in names)
    single = all(types.is_float32(kind) for kind in kinds)
    return np.float32 if single else np.float64


def _read_index(keys: Any) -> tuple[pd.MultiIndex, _Integers | None]:
    """Return the index of the rows in order, and the place of each row, None if all are there.

    Series stand in order of appearance, the rows of each in order of time.
    """
    if not len(keys):
        raise ValueError("The table must have rows, got none. Pass one with rows.")
    levels, codes = zip(*(_encode(keys, name) for name in keys.column_names), strict=True)
    ranks = np.argsort(np.argsort(levels[-1]))[codes[-1]]
    order = np.lexsort((ranks, *codes[-2::-1]))
    places = None
    if (np.diff(order) != 1).any():
        codes = tuple(one[order] for one in codes)
        places = np.empty(len(order), dtype=np.int64)
        places[order] = np.arange(len(order))
    index = pd.MultiIndex(levels, codes, names=keys.column_names, verify_integrity=False)
    return index, places


def _encode(keys: Any, name: str) -> tuple[pd.Index, _Integers]:
    """Return the distinct values of a column, as they appear, and the number of each row's."""
    from pyarrow import types

    column = keys.column(name)
    if column.null_count:
        raise ValueError(
            f"{name!r} must name the series, or the time, of every row, but {column.null_count} "
            "rows have none. Drop them."
        )
    if not types.is_dictionary(column.type):
        column = column.dictionary_encode()
    encoded = column.unify_dictionaries().combine_chunks()
    level = pd.Index(encoded.dictionary.to_pandas())
    if types.is_date(encoded.dictionary.type):
        level = pd.to_datetime(level)
    # a column of categories may have them in any order, and some that no row has
    codes, distinct = pd.factorize(encoded.indices.to_numpy())
    return level[distinct], codes.astype(np.int64)


def _reserve(file: IO[bytes], shape: tuple[int, int], dtype: type) -> _Floats:
    """Return an array over a new file in numpy's format, whose bytes the disk has set aside."""
    header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    file.flush()
    start, size = file.tell(), int(np.prod(shape)) * np.dtype(dtype).itemsize
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, start + size)
    else:
        file.truncate(start + size)
    return np.memmap(file, dtype, "r+", start, shape)


def _fill(rows: _Floats, batches: Iterator[Any], places: _Integers | None) -> None:
    """Write the values of all batches to their places."""
    start = 0
    for batch in batches:
        stop = start + batch.num_rows
        values = [_as_floats(column, rows.dtype) for column in batch.columns]
        where = slice(start, stop) if places is None else places[start:stop]
        rows[where] = np.column_stack(values)
        start = stop


def _as_floats(column: Any, dtype: Any) -> _Floats:
    import pyarrow as pa

    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    floats = column.cast(pa.from_numpy_dtype(dtype), safe=False)
    return np.asarray(floats.to_numpy(zero_copy_only=False))

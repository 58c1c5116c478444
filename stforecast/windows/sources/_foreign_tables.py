"""Tables of other libraries as tables of pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stforecast._validation import fill_mask
from stforecast.windows.sources._polars import from_polars, is_polars
from stforecast.windows.sources._tables import plain_table


def as_pandas(series: Any) -> Any:
    """Return a table of polars, Arrow or pandas as one of pandas, anything else as it is."""
    if is_polars(series):
        return from_polars(series)
    return plain_table(from_arrow(series) if is_arrow_table(series) else series)


def as_companion(values: Any) -> Any:
    """Return what stands beside a series, or each of a list, under its labels if it has any.

    Tables of polars and Arrow become tables of pandas. Their columns have no labels, so that they
    become arrays, and so do masked arrays, with NaN at their mask.
    """
    if isinstance(values, list):
        return [_as_companion(member) for member in values]
    return _as_companion(values)


def _as_companion(values: Any) -> Any:
    if is_polars(values) or is_arrow_table(values):
        table = as_pandas(values)
        return table if isinstance(table, pd.DataFrame) else table.to_numpy()
    return fill_mask(plain_table(values))


def is_unlabelled(values: Any) -> bool:
    """Whether an object is a table of polars or Arrow whose rows have no labels."""
    if not (is_polars(values) or is_arrow_table(values)):
        return False
    table = as_pandas(values)
    return isinstance(table, pd.Series) or isinstance(table.index, pd.RangeIndex)


def is_arrow_table(series: Any) -> bool:
    """Whether an object is a table of pyarrow, without importing pyarrow."""
    return type(series).__module__.partition(".")[0] == "pyarrow" and hasattr(series, "to_pandas")


def from_arrow(table: Any) -> pd.DataFrame | pd.Series:
    """Return a table as one of pandas; its only column of times becomes the index.

    A table that was made of one of pandas keeps the index that it had there.
    """
    frame: pd.DataFrame | pd.Series = table.to_pandas()
    if not isinstance(frame, pd.DataFrame) or not isinstance(frame.index, pd.RangeIndex):
        return frame
    time = arrow_time_column(table)
    if time is None:
        return frame
    if str(table.schema.field(time).type).startswith("date"):
        frame[time] = pd.to_datetime(frame[time])
    return frame.set_index(time)


def arrow_time_column(table: Any) -> str | None:
    """Return the name of the column of a table of Arrow that labels its rows, if one does."""
    metadata = getattr(getattr(table, "schema", None), "pandas_metadata", None) or {}
    if not hasattr(table, "schema") or any(
        isinstance(column, str) for column in metadata.get("index_columns", ())
    ):
        return None
    kinds = {field.name: str(field.type) for field in table.schema}
    times = [name for name in kinds if kinds[name].startswith(("timestamp", "date", "duration"))]
    return times[0] if len(times) == 1 else None

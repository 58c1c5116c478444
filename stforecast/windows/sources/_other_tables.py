"""Tables of other libraries as tables of pandas."""

from __future__ import annotations

from typing import Any

import pandas as pd

from stforecast.windows.sources._polars import from_polars, is_polars
from stforecast.windows.sources._tables import plain_table


def as_pandas(series: Any) -> Any:
    """Return a table of polars, Arrow or pandas as one of pandas, anything else as it is."""
    if is_polars(series):
        return from_polars(series)
    return plain_table(from_arrow(series) if is_arrow_table(series) else series)


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
    kinds = {name: str(table.schema.field(name).type) for name in frame.columns}
    times = [name for name in kinds if kinds[name].startswith(("timestamp", "date", "duration"))]
    if len(times) != 1:
        return frame
    if kinds[times[0]].startswith("date"):
        frame[times[0]] = pd.to_datetime(frame[times[0]])
    return frame.set_index(times[0])

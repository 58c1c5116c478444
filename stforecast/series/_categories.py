"""Columns of text and of categories as columns of numbers, by an encoder that `fit` learns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.preprocessing import OneHotEncoder
from sklearn.utils import get_tags

from stforecast.exceptions import ParameterError
from stforecast.windows.sources._tables import (
    as_frame,
    check_names,
    has_time_column,
    number_markers,
)
from stforecast.windows.sources._texts import has_decimal_commas

# Columns of numbers that the categories of one table become at most.
MAX_COLUMNS = 1024


@dataclass(frozen=True, eq=False)
class CategoryColumns:
    """Columns of a table that hold categories, and the encoder that was fitted on them.

    Parameters
    ----------
    table : tuple
        Names of all columns.
    names : tuple
        Those of them that hold categories.
    encoder : transformer
        Fitted on their text.
    """

    table: tuple[Hashable, ...]
    names: tuple[Hashable, ...]
    encoder: Any

    @property
    def numbers(self) -> list[Hashable]:
        """Names of the columns that hold numbers."""
        return [name for name in self.table if name not in self.names]

    def encode(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with its categories as columns of numbers behind the others."""
        if not set(self.names) <= set(table.columns):
            return table  # of encoded columns, or of wrong ones, which their reader names
        names = list(self.names)
        rows = self.encoder.transform(_as_texts(table[names]))
        rows = rows.toarray() if hasattr(rows, "toarray") else np.asarray(rows)
        columns = self.encoder.get_feature_names_out(list(map(str, names)))
        encoded = pd.DataFrame(rows, table.index, columns)
        return pd.concat([table.drop(columns=names), encoded], axis=1)


def learn_categories(forecaster: Any, role: str, tables: Any) -> None:
    """Fit the forecaster's encoder on the categories of a series, `known` or `static`, if any."""
    columns = fit_categories(forecaster.encoder, tables, role)
    if columns is not None:
        forecaster.encoders_[role] = columns


def categories_of(forecaster: Any, role: str) -> CategoryColumns | None:
    """Return the categories of a series, `known` or `static`; None where it has none."""
    columns: CategoryColumns | None = forecaster.encoders_.get(role)
    return columns


def forecast_columns(forecaster: Any) -> Any:
    """Return what to forecast: by default the columns that hold no categories."""
    columns = categories_of(forecaster, "series")
    if columns is None:
        return forecaster.target
    if not columns.numbers:
        raise ValueError(
            f"A series must have a column of numbers to forecast, but {list(columns.names)} hold "
            "categories. Add it, or classify windows of make_windows(..., horizon=0)."
        )
    target = forecaster.target
    names = target if isinstance(target, list) else [target]
    categories = [name for name in columns.names if name in names]
    if categories:
        raise ValueError(
            f"target must name columns of numbers, but {categories[0]!r} holds categories. Name "
            f"some of {columns.numbers!r:.80}."
        )
    return columns.numbers if target is None else target


def fit_categories(encoder: Any, tables: Any, subject: str) -> CategoryColumns | None:
    """Return the categories of a table, or of a list of tables; None where none holds any."""
    frames = _frames(tables)
    if not frames or any(frame.columns.nlevels > 1 for frame in frames):
        return None
    table = tuple(frames[0].columns)
    names = [name for name in table if any(_holds_categories(frame, name) for frame in frames)]
    if not names:
        return None
    for frame in frames:
        check_names(frame, subject)
    # times belong in the index, as their reader says; those of features belong to no row
    if any(map(_holds_times if subject == "static" else has_time_column, frames)):
        return None
    whole = [frame for frame in frames if set(names) <= set(frame.columns)]
    texts = np.concatenate([_as_texts(frame[names]) for frame in whole])
    columns = CategoryColumns(table, tuple(names), _make_encoder(encoder).fit(texts))
    _check_encoded(columns, subject)
    return columns


def encode(columns: CategoryColumns | None, tables: Any) -> Any:
    """Encode the categories of a table, or of each in a list; leave other objects unchanged."""
    if columns is None:
        return tables
    if isinstance(tables, list):
        return [encode(columns, table) for table in tables]
    return columns.encode(as_frame(tables)) if _is_table(tables) else tables


def check_encoder(forecaster: Any, path: str) -> None:
    """An encoder learns from the categories alone."""
    encoder = forecaster.encoder
    if encoder is not None and get_tags(encoder).target_tags.required:
        raise ParameterError(
            f"{path}encoder must learn from categories alone, but {encoder!r:.60} needs a target "
            "for each. Use a OneHotEncoder or an OrdinalEncoder, or encode the table before."
        )


def _make_encoder(encoder: Any) -> Any:
    if encoder is None:
        return OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    return clone(encoder)


def _check_encoded(columns: CategoryColumns, subject: str) -> None:
    """Raise if the encoded columns are too many, or have the names of others."""
    encoded = columns.encoder.get_feature_names_out(list(map(str, columns.names)))
    repeated = [name for name in columns.numbers if name in set(encoded)]
    if repeated:
        raise ValueError(
            f"The categories of {subject} become columns, {repeated[0]!r} among them, which it has "
            "already. Rename that column."
        )
    if len(encoded) > MAX_COLUMNS:
        raise ValueError(
            f"The categories of {subject} may become {MAX_COLUMNS} columns of numbers, but columns "
            f"{list(columns.names)!r:.60} become {len(encoded)}. "
            "Drop columns that are not categories, or pass "
            "encoder=OneHotEncoder(max_categories=64, handle_unknown='infrequent_if_exist')."
        )


def _frames(tables: Any) -> list[pd.DataFrame]:
    members: Sequence[Any] = tables if isinstance(tables, list) else [tables]
    return [as_frame(table) for table in members] if all(map(_is_table, members)) else []


def _is_table(value: Any) -> bool:
    return isinstance(value, pd.DataFrame | pd.Series)


def _holds_categories(table: pd.DataFrame, name: Hashable) -> bool:
    """Return whether a column holds pandas' categories, or texts that are mostly not numbers."""
    column = table[name] if name in table.columns else pd.Series(dtype=float)
    if isinstance(column, pd.DataFrame):  # two of one name, which their reader refuses
        return False
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return False
    texts = pd.api.types.infer_dtype(column, skipna=True) == "string"
    # numbers beside a marker such as "n/a" are left to their reader, which names the marker: as
    # categories they would drop out of what is forecast
    return texts and number_markers(column) is None and not has_decimal_commas(column)


def _holds_times(table: pd.DataFrame) -> bool:
    return any(pd.api.types.is_datetime64_any_dtype(dtype) for dtype in table.dtypes)


def _as_texts(table: pd.DataFrame) -> np.ndarray:
    """Return categories (rows, columns) as text, empty where they are missing."""
    return np.stack([_column_texts(column) for _, column in table.items()], axis=1)


def _column_texts(column: pd.Series) -> np.ndarray:
    codes, values = pd.factorize(column)
    return np.array([*map(_as_text, values), ""], dtype=object)[codes]  # -1 is a missing one


def _as_text(category: Any) -> str:
    # pandas makes floats of whole numbers where one is missing: 3 and 3.0 are one category
    whole = isinstance(category, float | np.floating) and float(category).is_integer()
    return str(int(category)) if whole else str(category)

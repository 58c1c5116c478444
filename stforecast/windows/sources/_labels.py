"""What names the channels of a series, and makes tables or arrays of its kind again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd

from stforecast.windows._batches import Array
from stforecast.windows._geometry import Integers


class Labels(Protocol):
    """Names of what a series holds, and the way back to the kind of object that it came as."""

    @property
    def kind(self) -> str:
        """The kind of object that a series came as."""

    @property
    def names(self) -> tuple[Hashable, ...]:
        """Names of the channels; none for plain arrays."""

    @property
    def axes(self) -> Mapping[Hashable, tuple[Hashable, ...]]:
        """Labels along each axis of a frame that has a name and labels."""

    def pick(self, positions: Integers, axis: int = 0) -> Self:
        """Return the labels of some positions along an axis of a frame; 0 is the channels."""

    def label_targets(self, values: Array, origins: Any, steps: range) -> Any:
        """Label targets (n, horizon, *frame) by origin and step."""

    def label_rows(self, values: Array, times: Any) -> Any:
        """Return rows (N, *frame) as the kind of object that the series was."""


@dataclass(frozen=True)
class ArrayLabels:
    """A plain array, whose channels have numbers alone.

    Parameters
    ----------
    channel_axis : bool, default=True
        Whether the array has an axis of channels.
    """

    channel_axis: bool = True
    names: tuple[Hashable, ...] = ()

    @property
    def kind(self) -> str:
        return "ndarray"

    @property
    def axes(self) -> dict[Hashable, tuple[Hashable, ...]]:
        return {}

    def pick(self, positions: Integers, axis: int = 0) -> ArrayLabels:
        return self

    def label_targets(self, values: Array, origins: Any, steps: range) -> Array:
        return values

    def label_rows(self, values: Array, times: Any) -> Array:
        return values if self.channel_axis else values[:, 0]


@dataclass(frozen=True)
class ColumnLabels:
    """The columns of a table.

    Parameters
    ----------
    names : tuple
        Name of each column.
    level_names : tuple, default=(None,)
        Name of the columns' axis, of each of its levels where there are several.
    series_name : tuple, optional
        The name in a tuple, where the table is a pandas Series.
    """

    names: tuple[Hashable, ...]
    level_names: tuple[Hashable, ...] = (None,)
    series_name: tuple[Hashable] | None = None

    @property
    def kind(self) -> str:
        return "DataFrame" if self.series_name is None else "Series"

    @property
    def axes(self) -> dict[Hashable, tuple[Hashable, ...]]:
        return {"column": self.names}

    @property
    def columns(self) -> Any:
        """The columns as an index."""
        if len(self.level_names) > 1:
            names: Any = list(self.names)
            return pd.MultiIndex.from_tuples(names, names=list(self.level_names))
        return pd.Index(self.names, name=self.level_names[0])

    def pick(self, positions: Integers, axis: int = 0) -> ColumnLabels:
        return replace(self, names=tuple(self.names[i] for i in positions))

    def label_targets(self, values: Array, origins: Any, steps: range) -> pd.DataFrame:
        columns = pd.MultiIndex.from_product([steps, self.names], names=["step", "target"])
        return pd.DataFrame(values.reshape(len(values), -1), index=origins, columns=columns)

    def label_rows(self, values: Array, times: Any) -> pd.DataFrame | pd.Series:
        if self.series_name is not None:
            return pd.Series(values[:, 0], index=times, name=self.series_name[0])
        return pd.DataFrame(values, index=times, columns=self.columns)


def column_labels(series: pd.DataFrame | pd.Series) -> ColumnLabels:
    """Return the labels of a table; the only column of a series without a name is "value"."""
    if isinstance(series, pd.Series):
        name = "value" if series.name is None else series.name
        return ColumnLabels((name,), series_name=(series.name,))
    return ColumnLabels(tuple(series.columns), tuple(series.columns.names))


def panel_index(
    levels: Sequence[pd.Index], series: Integers, times: Any, names: Sequence[Hashable]
) -> pd.MultiIndex:
    """Return the index of rows of a panel, from the levels that name each of its series.

    `series` tells the number of each row's series. Names are looked up once a series, not once a
    row, of which there may be millions.
    """
    outer, inner = pd.MultiIndex.from_arrays(list(levels)), pd.MultiIndex.from_arrays([times])
    joint: Any = [*outer.levels, *inner.levels]
    codes: Any = [*(codes[series] for codes in outer.codes), *inner.codes]
    return pd.MultiIndex(
        joint,
        codes,
        names=list(names),
        verify_integrity=False,
    )


@dataclass(frozen=True)
class LongTable:
    """A panel that came as one table by series and time.

    Parameters
    ----------
    level_names : tuple
        Names of the levels of its index, the last of which is time.
    """

    level_names: tuple[Hashable, ...]

    def pick(self, positions: Integers, axis: int = 0) -> LongTable:
        return self

    def index(self, ids: pd.Index, series: Integers, times: Any) -> pd.MultiIndex:
        """Return the index of rows at some times, `series` telling which of `ids` each is of."""
        deep = len(self.level_names) > 2
        names: Any = pd.MultiIndex.from_tuples(list(ids)) if deep else ids
        levels = [names.get_level_values(i) for i in range(len(self.level_names) - 1)]
        return panel_index(levels, series, times, self.level_names)

    def label_rows(
        self, values: Array, times: Any, ids: pd.Index, series: Integers, labels: Labels
    ) -> Any:
        """Return rows, `series` telling which of `ids` each belongs to, as one table."""
        return labels.label_rows(values, self.index(ids, series, times))


@dataclass(frozen=True)
class SeriesList:
    """A panel that came as a list.

    Parameters
    ----------
    labels : tuple of Labels
        Of each series.
    """

    labels: tuple[Labels, ...]

    def pick(self, positions: Integers, axis: int = 0) -> SeriesList:
        return SeriesList(tuple(member.pick(positions, axis) for member in self.labels))

    def label_rows(
        self, values: Array, times: Any, ids: pd.Index, series: Integers, labels: Labels
    ) -> list[Any]:
        """Return rows, `series` telling which of `ids` each belongs to, as one entry a series."""
        bounds = np.searchsorted(series, np.arange(len(self.labels) + 1))
        return [
            member.label_rows(values[start:stop], None if times is None else times[start:stop])
            for member, start, stop in zip(self.labels, bounds[:-1], bounds[1:], strict=True)
        ]

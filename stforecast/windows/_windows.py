"""The container: windows of a series as an array that holds the series once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stforecast.windows._batches import Array, Rows, gather
from stforecast.windows._description import describe_windows
from stforecast.windows._geometry import Integers, Timeline, ends_among, rows_in_view
from stforecast.windows._keys import along_axes, as_ends, as_key, as_position
from stforecast.windows._parts import append_parts, as_parts, part_names, part_width
from stforecast.windows._steps import KeepsValues, Step
from stforecast.windows._target import Target


@dataclass(frozen=True, eq=False, repr=False)
class Windows:
    """Windows of a series, an array-like that holds the series once and copies on reading.

    One sample is one window of `lookback` consecutive rows; its last row is the forecast
    *origin*. Slicing picks origins and copies nothing, so scikit-learn's splitters, searches and
    pipelines work on it as on an array; ``np.asarray`` copies all windows out. Use
    :func:`make_windows` to build one together with its targets.

    Not to be confused with a pandas ``rolling`` window, which computes a statistic.

    Parameters
    ----------
    base : array of shape (N, C) or (N, C, H, W)
        The series, one row a time step: an ndarray (also a memory map) or an object that reads
        rows from disk when sliced.
    ends : int array of shape (n,)
        For each window the row after its last one, so its origin is row ``end - 1``.
    lookback : int
        Rows in a window.
    steps : tuple of callables, default=()
        Changes that every batch read goes through, in order; window transformers add to them.
    parts : mapping of str to array-like, default={}
        Further arrays with one entry a window: ``"known"`` (n, horizon, K) covariates of the
        horizon, ``"static"`` (n, S) features of the series, ``"weight"`` (n,) how much each window
        counts in training, or a second modality.
    timeline : Timeline, optional
        Labels of the rows and their time in steps; row numbers by default.
    target : Target, optional
        What the targets made with these windows are: horizon, gap, columns.
    masked : bool, default=False
        Whether NaN in the series marks values to be masked by the estimator.
    columns : tuple, optional
        Names of the channels, where the series is a table.
    names : mapping of hashable to tuple, default={}
        Labels along further axes: of each named axis of a frame, such as stations or latitudes,
        and of the columns of parts.
    column_parts : tuple of str, default=()
        Parts that 2-D windows carry as further columns.
    full_lookback : int, optional
        Rows that the windows had before `Crop`; `lookback` by default.

    Notes
    -----
    A pickle holds only the rows in view. Where those are most of the series it holds the very
    array object, so that joblib, which recognises an object it has seen, maps it into memory once
    for all tasks; where they are fewer, their copy is made once and kept for the same reason.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.windows import Windows
    >>> X = Windows(np.arange(12.0).reshape(6, 2), ends=[3, 4, 5, 6], lookback=3)
    >>> X[1].ravel()
    array([2., 3., 4., 5., 6., 7.])
    >>> X[2:]
    Windows(2 windows of (3, 2), float64; holds 0.0 MB for 0.0 MB of windows)
    """

    base: Rows
    ends: Integers
    lookback: int
    steps: tuple[Step, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    timeline: Timeline = field(default_factory=Timeline)
    target: Target | None = None
    masked: bool = False
    columns: tuple[Hashable, ...] | None = None
    names: Mapping[Hashable, tuple[Hashable, ...]] = field(default_factory=dict)
    column_parts: tuple[str, ...] = ()
    full_lookback: int | None = None

    def __post_init__(self) -> None:
        ends = as_ends(self.ends, self.lookback, len(self.base))
        object.__setattr__(self, "ends", ends)
        object.__setattr__(self, "parts", as_parts(self.parts, len(ends)))
        if self.in_memory:
            object.__setattr__(self, "base", np.ascontiguousarray(self.base))

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of windows, then the shape of one: (n, T, C[, H, W]), or what the steps make."""
        shape: tuple[int, ...] = (len(self.ends), self.lookback, *self.base.shape[1:])
        for step in self.steps:
            shape = step.shape(shape)
        if self.column_parts:
            return (shape[0], shape[1] + sum(map(part_width, self._column_values)))
        return shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of values in all windows."""
        return int(np.prod(self.shape))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values read."""
        dtype = self.base.dtype
        for step in self.steps:
            dtype = step.dtype(dtype)
        return np.result_type(dtype, *(part.dtype for part in self._column_values))

    @property
    def nbytes(self) -> int:
        """Bytes held in memory for the series and the ends, not those of all windows."""
        return int(getattr(self.base, "nbytes", 0) if self.in_memory else 0) + self.ends.nbytes

    def __sizeof__(self) -> int:
        return object.__sizeof__(self) + self.nbytes  # what sends large things only once asks

    @cached_property
    def in_memory(self) -> bool:
        """Whether the series is an array in memory, not one read from disk."""
        return isinstance(self.base, np.ndarray) and not isinstance(self.base, np.memmap)

    @property
    def index(self) -> pd.Index | None:
        """Labels of the rows of the series, (series, time) pairs for a panel, if it has any."""
        return self.timeline.index

    @property
    def origins(self) -> pd.Index | Integers:
        """Label, or row number, of each window's last row."""
        return self.timeline.labels(self.ends - 1)

    @property
    def times(self) -> Integers:
        """Time of each origin in steps, comparable across the series of a panel."""
        rows, clock = self.ends - 1, self.timeline.clock
        return rows if clock is None else clock[rows]

    @property
    def reach(self) -> int:
        """Rows after the origin that the targets span: gap + horizon; 1 where unknown."""
        return 1 if self.target is None else self.target.gap + self.target.horizon

    @property
    def rows_before_crop(self) -> int:
        """Rows that the windows had when they were made, before `Crop`."""
        return self.lookback if self.full_lookback is None else self.full_lookback

    def __len__(self) -> int:
        return len(self.ends)

    def __repr__(self) -> str:
        megabytes = self.size * self.dtype.itemsize / 1e6
        window = "(" + ", ".join(map(str, self.shape[1:])) + ")"
        return (
            f"Windows({len(self)} windows of {window}, {self.dtype}; "
            f"holds {self.nbytes / 1e6:.1f} MB for {megabytes:.1f} MB of windows)"
        )

    def _repr_html_(self) -> str:
        """Show shape, span, columns and parts in a notebook."""
        return describe_windows(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("Windows share rows, so an array of them is always a copy.")
        return self.batch(slice(None)).astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        """Return one window (int key), windows (slice, index array, mask), or an array (tuple)."""
        if isinstance(key, tuple):
            return along_axes(self, *key)
        if key is Ellipsis:
            return self
        if isinstance(key, slice) or np.ndim(key):
            return self.take(key)
        return self.batch(np.arange(len(self))[as_position(key)][None])[0]

    def take(self, key: Any) -> Windows:
        """Return the windows that a slice, index array or mask picks, as `Windows`.

        Parameters
        ----------
        key : slice, int array or bool array
            Which windows.

        Returns
        -------
        Windows
            Those windows of the same series, nothing copied.
        """
        rows = np.arange(len(self.ends))[as_key(key)]
        parts = {name: part[rows] for name, part in self.parts.items()}
        return self._replace_fields(ends=self.ends[rows], parts=parts)

    def batch(self, key: Any) -> Array:
        """Return the windows that a slice, index array or mask picks, as an array.

        Parameters
        ----------
        key : slice, int array or bool array
            Which windows.

        Returns
        -------
        ndarray
            Those windows, read together.
        """
        ends = self.ends[key]
        if ends.ndim != 1:
            as_key(key)  # raises, and says what a key may be
        values = gather(self.base, ends, self.lookback)
        for step in self.steps:
            values = step(values)
        if self.column_parts:
            values = append_parts(values, self._column_values, np.arange(len(self))[as_key(key)])
        return values

    @property
    def _column_values(self) -> list[Any]:
        return [self.parts[name] for name in self.column_parts]

    def compact(self) -> Windows:
        """Return the same windows over a series cut down to the rows in view.

        Returns
        -------
        Windows
            They hold the very series where all its rows are in view, or where it is read from disk.
        """
        if not isinstance(self.base, np.ndarray):
            return self
        mask = rows_in_view(self.ends, self.lookback, len(self.base))
        if mask.all():
            return self
        return self._replace_fields(
            base=self.base[mask],
            ends=ends_among(self.ends, mask),
            timeline=self.timeline.keep(mask),
            full_lookback=None,  # rows that `Crop` took away may be gone
        )

    def undo_steps(self) -> Windows:
        """Return the windows as `make_windows` made them, where steps only moved values.

        Returns
        -------
        Windows
            All rows that the windows had before `Crop`, one row of the series a frame, without
            appended parts; these very windows where a step has changed values.
        """
        if not all(isinstance(step, KeepsValues) for step in self.steps):
            return self
        return self._replace_fields(
            steps=(), lookback=self.rows_before_crop, full_lookback=None, column_parts=()
        )

    def without_channels(self) -> Windows:
        """Return the windows as those of a series whose channels do not hold the target.

        Returns
        -------
        Windows
            The same windows.
        """
        if self.target is None or self.target.channels is None:
            return self
        return self._replace_fields(target=replace(self.target, channels=None))

    def with_step(self, step: Step) -> Windows:
        """Return the windows with one more step applied to every batch read.

        Parameters
        ----------
        step : Step
            The change of layout or values.

        Returns
        -------
        Windows
            The changed windows, lazy.
        """
        return self._replace_fields(steps=(*self.steps, step))

    def with_rows(self, base: Rows) -> Windows:
        """Return the windows over other rows in the place of those that they hold.

        Parameters
        ----------
        base : array of shape (N, C) or (N, C, H, W)
            As many rows as the series has.

        Returns
        -------
        Windows
            The same windows of the other rows.
        """
        return self._replace_fields(base=base)

    def with_parts(
        self,
        parts: Mapping[str, Any],
        names: Mapping[Hashable, tuple[Hashable, ...] | None] | None = None,
    ) -> Windows:
        """Return the windows with further named parts, one entry a window in each.

        Parameters
        ----------
        parts : mapping of str to array-like of shape (n, ...)
            Arrays or `Windows` to carry beside the windows.
        names : mapping of str to tuple, optional
            Names of the columns of parts; of tables they are known.

        Returns
        -------
        Windows
            The same windows; a part of the same name is replaced.
        """
        arrays = as_parts(parts, len(self))
        old_names = {name: labels for name, labels in self.names.items() if name not in arrays}
        columns = {**part_names(parts), **(names or {})}
        new_names = {name: labels for name, labels in columns.items() if labels is not None}
        return self._replace_fields(
            parts={**self.parts, **arrays}, names={**old_names, **new_names}
        )

    def frames(self) -> Windows:
        """Return the windows alone, as a network reads them.

        Returns
        -------
        Windows
            The same windows, without parts, labels and targets.
        """
        return self._replace_fields(parts={}, column_parts=(), timeline=Timeline(), target=None)

    def unflatten(self, y: Any) -> Any:
        """Return 2-D targets or predictions in the layout of the series they came from.

        Parameters
        ----------
        y : array-like of shape (n,) or (n, horizon * outputs)
            Targets or predictions of these windows, step-major.

        Returns
        -------
        DataFrame, DataArray or ndarray
            From a table a DataFrame indexed by origin with (step, target) columns; from xarray a
            DataArray (origin, step, ...); else an array (n, horizon, C[, H, W]).

        Raises
        ------
        ShapeError
            If `y` does not have one row for each window and one column for each step and output.
        """
        if self.target is None:
            raise ValueError("Windows made without targets cannot unflatten. Use make_windows.")
        return self.target.unflatten(np.asarray(y), self.origins)

    def _replace_fields(self, **changes: Any) -> Windows:
        """Return windows with some fields changed, which need no check."""
        windows = object.__new__(Windows)
        vars(windows).update({name: vars(self)[name] for name in _FIELDS}, **changes)
        return windows

    def __getstate__(self) -> dict[str, Any]:
        mask = rows_in_view(self.ends, self.rows_before_crop, len(self.base))
        is_most = 2 * int(mask.sum()) >= len(self.base)
        state = vars(self if is_most else self._compact_copy)
        return {name: state[name] for name in _FIELDS}

    @cached_property
    def _compact_copy(self) -> Windows:
        """The compacted windows, kept so that every pickle holds the very same array."""
        view = self._replace_fields(lookback=self.rows_before_crop, full_lookback=None).compact()
        return replace(view, lookback=self.lookback, full_lookback=self.full_lookback)


_FIELDS = tuple(item.name for item in fields(Windows))

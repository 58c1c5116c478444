"""The container: windows of a series as an array that holds the series once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._gather import (
    READ_BYTES,
    Array,
    Rows,
    frame_size,
    gather,
    in_memory,
    rows_per_read,
)
from stforecast.windows._geometry import Integers, ends_among, rows_in_view
from stforecast.windows._keys import (
    as_ends,
    as_key,
    as_position,
    as_slice,
    is_array,
    is_everything,
)
from stforecast.windows._target import Target

# Rows in memory are worked on in blocks, so that what is made of them on the way stays small.
BLOCK_BYTES = 8 * 2**20


class Step(Protocol):
    """A change of layout or values made to every batch of windows as it is read."""

    def shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Return the shape that a batch of `shape` gets."""

    def dtype(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return the dtype that a batch of `dtype` gets."""

    def __call__(self, batch: Array) -> Array:
        """Return the changed batch."""


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
        Changes of layout or value applied in turn to every batch that is read; the window
        transformers add to them.
    parts : mapping of str to array-like, default={}
        Further arrays with one entry a window: ``"known"`` (n, horizon, K) covariates of the
        horizon, ``"static"`` (n, S) features of the series, or a second modality.
    index : pandas.Index of length N, optional
        Labels of the rows.
    clock : int array of shape (N,), optional
        Time of each row in steps, comparable across the series of a panel; row numbers by default.
    target : Target, optional
        What the targets made with these windows are: horizon, gap, columns.
    masked : bool, default=False
        Whether NaN in the series marks values to be masked by the estimator.
    columns : tuple, optional
        Names of the channels, where the series is a table.
    appended : tuple of str, default=()
        Parts that 2-D windows carry as further columns.

    Attributes
    ----------
    shape : tuple of int
        (n, T, C), (n, T, C, H, W), or what the steps make of it.
    dtype : numpy.dtype
        Type of the values read.
    nbytes : int
        Bytes held in memory for the series and the ends, not those of all windows.
    origins : pandas.Index or int array of shape (n,)
        Label (or row number) of each window's last row.
    times : int array of shape (n,)
        Time of each origin in steps.
    reach : int
        Rows after the origin that the targets span: gap + horizon; 1 where unknown.

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
    >>> X.shape
    (4, 3, 2)
    >>> X[1]
    array([[2., 3.],
           [4., 5.],
           [6., 7.]])
    >>> X[2:]
    Windows(2 windows of (3, 2), float64; holds 0.0 MB for 0.0 MB of windows)
    """

    base: Rows
    ends: Integers
    lookback: int
    steps: tuple[Step, ...] = ()
    parts: Mapping[str, Any] = field(default_factory=dict)
    index: pd.Index | None = None
    clock: Integers | None = None
    target: Target | None = None
    masked: bool = False
    columns: tuple[Hashable, ...] | None = None
    appended: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        ends = as_ends(self.ends)
        object.__setattr__(self, "ends", ends)
        parts = {name: _as_part(part) for name, part in self.parts.items()}
        object.__setattr__(self, "parts", parts)
        if self.in_memory:
            object.__setattr__(self, "base", np.ascontiguousarray(self.base))
        if len(ends) and (ends.min() < self.lookback or ends.max() > len(self.base)):
            raise ShapeError(
                f"Every window must end between lookback = {self.lookback} and the series' "
                f"{len(self.base)} rows, but ends span {ends.min()} to {ends.max()}."
            )
        for name, part in parts.items():
            if len(part) != len(ends):
                raise ShapeError(
                    f"Part {name!r} must have one entry for each of the {len(ends)} windows, but "
                    f"has {len(part)}."
                )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of windows, then the shape of one."""
        shape: tuple[int, ...] = (len(self.ends), self.lookback, *self.base.shape[1:])
        for step in self.steps:
            shape = step.shape(shape)
        if self.appended:
            return (shape[0], shape[1] + sum(_width(self.parts[name]) for name in self.appended))
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
        return np.result_type(dtype, *(self.parts[name].dtype for name in self.appended))

    @property
    def nbytes(self) -> int:
        """Bytes held in memory for the series and the ends."""
        return int(getattr(self.base, "nbytes", 0) if self.in_memory else 0) + self.ends.nbytes

    @property
    def in_memory(self) -> bool:
        """Whether the series is an array in memory, not one read from disk."""
        return in_memory(self.base)

    @property
    def origins(self) -> pd.Index | Integers:
        """Label, or row number, of each window's last row."""
        rows = self.ends - 1
        return rows if self.index is None else self.index[as_slice(rows)]

    @property
    def times(self) -> Integers:
        """Time of each origin in steps, comparable across the series of a panel."""
        rows = self.ends - 1
        return rows if self.clock is None else self.clock[rows]

    @property
    def reach(self) -> int:
        """Rows after the origin that the targets span; 1 where unknown."""
        return 1 if self.target is None else self.target.reach

    def __len__(self) -> int:
        return len(self.ends)

    def __repr__(self) -> str:
        asked = self.size * self.dtype.itemsize / 1e6
        window = "(" + ", ".join(map(str, self.shape[1:])) + ")"
        return (
            f"Windows({len(self)} windows of {window}, {self.dtype}; "
            f"holds {self.nbytes / 1e6:.1f} MB for {asked:.1f} MB of windows)"
        )

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("Windows share rows, so an array of them is always a copy.")
        return self.batch(slice(None)).astype(dtype or self.dtype, copy=False)

    def __getitem__(self, key: Any) -> Any:
        """Return one window (int key), windows (slice, index array, mask), or an array (tuple)."""
        if isinstance(key, tuple):
            return self._along_axes(*key)
        if key is Ellipsis:
            return self
        if isinstance(key, slice) or np.ndim(key):
            return self.take(key)
        return self.batch(np.arange(len(self))[as_position(key)][None])[0]

    def _along_axes(self, first: Any, *rest: Any) -> Any:
        if first is Ellipsis or (is_array(first) and any(map(is_array, rest))):
            return np.asarray(self)[(first, *rest)]
        picked = self[first]
        if not isinstance(picked, Windows):
            return picked[rest]
        if all(is_everything(part) for part in rest):
            return picked
        return np.asarray(picked)[(slice(None), *rest)]

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
        rows = np.arange(len(self))[as_key(key)]
        parts = {name: part[rows] for name, part in self.parts.items()}
        return replace(self, ends=self.ends[rows], parts=parts)

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
        values = gather(self.base, self.ends[as_key(key)], self.lookback)
        for step in self.steps:
            values = step(values)
        if self.appended:
            rows = np.arange(len(self))[as_key(key)]
            extra = [part_batch(self.parts[name], rows) for name in self.appended]
            flat = [part.reshape(len(part), _width(part)) for part in extra]
            values = np.concatenate([values, *flat], axis=1)
        return values

    def compact(self) -> Windows:
        """Return the same windows over a series cut down to the rows in view.

        Returns
        -------
        Windows
            They hold the very series where all its rows are in view, or where it is read from disk.
        """
        if not isinstance(self.base, np.ndarray):
            return self
        kept = rows_in_view(self.ends, self.lookback, len(self.base))
        if kept.all():
            return self
        return replace(
            self,
            base=self.base[kept],
            ends=ends_among(self.ends, kept),
            index=None if self.index is None else self.index[kept],
            clock=np.flatnonzero(kept) if self.clock is None else self.clock[kept],
        )

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
        return replace(self, steps=(*self.steps, step))

    def with_parts(self, parts: Mapping[str, Any]) -> Windows:
        """Return the windows with further named parts, one entry a window in each.

        Parameters
        ----------
        parts : mapping of str to array-like of shape (n, ...)
            Arrays or `Windows` to carry beside the windows.

        Returns
        -------
        Windows
            The same windows; a part of the same name is replaced.
        """
        return replace(self, parts={**self.parts, **parts})

    def map_frames(self, step: Step) -> Windows:
        """Return the windows with every frame changed by a step that treats frames one by one.

        A series in memory is changed once, each row in view one time; one on disk as it is read.

        Parameters
        ----------
        step : Step
            The change of every frame.

        Returns
        -------
        Windows
            The changed windows.
        """
        if self.steps or not self.in_memory:
            return self.with_step(step)
        view = self.compact()
        changed = [step(block[None])[0] for block in iter_rows(view)]
        return replace(view, base=np.concatenate(changed))

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
            raise ValueError(
                "Windows made without targets cannot unflatten; build them with make_windows."
            )
        return self.target.unflatten(np.asarray(y), self.origins)

    def __getstate__(self) -> dict[str, Any]:
        kept = rows_in_view(self.ends, self.lookback, len(self.base))
        mostly = 2 * int(kept.sum()) >= len(self.base)
        state = dict((self if mostly else self._compacted).__dict__)
        state.pop("_compacted", None)
        return state

    @cached_property
    def _compacted(self) -> Windows:
        """The compacted windows, kept so that every pickle holds the very same array."""
        return self.compact()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)


def part_batch(part: Any, key: Any) -> Array:
    """Return the entries of a part that an index array picks, as an array."""
    return part.batch(key) if isinstance(part, Windows) else np.asarray(part[key])


def iter_batches(X: Windows, size: int | None = None) -> Iterator[Array]:
    """Yield the windows as arrays, in order, `size` at a time (by default what a block holds)."""
    window = int(np.prod(X.shape[1:])) * X.dtype.itemsize
    size = size or max(1, (BLOCK_BYTES if X.in_memory else READ_BYTES) // max(1, window))
    for start in range(0, len(X), size):
        yield X.batch(slice(start, start + size))


def iter_rows(X: Windows) -> Iterator[Array]:
    """Yield the rows of the series in view as arrays, each row once, a block at a time."""
    if X.in_memory:
        rows = np.asarray(X.compact().base)
        size = max(1, BLOCK_BYTES // max(1, rows.itemsize * frame_size(rows)))
        yield from (rows[start : start + size] for start in range(0, max(1, len(rows)), size))
        return
    kept = np.flatnonzero(rows_in_view(X.ends, X.lookback, len(X.base)))
    size = rows_per_read(X.base)
    for run in filter(len, np.split(kept, np.flatnonzero(np.diff(kept) > 1) + 1)):
        for start in range(int(run[0]), int(run[-1]) + 1, size):
            yield np.asarray(X.base[start : min(start + size, int(run[-1]) + 1)])


def _as_part(part: Any) -> Any:
    """Return a part that an index array can pick from: lists and tables become arrays."""
    return np.asarray(part) if isinstance(part, list | pd.DataFrame | pd.Series) else part


def _width(part: Any) -> int:
    return int(np.prod(part.shape[1:]))

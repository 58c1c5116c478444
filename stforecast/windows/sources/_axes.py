"""Named axes of frames: stations, heights and latitudes are found by their labels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._grids import GridLabels
from stforecast.windows.sources._time_series import TimeSeries

Axes = Mapping[Hashable, tuple[Hashable, ...]]
_LISTED = 80  # characters


def align(series: TimeSeries, like: TimeSeries) -> TimeSeries:
    """Return a series of maps with its axes in the order of another's, or raise if they differ."""
    labels, fit_labels = series.labels, like.labels
    if not (isinstance(labels, GridLabels) and isinstance(fit_labels, GridLabels)):
        return series
    fit_sizes = dict(zip(fit_labels.frame_dims, like.frame, strict=True))
    sizes = dict(zip(labels.frame_dims, series.frame, strict=True))
    if fit_sizes.keys() != sizes.keys():
        raise ShapeError(
            f"Maps must have the dimensions of fit, {_named(fit_sizes)}, got {_named(sizes)}. "
            f"{_dimension_remedy(list(sizes), list(fit_sizes))}"
        )
    for axis, dim in enumerate(fit_labels.frame_dims):
        if dim in fit_labels.axes and dim in labels.axes:
            positions = _positions(dim, labels.axes, fit_labels.axes)
            series = series if positions is None else series.pick(positions, axis)
        elif fit_sizes[dim] != sizes[dim]:
            raise ShapeError(
                f"Maps must have the dimensions of fit, {_named(fit_sizes)}, got {_named(sizes)}. "
                "Select them."
            )
    return series


def _named(sizes: dict[Any, int]) -> dict[Any, int]:
    """Return the sizes of the dimensions that have names: an axis of one channel has none."""
    return {dim: size for dim, size in sizes.items() if dim is not None}


def _dimension_remedy(dims: list[Any], fit_dims: list[Any]) -> str:
    further = [dim for dim in dims if dim not in (*fit_dims, None)]
    if len(further) == 1 and {*fit_dims} - {*dims} <= {None}:
        return f"Select from {further[0]!r}: series.isel({further[0]}=0)."
    return "Rename or select them."


def _positions(dim: Any, axes: Axes, fit_axes: Axes) -> Integers | None:
    """Return where each label of fit stands on an axis, None if all stand where they did."""
    index, fit_index = pd.Index(axes[dim]), pd.Index(fit_axes[dim])
    if are_numbers(index) and are_numbers(fit_index) and len(index) == len(fit_index):
        # by rank, since numbers that differ by rounding are not found by equality
        positions = np.empty(len(fit_index), dtype=np.int64)
        positions[fit_index.argsort()] = index.argsort()
        is_same = are_close(index.to_numpy()[positions], fit_index.to_numpy())
    elif index.is_unique and len(index) == len(fit_index):
        positions = index.get_indexer(fit_index)
        is_same = bool((positions >= 0).all())
    else:
        # labels that stand more than once tell no positions apart: they must be those of fit
        positions, is_same = np.arange(len(fit_index)), index.equals(fit_index)
    if not is_same:
        raise ShapeError(
            f"Maps must have the labels of fit along {dim!r}, {_listing(fit_index)}, got "
            f"{_listing(index)}. {_label_remedy(dim, axes, fit_axes)}, or fit on maps like these."
        )
    return None if (positions == np.arange(len(fit_index))).all() else positions


def _listing(labels: pd.Index) -> str:
    """Return labels as a list, which ends behind a label where it would be long."""
    texts = [repr(label) for label in labels.tolist()]
    ends = np.cumsum([len(text) + 2 for text in texts])
    count = max(1, int(np.searchsorted(ends, _LISTED, side="right")))
    return f"[{', '.join(texts[:count] + ['...'] * (count < len(texts)))}]"


def _label_remedy(dim: Any, axes: Axes, fit_axes: Axes) -> str:
    """Return what gives maps the labels of fit along a dimension."""
    index, fit_index = pd.Index(axes[dim]), pd.Index(fit_axes[dim])
    absent = fit_index[~fit_index.isin(index)]
    if index.is_unique and not len(absent):
        return f"Select them, series.sel({dim}=grid.{dim}), where grid is the series of fit"
    if not (are_numbers(index) and are_numbers(fit_index)):
        return f"Pass maps that hold {_listing(absent)} too" if len(absent) else "Name them alike"
    turned = {
        f"series.{dim} % 360": index.to_numpy() % 360,
        f"(series.{dim} + 180) % 360 - 180": (index.to_numpy() + 180) % 360 - 180,
    }
    for call, numbers in turned.items():
        if len(numbers) == len(fit_index) and are_close(np.sort(numbers), np.sort(fit_index)):
            return f"Count them as in fit, series.assign_coords({dim}={call}).sortby({dim!r})"
    if fit_index.min() < index.min() or fit_index.max() > index.max():
        return "Pass maps that reach as far"
    grids = ", ".join(f"{name}=grid.{name}" for name in axes if _is_apart(name, axes, fit_axes))
    return f"Interpolate them, series.interp({grids}), where grid is the series of fit"


def _is_apart(dim: Any, axes: Axes, fit_axes: Axes) -> bool:
    """Whether maps have other numbers than those of fit along a dimension."""
    labels, fit_labels = pd.Index(axes[dim]), pd.Index(fit_axes.get(dim, ()))
    return are_numbers(labels) and are_numbers(fit_labels) and not labels.equals(fit_labels)


def are_numbers(labels: pd.Index) -> bool:
    """Return whether labels are numbers, none of them missing."""
    return getattr(labels.dtype, "kind", "O") in "iuf" and not labels.hasnans


def are_close(labels: np.ndarray, fit_labels: np.ndarray) -> bool:
    """Return whether labels are the same but for rounding, as to single precision in a file."""
    if labels.dtype.kind in "iu" and fit_labels.dtype.kind in "iu":
        return bool((labels == fit_labels).all())
    spacing = np.diff(np.sort(fit_labels).astype(np.float64)).min(initial=np.inf)
    tolerance = min(0.1 * spacing, 1e-6 * np.abs(fit_labels).max(initial=0.0))
    return bool((np.abs(labels - fit_labels) <= tolerance).all())

"""Named axes of frames: stations, heights and latitudes are found by their labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from stforecast.exceptions import ShapeError
from stforecast.windows._geometry import Integers
from stforecast.windows.sources._grids import GridLabels
from stforecast.windows.sources._time_series import TimeSeries


def align(series: TimeSeries, like: TimeSeries) -> TimeSeries:
    """Return a series of maps with its axes in the order of another's, or raise if they differ."""
    labels, fit_labels = series.labels, like.labels
    if not (isinstance(labels, GridLabels) and isinstance(fit_labels, GridLabels)):
        return series
    fit_sizes = dict(zip(fit_labels.frame_dims, like.frame, strict=True))
    sizes = dict(zip(labels.frame_dims, series.frame, strict=True))
    if fit_sizes.keys() != sizes.keys():
        raise ShapeError(
            f"Maps must have the dimensions of fit, {fit_sizes}, got {sizes}. Rename or select "
            "them."
        )
    for axis, dim in enumerate(fit_labels.frame_dims):
        if dim in fit_labels.axes and dim in labels.axes:
            positions = _positions(dim, labels.axes[dim], fit_labels.axes[dim])
            series = series if positions is None else series.pick(positions, axis)
        elif fit_sizes[dim] != sizes[dim]:
            raise ShapeError(
                f"Maps must have the dimensions of fit, {fit_sizes}, got {sizes}. Select them."
            )
    return series


def _positions(dim: Any, labels: Any, fit_labels: Any) -> Integers | None:
    """Return where each label of fit stands on an axis, None if all stand where they did."""
    index, fit_index = pd.Index(labels), pd.Index(fit_labels)
    if _are_numbers(index) and _are_numbers(fit_index) and len(index) == len(fit_index):
        # by rank, since numbers that differ by rounding are not found by equality
        positions = np.empty(len(fit_index), dtype=np.int64)
        positions[fit_index.argsort()] = index.argsort()
        is_same = _are_close(index.to_numpy()[positions], fit_index.to_numpy())
    elif index.is_unique and len(index) == len(fit_index):
        positions = index.get_indexer(fit_index)
        is_same = bool((positions >= 0).all())
    else:
        # labels that stand more than once tell no positions apart: they must be those of fit
        positions, is_same = np.arange(len(fit_index)), index.equals(fit_index)
    if not is_same:
        raise ShapeError(
            f"Maps must have the labels of fit along {dim!r}, {list(fit_labels)!r:.80}, got "
            f"{list(labels)!r:.80}. Select those with series.sel, or fit on maps like these."
        )
    return None if (positions == np.arange(len(fit_index))).all() else positions


def _are_numbers(labels: pd.Index) -> bool:
    return getattr(labels.dtype, "kind", "O") in "iuf" and not labels.hasnans


def _are_close(labels: np.ndarray, fit_labels: np.ndarray) -> bool:
    """Whether labels are the same but for rounding, as to single precision in a file."""
    if labels.dtype.kind in "iu" and fit_labels.dtype.kind in "iu":
        return bool((labels == fit_labels).all())
    spacing = np.diff(np.sort(fit_labels).astype(np.float64)).min(initial=np.inf)
    tolerance = min(0.1 * spacing, 1e-6 * np.abs(fit_labels).max(initial=0.0))
    return bool((np.abs(labels - fit_labels) <= tolerance).all())

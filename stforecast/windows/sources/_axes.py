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
    ours, theirs = series.labels, like.labels
    if not (isinstance(ours, GridLabels) and isinstance(theirs, GridLabels)):
        return series
    then = dict(zip(theirs.frame_dims, like.frame, strict=True))
    now = dict(zip(ours.frame_dims, series.frame, strict=True))
    if then.keys() != now.keys():
        raise ShapeError(
            f"Maps must have the dimensions of fit, {then}, got {now}. Rename or select them."
        )
    for axis, dim in enumerate(theirs.frame_dims):
        if dim in theirs.axes and dim in ours.axes:
            positions = _positions(dim, ours.axes[dim], theirs.axes[dim])
            series = series if positions is None else series.pick(positions, axis)
        elif then[dim] != now[dim]:
            raise ShapeError(
                f"Maps must have the dimensions of fit, {then}, got {now}. Select them."
            )
    return series


def _positions(dim: Any, now: Any, then: Any) -> Integers | None:
    """Return where each label of an axis stands now, None if that is where it stood then."""
    found, wanted = pd.Index(now), pd.Index(then)
    if _are_numbers(found) and _are_numbers(wanted) and len(found) == len(wanted):
        positions = np.empty(len(wanted), dtype=np.int64)
        positions[wanted.argsort()] = found.argsort()
        same = _are_close(found.to_numpy()[positions], wanted.to_numpy())
    elif found.is_unique and len(found) == len(wanted):
        positions = found.get_indexer(wanted)
        same = bool((positions >= 0).all())
    else:
        positions, same = np.arange(len(wanted)), found.equals(wanted)
    if not same:
        raise ShapeError(
            f"Maps must have the labels of fit along {dim!r}, {list(then)!r:.80}, got "
            f"{list(now)!r:.80}. Select those with series.sel, or fit on maps like these."
        )
    return None if (positions == np.arange(len(wanted))).all() else positions


def _are_numbers(labels: pd.Index) -> bool:
    return getattr(labels.dtype, "kind", "O") in "iuf" and not labels.hasnans


def _are_close(found: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether labels are the same but for rounding, as to single precision in a file."""
    if found.dtype.kind in "iu" and wanted.dtype.kind in "iu":
        return bool((found == wanted).all())
    spacing = np.diff(np.sort(wanted).astype(np.float64)).min(initial=np.inf)
    tolerance = min(0.1 * spacing, 1e-6 * np.abs(wanted).max(initial=0.0))
    return bool((np.abs(found - wanted) <= tolerance).all())

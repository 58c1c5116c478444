"""Level and scale of each series of a panel, as training saw it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from stforecast.estimators._relative_rows import RelativeRows
from stforecast.windows._batches import rows_per_read
from stforecast.windows._geometry import rows_in_view
from stforecast.windows._windows import Windows

Block = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class SeriesLevels:
    """Subtract the mean of each series over its training rows, and divide by its scale.

    Parameters
    ----------
    names : list
        The series seen in training.
    mean, scale : ndarray of shape (S, *frame)
        Mean and standard deviation of each, ones where nothing is divided; NaN where no value was
        ever there.
    """

    names: list[Hashable]
    mean: np.ndarray
    scale: np.ndarray

    def inputs(self, X: Windows) -> Windows:
        """Return the windows with every row relative to its series."""
        X = X.compact() if X.in_memory else X
        rows = RelativeRows(X.base, self._numbers(X), self.mean, self.scale)
        changed = replace(X, base=rows[: len(rows)] if X.in_memory else rows, full_lookback=None)
        return changed.without_channels()

    def pairs(self, X: Windows) -> tuple[np.ndarray, np.ndarray]:
        """Return level and scale (n, *frame) of the series of every window."""
        numbers = self._numbers(X)[X.ends - 1]
        return self.mean[numbers], self.scale[numbers]

    def scales(self, X: Windows) -> np.ndarray:
        """Return the scale (n, *frame) of the series of every window."""
        return self.pairs(X)[1]

    def _numbers(self, X: Windows) -> np.ndarray:
        """Return the number of each row's series, and raise if that of a window is unknown."""
        _check_series_names(X)
        codes, names = number_row_series(X)
        numbers = _index(self.names).get_indexer(names)[codes]
        unknown = np.flatnonzero(numbers[X.ends - 1] < 0)
        if len(unknown):
            name = names[codes[X.ends[unknown[0]] - 1]]
            raise ValueError(
                f"level='series' knows the series of training only, and {name!r} is not among "
                "them. Leave it out, or use level='mean', which each window has by itself."
            )
        return numbers


def fit_series_levels(X: Windows, scaled: bool) -> SeriesLevels:
    """Learn mean and scale of each series from the rows that the windows hold."""
    _check_series_names(X)
    codes, names = number_row_series(X)
    present = np.unique(codes[X.ends - 1])
    count, total = (np.zeros((len(names), *X.base.shape[1:])) for _ in range(2))
    for series, rows in _blocks(X, codes):
        finite = np.isfinite(rows)
        np.add.at(count, series, finite)
        np.add.at(total, series, np.where(finite, rows, 0))
    known = np.maximum(count, 1)
    mean, square = total / known, np.zeros_like(total)
    for series, rows in _blocks(X, codes) if scaled else ():
        np.add.at(square, series, np.nan_to_num(rows - mean[series]) ** 2)
    scale = np.sqrt(square / known)
    tiny = 10 * np.finfo(np.float64).eps * np.abs(mean)
    scale = np.where(scale <= tiny, 1.0, scale)
    mean, scale = (np.where(count > 0, values, np.nan) for values in (mean, scale))
    return SeriesLevels([names[i] for i in present], mean[present], scale[present])


def _check_series_names(X: Windows) -> None:
    if not X.timeline.has_names:
        raise ValueError(
            "level='series' needs series with names, but these windows are of a list, in which "
            "place alone tells which is which. Make them of a table by series and time, "
            "pd.concat(dict(enumerate(series))), or use SeriesForecaster, which knows the series "
            "of a list by their rows."
        )


def number_row_series(X: Windows) -> tuple[np.ndarray, pd.Index]:
    """Return the number of each row's series, and their names; one series where no panel."""
    if not isinstance(X.index, pd.MultiIndex):
        return np.zeros(len(X.base), dtype=np.int64), pd.Index([0])
    codes, names = pd.factorize(X.index.get_level_values(0), use_na_sentinel=False)
    return codes, _index(list(names))


def _blocks(X: Windows, numbers: np.ndarray) -> Iterator[Block]:
    """Yield the rows in view and the series of each, a block at a time."""
    in_view = rows_in_view(X.ends, X.lookback, len(X.base))
    size = rows_per_read(X.base)
    for start in range(0, len(in_view), size):
        mask = in_view[start : start + size]
        if mask.any():
            rows = np.asarray(X.base[start : start + size])[mask].astype(np.float64)
            yield numbers[start : start + size][mask], rows


def _index(names: list[Hashable]) -> pd.Index:
    return pd.Index(names, tupleize_cols=False)

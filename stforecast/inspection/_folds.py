"""The folds of a cross-validation over time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast.inspection._axes import make_axes, name_time_axis, time_axis
from stforecast.inspection._display import Display, count
from stforecast.model_selection._split import make_splitter
from stforecast.windows import Windows
from stforecast.windows._coercion import require_windows
from stforecast.windows._geometry import rows_in_view

_COLORS = {"train inputs": "0.75", "train targets": "C0", "test targets": "C1"}


class FoldsDisplay(Display):
    """For each fold the time that training windows, training targets and test targets span.

    It is best made by `from_cv`. Test targets above training targets are a leak;
    `stforecast.model_selection.leakage_report` says which rows.

    Parameters
    ----------
    spans : DataFrame
        One row for each unbroken span: ``fold``, ``part`` ("train inputs", "train targets" or
        "test targets"), and its ``first`` and ``last`` label.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes drawn on; folds from top to bottom.
    figure_ : matplotlib.figure.Figure
        Their figure.
    bars_ : dict of str to list of matplotlib.patches.Rectangle
        The bars of each part, in the order of `spans`.

    Examples
    --------
    >>> import numpy as np
    >>> from stforecast.inspection import FoldsDisplay
    >>> from stforecast.model_selection import OriginSplit
    >>> from stforecast.windows import make_windows
    >>> X, y = make_windows(np.arange(17.0), lookback=3, horizon=3)
    >>> FoldsDisplay.from_cv(OriginSplit(2), X).spans
       fold           part  first  last
    0     0   train inputs      0     3
    1     0  train targets      3     6
    2     0   test targets      7    12
    3     1   train inputs      0     7
    4     1  train targets      3    10
    5     1   test targets     11    16
    """

    def __init__(self, spans: pd.DataFrame) -> None:
        self.spans = spans

    def _summary(self) -> str:
        return count(self.spans["fold"].nunique(), "fold")

    @classmethod
    def from_cv(
        cls, cv: Any, X: Windows, y: Any = None, groups: Any = None, *, ax: Any = None
    ) -> Self:
        """Split windows and draw what each fold sees.

        Parameters
        ----------
        cv : int, splitter or iterable of (train, test)
            What would be given to ``cross_val_score`` or ``GridSearchCV``.
        X : Windows
            Windows from `make_windows`, which know the rows they and their targets hold.
        y : array-like of shape (n, ...), default=None
            Targets, for splitters that look at them.
        groups : array-like of shape (n,), default=None
            Groups, for splitters that look at them.
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        FoldsDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not `Windows`.
        """
        require_windows("FoldsDisplay", X)
        labels = _time_labels(X)
        rows = [
            (fold, part, labels[first], labels[last])
            for fold, samples in enumerate(make_splitter(cv).split(X, y, groups))
            for part, times in zip(_COLORS, _fold_times(X, *samples), strict=True)
            for first, last in _runs(times)
        ]
        spans = pd.DataFrame(rows, columns=["fold", "part", "first", "last"])
        spans.attrs["time"] = labels.name
        return cls(spans).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw a bar for each span.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Where to draw; a new figure by default.

        Returns
        -------
        FoldsDisplay
            Itself.
        """
        ax = make_axes("FoldsDisplay", ax)
        self.bars_ = {}
        for lane, (part, color) in enumerate(_COLORS.items()):
            spans = self.spans[self.spans["part"] == part]
            starts = time_axis(pd.Index(spans["first"]))
            widths = time_axis(pd.Index(spans["last"])) - starts
            heights = spans["fold"] + (lane - 1) * 0.25  # three lanes about the fold's number
            bars = ax.barh(
                heights, widths, left=starts, height=0.25, color=color, edgecolor=color, label=part
            )
            self.bars_[part] = list(bars)
        ax.set_ylabel("fold")
        name_time_axis(ax, self.spans.attrs.get("time"), pd.Index(self.spans["first"]))
        ax.set_yticks(sorted(self.spans["fold"].unique()))
        ax.invert_yaxis()
        ax.figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3)
        self.ax_, self.figure_ = ax, ax.figure
        return self


def _time_labels(X: Windows) -> pd.Index:
    """Return the label of each point of time, from the earliest on."""
    if X.index is None:
        return pd.RangeIndex(int(_clock(X).max()) + 1)
    times = X.index.get_level_values(-1)
    distinct, rows = np.unique(_clock(X), return_index=True)
    # a time that no row has takes the label before it
    labels = pd.Series(times[rows], index=distinct).reindex(range(int(distinct[-1]) + 1))
    return pd.Index(labels.ffill(), name=times.name)


def _clock(X: Windows) -> Any:
    return X.timeline.times(np.arange(len(X.base)))


def _fold_times(X: Windows, train: Any, test: Any) -> tuple[Any, Any, Any]:
    """Return the points of time of training inputs, training targets and test targets."""
    horizon = 1 if X.target is None else max(1, X.target.horizon)

    def view_times(ends: Any, length: int) -> Any:
        rows = np.flatnonzero(rows_in_view(ends, length, len(X.base)))
        return np.unique(X.timeline.times(rows))

    return (
        view_times(X.ends[train], X.lookback),
        view_times(X.ends[train] + X.reach, horizon),
        view_times(X.ends[test] + X.reach, horizon),
    )


def _runs(times: Any) -> list[tuple[int, int]]:
    """Return first and last of each unbroken run."""
    # cut wherever the next time is not the following one
    cuts = [0, *(np.flatnonzero(np.diff(times) > 1) + 1), len(times)]
    return [(int(times[a]), int(times[b - 1])) for a, b in pairwise(cuts) if b > a]

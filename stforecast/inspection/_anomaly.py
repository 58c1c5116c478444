"""What a detector of anomalies found, beside the series."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Self

import numpy as np
import pandas as pd

from stforecast._validation import check_position
from stforecast.exceptions import ShapeError
from stforecast.inspection._axes import (
    make_axes_grid,
    name_time_axis,
    single_series_times,
    time_axis,
)
from stforecast.inspection._display import Display, count
from stforecast.windows import Windows
from stforecast.windows._coercion import require_windows


class AnomalyDisplay(Display):
    """A series over time with its anomalies marked, and below it how far off each row was.

    It is best made by `from_estimator`.

    Parameters
    ----------
    series : Series
        Values by time.
    scores : Series
        How strange each row is: higher is stranger.
    limit : float
        Rows with a higher score are anomalies.
    times : int array of shape (n,), default=None
        Time of each row in steps: rows further apart than the least step are not joined. All
        adjoin by default.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes whose place the two take.
    axes_ : ndarray of matplotlib.axes.Axes, shape (2,)
        The series and the scores.
    figure_ : matplotlib.figure.Figure
        Their figure.
    spans_ : list of tuple
        First and last label of each unbroken run of anomalies.

    Examples
    --------
    >>> import pandas as pd
    >>> from stforecast.inspection import AnomalyDisplay
    >>> values = pd.Series([1.0, 1.0, 9.0, 9.0, 1.0])
    >>> AnomalyDisplay(values, values - 1, limit=4.0).plot().spans_
    [(2, 3)]
    """

    def __init__(
        self, series: pd.Series, scores: pd.Series, limit: float, *, times: Any = None
    ) -> None:
        self.series = series
        self.scores = scores
        self.limit = limit
        self.times = times

    def _summary(self) -> str:
        above = int((self.scores > self.limit).sum())
        return f"{count(len(self.series), 'row')}, {above} above the limit"

    @classmethod
    def from_estimator(cls, detector: Any, X: Windows, *, channel: int = 0, ax: Any = None) -> Self:
        """Score windows and draw the last row of each.

        Parameters
        ----------
        detector : ForecastAnomalyDetector
            Fitted; any outlier detector with `score_samples` and ``offset_`` that reads windows.
        X : Windows
            Windows of a table of one series, in any order.
        channel : int, default=0
            Which column to draw.
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        AnomalyDisplay
            Drawn.

        Raises
        ------
        TypeError
            If `X` is not `Windows`.
        ShapeError
            If the windows are those of maps or of several series.
        """
        require_windows("AnomalyDisplay", X)
        if len(X.base.shape) != 2:
            raise ShapeError(
                "AnomalyDisplay draws windows of a table of one series, but these are of maps. "
                "Make windows of one series, or of one column."
            )
        X = X[np.argsort(X.times, kind="stable")]
        index = single_series_times(cls.__name__, X)
        if not hasattr(detector, "score_samples") or not hasattr(detector, "offset_"):
            raise TypeError(
                "AnomalyDisplay needs a fitted outlier detector with score_samples and offset_ as "
                f"detector, got {detector!r:.60}. Pass a fitted ForecastAnomalyDetector."
            )
        column = check_position("channel", channel, X.base.shape[1], "columns")
        name = None if X.columns is None else X.columns[column]
        series = pd.Series(_last_rows(X)[:, column], index, name=name)
        scores = pd.Series(-detector.score_samples(X), index)
        return cls(series, scores, -float(detector.offset_), times=X.times).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the series, the scores and the anomalies.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, default=None
            Whose place to take; a new figure by default.

        Returns
        -------
        AnomalyDisplay
            Itself.
        """
        ax, axes = make_axes_grid("AnomalyDisplay", ax, 2, 1, (8.0, 1.8))
        above, below = axes[:, 0]
        times, gaps = time_axis(self.series.index), _gaps(self.times, len(self.series))
        above.plot(*_break_line(times, self.series, gaps), color="0.35", lw=0.9)
        below.plot(*_break_line(times, self.scores, gaps), color="C0", lw=0.9)
        below.axhline(self.limit, color="0.35", ls="--", lw=1, label="limit")
        runs = _runs(np.asarray(self.scores > self.limit), gaps)
        self.spans_ = [(self.series.index[a], self.series.index[b]) for a, b in runs]
        # a mark covers its row, half a step to either side
        steps = np.diff(times)[~gaps]
        half = steps[0] / 2 if len(steps) else 0
        for number, (first, last) in enumerate(runs):
            for place in (above, below):
                place.axvspan(
                    times[first] - half, times[last] + half, color="C1", alpha=0.35, lw=0,
                    label="_" if number else "anomaly",
                )  # fmt: skip
        above.set_ylabel("" if self.series.name is None else str(self.series.name))
        above.tick_params(labelbottom=False)
        below.set_ylabel("score")
        name_time_axis(below, self.series.index.name, self.series.index)
        below.legend(loc="upper left")
        self.ax_, self.axes_, self.figure_ = ax, axes[:, 0], ax.figure
        return self


def _last_rows(X: Windows) -> np.ndarray:
    """Return the last row of each window as it is in the series, and read no others."""
    last = replace(X, lookback=1, steps=(), parts={}, column_parts=(), full_lookback=None)
    return np.asarray(last)[:, 0]


def _gaps(times: Any, count: int) -> np.ndarray:
    """Return between which neighbours of `count` rows time goes on by more than one step."""
    if times is None or count < 2:
        return np.zeros(max(0, count - 1), dtype=bool)
    steps = np.diff(np.asarray(times))
    return steps > min(steps[steps > 0], default=0)


def _break_line(times: np.ndarray, values: pd.Series, gaps: np.ndarray) -> tuple[Any, Any]:
    """Return times and values for a line that is broken at gaps."""
    places = np.flatnonzero(gaps) + 1
    numbers = np.asarray(values, dtype=np.float64)
    # matplotlib draws no line to or from a NaN
    return np.insert(times, places, times[places]), np.insert(numbers, places, np.nan)


def _runs(flags: np.ndarray, gaps: np.ndarray) -> list[tuple[int, int]]:
    """Return first and last place of each unbroken run of true values."""
    # whether a run goes on from row i to row i + 1
    goes_on = flags[:-1] & flags[1:] & ~gaps
    first = flags & ~np.r_[False, goes_on]
    last = flags & ~np.r_[goes_on, False]
    return list(zip(np.flatnonzero(first).tolist(), np.flatnonzero(last).tolist(), strict=True))
